"""The families of cases, and their builders."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from properties.cases.covariances import covariance
from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.specs import (
    CONDITION_BOUND,
    DataSpec,
    PathSpec,
    draw_data,
    draw_half_log_snr,
    draw_path,
    draw_point,
    inside,
)
from properties.protocol import Floats

Builder = Callable[[Draw, str], Any]
FAMILIES: dict[str, Builder] = {}

FAMILY_MODULES: tuple[str, ...] = (
    "evolution",
    "score_matching",
    "bounds",
    "integrals",
    "steps",
    "walks",
    "solver_nodes",
    "solver_runs",
    "flow_maps",
    "guidance",
    "preconditioning",
    "conventions",
    "transport",
)
"""Further modules of `properties.cases` that register families."""


def family(builder: Builder) -> Builder:
    """Registers a builder under its own name; a second of the same name is refused."""
    if builder.__name__ in FAMILIES:
        raise ValueError(f"family: expected a new name, got {builder.__name__!r}, which {builder.__module__} has")
    FAMILIES[builder.__name__] = builder
    return builder


def build(name: str, draw: Draw, dtype: str) -> Any:
    """A case of the named family for a dtype."""
    if name not in FAMILIES:
        for module in FAMILY_MODULES:
            importlib.import_module(f"properties.cases.{module}")
    return FAMILIES[name](draw, dtype)


@dataclass(frozen=True)
class PathPoint:
    """A path and a time inside its open domain."""

    path: PathSpec
    t: float


@dataclass(frozen=True)
class PathStep:
    """A path and two times, 0 <= clean < noisy, from a relative distance of 1e-10 (or an ulp) to the whole domain."""

    path: PathSpec
    clean: float
    noisy: float


@dataclass(frozen=True)
class Table:
    """A discrete beta table by its maker's public name and keyword arguments."""

    maker: str
    count: int
    parameters: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class GridCase:
    """Ends and size of a grid."""

    path: PathSpec
    count: int
    t_start: float
    t_end: float
    sigma_min: float
    sigma_max: float
    rho: float
    training_steps: int


@dataclass(frozen=True)
class DataPoint:
    """A data law seen at a level (alpha, sigma) and a place x (d,)."""

    data: DataSpec
    x: Floats
    alpha: float
    sigma: float


@dataclass(frozen=True)
class FieldPoint:
    """A data law on a path, at a time and a place x (d,)."""

    path: PathSpec
    data: DataSpec
    x: Floats
    t: float


@dataclass(frozen=True)
class FieldStep:
    """A data law on a path, a place x (d,) at the noisy time, and a cleaner time."""

    path: PathSpec
    data: DataSpec
    x: Floats
    clean: float
    noisy: float


@dataclass(frozen=True)
class ConversionPoint:
    """A prediction (d,) beside x (d,) and the level with its derivatives; alpha^2 + sigma^2 = 1 where vp is set."""

    prediction: Floats
    x: Floats
    alpha: float
    sigma: float
    alpha_derivative: float
    sigma_derivative: float
    vp: bool


@dataclass(frozen=True)
class GaussianPair:
    """Two Gaussians of one dimension, from nearly equal to far apart."""

    mean_p: Floats
    covariance_p: Floats
    mean_q: Floats
    covariance_q: Floats


@dataclass(frozen=True)
class Chain:
    """Gaussian data, a path, and increasing times (n,), the first above 0."""

    path: PathSpec
    data: DataSpec
    times: Floats


@dataclass(frozen=True)
class PathPair:
    """Two paths, a data law, and a place x (d,) at a time of the first path that the second reaches too."""

    path: PathSpec
    other: PathSpec
    data: DataSpec
    x: Floats
    t: float


def _time(draw: Draw, dtype: str, moderate: bool, names: tuple[str, ...] | None = None) -> tuple[PathSpec, float]:
    wanted = draw_half_log_snr(draw, dtype, moderate)
    path, time = draw_path(draw, wanted, names) if names else draw_path(draw, wanted)
    return path, inside(path, time, dtype)


def _cleaner(draw: Draw, noisy: float, dtype: str, moderate: bool) -> float:
    smallest = 0.05 if moderate else {"float64": 1e-10, "float32": 1e-5}[dtype]
    clean = float(rounded(noisy * (1.0 - log_uniform(draw, smallest, 1.0)), dtype))
    return clean if clean < noisy else float(np.nextafter(np.dtype(dtype).type(noisy), 0))


