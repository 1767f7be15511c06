"""Families of guidance: predictions and their weights, pairs of Gaussians on a path, linear observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from properties.cases.covariances import covariance
from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import _cleaner, _level, _time, family
from properties.cases.specs import (
    CONDITION_BOUND,
    DATA_KINDS,
    MODERATE_CONDITION,
    DataSpec,
    PathSpec,
    draw_data,
    draw_point,
)
from properties.protocol import Floats

Structure = Literal["diagonal", "paired"]
LARGEST_WEIGHT = 8.0
NOISE_LEVELS = (0.0, 0.5, 1.0, 2.0)


SMALLEST_SPREAD = {"float64": 1e-150, "float32": 1e-18}


@dataclass(frozen=True)
class Predictions:
    """Predictions (d,) at a point, and every number that guidance mixes them by."""

    unconditional: Floats
    conditional: Floats
    third: Floats
    variances: Floats
    weight: float
    omega: float
    kappa: float
    sigma: float
    mix: float
    quantile: float
    minimum: float
    errors: tuple[float, float, float, float]
    scale: float
    times: tuple[float, float, float]


@dataclass(frozen=True)
class Plain:
    """A Gaussian whose covariance has a known structure (see the arbiter's guidance): entries (d,) and a mean (d,)."""

    structure: Structure
    mean: Floats
    entries: Floats

    @property
    def covariance(self) -> Floats:
        """The covariance (d, d), exact."""
        values = self.entries
        if self.structure == "diagonal":
            return np.diag(values)
        matrix = np.diag(np.concatenate([[values[0], values[0]], values[2:]]))
        matrix[0, 1] = matrix[1, 0] = values[1]
        return np.asarray(matrix)


@dataclass(frozen=True)
class GuidedPair:
    """Two commuting Gaussians and a third to start from, a weight, a noise level, and two times of a path."""

    path: PathSpec
    unconditional: Plain
    conditional: Plain
    start: Plain
    weight: float
    noise_level: float
    clean: float
    noisy: float

    @property
    def size(self) -> int:
        return int(self.start.mean.shape[0])


@dataclass(frozen=True)
class FreePair:
    """Two Gaussians whose covariances need not commute, a weight, and a place x (d,) at a time of a path."""

    path: PathSpec
    unconditional: DataSpec
    conditional: DataSpec
    x: Floats
    t: float
    clean: float
    weight: float
    noise_level: float


@dataclass(frozen=True)
class Observation:
    """A data law on a path seen at x (d,), and y (m,) = H x_0 + noise of covariance R."""

    path: PathSpec
    data: DataSpec
    x: Floats
    t: float
    observed: Floats
    matrix: Floats
    noise: Floats
    variance: float
    step: float


def _number(value: float, dtype: str) -> float:
    return float(rounded(value, dtype))


def _weight(draw: Draw, dtype: str, largest: float) -> float:
    """0 and 1 are met, as are interpolation, extrapolation and negative weights."""
    return _number(draw.choice((0.0, 1.0, 2.0, draw.uniform(0.0, 1.0), draw.uniform(-largest, largest))), dtype)


@family
def predictions(draw: Draw, dtype: str) -> Predictions:
    size = draw.choice((1, 2, 3, 7))
    low, high = sorted((draw.uniform(0.0, 1.0), draw.uniform(0.0, 1.0)))
    errors = [_number(draw.choice((0.0, log_uniform(draw, 1e-3, 1e3))), dtype) for _ in range(4)]
    vectors = [rounded(vector(draw, size, draw.choice((0.5, 1.0, 10.0))), dtype) for _ in range(3)]
    if size == 1:  # a spread over the event axis needs two entries
        vectors = [rounded(np.append(each, draw.uniform(2.0, 3.0)), dtype) for each in vectors]
    for each in vectors:
        # A spread whose square underflows is no spread.
        each[0] += 1.0 if np.ptp(each) < SMALLEST_SPREAD[dtype] else 0.0
    count = len(vectors[0])
    unconditional, conditional, third = vectors
    return Predictions(
        unconditional,
        conditional,
        third,
        variances=rounded(np.abs(vector(draw, count, 4.0)), dtype),
        weight=_weight(draw, dtype, 20.0),
        omega=_number(draw.uniform(0.0, 5.0), dtype),
        kappa=_number(draw.choice((0.0, draw.uniform(0.0, 0.95))), dtype),
        sigma=_number(log_uniform(draw, 1e-3, 1e2), dtype),
        mix=_number(draw.choice((0.0, 1.0, draw.uniform(0.0, 1.0))), dtype),
        quantile=_number(draw.choice((0.5, 0.995, 1.0, draw.uniform(0.01, 1.0))), dtype),
        minimum=_number(draw.choice((1.0, log_uniform(draw, 1e-2, 10.0))), dtype),
        errors=(errors[0], errors[1], errors[2], errors[3]),
        scale=_number(log_uniform(draw, 1e-3, 1e3), dtype),
        times=(_number(low, dtype), _number(high, dtype), _number(draw.choice((low, high, draw.uniform(0, 1))), dtype)),
    )


def _plain(draw: Draw, structure: Structure, size: int, condition: float, dtype: str) -> Plain:
    spread = condition**0.5
    entries = np.array([log_uniform(draw, 1.0 / spread, spread) for _ in range(size)])
    if structure == "paired":
        entries[1] = entries[0] * draw.uniform(-0.95, 0.95)
    return Plain(structure, rounded(vector(draw, size, 3.0), dtype), rounded(entries, dtype))


def _pair(draw: Draw, dtype: str, moderate: bool, largest: float, sizes: tuple[int, int]) -> GuidedPair:
    path, noisy = _time(draw, dtype, moderate)
    clean = _cleaner(draw, noisy, dtype, moderate)
    size = draw.integer(*sizes)
    structure: Structure = "diagonal" if size == 1 else draw.choice(("diagonal", "paired"))
    # The product of the powers of three laws must not leave the range of float32.
    condition = MODERATE_CONDITION if moderate else CONDITION_BOUND[dtype] ** 0.5
    laws = [_plain(draw, structure, size, condition, dtype) for _ in range(3)]
    if draw.integer(0, 3) == 0:  # equal covariances: guidance is a shift
        laws[1] = Plain(structure, laws[1].mean, laws[0].entries)
    if moderate:
        clean = max(clean, _number(0.05 * noisy, dtype))
    level = draw.choice(NOISE_LEVELS)
    unconditional, conditional, start = laws
    weight = _weight(draw, dtype, largest)
    return GuidedPair(path, unconditional, conditional, start, weight, level, clean, noisy)


@family
def guided_pair(draw: Draw, dtype: str) -> GuidedPair:
    return _pair(draw, dtype, False, LARGEST_WEIGHT, (1, 3))


@family
def moderate_guided_pair(draw: Draw, dtype: str) -> GuidedPair:
    return _pair(draw, dtype, True, 3.0, (1, 2))


def _gaussian(draw: Draw, size: int, condition: float, dtype: str) -> DataSpec:
    mean = rounded(vector(draw, size, 3.0), dtype)
    return DataSpec("gaussian", np.ones(1), mean[None], covariances=covariance(draw, size, condition, dtype)[None])


def _regular(weight: float, first: DataSpec, second: DataSpec) -> bool:
    """Whether (1 - w) S_u^-1 + w S_c^-1 is clearly positive definite."""
    assert first.covariances is not None
    assert second.covariances is not None
    parts = (1.0 - weight) * np.linalg.inv(first.covariances[0]), weight * np.linalg.inv(second.covariances[0])
    values = np.linalg.eigvalsh(parts[0] + parts[1])
    return bool(values[0] > 1e-2 * max(float(np.linalg.norm(part, 2)) for part in parts) / MODERATE_CONDITION)


def _free(draw: Draw, dtype: str, moderate: bool, sizes: tuple[int, int]) -> FreePair:
    path, t = _time(draw, dtype, moderate)
    size = draw.integer(*sizes)
    condition = MODERATE_CONDITION if moderate else CONDITION_BOUND[dtype] ** 0.5
    first, second = (_gaussian(draw, size, condition, dtype) for _ in range(2))
    weight = _weight(draw, dtype, 3.0)
    if not _regular(weight, first, second):
        weight = _number(draw.uniform(0.0, 1.0), dtype)
    clean = max(_cleaner(draw, t, dtype, moderate), _number(0.05 * t, dtype))
    x = draw_point(draw, second, *_level(path, t), dtype)
    return FreePair(path, first, second, x, t, clean, weight, draw.choice(NOISE_LEVELS))


@family
def free_pair(draw: Draw, dtype: str) -> FreePair:
    return _free(draw, dtype, False, (1, 4))


@family
def moderate_free_pair(draw: Draw, dtype: str) -> FreePair:
    return _free(draw, dtype, True, (2, 2))


def _observation(draw: Draw, dtype: str, moderate: bool) -> Observation:
    path, t = _time(draw, dtype, moderate)
    data = draw_data(draw, dtype, moderate=moderate, kinds=DATA_KINDS, sizes=(1, 2))
    rows = draw.integer(1, 2)
    matrix = rounded(vector(draw, rows * data.size, 2.0).reshape(rows, data.size), dtype)
    noise = covariance(draw, rows, MODERATE_CONDITION if moderate else 1e3, dtype)
    x = draw_point(draw, data, *_level(path, t), dtype)
    source = data.means[draw.integer(0, data.means.shape[0] - 1)]
    # Half a deviation at least from what the component's mean says, so that a residual has a direction.
    away = np.array([draw.choice((1.0, -1.0)) * draw.uniform(0.5, 3.0) for _ in range(rows)])
    observed = rounded(matrix @ source + np.sqrt(np.diagonal(noise)) * away, dtype)
    variance = _number(draw.choice((0.0, 1.0, log_uniform(draw, 1e-3, 1e2))), dtype)
    return Observation(path, data, x, t, observed, matrix, noise, variance, _number(draw.uniform(0.1, 2.0), dtype))


@family
def observation(draw: Draw, dtype: str) -> Observation:
    return _observation(draw, dtype, False)


@family
def moderate_observation(draw: Draw, dtype: str) -> Observation:
    return _observation(draw, dtype, True)
