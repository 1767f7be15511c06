"""Velocities of the Wasserstein gradient flows of the two Kullback-Leibler divergences."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._law import Law, require_law

__all__ = ["forward_divergence_velocity", "reverse_divergence_velocity"]


def reverse_divergence_velocity(target: Law, law: Law, x: Tensor) -> Tensor:
    """Velocity grad log p_target - grad log p of a law p that descends KL(p || p_target), (..., d).

    KL falls at the rate E_p|velocity|^2. Raises ValueError where either law has no density.

    Catalogue: P99 (Lai et al., arXiv 2510.21890).
    """
    place = _point(target, law, x)
    return target.score(place) - law.score(place)


def forward_divergence_velocity(target: Law, law: Law, x: Tensor) -> Tensor:
    """Velocity grad (p_target/p) of a law p that descends KL(p_target || p), (..., d).

    exp(log p_target - log p) times the difference of the scores. Raises ValueError where either law has no density, or
    the ratio of the densities is beyond the dtype.

    Catalogue: P99 (Lai et al., arXiv 2510.21890).
    """
    place = _point(target, law, x)
    ratio = torch.exp(target.log_prob(place) - law.log_prob(place))
    velocity = ratio[..., None] * (target.score(place) - law.score(place))
    _checks.finite(constructor=False, **{"x, where the velocity must be within the dtype": velocity})
    return velocity


def _point(target: Law, law: Law, x: Tensor) -> Tensor:
    """Points of the dimension of both laws."""
    require_law("target", target)
    require_law("law", law)
    place, *_ = _checks.tensors(x=x, target=target.mean, law=law.mean)
    _checks.event("x", place, target.event_size)
    _checks.event("the mean of law", law.mean, target.event_size)
    _checks.broadcast(target=target.batch_shape, law=law.batch_shape, x=place.shape[:-1])
    return place
