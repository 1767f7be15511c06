"""Families of transport: pairs of Gaussians, affine velocities, pairs of laws, affine flows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from properties.cases.covariances import covariance
from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import _level, _time, family
from properties.cases.models import first_two, near
from properties.cases.specs import CONDITION_BOUND, DATA_KINDS, DataKind, DataSpec, PathSpec, draw_data, draw_point
from properties.protocol import Floats

SIZES = (1, 2, 2, 3)
WITH_DENSITY = tuple(kind for kind in DATA_KINDS if kind != "points")


@dataclass(frozen=True)
class TransportPair:
    """Two Gaussians, a place x (d,), two times of [0, 1], and the variance of a reference Brownian motion."""

    mean_first: Floats
    covariance_first: Floats
    mean_second: Floats
    covariance_second: Floats
    x: Floats
    t: float
    t_end: float
    variance: float

    @property
    def size(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class VelocityModel:
    """A data law on a path at a time, and an affine model A x + b of the velocity there."""

    path: PathSpec
    data: DataSpec
    matrix: Floats
    offset: Floats
    t: float


@dataclass(frozen=True)
class Conditional:
    """What the conditional velocities take: places (d,), means and their rates, numbers."""

    x: Floats
    mean: Floats
    mean_rate: Floats
    noise: Floats
    scale: float
    rate: float
    t: float
    least: float


@dataclass(frozen=True)
class LawPair:
    """Two laws with densities that overlap, and a place x (d,)."""

    target: DataSpec
    law: DataSpec
    x: Floats


@dataclass(frozen=True)
class AffineFlow:
    """A law with a density, layers (n, d, d) and (n, d), the place z (d,) before them and x (d,) behind."""

    base: DataSpec
    matrices: Floats
    offsets: Floats
    z: Floats
    x: Floats


def _pair(
    draw: Draw, dtype: str, first: Floats, second: Floats, times: tuple[float, float], spread: float
) -> TransportPair:
    size = len(first)
    means = [rounded(vector(draw, size, 3.0), dtype) for _ in range(2)]
    deviation = np.sqrt(np.diagonal(first) + np.diagonal(second))
    x = rounded(means[0] + deviation * vector(draw, size, 3.0), dtype)
    scale = math.sqrt(float(np.trace(first) * np.trace(second))) / size
    variance = float(rounded(scale * log_uniform(draw, 1.0 / spread, spread), dtype))
    start, end = (float(rounded(t, dtype)) for t in times)
    return TransportPair(means[0], first, means[1], second, x, start, end, variance)


@family
def transport_pair(draw: Draw, dtype: str) -> TransportPair:
    """Ill-conditioned, far apart or nearly equal, ends of time among the times."""
    size, bound = draw.choice(SIZES), math.sqrt(CONDITION_BOUND[dtype])
    first, second = (covariance(draw, size, bound, dtype) for _ in range(2))
    if not draw.integer(0, 3):
        second = rounded(first * (1.0 + log_uniform(draw, 1e-3, 1e-1)), dtype)
        second = np.tril(second) + np.tril(second, -1).T
    times = (draw.choice((0.0, 1.0, draw.uniform(0.0, 1.0))), draw.choice((0.0, 1.0, draw.uniform(0.0, 1.0))))
    return _pair(draw, dtype, first, second, times, 1e3)


def _alike(first: Floats, second: Floats, factor: float) -> Floats:
    """The second at about the factor times the first's size: a power of two changes no digit."""
    wanted = factor * float(np.trace(first)) / float(np.trace(second))
    return np.asarray(second * 2.0 ** round(math.log2(wanted)))


@family
def moderate_transport_pair(draw: Draw, dtype: str) -> TransportPair:
    """Conditions to 30, sizes within a factor of 8, times inside."""
    size = draw.choice(SIZES)
    first, second = (covariance(draw, size, 30.0, dtype) for _ in range(2))
    first = _alike(np.eye(size), first, draw.choice((0.25, 1.0, 4.0)))
    second = _alike(first, second, log_uniform(draw, 0.125, 8.0))
    times = (draw.uniform(0.1, 0.9), draw.uniform(0.1, 0.9))
    return _pair(draw, dtype, first, second, times, 8.0)


def _plain(draw: Draw, size: int, paired: bool, dtype: str) -> Floats:
    """Diagonal, or with one block [[a, b], [b, a]]: any two of a structure commute exactly."""
    values = np.array([log_uniform(draw, 0.1, 3.0) for _ in range(size)])
    matrix = np.diag(values)
    if paired and size > 1:
        matrix[1, 1] = values[0]
        matrix[0, 1] = matrix[1, 0] = values[0] * draw.uniform(-0.8, 0.8)
    return rounded(matrix, dtype)


@family
def commuting_transport_pair(draw: Draw, dtype: str) -> TransportPair:
    size, paired = draw.choice(SIZES), bool(draw.integer(0, 1))
    first, second = (_plain(draw, size, paired, dtype) for _ in range(2))
    return _pair(draw, dtype, first, second, (draw.uniform(0.1, 0.9), draw.uniform(0.1, 0.9)), 8.0)


