"""Planting faults in the reference, and counting the seeded cases in which a law sees them."""

from __future__ import annotations

from collections.abc import Callable
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


def broken(identifier: str, cases: int = CASES) -> int:
    """How many of the seeded cases break the law."""
    law, implementation = laws()[identifier], implementations.reference()
    drawn = (seeded_case(law, 0, index, "float64") for index in range(cases))
    return sum(any(not f.passed and not f.vacuous for f in law(implementation, case)) for case in drawn)


def caught(plant: Plant, identifier: str, monkeypatch: pytest.MonkeyPatch, cases: int = CASES) -> None:
    """Asserts that the law is silent without the fault and speaks with it."""
    assert broken(identifier, cases) == 0
    plant(monkeypatch)
    assert broken(identifier, cases) > 0
