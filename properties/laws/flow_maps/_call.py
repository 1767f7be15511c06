"""The calls that the laws of flow maps share."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.cases.families import FieldStep
from properties.laws._data import arguments, path_arguments
from properties.laws.likelihood.flow import quantile_error
from properties.protocol import Implementation

LEVELS = ("alpha", "sigma", "alpha_derivative", "sigma_derivative")


def norm(value: Any) -> float:
    """The Euclidean (Frobenius) norm."""
    return float(np.linalg.norm(value))


def built(implementation: Implementation, case: FieldStep) -> tuple[Any, Any]:
    """The data and the path."""
    return case.data.build(implementation), case.path.build(implementation)


def on_map(implementation: Implementation, name: str, case: FieldStep, x: Any, start: Any, end: Any) -> Any:
    """flow_maps.<name>(data, path, x) from start to end, times or arrays of them, at lifted places."""
    lift = implementation.lift
    function = getattr(implementation.module.flow_maps, name)
    return function(*built(implementation, case), x, t_start=lift(start), t_end=lift(end))


def gaussian_place(case: FieldStep) -> list[Any]:
    """[path's name, its parameters, mean, covariance] of Gaussian data, as the twins take them."""
    _, (mean, covariance) = arguments(case.data)
    return [*path_arguments(case.path), mean, covariance]


def ways(case: FieldStep) -> tuple[tuple[float, float], tuple[float, float]]:
    """Both orders of travel."""
    return (case.noisy, case.clean), (case.clean, case.noisy)


def levels_at(implementation: Implementation, case: FieldStep, t: float) -> list[float]:
    """Alpha, sigma and their derivatives."""
    path, time = case.path.build(implementation), implementation.lift(t)
    return [float(implementation.lower(getattr(path, name)(time))) for name in LEVELS]


def map_noise(implementation: Implementation, case: FieldStep, start: float, end: float, image: Any) -> float:
    """What the image of a moderate case may be off by, in norm: by its tails on the line, and for Gaussian data by the
    roundings of the terms of its affine map.
    """
    if case.data.kind != "gaussian":
        return float(quantile_error(implementation, case, float(case.x[0]), start, end, float(image[0]))[1])
    slope = implementation.lower(
        on_map(implementation, "oracle_jacobian", case, implementation.lift(case.x), start, end)
    )
    reach = norm(image) + norm(slope) * norm(case.x) + norm(case.data.means)
    return float(budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype] * reach)


def velocity_noise(implementation: Implementation, case: FieldStep, x: Any, t: float) -> float:
    """What the velocity of a moderate case may be off by, in norm: the roundings of alpha' x_0 and of sigma' eps."""
    alpha, sigma, slope, rise = levels_at(implementation, case, t)
    reach = norm(implementation.lower(x)) + alpha * norm(case.data.means)
    size = (abs(slope) / alpha + abs(rise) / sigma) * reach
    return budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype] * size
