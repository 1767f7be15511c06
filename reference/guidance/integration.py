"""The guided reverse equation of any two Gaussians, by its moments' ordinary differential equations."""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import symmetrized
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import descent

from ._arguments import gaussian_pair, start_law, weight_of

__all__ = ["guided_law_by_integration"]

_RTOL = 1e-12


def guided_law_by_integration(
    unconditional: Gaussian,
    conditional: Gaussian,
    path: Path,
    start: Gaussian,
    *,
    weight: Real,
    noise_level: Real,
    t_start: Real,
    t_end: Real,
) -> Gaussian:
    """Law at t_end of the guided reverse equation from ``start``, for covariances that need not commute.

    Mean and covariance solve dm/dt = F m + b and dC/dt = F C + C F^T - l^2 g^2 I downward in t, with
    F = f I + (1 + l^2)/2 g^2 Lambda_w(t), Lambda_w = guided_precision, and b from the means. Integrated by DOP853 at a
    relative tolerance of 1e-12 a step, in the angle atan2(sigma, alpha), in which no rate of the flow diverges at an
    end of the path; the covariance is accurate to about 1e-10 of its norm on moderate laws.
    Shapes: batch shapes, weight, noise_level and times (...) broadcast.  Domain: the closed domain, t_start > t_end;
    for noise_level > 0 open where alpha vanishes.
    Raises: TypeError, ValueError; ValueError for a singular V on the way, ArithmeticError where the integrator fails.
    Catalogue: P88, P89 (Lai et al., arXiv 2510.21890).
    """
    pair = gaussian_pair(unconditional, conditional)
    law, size = start_law(start, pair), pair.mean_u.shape[-1]
    level = _checks.nonnegative("noise_level", noise_level)
    share = weight_of(weight, pair=pair.batch_shape, start=law.batch_shape, noise_level=level.shape)
    shape = np.broadcast_shapes(pair.batch_shape, law.batch_shape, level.shape, share.shape)
    checked = checked_path("path", path)
    first, last = descent(checked, t_start, t_end, data=shape)
    if np.any(level > 0.0):
        first = _checks.time_in_domain(checked, first, name="t_start", open_right=checked._signal_vanishes)
    radii = [np.hypot(checked.alpha(t), checked.sigma(t)) for t in (first, last)]
    angles = [np.arctan2(checked.sigma(t), checked.alpha(t)) for t in (first, last)]
    batch = np.broadcast_shapes(shape, first.shape, last.shape)
    _checks.cholesky("unconditional", _marginal(pair.covariance_u, angles))
    _checks.cholesky("conditional", _marginal(pair.covariance_c, angles))
    scalars = [np.broadcast_to(value, batch) for value in (share, level, *angles, *radii)]
    vectors = [np.broadcast_to(value, (*batch, size)) for value in (pair.mean_u, pair.mean_c, law.mean)]
    matrices = [
        np.broadcast_to(m, (*batch, size, size)) for m in (pair.covariance_u, pair.covariance_c, law.covariance)
    ]
    means, covariances = np.empty((*batch, size)), np.empty((*batch, size, size))
    for index in np.ndindex(batch):
        w, strength, angle, end, radius, radius_end = (float(value[index]) for value in scalars)
        mu, covariance = [v[index] for v in vectors], [m[index] for m in matrices]
        moments = np.concatenate([mu[2] / radius, (covariance[2] / radius**2).ravel()])
        moments = _integrated(mu[:2], covariance[:2], w, strength, (angle, end), moments)
        means[index] = radius_end * moments[:size]
        covariances[index] = radius_end**2 * symmetrized(moments[size:].reshape(size, size))
    return Gaussian(means, covariances)


def _integrated(
    means: list[Array],
    covariances: list[Array],
    weight: float,
    level: float,
    angles: tuple[float, float],
    moments: Array,
) -> Array:
    """Moments of x/hypot(alpha, sigma) carried down from angle to angle.

    There alpha = cos, sigma = sin, f = -tan, g^2 = 2 tan; I - V = cos^2 (I - S) has taken the divergence out of
    f I + g^2/2 Lambda_w.
    """
    identity = np.eye(means[0].size)
    size = means[0].size
    theta = 1.0 + level**2

    def rates(angle: float, state: Array) -> Array:
        cosine, sine = np.cos(angle), np.sin(angle)
        noise = level**2 * np.tan(angle) if level > 0.0 else 0.0
        matrix, shift = noise * identity, np.zeros(size)
        for share, mean, covariance in zip((1.0 - weight, weight), means, covariances, strict=True):
            precision = np.linalg.inv(cosine**2 * covariance + sine**2 * identity)
            matrix = matrix + theta * share * sine * cosine * (precision @ (identity - covariance))
            shift = shift + theta * share * sine * (precision @ mean)
        spread = state[size:].reshape(size, size)
        change = matrix @ spread
        change = change + change.T - 2.0 * noise * identity
        return np.concatenate([matrix @ state[:size] - shift, change.ravel()])

    solution = solve_ivp(rates, angles, moments, method="DOP853", t_eval=angles[1:], rtol=_RTOL, atol=1e-15)
    if not solution.success:
        raise ArithmeticError(f"guided_law_by_integration: expected an integration to the end, got {solution.message}")
    return np.asarray(solution.y[:, -1])


def _marginal(covariance: Array, angles: list[Array]) -> Array:
    """V at the end angle, the smaller of the two ends."""
    cosine, sine = np.cos(angles[1])[..., None, None], np.sin(angles[1])[..., None, None]
    return np.asarray(cosine**2 * covariance + sine**2 * np.eye(covariance.shape[-1]))
