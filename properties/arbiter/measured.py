"""Computed numbers that carry what they may be wrong by, so that a residual reads like its equation.

A `Measured` is an implementation's output f_k together with its allowance kappa_k + |f_k| (in units of c u). Sums,
products and functions of measured numbers carry the allowance on by the first derivatives, each output counted by
itself; the arithmetic itself is interval arithmetic at high precision and adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flint import arb, ctx

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Operand = Any
"""A `Measured`, an ``arb``, or a plain number that is exact."""

PRECISION = 320
"""Bits in which residuals are evaluated: six times a double, so that their own roundings never count."""


def precisely(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Runs a law with interval arithmetic at `PRECISION` bits."""

    @wraps(function)
    def wrapped(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        previous, ctx.prec = ctx.prec, PRECISION
        try:
            return function(*arguments, **options)
        finally:
            ctx.prec = previous

    return wrapped


@dataclass(frozen=True)
class Measured:
    """A number and its allowance."""

    value: Any
    allowance: Any

    def __add__(self, other: Operand) -> Measured:
        right = as_measured(other)
        return Measured(self.value + right.value, self.allowance + right.allowance)

    def __sub__(self, other: Operand) -> Measured:
        right = as_measured(other)
        return Measured(self.value - right.value, self.allowance + right.allowance)

    def __mul__(self, other: Operand) -> Measured:
        right = as_measured(other)
        allowance = abs(self.value) * right.allowance + abs(right.value) * self.allowance
        return Measured(self.value * right.value, allowance)

    def __truediv__(self, other: Operand) -> Measured:
        right = as_measured(other)
        quotient = self.value / right.value
        return Measured(quotient, (self.allowance + abs(quotient) * right.allowance) / abs(right.value))

    def __neg__(self) -> Measured:
        return Measured(-self.value, self.allowance)

    def __radd__(self, other: Operand) -> Measured:
        return as_measured(other) + self

    def __rsub__(self, other: Operand) -> Measured:
        return as_measured(other) - self

    def __rmul__(self, other: Operand) -> Measured:
        return as_measured(other) * self

    def __rtruediv__(self, other: Operand) -> Measured:
        return as_measured(other) / self

    def square(self) -> Measured:
        return Measured(self.value * self.value, 2 * abs(self.value) * self.allowance)

    def sqrt(self) -> Measured:
        root = self.value.sqrt()
        return Measured(root, self.allowance / (2 * root))

    def exp(self) -> Measured:
        power = self.value.exp()
        return Measured(power, power * self.allowance)

    def log(self) -> Measured:
        return Measured(self.value.log(), self.allowance / abs(self.value))


def as_measured(value: Operand) -> Measured:
    """The value itself, or a constant with nothing to be wrong by."""
    return value if isinstance(value, Measured) else Measured(arb(value), arb(0))
