"""Optimal transport between Gaussians, and how much other ways from one to the other cost."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu._factors import factor, root, squares
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import symmetric

from ._pairs import Pair, apply, gaussian, pair, polar
from .interpolation import timed

__all__ = [
    "coupling_energy",
    "displacement_law",
    "displacement_velocity",
    "flow_displacement",
    "kinetic_energy",
    "optimal_transport_map",
    "optimal_transport_matrix",
]


def optimal_transport_matrix(first: Gaussian, second: Gaussian) -> Tensor:
    """The symmetric positive T with T S_0 T = S_1: L^-T (L^T S_1 L)^(1/2) L^-1, S_0 = L L^T; (..., d, d).

    Raises ValueError where S_0 is singular.

    Catalogue: P96 (Lai et al., arXiv 2510.21890); P2.
    """
    laws, _ = pair(first, second)
    lower, _, stretch = _transport(laws)
    half = torch.linalg.solve_triangular(lower.mT, stretch, upper=True)
    return symmetric(torch.linalg.solve_triangular(lower, half, upper=False, left=False))


def optimal_transport_map(first: Gaussian, second: Gaussian, x: Tensor) -> Tensor:
    """The optimal map m_1 + T (x - m_0), (..., d), T L = R O with S_1 = R R^T and O the polar factor of R^T L.

    Raises ValueError where S_0 is singular.

    Catalogue: P96 (Lai et al., arXiv 2510.21890).
    """
    laws, (place,) = timed(first, second, x=x)
    lower, image, _ = _transport(laws)
    white = torch.linalg.solve_triangular(lower, (place - laws.mean_0)[..., None], upper=False)[..., 0]
    return laws.mean_1 + apply(image, white)


def displacement_law(first: Gaussian, second: Gaussian, t: Tensor | float) -> Gaussian:
    """Law of (1 - t) x + t T(x), x ~ first, T the optimal map: N((1 - t) m_0 + t m_1, G G^T), G = ((1 - t) I + t T) L.

    Raises ValueError outside [0, 1] and where S_0 is singular.

    Catalogue: P96 (Lai et al., arXiv 2510.21890).
    """
    laws, (time,) = timed(first, second, t=t)
    lower, image, _ = _transport(laws)
    moved = _between(lower, image, time)
    return gaussian(laws.mean(time), symmetric(moved @ moved.mT))


def displacement_velocity(first: Gaussian, second: Gaussian, x: Tensor, t: Tensor | float) -> Tensor:
    """Velocity (T - I) ((1 - t) I + t T)^-1 (x - m_t) + m_1 - m_0 of that interpolation, (..., d).

    Formed as T L G^-1 (x - m_0) - L G^-1 (x - m_1), G as in `displacement_law`.
    Raises ValueError outside [0, 1], where S_0 is singular, and where x_t has no density.

    Catalogue: P96, P97 (Lai et al., arXiv 2510.21890).
    """
    laws, (place, time) = timed(first, second, x=x, t=t)
    lower, image, _ = _transport(laws)
    moved = _between(lower, image, time)
    factor("the covariance of x_t", symmetric(moved @ moved.mT))
    toward, away = (_solved(moved, place - mean) for mean in (laws.mean_0, laws.mean_1))
    return apply(image, toward) - apply(lower, away)


def flow_displacement(first: Gaussian, second: Gaussian) -> Tensor:
    """E|Psi(x) - x|^2 of the independent interpolant's flow Psi from 0 to 1, x ~ first; (...,).

    |m_1 - m_0|^2 + |L (C - A)|^2, where S_0 = L A^2 L^T and S_1 = L C^2 L^T with A^2 + C^2 = I. Between W_2^2 and
    `kinetic_energy`. Raises ValueError where S_0 + S_1 is singular.

    Catalogue: P96 (Lai et al., arXiv 2510.21890).
    """
    laws, _ = pair(first, second)
    lower, a, c = laws.roots()
    return laws.shift_square + squares(lower @ laws.root_gap(lower, a, c))


def kinetic_energy(first: Gaussian, second: Gaussian) -> Tensor:
    """The energy int_0^1 E|v(x_t, t)|^2 dt of the independent interpolant's velocity, (...,), commuting or not.

    |m_1 - m_0|^2 + |L (C - A)|^2 + (2 - pi/2) tr L A C L^T (roots as in `flow_displacement`): along an axis with
    a^2 + c^2 = 1 the velocity gives a^2 + c^2 - (pi/2) a c. Raises ValueError where S_0 + S_1 is singular.

    Catalogue: P96 (Lai et al., arXiv 2510.21890).
    """
    laws, _ = pair(first, second)
    lower, a, c = laws.roots()
    common = ((lower @ a) * (lower @ c)).sum((-2, -1))
    return laws.shift_square + squares(lower @ laws.root_gap(lower, a, c)) + (2 - math.pi / 2) * common


def coupling_energy(first: Gaussian, second: Gaussian) -> Tensor:
    """E|x_1 - x_0|^2 = |m_1 - m_0|^2 + tr S_0 + tr S_1 of the independent coupling, (...,).

    Catalogue: P96 (Lai et al., arXiv 2510.21890).
    """
    laws, _ = pair(first, second)
    return laws.shift_square + (laws.covariance_0 + laws.covariance_1).diagonal(dim1=-2, dim2=-1).sum(-1)


def _transport(laws: Pair) -> tuple[Tensor, Tensor, Tensor]:
    """L, T L = R O and (L^T S_1 L)^(1/2) for S_0 = L L^T, S_1 = R R^T, R^T L = O (L^T S_1 L)^(1/2)."""
    lower = factor("the covariance of first", laws.covariance_0)
    other = root(laws.covariance_1)
    unitary, stretch = polar(other.mT @ lower)
    return lower, other @ unitary, stretch


def _between(lower: Tensor, image: Tensor, t: Tensor) -> Tensor:
    """The matrix ((1 - t) I + t T) L."""
    part = t[..., None, None]
    return (1 - part) * lower + part * image


def _solved(matrix: Tensor, vector: Tensor) -> Tensor:
    """B^-1 a."""
    solution: Tensor = torch.linalg.solve(matrix, vector[..., None])
    return solution[..., 0]
