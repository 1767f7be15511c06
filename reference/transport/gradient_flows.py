"""Wasserstein gradient flows: the velocity that lowers a divergence to a target fastest."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.distributions._law import Law
from reference.fields.analytic import Data

__all__ = ["forward_divergence_velocity", "reverse_divergence_velocity"]

_largest_log = 709.0  # exp of more overflows


def reverse_divergence_velocity(target: Data, law: Data, x: Array) -> Array:
    """Velocity grad log p_target - grad log p, the Wasserstein gradient flow of KL(p || p_target).

    Along it the divergence falls at the rate E_p |velocity|^2, the Fisher divergence. Langevin dynamics with unit
    gradient coefficient moves the law in the same way.
    Shapes: x (..., d) -> (..., d).  Domain: laws with densities.
    Catalogue: P99 (Lai et al., arXiv 2510.21890).
    """
    goal, current, point = _pair(target, law, x)
    return np.asarray(goal.score(point) - current.score(point))


def forward_divergence_velocity(target: Data, law: Data, x: Array) -> Array:
    """Velocity grad (p_target/p) = (p_target/p) (grad log p_target - grad log p), which lowers KL(p_target || p).

    The Wasserstein gradient flow of that divergence.
    Shapes: x (..., d) -> (..., d).  Domain: laws with densities.
    Raises ValueError where the velocity exceeds float64.
    Catalogue: P99 (Lai et al., arXiv 2510.21890).
    """
    goal, current, point = _pair(target, law, x)
    log_ratio = (goal.log_prob(point) - current.log_prob(point))[..., None]
    difference = goal.score(point) - current.score(point)
    with np.errstate(divide="ignore"):
        size = log_ratio + np.log(np.abs(difference))
    if np.any(size > _largest_log):
        raise ValueError(f"x: expected points where the velocity fits into float64, got exp({float(size.max()):.6g})")
    near = np.abs(log_ratio) < _largest_log  # the plain product, accurate to the last digits of the ratio
    product = np.exp(np.where(near, log_ratio, 0.0)) * difference
    return np.asarray(np.where(near, product, np.sign(difference) * np.exp(size)))


# --------------------------------------------------------------------------------------------- private


def _pair(target: object, law: object, x: object) -> tuple[Law, Law, Array]:
    goal, current = (
        _checks.instance(name, value, Law, hint="Gaussian, GaussianMixture or PointCloud")
        for name, value in (("target", target), ("law", law))
    )
    point = _checks.event("x", _checks.real("x", x), goal.event_size)
    if current.event_size != goal.event_size:
        raise ValueError(f"law: expected event size {goal.event_size}, that of target, got {current.event_size}")
    _checks.broadcast(target=goal.batch_shape, law=current.batch_shape, x=point.shape[:-1])
    return goal, current, point
