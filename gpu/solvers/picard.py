"""Picard sweeps: all times of an Euler run at once."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.paths._base import checked_path
from gpu.solvers._solver import Model, answering

__all__ = ["picard_sample", "picard_sweep"]


def picard_sweep(model: Model, path: Path, states: Tensor, times: Tensor) -> Tensor:
    """x_j <- x_0 + sum_(i < j) (t_i+1 - t_i) velocity(x_i, t_i) at all times at once, (n, ..., d).

    One call of the model, on (n - 1, ..., d) states and as many times. After k sweeps the first k + 1 states are those
    of Euler's rule in t. states: (n, ..., d); times: (n,), decreasing.

    Raises ValueError for times that do not decrease inside the domain, and another number of states.

    Catalogue: P80 (Lai et al., arXiv 2510.21890).
    """
    checked_path(path)
    asked = answering(model)
    states, grid = _checks.tensors(states=states, times=times)
    _checks.decreasing("times", grid)
    _checks.time_in_domain(path, times=grid)
    _checks.event("states", states)
    if states.dim() < 2 or states.shape[0] != grid.shape[0]:
        raise ValueError(f"states: expected shape ({grid.shape[0]}, ..., d), got {tuple(states.shape)}")
    _checks.finite(states=states)
    return _swept(asked, states, grid)


def _swept(model: Model, states: Tensor, grid: Tensor) -> Tensor:
    along = grid.reshape(-1, *(1,) * (states.dim() - 2))
    slopes = model(states[:-1], along[:-1].expand(states[:-1].shape[:-1]))
    moves = (along.diff(dim=0)[..., None] * slopes).cumsum(0)
    return torch.cat((states[:1], states[:1] + moves))


def picard_sample(model: Model, path: Path, x: Tensor, times: Tensor, *, sweeps: int) -> Tensor:
    """The states at all times (n, ..., d) after sweeps that start from x everywhere; Euler's run after n - 1 of them.

    x: (..., d); times: (n,), decreasing. Raises as `picard_sweep`, and ValueError for sweeps below 0. Unverified: the
    tolerance at which the paper's code stops, which is absent.

    Catalogue: P80 (Lai et al., arXiv 2510.21890).
    """
    checked_path(path)
    asked = answering(model)
    x, grid = _checks.tensors(x=x, times=times)
    _checks.event("x", x)
    _checks.decreasing("times", grid)
    _checks.time_in_domain(path, times=grid)
    _checks.count("sweeps", sweeps, minimum=0)
    _checks.finite(x=x)
    states = x.expand(grid.shape[0], *x.shape)
    for _ in range(sweeps):
        states = _swept(asked, states, grid)
    return states
