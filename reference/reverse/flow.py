"""Exact maps of the probability-flow ODE of Gaussian data."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import travel
from reference.reverse._gaussian import gaussian_components, spectral

__all__ = ["flow_coefficients", "flow_map", "flow_matrix"]


def flow_matrix(data: Gaussian, path: Path, *, t_start: Real, t_end: Real) -> Array:
    """Jacobian V_end^(1/2) V_start^(-1/2) of the flow map of Gaussian data, symmetric (the V commute).

    Shapes: times (...) -> (..., d, d).  Domain: the closed domain, either order of travel.
    Raises TypeError for other data, ValueError where V_start is singular.
    Catalogue: P54 (Lai et al., arXiv 2510.21890); M34 for Brownian (McAllester, arXiv 2301.11108).
    """
    components = gaussian_components(data)
    start, end = travel(checked_path("path", path), t_start, t_end, data=components.batch_shape)
    stretches, _ = flow_coefficients(path, start[..., None], end[..., None], components.covariance.eigenvalues)
    return spectral(components, stretches)


def flow_map(data: Gaussian, path: Path, x: Array, *, t_start: Real, t_end: Real) -> Array:
    """Where the probability-flow ODE of Gaussian data carries x from t_start to t_end.

    m_end + V_end^(1/2) V_start^(-1/2) (x - m_start), m = alpha mu, V = alpha^2 S + sigma^2 I.
    Formed in the two terms A x + B mu, where B is small whenever the levels nearly agree.
    Shapes: x (..., d) -> (..., d).  Domain: the closed domain, either order of travel.
    Raises TypeError for other data (for d = 1 see likelihood.quantile_map), ValueError for singular V_start.
    Catalogue: P54 (Lai et al., arXiv 2510.21890); M34 for Brownian (McAllester, arXiv 2301.11108).
    """
    components = gaussian_components(data)
    point = _checks.event("x", _checks.real("x", x), components.event_size)
    shapes = {"data": components.batch_shape, "x": point.shape[:-1]}
    start, end = travel(checked_path("path", path), t_start, t_end, **shapes)
    law = components.covariance
    stretches, shifts = flow_coefficients(path, start[..., None], end[..., None], law.eigenvalues)
    moved = stretches * law.to_eigenbasis(point[..., None, :]) + shifts * law.to_eigenbasis(components.means)
    return law.from_eigenbasis(moved)[..., 0, :]


def flow_coefficients(path: Path, start: Array, end: Array, variances: Array) -> tuple[Array, Array]:
    """A and B of the flow x -> A x + B mu in an eigendirection of variance l, V = alpha^2 l + sigma^2.

    A = sqrt(V_end/V_start),  B = alpha_end - A alpha_start
    = (alpha_end^2 sigma_start^2 - alpha_start^2 sigma_end^2) / (V_start (alpha_end + A alpha_start)),
    in which l has cancelled; the difference is -+ alpha^2(clean) sigma^2(noisy) (1 - SNR_noisy/SNR_clean).
    Times (...) and variances (..., d) broadcast.
    """
    alpha, sigma = path.alpha(start)[..., None], path.sigma(start)[..., None]
    alpha_end, sigma_end = path.alpha(end)[..., None], path.sigma(end)[..., None]
    variance = alpha**2 * variances + sigma**2
    if not np.all(variance > 0.0):
        raise ValueError(
            "covariance: expected a positive definite alpha^2 S + sigma^2 I at t_start, "
            f"got smallest eigenvalue {float(variance.min()):.6g}"
        )
    stretch = np.sqrt((alpha_end**2 * variances + sigma_end**2) / variance)
    clean, noisy = np.minimum(start, end), np.maximum(start, end)
    with np.errstate(divide="ignore", invalid="ignore"):
        drop = np.where(clean < noisy, path._snr_drop(clean, noisy), 0.0)
    size = path.alpha(clean) ** 2 * path.sigma(noisy) ** 2 * drop
    difference = np.where(end > start, -size, size)[..., None]
    scale = variance * (alpha_end + stretch * alpha)
    shift = np.divide(difference, scale, out=np.zeros_like(difference / variance), where=scale > 0.0)
    return stretch, shift
