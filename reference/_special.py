"""Scalar functions that lose their leading digits when written as they read."""

from __future__ import annotations

import numpy as np

from reference._checks import Array

__all__ = ["linear_minus_log1p"]

_terms = 17  # z^2 <= 1/9 on |e| <= 1/2: the first omitted term is below 1/9^17 / 37 = 2e-18 of the sum


def linear_minus_log1p(e: Array, log1p_e: Array | None = None) -> Array:
    r"""Value of e - log(1 + e) >= 0 for e > -1, with full relative accuracy at e = 0.

    With z = e/(2 + e), log(1 + e) = 2 atanh z and e - log(1 + e) = z e - 2 z^3 (1/3 + z^2/5 + z^4/7 + ...).
    ``log1p_e`` is the logarithm where it is known better than from e: 1 + e rounds as e approaches -1.
    """
    near = np.where(np.abs(e) <= 0.5, e, 0.0)
    z = near / (2.0 + near)
    square = z * z
    tail = np.zeros_like(z)
    for k in reversed(range(_terms)):
        tail = tail * square + 1.0 / (2 * k + 3)
    series = z * near - 2.0 * z * square * tail
    far = np.where(np.abs(e) <= 0.5, 1.0, e)
    logarithm = np.log1p(far) if log1p_e is None else log1p_e
    return np.where(np.abs(e) <= 0.5, series, far - logarithm)
