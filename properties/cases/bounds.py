"""Families for the laws of bounds on the likelihood, and of divergences."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from properties.cases.covariances import covariance
from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import FieldStep, GaussianPair, family
from properties.cases.specs import (
    CONDITION_BOUND,
    DATA_KINDS,
    DataSpec,
    PathSpec,
    draw_data,
    draw_half_log_snr,
    draw_path,
    draw_point,
    inside,
)
from properties.protocol import Floats

NEARNESS = {"float64": (1e-9, 1e-1), "float32": (1e-4, 1e-1)}
"""How near two laws are where they are nearly equal: where a difference of terms would lose every digit."""

MODERATE_BOUND = math.sqrt(1e2)


@dataclass(frozen=True)
class LatentModel:
    """A point x (d,) of a linear-Gaussian generator and a Gaussian over its latents: W (d, k), s^2, N(m, C)."""

    x: Floats
    loading: Floats
    noise_variance: float
    mean: Floats
    covariance: Floats


@dataclass(frozen=True)
class LinearEncoder:
    """Gaussian data (d), a linear-Gaussian generator, a linear encoder N(G x, C), and a latent z (k,)."""

    mean: Floats
    covariance: Floats
    loading: Floats
    noise_variance: float
    gain: Floats
    encoder_covariance: Floats
    z: Floats


@dataclass(frozen=True)
class Hierarchy:
    """A chain z_i = a_i z_{i-1} + sqrt(v_i) eps over a point x (d,), and decoders N(b_i z_i, w_i I); all (L,)."""

    x: Floats
    encoder_gains: Floats
    encoder_variances: Floats
    decoder_gains: Floats
    decoder_variances: Floats


@dataclass(frozen=True)
class GeneratorChain:
    """Gaussian data, a Gaussian model of it, a path, increasing times (n,), a point x_0 (d,), the steps' variance."""

    path: PathSpec
    data: DataSpec
    model: DataSpec
    times: Floats
    x0: Floats
    variance: str


@dataclass(frozen=True)
class BoundStep:
    """A path, two times with noise at both, a fraction in [0, 1], two points (d,), a mean (d,) and a variance."""

    path: PathSpec
    clean: float
    noisy: float
    fraction: float
    first: Floats
    second: Floats
    mean: Floats
    variance: float


@dataclass(frozen=True)
class EqualSteps:
    """Gaussian data, a step of Brownian time, a count of steps, and how they are weighted."""

    data: DataSpec
    step: float
    count: int
    weight: str


@dataclass(frozen=True)
class Pixels:
    """Levels (d,) out of ``levels``, a mean and a deviation (d,) for each, places z (d,) and a gamma."""

    level: Floats
    levels: int
    mean: Floats
    deviation: Floats
    z: Floats
    gamma: float


@dataclass(frozen=True)
class Bin:
    """A law on the line and an interval."""

    data: DataSpec
    lower: float
    width: float


@dataclass(frozen=True)
class LinePair:
    """Two laws on the line with densities."""

    first: DataSpec
    second: DataSpec


def _matrix(draw: Draw, rows: int, columns: int, bound: float, dtype: str) -> Floats:
    """Entries in [-bound, bound], one column in three times smaller."""
    scales = np.array([draw.choice((1.0, 1.0, 1e-2)) for _ in range(columns)])
    return rounded(vector(draw, rows * columns, bound).reshape(rows, columns) * scales, dtype)


def _symmetric(matrix: Floats, dtype: str) -> Floats:
    lower = np.tril(rounded(matrix, dtype))
    return np.asarray(lower + np.tril(lower, -1).T)


def _noise_variance(draw: Draw, loading: Floats, dtype: str) -> float:
    """A noise variance that leaves W W^T + s^2 I within the condition that the dtype is judged on."""
    largest = max(float(np.linalg.norm(loading)) ** 2, 1e-2)
    return float(rounded(largest * log_uniform(draw, 4.0 / CONDITION_BOUND[dtype], 1e2), dtype))


