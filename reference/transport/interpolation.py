r"""The interpolant x_t = (1 - t) x_0 + t x_1 of two independent Gaussians, and the flow that carries one to the other.

With W the basis in which S_0 = W diag(a^2) W^T and S_1 = W diag(c^2) W^T at once, the marginal covariance is
W diag((1 - t)^2 a^2 + t^2 c^2) W^T and every direction of W^-1 x flows by itself.  So the flow is closed whether or
not the covariances commute; W is orthogonal when they do.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import apply
from reference.transport._pairs import (
    Crossing,
    Pencil,
    blended,
    interpolant_mean,
    matrix_between,
    pair,
    pencil,
    state_of_pair,
    unit_time,
)

__all__ = [
    "flow_displacement",
    "interpolation_flow_map",
    "interpolation_flow_matrix",
    "interpolation_law",
    "interpolation_velocity",
]


def interpolation_law(first: Gaussian, second: Gaussian, t: Real) -> Gaussian:
    """Law N((1 - t) m_0 + t m_1, (1 - t)^2 S_0 + t^2 S_1) of (1 - t) x_0 + t x_1, x_0 ~ first and x_1 ~ second.

    The two are independent; first stands at t = 0.
    Shapes: t (...) broadcast with both batch shapes.  Domain: t in [0, 1].
    Catalogue: P95 (Lai et al., arXiv 2510.21890).
    """
    time = unit_time(t)
    one, other = pair(first, second, t=time.shape)
    return Gaussian(interpolant_mean(one, other, time), blended(one, other, time))


def interpolation_velocity(first: Gaussian, second: Gaussian, x: Array, t: Real) -> Array:
    """E[x_1 - x_0 | x_t = x] = m_1 - m_0 + (t S_1 - (1 - t) S_0) V^-1 (x - m_t), V = (1 - t)^2 S_0 + t^2 S_1.

    Formed as (E[x_1 | x] - x)/(1 - t) while first has the larger share of V, else as (x - E[x_0 | x])/t.
    Shapes: x (..., d), t (...) -> (..., d).  Domain: t in [0, 1] where V is positive definite.
    Catalogue: P95 (Lai et al., arXiv 2510.21890).
    """
    one, other, point, time = state_of_pair(first, second, x, t)
    at, late = Crossing.of(one, other, blended(one, other, time), point, time), time[..., None]
    ahead, behind = late * apply(other.covariance, at.white), (1.0 - late) * apply(one.covariance, at.white)
    return at.rate(ahead, behind, time)


def interpolation_flow_matrix(first: Gaussian, second: Gaussian, *, t_start: Real, t_end: Real) -> Array:
    """Jacobian W diag(sqrt(v_end/v_start)) W^-1 of the interpolant's flow, v_t = (1 - t)^2 a^2 + t^2 c^2.

    V_end^(1/2) V_start^(-1/2) when the covariances commute; from 0 to 1 it is (S_1 S_0^-1)^(1/2), which is no symmetric
    matrix, hence not the optimal transport, when they do not.
    Shapes: times (...) -> (..., d, d).  Domain: times in [0, 1] in either order; S_0 + S_1 positive definite, and
    the covariance at t_start.
    Catalogue: P95 (Lai et al., arXiv 2510.21890).
    """
    start, end, (one, other) = _travel(first, second, t_start, t_end)
    _checks.cholesky("covariance at t_start", blended(one, other, start))
    basis = pencil(one, other)
    return matrix_between(basis, _stretches(basis, start, end))


def interpolation_flow_map(first: Gaussian, second: Gaussian, x: Array, *, t_start: Real, t_end: Real) -> Array:
    """Where the interpolant's flow carries x: m_end + W diag(sqrt(v_end/v_start)) W^-1 (x - m_start).

    From 0 to 1 it carries first to second. Where every stretch is near 1 it is formed as the displacement of x.
    Shapes: x (..., d), times (...) -> (..., d).  Domain: that of interpolation_flow_matrix.
    Catalogue: P95 (Lai et al., arXiv 2510.21890).
    """
    point = _checks.event("x", _checks.real("x", x))
    start, end, (one, other) = _travel(first, second, t_start, t_end, x=point.shape[:-1])
    _checks.event("x", point, one.event_size)
    _checks.cholesky("covariance at t_start", blended(one, other, start))
    basis = pencil(one, other)
    stretches, centred = _stretches(basis, start, end), basis.to_basis(point - interpolant_mean(one, other, start))
    far = interpolant_mean(one, other, end) + basis.from_basis(stretches * centred)
    early, late, time = start[..., None], end[..., None], (end - start)[..., None]
    change = time * ((late + early) * basis.second**2 - (2.0 - late - early) * basis.first**2)
    growth = change / (_variance(basis, start) * (1.0 + stretches))
    near = point + (time * (other.mean - one.mean) + basis.from_basis(growth * centred))
    return np.where(np.all(np.abs(growth) < 0.5, axis=-1, keepdims=True), near, far)


def flow_displacement(first: Gaussian, second: Gaussian) -> Array:
    """E |Psi(x) - x|^2 = |m_1 - m_0|^2 + |W diag(c - a)|_F^2 of the flow Psi from 0 to 1, x ~ first.

    At least W2^2, with equality when the covariances commute; at most kinetic_energy.
    Shapes: batch shapes broadcast -> (...).  Domain: S_0 + S_1 positive definite.
    Catalogue: P96 (Lai et al., arXiv 2510.21890).
    """
    one, other = pair(first, second)
    basis = pencil(one, other)
    moves = (basis.lower @ basis.turn) * (basis.second - basis.first)[..., None, :]
    return np.asarray(np.sum(moves**2, axis=(-2, -1)) + np.sum((other.mean - one.mean) ** 2, axis=-1))


# --------------------------------------------------------------------------------------------- private


def _travel(
    first: object, second: object, t_start: Real, t_end: Real, **shapes: tuple[int, ...]
) -> tuple[Array, Array, tuple[Gaussian, Gaussian]]:
    start, end = unit_time(t_start, name="t_start"), unit_time(t_end, name="t_end")
    return start, end, pair(first, second, t_start=start.shape, t_end=end.shape, **shapes)


def _stretches(basis: Pencil, start: Array, end: Array) -> Array:
    """sqrt(v_end/v_start) in every direction of the basis."""
    return np.asarray(np.sqrt(_variance(basis, end)) / np.sqrt(_variance(basis, start)))


def _variance(basis: Pencil, time: Array) -> Array:
    """(1 - t)^2 a^2 + t^2 c^2."""
    return np.asarray(((1.0 - time[..., None]) * basis.first) ** 2 + (time[..., None] * basis.second) ** 2)
