"""Where the numbers of a case come from: Hypothesis in a test, a seeded generator in a campaign.

A builder asks a `Draw` for primitive numbers and puts a case together; so a case is valid by construction, whoever
draws, and the two sources cannot drift apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

from properties.protocol import Floats

Choice = TypeVar("Choice")


class Draw(Protocol):
    """A source of primitive numbers; ends of ranges are reachable."""

    def integer(self, low: int, high: int) -> int: ...

    def uniform(self, low: float, high: float) -> float: ...

    def choice(self, options: Sequence[Choice]) -> Choice: ...


class SeededDraw:
    """Draws from a named seed; one number in eight is an end of its range, so that ends are met in small campaigns."""

    def __init__(self, *seed: int) -> None:
        self._generator = np.random.default_rng(np.random.SeedSequence(seed))

    def integer(self, low: int, high: int) -> int:
        return int(self._generator.integers(low, high + 1))

    def uniform(self, low: float, high: float) -> float:
        where = self._generator.random()
        if where < 0.0625:
            return low
        if where < 0.125:
            return high
        return float(low + (high - low) * self._generator.random())

    def choice(self, options: Sequence[Choice]) -> Choice:
        return options[int(self._generator.integers(len(options)))]


def log_uniform(draw: Draw, low: float, high: float) -> float:
    """A positive number whose logarithm is uniform."""
    return math.exp(draw.uniform(math.log(low), math.log(high)))


def vector(draw: Draw, size: int, bound: float) -> Floats:
    """A vector with entries in [-bound, bound]."""
    return np.array([draw.uniform(-bound, bound) for _ in range(size)])


def rounded(value: float | Floats, dtype: str) -> Floats:
    """The nearest value of the dtype, as float64."""
    return np.asarray(np.asarray(value, dtype=np.dtype(dtype)), dtype=np.float64)
