"""Probabilities of intervals under the standard normal law, with full relative accuracy in both tails."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtr

from reference._checks import Array

__all__ = ["interval_probability", "log_interval_probability", "outside_probability"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


def interval_probability(centre: Array, half_width: Array) -> Array:
    """P(|Z - centre| < half_width), Z ~ N(0, 1); the width enters by itself, so that a narrow interval loses nothing.

    Shapes broadcast.
    """
    log_scale, factor = _scaled(centre, half_width)
    return np.asarray(np.exp(log_scale) * factor)


def log_interval_probability(centre: Array, half_width: Array) -> Array:
    """Logarithm of ``interval_probability``, also where it underflows or is close to 1."""
    log_scale, factor = _scaled(centre, half_width)
    outside = outside_probability(centre, half_width)
    with np.errstate(divide="ignore"):
        inside = log_scale + np.log(factor)
    return np.where(outside < 0.5, np.log1p(-np.minimum(outside, 0.5)), inside)


def outside_probability(centre: Array, half_width: Array) -> Array:
    """P(|Z - centre| > half_width), the sum of two tails."""
    distance = np.abs(centre)
    return np.asarray(ndtr(distance - half_width) + ndtr(-distance - half_width))


def _scaled(centre: Array, half_width: Array) -> tuple[Array, Array]:
    """The probability as exp(log_scale) factor.

    By quadrature where the density is smooth over the interval, else by the two tails when 0 lies inside, else by
    the quotient of the upper tails.
    """
    distance, half = np.broadcast_arrays(np.abs(centre), half_width)
    low, high = distance - half, distance + half
    narrow = half * (1.0 + distance) <= 1.0
    straddles = ~narrow & (low <= 0.0)
    tail = ~narrow & ~straddles

    log_scale, factor = np.zeros(half.shape), np.zeros(half.shape)
    offsets = half[narrow][..., None] * _NODES
    shape = np.exp(-offsets * (distance[narrow][..., None] + 0.5 * offsets))
    log_scale[narrow] = -0.5 * distance[narrow] ** 2
    factor[narrow] = half[narrow] * np.sum(_WEIGHTS * shape, axis=-1) / np.sqrt(2.0 * np.pi)
    factor[straddles] = 1.0 - (ndtr(low[straddles]) + ndtr(-high[straddles]))
    log_scale[tail] = log_ndtr(-low[tail])
    factor[tail] = -np.expm1(log_ndtr(-high[tail]) - log_scale[tail])
    return log_scale, factor
