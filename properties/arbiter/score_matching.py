"""Twins of score matching: losses of linear models from raw second moments, probes by enumeration of directions.

A linear model's loss is an expectation of squares, here E|B x + c|^2 = tr(B E[x x^T] B^T) + 2 c.B E x + |c|^2 with
second moments about the origin: what is centred in the closed forms cancels here, and the precision pays for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from flint import arb, arb_mat

from properties.arbiter import distributions, paths
from properties.arbiter.linear_algebra import dot, matvec, trace, vector_add, vector_scale, vector_subtract
from properties.arbiter.numbers import squared

Number = Any
"""An ``arb``; python-flint ships no type information."""

Vector = list[Number]
Matrix = list[Vector]


def raw_moments(kind: str, parameters: list[Any], alpha: Number, sigma: Number) -> tuple[Vector, Any]:
    """E x and E x x^T of a law at a level."""
    size = len(parameters[0]) if kind == "gaussian" else len(parameters[1][0])
    mean, second = [arb(0)] * size, arb_mat(size, size)
    noise = distributions.identity(size) * arb(sigma) ** 2
    for weight, centre, parts in distributions.components(kind, parameters):
        place = vector_scale(alpha, centre)
        square = distributions.column(place) * distributions.column(place).transpose()
        spread = distributions.matrix(kind, parts, size) * arb(alpha) ** 2 + noise
        mean = vector_add(mean, vector_scale(weight, place))
        second += (square + spread) * arb(weight)
    return mean, second


def mean_square(mean: Vector, second: Any, matrix: Matrix, offset: Vector) -> Number:
    """E|B x + c|^2."""
    factor = arb_mat(matrix)
    quadratic = dot((factor * second).entries(), factor.entries())
    return quadratic + 2 * dot(offset, matvec(matrix, mean)) + dot(offset, offset)


def explicit_score_matching(
    alpha: Number, sigma: Number, mean: Vector, covariance: Matrix, matrix: Matrix, offset: Vector
) -> Number:
    """1/2 E|A x + b + V^-1 (x - m)|^2 of a Gaussian at a level (P29)."""
    centre, second = raw_moments("gaussian", [mean, covariance], alpha, sigma)
    column = distributions.column(centre)
    precision = (second - column * column.transpose()).inv()
    gap = (arb_mat(matrix) + precision).tolist()
    return mean_square(centre, second, gap, vector_subtract(offset, (precision * column).entries())) / 2


def implicit_score_matching(
    kind: str, parameters: list[Any], alpha: Number, sigma: Number, matrix: Matrix, offset: Vector
) -> Number:
    """E[tr A + 1/2 |A x + b|^2] of a law at a level (P29)."""
    return trace(matrix) + mean_square(*raw_moments(kind, parameters, alpha, sigma), matrix, offset) / 2


def denoising_score_matching(
    name: str, path: Sequence[Any], kind: str, parameters: list[Any], matrix: Matrix, offset: Vector, t: Number
) -> Number:
    """1/2 E|A x_t + b|^2 + E[(A x_t + b).eps]/sigma + d/(2 sigma^2), the square multiplied out: E[A x_t.eps] is
    sigma tr A (P30).
    """
    alpha, sigma = paths.levels(name, path, t)
    square = mean_square(*raw_moments(kind, parameters, alpha, sigma), matrix, offset)
    return square / 2 + trace(matrix) + len(offset) / (2 * sigma**2)


def noise_conditional_loss(
    kind: str, parameters: list[Any], sigmas: Vector, matrices: list[Matrix], offsets: list[Vector]
) -> Number:
    """sum_i sigma_i^2 DSM_i at alpha = 1 (P36)."""
    total = arb(0)
    for sigma, matrix, offset in zip(sigmas, matrices, offsets, strict=True):
        total += sigma**2 * denoising_score_matching("EDM", [], kind, parameters, matrix, offset, sigma)
    return total


def implicit_loss_at(score: Vector, divergence: Number) -> Number:
    """The integrand div s + 1/2 |s|^2 (P29)."""
    return divergence + dot(score, score) / 2


def denoising_loss_at(score: Vector, noise: Vector, sigma: Number) -> Number:
    """1/2 |s + eps/sigma|^2 (P30)."""
    gap = [(sigma * s + eps) / sigma for s, eps in zip(score, noise, strict=True)]
    return dot(gap, gap) / 2


def hutchinson_trace(image: Vector, direction: Vector) -> Number:
    """U.(J u) (P31)."""
    return dot(direction, image)


def sliced_loss_at(score: Vector, image: Vector, direction: Vector) -> Number:
    """u.(J u) + 1/2 (u.s)^2 (P31)."""
    return dot(direction, image) + squared(dot(direction, score)) / 2


def sliced_loss_variance_reduced_at(score: Vector, image: Vector, direction: Vector) -> Number:
    """u.(J u) + 1/2 |s|^2 (P31)."""
    return dot(direction, image) + dot(score, score) / 2


def probe_nodes(probe: str) -> list[tuple[Number, Number]]:
    """(node, weight) of one coordinate of a direction: both signs, or three nodes of Gauss and Hermite, which are exact
    to degree five."""
    if probe == "rademacher":
        return [(arb(-1), arb(1) / 2), (arb(1), arb(1) / 2)]
    return [(arb(0), arb(2) / 3), (arb(3).sqrt(), arb(1) / 6), (-arb(3).sqrt(), arb(1) / 6)]


def hutchinson_variance(matrix: Matrix, probe: str) -> Number:
    """E (u.A u - tr A)^2 over every direction of the probe's nodes (P31); no other moment of u is used."""
    centre, total = trace(matrix), arb(0)
    nodes = probe_nodes(probe)
    for chosen in product(nodes, repeat=len(matrix)):
        direction, weight = [node for node, _ in chosen], arb(1)
        for _, share in chosen:
            weight *= share
        total += weight * squared(dot(direction, matvec(matrix, direction)) - centre)
    return total


