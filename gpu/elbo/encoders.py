"""Averages of linear-Gaussian latent-variable bounds over Gaussian data: the linear encoder q(z|x) = N(G x, C).

Data N(m, S), S = K K^T; decoder p(x|z) = N(W z, s^2 I), p(z) = N(0, I); C = L L^T. Loading W (..., d, k), noise
variance s^2 (...), gain G (..., k, d), encoder covariance C (..., k, k).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu._excess import small_excess_over_log
from gpu._factors import factor, root, squares
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import symmetric
from gpu.elbo._ridge import Ridge
from gpu.elbo.latent import checked_model, log_volume

__all__ = [
    "aggregate_posterior",
    "expected_latent_elbo",
    "joint_divergence",
    "latent_information",
    "optimal_decoder_mean",
]

_NEAR = 0.5


def joint_divergence(
    data: Gaussian, loading: Tensor, noise_variance: Tensor | float, gain: Tensor, encoder_covariance: Tensor
) -> Tensor:
    """KL(data(x) q(z|x) || p(z) p(x|z)) in nats.

    1/2 [|T|_F^2 - (d + k) - log |T|^2 + |(I - W G) m|^2/s^2 + |G m|^2] with the whitened root of the joint covariance,
    T = [(I - W G) K/s, -W L/s; G K, L]. Where all its singular values are near 1 the sum runs over these.

    Raises TypeError for data that are not Gaussian; ValueError for shapes that do not fit, singular covariances of the
    data or the encoder, noise_variance not above 0.

    Catalogue: P4 (Lai et al., arXiv 2510.21890).
    """
    model = _Encoded.of(data, loading, noise_variance, gain, encoder_covariance)
    spread = factor("the covariance of data", data.covariance)
    size, latent = model.sizes
    blocks = model.blocks(spread)
    deviation = model.variance.sqrt()[..., None, None]
    batch = _checks.broadcast(**{str(index): block.shape[:-2] for index, block in enumerate((*blocks, deviation))})
    missed, decoded, coded, noise = (block.expand(*batch, -1, -1) for block in blocks)
    top = torch.cat((missed, -decoded), -1) / deviation
    whitened = torch.cat((top, torch.cat((coded, noise), -1)), -2)
    values = torch.linalg.svdvals(whitened)
    excess = (values - 1) * (values + 1)
    near = small_excess_over_log(excess).sum(-1)
    far = squares(whitened) - (size + latent) + log_volume(size, model.variance, spread, model.noise)
    return 0.5 * (torch.where(excess.abs().amax(-1) < _NEAR, near, far) + model.of_mean())


def expected_latent_elbo(
    data: Gaussian, loading: Tensor, noise_variance: Tensor | float, gain: Tensor, encoder_covariance: Tensor
) -> Tensor:
    """E over the data of E_q[log p(x|z)] - KL(q(z|x) || N(0, I)), in nats.

    -1/2 [(|(I - W G) K|_F^2 + |W L|_F^2 + |(I - W G) m|^2)/s^2 + |G K|_F^2 + |L|_F^2 + |G m|^2 - k
    + log((2 pi s^2)^d/|C|)]. The data covariance may be singular. Raises otherwise as `joint_divergence`.

    Catalogue: P5 (Lai et al., arXiv 2510.21890).
    """
    model = _Encoded.of(data, loading, noise_variance, gain, encoder_covariance)
    size, latent = model.sizes
    missed, decoded, coded, noise = (squares(block) for block in model.blocks(root(data.covariance)))
    constant = log_volume(size, 2 * math.pi * model.variance, model.noise) - latent
    return -0.5 * ((missed + decoded) / model.variance + coded + noise + model.of_mean() + constant)


def aggregate_posterior(data: Gaussian, gain: Tensor, encoder_covariance: Tensor) -> Gaussian:
    """The law of z over data and encoder, N(G m, G S G^T + C); both covariances may be singular.

    Raises TypeError for data that are not Gaussian; ValueError for shapes that do not fit.

    Catalogue: P5 (Lai et al., arXiv 2510.21890).
    """
    gain, covariance = _checked_encoder(data, gain, encoder_covariance)
    spread = symmetric(gain @ data.covariance @ gain.mT)
    return Gaussian((gain @ data.mean[..., None])[..., 0], spread + covariance)


def optimal_decoder_mean(data: Gaussian, z: Tensor, gain: Tensor, encoder_covariance: Tensor) -> Tensor:
    """E[x|z] = m + S G^T (G S G^T + C)^-1 (z - G m), (..., d), from the singular values of H = L^-1 G K.

    K (H^T H + I)^-1 H^T L^-1 (z - G m) + m. z: (..., k). Raises as `aggregate_posterior`, and ValueError for a singular
    encoder covariance.

    Catalogue: P5 (Lai et al., arXiv 2510.21890).
    """
    gain, covariance = _checked_encoder(data, gain, encoder_covariance)
    z, _ = _checks.tensors(z=z, gain=gain)
    _checks.event("z", z, gain.shape[-2])
    _checks.broadcast(data=data.batch_shape, gain=gain.shape[:-2], covariance=covariance.shape[:-2], z=z.shape[:-1])
    _checks.finite(z=z)
    lower, spread = factor("encoder_covariance", covariance), root(data.covariance)
    seen = torch.linalg.solve_triangular(lower, gain @ spread, upper=False)
    weights, _ = Ridge.apply(seen, torch.ones_like(seen[..., 0, 0]))  # type: ignore[no-untyped-call]
    residual = z[..., None] - gain @ data.mean[..., None]
    shift: Tensor = spread @ (weights @ torch.linalg.solve_triangular(lower, residual, upper=False))
    return data.mean + shift[..., 0]


def latent_information(data: Gaussian, gain: Tensor, encoder_covariance: Tensor) -> Tensor:
    """I(x; z) = 1/2 log |G S G^T + C|/|C| = 1/2 sum_j log(1 + s_j^2) in nats, s_j the singular values of L^-1 G K.

    The data covariance may be singular. Raises as `optimal_decoder_mean`.

    Catalogue: P5 (Lai et al., arXiv 2510.21890).
    """
    gain, covariance = _checked_encoder(data, gain, encoder_covariance)
    lower = factor("encoder_covariance", covariance)
    seen = torch.linalg.solve_triangular(lower, gain @ root(data.covariance), upper=False)
    return 0.5 * torch.log1p(torch.linalg.svdvals(seen).square()).sum(-1)


@dataclass(frozen=True, eq=False)
class _Encoded:
    """Data, a model and an encoder that fit, with the root L of the encoder's covariance."""

    mean: Tensor
    loading: Tensor
    variance: Tensor
    gain: Tensor
    noise: Tensor

    @classmethod
    def of(
        cls, data: Gaussian, loading: Tensor, noise_variance: Tensor | float, gain: Tensor, encoder_covariance: Tensor
    ) -> _Encoded:
        gain, covariance = _checked_encoder(data, gain, encoder_covariance)
        _, loading, variance = _checks.tensors(gain=gain, loading=loading, noise_variance=noise_variance)
        checked_model(loading, variance)
        _checks.matrix("loading", loading, data.event_size, gain.shape[-2])
        _checks.broadcast(
            data=data.batch_shape,
            gain=gain.shape[:-2],
            encoder_covariance=covariance.shape[:-2],
            loading=loading.shape[:-2],
            noise_variance=variance.shape,
        )
        return cls(data.mean, loading, variance, gain, factor("encoder_covariance", covariance))

    @property
    def sizes(self) -> tuple[int, int]:
        """(d, k)."""
        return self.loading.shape[-2], self.loading.shape[-1]

    def _missed(self, matrix: Tensor) -> Tensor:
        """(I - W G) A."""
        identity = torch.eye(self.sizes[0], dtype=matrix.dtype, device=matrix.device)
        return (identity - self.loading @ self.gain) @ matrix

    def blocks(self, spread: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(I - W G) K, W L, G K and L."""
        return self._missed(spread), self.loading @ self.noise, self.gain @ spread, self.noise

    def of_mean(self) -> Tensor:
        """|(I - W G) m|^2/s^2 + |G m|^2."""
        column = self.mean[..., None]
        return squares(self._missed(column)) / self.variance + squares(self.gain @ column)


def _checked_encoder(data: Gaussian, gain: Tensor, covariance: Tensor) -> tuple[Tensor, Tensor]:
    _checks.gaussian("data", data, Gaussian, "the average has a closed form for Gaussian data only")
    _, gain, covariance = _checks.tensors(data=data.mean, gain=gain, encoder_covariance=covariance)
    latent, _ = _checks.matrix("gain", gain, columns=data.event_size)
    _checks.finite(gain=gain)
    _checks.covariance("encoder_covariance", covariance, latent)
    _checks.broadcast(data=data.batch_shape, gain=gain.shape[:-2], encoder_covariance=covariance.shape[:-2])
    return gain, covariance
