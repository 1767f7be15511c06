"""Runs of a solver over a grid of times, and the exact model to run it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from gpu import _checks, fields
from gpu.distributions._law import Law
from gpu.paths import Path
from gpu.paths._base import checked_path
from gpu.solvers._solver import Evaluation, Memory, Model, Solver, answering, refuse_misremembered, refuse_unlike

__all__ = ["exact_model", "sample"]

_FIELDS = {
    "denoiser": fields.denoiser,
    "noise": fields.noise,
    "velocity": fields.velocity,
    "score": fields.score,
}


def exact_model(data: Law, path: Path, output: Literal["denoiser", "noise", "velocity", "score"]) -> Model:
    """model(x, t): the exact field of the data along the path, one of `gpu.fields`.

    Raises ValueError for another field.

    Catalogue: P20, P22 (Lai et al., arXiv 2510.21890).
    """
    if not isinstance(data, Law):
        raise TypeError(f"data: expected a Gaussian, GaussianMixture or PointCloud, got {type(data).__name__}")
    checked_path(path)
    _checks.option("output", output, tuple(_FIELDS))
    field = _FIELDS[output]
    return lambda x, t: field(data, path, x, t)


def sample(
    solver: Solver,
    model: Model,
    path: Path,
    x: Tensor,
    times: Tensor,
    *,
    normal: Callable[[tuple[int, ...]], Tensor] | None = None,
    start: Solver | None = None,
    memory: Sequence[Evaluation] = (),
    last: Solver | None = None,
    trajectory: bool = False,
) -> Tensor:
    """The state at times[-1] of a run from x at times[0], (..., d); with trajectory those at all times, (n, ..., d).

    times: (n,), decreasing. normal(shape) answers standard normals, and is asked once a step that draws, for (draws,
    *x.shape). start: the solver of the first steps, until the memory holds what `solver` remembers; last: the solver of
    the last step. memory: evaluations before times[0], oldest first.

    Raises ValueError for times that do not decrease inside the domain, a start or last solver that asks for another
    field, and where normals are drawn and `normal` is None; TypeError for mixed dtypes.

    Catalogue: P58, P79 (Lai et al., arXiv 2510.21890).
    """
    refuse_unlike(solver, start=start, last=last)
    checked_path(path)
    answering(model)
    state, grid = _checks.tensors(x=x, times=times)
    size = _checks.event("x", state)
    refuse_misremembered(memory, state, size)
    _checks.decreasing("times", grid)
    _checks.time_in_domain(path, times=grid)
    _checks.finite(x=state)
    _checks.flag("trajectory", trajectory)
    known: Memory = tuple(memory)
    states = [state]
    final = grid.shape[0] - 2
    for index in range(final + 1):
        rule = solver
        if start is not None and len(known) < solver.history:
            rule = start
        if last is not None and index == final:
            rule = last
        if rule.draws and normal is None:
            raise ValueError(f"normal: expected a source of standard normals for {type(rule).__name__}, got None")
        if rule.draws and not callable(normal):
            raise TypeError(f"normal: expected a callable, got {type(normal).__name__}")
        noise = normal((rule.draws, *state.shape)) if rule.draws and normal is not None else None
        before, after = grid[index], grid[index + 1]
        state, found = rule.step(model, path, state, t_start=before, t_end=after, memory=known, noise=noise)
        known = (*known, found[-1])[-max(solver.history, rule.history, 1) :]
        states.append(state)
    return torch.stack(states) if trajectory else state