@family
def latent_model(draw: Draw, dtype: str) -> LatentModel:
    size, latent = draw.integer(1, 3), draw.integer(1, 2)
    loading = _matrix(draw, size, latent, draw.choice((1.0, 3.0)), dtype)
    variance = _noise_variance(draw, loading, dtype)
    spread = np.sqrt(np.sum(loading**2, axis=1) + variance)
    x = rounded(spread * vector(draw, size, draw.choice((1.0, 3.0, 30.0))), dtype)
    if draw.integer(0, 1):
        bound = math.sqrt(CONDITION_BOUND[dtype])
        return LatentModel(
            x, loading, variance, rounded(vector(draw, latent, 3.0), dtype), covariance(draw, latent, bound, dtype)
        )
    # Nearly the exact posterior.
    nearness = log_uniform(draw, *NEARNESS[dtype])
    precision = loading.T @ loading + variance * np.eye(latent)
    inverse = np.asarray(np.linalg.inv(precision), dtype=np.float64)
    posterior = np.asarray(variance * inverse * (1.0 + nearness * draw.uniform(0.1, 1.0)))
    deviations = np.sqrt(np.diagonal(posterior))
    mean = inverse @ loading.T @ x + nearness * deviations * vector(draw, latent, 1.0)
    return LatentModel(x, loading, variance, rounded(mean, dtype), _symmetric(posterior, dtype))


@family
def linear_encoder(draw: Draw, dtype: str) -> LinearEncoder:
    return _encoder(draw, dtype, 3)


@family
def small_linear_encoder(draw: Draw, dtype: str) -> LinearEncoder:
    """For laws that ask at many points."""
    return _encoder(draw, dtype, 2)


def _encoder(draw: Draw, dtype: str, largest: int) -> LinearEncoder:
    size, latent = draw.integer(1, largest), draw.integer(1, largest)
    bound = math.sqrt(CONDITION_BOUND[dtype])
    data, mean = covariance(draw, size, bound, dtype), rounded(vector(draw, size, 3.0), dtype)
    loading = _matrix(draw, size, latent, draw.choice((1.0, 3.0)), dtype)
    variance = _noise_variance(draw, loading, dtype)
    if draw.integer(0, 1):
        gain, noise = _matrix(draw, latent, size, 1.0, dtype), covariance(draw, latent, bound, dtype)
    else:
        # The generator's own posterior.
        inverse = np.asarray(np.linalg.inv(loading.T @ loading + variance * np.eye(latent)), dtype=np.float64)
        gain, noise = rounded(inverse @ loading.T, dtype), _symmetric(np.asarray(variance * inverse), dtype)
    z = rounded(gain @ mean + vector(draw, latent, 3.0), dtype)
    return LinearEncoder(mean, data, loading, variance, gain, noise, z)


@family
def hierarchy(draw: Draw, dtype: str) -> Hierarchy:
    size, levels = draw.integer(1, 3), draw.choice((1, 2, 3, draw.integer(1, 6)))
    x = rounded(vector(draw, size, draw.choice((1.0, 10.0))), dtype)
    gains = np.array([draw.choice((1.0, -1.0)) * log_uniform(draw, 1e-2, 2.0) for _ in range(levels)])
    widths = np.array([log_uniform(draw, 1e-3, 1e1) for _ in range(levels)])
    if draw.integer(0, 1):
        others = np.array([log_uniform(draw, 1e-2, 2.0) for _ in range(levels)])
        narrow = np.array([log_uniform(draw, 1e-3, 1e1) for _ in range(levels)])
    else:
        # Nearly the generator's posterior, from the top down.
        near = 1.0 + log_uniform(draw, *NEARNESS[dtype])
        others, narrow, spread = np.empty(levels), np.empty(levels), 1.0
        for index in reversed(range(levels)):
            below = gains[index] ** 2 * spread + widths[index]
            others[index] = gains[index] * spread / below * near
            narrow[index] = spread * widths[index] / below * near
            spread = below
    return Hierarchy(x, *(rounded(each, dtype) for each in (others, narrow, gains, widths)))


def _chain(draw: Draw, dtype: str, moderate: bool, sizes: tuple[int, int], counts: tuple[int, int]) -> GeneratorChain:
    path, last = draw_path(draw, draw_half_log_snr(draw, dtype, moderate))
    times = [inside(path, last, dtype)]
    smallest = 1e-2 if moderate else {"float64": 1e-12, "float32": 1e-5}[dtype]
    for _ in range(draw.integer(*counts) - 1):
        clean = float(rounded(times[-1] * log_uniform(draw, smallest, 0.98), dtype))
        if clean > 1e-3 * smallest * times[0]:
            times.append(clean)
    data = draw_data(draw, dtype, moderate=moderate, kinds=("gaussian",), sizes=sizes)
    assert data.covariances is not None
    size, matrix = data.size, data.covariances[0]
    spread = np.sqrt(np.diagonal(matrix))
    # Not the prior itself: where a divergence vanishes so does its condition sum, and second-order rounding decides.
    means = np.where(np.abs(data.means) < 2.0**-6, 2.0**-6, data.means)
    data = replace(data, means=means)
    if draw.integer(0, 1):
        model = draw_data(draw, dtype, moderate=moderate, kinds=("gaussian",), sizes=(size, size))
    else:
        nearness = log_uniform(draw, *NEARNESS[dtype])
        mean = rounded(data.means[0] + nearness * spread * vector(draw, size, 1.0), dtype)
        nearby = _symmetric(matrix * (1.0 + nearness * draw.uniform(0.1, 1.0)), dtype)
        model = DataSpec("gaussian", np.ones(1), mean[None], covariances=nearby[None])
    place = data.means[0] + spread * vector(draw, size, draw.choice((1.0, 4.0)))
    variance = draw.choice(("optimal", "bridge", "forward"))
    return GeneratorChain(path, data, model, np.array(times[::-1]), rounded(place, dtype), variance)


