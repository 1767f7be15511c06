"""Twins of Langevin sampling of a Gaussian: the affine map of one step, composed with itself.

A step x + eta s + sqrt(2 eta) z moves a mean to mu + A (m - mu) and a covariance to A C A + 2 eta I, A = I - eta S^-1.
The n-th power of this map is found by composition, halving n; its fixed point is the limit, certified as one.
"""

from __future__ import annotations

from typing import Any

from flint import arb_mat

from properties.arbiter import distributions
from properties.arbiter.linear_algebra import vector_add, vector_subtract

Number = Any
"""An ``arb``; python-flint ships no type information."""

Vector = list[Number]
Matrix = list[Vector]


def contraction(covariance: Any, step: Number) -> Any:
    """A = I - eta S^-1."""
    return distributions.identity(covariance.nrows()) - covariance.inv() * step


def repeated(matrix: Any, noise: Any, count: int) -> tuple[Any, Any]:
    """(A^n, sum_{j<n} A^j N A^jT): the n-fold composition of x -> A x + noise of covariance N."""
    size = matrix.nrows()
    power, gathered = distributions.identity(size), arb_mat(size, size)
    while count:
        if count % 2:
            power, gathered = matrix * power, matrix * gathered * matrix.transpose() + noise
        matrix, noise = matrix * matrix, matrix * noise * matrix.transpose() + noise
        count //= 2
    return power, gathered


def langevin_mean(mean: Vector, covariance: Matrix, start: Vector, step: Number, count: int) -> Vector:
    """The mean mu + A^n (start - mu) (P35)."""
    matrix = contraction(arb_mat(covariance), step)
    power, _ = repeated(matrix, arb_mat(len(mean), len(mean)), count)
    return vector_add(mean, (power * distributions.column(vector_subtract(start, mean))).entries())


def langevin_covariance(covariance: Matrix, start: Matrix, step: Number, count: int) -> Matrix:
    """A^n C A^n + 2 eta sum_{j<n} A^(2j) (P35)."""
    matrix = contraction(arb_mat(covariance), step)
    power, gathered = repeated(matrix, distributions.identity(len(covariance)) * (2 * step), count)
    return (power * arb_mat(start) * power + gathered).tolist()  # type: ignore[no-any-return]


def stationary_covariance(covariance: Matrix, step: Number) -> Matrix:
    """The C with C = A C A + 2 eta I (P35): 2 eta (I - A)^-1 (I + A)^-1 by two solves, which commute with A.

    Raises:
        ArithmeticError: it is no fixed point of the step.
    """
    matrix = contraction(arb_mat(covariance), step)
    unit = distributions.identity(len(covariance))
    fixed = (unit - matrix).solve((unit + matrix).solve(unit * (2 * step)))
    moved = matrix * fixed * matrix + unit * (2 * step) - fixed
    if not all(entry.contains(0) for entry in moved.entries()):
        raise ArithmeticError("stationary_covariance: the step does not keep it")
    return fixed.tolist()  # type: ignore[no-any-return]


def annealed_step_sizes(sigmas: Vector, smallest_step: Number) -> Vector:
    """Delta sigma_l^2 / min(sigma)^2 (P36)."""
    least = sigmas[0]
    for sigma in sigmas[1:]:
        least = min(least, sigma)
    return [smallest_step * (sigma / least) ** 2 for sigma in sigmas]


def annealed_mean(
    mean: Vector, covariance: Matrix, sigmas: Vector, start: Vector, smallest_step: Number, count: int
) -> Vector:
    """`langevin_mean` level by level with S + sigma_l^2 I (P36)."""
    for sigma, step in zip(sigmas, annealed_step_sizes(sigmas, smallest_step), strict=True):
        start = langevin_mean(mean, noised(covariance, sigma), start, step, count)
    return start


def annealed_covariance(covariance: Matrix, sigmas: Vector, start: Matrix, smallest_step: Number, count: int) -> Matrix:
    """`langevin_covariance` level by level with S + sigma_l^2 I (P36)."""
    for sigma, step in zip(sigmas, annealed_step_sizes(sigmas, smallest_step), strict=True):
        start = langevin_covariance(noised(covariance, sigma), start, step, count)
    return start


def noised(covariance: Matrix, sigma: Number) -> Matrix:
    """S + sigma^2 I."""
    return (arb_mat(covariance) + distributions.identity(len(covariance)) * sigma**2).tolist()  # type: ignore[no-any-return]


def langevin_step(score: Vector, x: Vector, noise: Vector, step: Number) -> Vector:
    """X + eta s + sqrt(2 eta) z (P35)."""
    scale = (2 * step).sqrt()
    return [place + step * slope + scale * kick for place, slope, kick in zip(x, score, noise, strict=True)]


def song_ermon_step(score: Vector, x: Vector, noise: Vector, step: Number) -> Vector:
    """The update as Song and Ermon print it: x + (alpha/2) s + sqrt(alpha) z (P36)."""
    root = step.sqrt()
    return [place + step / 2 * slope + root * kick for place, slope, kick in zip(x, score, noise, strict=True)]
