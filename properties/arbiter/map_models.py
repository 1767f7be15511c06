"""Twins of the pointwise formulas of models that learn flow maps: targets, weights, schedules, TrigFlow."""

from __future__ import annotations

from typing import Any

from flint import arb

from properties.arbiter import distributions, paths

Number = Any
Vector = list[Number]


def combine(*terms: tuple[Number, Vector]) -> Vector:
    """The sum of factors times vectors."""
    return [
        sum((factor * entry for (factor, _), entry in zip(terms, entries, strict=True)), arb(0))
        for entries in zip(*(vector for _, vector in terms), strict=True)
    ]


def ctm(first: Vector, x: Vector, start: Number, end: Number) -> list[Any]:
    """[g of an image (d), image of a g (d), x - t v (d), weight] (P105): Psi = (r/t) x + (1 - r/t) g."""
    ratio = end / start
    output = [(image - ratio * place) / (1 - ratio) for image, place in zip(first, x, strict=True)]
    return [output, combine((ratio, x), (1 - ratio, first)), combine((arb(1), x), (-start, first)), (1 - ratio) ** 2]


def mean_flow(first: Vector, second: Vector, start: Number, middle: Number, end: Number) -> list[Any]:
    """[target (d), target from the end (d), two legs combined (d), two equal legs (d)] (P106): displacements add up."""
    length = start - end
    travelled = combine((start - middle, first), (middle - end, second))
    whole = [each / length for each in travelled]
    equal = combine((arb(1) / 2, first), (arb(1) / 2, second))
    return [combine((arb(1), first), (-length, second)), combine((arb(1), first), (length, second)), whole, equal]


def residuals(first: Vector, second: Vector) -> list[Vector]:
    """[dPsi/dt_start + J v, dPsi/dt_end - v] (P102)."""
    return [combine((arb(1), first), (arb(1), second)), combine((arb(1), first), (arb(-1), second))]


def progressive_target(x: Vector, image: Vector, levels: list[Number]) -> Vector:
    """The x_0 for which alpha_end x_0 + sigma_end (x - alpha_start x_0)/sigma_start is the image (P107)."""
    alpha, sigma, alpha_end, sigma_end = levels
    rest = combine((arb(1), image), (-sigma_end / sigma, x))
    return [each / (alpha_end - sigma_end / sigma * alpha) for each in rest]


def progressive_target_from_denoisers(
    name: str, path: list[Any], first: Vector, second: Vector, start: Number, middle: Number, end: Number
) -> Vector:
    """The same target of two DDIM steps with these denoiser outputs, from anywhere: here from the origin (P107)."""
    levels = [paths.levels(name, path, t) for t in (start, middle, end)]
    place: Vector = [arb(0) for _ in first]
    for (alpha, sigma), (alpha_end, sigma_end), data in zip(levels, levels[1:], (first, second), strict=False):
        noise = [each / sigma for each in combine((arb(1), place), (-alpha, data))]
        place = combine((alpha_end, data), (sigma_end, noise))
    return progressive_target([arb(0) for _ in first], place, [*levels[0], *levels[2]])


def matching_sample(fake: Vector, real: Vector, jacobian: list[Vector], alpha: Number, weight: Number) -> Vector:
    """The product w alpha J^T (s_fake - s_real) (P109)."""
    gap = combine((arb(1), fake), (arb(-1), real))
    columns = list(zip(*jacobian, strict=True))
    return [weight * alpha * sum((a * b for a, b in zip(column, gap, strict=True)), arb(0)) for column in columns]


def schedules(
    x: Vector,
    t: Number,
    loss: Number,
    power: Number,
    constant: Number,
    stage: Number,
    base: Number,
    gain: Number,
    rate: Number,
    clean: Number,
    noisy: Number,
) -> list[Number]:
    """[adaptive weight, pair weight, pseudo-Huber metric, ratio r/t] (P106, P111)."""
    square = sum((each**2 for each in x), constant**2)
    ratio = 1 - (-(stage + 1) * base.log()).exp() * (1 + gain / (1 + (rate * t).exp()))
    return [
        (-power * (loss + constant).log()).exp(),
        1 / (noisy - clean),
        square.sqrt() - constant,
        ratio if ratio > 0 else ratio * 0,
    ]


def huber_constant(dimensions: int) -> Number:
    """0.00054 sqrt(d) (P111)."""
    return arb(54) / 100000 * arb(dimensions).sqrt()


def trigflow(first: Vector, second: Vector, x: Vector, angle: Number, sigma_data: Number) -> list[Any]:
    """[f of an F (d), F of an f (d), training target (d), velocity (d)] (P110), from x = cos x_0 + sin sigma_data z:
    dx/dangle = cos sigma_data z - sin x_0.
    """
    cosine, sine = angle.cos(), angle.sin()
    consistency = combine((cosine, x), (-sine * sigma_data, first))
    network = [each / (sine * sigma_data) for each in combine((cosine, x), (arb(-1), first))]
    rate = combine((cosine * sigma_data, second), (-sine, first))
    return [consistency, network, [each / sigma_data for each in rate], [sigma_data * each for each in first]]


def trigflow_tangent(
    network: Vector, derivative: Vector, x: Vector, velocity: Vector, angle: Number, sigma_data: Number
) -> Vector:
    """Of f = cos x - sin sigma_data F along a trajectory, by the product rule (P110)."""
    cosine, sine = angle.cos(), angle.sin()
    moving = combine((-sine, x), (cosine, velocity))
    return combine((arb(1), moving), (-cosine * sigma_data, network), (-sine * sigma_data, derivative))


def trigflow_network(kind: str, parameters: list[Any], x: Vector, angle: Number, sigma_data: Number) -> Vector:
    """F = E[cos z - sin x_0/sigma_data | x] (P110)."""
    cosine, sine = angle.cos(), angle.sin()
    seen = distributions.level(kind, parameters, x, cosine, sine * sigma_data)
    data = distributions.denoiser_at(seen)
    noise = [each / (sine * sigma_data) for each in combine((arb(1), x), (-cosine, data))]
    return combine((cosine, noise), (-sine / sigma_data, data))
