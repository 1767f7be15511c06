"""Gaussian data in one eigendirection of variance l: every map here is a x + b mu, V = alpha^2 l + sigma^2.

Times are (..., 1) and variances (..., 1, d), as in ``reverse.flow_coefficients``; coefficients are (..., 1, d).
"""

from __future__ import annotations

import numpy as np

from reference._checks import Array, unit_roundoff
from reference.distributions._components import Components
from reference.fields._levels import velocity_coefficients
from reference.paths._base import Path
from reference.reverse import flow_coefficients

__all__ = ["affine", "average_coefficients", "end_coefficients", "rate_coefficients", "variance_at"]

_coarse, _fine = np.polynomial.legendre.leggauss(12), np.polynomial.legendre.leggauss(24)


def affine(components: Components, x: Array, coefficients: tuple[Array, Array]) -> Array:
    """The map a x + b mu with coefficients in the data's eigenbasis; x (..., d) -> (..., d)."""
    law, (slopes, shifts) = components.covariance, coefficients
    moved = slopes * law.to_eigenbasis(x[..., None, :]) + shifts * law.to_eigenbasis(components.means)
    return law.from_eigenbasis(moved)[..., 0, :]


def variance_at(path: Path, t: Array, variances: Array, *, name: str) -> Array:
    """V = alpha^2 l + sigma^2 at a time where it must be positive."""
    values = _variance(path, t, variances)
    if not np.all(values > 0.0):
        raise ValueError(
            f"covariance: expected a positive definite alpha^2 S + sigma^2 I at {name}, "
            f"got smallest eigenvalue {float(values.min()):.6g}"
        )
    return values


def _variance(path: Path, t: Array, variances: Array) -> Array:
    return np.asarray(path.alpha(t)[..., None] ** 2 * variances + path.sigma(t)[..., None] ** 2)


def rate_coefficients(path: Path, t: Array, variances: Array, *, name: str) -> tuple[Array, Array]:
    """The velocity at a time: (alpha alpha' l + sigma sigma')/V and sigma (alpha' sigma - alpha sigma')/V."""
    mean, signal, spread = (value[..., None] for value in velocity_coefficients(path, t))
    marginal = variance_at(path, t, variances, name=name)
    return np.asarray((signal * variances + spread) / marginal), np.asarray(mean / marginal)


def end_coefficients(path: Path, start: Array, end: Array, variances: Array) -> tuple[Array, Array]:
    """The velocity at the end of the map A x + B mu: k A and k B + n = alpha' - k A alpha_start, k and n the rates.

    The second takes the form of smaller terms.
    """
    stretch, shift = flow_coefficients(path, start, end, variances)
    slope, pull = rate_coefficients(path, end, variances, name="t_end")
    tangent, carried = path.alpha_derivative(end)[..., None], slope * stretch * path.alpha(start)[..., None]
    composed = np.abs(slope * shift) + np.abs(pull) <= np.abs(tangent) + np.abs(carried)
    return slope * stretch, np.where(composed, slope * shift + pull, tangent - carried)


def average_coefficients(path: Path, start: Array, end: Array, variances: Array) -> tuple[Array, Array]:
    """The average velocity: (1 - A)/(t_start - t_end) and -B/(t_start - t_end) of the map A x + B mu.

    1 - A = (V_start - V_end)/(V_start (1 + A)); at equal times the velocity.
    """
    stretch, shift = flow_coefficients(path, start, end, variances)
    _, pull = rate_coefficients(path, start, variances, name="t_start")
    marginal = variance_at(path, start, variances, name="t_start")
    length = (start - end)[..., None]
    still = length == 0.0
    signal, spread = _level_slopes(path, start, end)
    slope = (signal[..., None] * variances + spread[..., None]) / (marginal * (1.0 + stretch))
    return slope, np.where(still, pull, -shift / np.where(still, 1.0, length))


def _level_slopes(path: Path, start: Array, end: Array) -> tuple[Array, Array]:
    """Differences of alpha^2 and of sigma^2 over t_start - t_end: means of 2 alpha alpha' and 2 sigma sigma' between.

    Where the difference cancels, by 24 Gauss nodes if 12 agree with them, to rounding or better than the quotient is
    known; elsewhere the quotient, with 1 - sigma^2 for sigma^2 near pure noise.
    """
    fine, coarse = (_mean_rates(path, start, end, rule) for rule in (_fine, _coarse))
    length = start - end
    apart = np.where(length == 0.0, 1.0, length)
    slopes = []
    for (change, size), mean, rough in zip(_changes(path, start, end), fine, coarse, strict=True):
        rounding = np.where(length == 0.0, np.inf, 2.0 * unit_roundoff * size / np.abs(apart))
        resolved = np.abs(mean - rough) <= np.maximum(16.0 * unit_roundoff * np.abs(mean), rounding)
        cancels = rounding > 8.0 * unit_roundoff * np.abs(mean)
        slopes.append(np.where(resolved & cancels, mean, change / apart))
    return slopes[0], slopes[1]


def _changes(path: Path, start: Array, end: Array) -> list[tuple[Array, Array]]:
    """What alpha^2 and sigma^2 lose from start to end, and the sizes of the terms that it was formed from."""
    changes = []
    for level in (path.alpha, path.sigma):
        before, after = level(start), level(end)
        changes.append(((before - after) * (before + after), before**2 + after**2))
    (signal, (change, size)), (before, after) = changes, (path._variance_deficit(t) for t in (start, end))
    near = np.abs(before) + np.abs(after) < size
    return [signal, (np.where(near, after - before, change), np.where(near, np.abs(before) + np.abs(after), size))]


def _mean_rates(path: Path, start: Array, end: Array, rule: tuple[Array, Array]) -> tuple[Array, Array]:
    """Means of 2 alpha alpha' and 2 sigma sigma' between two times by one rule of quadrature on [-1, 1]."""
    nodes, weights = rule
    place = nodes.reshape(-1, *(1,) * np.broadcast(start, end).ndim)
    between = np.clip(0.5 * (start + end) + 0.5 * (start - end) * place, np.minimum(start, end), np.maximum(start, end))
    _, signal, spread = velocity_coefficients(path, between)
    return np.tensordot(weights, signal, axes=1), np.tensordot(weights, spread, axes=1)
