r"""DDIM on Gaussian data: rotations in the plane of signal and noise, one for every direction.

In an eigendirection of variance l the angle is tan phi = sigma/(alpha sqrt(l)), and a step from ``noisy`` to ``clean``
multiplies centred data by sqrt(V_clean/V_noisy) cos(phi_noisy - phi_clean).
"""

from __future__ import annotations

import numpy as np

from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import descending_grid, travel
from reference.reverse._gaussian import gaussian_components, marginal, per_direction, spectral

__all__ = ["ddim_chain_matrix", "ddim_matrix", "ddim_shrinkage"]

_hint = "the step is linear for Gaussian data only"


def ddim_matrix(data: Gaussian, path: Path, *, t_start: Real, t_end: Real) -> Array:
    """Matrix (alpha_start alpha_end S + sigma_start sigma_end I) V_start^-1 of one DDIM step on centred data.

    Shapes: times (...) -> (..., d, d), symmetric.  Domain: the closed domain, either order of travel.
    Raises TypeError unless the data is Gaussian, ValueError where V_start is singular.
    Catalogue: P60 (Lai et al., arXiv 2510.21890).
    """
    components, checked = gaussian_components(data, hint=_hint), checked_path("path", path)
    start, end = travel(checked, t_start, t_end, data=components.batch_shape)
    signal = per_direction(checked.alpha(start) * checked.alpha(end))
    noise = per_direction(checked.sigma(start) * checked.sigma(end))
    variances = marginal(components, checked.alpha(start), checked.sigma(start))
    return spectral(components, (signal * components.covariance.eigenvalues + noise) / variances)


def ddim_chain_matrix(data: Gaussian, path: Path, times: Array) -> Array:
    """Product of the DDIM matrices over decreasing times: sqrt(V_end V_start^-1) prod_i cos(phi_i - phi_{i+1}).

    Shapes: times (n,) -> (..., d, d), symmetric.  Domain: the closed domain.
    Raises TypeError unless the data is Gaussian, ValueError unless the times decrease.
    Catalogue: P60 (Lai et al., arXiv 2510.21890).
    """
    components, first, last, shrinkage = _chain(data, path, times)
    return spectral(components, np.sqrt(last / first) * np.sqrt(shrinkage))


def ddim_shrinkage(data: Gaussian, path: Path, times: Array) -> Array:
    """The variance that DDIM leaves over decreasing times, over that of the exact flow: prod_i cos^2(dphi_i).

    Never above 1: DDIM undershoots; smallest loss for times uniform in phi.
    Shapes: times (n,) -> (..., d, d), symmetric.  Domain: the closed domain; S + (sigma/alpha)^2 I invertible at the
    last time (ValueError: the angle of a direction without signal and noise is not defined).
    Raises TypeError unless the data is Gaussian, ValueError unless the times decrease.
    Catalogue: P60 (Lai et al., arXiv 2510.21890).
    """
    components, _, last, shrinkage = _chain(data, path, times)
    if not np.all(last > 0.0):
        raise ValueError("covariance: expected a positive definite alpha^2 S + sigma^2 I at the last of the times")
    return spectral(components, shrinkage)


def _chain(data: Gaussian, path: Path, times: Array) -> tuple[Components, Array, Array, Array]:
    """Components, V at the first and the last time, and prod_i cos^2(phi_i - phi_{i+1}), each (..., 1, d).

    sin(phi_i - phi_{i+1}) = sqrt(l) sigma_i alpha_{i+1} (1 - e^{lambda_i - lambda_{i+1}})/sqrt(V_i V_{i+1}) is small on
    a fine grid, where a product of many cosines would gather their roundings; then the sum of log(1 - sin^2) does not.
    """
    components, checked = gaussian_components(data, hint=_hint), checked_path("path", path)
    grid = descending_grid(checked, times)
    values = components.covariance.eigenvalues[..., None]
    alpha, sigma = checked.alpha(grid), checked.sigma(grid)
    first = marginal(components, alpha[0], sigma[0])
    variances = alpha**2 * values + sigma**2
    between = variances[..., :-1] * variances[..., 1:]
    between = np.where(between > 0.0, between, np.inf)  # without signal and noise there is no angle
    lag = -np.expm1(-checked._difference(grid[1:], grid[:-1]))
    sine_squared = values * (sigma[:-1] * alpha[1:] * lag) ** 2 / between
    cosine_squared = (alpha[:-1] * alpha[1:] * values + sigma[:-1] * sigma[1:]) ** 2 / between
    small = sine_squared < 0.5
    logs = np.log1p(-np.where(small, sine_squared, 0.0)).sum(axis=-1)
    shrinkage = np.exp(logs) * np.prod(np.where(small, 1.0, cosine_squared), axis=-1)
    return components, first, variances[..., -1], shrinkage
