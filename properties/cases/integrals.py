"""Families for the laws of likelihood integrals."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from properties.cases.covariances import covariance
from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import _level, family
from properties.cases.specs import (
    CONDITION_BOUND,
    HALF_LOG_SNR_BOUND,
    MODERATE_CONDITION,
    MODERATE_HALF_LOG_SNR,
    DataKind,
    DataSpec,
    PathSpec,
    draw_data,
    draw_path,
    draw_point,
    draw_weights,
    inside,
)
from properties.protocol import Floats

DENSITIES: tuple[DataKind, ...] = ("gaussian", "mixture", "isotropic", "points")
"""Kinds that differ on the line; the others are the same laws in other words there."""


@dataclass(frozen=True)
class DataStep:
    """A data law, a place x_0 (d,) of the data, and two times inside the open domain of a path."""

    path: PathSpec
    data: DataSpec
    x0: Floats
    clean: float
    noisy: float


@dataclass(frozen=True)
class AtomStep:
    """Distinct atoms on the line, one of them by its index, and two times inside the open domain of a path."""

    path: PathSpec
    data: DataSpec
    index: int
    clean: float
    noisy: float


@dataclass(frozen=True)
class StatePath:
    """A data law, a place x_0 (d,), and states (n, d) at increasing times (n,) inside the open domain of a path."""

    path: PathSpec
    data: DataSpec
    x0: Floats
    states: Floats
    times: Floats


@dataclass(frozen=True)
class BrownianPoint:
    """A data law, a place x_0 (d,), a Brownian time (a variance), and the variance of the reference law."""

    data: DataSpec
    x0: Floats
    t: float
    reference_variance: float


@dataclass(frozen=True)
class ModelStep:
    """A data law and a model of it, a place x_0 (d,), and two times inside the open domain of a path."""

    path: PathSpec
    data: DataSpec
    model: DataSpec
    x0: Floats
    clean: float
    noisy: float


@dataclass(frozen=True)
class JointStep:
    """A joint Gaussian of (y, x) with y of the given size, an observed x, and two times inside a path's domain."""

    path: PathSpec
    joint: DataSpec
    size: int
    observed: Floats
    clean: float
    noisy: float


@dataclass(frozen=True)
class PathPairStep:
    """Two paths, a data law, a place x_0 (d,), and two times of the first path whose levels the second has too."""

    path: PathSpec
    other: PathSpec
    data: DataSpec
    x0: Floats
    clean: float
    noisy: float


@dataclass(frozen=True)
class PredictionPoint:
    """A clean place x_0 (d,), the noise (d,) that was added, a prediction of x_0 (d,), a level, and g^2 there."""

    x0: Floats
    noise: Floats
    denoiser: Floats
    alpha: float
    sigma: float
    diffusion_squared: float


def _half_log_snr(path: PathSpec, t: float) -> float:
    alpha, sigma = _level(path, t)
    return math.log(alpha / sigma) if sigma > 0.0 else math.inf


def draw_times(
    draw: Draw, dtype: str, *, moderate: bool, names: tuple[str, ...] | None = None
) -> tuple[PathSpec, float, float]:
    """A path and two times inside its open domain, whose half log-SNRs are within the bound of the dtype; from near
    (a relative distance of 1e-10; moderate, 0.05) to the whole range."""
    bound = MODERATE_HALF_LOG_SNR if moderate else HALF_LOG_SNR_BOUND[dtype]
    level = draw.uniform(-bound, bound)
    path, time = draw_path(draw, level, names) if names else draw_path(draw, level)
    noisy = inside(path, time, dtype)
    if draw.integer(0, 2):
        clean = noisy * math.exp(-draw.uniform(0.0, max(bound - level, 0.0)))
    else:
        nearest = 0.05 if moderate else {"float64": 1e-10, "float32": 1e-5}[dtype]
        clean = noisy * (1.0 - log_uniform(draw, nearest, 0.9))
    clean = min(inside(path, clean, dtype), (1.0 - 0.05 * moderate) * noisy)
    while _half_log_snr(path, clean) > max(bound, _half_log_snr(path, noisy) + 1e-3):
        clean = 0.5 * (clean + noisy)
    clean = float(rounded(clean, dtype))
    return path, clean if clean < noisy else float(np.nextafter(np.dtype(dtype).type(noisy), 0)), noisy


def _data_step(draw: Draw, dtype: str, *, moderate: bool, **options: Any) -> DataStep:
    path, clean, noisy = draw_times(draw, dtype, moderate=moderate)
    data = draw_data(draw, dtype, moderate=moderate, **options)
    return DataStep(path, data, draw_point(draw, data, 1.0, 0.0, dtype), clean, noisy)


@family
def gaussian_data_step(draw: Draw, dtype: str) -> DataStep:
    """Gaussian data over the whole domain."""
    return _data_step(draw, dtype, moderate=False, kinds=("gaussian",), sizes=(1, 4))


@family
def moderate_gaussian_data_step(draw: Draw, dtype: str) -> DataStep:
    """Moderate Gaussian data."""
    return _data_step(draw, dtype, moderate=True, kinds=("gaussian",), sizes=(1, 3))


