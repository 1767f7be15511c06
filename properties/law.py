"""The table of laws: each a plain function of (implementation, case), registered under a stable id."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from properties.protocol import Findings, Implementation

LawFunction = Callable[[Implementation, Any], Findings]

LAW_MODULES = (
    "paths",
    "grids",
    "transitions",
    "divergences",
    "elbo",
    "distributions",
    "fields",
    "conversions",
    "reverse",
    "likelihood",
    "evolution",
    "score_matching",
    "solvers",
    "flow_maps",
    "guidance",
    "preconditioning",
    "conventions",
    "transport",
)


@dataclass(frozen=True)
class Law:
    """A law: what must hold, by which route it is believed, and over which family of cases it is searched.

    ``id`` is ``<module>.<name>`` and never changes its meaning; ``family`` names a class of `properties.cases`;
    ``route`` says what the law rests on (``arbiter``, ``closed form``, ``quadrature``, ``finite difference``,
    ``composition``, ``enumeration``, ``statistical``), so that two routes to a formula can be told apart.
    ``expectations`` says that the law asks for expectations of mixtures by quadrature, which only some
    implementations offer (`Implementation.expectations`): it is no question to the others.
    """

    id: str
    statement: str
    catalogue: tuple[str, ...]
    family: str
    route: str
    function: LawFunction
    expectations: bool = False

    def asks(self, implementation: Implementation) -> bool:
        """Whether the law is a question to this implementation."""
        return implementation.expectations or not self.expectations

    def __call__(self, implementation: Implementation, case: Any) -> Findings:
        return self.function(implementation, case)


_LAWS: dict[str, Law] = {}


def law(
    identifier: str,
    *,
    statement: str,
    catalogue: tuple[str, ...],
    family: str,
    route: str,
    expectations: bool = False,
) -> Callable[[LawFunction], LawFunction]:
    """Registers a law; the function itself stays a plain function. A second law of the same id is refused."""

    def register(function: LawFunction) -> LawFunction:
        if identifier in _LAWS:
            raise ValueError(f"law: expected a new id, got {identifier!r}, which {_LAWS[identifier].function} has")
        _LAWS[identifier] = Law(identifier, statement, catalogue, family, route, function, expectations)
        return function

    return register


def laws() -> dict[str, Law]:
    """Every law by id, in the order of the modules; loads the law modules on first use."""
    for name in LAW_MODULES:
        importlib.import_module(f"properties.laws.{name}")
    return dict(_LAWS)