@family
def generator_chain(draw: Draw, dtype: str) -> GeneratorChain:
    """Over every level that the dtype is judged on."""
    return _chain(draw, dtype, False, (1, 2), (1, 3))


@family
def moderate_generator_chain(draw: Draw, dtype: str) -> GeneratorChain:
    return _chain(draw, dtype, True, (1, 2), (1, 4))


@family
def bound_step(draw: Draw, dtype: str) -> BoundStep:
    """The variance of the prior is now and then nearly that of the noisy level."""
    path, noisy = draw_path(draw, draw_half_log_snr(draw, dtype, False))
    noisy = inside(path, noisy, dtype)
    smallest = {"float64": 1e-10, "float32": 1e-5}[dtype]
    clean = float(rounded(noisy * (1.0 - log_uniform(draw, smallest, 0.999)), dtype))
    if not 0.0 < clean < noisy:
        clean = float(rounded(0.5 * noisy, dtype))
    size, reach = draw.integer(1, 3), draw.choice((1.0, 100.0))
    first = rounded(vector(draw, size, reach), dtype)
    near = draw.choice((1.0, log_uniform(draw, *NEARNESS[dtype])))
    second = rounded(first + near * vector(draw, size, reach), dtype)
    variance = draw.choice((1.0, log_uniform(draw, 1e-3, 1e3)))
    return BoundStep(
        path,
        clean,
        noisy,
        draw.uniform(0.0, 1.0),
        first,
        second,
        rounded(vector(draw, size, reach), dtype),
        float(rounded(variance, dtype)),
    )


@family
def equal_steps(draw: Draw, dtype: str) -> EqualSteps:
    data = draw_data(draw, dtype, kinds=("gaussian",), sizes=(1, 3))
    assert data.covariances is not None
    scale = float(np.trace(data.covariances[0]))
    step = float(rounded(scale * log_uniform(draw, 1e-4, 1e2), dtype))
    return EqualSteps(data, step, draw.choice((2, 3, draw.integer(1, 24))), draw.choice(("time", "snr")))


@family
def moderate_equal_steps(draw: Draw, dtype: str) -> EqualSteps:
    """Few dimensions of much the same variance: the law chooses steps of its own."""
    data = draw_data(draw, dtype, moderate=True, kinds=("gaussian",), sizes=(1, 2))
    return EqualSteps(data, 1.0, 2, draw.choice(("time", "snr")))


@family
def pixels(draw: Draw, dtype: str) -> Pixels:
    size, levels = draw.integer(1, 3), draw.choice((256, 2, 3, 16, draw.integer(2, 256)))
    level = np.array([draw.choice((0, levels - 1, draw.integer(0, levels - 1))) for _ in range(size)], dtype=float)
    width = 2.0 / (levels - 1)
    deviation = np.array([log_uniform(draw, 1e-2 * width, 1e1) for _ in range(size)])
    centre = 2.0 * level / (levels - 1) - 1.0
    # From inside the bin to far out in either tail of it.
    reach = np.maximum(width, draw.choice((1.0, 10.0, 100.0)) * deviation)
    mean = centre + reach * vector(draw, size, 1.0)
    code = 2.0 * (level + 0.5) / levels - 1.0
    z = code + draw.choice((0.0, 1.0, 1.0 / levels)) * vector(draw, size, 2.0)
    gamma = draw.uniform(-14.0, 6.0)
    mean, deviation, z = (rounded(each, dtype) for each in (mean, deviation, z))
    return Pixels(level, levels, mean, deviation, z, float(rounded(gamma, dtype)))


_DENSE = tuple(kind for kind in DATA_KINDS if kind != "points")


