"""What the steps of solvers with a memory share."""

from __future__ import annotations

import numpy as np

from reference._checks import Array, Real
from reference.solvers._leg import Memory
from reference.solvers._nodes import stacked_times
from reference.solvers.weights import StepWeights, weighted_step

__all__ = ["after", "moved", "recent"]


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