@family
def data_step(draw: Draw, dtype: str) -> DataStep:
    """Any data law over the whole domain."""
    return _data_step(draw, dtype, moderate=False, sizes=(1, 4))


@family
def dense_data_step(draw: Draw, dtype: str) -> DataStep:
    """Any data law that has a density, over the whole domain."""
    return with_density(_data_step(draw, dtype, moderate=False, sizes=(1, 4)))


def with_density(case: DataStep) -> DataStep:
    """The case with atoms given a variance."""
    if case.data.kind == "points" and case.data.variances is not None and case.data.variances[0] == 0.0:
        return replace(case, data=replace(case.data, variances=np.array([0.25])))
    return case


@family
def line_data_step(draw: Draw, dtype: str) -> DataStep:
    """Moderate data on the line, atoms among them, within six deviations of the data."""
    case = _data_step(draw, dtype, moderate=True, kinds=DENSITIES, sizes=(1, 1))
    return replace(case, x0=_near(draw, case.data, dtype))


@family
def dense_line_data_step(draw: Draw, dtype: str) -> DataStep:
    """Moderate data on the line that has a density."""
    case = with_density(_data_step(draw, dtype, moderate=True, kinds=DENSITIES, sizes=(1, 1)))
    return replace(case, x0=_near(draw, case.data, dtype))


@family
def monte_carlo_step(draw: Draw, dtype: str) -> DataStep:
    """Data whose integrand has light tails: a Gaussian, or overlapping components, within two deviations."""
    path, clean, noisy = draw_times(draw, dtype, moderate=True)
    size = draw.integer(1, 3)
    if draw.integer(0, 1):
        data = draw_data(draw, dtype, moderate=True, kinds=("gaussian",), sizes=(size, size))
    else:
        count = draw.integer(2, 3)
        means = rounded(np.stack([vector(draw, 1, 1.0) for _ in range(count)]), dtype)
        variances = rounded(np.array([log_uniform(draw, 0.5, 2.0) for _ in range(count)]), dtype)
        data = DataSpec("isotropic", draw_weights(draw, count, dtype), means, variances=variances)
    deviations = np.sqrt(np.diagonal(data.full_covariances()[0]))
    return DataStep(path, data, rounded(data.means[0] + deviations * vector(draw, data.size, 2.0), dtype), clean, noisy)


def _near(draw: Draw, data: DataSpec, dtype: str) -> Floats:
    """A place within six deviations of a component."""
    component = draw.integer(0, len(data.weights) - 1)
    deviations = np.sqrt(np.diagonal(data.full_covariances()[component]))
    return rounded(data.means[component] + deviations * vector(draw, data.size, 6.0), dtype)


@family
def atom_step(draw: Draw, dtype: str) -> AtomStep:
    """Up to four atoms on the line, at least 1/8 apart."""
    path, clean, noisy = draw_times(draw, dtype, moderate=True)
    count = draw.integer(1, 4)
    gaps = np.array([log_uniform(draw, 0.125, 3.0) for _ in range(count)])
    places = rounded(draw.uniform(-3.0, 3.0) + np.cumsum(gaps), dtype)
    data = DataSpec("points", draw_weights(draw, count, dtype), places[:, None], variances=np.zeros(1))
    return AtomStep(path, data, draw.integer(0, count - 1), clean, noisy)


@family
def state_path(draw: Draw, dtype: str) -> StatePath:
    """States within six deviations of where the noise would put them, which the laws do not ask for.

    No kernel is narrower than the root of a rounding of its states: a state in the middle of a narrower one moves the
    log density by more than the rounding that moved it, and has a condition sum of 0.
    """
    path, clean, noisy = draw_times(draw, dtype, moderate=False)
    data = with_density(_data_step(draw, dtype, moderate=False, sizes=(1, 2))).data
    x0 = draw_point(draw, data, 1.0, 0.0, dtype)
    count = draw.integer(1, 3)
    between = sorted(draw.uniform(0.0, 1.0) for _ in range(count - 2))
    powers = np.array([0.0, *between, 1.0][-count:])
    times = np.unique(np.clip(rounded(clean * (noisy / clean) ** powers, dtype), clean, noisy))
    levels = [_level(path, float(t)) for t in times]
    reach = float(np.max(np.abs(x0))) + 6.0 * levels[-1][1]
    kept = [0]
    for index, (alpha, sigma) in enumerate(levels):
        before_alpha, before_sigma = levels[kept[-1]]
        if sigma**2 - (alpha / before_alpha * before_sigma) ** 2 > float(np.finfo(dtype).eps) * reach**2:
            kept.append(index)
    times, levels = times[kept], [levels[index] for index in kept]
    states = np.stack([alpha * x0 + sigma * vector(draw, data.size, 6.0) for alpha, sigma in levels])
    return StatePath(path, data, x0, rounded(states, dtype), times)


def _brownian_time(draw: Draw, dtype: str, moderate: bool) -> float:
    bound = 2.0 * (MODERATE_HALF_LOG_SNR if moderate else HALF_LOG_SNR_BOUND[dtype])
    return float(rounded(math.exp(draw.uniform(-bound, bound)), dtype))


