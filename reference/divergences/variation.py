"""Total variation between Gaussians, from the points where their densities cross."""

from __future__ import annotations

import numpy as np
from scipy.special import erf

from reference import _checks
from reference._checks import Array
from reference._normal import interval_probability
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import solve_lower
from reference.divergences.gaussians import common_size

__all__ = ["total_variation"]


def total_variation(p: Gaussian, q: Gaussian) -> Array:
    r"""Total variation 1/2 int |p - q| between two Gaussians, from 0 to 1.

    d = 1: P_p(A) - P_q(A) for the set A between the points where the densities cross, on which the narrower one is
    larger.  d > 1, equal covariances L L^T: erf(|L^-1 (m_p - m_q)|/(2 sqrt 2)).
    Accurate from p = q to far apart.
    Shapes: batch shapes of p and q broadcast -> (...).  Domain: both covariances positive definite.
    Raises: TypeError unless both are Gaussian; ValueError for sizes that differ, a singular covariance, or d > 1 and
    covariances that differ (no closed form).
    Catalogue: P1 (Lai et al., arXiv 2510.21890).
    """
    size = common_size(p, q)
    lower_p = _checks.cholesky("p.covariance", p.covariance)
    _checks.cholesky("q.covariance", q.covariance)
    if size == 1:
        return _on_the_line(p.mean[..., 0], p.covariance[..., 0, 0], q.mean[..., 0], q.covariance[..., 0, 0])
    if np.any(p.covariance != q.covariance):
        raise ValueError(
            "q: expected the covariance of p (the total variation of Gaussians whose covariances differ has no closed "
            f"form for d > 1 and is offered for d = 1), got another one, d = {size}"
        )
    distance = np.sqrt(np.sum(solve_lower(lower_p, p.mean - q.mean) ** 2, axis=-1))
    return np.asarray(erf(distance / np.sqrt(8.0)))


def _on_the_line(mean_p: Array, variance_p: Array, mean_q: Array, variance_q: Array) -> Array:
    r"""Both crossings by the gain of each: P(b < Z < a), a and b the crossing's standard scores.

    In units of the narrower deviation, with rho the wider one, D >= 0 the distance of the means, e = rho^2 - 1 and
    R = sqrt(D^2 + e log(1 + e)), the crossings have scores (-D +- rho R)/e under the narrower law and
    (-rho D +- R)/e under the wider, whose differences are (D +- R)/(1 + rho).
    """
    narrow, wide = np.minimum(variance_p, variance_q), np.maximum(variance_p, variance_q)
    gap = np.abs(mean_p - mean_q) / np.sqrt(narrow)
    excess = (wide - narrow) / narrow
    ratio = np.sqrt(wide / narrow)
    log_ratio = np.log1p(excess)
    root = np.hypot(gap, np.sqrt(excess * log_ratio))
    apart = root > 0.0
    scale = np.where(apart, root, 1.0)

    near_wide = (log_ratio - gap**2) / (scale + ratio * gap)
    near_width = (root + gap) / (1.0 + ratio)
    near = interval_probability(near_wide + 0.5 * near_width, 0.5 * near_width)

    unequal = excess > 0.0
    far_wide = (ratio * gap + root) / np.where(unequal, excess, 1.0)
    far_width = excess * log_ratio / ((scale + gap) * (1.0 + ratio))
    far = interval_probability(far_wide + 0.5 * far_width, 0.5 * far_width)
    return np.asarray(np.where(apart, near, 0.0) + np.where(unequal, far, 0.0))
