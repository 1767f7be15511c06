"""Families for the laws of score matching and Langevin sampling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from properties.cases.covariances import covariance
from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import _level, _time, family
from properties.cases.models import first_two, linear, near
from properties.cases.specs import CONDITION_BOUND, MODERATE_CONDITION, DataSpec, PathSpec, draw_data
from properties.protocol import Floats


@dataclass(frozen=True)
class LinearModel:
    """A data law on a path at a time, and a linear model A x + b of the score there."""

    path: PathSpec
    data: DataSpec
    matrix: Floats
    offset: Floats
    t: float


@dataclass(frozen=True)
class LossPoint:
    """What the pointwise losses take: a model's value and divergence, a probe, a noise, a place."""

    score: Floats
    divergence: float
    jacobian_product: Floats
    direction: Floats
    noise: Floats
    x: Floats
    denoised: Floats
    sigma: float


@dataclass(frozen=True)
class ProbeMatrix:
    """A square matrix, its diagonal far larger or far smaller than the rest at times."""

    matrix: Floats


@dataclass(frozen=True)
class EnergyPair:
    """Data, and a Gaussian model exp(h.x - x^T P x / 2)/Z given by its mean and covariance."""

    data: DataSpec
    model: DataSpec


@dataclass(frozen=True)
class LangevinChain:
    """A Gaussian target, a Gaussian start, a step size and a number of steps."""

    data: DataSpec
    mean: Floats
    covariance: Floats
    step: float
    count: int


@dataclass(frozen=True)
class AnnealedChain:
    """A Gaussian target, a Gaussian start, decreasing noise levels (n,), the last level's step, steps a level."""

    data: DataSpec
    mean: Floats
    covariance: Floats
    sigmas: Floats
    smallest_step: float
    steps_per_level: int


@dataclass(frozen=True)
class NoiseConditionalModel:
    """A data law, noise levels (n,), and a linear model at each: matrices (n, d, d), offsets (n, d)."""

    data: DataSpec
    sigmas: Floats
    matrices: Floats
    offsets: Floats


@dataclass(frozen=True)
class CorrectorBatch:
    """Scores and noises (B, d) of a batch, a signal-to-noise ratio, and the transition's alpha."""

    score: Floats
    noise: Floats
    signal_to_noise: float
    alpha: float


def _linear_model(draw: Draw, dtype: str, moderate: bool, kinds: tuple[str, ...] | None, largest: int) -> LinearModel:
    path, t = _time(draw, dtype, moderate)
    options = {"kinds": kinds} if kinds else {}
    data = draw_data(draw, dtype, moderate=moderate, sizes=(1, largest), **options)  # type: ignore[arg-type]
    if largest == 1:
        data = first_two(data, dtype)
    return LinearModel(path, data, *linear(draw, data, *_level(path, t), dtype), t)


@family
def linear_model(draw: Draw, dtype: str) -> LinearModel:
    return _linear_model(draw, dtype, False, None, 4)


@family
def moderate_linear_model(draw: Draw, dtype: str) -> LinearModel:
    return _linear_model(draw, dtype, True, None, 3)


@family
def gaussian_linear_model(draw: Draw, dtype: str) -> LinearModel:
    return _linear_model(draw, dtype, False, ("gaussian",), 4)


@family
def moderate_gaussian_linear_model(draw: Draw, dtype: str) -> LinearModel:
    return _linear_model(draw, dtype, True, ("gaussian",), 3)


@family
def line_linear_model(draw: Draw, dtype: str) -> LinearModel:
    return _linear_model(draw, dtype, True, None, 1)


@family
def loss_point(draw: Draw, dtype: str) -> LossPoint:
    size, reach = draw.integer(1, 5), draw.choice((1.0, 100.0))
    score, product, direction, noise, x, denoised = (rounded(vector(draw, size, reach), dtype) for _ in range(6))
    sigma = float(rounded(log_uniform(draw, 1e-4, 1e2), dtype))
    if draw.integer(0, 1):
        # Near the noise's own score, or near the observation: where squares of sums would cancel.
        score = rounded(-noise / sigma * (1.0 + near(draw)), dtype)
        denoised = rounded(x * (1.0 + near(draw)), dtype)
    return LossPoint(
        score, float(rounded(draw.uniform(-reach, reach), dtype)), product, direction, noise, x, denoised, sigma
    )


