"""Two Gaussians, and the one basis in which both of their covariances are diagonal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import apply, eigensystem, solve_lower, solve_upper, symmetrized

__all__ = [
    "Crossing",
    "Pencil",
    "blended",
    "interpolant_mean",
    "matrix_between",
    "pair",
    "pencil",
    "root",
    "state_of_pair",
    "unit_time",
]


class Pencil(NamedTuple):
    """S_0 = W diag(first^2) W^T and S_1 = W diag(second^2) W^T, with W = lower turn; W need not be orthogonal."""

    lower: Array
    turn: Array
    first: Array
    second: Array

    def to_basis(self, vector: Array) -> Array:
        """W^-1 v."""
        return apply(np.swapaxes(self.turn, -1, -2), solve_lower(self.lower, vector))

    def from_basis(self, vector: Array) -> Array:
        """W v."""
        return apply(self.lower @ self.turn, vector)


def pair(first: object, second: object, **shapes: tuple[int, ...]) -> tuple[Gaussian, Gaussian]:
    """Two Gaussians of one event size, whose batch shapes broadcast with the named ones."""
    one, other = _checks.instance("first", first, Gaussian), _checks.instance("second", second, Gaussian)
    if one.event_size != other.event_size:
        raise ValueError(f"second: expected event size {one.event_size}, that of first, got {other.event_size}")
    _checks.broadcast(first=one.batch_shape, second=other.batch_shape, **shapes)
    return one, other


def state_of_pair(first: object, second: object, x: object, t: object) -> tuple[Gaussian, Gaussian, Array, Array]:
    """Two Gaussians, a point and a time in [0, 1]."""
    point, time = _checks.event("x", _checks.real("x", x)), unit_time(t)
    one, other = pair(first, second, x=point.shape[:-1], t=time.shape)
    _checks.event("x", point, one.event_size)
    return one, other, point, time


def unit_time(value: object, *, name: str = "t") -> Array:
    """Times in [0, 1]."""
    return _checks.time_in_domain(_Interpolation(), value, name=name)


def interpolant_mean(first: Gaussian, second: Gaussian, time: Array) -> Array:
    """(1 - t) m_0 + t m_1."""
    return np.asarray((1.0 - time[..., None]) * first.mean + time[..., None] * second.mean)


def blended(first: Gaussian, second: Gaussian, time: Array) -> Array:
    """(1 - t)^2 S_0 + t^2 S_1."""
    t = time[..., None, None]
    return np.asarray((1.0 - t) ** 2 * first.covariance + t**2 * second.covariance)


def root(covariance: Array) -> Array:
    """R with R^T R = S, singular S included."""
    values, vectors = eigensystem(covariance)
    return np.asarray(np.sqrt(values)[..., None] * np.swapaxes(vectors, -1, -2))


class Crossing(NamedTuple):
    """A point x at time t of an interpolant of covariance V, seen from both ends."""

    from_first: Array
    from_second: Array
    centred: Array
    white: Array
    early: Array

    @classmethod
    def of(cls, first: Gaussian, second: Gaussian, covariance: Array, x: Array, time: Array) -> Crossing:
        """X - m_0, x - m_1, x - m_t, V^-1 (x - m_t), and whether first has the larger share of V."""
        lower, late = _checks.cholesky("covariance of x_t", covariance), time[..., None]
        start, end = x - first.mean, x - second.mean
        centred = (1.0 - late) * start + late * end
        shares = [np.linalg.norm(law.covariance, axis=(-2, -1))[..., None] for law in (first, second)]
        early = late**2 * shares[1] <= (1.0 - late) ** 2 * shares[0]
        return cls(start, end, centred, solve_upper(lower, solve_lower(lower, centred)), early)

    def rate(self, to_second: Array, to_first: Array, time: Array) -> Array:
        """E[x_1 - x_0 | x] from E[x_1 | x] = m_1 + to_second early on, else from E[x_0 | x] = m_0 + to_first.

        Where first has nearly all of V the latter is nearly x, and known no better than V is conditioned.
        """
        late = time[..., None]
        before = (to_second - self.from_second) / np.where(self.early, 1.0 - late, 1.0)
        after = (self.from_first - to_first) / np.where(self.early, 1.0, late)
        return np.where(self.early, before, after)


def pencil(first: Gaussian, second: Gaussian) -> Pencil:
    """The basis of S_0 and S_1, which may be singular as long as their sum is not.

    With L L^T = B the sum of both in units of their traces and S_1 = R^T R, W = L V for R L^-T = U diag(c) V^T.
    The deviations are norms |R_i L^-T v|: no eigenvalue of a square is formed.
    """
    covariances = np.broadcast_arrays(first.covariance, second.covariance)
    scales = [_scale(np.trace(matrix, axis1=-2, axis2=-1)) for matrix in covariances]
    total = covariances[0] / scales[0][..., None, None] + covariances[1] / scales[1][..., None, None]
    lower = _checks.cholesky("first.covariance + second.covariance", symmetrized(total))
    # rows of R L^-T are L^-1 r
    white = [solve_lower(lower[..., None, :, :], root(matrix)) for matrix in covariances]
    units = white[1] / np.sqrt(scales[1])[..., None, None]
    turn = np.swapaxes(np.linalg.svd(units)[2], -1, -2)
    deviations = [np.sqrt(np.sum((matrix @ turn) ** 2, axis=-2)) for matrix in white]
    return Pencil(lower, turn, deviations[0], deviations[1])


def matrix_between(basis: Pencil, values: Array) -> Array:
    """W diag(values) W^-1."""
    inverse = np.swapaxes(solve_lower(basis.lower[..., None, :, :], np.eye(basis.lower.shape[-1])), -1, -2)
    image = (basis.lower @ basis.turn) * values[..., None, :]
    return np.asarray(image @ (np.swapaxes(basis.turn, -1, -2) @ inverse))


# --------------------------------------------------------------------------------------------- private


class _Interpolation:
    """The interval of an interpolant's times."""

    @property
    def domain(self) -> tuple[float, float]:
        return 0.0, 1.0


def _scale(trace: Array) -> Array:
    return np.where(trace > 0.0, trace, 1.0)
