"""The triangular factor of A^T A from A itself, for rows and columns of any scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr, solve_triangular

from reference._checks import Array
from reference.distributions._linear_algebra import apply

__all__ = ["Stack"]


@dataclass(frozen=True)
class Stack:
    """Factorised tall A = Q R over batches: Q^T (..., n, m), and R and R^-1 (..., n, n) in the columns' own order.

    Rows sorted by size and columns pivoted let every row and column keep its own relative accuracy.
    """

    transposed: Array
    upper: Array
    inverse: Array
    pivots: Array

    @classmethod
    def of(cls, *parts: Array) -> Self:
        """The rows of all parts, one below the other; (..., m_i, n) of broadcasting batch shapes."""
        batch = np.broadcast_shapes(*(part.shape[:-2] for part in parts))
        matrix = np.concatenate([np.broadcast_to(part, (*batch, *part.shape[-2:])) for part in parts], axis=-2)
        height, width = matrix.shape[-2:]
        transposed = np.empty((*batch, width, height))
        upper, inverse = np.empty((*batch, width, width)), np.empty((*batch, width, width))
        pivots = np.empty((*batch, width))
        for index in np.ndindex(batch):
            rows: NDArray[np.intp] = np.argsort(-np.abs(matrix[index]).max(axis=-1), kind="stable")
            orthogonal, triangle, order = qr(matrix[index][rows], mode="economic", pivoting=True)
            transposed[index][:, rows] = orthogonal.T
            upper[index][:, order] = triangle
            inverse[index][order] = solve_triangular(triangle, np.eye(width))
            pivots[index] = np.diagonal(triangle) ** 2
        return cls(transposed, upper, inverse, pivots)

    def project(self, *parts: Array) -> Array:
        """Q^T b for the stacked parts of b, (..., m_i) each."""
        places = np.cumsum([0, *(part.shape[-1] for part in parts)])
        pairs = zip(places[:-1], places[1:], parts, strict=True)
        projections = [apply(self.transposed[..., start:end], part) for start, end, part in pairs]
        return np.asarray(sum(projections[1:], projections[0]))

    def solve(self, *parts: Array) -> Array:
        """The x that minimises |A x - b|, for the stacked parts of b."""
        return apply(self.inverse, self.project(*parts))
