"""Checked times of the reverse equations, which run from t_start (noisy) down to t_end (clean)."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.paths._base import Path

__all__ = ["descending_grid", "descent", "travel"]


def travel(path: Path, t_start: Real, t_end: Real, **shapes: tuple[int, ...]) -> tuple[Array, Array]:
    """Two times of the closed domain, in either order, whose shapes broadcast with the named ones."""
    start = _checks.time_in_domain(path, t_start, name="t_start")
    end = _checks.time_in_domain(path, t_end, name="t_end")
    _checks.broadcast(**shapes, t_start=start.shape, t_end=end.shape)
    return start, end


def descent(path: Path, t_start: Real, t_end: Real, **shapes: tuple[int, ...]) -> tuple[Array, Array]:
    """Two times t_start > t_end of the closed domain."""
    start, end = travel(path, t_start, t_end, **shapes)
    wrong = ~(end < start)
    if np.any(wrong):
        pair = tuple(float(a[wrong].flat[0]) for a in np.broadcast_arrays(start, end))
        raise ValueError(f"t_start, t_end: expected t_start > t_end, got t_start {pair[0]!r}, t_end {pair[1]!r}")
    return start, end


def descending_grid(path: Path, times: Array, *, open_right: bool = False) -> Array:
    """Strictly decreasing times (n,) of the domain, n >= 1."""
    return _checks.time_in_domain(path, _checks.decreasing("times", times), name="times", open_right=open_right)
