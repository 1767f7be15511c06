"""Adaptive Gauss-Legendre quadrature of many integrals on the line at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reference._checks import Array

__all__ = ["gaussian_edges", "integrate"]

Integrand = Callable[[Array, NDArray[np.intp]], Array]

_REACHES = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0, 25.0, 30.0, 40.0])
_COARSE = np.polynomial.legendre.leggauss(12)
_FINE = np.polynomial.legendre.leggauss(24)
_MAXIMUM_LEVELS = 60
_MOST_PANELS = 2**14
_ACCEPTED = 1e-11


def gaussian_edges(means: Array, deviations: Array, *, reach: float = 40.0) -> Array:
    """First panels for integrands that live on Gaussians: the points mean_k +- c deviation_k, sorted.

    Beyond 40 deviations nothing is left (exp(-800)).
    Shapes: means and deviations (..., K) -> (..., E).
    """
    used = _REACHES[reach >= _REACHES]
    reaches = np.concatenate([-used[:0:-1], used])
    edges = np.asarray(means)[..., None] + np.asarray(deviations)[..., None] * reaches
    return np.sort(edges.reshape(*edges.shape[:-2], -1), axis=-1)


def integrate(function: Integrand, edges: Array, *, absolute: float = 1e-12, relative: float | Array = 1e-14) -> Array:
    """Integrals of ``function`` over [edges[..., 0], edges[..., -1]], one for every leading index of ``edges``.

    ``function(points, which)`` takes points (P, n) and the number of the integral (flattened leading index) that each
    row belongs to, and returns values (P, n). Every panel between neighbouring edges is halved until 12 and 24 nodes
    agree within its share of ``absolute`` or within ``relative`` (one for all, or one each) of what it holds (rounding
    forbids more).
    An integrand whose own rounding is larger would be halved for ever: past a limit on the number of panels what they
    still disagree by is accepted where it is small, and refused (ArithmeticError) where it is not.
    Shapes: edges (..., E), sorted -> (...).
    """
    flat = edges.reshape(-1, edges.shape[-1])
    which = np.repeat(np.arange(flat.shape[0]), flat.shape[1] - 1)
    left, right = flat[:, :-1].ravel(), flat[:, 1:].ravel()
    # Edges that coincide hold nothing.
    kept = left < right
    which, left, right = which[kept], left[kept], right[kept]
    totals = np.zeros(flat.shape[0])
    share = np.broadcast_to(relative, edges.shape[:-1]).ravel()
    tolerance = absolute / flat.shape[1]
    most = _MOST_PANELS + 8 * left.size
    for _ in range(_MAXIMUM_LEVELS):
        fine = _panels(function, left, right, which, _FINE)
        gap = np.abs(fine - _panels(function, left, right, which, _COARSE))
        rough = gap > tolerance + share[which] * np.abs(fine)
        if np.count_nonzero(rough) > most:
            np.add.at(totals, which, fine)
            doubts = np.bincount(which[rough], weights=gap[rough], minlength=totals.size)
            _settle(totals, doubts.astype(np.float64))
            break
        middle = 0.5 * (left + right)
        rough &= (left < middle) & (middle < right)
        np.add.at(totals, which[~rough], fine[~rough])
        if not np.any(rough):
            break
        which = np.tile(which[rough], 2)
        left, right = (
            np.concatenate([left[rough], middle[rough]]),
            np.concatenate([middle[rough], right[rough]]),
        )
    return totals.reshape(edges.shape[:-1])


def _settle(totals: Array, left_over: Array) -> None:
    """Accepts totals whose rough panels disagree by little altogether."""
    if np.any(left_over > _ACCEPTED * (1.0 + np.abs(totals))):
        worst = int(np.argmax(left_over))
        raise ArithmeticError(
            f"quadrature: expected an integrand that 24 nodes a panel resolve, got {totals[worst]:.6g} with "
            f"{left_over[worst]:.2g} in doubt after many halvings"
        )


def _panels(
    function: Integrand, left: Array, right: Array, which: NDArray[np.intp], rule: tuple[Array, Array]
) -> Array:
    """The integral over each panel by one rule."""
    nodes, weights = rule
    half = 0.5 * (right - left)
    points = 0.5 * (left + right)[:, None] + half[:, None] * nodes
    return np.asarray(half * np.sum(weights * function(points, which), axis=-1))
