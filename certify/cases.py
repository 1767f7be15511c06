"""Seeded designs over options: every combination where there are few, every pair of values where there are many."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["pairwise", "product"]

Case = dict[str, Any]
Allowed = Callable[[Mapping[str, Any]], bool]


def product(options: Mapping[str, Sequence[Any]], *, allowed: Allowed | None = None) -> list[Case]:
    """Every allowed combination, in the order of the options."""
    cases = [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]
    return [case for case in cases if allowed is None or allowed(case)]


def pairwise(options: Mapping[str, Sequence[Any]], *, seed: int, allowed: Allowed | None = None) -> list[Case]:
    """A small list of cases in which every pair of values that can occur together does occur together.

    Greedy: the case that covers most uncovered pairs, among all allowed ones, is taken until none is left; ties are
    broken by a seeded shuffle, so the same seed gives the same list. Meant for up to some thousand combinations.
    """
    candidates = product(options, allowed=allowed)
    random.Random(seed).shuffle(candidates)
    pairs = [_pairs(case) for case in candidates]
    uncovered = set().union(*pairs) if pairs else set()
    chosen: list[Case] = []
    while uncovered:
        best = max(range(len(candidates)), key=lambda index: len(pairs[index] & uncovered))
        chosen.append(candidates[best])
        uncovered -= pairs[best]
    return chosen


def _pairs(case: Mapping[str, Any]) -> set[tuple[tuple[str, Any], tuple[str, Any]]]:
    items = sorted(case.items())
    if len(items) == 1:
        return {(items[0], items[0])}
    return set(itertools.combinations(items, 2))
