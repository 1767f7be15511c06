"""The checked arguments that the functions of this package share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian

__all__ = ["Pair", "gaussian_pair", "start_law", "weight_of"]


class Pair(NamedTuple):
    """Means (*B, d) and covariances (*B, d, d) of the unconditional and the conditional law, of one batch shape."""

    mean_u: Array
    mean_c: Array
    covariance_u: Array
    covariance_c: Array
    batch_shape: tuple[int, ...]


def gaussian_pair(unconditional: object, conditional: object) -> Pair:
    """Two Gaussians of one dimension, whose batch shapes broadcast."""
    hint = "guided equations are linear for Gaussian laws only"
    first = _checks.instance("unconditional", unconditional, Gaussian, hint=hint)
    second = _checks.instance("conditional", conditional, Gaussian, hint=hint)
    if first.event_size != second.event_size:
        raise ValueError(
            f"conditional: expected event size {first.event_size}, that of unconditional, got {second.event_size}"
        )
    batch = _checks.broadcast(unconditional=first.batch_shape, conditional=second.batch_shape)
    size = first.event_size
    means = [np.broadcast_to(law.mean, (*batch, size)) for law in (first, second)]
    covariances = [np.broadcast_to(law.covariance, (*batch, size, size)) for law in (first, second)]
    return Pair(means[0], means[1], covariances[0], covariances[1], batch)


def start_law(start: object, pair: Pair) -> Gaussian:
    """A Gaussian of the pair's dimension."""
    law, size = _checks.instance("start", start, Gaussian), pair.mean_u.shape[-1]
    if law.event_size != size:
        raise ValueError(f"start: expected event size {size}, got {law.event_size}")
    return law


def weight_of(weight: Real, **shapes: tuple[int, ...]) -> Array:
    """A finite guidance weight, whose batch shape broadcasts with the named ones."""
    value = _checks.real("weight", weight)
    _checks.broadcast(**shapes, weight=value.shape)
    return value
