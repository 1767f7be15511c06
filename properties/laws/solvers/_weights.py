"""A rule by its weights: how an implementation is asked for them, and what the arbiter answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from properties.arbiter import solver_weights as twins
from properties.arbiter.measured import Measured
from properties.arbiter.numbers import Truth, truth
from properties.cases.solver_nodes import SolverNodes
from properties.cases.specs import PathSpec
from properties.laws._compare import entrywise
from properties.laws._data import path_arguments
from properties.laws._measured import measured
from properties.protocol import Finding, Floats, Implementation

OUTPUTS = ("denoiser", "noise")
EDM = PathSpec("EDM")


@dataclass(frozen=True)
class Rule:
    """A public function of solvers with its options, the twin with the same, and how many nodes it weighs."""

    name: str
    twin: Callable[..., Any]
    options: tuple[tuple[str, Any], ...]
    nodes: int
    implicit: bool = False

    @property
    def count(self) -> int:
        """How many times the rule takes: its nodes, and t_end where that is none of them."""
        return self.nodes + (0 if self.implicit else 1)

    @property
    def quantity(self) -> str:
        return f"solvers.{self.name}"


def exponential_adams(nodes: int, output: str, noise_level: float = 0.0, *, implicit: bool = False) -> Rule:
    options = (("output", output), ("noise_level", noise_level), ("implicit", implicit))
    return Rule("exponential_adams_weights", twins.exponential_adams, options, nodes, implicit)


def ddim(eta: float, output: str) -> Rule:
    return Rule("ddim_weights", twins.ddim, (("eta", eta), ("output", output)), 1)


def midpoint_multistep(output: str, noise_level: float = 0.0) -> Rule:
    options = (("output", output), ("noise_level", noise_level))
    return Rule("midpoint_multistep_weights", twins.midpoint_multistep, options, 2)


def unipc(order: int, output: str, variant: str = "bh2", *, corrector: bool = False) -> Rule:
    options = (("output", output), ("variant", variant), ("corrector", corrector))
    return Rule("unipc_weights", twins.unipc, options, order + (1 if corrector else 0), corrector)


def deis(nodes: int, variable: str) -> Rule:
    twin = twins.deis_in_time if variable == "time" else twins.deis
    return Rule("deis_weights", twin, (("variable", variable),), nodes)


def pndm(nodes: int) -> Rule:
    return Rule("pndm_weights", twins.pndm, (), nodes)


def weights(implementation: Implementation, rule: Rule, path: PathSpec, times: Floats) -> Any:
    """The rule's weights as the implementation gives them, at the last times."""
    lift = implementation.lift
    options = {name: lift(value) if isinstance(value, float) else value for name, value in rule.options}
    function = getattr(implementation.module.solvers, rule.name)
    return function(path.build(implementation), lift(times[-rule.count :]), **options)


def flat(implementation: Implementation, found: Any) -> Any:
    """[state, *outputs, noise] of one rule's weights, as one array of the implementation's."""
    parts = [np.ravel(implementation.lower(part)) for part in (found.state, found.outputs, found.noise)]
    return implementation.lift(np.concatenate(parts))


def chosen(value: Any) -> Any:
    """A share or a level as the twins take it: a 0 or 1 is a choice and no measurement, so nothing moves with it."""
    return int(value) if isinstance(value, float) and value in (0.0, 1.0) else value


def exactly(rule: Rule, path: PathSpec, times: Floats) -> Truth:
    """The arbiter's [state, *outputs, noise]."""
    return _told(rule, path, tuple(times[-rule.count :].tolist()))


@lru_cache(maxsize=64)
def _told(rule: Rule, path: PathSpec, times: tuple[float, ...]) -> Truth:
    """Laws that compare rules ask for the same one more than once."""
    constants = {"deis_weights": ()}.get(rule.name, tuple(chosen(value) for _, value in rule.options))
    return truth(rule.twin, *path_arguments(path), list(times), *constants)


def against_the_arbiter(implementation: Implementation, rule: Rule, case: SolverNodes) -> Finding:
    """Every weight of the rule, entrywise."""
    found = weights(implementation, rule, case.path, case.times)
    return entrywise(
        rule.quantity, flat(implementation, found), exactly(rule, case.path, case.times), implementation, **detail(rule)
    )


def detail(rule: Rule) -> dict[str, Any]:
    """The options of a rule, to be told beside a figure."""
    return {**dict(rule.options), "nodes": rule.nodes}


def known(
    implementation: Implementation, rule: Rule, path: PathSpec, times: Floats
) -> tuple[Measured, list[Measured], Measured]:
    """(state, outputs, noise) of the implementation, each with its allowance."""
    found = flat(implementation, weights(implementation, rule, path, times))
    state, *outputs, noise = measured(found, exactly(rule, path, times), implementation)
    return state, outputs, noise
