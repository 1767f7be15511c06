"""Small adjustments of cases and implementations before a law asks its question."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np

from properties.protocol import Floats, Implementation


def between(first: float, second: float, dtype: str) -> float | None:
    """A value of the dtype strictly between the two, or None where they are neighbours."""
    kind = np.dtype(dtype).type
    middle = float(kind(first + 0.5 * (second - first)))
    return middle if min(first, second) < middle < max(first, second) else None


def in_double(implementation: Implementation) -> Implementation:
    """The implementation as it makes tables and grids of Python scalars: in float64, on the host, always."""

    def plain(value: Any) -> Floats:
        return np.asarray(value, dtype=np.float64)

    return replace(implementation, dtype="float64", lift=plain, lower=plain)


def second_of_two(implementation: Implementation, *factors: float) -> Implementation:
    """The implementation asked about batches of two, of which the second answer is read: what a law finds is then found
    at an entry that is not the first. Before every argument stands a share of it, the factors in turn (one half): more
    than one factor tells apart what scales with all arguments at once.
    """
    turns = cycle(factors or (0.5,))

    def pair(value: Any) -> Any:
        number = np.asarray(value, dtype=np.float64)
        return implementation.lift(np.stack([next(turns) * number, number]))

    def last(value: Any) -> Floats:
        return np.asarray(implementation.lower(value)[-1])

    return replace(implementation, lift=pair, lower=last)