def _level(path: PathSpec, t: float) -> tuple[float, float]:
    """Roughly (alpha, sigma) in plain floats, to place x sensibly."""
    parameters = dict(path.parameters)
    if path.name in ("VPLinear", "SubVP"):
        low, high = float(parameters["beta_min"]), float(parameters["beta_max"])
        exponent = t * (low + 0.5 * (high - low) * t)
        variance = -math.expm1(-exponent)
        return math.exp(-exponent / 2), math.sqrt(variance) if path.name == "VPLinear" else variance
    if path.name == "VE":
        low, high = float(parameters["sigma_min"]), float(parameters["sigma_max"])
        return 1.0, low * (high / low) ** t
    if path.name == "FlowMatching":
        return 1.0 - t, t
    if path.name == "Trigonometric":
        return math.cos(math.pi * t / 2), math.sin(math.pi * t / 2)
    return 1.0, t if path.name == "EDM" else math.sqrt(t)


@family
def path_point(draw: Draw, dtype: str) -> PathPoint:
    return PathPoint(*_time(draw, dtype, False))


@family
def moderate_path_point(draw: Draw, dtype: str) -> PathPoint:
    return PathPoint(*_time(draw, dtype, True))


@family
def path_step(draw: Draw, dtype: str) -> PathStep:
    path, noisy = _time(draw, dtype, False)
    return PathStep(path, _cleaner(draw, noisy, dtype, False), noisy)


@family
def moderate_path_step(draw: Draw, dtype: str) -> PathStep:
    path, noisy = _time(draw, dtype, True)
    return PathStep(path, max(_cleaner(draw, noisy, dtype, True), float(rounded(0.05 * noisy, dtype))), noisy)


@family
def table(draw: Draw, dtype: str) -> Table:  # noqa: ARG001 - tables are made in float64 whatever the dtype
    maker = draw.choice(("linear_betas", "scaled_linear_betas", "cosine_betas"))
    count = draw.choice((1, 2, 3, 10, 50, draw.integer(1, 60)))
    if maker == "cosine_betas":
        parameters = (("offset", draw.choice((0.008, draw.uniform(0.001, 0.1)))), ("maximum", 0.999))
    else:
        first = log_uniform(draw, 1e-6, 1e-2)
        parameters = (("first", first), ("last", draw.choice((first, draw.uniform(first, 0.5)))))
    return Table(maker, count, parameters)


@family
def grid(draw: Draw, dtype: str) -> GridCase:
    path, first = _time(draw, dtype, True)
    second = _cleaner(draw, first, dtype, True)
    lowest = log_uniform(draw, 1e-4, 1.0)
    second = max(second, float(np.finfo(dtype).eps))
    steps = draw.choice((1000, 100, draw.integer(10, 1000)))
    return GridCase(
        path=path,
        count=min(draw.choice((1, 2, 3, 7, 10, draw.integer(1, 40))), steps),
        t_start=first,
        t_end=second if second < first else 0.5 * first,
        sigma_min=lowest,
        sigma_max=lowest * log_uniform(draw, 2.0, 1e4),
        rho=draw.choice((7.0, 1.0, draw.uniform(0.5, 10.0))),
        training_steps=steps,
    )


def _data_point(draw: Draw, dtype: str, moderate: bool, **options: Any) -> DataPoint:
    data = draw_data(draw, dtype, moderate=moderate, **options)
    wanted = draw_half_log_snr(draw, dtype, moderate)
    ratio = math.exp(-wanted)
    norm = draw.choice((math.hypot(1.0, ratio), 1.0, 1.0 + ratio))
    alpha, sigma = (float(rounded(v / norm, dtype)) for v in (1.0, ratio))
    return DataPoint(data, draw_point(draw, data, alpha, sigma, dtype), alpha, sigma)


@family
def data_point(draw: Draw, dtype: str) -> DataPoint:
    return _data_point(draw, dtype, False)


@family
def moderate_data_point(draw: Draw, dtype: str) -> DataPoint:
    return _data_point(draw, dtype, True)


@family
def moderate_line_point(draw: Draw, dtype: str) -> DataPoint:
    """One dimension, where quadrature gives everything."""
    return _data_point(draw, dtype, True, sizes=(1, 1))


def _field_point(draw: Draw, dtype: str, moderate: bool, **options: Any) -> FieldPoint:
    path, t = _time(draw, dtype, moderate)
    data = draw_data(draw, dtype, moderate=moderate, **options)
    return FieldPoint(path, data, draw_point(draw, data, *_level(path, t), dtype), t)


@family
def field_point(draw: Draw, dtype: str) -> FieldPoint:
    return _field_point(draw, dtype, False)


@family
def moderate_field_point(draw: Draw, dtype: str) -> FieldPoint:
    return _field_point(draw, dtype, True)


@family
def gaussian_field_point(draw: Draw, dtype: str) -> FieldPoint:
    return _field_point(draw, dtype, False, kinds=("gaussian",))


@family
def moderate_gaussian_field_point(draw: Draw, dtype: str) -> FieldPoint:
    return _field_point(draw, dtype, True, kinds=("gaussian",))


