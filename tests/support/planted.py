"""Planting faults in the reference, and counting the seeded cases in which a law sees them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from certify.adapters.implementations import seeded_case
from properties import implementations
from properties.law import laws

CASES = 24
Plant = Callable[[pytest.MonkeyPatch], None]


def changed(owner: Any, name: str, instead: Callable[..., Any]) -> Plant:
    """The named function or method replaced by ``instead(original, ...)``."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        original = getattr(owner, name)
        patch.setattr(owner, name, lambda *a, **k: instead(original, *a, **k))

    return plant


def scaled(owner: Any, name: str, factor: float) -> Plant:
    """The named function or method times a factor."""
    return changed(owner, name, lambda original, *a, **k: factor * original(*a, **k))


def sees(identifier: str, index: int) -> bool:
    """Whether the law speaks on a seeded case."""
    law, implementation = laws()[identifier], implementations.reference()
    case = seeded_case(law, 0, index, "float64")
    return any(not finding.passed and not finding.vacuous for finding in law(implementation, case))


@cache
def healthy(identifier: str, cases: int) -> bool:
    """Whether the law is silent without a fault: asked once for all the faults that it is for."""
    return not any(sees(identifier, index) for index in range(cases))


def caught(plant: Plant, identifier: str, monkeypatch: pytest.MonkeyPatch, cases: int = CASES) -> None:
    """Asserts that the law is silent without the fault and speaks with it."""
    assert healthy(identifier, cases)
    plant(monkeypatch)
    assert any(sees(identifier, index) for index in range(cases))
