"""Families for the laws of fields, transitions and reverse steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import (
    ConversionPoint,
    FieldPoint,
    FieldStep,
    PathStep,
    Table,
    _field_point,
    _field_step,
    _time,
    conversion_point,
    family,
    path_step,
    table,
)
from properties.cases.specs import DATA_KINDS, HALF_LOG_SNR_BOUND, DataKind, DataSpec
from properties.protocol import Floats

LABELLED: tuple[DataKind, ...] = DATA_KINDS[1:]
"""The kinds that have components."""

LINE_KINDS: tuple[DataKind, ...] = ("gaussian", "mixture", "isotropic", "points")
"""Kinds that differ on the line; the others are the same laws in other words there."""

VARIANCE_PRESERVING = ("VPLinear", "Trigonometric")


@dataclass(frozen=True)
class EDMPoint:
    """A conversion's case beside EDM's sigma_data."""

    point: ConversionPoint
    sigma_data: float


@dataclass(frozen=True)
class EDMFieldPoint:
    """A data law on a path at a time and a place, beside EDM's sigma_data."""

    point: FieldPoint
    sigma_data: float


@dataclass(frozen=True)
class NoisyStep:
    """Two times of a path, with a place x (d,) and a noise (d,) at the noisy one."""

    step: PathStep
    x: Floats
    noise: Floats


@dataclass(frozen=True)
class TablePoint:
    """A table of betas, an entry of it, and a place x (d,) and a noise (d,) there."""

    table: Table
    index: int
    x: Floats
    noise: Floats


@dataclass(frozen=True)
class IndexPoint:
    """A table of betas and a share of it in [0, 1], which each convention turns into an index of its own."""

    table: Table
    share: float


@dataclass(frozen=True)
class GammaStep:
    """Two values of VDM's gamma, clean < noisy, with a place x (d,) and a noise (d,)."""

    gamma_clean: float
    gamma_noisy: float
    x: Floats
    noise: Floats


@dataclass(frozen=True)
class EulerWalk:
    """A place (d,), a constant drift (d,) and diffusion, and steps (n,) with their noises (n, d)."""

    x: Floats
    drift: Floats
    diffusion: float
    steps: Floats
    noises: Floats


def _sigma_data(draw: Draw, dtype: str) -> float:
    return float(rounded(draw.choice((0.5, 1.0, log_uniform(draw, 1e-2, 1e2))), dtype))


@family
def edm_point(draw: Draw, dtype: str) -> EDMPoint:
    return EDMPoint(conversion_point(draw, dtype), _sigma_data(draw, dtype))


@family
def edm_field_point(draw: Draw, dtype: str) -> EDMFieldPoint:
    return EDMFieldPoint(_field_point(draw, dtype, False, sizes=(1, 3)), _sigma_data(draw, dtype))


@family
def gaussian_edm_field_point(draw: Draw, dtype: str) -> EDMFieldPoint:
    return EDMFieldPoint(_field_point(draw, dtype, False, kinds=("gaussian",)), _sigma_data(draw, dtype))


def _of_two(data: DataSpec, dtype: str) -> DataSpec:
    """The law's first two components: every integral of theirs costs."""
    if len(data.weights) < 3:
        return data
    first = float(rounded(data.weights[0] / data.weights[:2].sum(), dtype))
    return replace(
        data,
        weights=rounded(np.array([first, 1.0 - first]), dtype),
        means=data.means[:2],
        covariances=None if data.covariances is None else data.covariances[:2],
        variances=None if data.variances is None else data.variances[:2],
    )


@family
def line_edm_field_point(draw: Draw, dtype: str) -> EDMFieldPoint:
    point = _field_point(draw, dtype, True, kinds=LINE_KINDS, sizes=(1, 1))
    point = replace(point, data=_of_two(point.data, dtype))
    return EDMFieldPoint(point, float(rounded(draw.choice((0.5, 1.0, log_uniform(draw, 0.1, 10.0))), dtype)))


@family
def labelled_field_point(draw: Draw, dtype: str) -> FieldPoint:
    return _field_point(draw, dtype, False, kinds=LABELLED, sizes=(1, 3))