@family
def probe_matrix(draw: Draw, dtype: str) -> ProbeMatrix:
    size = draw.integer(1, 4)
    matrix = vector(draw, size * size, 1.0).reshape(size, size)
    np.fill_diagonal(matrix, np.diagonal(matrix) * log_uniform(draw, 1e-6, 1e6))
    if draw.integer(0, 1):
        matrix = (matrix + matrix.T) / 2.0
    return ProbeMatrix(rounded(matrix, dtype))


@family
def energy_pair(draw: Draw, dtype: str) -> EnergyPair:
    data = draw_data(draw, dtype, sizes=(1, 4))
    model = draw_data(draw, dtype, kinds=("gaussian",), sizes=(data.size, data.size))
    return EnergyPair(data, model)


def _gaussian_start(draw: Draw, dtype: str, moderate: bool) -> tuple[DataSpec, Floats, Floats]:
    data = draw_data(draw, dtype, moderate=moderate, kinds=("gaussian",), sizes=(1, 4))
    bound = MODERATE_CONDITION if moderate else math.sqrt(CONDITION_BOUND[dtype])
    mean = rounded(data.means[0] + vector(draw, data.size, draw.choice((0.01, 3.0))), dtype)
    return data, mean, covariance(draw, data.size, bound, dtype)


def _chain(draw: Draw, dtype: str, moderate: bool) -> LangevinChain:
    data, mean, start = _gaussian_start(draw, dtype, moderate)
    smallest = float(np.linalg.eigvalsh(data.full_covariances()[0])[0])
    # Up to the edge of stability at 2 lambda_min; a relative distance of it is part of the question.
    share = draw.choice((log_uniform(draw, 1e-6, 1.9), 2.0 - log_uniform(draw, 1e-2, 1.0)))
    count = draw.choice((0, 1, 2, 3, draw.integer(1, 20), draw.integer(20, 2000)))
    return LangevinChain(data, mean, start, float(rounded(share * smallest, dtype)), count)


@family
def langevin_chain(draw: Draw, dtype: str) -> LangevinChain:
    return _chain(draw, dtype, False)


@family
def moderate_langevin_chain(draw: Draw, dtype: str) -> LangevinChain:
    return _chain(draw, dtype, True)


@family
def annealed_chain(draw: Draw, dtype: str) -> AnnealedChain:
    data, mean, start = _gaussian_start(draw, dtype, True)
    levels = draw.integer(1, 4)
    lowest = log_uniform(draw, 1e-2, 1.0)
    sigmas = np.array(sorted((lowest * log_uniform(draw, 1.01, 1e2) for _ in range(levels - 1)), reverse=True))
    smallest = float(np.linalg.eigvalsh(data.full_covariances()[0])[0])
    step = draw.uniform(0.01, 1.9) * lowest**2 * (1.0 + draw.choice((0.0, smallest / (lowest * 1e2) ** 2)))
    return AnnealedChain(
        data,
        mean,
        start,
        rounded(np.flip(np.unique(np.append(sigmas, lowest))).copy(), dtype),
        float(rounded(step, dtype)),
        draw.choice((1, 2, draw.integer(1, 30))),
    )


@family
def noise_conditional_model(draw: Draw, dtype: str) -> NoiseConditionalModel:
    data = draw_data(draw, dtype, sizes=(1, 3))
    sigmas = rounded(np.array([log_uniform(draw, 1e-2, 1e2) for _ in range(draw.integer(1, 3))]), dtype)
    models = [linear(draw, data, 1.0, float(sigma), dtype) for sigma in sigmas]
    return NoiseConditionalModel(
        data, sigmas, np.stack([matrix for matrix, _ in models]), np.stack([offset for _, offset in models])
    )


@family
def corrector_batch(draw: Draw, dtype: str) -> CorrectorBatch:
    count, size = draw.integer(1, 4), draw.integer(1, 4)
    # No row of norm 0: at least one coordinate of each is of the batch's own size.
    score, noise = (
        vector(draw, count * size, 1.0).reshape(count, size) * log_uniform(draw, 1e-2, 1e2) for _ in range(2)
    )
    for rows in (score, noise):
        rows[:, 0] += np.where(rows[:, 0] < 0.0, -1.0, 1.0)
    alpha = draw.choice((1.0, draw.uniform(0.5, 1.0)))
    ratio = log_uniform(draw, 1e-2, 1.0)
    numbers = (float(rounded(value, dtype)) for value in (ratio, alpha))
    return CorrectorBatch(rounded(score, dtype), rounded(noise, dtype), *numbers)
