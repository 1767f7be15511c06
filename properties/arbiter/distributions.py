"""Twins of the data laws: the density as a sum of exponentials, its derivatives, and Bayes' rule by component.

A data law is a kind and a list of its constructor's arguments, as `components` reads them:

    gaussian   [mean, S]                     mixture   [weights, means, [S_k]]
    isotropic  [weights, means, [v_k]]       diagonal  [weights, means, [[v_kj]]]
    low_rank   [weights, means, [F_k], [v_k]]    points  [weights, points, v]

At a level (alpha, sigma) the component k has V_k = alpha^2 S_k + sigma^2 I. The level (1, 0), given as integers, is the
law itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flint import acb, arb, arb_mat

from properties.arbiter.numbers import squared

Number = Any
Vector = list[Number]
Matrix = Any
"""An ``arb_mat``."""


@dataclass(frozen=True)
class Component:
    """A component at a level: log density (unweighted), score, precision, its posterior's mean and covariance."""

    log_density: Number
    score: Vector
    precision: Matrix
    denoiser: Vector
    covariance: Matrix


@dataclass(frozen=True)
class Level:
    """The components at a level and their responsibilities r_k = w_k N_k / sum_j w_j N_j."""

    components: list[Component]
    responsibilities: list[Number]
    log_prob: Number


def components(kind: str, parameters: list[Any]) -> Iterator[tuple[Number, Vector, tuple[Any, ...]]]:
    """(weight, mean, parts of the covariance) of every component."""
    if kind == "gaussian":
        yield 1, parameters[0], (parameters[1],)
        return
    weights, means, *rest = parameters
    for index, (weight, mean) in enumerate(zip(weights, means, strict=True)):
        yield weight, mean, (rest[0],) if kind == "points" else tuple(part[index] for part in rest)


def matrix(kind: str, parts: tuple[Any, ...], size: int) -> Matrix:
    """The covariance S of a component from its parts."""
    if kind in ("gaussian", "mixture"):
        return arb_mat(parts[0])
    if kind == "diagonal":
        return arb_mat([[parts[0][i] if i == j else arb(0) for j in range(size)] for i in range(size)])
    scaled = arb_mat([[parts[-1] if i == j else arb(0) for j in range(size)] for i in range(size)])
    if kind != "low_rank":
        return scaled
    factor = arb_mat(parts[0])
    return scaled + factor * factor.transpose()


def identity(size: int) -> Matrix:
    """The unit matrix."""
    return arb_mat([[arb(int(i == j)) for j in range(size)] for i in range(size)])


def column(vector: Vector) -> Matrix:
    """A vector as a matrix of one column."""
    return arb_mat(len(vector), 1, vector)


_seen: dict[tuple[int, ...], tuple[tuple[Any, ...], Component]] = {}
"""The last components seen, by the identity of their arguments (kept alive beside them): a condition sum moves one
argument at a time, and what did not move need not be computed again."""


def component(kind: str, mean: Vector, parts: tuple[Any, ...], x: Vector, alpha: Number, sigma: Number) -> Component:
    """A component, unweighted, seen at x."""
    arguments = (mean, *parts, x, alpha, sigma)
    key = tuple(id(argument) for argument in arguments)
    if key not in _seen:
        if len(_seen) > 512:
            _seen.clear()
        _seen[key] = (arguments, _component(kind, mean, parts, x, alpha, sigma))
    return _seen[key][1]


def _component(kind: str, mean: Vector, parts: tuple[Any, ...], x: Vector, alpha: Number, sigma: Number) -> Component:
    size = len(mean)
    covariance = matrix(kind, parts, size)
    marginal = covariance * arb(alpha) ** 2 + identity(size) * arb(sigma) ** 2
    precision = marginal.inv()
    difference = column([place - alpha * centre for place, centre in zip(x, mean, strict=True)])
    pull = precision * difference
    square = (difference.transpose() * pull)[0, 0]
    gain = covariance * precision
    return Component(
        log_density=-(square + marginal.det().log() + size * (2 * arb.pi()).log()) / 2,
        score=[-entry for entry in pull.entries()],
        precision=precision,
        denoiser=(column(mean) + gain * difference * arb(alpha)).entries(),
        covariance=gain * arb(sigma) ** 2,
    )


def level(kind: str, parameters: list[Any], x: Vector, alpha: Number, sigma: Number) -> Level:
    """The law at a level, seen at x."""
    weights, parts = [], []
    for weight, mean, covariance in components(kind, parameters):
        weights.append(weight)
        parts.append(component(kind, mean, covariance, x, alpha, sigma))
    masses = [weight * part.log_density.exp() for weight, part in zip(weights, parts, strict=True)]
    density = sum(masses[1:], masses[0])
    return Level(parts, [mass / density for mass in masses], density.log())


def average(responsibilities: list[Number], vectors: list[Vector]) -> Vector:
    """sum_k r_k v_k."""
    result: Vector = (arb_mat([responsibilities]) * arb_mat(vectors)).entries()
    return result


