"""Exact inputs, enclosures of outputs, and condition sums by central differences at high precision.

A twin is a plain function of nested lists of ``arb`` that returns a number or a nested list of numbers. `truth`
evaluates it at exact float inputs and gives, for every output f_k, an enclosure and the condition sum

    kappa_k = sum_i scale_i |df_k/dx_i|,     scale_i = |x_i|,

where a covariance entry S_ij (wrapped in `Symmetric`) has scale sqrt(S_ii S_jj) and moves together with its mirror
image. A second sum, `Truth.norm_kappas`, gives the entries of S the scale ||S|| instead: the normwise class's sum. The
entries of any other matrix (`Rectangular`) have their own sizes there, and the matrix's norm here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb, ctx

PRECISIONS = (320, 640, 1280, 2560)
"""Bits tried in turn, until every enclosure is tighter than `ENOUGH_BITS` relative to value and condition sum."""

ENOUGH_BITS = 90

NEGLIGIBLE_BITS = 1150
"""Below 2^-1150 (no float64 is smaller than 2^-1074) an enclosure of 0 is 0: differences that vanish identically are
never tight relative to themselves."""

Number = Any
"""An ``arb``; python-flint ships no type information."""


@dataclass(frozen=True)
class Symmetric:
    """A symmetric matrix argument: entrywise its entries have scale sqrt(S_ii S_jj), normwise the given norm (and
    sqrt(S_ii S_jj) too where that is None).
    """

    entries: Sequence[Sequence[float]]
    norm: float | None = None

    def scale(self, row: int, column: int) -> Number:
        return (abs(arb(self.entries[row][row])) * abs(arb(self.entries[column][column]))).sqrt()


@dataclass(frozen=True)
class Rectangular:
    """A matrix argument of independent entries: entrywise they have their own sizes, normwise the given norm."""

    entries: Sequence[Sequence[float]]
    norm: float


@dataclass(frozen=True)
class Truth:
    """Enclosures of the outputs, flattened in order, and their condition sums, entrywise and normwise."""

    values: tuple[Number, ...]
    kappas: tuple[float, ...]
    norm_kappas: tuple[float, ...]

    def split(self, *sizes: int) -> list[Truth]:
        """The truths of consecutive groups of outputs, of the given sizes."""
        parts, start = [], 0
        for size in sizes:
            place = slice(start, start + size)
            parts.append(Truth(self.values[place], self.kappas[place], self.norm_kappas[place]))
            start += size
        if start != len(self.values):
            raise ValueError(f"sizes: expected a sum of {len(self.values)}, got {start}")
        return parts

    def errors(self, computed: Sequence[float]) -> list[float]:
        """|computed - exact| for every output: the distance of the computed number from the enclosure."""
        if len(computed) != len(self.values):
            raise ValueError(f"computed: expected {len(self.values)} outputs, got {len(computed)}")
        return [
            float((arb(c) - v).abs_lower()) if math.isfinite(c) else float("nan")
            for c, v in zip(computed, self.values, strict=True)
        ]

    @property
    def magnitudes(self) -> list[float]:
        return [float(abs(v).mid()) for v in self.values]


def squared(value: Number) -> Number:
    """Value squared. The power of an interval whose midpoint is exactly 0 is NaN in arb, a product is not."""
    return value * value


def lift(argument: Any) -> Any:
    """An argument as the twin sees it: floats become exact arbs, nested sequences keep their shape, the rest stays."""
    if isinstance(argument, (Symmetric, Rectangular)):
        return [[arb(entry) for entry in row] for row in argument.entries]
    if isinstance(argument, float):
        return arb(argument)
    if isinstance(argument, (list, tuple)):
        return [lift(entry) for entry in argument]
    return argument


def flatten(value: Any) -> list[Number]:
    """The numbers of a nested list, in order."""
    if isinstance(value, (list, tuple)):
        return [number for entry in value for number in flatten(entry)]
    return [value]


def directions(argument: Any) -> Iterator[tuple[tuple[tuple[int, ...], ...], Number, Number]]:
    """Every independent direction of an argument: the places that move together, and the scale of the move entrywise
    and normwise.
    """
    if isinstance(argument, Symmetric):
        size = len(argument.entries)
        for row in range(size):
            for column in range(row, size):
                scale = argument.scale(row, column)
                norm = scale if argument.norm is None else arb(argument.norm)
                if norm > 0:
                    yield (((row, column), (column, row)) if row != column else ((row, row),)), scale, norm
    elif isinstance(argument, Rectangular):
        for row, entries in enumerate(argument.entries):
            for column, entry in enumerate(entries):
                if argument.norm > 0.0:
                    yield ((row, column),), abs(arb(entry)), arb(argument.norm)
    elif isinstance(argument, float):
        if argument != 0.0:
            scale = abs(arb(argument))
            yield ((),), scale, scale
    elif isinstance(argument, (list, tuple)):
        for index, entry in enumerate(argument):
            for places, scale, norm in directions(entry):
                yield tuple((index, *place) for place in places), scale, norm


def moved(argument: Any, places: tuple[tuple[int, ...], ...], amount: Number) -> Any:
    """A copy of a lifted argument with ``amount`` added at the given places."""
    if () in places:
        return argument + amount
    inner: dict[int, list[tuple[int, ...]]] = {}
    for place in places:
        inner.setdefault(place[0], []).append(place[1:])
    return [
        moved(entry, tuple(inner[index]), amount) if index in inner else entry for index, entry in enumerate(argument)
    ]


def truth(twin: Callable[..., Any], *arguments: Any) -> Truth:
    """The twin's answer at exact float arguments, with condition sums.

    Floats and (nested) lists of floats are inputs and carry conditioning; everything else (None, bool, str, int,
    functions) is passed through as a constant. At an end of the domain, where a move to one side is not defined, the
    difference is taken to the other side.

    Raises:
        ArithmeticError: the enclosures stay too wide at the highest precision (the twin has no answer there).
    """
    previous = ctx.prec
    try:
        for precision in PRECISIONS:
            ctx.prec = precision
            result = _attempt(twin, arguments, precision)
            if result is not None:
                return result
    finally:
        ctx.prec = previous
    raise ArithmeticError(f"arbiter: no tight enclosure of {twin.__name__} at {arguments!r}")


def _attempt(twin: Callable[..., Any], arguments: tuple[Any, ...], precision: int) -> Truth | None:
    step = arb(2) ** (-precision // 3)
    lifted = [lift(argument) for argument in arguments]
    values = flatten(twin(*lifted))
    if not all(value.is_finite() for value in values):
        return None
    sums, norm_sums = ([arb(0) for _ in values] for _ in range(2))
    for position, argument in enumerate(arguments):
        for places, scale, norm in directions(argument):
            amount = step * norm

            def at(sign: int, position: int = position, places: Any = places, amount: Number = amount) -> Any:
                changed = list(lifted)
                changed[position] = moved(changed[position], places, sign * amount)
                return _finite_or_none(twin, changed)

            above, below = at(1), at(-1)
            if above is None and below is None:
                return None
            upper, lower = (values if side is None else side for side in (above, below))
            width = step * (2 if above is not None and below is not None else 1)
            moves = [abs(high - low) / width for high, low in zip(upper, lower, strict=True)]
            norm_sums = [total + move for total, move in zip(norm_sums, moves, strict=True)]
            share = scale / norm
            sums = [total + move * share for total, move in zip(sums, moves, strict=True)]
    if not all(_tight(value, total) for value, total in zip(values, norm_sums, strict=True)):
        return None
    kappas, norm_kappas = (tuple(float(total.mid()) for total in totals) for totals in (sums, norm_sums))
    return Truth(tuple(values), kappas, norm_kappas)


def _tight(value: Number, total: Number) -> bool:
    """Whether an output and its condition sum are known well enough, or are both 0."""
    negligible = arb(2) ** -NEGLIGIBLE_BITS
    if abs(value) < negligible and abs(total) < negligible:
        return True
    known = value.rad() <= (abs(value) + total) * arb(2) ** -ENOUGH_BITS
    size = float(total.mid()) + float(abs(value).mid())
    return bool(total.is_finite() and known and float(total.rad()) <= 1e-3 * size)


def _finite_or_none(twin: Callable[..., Any], arguments: list[Any]) -> list[Number] | None:
    try:
        values = flatten(twin(*arguments))
    except (ZeroDivisionError, ValueError):
        return None
    return values if all(value.is_finite() for value in values) else None
