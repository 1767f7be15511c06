"""Checked arguments of the maps between two times."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._law import Law, require_law
from gpu.evolution._arguments import checked
from gpu.paths import Path

__all__ = ["different_times", "journey", "numbers", "ordered_times", "weak"]


def journey(data: Law, path: Path, x: Any, t_start: Any, t_end: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Finite points (..., d) and two times of the domain, in either order."""
    require_law("data", data)
    _, point, start, end = _checks.tensors(data=data.mean, x=x, t_start=t_start, t_end=t_end)
    _checks.event("x", point, data.event_size)
    _checks.broadcast(data=data.batch_shape, x=point.shape[:-1], t_start=start.shape, t_end=end.shape)
    _checks.time_in_domain(path, t_start=start, t_end=end)
    _checks.finite(x=point)
    return point, start, end


def numbers(**named: Any) -> tuple[Tensor, ...]:
    """Finite numbers (...) of one dtype whose shapes broadcast."""
    return tuple(checked({}, named))


def ordered_times(path: Path, like: Tensor, **named: Any) -> tuple[Tensor, ...]:
    """Times of the domain of the dtype of ``like``, each below the next."""
    times = _checks.tensors(data=like, **named)[1:]
    ascending = list(zip(named, times, strict=True))
    _checks.broadcast(**{name: time.shape for name, time in ascending})
    for name, time in ascending:
        _checks.time_in_domain(path, open_start=False, open_end=False, **{name: time})
    for (name, time), (other, later) in pairwise(ascending):
        _checks.smaller(equal_allowed=False, **{name: time, other: later})
    return times


def different_times(t_start: Tensor, t_end: Tensor) -> None:
    """Two times that differ everywhere."""
    _checks.different(t_start=t_start, t_end=t_end)


def weak(like: object, name: str, value: Tensor | float) -> Tensor:
    """A parameter with a default: a Python number takes the dtype and the device of the tensors beside it."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}: expected a torch tensor or a Python float, got {type(value).__name__}")
    number = torch.tensor(float(value), dtype=torch.float64)
    return number.to(like) if isinstance(like, Tensor) else number
