"""What a solver's step is made of, on Gaussian data of one direction: affine states, fields, and exact integrals.

A state is the list of its coefficients in (start, mean, first normal, second normal, ...), of whatever length is
needed so far: every rule maps such lists linearly, so that walking a rule once on ([1], times) gives all its gains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from typing import Any

from flint import arb, ctx

from properties.arbiter import paths

Number = Any
"""An ``arb``; python-flint ships no type information."""
State = list[Number]

QUADRATURE_NODES = 48
"""Gauss-Legendre nodes where a polynomial in time meets a path's sigma/alpha. On a step that ends at a tenth of its
start the integrand is analytic in an ellipse of size 1.92 (the singularity is at time 0), so that the error is below
1.92^-96 = 2^-90; on shorter steps far below."""


@dataclass(frozen=True)
class Node:
    """An earlier evaluation: its time and half log-SNR, the state that the rule stepped from, the model's answer, and
    the normal that was drawn in the step from it.
    """

    time: Number
    half_log_snr: Number
    state: State
    output: State
    normal: State | None = None


@dataclass
class Line:
    """A path, the variance S of the data along one direction, and the count of normals drawn so far.

    With ``absolute`` set every sum is that of the sizes of its terms: what the rule adds up, before anything cancels.
    """

    name: str
    path: Sequence[Any]
    variance: Number
    absolute: bool = False
    drawn: int = field(default=0)

    def combine(self, *terms: tuple[Number, State]) -> State:
        """The sum of coefficient times state over the terms."""
        total: State = []
        for coefficient, state in terms:
            weight = abs(coefficient) if self.absolute else coefficient
            total = [a + weight * b for a, b in zip_longest(total, state, fillvalue=arb(0))]
        return total

    def normal(self) -> State:
        """A standard normal that nobody has drawn before."""
        self.drawn += 1
        return [arb(0)] * (1 + self.drawn) + [arb(1)]

    def levels(self, t: Number) -> tuple[Number, Number]:
        """Alpha and sigma."""
        return paths.levels(self.name, self.path, t)

    def half_log_snr(self, t: Number) -> Number:
        """log(alpha/sigma)."""
        return paths.half_log_snr(self.name, self.path, t)

    def time(self, half_log_snr: Number) -> Number:
        """The time of a half log-SNR."""
        return paths.time_at_half_log_snr(self.name, self.path, half_log_snr)

    def evaluate(self, field_name: str, x: State, t: Number) -> State:
        """The exact field at (x, t), with V = alpha^2 S + sigma^2 (P22, P20)."""
        alpha, sigma = self.levels(t)
        total = alpha**2 * self.variance + sigma**2
        mean = [arb(0), arb(1)]
        if field_name == "score":
            return self.combine((-1 / total, x), (alpha / total, mean))
        noise = self.combine((sigma / total, x), (-sigma * alpha / total, mean))
        if field_name == "noise":
            return noise
        denoiser = self.combine((alpha * self.variance / total, x), (sigma**2 / total, mean))
        if field_name == "denoiser":
            return denoiser
        _, _, fall, rise, *_ = paths.methods(self.name, self.path, t)
        return self.combine((fall, denoiser), (rise, noise))

    def flow(self, x: State, start: Number, end: Number) -> State:
        """The exact flow: m_end + sqrt(V_end/V_start) (x - m_start) (P54)."""
        (first, before), (last, after) = (self.levels(t) for t in (start, end))
        ratio = ((last**2 * self.variance + after**2) / (first**2 * self.variance + before**2)).sqrt()
        mean = [arb(0), arb(1)]
        return self.combine((ratio, x), (last, mean), (-ratio * first, mean))


def lagrange(nodes: Sequence[Number]) -> list[list[Number]]:
    """Coefficients in the monomials of every Lagrange polynomial through the nodes."""
    polynomials = []
    for index, own in enumerate(nodes):
        coefficients = [arb(1)]
        for other in (*nodes[:index], *nodes[index + 1 :]):
            # times (u - other) / (own - other)
            shifted = [arb(0), *coefficients]
            kept = [*coefficients, arb(0)]
            coefficients = [(up - other * down) / (own - other) for up, down in zip(shifted, kept, strict=True)]
        polynomials.append(coefficients)
    return polynomials


def integrated(nodes: Sequence[Number], moments: Sequence[Number]) -> list[Number]:
    """The integrals of the Lagrange polynomials through the nodes, from those of the monomials."""
    return [sum((c * m for c, m in zip(polynomial, moments, strict=False)), arb(0)) for polynomial in lagrange(nodes)]


def exponential_moments(rate: Number, length: Number, count: int) -> list[Number]:
    """int_0^L e^{-r (L - u)} u^k du for k < count, by parts: (L^k - k m_{k-1})/r."""
    moments = [(1 - (-rate * length).exp()) / rate]
    for power in range(1, count):
        moments.append((length**power - power * moments[-1]) / rate)
    return moments


def polynomial_moments(length: Number, count: int) -> list[Number]:
    """int_0^L u^k du for k < count."""
    return [length ** (power + 1) / (power + 1) for power in range(count)]


def ratio_moments(line: Line, start: Number, end: Number, count: int) -> list[Number]:
    """Int (t - start)^k d(sigma/alpha) from start to end for k < count, by parts: the ratio itself is integrated."""
    length = end - start
    first, last = _ratio(line, start), _ratio(line, end)
    moments = [last - first]
    points = [(length * place, length * weight) for place, weight in _gauss(QUADRATURE_NODES, ctx.prec)]
    values = [(u, weight * _ratio(line, start + u)) for u, weight in points] if count > 1 else []
    for power in range(1, count):
        inner = sum((value * u ** (power - 1) for u, value in values), arb(0))
        moments.append(length**power * last - power * inner)
    return moments


def _ratio(line: Line, t: Number) -> Number:
    alpha, sigma = line.levels(t)
    return sigma / alpha


@cache
def _gauss(count: int, precision: int) -> tuple[tuple[Number, Number], ...]:  # noqa: ARG001 - a rule a precision
    """Gauss-Legendre on [0, 1]."""
    pairs = (arb.legendre_p_root(count, index, weight=True) for index in range(count))
    return tuple(((1 + place) / 2, weight / 2) for place, weight in pairs)
