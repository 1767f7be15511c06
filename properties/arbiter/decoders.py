"""Twins of the decoders of discrete data: probabilities of bins and of levels, and what a density makes of them.

Probabilities of bins are differences of the complementary error function, whose precision pays for the cancellation
in the tails. Levels, and numbers of levels, are whole numbers and enter as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import acb, arb

from properties.arbiter import distributions
from properties.arbiter.distributions import components, matrix
from properties.arbiter.linear_algebra import Vector
from properties.arbiter.numbers import squared

Number = Any
"""An ``arb``; python-flint ships no type information."""


def interval(lower: Number | None, upper: Number | None, mean: Number, deviation: Number) -> Number:
    """P(lower < x < upper) of a Gaussian on the line; None is an end at infinity. Taken in the lighter tail."""

    def above(place: Number) -> Number:
        return ((place - mean) / (deviation * arb(2).sqrt())).erfc() / 2

    if lower is None and upper is None:
        return arb(1)
    if lower is None:
        return (-(upper - mean) / (deviation * arb(2).sqrt())).erfc() / 2
    if upper is None:
        return above(lower)
    if bool(lower + upper < 2 * mean):
        lower, upper = 2 * mean - upper, 2 * mean - lower
    return above(lower) - above(upper)


def edges(level: int, levels: int) -> tuple[Number | None, Number | None]:
    """Halfway to the neighbours of 2 level/(levels - 1) - 1; open at both ends (P49)."""
    places = [arb(2 * level + side) / (levels - 1) - 1 for side in (-1, 1)]
    return None if level == 0 else places[0], None if level == levels - 1 else places[1]


def discretized_gaussian_log_prob(level: Sequence[int], mean: Vector, deviation: Vector, levels: int) -> Number:
    """The sum over dimensions of the log probability of the level's bin (P49)."""
    total = arb(0)
    for each, centre, spread in zip(level, mean, deviation, strict=True):
        total += interval(*edges(each, levels), centre, spread).log()
    return total


def vdm_encode(level: int, levels: int) -> Number:
    """2 (level + 1/2)/levels - 1 (P49)."""
    return arb(2 * level + 1) / levels - 1


def vdm_decoder_log_prob(level: Sequence[int], z: Vector, gamma: Number, levels: int) -> Number:
    """Log softmax of -(z - x_v)^2 e^-gamma / 2, summed over dimensions (P49)."""
    total, precision = arb(0), (-gamma).exp()
    codes = [vdm_encode(each, levels) for each in range(levels)]
    for each, place in zip(level, z, strict=True):
        logits = [-squared(place - code) * precision / 2 for code in codes]
        partition = arb(0)
        for logit in logits:
            partition += (logit - logits[each]).exp()
        total -= partition.log()
    return total


def vdm_decoder_by_bayes(level: Sequence[int], z: Vector, gamma: Number, levels: int) -> Number:
    """Log P(level | z) where z = x_v + e^(gamma/2) noise and all levels are equally probable (P49)."""
    points = [[vdm_encode(each, levels)] for each in range(levels)]
    law = [[arb(1) / levels] * levels, points, arb(0)]
    total = arb(0)
    for each, place in zip(level, z, strict=True):
        total += distributions.level("points", law, [place], 1, (gamma / 2).exp()).responsibilities[each].log()
    return total


def bits_per_dimension(nats: Number, scale: Number, dimensions: int) -> Number:
    """Nats in bits, shared among the dimensions, plus log2 of the scale (P51)."""
    return (nats / dimensions + scale.log()) / arb(2).log()


def bin_log_prob(kind: str, parameters: list[Any], lower: Number, width: Number) -> Number:
    """Log P(lower < x < lower + width) on the line (P51)."""
    total = arb(0)
    for weight, mean, parts in components(kind, parameters):
        total += weight * interval(lower, lower + width, mean[0], matrix(kind, parts, 1)[0, 0].sqrt())
    return total.log()


def dequantized_log_prob(kind: str, parameters: list[Any], lower: Number, width: Number) -> Number:
    """E log p(lower + u) + log width over u uniform in (0, width), on the line (P51): one enclosed integral."""
    spreads = [(weight, mean[0], matrix(kind, parts, 1)[0, 0]) for weight, mean, parts in components(kind, parameters)]
    # The component that is largest at the middle carries the exponent, so that nothing underflows far out.
    middle = lower + width / 2
    logs = [-squared(middle - mean) / (2 * variance) for _, mean, variance in spreads]
    largest = max(range(len(logs)), key=lambda index: float(logs[index].mid()))
    _, base, wide = spreads[largest]

    def integrand(share: Any, analytic: bool) -> Any:
        place, ratio = lower + share * width, acb(0)
        common = squared(place - base) / (2 * wide)
        for weight, mean, variance in spreads:
            exponent = common - squared(place - mean) / (2 * variance)
            ratio += weight * exponent.exp() / (2 * arb.pi() * variance).sqrt()
        return ratio.log(analytic) - common

    whole = acb.integral(integrand, acb(0), acb(1), rel_tol=arb(2) ** -60, abs_tol=arb(2) ** -60).real
    return whole + width.log()
