"""The one eigenbasis that two commuting symmetric matrices share."""

from __future__ import annotations

import numpy as np

from reference._checks import Array, unit_roundoff
from reference.distributions._linear_algebra import eigensystem

__all__ = ["commuting_eigensystem"]

_MAXIMUM_SWEEPS = 12


def commuting_eigensystem(first_name: str, first: Array, second_name: str, second: Array) -> tuple[Array, Array, Array]:
    """Eigenvalues of A and of B, each >= 0, and their common eigenvectors (columns), for covariances that commute.

    Jacobi rotations, each of which makes one pair of entries of A and of B, in units of their norms, as small as it
    can. An eigenvalue is known to the rounding of its matrix's norm.
    Shapes: A and B (..., d, d), broadcasting -> (..., d), (..., d), (..., d, d).
    Raises ValueError where |AB - BA| > 64 d u |A| |B|; the message holds the norm.
    """
    left, right = np.broadcast_arrays(first, second)
    _refuse_unless_commuting(first_name, left, second_name, right)
    _, vectors = eigensystem(left)
    scales = [_norm(matrix) for matrix in (left, right)]
    pair = np.stack(
        [matrix / np.where(size > 0.0, size, 1.0) for matrix, size in zip((left, right), scales, strict=True)]
    )
    pair = np.swapaxes(vectors, -1, -2) @ pair @ vectors
    size = left.shape[-1]
    for _ in range(_MAXIMUM_SWEEPS):
        turned = False
        for p in range(size):
            for q in range(p + 1, size):
                turn = _rotation(pair, p, q)
                if turn is not None:
                    pair = np.swapaxes(turn, -1, -2) @ pair @ turn
                    vectors, turned = vectors @ turn, True
        if not turned:
            break
    values = [np.maximum(np.einsum("...ij,...ik,...kj->...j", vectors, m, vectors), 0.0) for m in (left, right)]
    return values[0], values[1], vectors


def _rotation(pair: Array, p: int, q: int) -> Array | None:
    """The rotation in the plane of p and q that makes both entries (p, q) small; None where both already are.

    With h = (m_pp - m_qq, 2 m_pq) of each matrix and G the sum of h h^T, twice its angle has the direction of the
    leading eigenvector of G: a quarter turn over two where the diagonals agree.
    """
    gap, cross = pair[..., p, p] - pair[..., q, q], 2.0 * pair[..., p, q]
    if np.all(np.abs(cross) <= unit_roundoff):
        return None
    straight = np.sum(gap**2 - cross**2, axis=0)
    twisted = 2.0 * np.sum(gap * cross, axis=0)
    angle = 0.25 * np.arctan2(twisted, straight)
    active = np.any(np.abs(cross) > unit_roundoff, axis=0)
    cosine, sine = np.where(active, np.cos(angle), 1.0), np.where(active, np.sin(angle), 0.0)
    turn = np.broadcast_to(np.eye(pair.shape[-1]), pair.shape[1:]).copy()
    turn[..., p, p] = turn[..., q, q] = cosine
    turn[..., p, q], turn[..., q, p] = -sine, sine
    return turn


def _refuse_unless_commuting(first_name: str, left: Array, second_name: str, right: Array) -> None:
    commutator = np.sqrt(np.sum((left @ right - right @ left) ** 2, axis=(-2, -1)))
    bound = 64.0 * left.shape[-1] * unit_roundoff * (_norm(left) * _norm(right))[..., 0, 0]
    if np.any(commutator > bound):
        raise ValueError(
            f"{first_name}, {second_name}: expected covariances that commute (elsewhere there is no closed form), got "
            f"a commutator of norm {float(np.max(commutator)):.6g}"
        )


def _norm(matrix: Array) -> Array:
    """Frobenius norm (..., 1, 1)."""
    return np.asarray(np.sqrt(np.sum(matrix**2, axis=(-2, -1), keepdims=True)))
