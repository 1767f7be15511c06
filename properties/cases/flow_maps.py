"""Families for the laws of flow maps and of the models that learn them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from properties.cases.covariances import covariance
from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import (
    FieldPoint,
    FieldStep,
    GaussianPair,
    _field_step,
    _level,
    _time,
    family,
    gaussian_pair,
)
from properties.cases.models import first_two, near
from properties.cases.specs import (
    CONDITION_BOUND,
    MODERATE_CONDITION,
    DataKind,
    DataSpec,
    PathSpec,
    draw_data,
    draw_point,
)
from properties.protocol import Floats

MIXTURES: tuple[DataKind, ...] = ("mixture", "isotropic", "diagonal", "low_rank", "points")
"""The kinds whose flow has no closed form in several dimensions."""


@dataclass(frozen=True)
class ConsistencyStep:
    """Gaussian data on a path, a place x (d,) at the noisy time, a cleaner time, and the time that the map leads to."""

    step: FieldStep
    t_min: float


@dataclass(frozen=True)
class MapPoint:
    """What the models' pointwise formulas take: vectors (d,), times start > middle > end >= 0, levels of a start and an
    end of different signal-to-noise ratio, a path with three times of its own, and the numbers of the schedules.
    """

    first: Floats
    second: Floats
    x: Floats
    jacobian: Floats
    start: float
    middle: float
    end: float
    levels: tuple[float, float, float, float]
    path: PathSpec
    noisy: float
    between: float
    clean: float
    loss: float
    power: float
    constant: float
    stage: float
    base: float
    gain: float
    rate: float


@dataclass(frozen=True)
class TrigPoint:
    """A data law at an angle between data and noise of deviation sigma_data, a place x (d,), and two vectors (d,)."""

    data: DataSpec
    x: Floats
    angle: float
    sigma_data: float
    first: Floats
    second: Floats


@dataclass(frozen=True)
class Student:
    """An affine student (matrix, offset) of the flow of Gaussian data, whose inputs are Gaussian too."""

    step: FieldStep
    matrix: Floats
    offset: Floats
    mean: Floats
    covariance: Floats


@dataclass(frozen=True)
class Generator:
    """A Gaussian generator p and Gaussian data q on a path at a time, nearly equal or far apart."""

    pair: GaussianPair
    path: PathSpec
    t: float


def _consistency_step(draw: Draw, dtype: str, moderate: bool) -> ConsistencyStep:
    step = _field_step(draw, dtype, moderate, kinds=("gaussian",), sizes=(1, 3))
    smallest = {"float64": 1e-8, "float32": 1e-4}[dtype]
    clean = max(step.clean, float(rounded((0.05 if moderate else smallest) * step.noisy, dtype)))
    shares = (1.0, 0.5) if moderate else (1.0, 0.5, 0.0, log_uniform(draw, 1e-3, 1.0))
    t_min = min(float(rounded(clean * draw.choice(shares), dtype)), clean)
    return ConsistencyStep(FieldStep(step.path, step.data, step.x, clean, step.noisy), t_min)


@family
def consistency_step(draw: Draw, dtype: str) -> ConsistencyStep:
    return _consistency_step(draw, dtype, False)


@family
def moderate_consistency_step(draw: Draw, dtype: str) -> ConsistencyStep:
    return _consistency_step(draw, dtype, True)


@family
def map_step(draw: Draw, dtype: str) -> FieldStep:
    """Gaussian data, whose flow is closed, in a few dimensions: an arbiter's square root costs."""
    return _field_step(draw, dtype, False, kinds=("gaussian",), sizes=(1, 3))


@family
def moderate_map_step(draw: Draw, dtype: str) -> FieldStep:
    step = _field_step(draw, dtype, True, kinds=("gaussian",), sizes=(1, 3))
    return FieldStep(
        step.path, step.data, step.x, max(step.clean, float(rounded(0.05 * step.noisy, dtype))), step.noisy
    )


@family
def line_map_step(draw: Draw, dtype: str) -> FieldStep:
    """On the line, where every law's map is known by its tails; few are mixtures, whose quantiles cost."""
    kind: DataKind = draw.choice(("gaussian", "gaussian", "gaussian", "isotropic", "points"))
    step = _field_step(draw, dtype, True, kinds=(kind,), sizes=(1, 1))
    return FieldStep(
        step.path, step.data, step.x, max(step.clean, float(rounded(0.05 * step.noisy, dtype))), step.noisy
    )


@family
def moderate_mixture_step(draw: Draw, dtype: str) -> FieldStep:
    """Two components in the plane: no closed form, and steps that an integrator takes at once."""
    step = _field_step(draw, dtype, True, kinds=("mixture", "isotropic", "points"), sizes=(2, 2))
    clean = max(step.clean, float(rounded(0.97 * step.noisy, dtype)))
    return FieldStep(step.path, first_two(step.data, dtype), step.x, clean, step.noisy)


