"""Families for the laws of evolving densities."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import (
    FieldPoint,
    _cleaner,
    _field_point,
    _level,
    _time,
    family,
    gaussian_pair,
)
from properties.cases.models import first_two, linear
from properties.cases.specs import DataSpec, PathSpec, draw_data
from properties.protocol import Floats


@dataclass(frozen=True)
class RatePoint:
    """The fields of some law at a place x (d,), as the pointwise equations of motion take them."""

    score: Floats
    hessian: Floats
    laplacian: float
    laplacian_gradient: Floats
    velocity: Floats
    velocity_divergence: float
    x: Floats
    drift: float
    diffusion_squared: float


@dataclass(frozen=True)
class ItoPoint:
    """A density, a drift (d,) and a variance at one place, with their first and second derivatives."""

    density: float
    density_gradient: Floats
    density_laplacian: float
    drift: Floats
    drift_divergence: float
    variance: float
    variance_gradient: Floats
    variance_laplacian: float


@dataclass(frozen=True)
class GeometricPoint:
    """Geometric Brownian motion dx = rate x dt + volatility x dB from ``start``, at a time and a place."""

    start: float
    rate: float
    volatility: float
    t: float
    x: float


@dataclass(frozen=True)
class ReversiblePoint:
    """A Gaussian N(mean, diag(deviations^2)), a variance field base + slope.x + bend |x|^2 / 2, and a place x (d,)."""

    mean: Floats
    deviations: Floats
    base: float
    slope: Floats
    bend: float
    x: Floats


@dataclass(frozen=True)
class LawPair:
    """Two data laws on one path at a time."""

    path: PathSpec
    data: DataSpec
    other: DataSpec
    t: float


@dataclass(frozen=True)
class LawPairStep:
    """Two data laws on one path at two times."""

    path: PathSpec
    data: DataSpec
    other: DataSpec
    clean: float
    noisy: float


@dataclass(frozen=True)
class ModelError:
    """A data law on a path, and a score that is wrong by A x + b at the noisier time, and down to the cleaner one."""

    path: PathSpec
    data: DataSpec
    matrix: Floats
    offset: Floats
    clean: float
    noisy: float


@family
def rate_point(draw: Draw, dtype: str) -> RatePoint:
    size, reach = draw.integer(1, 5), draw.choice((1.0, 30.0))
    hessian = vector(draw, size * size, reach).reshape(size, size)
    score, gradient, velocity, x = (rounded(vector(draw, size, reach), dtype) for _ in range(4))
    laplacian, divergence = (float(rounded(draw.uniform(-reach, reach), dtype)) for _ in range(2))
    return RatePoint(
        score,
        rounded((hessian + hessian.T) / 2.0, dtype),
        laplacian,
        gradient,
        velocity,
        divergence,
        x,
        drift=float(rounded(draw.choice((0.0, -log_uniform(draw, 1e-3, 1e2))), dtype)),
        diffusion_squared=float(rounded(log_uniform(draw, 1e-3, 1e2), dtype)),
    )


@family
def ito_point(draw: Draw, dtype: str) -> ItoPoint:
    size = draw.integer(1, 4)
    gradient, drift, slope = (rounded(vector(draw, size, 3.0), dtype) for _ in range(3))
    bend, divergence, curvature = (float(rounded(draw.uniform(-3.0, 3.0), dtype)) for _ in range(3))
    density, variance = (float(rounded(log_uniform(draw, 1e-4, 1e1), dtype)) for _ in range(2))
    return ItoPoint(density, gradient, bend, drift, divergence, variance, slope, curvature)


@family
def geometric_point(draw: Draw, dtype: str) -> GeometricPoint:
    start, volatility = log_uniform(draw, 0.1, 10.0), log_uniform(draw, 0.1, 1.5)
    rate, t = draw.uniform(-1.0, 1.0), log_uniform(draw, 0.05, 4.0)
    # Within five standard deviations of the logarithm, where the density is a number to speak of.
    spread = volatility * math.sqrt(t) * draw.uniform(-5.0, 5.0)
    x = start * math.exp((rate - volatility**2 / 2.0) * t + spread)
    return GeometricPoint(*(float(rounded(value, dtype)) for value in (start, rate, volatility, t, x)))


@family
def reversible_point(draw: Draw, dtype: str) -> ReversiblePoint:
    size = draw.integer(1, 4)
    deviations = np.array([log_uniform(draw, 0.2, 3.0) for _ in range(size)])
    mean, slope = vector(draw, size, 2.0), vector(draw, size, 1.0)
    x = mean + deviations * vector(draw, size, 3.0)
    base = log_uniform(draw, 0.1, 10.0) + float(np.abs(slope) @ np.abs(x))
    bend = draw.choice((0.0, log_uniform(draw, 0.01, 3.0)))
    parts = (mean, deviations, np.array(base), slope, np.array(bend), x)
    first, second, third, fourth, fifth, sixth = (rounded(part, dtype) for part in parts)
    return ReversiblePoint(first, second, float(third), fourth, float(fifth), sixth)


@family
def off_centre_point(draw: Draw, dtype: str) -> FieldPoint:
    """Any law, path, level and place, but no place that rounding put on a component's centre.

    There the rate of log p is stationary in x, and a condition sum, which is of first order, says nothing of its error:
    on a single point at -617, 867, 784 and t = 4e-11 in float32, alpha = 1 - 2e-11 rounds to 1 and moves the rate by 90
    units though no argument of the call could.
    """
    point = _field_point(draw, dtype, False)
    spacing = np.asarray(np.spacing(np.abs(point.x).astype(dtype)), dtype=np.float64)
    alpha, _ = _level(point.path, point.t)
    on_centre = (np.abs(point.x - alpha * point.data.means) <= 2.0 * spacing).all(axis=-1).any()
    return replace(point, x=rounded(point.x + 4.0 * spacing, dtype)) if on_centre else point


@family
def evolving_point(draw: Draw, dtype: str) -> FieldPoint:
    """Any law on any path at moderate levels, in few dimensions."""
    return _field_point(draw, dtype, True, sizes=(1, 2))


@family
def line_evolution_point(draw: Draw, dtype: str) -> FieldPoint:
    """One dimension, where quadrature gives every expectation."""
    point = _field_point(draw, dtype, True, sizes=(1, 1))
    return replace(point, data=first_two(point.data, dtype))


def _gaussian(mean: Floats, covariance: Floats) -> DataSpec:
    return DataSpec("gaussian", np.ones(1), mean[None], covariances=covariance[None])


@family
def gaussian_law_pair(draw: Draw, dtype: str) -> LawPair:
    """Two Gaussians, nearly equal or far apart, at any level."""
    path, t = _time(draw, dtype, False)
    pair = gaussian_pair(draw, dtype)
    first, second = _gaussian(pair.mean_p, pair.covariance_p), _gaussian(pair.mean_q, pair.covariance_q)
    return LawPair(path, first, second, t)


def _law_pair_step(draw: Draw, dtype: str, line: bool) -> LawPairStep:
    path, noisy = _time(draw, dtype, True)
    size = 1 if line else draw.integer(1, 3)
    # A quadrature within a quadrature is dear: every other case is of Gaussians, and two components see everything.
    clean = max(_cleaner(draw, noisy, dtype, True), float(rounded((0.4 if line else 0.05) * noisy, dtype)))
    options = {} if line and draw.integer(0, 1) else {"kinds": ("gaussian",)}
    first, second = (
        first_two(draw_data(draw, dtype, moderate=True, sizes=(size, size), **options), dtype)  # type: ignore[arg-type]
        for _ in range(2)
    )
    return LawPairStep(path, first, second, clean, noisy)


@family
def gaussian_law_pair_step(draw: Draw, dtype: str) -> LawPairStep:
    return _law_pair_step(draw, dtype, False)


@family
def line_law_pair_step(draw: Draw, dtype: str) -> LawPairStep:
    return _law_pair_step(draw, dtype, True)


def _model_error(draw: Draw, dtype: str, moderate: bool, **options: tuple[str, ...] | tuple[int, int]) -> ModelError:
    path, noisy = _time(draw, dtype, moderate)
    clean = max(_cleaner(draw, noisy, dtype, moderate), float(rounded(0.05 * noisy, dtype)))
    data = draw_data(draw, dtype, moderate=moderate, **options)  # type: ignore[arg-type]
    alpha, sigma = _level(path, noisy)
    if not draw.integer(0, 2):
        # An error as large as the score itself: the model that knows nothing, or one that knows the wrong sign.
        return ModelError(path, data, *linear(draw, data, alpha, sigma, dtype), clean, noisy)
    # A score varies by 1/sigma: an error of its own size, or a small one; b stands beside A x.
    reach = draw.choice((0.05, 1.0)) / math.hypot(alpha, sigma)
    matrix = vector(draw, data.size**2, reach).reshape(data.size, data.size)
    offset = vector(draw, data.size, draw.choice((0.0, reach)))
    return ModelError(path, data, rounded(matrix, dtype), rounded(offset, dtype), clean, noisy)


@family
def model_error(draw: Draw, dtype: str) -> ModelError:
    return _model_error(draw, dtype, False)


@family
def moderate_model_error(draw: Draw, dtype: str) -> ModelError:
    return _model_error(draw, dtype, True)


@family
def gaussian_model_error(draw: Draw, dtype: str) -> ModelError:
    return _model_error(draw, dtype, True, kinds=("gaussian",), sizes=(1, 3))
