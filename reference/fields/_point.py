"""The checked arguments of a conversion between predictions, shaped to multiply one another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reference import _checks
from reference._checks import Array, Real, unit_roundoff

__all__ = [
    "ConversionPoint",
    "ConversionRates",
    "conversion_point",
    "conversion_rates",
    "determinant",
    "positive_level",
    "variance_preserving",
]


class ConversionPoint(NamedTuple):
    """Prediction p, point x, and alpha, sigma, shaped to multiply them."""

    p: Array
    x: Array
    alpha: Array
    sigma: Array


class ConversionRates(NamedTuple):
    """Derivatives of alpha and sigma, shaped to multiply a prediction."""

    alpha: Array
    sigma: Array


def conversion_point(
    name: str,
    prediction: Array,
    x: Array,
    alpha: Real,
    sigma: Real,
    *,
    divides: str = "",
    preserving: bool = False,
) -> ConversionPoint:
    """A prediction at a point and its levels; ``divides`` names a level that must not vanish."""
    state = _checks.event("x", _checks.real("x", x))
    field = _checks.event(name, _checks.real(name, prediction), state.shape[-1])
    signal, noise = _checks.levels(alpha, sigma)
    for level, values in (("alpha", signal), ("sigma", noise)):
        if level == divides:
            positive_level(level, values)
    if preserving:
        variance_preserving(*np.broadcast_arrays(signal, noise))
    _checks.broadcast(**{name: field.shape[:-1]}, x=state.shape[:-1], alpha=signal.shape, sigma=noise.shape)
    return ConversionPoint(field, state, signal[..., None], noise[..., None])


def conversion_rates(point: ConversionPoint, alpha_derivative: Real, sigma_derivative: Real) -> ConversionRates:
    """The derivatives of the levels at the point."""
    signal = _checks.real("alpha_derivative", alpha_derivative)
    noise = _checks.real("sigma_derivative", sigma_derivative)
    _checks.broadcast(
        x=np.broadcast_shapes(*(array.shape[:-1] for array in point)),
        alpha_derivative=signal.shape,
        sigma_derivative=noise.shape,
    )
    return ConversionRates(signal[..., None], noise[..., None])


def determinant(alpha: Array, sigma: Array, rates: ConversionRates) -> Array:
    """W = alpha sigma' - alpha' sigma, positive on a path; refused where it vanishes."""
    value = alpha * rates.sigma - rates.alpha * sigma
    if np.any(value == 0.0):
        raise ValueError("alpha, sigma and their derivatives: expected alpha sigma' - alpha' sigma != 0, got 0.0")
    return np.asarray(value)


def positive_level(name: str, values: Array) -> Array:
    """A level that is divided by."""
    if np.any(values == 0.0):
        raise ValueError(
            f"{name}: expected values > 0 (a division by {name}; the open interval (0, inf) is valid), got 0.0"
        )
    return values


def variance_preserving(alpha: Array, sigma: Array) -> tuple[Array, Array]:
    """The levels, when alpha^2 + sigma^2 = 1 within 8 u: a v-prediction is defined there only."""
    sums = np.atleast_1d(alpha**2 + sigma**2)
    wrong = np.abs(sums - 1.0) > 8.0 * unit_roundoff
    if np.any(wrong):
        raise ValueError(
            "alpha, sigma: expected alpha^2 + sigma^2 = 1 within 8 units of roundoff (a v-prediction is "
            f"defined on variance-preserving paths only), got {float(sums[wrong].flat[0])!r}"
        )
    return alpha, sigma