def spread(responsibilities: list[Number], vectors: list[Vector]) -> Matrix:
    """The covariance sum_k r_k v_k v_k^T - v v^T as a sum over pairs i < j: r_i r_j (v_i - v_j) (v_i - v_j)^T."""
    size = len(vectors[0])
    total = arb_mat(size, size)
    for j, second in enumerate(vectors):
        for i, first in enumerate(vectors[:j]):
            difference = arb_mat([[a - b for a, b in zip(first, second, strict=True)]])
            total += difference.transpose() * difference * (responsibilities[i] * responsibilities[j])
    return total


def total(responsibilities: list[Number], matrices: list[Matrix]) -> Matrix:
    """sum_k r_k M_k."""
    result = matrices[0] * responsibilities[0]
    for weight, entry in zip(responsibilities[1:], matrices[1:], strict=True):
        result += entry * weight
    return result


def score_at(seen: Level) -> Vector:
    """The score sum_k r_k s_k (P22)."""
    return average(seen.responsibilities, [part.score for part in seen.components])


def hessian_at(seen: Level) -> Vector:
    """The hessian of log p, row by row: the spread of the scores minus sum_k r_k V_k^-1 (P22)."""
    within = total(seen.responsibilities, [part.precision for part in seen.components])
    result: Vector = (spread(seen.responsibilities, [part.score for part in seen.components]) - within).entries()
    return result


def denoiser_at(seen: Level) -> Vector:
    """The posterior mean sum_k r_k D_k (P22)."""
    return average(seen.responsibilities, [part.denoiser for part in seen.components])


def covariance_at(seen: Level) -> Vector:
    """The posterior covariance, row by row: sum_k r_k C_k and the spread of the D_k (P22)."""
    within = total(seen.responsibilities, [part.covariance for part in seen.components])
    result: Vector = (within + spread(seen.responsibilities, [part.denoiser for part in seen.components])).entries()
    return result


def density(kind: str, parameters: list[Any], x: Vector, alpha: Number, sigma: Number) -> list[Any]:
    """[log p (1), score (d), hessian of log p (d d)] of the law at a level (P22)."""
    seen = level(kind, parameters, x, alpha, sigma)
    return [seen.log_prob, score_at(seen), hessian_at(seen)]


def posterior(kind: str, parameters: list[Any], x: Vector, alpha: Number, sigma: Number) -> list[Any]:
    """[mean (d), covariance (d d), weights (K)] of x_0 given x_t = x, from the components' own (P22, M30, M31)."""
    seen = level(kind, parameters, x, alpha, sigma)
    return [denoiser_at(seen), covariance_at(seen), seen.responsibilities]


def everything(kind: str, parameters: list[Any], x: Vector, alpha: Number, sigma: Number) -> list[Any]:
    """[log p (1), score (d), hessian (d d), posterior mean (d), posterior covariance (d d)]."""
    seen = level(kind, parameters, x, alpha, sigma)
    return [seen.log_prob, score_at(seen), hessian_at(seen), denoiser_at(seen), covariance_at(seen)]


def moments(kind: str, parameters: list[Any], alpha: Number, sigma: Number) -> list[Any]:
    """[mean (d), covariance (d d)] of the law at a level, by the law of total covariance."""
    weights, means, matrices = [], [], []
    for weight, mean, parts in components(kind, parameters):
        weights.append(arb(weight))
        means.append([alpha * entry for entry in mean])
        matrices.append(matrix(kind, parts, len(mean)) * arb(alpha) ** 2 + identity(len(mean)) * arb(sigma) ** 2)
    covariance = total(weights, matrices) + spread(weights, means)
    return [average(weights, means), covariance.entries()]


def gaussian_entropy(mean: Vector, covariance: list[Vector]) -> Number:
    """1/2 log((2 pi e)^d |S|)."""
    return (len(mean) * (2 * arb.pi() * arb(1).exp()).log() + arb_mat(covariance).det().log()) / 2


def line_entropy(kind: str, parameters: list[Any], alpha: float, sigma: float) -> Number:
    """-int p log p on the line at a level, as one enclosed integral over twelve standard deviations around every
    component, beyond which less than e^-70 is left. Arguments are plain numbers (nothing is conditioned here).
    """
    spreads = [
        (arb(weight), alpha * arb(mean[0]), matrix(kind, parts, 1)[0, 0] * arb(alpha) ** 2 + arb(sigma) ** 2)
        for weight, mean, parts in components(kind, parameters)
    ]

    def integrand(place: Any, analytic: bool) -> Any:
        density = acb(0)
        for weight, mean, variance in spreads:
            density += weight * (-squared(place - mean) / (2 * variance)).exp() / (2 * arb.pi() * variance).sqrt()
        return -density * density.log(analytic)

    reaches = [(mean - 12 * variance.sqrt(), mean + 12 * variance.sqrt()) for _, mean, variance in spreads]
    lowest, highest = min(float(low) for low, _ in reaches), max(float(high) for _, high in reaches)
    return acb.integral(integrand, arb(lowest), arb(highest), rel_tol=arb(2) ** -50, abs_tol=arb(2) ** -50).real
