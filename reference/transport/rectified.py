"""Rectified flows: the coupling that a flow makes of its own ends, and how far a map is from a gradient."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import symmetrized
from reference.transport._pairs import pencil, state_of_pair

__all__ = ["brenier_defect", "reflow_velocity"]


def reflow_velocity(first: Gaussian, second: Gaussian, x: Array, t: Real) -> Array:
    """Velocity of the second rectified flow: that of (1 - t) x_0 + t Psi(x_0), Psi the first flow's map from 0 to 1.

    m_1 - m_0 + (P - I)((1 - t) I + t P)^-1 (x - m_t), P = interpolation_flow_matrix from 0 to 1. Its lines are
    straight: at (1 - t) x + t Psi(x) it is Psi(x) - x, and one Euler step is exact. P is similar to a positive matrix,
    so the lines never cross; where the covariances commute P is the optimal T, and this displacement_velocity.
    Formed as W diag(1/n) [c W^-1 (x - m_0) - a W^-1 (x - m_1)], n = (1 - t) a + t c.
    Shapes: x (..., d), t (...) -> (..., d).  Domain: t in [0, 1] where x_t has a density; S_0 + S_1 positive definite.
    Catalogue: P97 (Lai et al., arXiv 2510.21890; Liu et al., arXiv 2209.03003).
    """
    one, other, point, time = state_of_pair(first, second, x, t)
    basis = pencil(one, other)
    between = (1.0 - time[..., None]) * basis.first + time[..., None] * basis.second
    image = (basis.lower @ basis.turn) * between[..., None, :]
    _checks.cholesky("covariance of x_t", symmetrized(image @ np.swapaxes(image, -1, -2)))
    forward = basis.second / between * basis.to_basis(point - one.mean)
    return basis.from_basis(forward - basis.first / between * basis.to_basis(point - other.mean))


def brenier_defect(jacobian: Array) -> Array:
    """|J - J^T|_F, zero exactly where the map is locally a gradient, as every optimal transport map is.

    The flow of a mixture in d >= 2 and that of two covariances that do not commute have a defect.
    Shapes: (..., d, d) -> (...).
    Catalogue: P97 (Lai et al., arXiv 2510.21890).
    """
    matrix = _checks.square("jacobian", jacobian)
    return np.asarray(np.sqrt(np.sum((matrix - np.swapaxes(matrix, -1, -2)) ** 2, axis=(-2, -1))))
