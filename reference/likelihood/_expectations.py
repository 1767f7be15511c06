"""Expectations over the noise and integrals over its level, many at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reference._checks import Array
from reference._quadrature import integrate
from reference.paths._base import Path

__all__ = [
    "Indices",
    "Integrand",
    "LevelFunction",
    "expectation",
    "log_noise_to_signal",
    "log_noise_to_signal_range",
    "over_levels",
]

Indices = NDArray[np.intp]
Integrand = Callable[[Array, Indices], Array]
LevelFunction = Callable[[Array, Indices], Array]

_SAMPLES, _SAMPLE_WEIGHTS = np.polynomial.legendre.leggauss(5)
_LARGEST_BLOCK = 2**21  # numbers held at once
_ROUNDED = 1e-2  # of the geometric mean of a square and of its terms' squares: 1e-12 of it is above their rounding


def expectation(
    function: Integrand, edges: Array, components: int, *, squares: Array | float = 0.0, floor: Array | float = 0.0
) -> Array:
    """E f(eps), eps ~ N(0, 1), of N functions at once, from first panels between edges (N, E); (N,).

    To about 1e-12 E|f|, or of ``floor`` where that is more. A function that is the square of a sum is rounded in
    proportion to its terms too, whose ``squares`` say how large they are: what rounding hides is not chased.
    ``function(points, which)`` is that of _quadrature.integrate; squares and floor broadcast to (N,).
    """
    count = edges.shape[0]
    block = max(1, _LARGEST_BLOCK // (24 * edges.shape[1] * components))
    terms, least = np.broadcast_to(squares, count), np.broadcast_to(floor, count)
    blocks = np.split(np.arange(count), np.arange(count)[block::block])
    return np.concatenate([_expectations(function, part, edges[part], terms[part], least[part]) for part in blocks])


def _expectations(function: Integrand, which: Indices, edges: Array, squares: Array, floor: Array) -> Array:
    def weighted(points: Array, rows: Indices) -> Array:
        return np.asarray(function(points, which[rows]) * np.exp(-0.5 * points**2) / np.sqrt(2.0 * np.pi))

    half = 0.5 * np.diff(edges, axis=-1)[..., None]
    samples = edges[:, :-1, None] + half * (1.0 + _SAMPLES)
    sizes = np.abs(weighted(samples.reshape(which.size, -1), np.arange(which.size)).reshape(samples.shape))
    size = (half * _SAMPLE_WEIGHTS * sizes).sum(axis=(-2, -1))
    scale = np.max([size, floor, _ROUNDED * np.sqrt(size * squares), _ROUNDED**10 * squares], axis=0)
    scale = np.where(scale > 0.0, scale, 1.0)
    return scale * integrate(lambda points, rows: weighted(points, rows) / scale[rows, None], edges, relative=1e-12)


def over_levels(function: LevelFunction, low: Array, high: Array, *, floor: float = 1e-6) -> Array:
    """Integrals over log nu in [low, high] of functions of nu, (N,).

    ``function(nu, which)`` takes levels (M,) and the number of the integral that each belongs to. Panels of at most
    two units of log nu resolve a Gaussian's l/(l + nu^2), whose poles lie pi/2 off the line. Accurate to 1e-12 of the
    function's largest value, or of ``floor`` where that is more: what cancels is rounding of its terms.
    """
    width = high - low
    panels = int(np.ceil(np.max(width / 2.0, initial=1.0)))
    numbers = np.arange(low.size)

    def at(shares: Array, which: Indices) -> Array:
        nu = np.exp(low[which, None] + width[which, None] * shares)
        return np.asarray(function(nu.ravel(), np.repeat(which, shares.shape[1])).reshape(shares.shape))

    samples = np.broadcast_to((np.arange(panels) + 0.5) / panels, (low.size, panels))
    scale = np.maximum(np.abs(at(samples, numbers)).max(axis=-1), floor)
    scale = np.where(scale > 0.0, scale, 1.0)
    edges = np.broadcast_to(np.linspace(0.0, 1.0, panels + 1), (low.size, panels + 1))
    integrals = integrate(lambda s, which: at(s, which) / scale[which, None], edges, absolute=1e-12, relative=1e-11)
    return width * scale * integrals


def log_noise_to_signal(path: Path, time: Array, shape: tuple[int, ...]) -> Array:
    """log(sigma/alpha) at times that broadcast to a batch shape, flattened (N,); +-inf at the ends of a path."""
    with np.errstate(divide="ignore"):
        return np.broadcast_to(np.log(path.sigma(time) / path.alpha(time)), shape).reshape(-1)


def log_noise_to_signal_range(path: Path, start: Array, end: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """log(sigma/alpha) at both ends of an interval; their difference is the path's own."""
    low = log_noise_to_signal(path, start, shape)
    return low, low + np.broadcast_to(path._difference(start, end), shape).reshape(-1)
