"""What the steps of all solvers share: checked evaluations of the model, and normals."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.solvers._nodes import stacked_times
from reference.solvers.protocol import Memory, Model
from reference.solvers.weights import StepWeights, weighted_step

__all__ = ["after", "evaluate", "moved", "normals", "recent"]


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


def recent(memory: Memory, most: int) -> Memory:
    """The last ``most`` evaluations."""
    return memory[-most:] if most else ()


def after(memory: Memory, t_end: Real) -> Array:
    """Times of the evaluations and of the end of the step, (..., n + 1)."""
    return stacked_times(*(evaluation.time for evaluation in memory), t_end)


def moved(weights: StepWeights, x: Array, memory: Memory, noise: Array | None) -> Array:
    """The step of a rule over the evaluations of a memory, one for each output weight."""
    outputs = np.stack(np.broadcast_arrays(*(evaluation.output for evaluation in memory)), axis=-2)
    return weighted_step(weights, x, outputs, None if noise is None else noise[0])
