"""What a step is given: where it starts and ends, the model, the memory and the normals; all checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.paths._base import Path

__all__ = ["Evaluation", "Leg", "Memory", "Model", "evaluate", "normals", "refuse_misremembered"]

Model: TypeAlias = Callable[[Array, Real], Array]


class Evaluation(NamedTuple):
    """One evaluation of the model at the start of a step: output = model(state, time).

    ``noise`` (draws, ..., d) holds the normals that the step from here drew, None where it drew none: a corrector
    that repeats the step needs them.
    Catalogue: P74, P79 (Lai et al., arXiv 2510.21890).
    """

    time: Real
    state: Array
    output: Array
    noise: Array | None = None


Memory: TypeAlias = tuple[Evaluation, ...]


class Leg(NamedTuple):
    """One step's way from x at t_start to t_end, and what may be used on it."""

    model: Model
    path: Path
    x: Array
    t_start: Array
    t_end: Array
    memory: Memory
    noise: Array | None

    def evaluated(self, x: Array, t: Real) -> Array:
        """The model's answer at (x, t)."""
        return evaluate(self.model, x, t)

    def first(self) -> Evaluation:
        """The evaluation at the start, with the normals of this step."""
        return Evaluation(self.t_start, self.x, self.evaluated(self.x, self.t_start), self.noise)


def evaluate(model: Model, x: Array, t: Real) -> Array:
    """The model's output at (x, t): float64, finite, of x's dimension."""
    point = _checks.event("x", _checks.real("x", x))
    output = _checks.event("model(x, t)", _checks.real("model(x, t)", model(point, t)), point.shape[-1])
    _checks.broadcast(x=point.shape[:-1], t=np.shape(t), **{"model(x, t)": output.shape[:-1]})
    return output


def normals(noise: Array | None, draws: int, x: Array) -> Array | None:
    """The step's normals (draws, ..., d), when it draws any."""
    if draws == 0:
        return None
    if noise is None:
        raise ValueError(f"noise: expected standard normals of shape {(draws, *np.shape(x))}, got None")
    drawn = _checks.event("noise", _checks.real("noise", noise), np.shape(x)[-1])
    if drawn.ndim < 2 or drawn.shape[0] != draws:
        raise ValueError(f"noise: expected shape ({draws}, ..., d), got {drawn.shape}")
    _checks.broadcast(x=np.shape(x)[:-1], noise=drawn.shape[1:-1])
    return drawn


def refuse_misremembered(memory: object, size: int) -> None:
    """Evaluations at states of the event size."""
    if not isinstance(memory, (tuple, list)):
        raise TypeError(f"memory: expected a tuple of Evaluation, got {type(memory).__name__}")
    for index, evaluation in enumerate(memory):
        name = f"memory[{index}]"
        _checks.instance(name, evaluation, Evaluation)
        for part in ("state", "output"):
            _checks.event(f"{name}.{part}", _checks.real(f"{name}.{part}", getattr(evaluation, part)), size)