def _velocity_model(draw: Draw, dtype: str, moderate: bool, kinds: tuple[DataKind, ...], largest: int) -> VelocityModel:
    """A model near the velocity of a Gaussian of the law's moments, or anywhere."""
    path, t = _time(draw, dtype, moderate)
    data = draw_data(draw, dtype, moderate=moderate, kinds=kinds, sizes=(1, largest))
    if largest == 1:
        data = first_two(data, dtype)
    alpha, sigma = _level(path, t)
    size, mean = data.size, data.weights @ data.means
    apart = data.means - mean
    inside = np.einsum("k,kij->ij", data.weights, data.full_covariances() + apart[:, :, None] * apart[:, None, :])
    # Rates of about the levels' own size over the time: to place a model, not to judge it.
    slope, rise = -alpha * min(1.0, t) / max(t, 1e-6), sigma / max(t, 1e-6)
    total = alpha**2 * inside + sigma**2 * np.eye(size)
    best = (alpha * slope * inside + sigma * rise * np.eye(size)) @ np.linalg.pinv(total)
    if draw.integer(0, 1):
        best = float(np.abs(best).max()) * vector(draw, size * size, 1.0).reshape(size, size)
    matrix = rounded((1.0 + near(draw)) * best, dtype)
    offset = rounded(slope * mean - matrix @ (alpha * mean) + vector(draw, size, draw.choice((0.0, 1.0))), dtype)
    return VelocityModel(path, data, matrix, offset, t)


@family
def velocity_model(draw: Draw, dtype: str) -> VelocityModel:
    return _velocity_model(draw, dtype, False, DATA_KINDS, 3)


@family
def gaussian_velocity_model(draw: Draw, dtype: str) -> VelocityModel:
    return _velocity_model(draw, dtype, False, ("gaussian",), 3)


@family
def moderate_gaussian_velocity_model(draw: Draw, dtype: str) -> VelocityModel:
    return _velocity_model(draw, dtype, True, ("gaussian",), 3)


@family
def line_velocity_model(draw: Draw, dtype: str) -> VelocityModel:
    return _velocity_model(draw, dtype, True, DATA_KINDS, 1)


@family
def conditional_velocities(draw: Draw, dtype: str) -> Conditional:
    size, reach = draw.integer(1, 4), draw.choice((1.0, 30.0))
    x, mean, rate, noise = (rounded(vector(draw, size, reach), dtype) for _ in range(4))
    numbers = (
        log_uniform(draw, 1e-4, 1e2),
        draw.uniform(-3.0, 3.0),
        draw.choice((1.0, draw.uniform(1e-3, 1.0))),
        draw.choice((0.0, 1e-4, 1.0, draw.uniform(0.0, 1.0))),
    )
    scale, slope, t, least = (float(rounded(number, dtype)) for number in numbers)
    return Conditional(x, mean, rate, noise, scale, slope, t, least)


@family
def law_pair(draw: Draw, dtype: str) -> LawPair:
    """Two laws of one size, the second within reach of the first."""
    kinds: tuple[DataKind, ...] = WITH_DENSITY
    target = draw_data(draw, dtype, moderate=True, kinds=kinds, sizes=(1, 3))
    law = draw_data(draw, dtype, moderate=True, kinds=kinds, sizes=(target.size, target.size))
    x = draw_point(draw, target, 1.0, 0.0, dtype)
    centre = target.weights @ target.means
    reach = float(np.sqrt(max(np.trace(law.full_covariances()[0]), 1e-6) / law.size))
    place = law.means[0] + np.clip(x - centre, -3.0 * reach, 3.0 * reach)
    return LawPair(target, law, rounded(place, dtype))


def _layers(draw: Draw, size: int, count: int, dtype: str) -> tuple[Floats, Floats]:
    """Well-conditioned layers that commute with nothing."""
    matrices = [
        np.diag([log_uniform(draw, 0.3, 3.0) * draw.choice((-1.0, 1.0)) for _ in range(size)])
        + 0.1 * vector(draw, size * size, 1.0).reshape(size, size)
        for _ in range(count)
    ]
    return rounded(np.stack(matrices), dtype), rounded(np.stack([vector(draw, size, 2.0) for _ in matrices]), dtype)


@family
def affine_flow(draw: Draw, dtype: str) -> AffineFlow:
    base = draw_data(draw, dtype, moderate=True, kinds=WITH_DENSITY, sizes=(1, 3))
    matrices, offsets = _layers(draw, base.size, draw.integer(1, 3), dtype)
    z = draw_point(draw, base, 1.0, 0.0, dtype)
    x = z
    for matrix, offset in zip(matrices, offsets, strict=True):
        x = matrix @ x + offset
    return AffineFlow(base, matrices, offsets, z, rounded(x, dtype))
