"""Picard iteration: all Euler steps at once, again and again.  Shih et al., arXiv 2305.16317 (ParaDiGMS)."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import descending_grid
from reference.solvers._leg import Model, evaluate

__all__ = ["picard_sample", "picard_sweep"]


def picard_sweep(model: Model, path: Path, states: Array, times: Array) -> Array:
    r"""One sweep x_j <- x_0 + sum_{i<j} (t_{i+1} - t_i) v(x_i, t_i) over the states at all times; v the velocity.

    After k sweeps the first k + 1 states are those of Euler's rule in t.
    Shapes: states (n, ..., d), times (n,) strictly decreasing -> (n, ..., d).
    Raises: TypeError, ValueError for bad input.
    Catalogue: P80 (Lai et al., arXiv 2510.21890).
    """
    grid = descending_grid(checked_path("path", path), times)
    _checks.function("model", model)
    held = _checks.event("states", _checks.real("states", states))
    if held.ndim < 2 or held.shape[0] != grid.size:
        raise ValueError(f"states: expected shape ({grid.size}, ..., d), got {held.shape}")
    gains = [
        step * evaluate(model, state, t) for step, state, t in zip(np.diff(grid), held[:-1], grid[:-1], strict=True)
    ]
    return np.concatenate([held[:1], held[:1] + np.cumsum(gains, axis=0)]) if gains else held.copy()


def picard_sample(model: Model, path: Path, x: Array, times: Array, *, sweeps: int) -> Array:
    r"""States (n, ..., d) after ``sweeps`` sweeps that start from x everywhere; exact Euler after n - 1 sweeps.

    Shapes: x (..., d), times (n,) strictly decreasing -> (n, ..., d).
    Raises: TypeError, ValueError for bad input.
    Catalogue: P80 (Lai et al., arXiv 2510.21890).  Unverified: the stopping rule of the paper's code, which is absent.
    """
    grid = descending_grid(checked_path("path", path), times)
    _checks.function("model", model)
    point = _checks.event("x", _checks.real("x", x))
    states = np.broadcast_to(point, (grid.size, *point.shape)).copy()
    for _ in range(_checks.count("sweeps", sweeps, at_least=0)):
        states = picard_sweep(model, path, states, grid)
    return states