@family
def moderate_labelled_field_point(draw: Draw, dtype: str) -> FieldPoint:
    return _field_point(draw, dtype, True, kinds=LABELLED, sizes=(1, 3))


def _noisy(draw: Draw, step: PathStep, dtype: str) -> NoisyStep:
    size = draw.integer(1, 3)
    scale = draw.choice((1.0, 10.0, 1e3))
    return NoisyStep(step, rounded(vector(draw, size, scale), dtype), rounded(vector(draw, size, 3.0), dtype))


@family
def noisy_step(draw: Draw, dtype: str) -> NoisyStep:
    return _noisy(draw, path_step(draw, dtype), dtype)


@family
def moderate_preserving_step(draw: Draw, dtype: str) -> NoisyStep:
    """On a path with alpha^2 + sigma^2 = 1."""
    path, noisy = _time(draw, dtype, True, VARIANCE_PRESERVING)
    clean = float(rounded(noisy * draw.uniform(0.1, 0.9), dtype))
    return _noisy(draw, PathStep(path, clean, noisy), dtype)


@family
def short_table(draw: Draw, dtype: str) -> Table:
    """A table of a dozen entries at most."""
    made: Table = table(draw, dtype)
    return replace(made, count=min(made.count, 12))


def _table_point(draw: Draw, made: Table, dtype: str) -> TablePoint:
    size = draw.integer(1, 3)
    index = draw.choice((0, made.count - 1, draw.integer(0, made.count - 1)))
    scale = draw.choice((1.0, 10.0))
    return TablePoint(made, index, rounded(vector(draw, size, scale), dtype), rounded(vector(draw, size, 3.0), dtype))


@family
def table_point(draw: Draw, dtype: str) -> TablePoint:
    return _table_point(draw, table(draw, dtype), dtype)


@family
def short_table_point(draw: Draw, dtype: str) -> TablePoint:
    return _table_point(draw, short_table(draw, dtype), dtype)


@family
def index_point(draw: Draw, dtype: str) -> IndexPoint:
    made = short_table(draw, dtype)
    return IndexPoint(made, draw.choice((draw.uniform(0.0, 1.0), draw.integer(0, made.count) / made.count)))


@family
def gamma_step(draw: Draw, dtype: str) -> GammaStep:
    bound = 2.0 * HALF_LOG_SNR_BOUND[dtype]
    first = draw.uniform(-bound, bound)
    gap = draw.choice((1.0, log_uniform(draw, {"float64": 1e-8, "float32": 1e-3}[dtype], bound)))
    low, high = (float(rounded(value, dtype)) for value in (first, min(first + gap, bound)))
    if not low < high:
        low = float(rounded(high - max(gap, 1e-3 * bound), dtype))
    size = draw.integer(1, 3)
    scale = draw.choice((1.0, 10.0))
    noise = rounded(vector(draw, size, 3.0), dtype)
    return GammaStep(low, high, rounded(vector(draw, size, scale), dtype), noise)


@family
def euler_walk(draw: Draw, dtype: str) -> EulerWalk:
    size, count = draw.integer(1, 3), draw.integer(1, 6)
    return EulerWalk(
        x=rounded(vector(draw, size, 10.0), dtype),
        drift=rounded(vector(draw, size, draw.choice((0.0, 1.0, 30.0))), dtype),
        diffusion=float(rounded(draw.choice((1.0, log_uniform(draw, 1e-2, 1e2))), dtype)),
        steps=rounded(np.array([log_uniform(draw, 1e-6, 1e2) for _ in range(count)]), dtype),
        noises=rounded(vector(draw, count * size, 3.0).reshape(count, size), dtype),
    )


@family
def excess_step(draw: Draw, dtype: str) -> FieldStep:
    return _field_step(draw, dtype, False, sizes=(1, 3))


@family
def near_gaussian_point(draw: Draw, dtype: str) -> FieldPoint:
    return _field_point(draw, dtype, True, kinds=("gaussian",), sizes=(1, 2))


@family
def near_line_point(draw: Draw, dtype: str) -> FieldPoint:
    return _field_point(draw, dtype, True, kinds=LINE_KINDS, sizes=(1, 1))
