"""Integrals of an exponential against powers on one step, with full relative accuracy at every step length."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from reference._checks import Array

__all__ = ["decayed_moment", "scaled_moment"]


def decayed_moment(rise: int, fall: int, length: Array) -> Array:
    r"""Integral of e^{-w} w^rise (L - w)^fall over 0 < w < L, for L >= 0; L may be infinite when fall = 0."""
    if rise == fall == 0:
        return -np.expm1(-length)
    if fall == 0:
        return np.asarray(math.factorial(rise) * special.gammainc(rise + 1, length))
    return np.asarray(length ** (rise + fall + 1) * scaled_moment(rise, fall, length))


def scaled_moment(rise: int, fall: int, length: Array) -> Array:
    r"""Integral of e^{-L v} v^rise (1 - v)^fall over 0 < v < 1, for finite L >= 0.

    Short steps: e^{-L} sum_j L^j/j! B(rise + 1, fall + 1 + j), all of whose terms are positive.
    Long ones: the power of 1 - v written out, sum_i C(fall, i) (-1)^i gamma(rise + i + 1, L)/L^{rise + i + 1}, whose
    terms shrink fast.
    """
    radius = 4.0 + 2.0 * (rise + fall)
    short = length <= radius
    near = np.where(short, length, 0.0)
    far = np.where(short, 2.0 * radius, length)
    return np.where(short, _positive_series(rise, fall, near, radius), _written_out(rise, fall, far))


def _positive_series(rise: int, fall: int, length: Array, radius: float) -> Array:
    """Terms up to where (radius)^j/j! has sunk below the rounding of the whole."""
    terms = int(4.0 * radius) + 20
    total = np.zeros_like(length)
    # Horner's rule from the last term: b_j = L^j/j! B(a, c + j), b_{j+1}/b_j = L/(j + 1) (c + j)/(a + c + j)
    for j in reversed(range(terms)):
        total = 1.0 + total * (length / (j + 1) * (fall + 1 + j) / (rise + fall + 2 + j))
    return np.asarray(np.exp(-length) * special.beta(rise + 1, fall + 1) * total)


def _written_out(rise: int, fall: int, length: Array) -> Array:
    total = np.zeros_like(length)
    for i in range(fall + 1):
        order = rise + i + 1
        incomplete = math.factorial(order - 1) * special.gammainc(order, length)
        total = total + (-1) ** i * math.comb(fall, i) * incomplete / length**order
    return total
