"""Sums of e - log(1 + e) and of other logarithms, without the rounding of large ones that cancel."""

from __future__ import annotations

import math

import numpy as np

from reference._checks import Array
from reference._special import linear_minus_log1p

__all__ = ["divergence_from_standard", "log_of_product", "split"]


def log_of_product(factors: Array) -> Array:
    """Logarithm of the product over the last axis, rounded once: factors far from 1 may cancel."""
    mantissas, exponents = np.frexp(factors)
    small = mantissas < math.sqrt(0.5)  # into [sqrt 1/2, sqrt 2), so that a factor 1 stays 1
    mantissas, exponents = np.where(small, 2.0 * mantissas, mantissas), exponents - small
    return np.asarray(np.log(np.prod(mantissas, axis=-1)) + math.log(2.0) * np.sum(exponents, axis=-1))


def split(excess: Array, quotient: Array | None = None) -> tuple[Array, Array]:
    """Terms e - log(1 + e) as pairs: a value, and a factor whose logarithm is to be subtracted from it.

    Where |e| <= 1/2 the value is all and the factor 1, elsewhere they are e and 1 + e; ``quotient`` is 1 + e where it
    is known better than from e.
    """
    near = np.abs(excess) <= 0.5
    series = linear_minus_log1p(np.where(near, excess, 0.0))
    whole = 1.0 + excess if quotient is None else quotient
    return np.where(near, series, excess), np.where(near, 1.0, whole)


def divergence_from_standard(root: Array, shift: Array, log_volume: Array) -> Array:
    """KL(N(shift, R R^T) || N(0, I)) for a square root R (..., n, n), log_volume = log |R R^T|.

    The sum of e - log(1 + e) over the eigenvalues e of R R^T - I when all |e| < 1/2, else trace and volume.
    """
    size = root.shape[-1]
    gram = root @ np.swapaxes(root, -1, -2)
    excess = np.linalg.eigvalsh(0.5 * (gram + np.swapaxes(gram, -1, -2)) - np.eye(size))
    close = np.all(np.abs(excess) < 0.5, axis=-1)
    near = np.sum(linear_minus_log1p(np.where(close[..., None], excess, 0.0)), axis=-1)
    far = np.sum(root**2, axis=(-2, -1)) - size - log_volume
    return np.asarray(0.5 * (np.where(close, near, far) + np.sum(shift**2, axis=-1)))
