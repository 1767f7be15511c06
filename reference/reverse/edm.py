"""The samplers of EDM on Gaussian data: alpha = 1, the clock is the noise level sigma, V = S + sigma^2 I.

Source of the samplers: Karras et al., arXiv 2206.00364.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.reverse._gaussian import congruence, gaussian_components, per_direction, spectral

__all__ = ["churn_variance", "edm_euler_matrix", "edm_heun_matrix", "edm_stochastic_covariance"]

_hint = "the step is linear for Gaussian data only"
_largest_churn = 1.0 / (1.0 + math.sqrt(2.0))  # sqrt(2) - 1: a churn at most doubles the noise variance


# ---------------------------------------------------------------------------------- deterministic steps


def edm_euler_matrix(data: Gaussian, *, sigma_start: Real, sigma_end: Real) -> Array:
    """Matrix (S + sigma_start sigma_end I)(S + sigma_start^2 I)^-1 of an Euler step in sigma on centred data.

    The DDIM step at alpha = 1; to sigma_end = 0 it returns the denoiser, S V^-1.
    Shapes: levels (...) -> (..., d, d), symmetric.  Domain: sigma_start > 0, sigma_end >= 0, either order.
    Raises TypeError unless the data is Gaussian, ValueError outside the domain.
    Catalogue: P61 (Lai et al., arXiv 2510.21890).
    """
    components, start, end = _step(data, sigma_start, sigma_end)
    return spectral(components, _euler(components.covariance.eigenvalues, start, end))


def edm_heun_matrix(data: Gaussian, *, sigma_start: Real, sigma_end: Real) -> Array:
    """Matrix I + h/2 (d_1 + d_2 (I + h d_1)) of EDM's Heun step on centred data, h = sigma_end - sigma_start.

    d = sigma (S + sigma^2 I)^-1 at the two levels; a step to sigma_end = 0 is the Euler step.
    Shapes: levels (...) -> (..., d, d), symmetric.  Domain: sigma_start > 0, sigma_end >= 0, either order.
    Raises TypeError unless the data is Gaussian, ValueError outside the domain.
    Catalogue: P62 (Lai et al., arXiv 2510.21890).
    """
    components, start, end = _step(data, sigma_start, sigma_end)
    return spectral(components, _heun(components.covariance.eigenvalues, start, end))


# ------------------------------------------------------------------------------------ stochastic sampler


def churn_variance(variance: Real, *, sigma: Real, sigma_hat: Real, noise_scale: Real) -> Array:
    """Variance v + (sigma_hat^2 - sigma^2) noise_scale^2 after the noise is raised from sigma to sigma_hat.

    noise_scale is EDM's S_noise; at 1 the variance is that of the marginal at sigma_hat.
    Shapes: all (...) -> (...).  Domain: sigma_hat >= sigma >= 0, variance >= 0, noise_scale >= 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P62 (Lai et al., arXiv 2510.21890).
    """
    before = _checks.nonnegative("variance", variance)
    low, high = _checks.nonnegative("sigma", sigma), _checks.nonnegative("sigma_hat", sigma_hat)
    scale = _checks.nonnegative("noise_scale", noise_scale)
    _checks.broadcast(variance=before.shape, sigma=low.shape, sigma_hat=high.shape, noise_scale=scale.shape)
    wrong = high < low
    if np.any(wrong):
        pair = tuple(float(a[wrong].flat[0]) for a in np.broadcast_arrays(low, high))
        raise ValueError(f"sigma_hat: expected at least sigma = {pair[0]!r}, got {pair[1]!r}")
    return np.asarray(before + (high - low) * (high + low) * scale**2)


def edm_stochastic_covariance(
    data: Gaussian,
    covariance: Array,
    sigmas: Array,
    *,
    churn: Real,
    noise_scale: Real,
    churn_min: float = 0.0,
    churn_max: float = math.inf,
) -> Array:
    """Covariance after EDM's stochastic sampler over decreasing sigmas, from ``covariance`` at sigmas[0].

    Each of the N steps churns, sigma_hat = (1 + gamma) sigma with gamma = min(churn/N, sqrt(2) - 1) where
    churn_min <= sigma <= churn_max and 0 elsewhere, C <- C + (sigma_hat^2 - sigma^2) noise_scale^2 I, and then takes
    Heun's step from sigma_hat, C <- A C A; the last sigma may be 0, to which the step is Euler's.
    Shapes: covariance (..., d, d), sigmas (N + 1,), churn and noise_scale (...) -> (..., d, d), symmetric bit for bit.
    Raises TypeError unless the data is Gaussian, ValueError unless the sigmas decrease and nothing is negative.
    Catalogue: P62 (Lai et al., arXiv 2510.21890).
    """
    components = gaussian_components(data, hint=_hint)
    start = _checks.covariance("covariance", covariance, components.event_size)
    levels = _checks.nonnegative("sigmas", _checks.decreasing("sigmas", sigmas))
    amount, scale = _checks.nonnegative("churn", churn), _checks.nonnegative("noise_scale", noise_scale)
    lowest, highest = _churn_range(churn_min, churn_max)
    shapes = {"covariance": start.shape[:-2], "churn": amount.shape, "noise_scale": scale.shape}
    shape = _checks.broadcast(data=components.batch_shape, **shapes)
    values = components.covariance.eigenvalues
    # What is left of the start, and the variance of the noise drawn since, in each eigendirection.
    kept = np.ones((*shape, *values.shape[-2:]))
    drawn = np.zeros_like(kept)
    most = np.minimum(per_direction(amount) / max(levels.size - 1, 1), _largest_churn)
    for sigma, following in pairwise(levels):
        gamma = most if lowest <= sigma <= highest else np.zeros_like(most)
        factor = _heun(values, sigma * (1.0 + gamma), following)
        drawn = factor**2 * (drawn + sigma**2 * gamma * (2.0 + gamma) * per_direction(scale) ** 2)
        kept = factor * kept
    return congruence(components, kept, start) + spectral(components, drawn)


# ---------------------------------------------------------------------------------------------- private


def _step(data: Gaussian, sigma_start: Real, sigma_end: Real) -> tuple[Components, Array, Array]:
    components = gaussian_components(data, hint=_hint)
    start, end = _checks.positive("sigma_start", sigma_start), _checks.nonnegative("sigma_end", sigma_end)
    _checks.broadcast(data=components.batch_shape, sigma_start=start.shape, sigma_end=end.shape)
    return components, per_direction(start), per_direction(end)


def _churn_range(churn_min: object, churn_max: object) -> tuple[float, float]:
    low = _checks.parameter("churn_min", churn_min)
    unbounded = isinstance(churn_max, float) and churn_max == math.inf
    high = math.inf if unbounded else _checks.parameter("churn_max", churn_max)
    if not 0.0 <= low <= high:
        raise ValueError(f"churn_min, churn_max: expected 0 <= churn_min <= churn_max, got {low!r}, {high!r}")
    return low, high


def _euler(variances: Array, start: Array, end: Array) -> Array:
    """(l + start end)/(l + start^2), the factor of an Euler step in a direction of variance l."""
    return np.asarray((variances + start * end) / (variances + start**2))


def _heun(variances: Array, start: Array, end: Array) -> Array:
    """The factor of Heun's step: 1 + h/2 (d_1 + d_2 E) near 1, E being Euler's factor, elsewhere (E + 1 + h d_2 E)/2.

    The latter is a sum of positive terms: 1 + h d_2 E = (l^2 + l [(start - end)^2 + start end + end^2] + start end^3)/
    (V_start V_end).
    """
    euler = _euler(variances, start, end)
    slope, slope_end = start / (variances + start**2), end / np.where(end > 0.0, variances + end**2, 1.0)
    change = 0.5 * (end - start) * (slope + slope_end * euler)
    middle = (start - end) ** 2 + start * end + end**2
    product = (variances + start**2) * (variances + end**2)
    corrected = variances**2 + variances * middle + start * end**3
    heun = np.where(change > -0.5, 1.0 + change, 0.5 * (euler + corrected / np.where(product > 0.0, product, 1.0)))
    return np.where(end > 0.0, heun, euler)
