"""Hypothesis strategies: the families of `properties.cases`, drawn and shrunk by Hypothesis.

A strategy describes what is valid, never what is likely. No profile is registered or loaded here: that is the
caller's business (tests/conftest.py has this project's).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from properties.cases import build

Choice = TypeVar("Choice")


class HypothesisDraw:
    """A `properties.cases.draw.Draw` whose numbers come from Hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def uniform(self, low: float, high: float) -> float:
        return low if low == high else self._draw(st.floats(low, high))

    def choice(self, options: Sequence[Choice]) -> Choice:
        return self._draw(st.sampled_from(options))


@st.composite
def cases(draw: st.DrawFn, family: str, dtype: str = "float64") -> Any:
    """Cases of a family, with every number a value of the dtype."""
    return build(family, HypothesisDraw(draw), dtype)
