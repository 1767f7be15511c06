"""A run of a solver: as an implementation makes it, as the arbiter answers it, and what rounding may cost it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from properties.arbiter import solvers as twins
from properties.arbiter.integrals import working_precision
from properties.arbiter.numbers import Truth, truth
from properties.arbiter.numbers import lift as lifted
from properties.cases.solver_runs import FORMS, SolverRun, SolverSpec, normals
from properties.cases.specs import PathSpec
from properties.laws._data import path_arguments
from properties.laws._fields import conditions
from properties.protocol import Floats, Implementation

LAST = SolverSpec("DDIM")
"""The rule of a last step that is not the run's own."""

_BITS = 160
"""For the sizes of terms, of which three digits are wanted: more than a walk's cancellations can cost."""

_CONSTANT = ("churn_min", "churn_max")
"""Options that choose a branch: no answer moves with them."""


@dataclass(frozen=True)
class Gain:
    """The exact gains (start, mean, normals...), and for each how much rounding it may feel."""

    exactly: Truth
    scale: Floats

    @property
    def values(self) -> Floats:
        return np.array([float(value.mid()) for value in self.exactly.values])


def last_of(run: SolverRun, implementation: Implementation) -> Any:
    """The solver of the last step, or None; it must be asked for the field that the run's own solver is asked for."""
    output = run.solver.build(implementation).output
    return SolverSpec("DDIM", (("output", output),)).build(implementation) if run.last and output in FORMS else None


def options_of(solver: SolverSpec) -> tuple[tuple[str, ...], list[float], dict[str, Any]]:
    """(names of the numbers, the numbers, everything else) as the twins take them."""
    numbers = {name: value for name, value in solver.options if isinstance(value, float) and name not in _CONSTANT}
    words = {name: value for name, value in solver.options if name not in numbers}
    return tuple(numbers), list(numbers.values()), words


def gain(run: SolverRun, variance: float, last: bool, history: int = 0) -> Gain:
    """The arbiter's gains along a direction of that variance.

    A rule adds up terms that may be larger than their sum, and a term is as wrong as its levels are: beside the
    condition sum each gain carries the sizes of all its terms, times what the path's levels may be wrong by.
    """
    exactly = truth(twins.gains, *_walked(run, variance, last, history, False))
    grown = 1.0 + worst_condition(run.path, tuple(run.times.tolist()))
    terms = sizes_of_terms(run, variance, last, history)
    return Gain(exactly, np.array(exactly.norm_kappas) + np.array(exactly.magnitudes) + grown * terms)


def sizes_of_terms(run: SolverRun, variance: float, last: bool = False, history: int = 0) -> Floats:
    """The arbiter's gains with every term counted by its size."""
    with working_precision(_BITS):
        found = twins.gains(*map(lifted, _walked(run, variance, last, history, True)))
    return np.array([float(value.mid()) for value in found])


def _walked(run: SolverRun, variance: float, last: bool, history: int, absolute: bool) -> tuple[Any, ...]:
    """The arguments of the twin."""
    return (
        run.solver.name,
        *options_of(run.solver),
        *path_arguments(run.path),
        run.times.tolist(),
        variance,
        LAST.name if last else "",
        history,
        absolute,
    )


@cache
def worst_condition(path: PathSpec, times: tuple[float, ...]) -> float:
    """The largest relative condition of a level or coefficient of the path at the times with noise."""
    return max(max(conditions(path, t).values()) for t in times if t > 0.0)


def normal_of(run: SolverRun, implementation: Implementation, shapes: list[tuple[int, ...]] | None = None) -> Any:
    """The run's source of normals as `sample` wants it; the shapes that it is asked for are noted."""
    source = normals(run.seed, implementation.dtype)

    def normal(shape: Sequence[int]) -> Any:
        if shapes is not None:
            shapes.append(tuple(int(length) for length in shape))
        return implementation.lift(source(tuple(shape)))

    return normal


def flat_gains(implementation: Implementation, found: Any) -> Floats:
    """[start, mean, normals...] of one direction."""
    return np.concatenate([np.ravel(implementation.lower(part)) for part in (found.start, found.mean, found.noise)])
