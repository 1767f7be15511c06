"""Families for the laws of conventions: a quantity as others write it, and where on a path or a table it belongs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import PathPoint, PathStep, Table, family, moderate_path_step, path_point, table
from properties.cases.specs import draw_half_log_snr
from properties.cases.steps import _sigma_data
from properties.protocol import Floats

FORMS = ("euler", "variance", "euler_variance_mixed")


@dataclass(frozen=True)
class SignalPoint:
    """A half log-SNR, a share of the signal's power, and a time of a path."""

    point: PathPoint
    half_log_snr: float
    alpha_bar: float


@dataclass(frozen=True)
class PlaceInTable:
    """A table of betas with an entry, a number of steps through it, and a time in (0, 1]."""

    table: Table
    index: int
    count: int
    t: float
    to_one: bool


@dataclass(frozen=True)
class CosinePoint:
    """A time in [0, 1] of the cosine schedule with an offset."""

    t: float
    offset: float


@dataclass(frozen=True)
class EtaStep:
    """A step of a path, the eta of a sampler, EDM's churn over a number of steps."""

    step: PathStep
    eta: float
    churn: float
    steps: int


@dataclass(frozen=True)
class DiscreteStep:
    """A beta, with a score (d,) and a place (d,)."""

    beta: float
    score: Floats
    x: Floats


@dataclass(frozen=True)
class LossPoint:
    """Squared errors (d,), a likelihood in bits per dimension, and the grid's units to one of the model's."""

    errors: Floats
    bits: float
    scale: float


@dataclass(frozen=True)
class TrajectoryPoint:
    """Levels of a trajectory model's map with an inner network's answer (d,) and a place (d,)."""

    sigma_start: float
    sigma_end: float
    sigma_min: float
    sigma_data: float
    form: str
    inner: Floats
    x: Floats


@family
def signal_point(draw: Draw, dtype: str) -> SignalPoint:
    level = float(rounded(draw_half_log_snr(draw, dtype, False), dtype))
    smallest = {"float64": 1e-12, "float32": 1e-5}[dtype]
    share = draw.choice((0.0, 1.0, draw.uniform(0.0, 1.0), log_uniform(draw, smallest, 1.0)))
    share = draw.choice((share, 1.0 - log_uniform(draw, smallest, 1.0)))
    return SignalPoint(path_point(draw, dtype), level, float(rounded(share, dtype)))


@family
def place_in_table(draw: Draw, dtype: str) -> PlaceInTable:
    made: Table = table(draw, dtype)
    size = made.count
    count = draw.choice((1, size, draw.integer(1, size)))
    index = draw.choice((0, size - 1, draw.integer(0, size - 1)))
    t = draw.choice((1.0, draw.integer(1, size) / size, draw.uniform(1e-3, 1.0)))
    return PlaceInTable(made, index, count, float(rounded(t, dtype)), bool(draw.integer(0, 1)))


@family
def cosine_point(draw: Draw, dtype: str) -> CosinePoint:
    t = draw.choice(
        (0.0, 1.0, draw.uniform(0.0, 1.0), log_uniform(draw, 1e-4, 1.0), 1.0 - log_uniform(draw, 1e-4, 1.0))
    )
    return CosinePoint(float(rounded(t, dtype)), draw.choice((0.008, log_uniform(draw, 1e-3, 1.0))))


@family
def eta_step(draw: Draw, dtype: str) -> EtaStep:
    eta = float(rounded(draw.choice((0.0, 1.0, draw.uniform(1e-3, 1.0), log_uniform(draw, 1e-6, 1.0))), dtype))
    churn = float(rounded(draw.choice((0.0, log_uniform(draw, 1e-2, 1e2))), dtype))
    return EtaStep(moderate_path_step(draw, dtype), eta, churn, draw.integer(1, 50))


@family
def discrete_step(draw: Draw, dtype: str) -> DiscreteStep:
    size = draw.integer(1, 3)
    beta = float(rounded(draw.choice((0.0, 0.999, log_uniform(draw, 1e-6, 1.0))), dtype))
    x, score = (rounded(vector(draw, size, draw.choice((1.0, 10.0))), dtype) for _ in range(2))
    return DiscreteStep(beta, score, x)


@family
def summed_loss_point(draw: Draw, dtype: str) -> LossPoint:
    size = draw.choice((1, 2, draw.integer(1, 64)))
    errors = rounded(np.square(vector(draw, size, draw.choice((1.0, 1e3)))), dtype)
    scale = draw.choice((1.0, 127.5, 128.0, log_uniform(draw, 1e-2, 1e3)))
    return LossPoint(errors, float(rounded(draw.uniform(-10.0, 10.0), dtype)), float(rounded(scale, dtype)))


@family
def trajectory_point(draw: Draw, dtype: str) -> TrajectoryPoint:
    start = float(rounded(log_uniform(draw, 1e-2, 1e2), dtype))
    nearness = log_uniform(draw, {"float64": 1e-8, "float32": 1e-4}[dtype], 1.0)
    end = float(rounded(start * draw.choice((0.0, draw.uniform(0.0, 0.9), 1.0 - nearness)), dtype))
    end = end if end < start else 0.5 * start
    lowest = float(rounded(draw.choice((0.0, 0.002, 1e-3 * start)), dtype))
    size = draw.integer(1, 3)
    inner, x = (rounded(vector(draw, size, draw.choice((1.0, 10.0))), dtype) for _ in range(2))
    sigma_data = _sigma_data(draw, dtype)
    return TrajectoryPoint(start, end, lowest, sigma_data, draw.choice(FORMS), inner, x)
