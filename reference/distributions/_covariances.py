"""The three shapes of covariance that a law stores: diagonal, dense, and low rank plus a multiple of I.

Each answers the same few questions about S and about V = alpha^2 S + sigma^2 I; leading axes are batch axes
(in a mixture the last of them counts components), and alpha, sigma broadcast with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

from reference import _checks
from reference._checks import Array

from ._linear_algebra import (
    apply,
    cholesky_pivots,
    eigensystem,
    select,
    solve_lower,
    solve_upper,
    symmetrized,
)

__all__ = ["Anchor", "Covariance", "Dense", "Diagonal", "Factor", "LowRank"]


class Factor(Protocol):
    """A factorised positive definite V: V^-1 z, z^T V^-1 z, and pivots whose product is |V|."""

    @property
    def pivots(self) -> Array: ...
    def solve(self, vector: Array) -> Array: ...
    def quadratic(self, vector: Array) -> Array: ...
    def inverse(self) -> Array: ...


class Anchor(NamedTuple):
    """Levels, and the component c to compare with: alpha z_c and alpha V_c^-1 z_c (..., 1, d)."""

    alpha: Array
    sigma: Array
    component: NDArray[np.intp]
    residual: Array
    whitened: Array


class Covariance(Protocol):
    """What a law needs to know about its covariance S = U diag(eigenvalues) U^T."""

    @property
    def matrix(self) -> Array: ...
    @property
    def eigenvalues(self) -> Array: ...
    def to_eigenbasis(self, vector: Array) -> Array: ...
    def from_eigenbasis(self, vector: Array) -> Array: ...
    def with_eigenvalues(self, values: Array) -> Covariance: ...
    def factor(self, alpha: Array, sigma: Array) -> Factor: ...
    def diffuse(self, alpha: Array, sigma: Array) -> Covariance: ...
    def deviations(self, factor: Factor, shifts: Array, anchor: Anchor) -> Array:
        """V_k^-1 [shifts_k + alpha (S_k - S_c) V_c^-1 z_c] for every component k."""

    def select(self, index: NDArray[np.intp]) -> Covariance: ...


# --------------------------------------------------------------------------------------------- factors


@dataclass(frozen=True, eq=False)
class DiagonalFactor:
    """V = diag(pivots)."""

    pivots: Array

    def solve(self, vector: Array) -> Array:
        return vector / self.pivots

    def quadratic(self, vector: Array) -> Array:
        return np.asarray(np.sum(vector * (vector / self.pivots), axis=-1))

    def inverse(self) -> Array:
        return (1.0 / self.pivots)[..., None] * np.eye(self.pivots.shape[-1])


@dataclass(frozen=True, eq=False)
class TriangularFactor:
    """V = L L^T."""

    lower: Array

    @property
    def pivots(self) -> Array:
        return np.asarray(np.diagonal(self.lower, axis1=-2, axis2=-1) ** 2)

    def solve(self, vector: Array) -> Array:
        return solve_upper(self.lower, solve_lower(self.lower, vector))

    def quadratic(self, vector: Array) -> Array:
        return np.asarray(np.sum(solve_lower(self.lower, vector) ** 2, axis=-1))

    def inverse(self) -> Array:
        half = solve_lower(self.lower[..., None, :, :], np.eye(self.lower.shape[-1]))  # rows: L^-1 e_j
        return symmetrized(half @ np.swapaxes(half, -1, -2))


@dataclass(frozen=True, eq=False)
class PivotedFactor:
    """V = L L^T after its coordinates are put into ``order`` (..., d)."""

    lower: Array
    order: NDArray[np.intp]

    @property
    def pivots(self) -> Array:
        return TriangularFactor(self.lower).pivots

    def solve(self, vector: Array) -> Array:
        return self._restored(TriangularFactor(self.lower).solve(self._ordered(vector)))

    def quadratic(self, vector: Array) -> Array:
        return TriangularFactor(self.lower).quadratic(self._ordered(vector))

    def inverse(self) -> Array:
        inverse = TriangularFactor(self.lower).inverse()
        places = np.argsort(self.order, axis=-1)
        rows = np.take_along_axis(inverse, places[..., :, None], axis=-2)
        return np.take_along_axis(rows, places[..., None, :], axis=-1)

    def _ordered(self, vector: Array) -> Array:
        shape = np.broadcast_shapes(vector.shape, self.order.shape)
        return np.take_along_axis(np.broadcast_to(vector, shape), np.broadcast_to(self.order, shape), axis=-1)

    def _restored(self, vector: Array) -> Array:
        places = np.broadcast_to(np.argsort(self.order, axis=-1), vector.shape)
        return np.take_along_axis(vector, places, axis=-1)


def _stacked_factor(rows: Array, spread: Array) -> PivotedFactor:
    """Factor of A^T A + spread^2 I from the QR of [A; spread I], without forming the ill-conditioned sum.

    Rows sorted by size and columns pivoted make every row of the stack keep its own relative accuracy.
    """
    size = rows.shape[-1]
    floor = spread[..., None, None] * np.eye(size)
    shape = np.broadcast_shapes(rows.shape[:-2], floor.shape[:-2])
    stack = np.concatenate(
        [np.broadcast_to(rows, (*shape, *rows.shape[-2:])), np.broadcast_to(floor, (*shape, size, size))],
        axis=-2,
    )
    largest = np.argsort(-np.abs(stack).max(axis=-1), axis=-1, kind="stable")
    stack = np.take_along_axis(stack, largest[..., None], axis=-2)
    lower, order = np.zeros((*shape, size, size)), np.zeros((*shape, size), dtype=np.intp)
    for index in np.ndindex(shape):
        upper, order[index] = qr(stack[index], mode="r", pivoting=True)
        lower[index] = upper[:size].T
    return PivotedFactor(lower, order)


# ---------------------------------------------------------------------------------------- the structures


@dataclass(frozen=True, eq=False)
class Diagonal:
    """S = diag(variances); isotropic covariances are stored as equal variances."""

    eigenvalues: Array

    @property
    def matrix(self) -> Array:
        return self.eigenvalues[..., None] * np.eye(self.eigenvalues.shape[-1])

    def to_eigenbasis(self, vector: Array) -> Array:
        return vector

    def from_eigenbasis(self, vector: Array) -> Array:
        return vector

    def with_eigenvalues(self, values: Array) -> Diagonal:
        return Diagonal(values)

    def factor(self, alpha: Array, sigma: Array) -> DiagonalFactor:
        variances = self.diffuse(alpha, sigma).eigenvalues
        if not np.all(variances > 0.0):
            raise ValueError(
                "covariance: expected a positive definite matrix (a singular one has no density), "
                f"got smallest eigenvalue {float(variances.min()):.6g}"
            )
        return DiagonalFactor(variances)

    def diffuse(self, alpha: Array, sigma: Array) -> Diagonal:
        return Diagonal(alpha[..., None] ** 2 * self.eigenvalues + sigma[..., None] ** 2)

    def deviations(self, factor: Factor, shifts: Array, anchor: Anchor) -> Array:
        return factor.solve(
            shifts + (self.eigenvalues - select(self.eigenvalues, anchor.component, 1)[..., None, :]) * anchor.whitened
        )

    def select(self, index: NDArray[np.intp]) -> Diagonal:
        return Diagonal(select(self.eigenvalues, index, 1))


@dataclass(frozen=True, eq=False)
class Dense:
    """S given as a matrix, symmetric bit for bit and positive semidefinite."""

    matrix: Array

    @cached_property
    def _eigensystem(self) -> tuple[Array, Array]:
        return eigensystem(self.matrix)

    @property
    def eigenvalues(self) -> Array:
        return self._eigensystem[0]

    def to_eigenbasis(self, vector: Array) -> Array:
        return apply(np.swapaxes(self._eigensystem[1], -1, -2), vector)

    def from_eigenbasis(self, vector: Array) -> Array:
        return apply(self._eigensystem[1], vector)

    def with_eigenvalues(self, values: Array) -> Dense:
        return Dense(_spectral(self._eigensystem[1], values))

    def factor(self, alpha: Array, sigma: Array) -> Factor:
        """Cholesky of V; where sigma is lost beside a singular S, QR of [alpha S^(1/2); sigma I]."""
        marginal = self.diffuse(alpha, sigma).matrix
        lower, sound = cholesky_pivots(marginal)
        if np.all(sound):
            return TriangularFactor(lower)
        if not np.all(sound | (sigma > 0.0)):
            _checks.cholesky("covariance", marginal[~sound & ~(sigma > 0.0)])
        values, vectors = self._eigensystem
        root = np.sqrt(values)[..., None] * np.swapaxes(vectors, -1, -2)
        stacked = _stacked_factor(alpha[..., None, None] * root, sigma)
        plain = np.broadcast_to(np.arange(self.matrix.shape[-1]), stacked.order.shape)
        return PivotedFactor(
            np.where(sound[..., None, None], lower, stacked.lower),
            np.where(sound[..., None], plain, stacked.order),
        )

    def diffuse(self, alpha: Array, sigma: Array) -> Dense:
        size = self.matrix.shape[-1]
        return Dense(alpha[..., None, None] ** 2 * self.matrix + sigma[..., None, None] ** 2 * np.eye(size))

    def deviations(self, factor: Factor, shifts: Array, anchor: Anchor) -> Array:
        difference = self.matrix - select(self.matrix, anchor.component, 2)[..., None, :, :]
        return factor.solve(shifts + apply(difference, anchor.whitened))

    def select(self, index: NDArray[np.intp]) -> Dense:
        return Dense(select(self.matrix, index, 2))


@dataclass(frozen=True, eq=False)
class LowRank:
    """S = F F^T + v I with factors F (..., d, r) and variances v (...,); F is what errors are relative to."""

    factors: Array
    variances: Array

    @cached_property
    def _singular_system(self) -> tuple[Array, Array, Array]:
        """F = U diag(s) W^T: U completed to a basis (..., d, d), s^2 and F W (..., d, m), m = min(d, r)."""
        left, singular_values, right = np.linalg.svd(self.factors, full_matrices=True)
        kept = np.swapaxes(right[..., : singular_values.shape[-1], :], -1, -2)
        return left, singular_values**2, self.factors @ kept

    @property
    def _vectors(self) -> Array:
        return self._singular_system[0]

    @property
    def matrix(self) -> Array:
        size = self.factors.shape[-2]
        spanned = symmetrized(self.factors @ np.swapaxes(self.factors, -1, -2))
        return spanned + self.variances[..., None, None] * np.eye(size)

    @property
    def eigenvalues(self) -> Array:
        squares = self._singular_system[1]
        missing = self.factors.shape[-2] - squares.shape[-1]
        return np.pad(squares, [(0, 0)] * (squares.ndim - 1) + [(0, missing)]) + self.variances[..., None]

    def to_eigenbasis(self, vector: Array) -> Array:
        return apply(np.swapaxes(self._vectors, -1, -2), vector)

    def from_eigenbasis(self, vector: Array) -> Array:
        return apply(self._vectors, vector)

    def with_eigenvalues(self, values: Array) -> Dense:
        return Dense(_spectral(self._vectors, values))

    def factor(self, alpha: Array, sigma: Array) -> PivotedFactor:
        marginal = self.diffuse(alpha, sigma)
        factor = _stacked_factor(np.swapaxes(marginal.factors, -1, -2), np.sqrt(marginal.variances))
        smallest = float(factor.pivots.min(initial=np.inf))
        if not smallest > 0.0:
            raise ValueError(
                "covariance: expected a positive definite matrix (a singular one has no density), "
                f"got smallest eigenvalue {smallest:.6g}"
            )
        return factor

    def diffuse(self, alpha: Array, sigma: Array) -> LowRank:
        return LowRank(alpha[..., None, None] * self.factors, alpha**2 * self.variances + sigma**2)

    def deviations(self, factor: Factor, shifts: Array, anchor: Anchor) -> Array:
        """As elsewhere, by V^-1 b = b/(alpha^2 |b|^2 + alpha^2 v + sigma^2), b the orthogonal columns of F W.

        A rounded F F^T y leaves the range of F, and V^-1 would amplify what leaves it.
        """
        lead = self.select(anchor.component)
        squares, columns = self._singular_system[1:]
        signal, noise = anchor.alpha[..., None] ** 2, anchor.sigma[..., None] ** 2
        marginal = signal * (squares + self.variances[..., None]) + noise
        transposed = np.swapaxes(columns, -1, -2)
        own = apply(columns, apply(transposed, anchor.whitened) / marginal)
        weights = select(apply(transposed, anchor.residual) / marginal, anchor.component, 1)
        spread = (self.variances - lead.variances[..., None])[..., None]
        total = factor.solve(shifts + spread * anchor.whitened) + own
        lead_columns = select(columns, anchor.component, 2)[..., None, :, :]
        for j in range(columns.shape[-1]):
            total = total - factor.solve(lead_columns[..., j]) * weights[..., None, None, j]
        return total

    def select(self, index: NDArray[np.intp]) -> LowRank:
        return LowRank(select(self.factors, index, 2), select(self.variances, index, 0))


def _spectral(vectors: Array, values: Array) -> Array:
    """U diag(values) U^T, symmetric bit for bit."""
    return symmetrized((vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2))