@family
def gaussian_brownian_point(draw: Draw, dtype: str) -> BrownianPoint:
    """Gaussian data over the whole domain of Brownian time."""
    data = draw_data(draw, dtype, kinds=("gaussian",), sizes=(1, 4))
    variance = float(rounded(draw.choice((1.0, log_uniform(draw, 1e-3, 1e3))), dtype))
    return BrownianPoint(data, draw_point(draw, data, 1.0, 0.0, dtype), _brownian_time(draw, dtype, False), variance)


@family
def moderate_gaussian_brownian_point(draw: Draw, dtype: str) -> BrownianPoint:
    """Moderate Gaussian data."""
    data = draw_data(draw, dtype, moderate=True, kinds=("gaussian",), sizes=(1, 3))
    variance = float(rounded(draw.choice((1.0, log_uniform(draw, 0.1, 10.0))), dtype))
    return BrownianPoint(data, _near(draw, data, dtype), _brownian_time(draw, dtype, True), variance)


@family
def line_brownian_point(draw: Draw, dtype: str) -> BrownianPoint:
    """Moderate data on the line that has a density."""
    case = dense_line_data_step(draw, dtype)
    variance = float(rounded(draw.choice((1.0, log_uniform(draw, 0.1, 10.0))), dtype))
    return BrownianPoint(case.data, case.x0, _brownian_time(draw, dtype, True), variance)


def _model_step(draw: Draw, dtype: str, data: DataSpec, model: DataSpec) -> ModelStep:
    path, clean, noisy = draw_times(draw, dtype, moderate=True)
    return ModelStep(path, data, model, _near(draw, data, dtype), clean, noisy)


@family
def gaussian_model_step(draw: Draw, dtype: str) -> ModelStep:
    """Two Gaussians that need not commute."""
    size = draw.integer(1, 3)
    data, model = (draw_data(draw, dtype, moderate=True, kinds=("gaussian",), sizes=(size, size)) for _ in range(2))
    return _model_step(draw, dtype, data, model)


@family
def line_model_step(draw: Draw, dtype: str) -> ModelStep:
    """Two laws on the line that have densities."""
    data, model = (dense_line_data_step(draw, dtype).data for _ in range(2))
    return _model_step(draw, dtype, data, model)


def _joint(draw: Draw, dtype: str, condition: float) -> tuple[DataSpec, int, Floats]:
    size, others = draw.integer(1, 3), draw.integer(1, 2)
    matrix = covariance(draw, size + others, condition, dtype)
    mean = rounded(vector(draw, size + others, 3.0), dtype)
    joint = DataSpec("gaussian", np.ones(1), mean[None], covariances=matrix[None])
    reach = draw.choice((1.0, 6.0)) * np.sqrt(np.diagonal(matrix)[size:])
    return joint, size, rounded(mean[size:] + reach * vector(draw, others, 1.0), dtype)


@family
def joint_step(draw: Draw, dtype: str) -> JointStep:
    """Joint laws over the whole domain."""
    joint, size, observed = _joint(draw, dtype, CONDITION_BOUND[dtype])
    path, clean, noisy = draw_times(draw, dtype, moderate=False)
    return JointStep(path, joint, size, observed, clean, noisy)


@family
def moderate_joint_step(draw: Draw, dtype: str) -> JointStep:
    """Moderate joint laws."""
    joint, size, observed = _joint(draw, dtype, MODERATE_CONDITION)
    path, clean, noisy = draw_times(draw, dtype, moderate=True)
    return JointStep(path, joint, size, observed, clean, noisy)


@family
def path_pair_step(draw: Draw, dtype: str) -> PathPairStep:
    """Gaussian data; the second path reaches every level."""
    case = _data_step(draw, dtype, moderate=True, kinds=("gaussian",), sizes=(1, 3))
    other, _ = draw_path(draw, 0.0, ("EDM", "FlowMatching", "Trigonometric", "Brownian"))
    return PathPairStep(case.path, other, case.data, case.x0, case.clean, case.noisy)


@family
def prediction_point(draw: Draw, dtype: str) -> PredictionPoint:
    """Predictions off by anything up to the noise that hides the data."""
    size, ratio = draw.integer(1, 3), math.exp(-draw.uniform(-1.0, 1.0) * HALF_LOG_SNR_BOUND[dtype])
    norm = draw.choice((math.hypot(1.0, ratio), 1.0, 1.0 + ratio))
    alpha, sigma = (float(rounded(v / norm, dtype)) for v in (1.0, ratio))
    x0, noise = (rounded(vector(draw, size, draw.choice((1.0, 10.0))), dtype) for _ in range(2))
    # A prediction off by some of the noise that it cannot tell from the data.
    denoiser = rounded(x0 + sigma / alpha * vector(draw, size, draw.choice((1.0, 1e-3))), dtype)
    return PredictionPoint(x0, noise, denoiser, alpha, sigma, float(rounded(log_uniform(draw, 1e-3, 1e3), dtype)))
