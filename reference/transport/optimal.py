"""Optimal transport between Gaussians, and the chain W2^2 <= E|Psi(x) - x|^2 <= kinetic energy <= coupling energy."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import apply, solve_lower, solve_upper, symmetrized
from reference.transport._pairs import interpolant_mean, pair, pencil, root, state_of_pair, unit_time

__all__ = [
    "coupling_energy",
    "displacement_law",
    "displacement_velocity",
    "kinetic_energy",
    "optimal_transport_map",
    "optimal_transport_matrix",
]


def optimal_transport_matrix(first: Gaussian, second: Gaussian) -> Array:
    """The symmetric positive T = S_0^(-1/2) (S_0^(1/2) S_1 S_0^(1/2))^(1/2) S_0^(-1/2), for which T S_0 T = S_1.

    Formed as L^-T (L^T S_1 L)^(1/2) L^-1 with S_0 = L L^T; the root comes from singular values of R L, S_1 = R^T R.
    Shapes: batch shapes broadcast -> (..., d, d), symmetric bit for bit.  Domain: S_0 positive definite.
    Catalogue: P96 (Lai et al., arXiv 2510.21890); P2.
    """
    one, other = pair(first, second)
    lower, _, singular_values, right = _polar(one, other)
    rows = solve_upper(lower[..., None, :, :], np.sqrt(singular_values)[..., None] * right)
    return symmetrized(np.swapaxes(rows, -1, -2) @ rows)


def optimal_transport_map(first: Gaussian, second: Gaussian, x: Array) -> Array:
    """m_1 + T (x - m_0), the gradient of a convex function that carries first to second.

    Shapes: x (..., d) -> (..., d).  Domain: S_0 positive definite.
    Catalogue: P96 (Lai et al., arXiv 2510.21890).
    """
    one, other, point, _ = state_of_pair(first, second, x, 0.0)
    return np.asarray(other.mean + apply(optimal_transport_matrix(one, other), point - one.mean))


def displacement_law(first: Gaussian, second: Gaussian, t: Real) -> Gaussian:
    """McCann's interpolation: the law of (1 - t) x + t T(x), x ~ first, T the optimal map.

    N((1 - t) m_0 + t m_1, G G^T), G = ((1 - t) I + t T) L = (1 - t) L + t R^T O, O the polar factor of R L.
    Its W2 distance to first is t W2(first, second).
    Shapes: t (...) broadcast with both batch shapes.  Domain: t in [0, 1], S_0 positive definite.
    Catalogue: P96 (Lai et al., arXiv 2510.21890).
    """
    time = unit_time(t)
    one, other = pair(first, second, t=time.shape)
    lower, carried, _, _ = _polar(one, other)
    factor = (1.0 - time[..., None, None]) * lower + time[..., None, None] * carried
    return Gaussian(interpolant_mean(one, other, time), symmetrized(factor @ np.swapaxes(factor, -1, -2)))


def displacement_velocity(first: Gaussian, second: Gaussian, x: Array, t: Real) -> Array:
    """Velocity m_1 - m_0 + (T - I)((1 - t) I + t T)^-1 (x - m_t) of McCann's interpolation; its lines are straight.

    The velocity of least kinetic energy from first to second: W2^2.
    Formed as T N^-1 (x - m_0) - N^-1 (x - m_1), N = (1 - t) I + t T.
    Shapes: x (..., d), t (...) -> (..., d).  Domain: t in [0, 1], S_0 positive definite, and S_1 at t = 1.
    Catalogue: P96, P97 (Lai et al., arXiv 2510.21890).
    """
    one, other, point, time = state_of_pair(first, second, x, t)
    transport = optimal_transport_matrix(one, other)
    between = (1.0 - time[..., None, None]) * np.eye(one.event_size) + time[..., None, None] * transport
    lower = _checks.cholesky("(1 - t) I + t T", symmetrized(between))
    to_second, to_first = (solve_upper(lower, solve_lower(lower, point - law.mean)) for law in (one, other))
    return np.asarray(apply(transport, to_second) - to_first)


def kinetic_energy(first: Gaussian, second: Gaussian) -> Array:
    """Integral over t in [0, 1] of E |v(x_t, t)|^2 for the independent interpolant's velocity.

    |m_1 - m_0|^2 + tr(S_0 + S_1) - (pi/2) tr(S_0 # S_1), S_0 # S_1 = W diag(a c) W^T the geometric mean, since
    int (t c^2 - (1 - t) a^2)^2/((1 - t)^2 a^2 + t^2 c^2) dt = a^2 + c^2 - (pi/2) a c in each direction.
    For a = 1, c = s: 1 + s^2 - (pi/2) s a dimension.
    Shapes: batch shapes broadcast -> (...).  Domain: S_0 + S_1 positive definite; commuting or not.
    Catalogue: P96 (Lai et al., arXiv 2510.21890).
    """
    one, other = pair(first, second)
    basis = pencil(one, other)
    mean = np.sum((basis.lower @ basis.turn) ** 2 * (basis.first * basis.second)[..., None, :], axis=(-2, -1))
    return np.asarray(coupling_energy(one, other) - 0.5 * np.pi * mean)


def coupling_energy(first: Gaussian, second: Gaussian) -> Array:
    """E |x_1 - x_0|^2 = |m_1 - m_0|^2 + tr S_0 + tr S_1 of the independent coupling.

    Shapes: batch shapes broadcast -> (...).
    Catalogue: P96 (Lai et al., arXiv 2510.21890).
    """
    one, other = pair(first, second)
    spreads = [np.trace(law.covariance, axis1=-2, axis2=-1) for law in (one, other)]
    return np.asarray(np.sum((other.mean - one.mean) ** 2, axis=-1) + (spreads[0] + spreads[1]))


# --------------------------------------------------------------------------------------------- private


def _polar(first: Gaussian, second: Gaussian) -> tuple[Array, Array, Array, Array]:
    """L, T L = R^T O, and singular values s and right vectors V^T of R L = U diag(s) V^T, O = U V^T."""
    lower = _checks.cholesky("first.covariance", first.covariance)
    factor = root(second.covariance)
    left, singular_values, right = np.linalg.svd(factor @ lower)
    return lower, np.asarray(np.swapaxes(factor, -1, -2) @ (left @ right)), singular_values, right
