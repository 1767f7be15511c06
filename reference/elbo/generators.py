"""The generator that a Gaussian model makes of a path: its law, its bound, and how far it is from the data.

Prior N(0, I) at times[-1]; steps N(state_weight x + data_weight D(x), V) with the model's denoiser D and, for
``variance``, V = b I + data_weight^2 Cov ("optimal", the model's own), b I ("bridge") or
kernel_variance/kernel_alpha^2 I ("forward"); decoder the model's exact posterior at times[0].

In the eigenbasis of the model's covariance every direction j is a chain of its own: with V_j = alpha^2 l_j + sigma^2
a direction of the denoiser is (alpha l_j x_j + sigma^2 mu_j)/V_j, and c_j = l_j sigma^2/V_j its posterior variance.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import apply, eigensystem, symmetrized
from reference.elbo._arguments import point, total
from reference.elbo._chain import Chain
from reference.elbo._gap import chain_gap
from reference.paths._base import Path

__all__ = ["model_gap", "model_law", "model_negative_elbo", "model_negative_elbo_at"]


def model_law(model: Gaussian, path: Path, times: Array, *, variance: str) -> Gaussian:
    r"""Law p_gen of the generator's x_0, Gaussian: every step is affine in the state, with the model's eigenvectors.

    With "optimal" variances and p_T = N(0, I) it is the model itself, on every grid.
    Shapes: times (n,) strictly increasing -> a Gaussian of the model's batch shape.
    Domain: sigma(times[0]) > 0, and alpha(times[-1]) > 0 for "forward", whose variance diverges there.
    Raises: TypeError unless the model is Gaussian; ValueError for times outside the domain or not increasing, or an
    unknown variance.
    Catalogue: M8 (McAllester, arXiv 2301.11108).
    """
    chain = Chain.of(model, path, times, variance)
    centre, spread = chain.law()
    transposed = np.swapaxes(chain.vectors, -1, -2)
    covariance = symmetrized((chain.vectors * spread[..., None, :]) @ transposed)
    return Gaussian(apply(chain.vectors, centre * apply(transposed, model.mean)), covariance)


def model_negative_elbo(data: Gaussian, model: Gaussian, path: Path, times: Array, *, variance: str) -> Array:
    r"""Negative ELBO of the generator averaged over Gaussian data: at least the data's entropy, by model_gap.

    E KL(q(x_T | x_0) || N(0, I)) + sum E KL(q(x_{i-1} | x_i, x_0) || p(x_{i-1} | x_i)) + E[-log p(x_0 | x_1)], in nats.
    The covariances of data and model need not commute.
    Shapes: times (n,) strictly increasing -> (...), the batch shapes of data and model broadcast.
    Domain: sigma(times[0]) > 0, and alpha(times[-1]) > 0 for "forward"; a positive definite model covariance.
    Raises: TypeError unless both are Gaussian; ValueError for times outside the domain or not increasing, a singular
    model, sizes that differ, or an unknown variance.
    Catalogue: M8 (McAllester, arXiv 2301.11108).
    """
    chain = Chain.of(model, path, times, variance)
    _same_size(data, model)
    turned = apply(np.swapaxes(chain.vectors, -1, -2), data.mean - model.mean)
    values, vectors = eigensystem(data.covariance)
    spread = np.sum((np.swapaxes(chain.vectors, -1, -2) @ vectors) ** 2 * values[..., None, :], axis=-1)
    moments = total(data.mean**2) + np.trace(data.covariance, axis1=-2, axis2=-1)
    return chain.bound(turned**2 + spread, moments)


def model_negative_elbo_at(x0: Array, model: Gaussian, path: Path, times: Array, *, variance: str) -> Array:
    r"""Negative ELBO of the generator at one x_0: at least -log p_gen(x_0), p_gen = model_law, for every x_0.

    The terms of model_negative_elbo, not averaged.
    Shapes: x0 (..., d), times (n,) strictly increasing -> (...).
    Domain: sigma(times[0]) > 0, and alpha(times[-1]) > 0 for "forward"; a positive definite model covariance.
    Raises: TypeError unless the model is Gaussian; ValueError for times outside the domain or not increasing, a
    singular model, sizes that differ, or an unknown variance.
    Catalogue: M8, M8c (McAllester, arXiv 2301.11108).
    """
    chain = Chain.of(model, path, times, variance)
    place = point("x0", x0, model.event_size)
    _checks.broadcast(x0=place.shape[:-1], model=model.batch_shape)
    turned = apply(np.swapaxes(chain.vectors, -1, -2), place - model.mean)
    return chain.bound(turned**2, total(place**2))


def model_gap(data: Gaussian, model: Gaussian, path: Path, times: Array, *, variance: str) -> Array:
    r"""KL between the data's chain and the generator's: model_negative_elbo less the data's entropy, without it.

    KL(p_T || N(0, I)) + sum E KL(p(x_{i-1} | x_i) || p_gen(x_{i-1} | x_i)) + E KL(p(x_0 | x_1) || p_gen(x_0 | x_1)):
    nothing negative is added, and differences of data and model are taken of their moments.
    Shapes: times (n,) strictly increasing -> (...), the batch shapes of data and model broadcast.
    Domain: sigma(times[0]) > 0, and alpha(times[-1]) > 0 for "forward"; positive definite covariances.
    Raises: TypeError unless both are Gaussian; ValueError for times outside the domain or not increasing, a singular
    covariance, sizes that differ, or an unknown variance.
    Catalogue: M8 (McAllester, arXiv 2301.11108).
    """
    chain = Chain.of(model, path, times, variance)
    _same_size(data, model)
    return chain_gap(chain, data)


# ------------------------------------------------------------------------------------------- private


def _same_size(data: Gaussian, model: Gaussian) -> None:
    _checks.instance("data", data, Gaussian)
    if data.event_size != model.event_size:
        raise ValueError(f"data: expected event size {model.event_size}, that of the model, got {data.event_size}")
    _checks.broadcast(data=data.batch_shape, model=model.batch_shape)