@family
def map_point(draw: Draw, dtype: str) -> MapPoint:
    size = draw.integer(1, 3)
    reach = draw.choice((1.0, 1e3))
    first, second, x = (rounded(vector(draw, size, reach), dtype) for _ in range(3))
    start = float(rounded(log_uniform(draw, 1e-2, 1e2), dtype))
    end = float(rounded(start * draw.choice((0.0, draw.uniform(0.0, 0.9))), dtype))
    middle = float(rounded(end + draw.uniform(0.1, 0.9) * (start - end), dtype))
    path, noisy = _time(draw, dtype, True)
    clean = float(rounded(noisy * draw.choice((0.0, draw.uniform(0.0, 0.8))), dtype))
    between = float(rounded(clean + draw.uniform(0.1, 0.9) * (noisy - clean), dtype))
    ratio = log_uniform(draw, 1e-2, 1e2)
    cleaner = ratio * draw.choice((0.0, draw.uniform(0.0, 0.9)))
    levels = tuple(
        float(rounded(value, dtype))
        for value in (1.0 / math.hypot(1.0, ratio), ratio / math.hypot(1.0, ratio), 1.0, cleaner)
    )
    return MapPoint(
        first=first,
        second=second,
        x=x,
        jacobian=rounded(vector(draw, 2 * size, 1.0).reshape(size, 2), dtype),
        start=start,
        middle=middle,
        end=end,
        levels=(levels[0], levels[1], levels[2], levels[3]),
        path=path,
        noisy=noisy,
        between=between,
        clean=clean,
        loss=float(rounded(draw.choice((0.0, log_uniform(draw, 1e-6, 1e6))), dtype)),
        power=float(rounded(draw.choice((0.0, 0.5, 1.0, draw.uniform(0.0, 2.0))), dtype)),
        constant=float(rounded(log_uniform(draw, 1e-4, 1e2), dtype)),
        stage=float(draw.integer(0, 8)),
        base=float(rounded(draw.uniform(1.5, 8.0), dtype)),
        gain=float(rounded(draw.choice((0.0, 8.0, draw.uniform(0.0, 20.0))), dtype)),
        rate=float(rounded(draw.uniform(0.1, 3.0), dtype)),
    )


def _trig_point(draw: Draw, dtype: str, moderate: bool, kinds: tuple[DataKind, ...]) -> TrigPoint:
    data = draw_data(draw, dtype, moderate=moderate, kinds=kinds, sizes=(1, 3))
    sigma_data = float(rounded(draw.choice((0.5, 1.0, log_uniform(draw, 1e-1, 1e1))), dtype))
    smallest = 0.2 if moderate else {"float64": 1e-6, "float32": 1e-3}[dtype]
    # A moderate angle leaves room for differences on both sides.
    sine = draw.choice((draw.uniform(smallest, 0.9 if moderate else 1.0), smallest))
    angle = float(rounded(math.asin(sine) if sine < 1.0 else 1.57, dtype))
    alpha, sigma = math.cos(angle), math.sin(angle) * sigma_data
    x = draw_point(draw, data, alpha, sigma, dtype)
    return TrigPoint(data, x, angle, sigma_data, *(rounded(vector(draw, data.size, 3.0), dtype) for _ in range(2)))


@family
def trig_point(draw: Draw, dtype: str) -> TrigPoint:
    return _trig_point(draw, dtype, False, ("gaussian", *MIXTURES))


@family
def moderate_gaussian_trig_point(draw: Draw, dtype: str) -> TrigPoint:
    return _trig_point(draw, dtype, True, ("gaussian",))


@family
def student(draw: Draw, dtype: str) -> Student:
    step = _field_step(draw, dtype, True, kinds=("gaussian",), sizes=(1, 2))
    step = FieldStep(
        step.path, step.data, step.x, max(step.clean, float(rounded(0.05 * step.noisy, dtype))), step.noisy
    )
    size = step.data.size
    matrix = draw.choice((0.0, 1.0)) * np.eye(size) + near(draw) * vector(draw, size * size, 1.0).reshape(size, size)
    return Student(
        step,
        rounded(matrix, dtype),
        rounded(vector(draw, size, 2.0), dtype),
        rounded(vector(draw, size, 2.0), dtype),
        covariance(draw, size, MODERATE_CONDITION, dtype),
    )


@family
def generator(draw: Draw, dtype: str) -> Generator:
    return Generator(gaussian_pair(draw, dtype), *_time(draw, dtype, False))


@family
def moderate_generator(draw: Draw, dtype: str) -> Generator:
    size = draw.integer(1, 2)
    means = [rounded(vector(draw, size, 2.0), dtype) for _ in range(2)]
    covariances = [
        covariance(draw, size, math.sqrt(min(MODERATE_CONDITION, CONDITION_BOUND[dtype])), dtype) for _ in range(2)
    ]
    return Generator(GaussianPair(means[0], covariances[0], means[1], covariances[1]), *_time(draw, dtype, True))


@family
def straight_point(draw: Draw, dtype: str) -> FieldPoint:
    """The paths on which sigma = t and alpha is linear in it."""
    path, t = _time(draw, dtype, False, ("EDM", "FlowMatching"))
    data = draw_data(draw, dtype, sizes=(1, 3))
    return FieldPoint(path, data, draw_point(draw, data, *_level(path, t), dtype), t)
