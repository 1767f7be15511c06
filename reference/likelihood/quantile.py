"""The probability-flow ODE in one dimension, solved by quantiles."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr

from reference import _checks
from reference._checks import Array, Real
from reference.distributions._components import Components
from reference.fields._levels import checked_law
from reference.fields.analytic import Data
from reference.paths._base import Path, checked_path
from reference.reverse import flow_coefficients

__all__ = ["quantile_map"]

_maximum_iterations = 300


def quantile_map(data: Data, path: Path, x: Array, *, t_start: Real, t_end: Real) -> Array:
    """The monotone map F_end^-1(F_start(x)) of one-dimensional data: its probability-flow ODE, exactly.

    Solves sum_k w_k [Phi(a_k) - Phi(b_k)] = 0 for y, with the standard scores a_k of y at t_end and b_k of x
    at t_start; each difference is taken in the tail where b_k lies, so that both tails and the gaps between
    components keep their relative accuracy. The root lies between the flows of the single components.
    Shapes: x (..., 1), times (...) -> (..., 1).  Domain: the closed domain, a density at both ends.
    Raises ValueError for d > 1, where no quantile map exists, and for a singular marginal.
    Catalogue: P56 (Lai et al., arXiv 2510.21890); M34 for Brownian (McAllester, arXiv 2301.11108).
    """
    law, checked = checked_law(data), checked_path("path", path)
    if law.event_size != 1:
        raise ValueError(f"data: expected d = 1 (quantiles are one-dimensional), got d = {law.event_size}")
    point = _checks.event("x", _checks.real("x", x), 1)
    start = _checks.time_in_domain(checked, t_start, name="t_start")
    end = _checks.time_in_domain(checked, t_end, name="t_end")
    _checks.broadcast(data=law.batch_shape, x=point.shape[:-1], t_start=start.shape, t_end=end.shape)
    return _solve(law._components.formed(), checked, point, start, end)


def _solve(components: Components, path: Path, x: Array, start: Array, end: Array) -> Array:
    """Bracketed Newton iteration, every third step a bisection."""
    variances, means = components.covariance.eigenvalues[..., 0], components.means[..., 0]
    stretches, shifts = (
        value[..., 0] for value in flow_coefficients(path, start[..., None], end[..., None], variances[..., None])
    )
    alpha, sigma = path.alpha(start)[..., None], path.sigma(start)[..., None]
    spread = np.sqrt(alpha**2 * variances + sigma**2)
    own = (x - alpha * means) / spread
    centres, widths = path.alpha(end)[..., None] * means, stretches * spread
    if not np.all(widths > 0.0):
        raise ValueError(
            f"covariance: expected a density at t_end, got smallest variance {float(widths.min()) ** 2:.6g}"
        )
    carried = stretches * x + shifts * means
    present = components.weights > 0.0
    low = np.where(present, carried, np.inf).min(axis=-1)
    high = np.where(present, carried, -np.inf).max(axis=-1)

    lower_tail = own <= 0.0
    tails = log_ndtr(np.where(lower_tail, own, -own))
    log_weights = np.broadcast_to(components.log_weights, tails.shape)
    # One common factor keeps tails of exp(-800) and beyond inside float64.
    scale = (log_weights + tails).max(axis=-1, keepdims=True)
    log_shares = log_weights - scale
    given = np.exp(log_shares + tails)

    root = 0.5 * (low + high)
    for iteration in range(_maximum_iterations):
        scores = (root[..., None] - centres) / widths
        side = np.where(lower_tail, scores, -scores)
        found = _bounded_exp(log_shares + log_ndtr(side))
        excess = np.sum(np.where(lower_tail, found - given, given - found), axis=-1)
        log_density = log_shares - 0.5 * scores**2 - np.log(widths * np.sqrt(2.0 * np.pi))
        slope = np.sum(_bounded_exp(log_density), axis=-1)
        low, high = np.where(excess <= 0.0, root, low), np.where(excess >= 0.0, root, high)
        middle = 0.5 * (low + high)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            newton = root - excess / slope  # where the slope underflows this leaves the bracket
        inside = (low <= newton) & (newton <= high) & (iteration % 3 != 2)
        following = np.where(inside, newton, middle)
        settled = (following == root) | (high - low <= 2.0 * np.spacing(np.abs(root)))
        root = np.where(settled, root, following)
        if np.all(settled):
            break
    return np.asarray(root[..., None])


def _bounded_exp(values: Array) -> Array:
    """Exponential without overflow; only the sign of what is cut off matters to the bracket."""
    return np.exp(np.minimum(values, 700.0))