@family
def line_bin(draw: Draw, dtype: str) -> Bin:
    data = draw_data(draw, dtype, moderate=True, kinds=_DENSE, sizes=(1, 1))
    deviation = float(np.sqrt(draw.choice(tuple(data.full_covariances()[:, 0, 0].tolist()))))
    centre = float(draw.choice(tuple(data.means[:, 0].tolist())))
    lower = centre + deviation * draw.choice((1.0, 5.0, 30.0)) * draw.uniform(-1.0, 1.0)
    width = deviation * log_uniform(draw, 1e-6, 3.0)
    return Bin(data, float(rounded(lower, dtype)), float(rounded(width, dtype)))


@family
def line_pair(draw: Draw, dtype: str) -> LinePair:
    first, second = (_few(draw_data(draw, dtype, moderate=True, kinds=_DENSE, sizes=(1, 1)), dtype) for _ in range(2))
    return LinePair(first, second)


@family
def short_line_step(draw: Draw, dtype: str) -> FieldStep:
    """Few components and times not far apart: for quadratures in time of quadratures in space."""
    path, noisy = draw_path(draw, draw_half_log_snr(draw, dtype, True))
    noisy = inside(path, noisy, dtype)
    data = _few(draw_data(draw, dtype, moderate=True, sizes=(1, 1)), dtype)
    clean = float(rounded(noisy * draw.uniform(0.4, 0.95), dtype))
    return FieldStep(path, data, draw_point(draw, data, 1.0, 1.0, dtype), clean, noisy)


def _few(data: DataSpec, dtype: str) -> DataSpec:
    """The first two components."""
    kept = min(len(data.weights), 2)
    parts = (data.covariances, data.variances, data.factors)
    covariances, variances, factors = (None if part is None else part[:kept] for part in parts)
    weights = rounded(data.weights[:kept] / data.weights[:kept].sum(), dtype)
    return DataSpec(data.kind, weights, data.means[:kept], covariances, variances, factors)


@family
def line_similar_pair(draw: Draw, dtype: str) -> LinePair:
    """Two laws whose densities stay within e^700 of each other wherever either counts: a general f sees their ratio."""
    data = _few(draw_data(draw, dtype, moderate=True, kinds=("isotropic",), sizes=(1, 1)), dtype)
    assert data.variances is not None
    count = len(data.weights)
    shifts = np.sqrt(data.variances)[:, None] * vector(draw, count, 1.0)[:, None]
    factors = np.array([log_uniform(draw, 0.75, 1.33) for _ in range(count)])
    means, variances = rounded(data.means + shifts, dtype), rounded(data.variances * factors, dtype)
    return LinePair(data, DataSpec(data.kind, data.weights[::-1].copy(), means, variances=variances))


@family
def line_near_pair(draw: Draw, dtype: str) -> LinePair:
    """Two Gaussians on the line, either's density within reach of floating point wherever the other's counts."""
    variance = log_uniform(draw, 1e-1, 1e1)
    variances = (variance, variance * log_uniform(draw, 0.2, 5.0))
    means = (draw.uniform(-2.0, 2.0), draw.uniform(-2.0, 2.0))
    scale = math.sqrt(variance)
    first, second = (
        DataSpec(
            "gaussian",
            np.ones(1),
            rounded(np.array([[scale * m]]), dtype),
            covariances=rounded(np.array([[[v]]]), dtype),
        )
        for m, v in zip(means, variances, strict=True)
    )
    return LinePair(first, second)


@family
def line_gaussian_pair(draw: Draw, dtype: str) -> GaussianPair:
    """Two Gaussians on the line, or of equal covariance, from nearly equal to far apart."""
    size = draw.choice((1, 1, draw.integer(2, 4)))
    first = covariance(draw, size, math.sqrt(CONDITION_BOUND[dtype]), dtype)
    deviations = np.sqrt(np.diagonal(first))
    mean = rounded(deviations * vector(draw, size, 3.0), dtype)
    near = draw.choice((1.0, 10.0, log_uniform(draw, *NEARNESS[dtype])))
    # Coordinates whose squares do not underflow: a distance is a norm.
    shift = near * np.array([draw.choice((-1.0, 1.0, 0.0)) * log_uniform(draw, 1e-6, 1.0) for _ in range(size)])
    other = rounded(mean + deviations * shift, dtype)
    if size > 1 or not draw.integer(0, 3):
        return GaussianPair(mean, first, other, first)
    wider = first * draw.choice((1.0 + near * draw.uniform(0.1, 1.0), log_uniform(draw, 1e-3, 1e3)))
    return GaussianPair(mean, first, (mean, other)[draw.integer(0, 1)], rounded(wider, dtype))
