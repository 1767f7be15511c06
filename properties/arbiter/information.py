"""Twins of the total variation of two Gaussians, and of what laws on the line have in common, as enclosed integrals."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from flint import arb

from properties.arbiter.integrals import Line, enclosed, entropy, reach
from properties.arbiter.linear_algebra import Matrix, Vector, cholesky, dot, solve, vector_subtract

Number = Any
"""An ``arb``; python-flint ships no type information."""


def closure(data: Line, last: Line) -> Number:
    """h(x_0) + KL(p_T || N(0, 1)) on the line (P47)."""
    square = arb(0)
    for part in last.parts:
        variance = 1 / (2 * part.sharpness)
        weight = part.height * (2 * arb.pi() * variance).sqrt()
        square += weight * (part.centre * part.centre + variance)
    return entropy(data) + ((2 * arb.pi()).log() + square) / 2 - entropy(last)


def jensen_shannon_divergence(first: Line, second: Line) -> Number:
    """h((p + q)/2) - (h(p) + h(q))/2 (P1)."""
    halves = [replace(part, height=part.height / 2) for part in (*first.parts, *second.parts)]
    return entropy(replace(first, parts=tuple(halves))) - (entropy(first) + entropy(second)) / 2


def total_variation(mean_p: Vector, covariance_p: Matrix, mean_q: Vector, covariance_q: Matrix) -> Number:
    """1/2 int |p - q| on the line, between the places where the densities cross (P1)."""
    (centre,), ((variance,),), (other,), ((wide,),) = mean_p, covariance_p, mean_q, covariance_q
    # In the standardised place of p: q has mean m and deviation s.
    m, s = (other - centre) / variance.sqrt(), (wide / variance).sqrt()

    def below(place: Number) -> Number:
        """F_p - F_q, as a difference of upper tails."""
        return (((place - m) / s / arb(2).sqrt()).erfc() - (place / arb(2).sqrt()).erfc()) / 2

    if bool(s == 1):
        return abs(below(m / 2))
    # log p = log q where (1 - s^2) z^2 - 2 m z + m^2 + 2 s^2 log s = 0: one root does not cancel, and gives the other.
    last = m * m + 2 * s * s * s.log()
    root = (m * m - (1 - s * s) * last).nonnegative_part().sqrt()
    larger = m + (root if bool(m >= 0) else -root)
    return abs(below(last / larger) - below(larger / (1 - s * s)))


def total_variation_of_shift(mean_p: Vector, covariance: Matrix, mean_q: Vector) -> Number:
    """erf(|L^-1 (m_p - m_q)| / (2 sqrt 2)) of two Gaussians of equal covariance (P1)."""
    moved = solve(cholesky(covariance), vector_subtract(mean_p, mean_q))
    return (dot(moved, moved).sqrt() / (2 * arb(2).sqrt())).erf()


def total_variation_by_quadrature(mean_p: Number, variance_p: Number, mean_q: Number, variance_q: Number) -> Number:
    """1 - int min(p, q) on the line, each piece between the crossings integrated as its lower density (P1)."""
    laws = ((mean_p, variance_p), (mean_q, variance_q))
    # Crossings of log p and log q, a x^2 + b x + c = 0.
    a = (1 / variance_q - 1 / variance_p) / 2
    b = mean_p / variance_p - mean_q / variance_q
    c = (mean_q * mean_q / variance_q - mean_p * mean_p / variance_p + (variance_q / variance_p).log()) / 2
    if a.contains(0):
        crossings = [] if b.contains(0) else [-c / b]
    else:
        root = (b * b - 4 * a * c).nonnegative_part().sqrt()
        crossings = [(-b - root) / (2 * a), (-b + root) / (2 * a)]
    reaches = [mean + side * reach() * variance.sqrt() for mean, variance in laws for side in (-1, 1)]
    low, high = (pick(float(place) for place in reaches) for pick in (min, max))
    inside = sorted(float(place) for place in crossings if low < float(place) < high)
    total = arb(0)
    # A crossing may be off by a rounding: the two densities are equal there, and the integral moves by its square.
    for left, right in pairwise([low, *inside, high]):
        middle = arb(left) + (arb(right) - arb(left)) / 2
        heights = [float(_log_density(law, middle)) for law in laws]
        total += _mass(laws[heights[1] < heights[0]], arb(left), arb(right))
    return 1 - total


def _log_density(law: tuple[Number, Number], place: Any) -> Any:
    mean, variance = law
    return -((place - mean) * (place - mean) / variance + (2 * arb.pi() * variance).log()) / 2


def _mass(law: tuple[Number, Number], left: Number, right: Number) -> Number:
    """The probability between two places."""
    return enclosed(lambda place, _: _log_density(law, place).exp(), left, right)
