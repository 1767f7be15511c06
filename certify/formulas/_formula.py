"""What a formula is, and the table of all."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from properties import budget
from properties.arbiter.numbers import Symmetric
from properties.cases.draw import Draw

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Formula:
    """A formula by its public name: what it is a function of, how to draw that, and its exact twin."""

    name: str
    statement: str
    parameters: tuple[str, ...]
    draw: Callable[[Draw], Arguments]
    twin: Callable[..., Any]
    tolerance: budget.ToleranceClass = budget.ENTRYWISE


FORMULAS: dict[str, Formula] = {}


def add(*formulas: Formula) -> None:
    """Makes formulas known."""
    FORMULAS.update({formula.name: formula for formula in formulas})


def as_twin_arguments(arguments: Arguments) -> list[Any]:
    """The same arguments with covariances marked as symmetric, so that their entries move in pairs."""
    marked: list[Any] = []
    for name, value in arguments.items():
        if name == "covariances":
            marked.append([_symmetric(entry) for entry in value])
        else:
            marked.append(_symmetric(value) if name.startswith("covariance") else value)
    return marked


def _symmetric(entries: list[list[float]]) -> Symmetric:
    # The Frobenius norm bounds the spectral norm, and is all that a scale needs.
    return Symmetric(entries, math.sqrt(sum(entry**2 for row in entries for entry in row)))
