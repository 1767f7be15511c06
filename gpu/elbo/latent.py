"""Bounds of one point under a linear-Gaussian latent-variable model: probabilistic principal components.

x = W z + s eps, z ~ N(0, I_k), with the loading W (..., d, k) and the noise variance s^2 (...).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu._excess import small_excess_over_log
from gpu._factors import factor, squares
from gpu._logarithms import log_of_product
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import add_identity, symmetric
from gpu.elbo._ridge import Ridge

__all__ = ["checked_model", "latent_elbo", "latent_elbo_gap", "latent_marginal", "latent_posterior"]

_NEAR = 0.5


def latent_posterior(x: Tensor, loading: Tensor, noise_variance: Tensor | float) -> Gaussian:
    """The law of z given x: N(M^-1 W^T x, s^2 M^-1), M = W^T W + s^2 I, from the singular values of W.

    x: (..., d); loading: (..., d, k); noise_variance > 0: (...); batch axes broadcast (ValueError otherwise).

    Catalogue: P3 (Lai et al., arXiv 2510.21890).
    """
    x, loading, variance = _checks.tensors(x=x, loading=loading, noise_variance=noise_variance)
    checked_model(loading, variance, x=x)
    mean, covariance = _posterior(x, loading, variance)
    return Gaussian(mean, covariance)


def latent_marginal(loading: Tensor, noise_variance: Tensor | float) -> Gaussian:
    """The law of x: N(0, W W^T + s^2 I). Arguments as of `latent_posterior`.

    Catalogue: P3 (Lai et al., arXiv 2510.21890).
    """
    loading, variance = _checks.tensors(loading=loading, noise_variance=noise_variance)
    checked_model(loading, variance)
    covariance = add_identity(symmetric(loading @ loading.mT), variance)
    return Gaussian(torch.zeros_like(covariance[..., 0]), covariance)


def latent_elbo(x: Tensor, loading: Tensor, noise_variance: Tensor | float, encoder: Gaussian) -> Tensor:
    """E_q[log p(x|z)] - KL(q || N(0, I)) in nats, q = N(m, C) the encoder over z, C = L L^T.

    -1/2 [(|x - W m|^2 + |W L|_F^2)/s^2 + |m|^2 + |L|_F^2 - k + log((2 pi s^2)^d/|C|)]. The encoder's batch broadcasts
    with the arguments of `latent_posterior`, and its event size is k.

    Raises TypeError for an encoder that is not Gaussian; ValueError for shapes that do not fit and a singular C.

    Catalogue: P3 (Lai et al., arXiv 2510.21890).
    """
    _gaussian_encoder(encoder)
    x, loading, variance, mean = _checks.tensors(
        x=x, loading=loading, noise_variance=noise_variance, encoder=encoder.mean
    )
    size, latent = checked_model(loading, variance, x=x, encoder=mean)
    lower = factor("the covariance of encoder", encoder.covariance)
    residual = x - (loading @ mean[..., None])[..., 0]
    error = (residual.square().sum(-1) + squares(loading @ lower)) / variance
    rate = mean.square().sum(-1) + squares(lower) - latent
    return -0.5 * (error + rate + log_volume(size, 2 * math.pi * variance, lower))


def latent_elbo_gap(x: Tensor, loading: Tensor, noise_variance: Tensor | float, encoder: Gaussian) -> Tensor:
    """The log density less the bound: KL(q || p(z|x)), without a difference of the two. Arguments as of `latent_elbo`.

    With A = [W/s; I], so that the posterior precision is A^T A, and m* the posterior mean:
    1/2 [|A (m - m*)|^2 + |A L|_F^2 - k - log |L^T A^T A L|]. Where the singular values of A L are near 1 the sum runs
    over these.

    Catalogue: P3 (Lai et al., arXiv 2510.21890).
    """
    _gaussian_encoder(encoder)
    x, loading, variance, mean = _checks.tensors(
        x=x, loading=loading, noise_variance=noise_variance, encoder=encoder.mean
    )
    _, latent = checked_model(loading, variance, x=x, encoder=mean)
    lower = factor("the covariance of encoder", encoder.covariance)
    deviation = variance.sqrt()[..., None, None]
    shift = (mean - _posterior(x, loading, variance)[0])[..., None]
    scaled = loading @ lower / deviation
    apart = squares(loading @ shift / deviation) + squares(shift)
    whitened = torch.cat((scaled, lower.expand(*scaled.shape[:-2], -1, -1)), -2)
    excess = _squared_less_one(torch.linalg.svdvals(whitened))
    near = small_excess_over_log(excess).sum(-1)
    precision = 1 + torch.linalg.svdvals(loading / deviation).square()
    volume = log_of_product(precision.reciprocal()) + log_volume(0, variance, lower)
    far = squares(whitened) - latent + volume
    return 0.5 * (torch.where(excess.abs().amax(-1) < _NEAR, near, far) + apart)


def checked_model(
    loading: Tensor, variance: Tensor, *, x: Tensor | None = None, encoder: Tensor | None = None
) -> tuple[int, int]:
    """The sizes (d, k) of a model whose arguments fit."""
    size, latent = _checks.matrix("loading", loading)
    batches = {"loading": loading.shape[:-2], "noise_variance": variance.shape}
    for name, vector, wanted in (("x", x, size), ("encoder", encoder, latent)):
        if vector is not None:
            _checks.event(name, vector, wanted)
            _checks.finite(constructor=False, **{name: vector})
            batches[name] = vector.shape[:-1]
    _checks.broadcast(**batches)
    _checks.finite(loading=loading)
    _checks.positive(noise_variance=variance)
    return size, latent


def log_volume(size: int, variance: Tensor, *lower: Tensor) -> Tensor:
    """log(variance^size/(|L_1|^2 ...)) of triangular factors, (...)."""
    pivots = [each.diagonal(dim1=-2, dim2=-1).square().reciprocal() for each in lower]
    factors = {f"factor {index}": each.shape[:-1] for index, each in enumerate(pivots)}
    batch = _checks.broadcast(variance=variance.shape, **factors)
    repeated = variance[..., None].expand(*batch, size)
    return log_of_product(torch.cat([repeated, *(each.expand(*batch, -1) for each in pivots)], -1))


def _gaussian_encoder(encoder: Gaussian) -> None:
    _checks.gaussian("encoder", encoder, Gaussian, "the bound has a closed form for Gaussian encoders only")


def _squared_less_one(values: Tensor) -> Tensor:
    return (values - 1) * (values + 1)


def _posterior(x: Tensor, loading: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    batch = _checks.broadcast(loading=loading.shape[:-2], noise_variance=variance.shape)
    gain, covariance = Ridge.apply(loading.expand(*batch, -1, -1), variance.expand(batch))  # type: ignore[no-untyped-call]
    mean: Tensor = (gain @ x[..., None])[..., 0]
    return mean, covariance