def sure(denoised: Vector, observed: Vector, divergence: Number, sigma: Number) -> Number:
    """|D - y|^2 + 2 sigma^2 div D - d sigma^2 (P32)."""
    gap = vector_subtract(denoised, observed)
    return dot(gap, gap) + sigma**2 * (2 * divergence - len(observed))


def sure_from_score(score: Vector, divergence: Number, sigma: Number) -> Number:
    """`sure` of the denoiser y + sigma^2 s at y = 0, whose divergence is d + sigma^2 div s (P32)."""
    size = len(score)
    return sure(vector_scale(sigma**2, score), [arb(0)] * size, size + sigma**2 * divergence, sigma)


def generalized_loss_at(model: Vector, adjoint: Number) -> Number:
    """1/2 |model|^2 - adjoint (P33)."""
    return dot(model, model) / 2 - adjoint


def denoiser_target(x: Vector, score: Vector, sigma: Number) -> Vector:
    """X + sigma^2 s (P33)."""
    return vector_add(x, vector_scale(sigma**2, score))


def denoiser_adjoint(x: Vector, field: Vector, divergence: Number, sigma: Number) -> Number:
    """x.g - sigma^2 div g (P33)."""
    return dot(x, field) - sigma**2 * divergence


def energy_gradients(kind: str, parameters: list[Any], mean: Vector, covariance: Matrix) -> list[Any]:
    """[m_data - m_model (d), -1/2 (E_data x x^T - E_model x x^T) (d d)] (P34)."""
    centre, second = raw_moments(kind, parameters, arb(1), arb(0))
    own, own_second = raw_moments("gaussian", [mean, covariance], arb(1), arb(0))
    return [vector_subtract(centre, own), ((own_second - second) / 2).entries()]


def mean_log_likelihood(mean: Vector, second: Any, linear: Vector, precision: Any) -> Number:
    """E_data log p of p = exp(h.x - x^T P x/2)/Z, Z = (2 pi)^(d/2) |P|^(-1/2) exp(h^T P^-1 h/2) (P34)."""
    energy = dot(linear, mean) - dot(precision.entries(), second.entries()) / 2
    pull = (precision.inv() * distributions.column(linear)).entries()
    return energy - (dot(linear, pull) - precision.det().log() + len(linear) * (2 * arb.pi()).log()) / 2


def energy_slopes(kind: str, parameters: list[Any], mean: Vector, covariance: Matrix) -> list[Any]:
    """`energy_gradients` as central differences of the mean log likelihood in h and in P (P34).

    The step is 2^-60 of each parameter's scale, so the second order leaves 2^-118; an off-diagonal entry of P moves
    with its mirror image and gathers twice the gradient's entry.
    """
    size = len(mean)
    centre, second = raw_moments(kind, parameters, arb(1), arb(0))
    precision = arb_mat(covariance).inv()
    linear = (precision * distributions.column(mean)).entries()
    spread = arb_mat(covariance)

    def slope(change: Vector, bend: Any) -> Number:
        up = mean_log_likelihood(centre, second, vector_add(linear, change), precision + bend)
        down = mean_log_likelihood(centre, second, vector_subtract(linear, change), precision - bend)
        return (up - down) / 2

    first, matrix = [], [[arb(0)] * size for _ in range(size)]
    flat = arb_mat(size, size)
    for i in range(size):
        step = arb(2) ** -60 / spread[i, i].sqrt()
        first.append(slope([step if j == i else arb(0) for j in range(size)], flat) / step)
        for j in range(i, size):
            step = arb(2) ** -60 / (spread[i, i] * spread[j, j]).sqrt()
            bend = arb_mat(size, size)
            bend[i, j] = bend[j, i] = step
            matrix[i][j] = matrix[j][i] = slope([arb(0)] * size, bend) / step / (1 if i == j else 2)
    return [first, matrix]


def corrector_step(score: list[Vector], noise: list[Vector], ratio: Number, alpha: Number) -> Number:
    """2 alpha (r mean|z| / mean|s|)^2, means of norms over the rows (P63)."""
    lengths = [sum((dot(row, row).sqrt() for row in rows), arb(0)) / len(rows) for rows in (noise, score)]
    return 2 * alpha * (ratio * lengths[0] / lengths[1]) ** 2
