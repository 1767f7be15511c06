"""Families for the laws of preconditioning: noise levels beside the data's size, and weights beside their times."""

from __future__ import annotations

import math
from dataclasses import dataclass

from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import PathPoint, family, path_point
from properties.cases.specs import draw_half_log_snr
from properties.cases.steps import _sigma_data
from properties.protocol import Floats


@dataclass(frozen=True)
class SigmaPoint:
    """A noise level at or above sigma_min, the data's size, a clean place (d,) and a noisy one (d,) near it."""

    sigma: float
    sigma_data: float
    sigma_min: float
    x0: Floats
    x: Floats


@dataclass(frozen=True)
class WeightPoint:
    """A time of a path with a weight and a density there, and the gamma of min-SNR."""

    point: PathPoint
    weight: float
    density: float
    gamma: float


@family
def sigma_point(draw: Draw, dtype: str) -> SigmaPoint:
    sigma = float(rounded(math.exp(-draw_half_log_snr(draw, dtype, False)), dtype))
    sigma_data, size = _sigma_data(draw, dtype), draw.integer(1, 3)
    lowest = sigma * draw.choice((1.0, 0.5, 1.0 - log_uniform(draw, 1e-3, 1.0), log_uniform(draw, 1e-6, 1.0)))
    lowest = min(max(float(rounded(lowest, dtype)), 1e-6 * sigma), sigma)
    x0 = rounded(sigma_data * vector(draw, size, draw.choice((1.0, 6.0))), dtype)
    x = rounded(x0 + sigma * vector(draw, size, 3.0), dtype)
    return SigmaPoint(sigma, sigma_data, float(rounded(lowest, dtype)), x0, x)


@family
def weight_point(draw: Draw, dtype: str) -> WeightPoint:
    weight, density = (float(rounded(draw.choice((1.0, log_uniform(draw, 1e-3, 1e3))), dtype)) for _ in range(2))
    gamma = draw.choice((1.0, 5.0, log_uniform(draw, 1e-2, 1e2)))
    return WeightPoint(path_point(draw, dtype), weight, density, float(rounded(gamma, dtype)))
