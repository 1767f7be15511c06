"""Small dense linear algebra over batches, accurate entry by entry for graded matrices."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reference._checks import Array, unit_roundoff

__all__ = [
    "apply",
    "binary_product",
    "cholesky_pivots",
    "eigensystem",
    "frozen",
    "log_product",
    "outer",
    "select",
    "solve_lower",
    "solve_upper",
    "symmetrized",
]

_MAXIMUM_SWEEPS = 60
_negligible = 0.25 * unit_roundoff


def frozen(array: Array) -> Array:
    """A read-only copy, so that no caller can change a law after its checks."""
    copy = np.array(array, dtype=np.float64)
    copy.setflags(write=False)
    return copy


def apply(matrix: Array, vector: Array) -> Array:
    """Matrix times vector over batches: (..., m, n) and (..., n) give (..., m)."""
    product: Array = np.einsum("...ij,...j->...i", matrix, vector)
    return product


def outer(left: Array, right: Array) -> Array:
    """Outer product over batches: (..., m) and (..., n) give (..., m, n)."""
    return left[..., :, None] * right[..., None, :]


def symmetrized(matrix: Array) -> Array:
    """(M + M^T) / 2, symmetric bit for bit."""
    half: Array = 0.5 * (matrix + np.swapaxes(matrix, -1, -2))
    return half


def select(array: Array, index: NDArray[np.intp], event_dims: int) -> Array:
    """One component of (*B, K, *event) for every entry of an index whose shape broadcasts with *B."""
    axis = -1 - event_dims
    shape = np.broadcast_shapes(array.shape[:axis], index.shape)
    event = array.shape[array.ndim - event_dims :]
    choices = np.broadcast_to(array, (*shape, array.shape[axis], *event))
    chosen = np.broadcast_to(index, shape).reshape(*shape, *(1,) * (event_dims + 1))
    return np.take_along_axis(choices, chosen, axis=axis).squeeze(axis)


def binary_product(values: Array) -> tuple[Array, Array]:
    """prod_j v_j = m 2^n over the last axis, as the pair (m, n) with n an exact integer; nothing overflows."""
    mantissas, exponents = np.frexp(values)
    return np.asarray(np.prod(mantissas, axis=-1)), exponents.sum(axis=-1).astype(np.float64)


def log_product(values: Array) -> tuple[Array, Array]:
    """Log prod_j v_j = log m + n log 2 over the last axis, as the pair (log m, n) with n an exact integer."""
    mantissa, exponent = binary_product(values)
    return np.log(mantissa), exponent


# ------------------------------------------------------------------------------------------- triangular


def cholesky_pivots(matrix: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Lower Cholesky factors, and which of them are sound.

    A factor is sound when no squared pivot is lost in the rounding of its diagonal entry,
    L_ii^2 > 4 d u S_ii; the entries of an unsound factor are meaningless.
    Error: |L L^T - S|_ij <= (d + 1) u sqrt(S_ii S_jj), whatever the scales of the coordinates.
    """
    size = matrix.shape[-1]
    lower = np.zeros_like(matrix)
    sound: NDArray[np.bool_] = np.ones(matrix.shape[:-2], dtype=np.bool_)
    for j in range(size):
        column = matrix[..., j:, j] - apply(lower[..., j:, :j], lower[..., j, :j])
        pivot = column[..., 0]
        good = pivot > 4.0 * size * unit_roundoff * matrix[..., j, j]
        sound &= good
        lower[..., j:, j] = column / np.sqrt(np.where(good, pivot, 1.0))[..., None]
    return lower, sound


def solve_lower(lower: Array, right: Array) -> Array:
    """L^-1 b by forward substitution, (..., d, d) and (..., d)."""
    shape = np.broadcast_shapes(lower.shape[:-1], right.shape)
    solution = np.zeros(shape)
    for j in range(shape[-1]):
        known = np.sum(lower[..., j, :j] * solution[..., :j], axis=-1)
        solution[..., j] = (right[..., j] - known) / lower[..., j, j]
    return solution


