"""Derivatives in space by central differences of an implementation's own fields, in one batched call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.cases.draw import rounded
from properties.cases.specs import PathSpec
from properties.laws._compare import truncated
from properties.protocol import Finding, Floats, Implementation

RELATIVE_STEP = {"float64": 2.0**-8, "float32": 2.0**-3}
"""Steps as a fraction of the length on which a field varies: truncation h^4 and rounding u/h, balanced with room."""

STENCIL = np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0])


def step_for(implementation: Implementation, length: float) -> float:
    """A power of two near the relative step times the length."""
    return float(2.0 ** np.round(np.log2(RELATIVE_STEP[implementation.dtype] * length)))


def jacobian(
    implementation: Implementation, field: Callable[[Any], Any], x: Floats, step: float, noise: Floats | float
) -> tuple[Floats, Floats]:
    """D field_k / d x_j at x (d,), shape (*outputs, d), and a bound on its error.

    ``field`` maps lifted points (n, d) to (n, *outputs); ``noise`` (outputs) is the rounding error of a value. Fourth
    order with steps h and h/2; the bound is `budget.FINITE_DIFFERENCE_SAFETY` times their difference, plus noise.
    """
    size = x.shape[-1]
    places = rounded(x + step * STENCIL[:, None, None] * np.eye(size), implementation.dtype)
    values = implementation.lower(field(implementation.lift(places.reshape(-1, size))))
    values = values.reshape(len(STENCIL), size, *values.shape[1:])
    far_low, low, near_low, near_high, high, far_high = values
    coarse = (8.0 * (high - low) - (far_high - far_low)) / (12.0 * step)
    fine = (8.0 * (near_high - near_low) - (high - low)) / (6.0 * step)
    noises = np.broadcast_to(np.asarray(noise), fine.shape[1:])
    bound = budget.FINITE_DIFFERENCE_SAFETY * np.abs(fine - coarse) + 4.0 * noises / step
    return np.moveaxis(fine, 0, -1), np.moveaxis(bound, 0, -1)


def time_derivative(
    implementation: Implementation, function: Callable[[Any], Any], t: float, length: float, noise: Floats | float
) -> tuple[Floats, Floats]:
    """df/dt at t of a function of lifted times (n,) -> (n, *outputs), and its bound, as `jacobian` in one dimension."""
    step = step_for(implementation, length)
    values, bound = jacobian(implementation, lambda times: function(times[:, 0]), np.array([t]), step, noise)
    return values[..., 0], bound[..., 0]


def time_scale(path: PathSpec, t: float, levels: Sequence[float]) -> float:
    """The time in which the levels change by their own size, and no more than reaches the ends of the domain.

    ``levels`` are alpha, sigma and their derivatives at t.
    """
    alpha, sigma, slope, rise = (abs(level) for level in levels)
    times = [t, path.largest_time - t, *(value / change for value, change in ((alpha, slope), (sigma, rise)) if change)]
    return min(times) / 2.0


def differentiated(
    quantity: str, error: Floats, bound: Floats, natural: float, implementation: Implementation
) -> Finding:
    """An error of derivatives in norm against its bound; vacuous where the bound is no small part of their size."""
    limit = float(np.linalg.norm(bound))
    finding = truncated(quantity, float(np.linalg.norm(error)), limit)
    single = implementation.dtype == "float32"
    largest = budget.SINGLE_FINITE_DIFFERENCE_TOLERANCE if single else budget.LARGEST_FINITE_DIFFERENCE_TOLERANCE
    blind = not limit <= largest * natural
    return replace(finding, vacuous=True) if blind and not np.isnan(error).any() else finding