def _field_step(draw: Draw, dtype: str, moderate: bool, **options: Any) -> FieldStep:
    point = _field_point(draw, dtype, moderate, **options)
    clean = _cleaner(draw, point.t, dtype, moderate)
    return FieldStep(point.path, point.data, point.x, clean, point.t)


@family
def field_step(draw: Draw, dtype: str) -> FieldStep:
    return _field_step(draw, dtype, False)


@family
def moderate_line_step(draw: Draw, dtype: str) -> FieldStep:
    step = _field_step(draw, dtype, True, sizes=(1, 1))
    return FieldStep(step.path, step.data, step.x, max(step.clean, 0.05 * step.noisy), step.noisy)


@family
def moderate_field_step(draw: Draw, dtype: str) -> FieldStep:
    step = _field_step(draw, dtype, True, sizes=(1, 3))
    return FieldStep(step.path, step.data, step.x, max(step.clean, 0.05 * step.noisy), step.noisy)


@family
def gaussian_step(draw: Draw, dtype: str) -> FieldStep:
    return _field_step(draw, dtype, False, kinds=("gaussian",))


@family
def moderate_gaussian_step(draw: Draw, dtype: str) -> FieldStep:
    step = _field_step(draw, dtype, True, kinds=("gaussian",))
    return FieldStep(step.path, step.data, step.x, max(step.clean, 0.05 * step.noisy), step.noisy)


@family
def conversion_point(draw: Draw, dtype: str) -> ConversionPoint:
    size = draw.integer(1, 3)
    ratio = math.exp(-draw_half_log_snr(draw, dtype, False))
    vp = bool(draw.integer(0, 1))
    norm = math.hypot(1.0, ratio) if vp else draw.choice((1.0, 1.0 + ratio))
    alpha, sigma = (float(rounded(v / norm, dtype)) for v in (1.0, ratio))
    # Signal falls or stays and noise rises along every path; a zero derivative is met on VE and EDM.
    slope = draw.choice((0.0, -log_uniform(draw, 1e-2, 1e2)))
    return ConversionPoint(
        prediction=rounded(vector(draw, size, draw.choice((1.0, 10.0))), dtype),
        x=rounded(vector(draw, size, draw.choice((1.0, 10.0))) * math.hypot(alpha, sigma), dtype),
        alpha=alpha,
        sigma=sigma,
        alpha_derivative=float(rounded(alpha * slope, dtype)),
        sigma_derivative=float(rounded(sigma * log_uniform(draw, 1e-2, 1e2), dtype)),
        vp=vp,
    )


@family
def gaussian_pair(draw: Draw, dtype: str) -> GaussianPair:
    size = draw.integer(1, 5)
    bound = math.sqrt(CONDITION_BOUND[dtype])
    first = covariance(draw, size, bound, dtype)
    mean = rounded(vector(draw, size, 3.0), dtype)
    if draw.integer(0, 1):
        return GaussianPair(mean, first, rounded(vector(draw, size, 3.0), dtype), covariance(draw, size, bound, dtype))
    # Nearly equal: where the difference of two traces would lose every digit.
    nearness = log_uniform(draw, {"float64": 1e-9, "float32": 1e-4}[dtype], 1e-1)
    second = rounded(first * (1.0 + nearness * draw.uniform(0.1, 1.0)), dtype)
    second = np.tril(second) + np.tril(second, -1).T
    return GaussianPair(mean, first, rounded(mean + nearness * vector(draw, size, 1.0), dtype), second)


@family
def chain(draw: Draw, dtype: str) -> Chain:
    path, last = _time(draw, dtype, True)
    data = draw_data(draw, dtype, moderate=True, kinds=("gaussian",), sizes=(1, 4))
    count = draw.choice((2, 3, draw.integer(2, 12)))
    times = [last]
    for _ in range(count - 1):
        times.append(max(_cleaner(draw, times[-1], dtype, True), float(rounded(0.2 * times[-1], dtype))))
    # A chain whose last gap ran into 0 would have no decoder; it stops before.
    increasing = [t for t in reversed(times) if t > 1e-3 * last]
    return Chain(path, data, np.array(increasing))


@family
def path_pair(draw: Draw, dtype: str) -> PathPair:
    wanted = draw_half_log_snr(draw, dtype, True)
    first, time = draw_path(draw, wanted)
    # These reach every level; the others only a stretch of them.
    second, _ = draw_path(draw, wanted, ("EDM", "FlowMatching", "Trigonometric", "Brownian"))
    t = inside(first, time, dtype)
    data = draw_data(draw, dtype, moderate=True)
    return PathPair(first, second, data, draw_point(draw, data, *_level(first, t), dtype), t)