def solve_upper(lower: Array, right: Array) -> Array:
    """L^-T b by back substitution, (..., d, d) and (..., d)."""
    shape = np.broadcast_shapes(lower.shape[:-1], right.shape)
    solution = np.zeros(shape)
    for j in reversed(range(shape[-1])):
        known = np.sum(lower[..., j + 1 :, j] * solution[..., j + 1 :], axis=-1)
        solution[..., j] = (right[..., j] - known) / lower[..., j, j]
    return solution


# ------------------------------------------------------------------------------------------ eigensystem


def eigensystem(matrix: Array) -> tuple[Array, Array]:
    """Eigenvalues (..., d) >= 0 and eigenvectors (..., d, d) (columns) of positive semidefinite matrices.

    Cyclic Jacobi rotations over disjoint pairs, until every |S_pq| <= sqrt(S_pp S_qq) u/4.
    Unlike a reduction to tridiagonal form this keeps the small eigenvalues and the small entries of the
    eigenvectors of a graded matrix D R D (R well conditioned) to full relative accuracy.
    A rounded singular matrix can show an eigenvalue below zero; it is taken as zero.
    """
    size = matrix.shape[-1]
    current = np.array(matrix)
    vectors = np.broadcast_to(np.eye(size), matrix.shape).copy()
    for _ in range(_MAXIMUM_SWEEPS):
        if _is_diagonal(current):
            break
        for first, second in _rounds(size):
            current, vectors = _rotate(current, vectors, first, second)
    values = np.maximum(np.diagonal(current, axis1=-2, axis2=-1), 0.0)
    return values, vectors


def _is_diagonal(matrix: Array) -> bool:
    diagonal = np.abs(np.diagonal(matrix, axis1=-2, axis2=-1))
    scale = np.sqrt(diagonal)
    off_diagonal = ~np.eye(matrix.shape[-1], dtype=np.bool_)
    return not np.any((np.abs(matrix) > _negligible * outer(scale, scale)) & off_diagonal)


def _rotate(matrix: Array, vectors: Array, first: NDArray[np.intp], second: NDArray[np.intp]) -> tuple[Array, Array]:
    """One round of Jacobi: annihilate the entries (p, q) of disjoint pairs."""
    left, right, cross = matrix[..., first, first], matrix[..., second, second], matrix[..., first, second]
    active = np.abs(cross) > _negligible * np.sqrt(np.abs(left)) * np.sqrt(np.abs(right))
    # hypot keeps t = sign(g) 2c / (|g| + sqrt(g^2 + 4c^2)) free of overflow in the quotient g / 2c.
    twice, gap = np.where(active, 2.0 * cross, 1.0), right - left
    tangent = np.where(active, np.copysign(twice, gap * twice) / (np.abs(gap) + np.hypot(gap, twice)), 0.0)
    cosine = 1.0 / np.hypot(1.0, tangent)
    sine = cosine * tangent
    # Only the rotation's departure from I is multiplied, so that a small angle adds little rounding.
    turn = np.zeros_like(matrix)
    turn[..., first, first] = turn[..., second, second] = -sine * sine / (1.0 + cosine)
    turn[..., first, second] = sine
    turn[..., second, first] = -sine
    half = matrix + np.swapaxes(turn, -1, -2) @ matrix
    turned = symmetrized(half + half @ turn)
    turned[..., first, first] = left - tangent * cross
    turned[..., second, second] = right + tangent * cross
    turned[..., first, second] = np.where(active, 0.0, cross)
    turned[..., second, first] = turned[..., first, second]
    return turned, vectors + vectors @ turn


@lru_cache(maxsize=64)
def _rounds(size: int) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]:
    """Every pair p < q once, in rounds of disjoint pairs (the round-robin tournament)."""
    players = list(range(size + size % 2))
    rounds = []
    for _ in range(len(players) - 1):
        half = len(players) // 2
        pairs = [
            (min(p, q), max(p, q))
            for p, q in zip(players[:half], reversed(players[half:]), strict=True)
            if max(p, q) < size
        ]
        if pairs:
            rounds.append((np.array([p for p, _ in pairs]), np.array([q for _, q in pairs])))
        players = [players[0], players[-1], *players[1:-1]]
    return tuple(rounds)
