"""Twins of the reverse processes: the drift from its definition, the flow by a verified square root, frozen steps."""

from __future__ import annotations

from typing import Any

from flint import arb_mat

from properties.arbiter import distributions, linear_algebra, paths

Number = Any
Vector = list[Number]
Matrix = Any


def reverse_drift(
    name: str, path: list[Any], kind: str, parameters: list[Any], x: Vector, t: Number, noise_level: Number
) -> Vector:
    """F x - (1 + l^2)/2 g^2 score (P53, M36)."""
    alpha, sigma, *_, drift, diffusion_squared = paths.methods(name, path, t)
    score = distributions.score_at(distributions.level(kind, parameters, x, alpha, sigma))
    weight = (1 + noise_level**2) / 2 * diffusion_squared
    return [drift * place - weight * slope for place, slope in zip(x, score, strict=True)]


def reverse_diffusion(name: str, path: list[Any], t: Number, noise_level: Number) -> Number:
    """L g (P53)."""
    diffusion_squared = paths.methods(name, path, t)[-1]
    return noise_level * diffusion_squared.sqrt()


def marginal(name: str, path: list[Any], covariance: list[Vector], t: Number) -> tuple[Number, Matrix]:
    """(alpha, V = alpha^2 S + sigma^2 I) at t."""
    alpha, sigma = paths.levels(name, path, t)
    return alpha, arb_mat(covariance) * alpha**2 + distributions.identity(len(covariance)) * sigma**2


def flow_matrix(name: str, path: list[Any], covariance: list[Vector], t_start: Number, t_end: Number) -> list[Vector]:
    """The symmetric positive definite M with M M = V_end V_start^-1 (P54, M34); V_end and V_start commute."""
    before, after = (marginal(name, path, covariance, t)[1] for t in (t_start, t_end))
    return linear_algebra.square_root((after * before.inv()).tolist())


def flow_map(
    name: str, path: list[Any], mean: Vector, covariance: list[Vector], x: Vector, t_start: Number, t_end: Number
) -> Vector:
    """m_end + M (x - m_start) (P54, M34)."""
    before, after = (paths.levels(name, path, t)[0] for t in (t_start, t_end))
    centred = [place - before * centre for place, centre in zip(x, mean, strict=True)]
    moved = linear_algebra.matvec(flow_matrix(name, path, covariance, t_start, t_end), centred)
    return [after * centre + change for centre, change in zip(mean, moved, strict=True)]


def gain(name: str, path: list[Any], covariance: list[Vector], t: Number) -> tuple[Number, Matrix]:
    """(alpha, K = alpha S V^-1) at t: the Jacobian of the denoiser."""
    alpha, variance = marginal(name, path, covariance, t)
    return alpha, arb_mat(covariance) * variance.inv() * alpha


def frozen_step_matrix(
    name: str, path: list[Any], covariance: list[Vector], t: Number, state: Number, data: Number
) -> list[Vector]:
    """P I + q K (P58)."""
    _, jacobian = gain(name, path, covariance, t)
    return (distributions.identity(len(covariance)) * state + jacobian * data).tolist()  # type: ignore[no-any-return]


def frozen_step_offset(
    name: str, path: list[Any], mean: Vector, covariance: list[Vector], t: Number, data: Number
) -> Vector:
    """Q (I - alpha K) mu, with I - alpha K = sigma^2 V^-1 (P58)."""
    _, sigma = paths.levels(name, path, t)
    _, variance = marginal(name, path, covariance, t)
    return (variance.inv() * distributions.column(mean) * (data * sigma**2)).entries()  # type: ignore[no-any-return]


def propagate_mean(matrix: list[Vector], offset: Vector, mean: Vector) -> Vector:
    """A m + b (P58)."""
    return (arb_mat(matrix) * distributions.column(mean) + distributions.column(offset)).entries()  # type: ignore[no-any-return]


def propagate_covariance(matrix: list[Vector], covariance: list[Vector], variance: Number) -> list[Vector]:
    """A C A^T + v I (P58)."""
    step = arb_mat(matrix)
    result = step * arb_mat(covariance) * step.transpose()
    return (result + distributions.identity(len(matrix)) * variance).tolist()  # type: ignore[no-any-return]


def marginal_at(name: str, path: list[Any], mean: Vector, covariance: list[Vector], t: Number) -> list[Any]:
    """[mean (d), covariance (d d)] of a diffused Gaussian (P22)."""
    alpha, variance = marginal(name, path, covariance, t)
    return [[alpha * entry for entry in mean], variance.entries()]
