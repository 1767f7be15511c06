"""Families of walks of samplers on Gaussian data, from noisy to clean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from properties.cases.covariances import covariance
from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import _cleaner, _level, _time, family
from properties.cases.specs import CONDITION_BOUND, MODERATE_CONDITION, DataSpec, PathSpec, draw_data, draw_point
from properties.protocol import Floats

NOISE_LEVELS = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Dyadic, so that the arbiter takes powers of matrices by square roots."""


@dataclass(frozen=True)
class Walk:
    """Gaussian data, a path, decreasing times (n,), a place x and a draw (d,), and noise levels, one a step."""

    path: PathSpec
    data: DataSpec
    times: Floats
    x: Floats
    noise: Floats
    noise_levels: tuple[float, ...]


@dataclass(frozen=True)
class SigmaWalk:
    """Gaussian data, decreasing noise levels (n,), the last perhaps 0, a covariance to start from, and churn."""

    data: DataSpec
    start: Floats
    sigmas: Floats
    churn: float
    noise_scale: float
    churn_min: float
    churn_max: float
    variance: float


@dataclass(frozen=True)
class Cooling:
    """Gaussian data on Brownian motion from t_start down to t_end, with a noise level and an inverse temperature."""

    data: DataSpec
    t_start: float
    t_end: float
    noise_level: float
    inverse_temperature: float


def _walk(draw: Draw, dtype: str, moderate: bool, kinds: tuple[str, ...] = ("gaussian",)) -> Walk:
    path, last = _time(draw, dtype, moderate)
    data = draw_data(draw, dtype, moderate=moderate, kinds=kinds, sizes=(1, 3))  # type: ignore[arg-type]
    times = [last]
    for _ in range(draw.choice((1, 2, 3))):
        cleaner = _cleaner(draw, times[-1], dtype, moderate)
        times.append(max(cleaner, float(rounded(0.05 * times[-1], dtype))) if moderate else cleaner)
    kept = [time for time in times if time > 1e-6 * last]
    if len(kept) < 2:
        kept.append(float(rounded(0.5 * last, dtype)))
    return Walk(
        path,
        data,
        np.array(kept),
        draw_point(draw, data, *_level(path, last), dtype),
        rounded(vector(draw, data.size, 3.0), dtype),
        tuple(draw.choice(NOISE_LEVELS) for _ in kept[1:]),
    )


@family
def walk(draw: Draw, dtype: str) -> Walk:
    return _walk(draw, dtype, False)


@family
def moderate_walk(draw: Draw, dtype: str) -> Walk:
    return _walk(draw, dtype, True)


@family
def field_walk(draw: Draw, dtype: str) -> Walk:
    """Any data law, where only fields at the first time are asked for."""
    return _walk(draw, dtype, False, ("gaussian", "mixture", "isotropic", "diagonal", "points"))


@family
def sigma_walk(draw: Draw, dtype: str) -> SigmaWalk:
    data = draw_data(draw, dtype, kinds=("gaussian",), sizes=(1, 3))
    sigmas = [log_uniform(draw, 1e-2, 1e2)]
    for _ in range(draw.choice((1, 2, 3))):
        sigmas.append(sigmas[-1] * draw.choice((0.5, 1.0 - log_uniform(draw, 1e-4, 0.9))))
    if draw.integer(0, 2) == 0:
        sigmas[-1] = 0.0
    levels = rounded(np.array(sigmas), dtype)
    low, high = sorted((log_uniform(draw, 1e-3, 1e2), log_uniform(draw, 1e-3, 1e2)))
    bound = MODERATE_CONDITION if dtype == "float32" else CONDITION_BOUND[dtype]
    return SigmaWalk(
        data,
        covariance(draw, data.size, bound, dtype),
        levels,
        float(rounded(draw.choice((0.0, log_uniform(draw, 1e-3, 1e2))), dtype)),
        float(rounded(draw.choice((1.0, draw.uniform(0.9, 1.1))), dtype)),
        float(rounded(low, dtype)) if draw.integer(0, 1) else 0.0,
        float(rounded(high, dtype)) if draw.integer(0, 1) else float(np.inf),
        float(rounded(log_uniform(draw, 1e-6, 1e4), dtype)),
    )


@family
def cooling(draw: Draw, dtype: str) -> Cooling:
    data = draw_data(draw, dtype, kinds=("gaussian",), sizes=(1, 3))
    start = float(
        rounded(log_uniform(draw, 1e-8 if dtype == "float64" else 1e-4, 1e8 if dtype == "float64" else 1e4), dtype)
    )
    end = _cleaner(draw, start, dtype, False)
    return Cooling(
        data,
        start,
        end,
        draw.choice(NOISE_LEVELS),
        float(rounded(draw.choice((1.0, log_uniform(draw, 0.1, 10.0))), dtype)),
    )


@family
def moderate_cooling(draw: Draw, dtype: str) -> Cooling:
    data = draw_data(draw, dtype, moderate=True, kinds=("gaussian",), sizes=(1, 3))
    start = float(rounded(log_uniform(draw, 0.1, 10.0), dtype))
    return Cooling(
        data,
        start,
        float(rounded(start * draw.uniform(0.4, 0.9), dtype)),
        draw.choice(NOISE_LEVELS),
        float(rounded(draw.choice((1.0, log_uniform(draw, 0.2, 5.0))), dtype)),
    )


@dataclass(frozen=True)
class AngleGrid:
    """A path, the ends of a grid in the order of travel, its size, and the variance that defines the angle."""

    path: PathSpec
    count: int
    variance: float
    t_start: float
    t_end: float


@family
def angle_grid(draw: Draw, dtype: str) -> AngleGrid:
    path, first = _time(draw, dtype, True)
    second = max(_cleaner(draw, first, dtype, True), float(rounded(0.01 * first, dtype)))
    ends = (first, second) if draw.integer(0, 3) else (second, first)
    return AngleGrid(path, draw.choice((1, 2, 3, draw.integer(2, 20))), log_uniform(draw, 1e-2, 1e2), *ends)
