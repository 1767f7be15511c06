"""Expectations of scores on the line, each as one enclosed integral. Arguments are lifted numbers; nothing is
conditioned here."""

from __future__ import annotations

from typing import Any

from flint import acb, arb

from properties.arbiter import distributions
from properties.arbiter.integrals import working_precision

Number = Any
"""An ``arb``; python-flint ships no type information."""

REACH = 10
"""Standard deviations around every component, beyond which less than e^-49 is left."""

BITS = 80
"""Enough for an enclosure to 2^-42, and cheaper than more."""


def squared_gap(
    kind: str, parameters: list[Any], alpha: Number, sigma: Number, slope: Number, offset: Number
) -> Number:
    """E|slope x + offset - (log p)'|^2 = int (p (slope x + offset) - p')^2 / p of a law on the line at a level.

    The Fisher information (P28) at 0 and 0, twice the explicit score-matching loss (P29) of a linear model.
    """
    with working_precision(BITS):
        return _squared_gap(kind, parameters, alpha, sigma, slope, offset)


def _squared_gap(
    kind: str, parameters: list[Any], alpha: Number, sigma: Number, slope: Number, offset: Number
) -> Number:
    parts = [
        (arb(weight), alpha * mean[0], distributions.matrix(kind, rest, 1)[0, 0] * arb(alpha) ** 2 + arb(sigma) ** 2)
        for weight, mean, rest in distributions.components(kind, parameters)
    ]
    scales = [
        (mean, -1 / (2 * variance), weight / (2 * arb.pi() * variance).sqrt()) for weight, mean, variance in parts
    ]

    def integrand(place: Any, _: bool) -> Any:
        density, derivative = acb(0), acb(0)
        for mean, rate, factor in scales:
            distance = place - mean
            term = factor * (rate * distance * distance).exp()
            density += term
            derivative += 2 * rate * distance * term
        gap = density * (slope * place + offset) - derivative
        return gap * gap / density

    reaches = [(mean - REACH * variance.sqrt(), mean + REACH * variance.sqrt()) for _, mean, variance in parts]
    lowest, highest = min(float(low) for low, _ in reaches), max(float(high) for _, high in reaches)
    return acb.integral(integrand, arb(lowest), arb(highest), rel_tol=arb(2) ** -42, abs_tol=arb(2) ** -60).real
