"""What every solver is: one step of a rule, with what it says about itself, and the loop that runs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from reference import _checks, fields
from reference._checks import Array, Real
from reference.distributions import Gaussian, GaussianMixture, PointCloud
from reference.fields._levels import checked_law
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import descent
from reference.solvers._leg import Evaluation, Leg, Memory, Model, normals, refuse_misremembered

__all__ = ["Evaluation", "Memory", "Model", "Solver", "exact_model", "refuse_unlike", "sample"]

Normal: TypeAlias = Callable[[tuple[int, ...]], Array]
Data: TypeAlias = Gaussian | GaussianMixture | PointCloud

_FIELDS: dict[str, Callable[[Any, Path, Array, Real], Array]] = {
    "denoiser": fields.denoiser,
    "noise": fields.noise,
    "velocity": fields.velocity,
    "score": fields.score,
}


class Solver(ABC):
    """One rule of travel from noise to data; frozen dataclasses, one for each family.

    family           the rule's family, in one word
    order            global order of a run from an exact start: the error of the output is O(h^order), for rules that
                     draw the error of its covariance on Gaussian data
    startup_order    the order that is left when the rule starts itself, without memory: P79
    output           the field that the model must answer: "denoiser", "noise", "velocity" or "score"
    history          earlier evaluations that a step uses at full order
    draws            standard normals that a step uses
    evaluations      calls of the model in a step at full order

    Catalogue: P58, P79 (Lai et al., arXiv 2510.21890).
    """

    family: str
    order: int
    output: str

    @property
    def startup_order(self) -> int:
        return self.order

    @property
    def history(self) -> int:
        return 0

    @property
    def draws(self) -> int:
        return 0

    @property
    def evaluations(self) -> int:
        return 1

    def step(
        self,
        model: Model,
        path: Path,
        x: Array,
        *,
        t_start: Real,
        t_end: Real,
        memory: Memory = (),
        noise: Array | None = None,
    ) -> tuple[Array, Memory]:
        """The state at t_end < t_start, and the memory for the next step.

        ``memory`` holds earlier evaluations, oldest first; with fewer than ``history`` the rule falls to its own lower
        order.  The last evaluation of the memory that comes back is the one at t_start.
        Shapes: x (..., d), times of the batch shape, noise (draws, ..., d), required where draws > 0.
        Raises: TypeError, ValueError for shapes that do not fit, or times outside the domain or not descending.
        """
        checked = checked_path("path", path)
        _checks.function("model", model)
        point = _checks.event("x", _checks.real("x", x))
        start, end = descent(checked, t_start, t_end, x=point.shape[:-1])
        refuse_misremembered(memory, point.shape[-1])
        return self._advance(Leg(model, checked, point, start, end, memory, normals(noise, self.draws, point)))

    def _keep_nonnegative(self, *names: str) -> None:
        """Keeps the named options of a frozen rule as floats >= 0."""
        for name in names:
            object.__setattr__(self, name, _checks.nonnegative_parameter(name, getattr(self, name)))

    @abstractmethod
    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        """The step, from checked arguments."""


def exact_model(data: Data, path: Path, output: str) -> Model:
    """The exact field of a data law as a model: model(x, t), ``output`` one of denoiser, noise, velocity, score.

    Raises: TypeError, ValueError for another name.
    Catalogue: P20, P22 (Lai et al., arXiv 2510.21890).
    """
    law, checked = checked_law(data), checked_path("path", path)
    field = _FIELDS[_checks.option("output", output, _FIELDS)]
    return lambda x, t: field(law, checked, x, t)


def sample(
    solver: Solver,
    model: Model,
    path: Path,
    x: Array,
    times: Array,
    *,
    normal: Normal | None = None,
    start: Solver | None = None,
    memory: Memory = (),
    last: Solver | None = None,
    trajectory: bool = False,
) -> Array:
    """Runs a solver from x at times[0] down to times[-1].

    ``start`` replaces it until the memory holds ``solver.history`` evaluations, ``last`` at the last step; both must
    ask the model for the same field.  ``memory`` holds evaluations before times[0], oldest first.
    ``normal(shape)`` gives standard normals; it is asked once for every step that draws, for (draws, ..., d).
    Shapes: x (..., d), times (n,) strictly decreasing -> (..., d), or with ``trajectory`` all states (n, ..., d).
    Raises: TypeError, ValueError for bad input, or without ``normal`` where a step draws.
    Catalogue: P58, P79 (Lai et al., arXiv 2510.21890).
    """
    refuse_unlike(solver, start=start, last=last)
    checked = checked_path("path", path)
    _checks.function("model", model)
    _checks.instance("trajectory", trajectory, bool)
    grid = _checks.time_in_domain(checked, _checks.decreasing("times", times), name="times")
    state = _checks.event("x", _checks.real("x", x))
    refuse_misremembered(memory, state.shape[-1])
    states = [state]
    for index in range(grid.size - 1):
        rule = solver
        if last is not None and index == grid.size - 2:
            rule = last
        elif start is not None and len(memory) < solver.history:
            rule = start
        noise = None
        if rule.draws:
            if normal is None:
                raise ValueError("normal: expected a source of standard normals (the solver draws), got None")
            _checks.function("normal", normal)
            noise = normal((rule.draws, *state.shape))
        state, recalled = rule.step(
            model, checked, state, t_start=grid[index], t_end=grid[index + 1], memory=memory, noise=noise
        )
        memory = recalled if rule is solver else (*memory, recalled[-1])
        states.append(state)
    if trajectory:
        return np.stack(np.broadcast_arrays(*states))
    return state


def refuse_unlike(solver: Solver, **others: Solver | None) -> None:
    """Solvers, all of which ask the model for the same field; TypeError, ValueError."""
    _checks.instance("solver", solver, Solver)  # type: ignore[type-abstract]
    for name, other in others.items():
        if other is None:
            continue
        _checks.instance(name, other, Solver)  # type: ignore[type-abstract]
        if other.output != solver.output:
            raise ValueError(f"{name}: expected a solver with output {solver.output!r}, got {other.output!r}")
