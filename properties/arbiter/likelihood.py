"""Twins of the likelihoods: the density itself, which the flow must reproduce, and the quantile map by its cdfs."""

from __future__ import annotations

from typing import Any

from flint import arb

from properties.arbiter import distributions, paths, reverse

Number = Any
Vector = list[Number]


def log_prob(name: str, path: list[Any], kind: str, parameters: list[Any], x: Vector, t: Number) -> Number:
    """Log p_t(x): what the probability-flow likelihood is equal to, wherever the flow ends (P55)."""
    alpha, sigma = paths.levels(name, path, t)
    return distributions.level(kind, parameters, x, alpha, sigma).log_prob


def flow_log_determinant(
    name: str, path: list[Any], covariance: list[Vector], t_start: Number, t_end: Number
) -> Number:
    """1/2 log |V_end V_start^-1| (P55, P100)."""
    before, after = (reverse.marginal(name, path, covariance, t)[1].det() for t in (t_start, t_end))
    return (after / before).log() / 2


def cumulative(kind: str, parameters: list[Any], x: Number, alpha: Number, sigma: Number, upper: bool) -> Number:
    """P(x_t <= x), or P(x_t > x) where ``upper`` is set, of a law on the line: sum_k w_k erfc(-+ z_k / sqrt 2) / 2."""
    total = arb(0)
    for weight, mean, parts in distributions.components(kind, parameters):
        variance = distributions.matrix(kind, parts, 1)[0, 0] * arb(alpha) ** 2 + arb(sigma) ** 2
        place = (x - alpha * mean[0]) / (2 * variance).sqrt()
        total += weight * (place if upper else -place).erfc() / 2
    return total


def quantile_tails(
    name: str, path: list[Any], kind: str, parameters: list[Any], x: Vector, t_start: Number, t_end: Number, y: Number
) -> list[Number]:
    """[tail of x at t_start, tail of y at t_end], the lighter one of x, so that nothing cancels against 1 (P56).

    y is the quantile map's value where the two are equal.
    """
    before, after = (paths.levels(name, path, t) for t in (t_start, t_end))
    lower, upper = (cumulative(kind, parameters, x[0], *before, upper=side) for side in (False, True))
    return [min(lower, upper), cumulative(kind, parameters, y, *after, upper=not lower < upper)]
