"""A commuting pair of Gaussians in its eigenbasis, and the affine maps that are diagonal there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference._checks import Array
from reference._commuting import commuting_eigensystem
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import apply, symmetrized

from ._arguments import Pair
from ._linear import GuidedCoefficients

__all__ = ["CommonBasis", "common_basis", "in_basis"]


@dataclass(frozen=True, eq=False)
class CommonBasis:
    """Eigenvalues (*B, d) of both covariances, their eigenvectors (*B, d, d), and both means (*B, d) in the basis."""

    variance_u: Array
    variance_c: Array
    vectors: Array
    mean_u: Array
    mean_c: Array

    def carried(self, start: Gaussian, by: GuidedCoefficients) -> Gaussian:
        """Law of state x + unconditional mu_u + conditional mu_c + sqrt(noise) z for x of the law ``start``."""
        transposed = np.swapaxes(self.vectors, -1, -2)
        centre = (
            by.state * apply(transposed, start.mean) + by.unconditional * self.mean_u + by.conditional * self.mean_c
        )
        mean = apply(self.vectors, centre)
        turned = transposed @ start.covariance @ self.vectors
        moved = by.state[..., :, None] * turned * by.state[..., None, :]
        noised = moved + by.noise[..., None] * np.eye(by.noise.shape[-1])
        covariance = symmetrized(self.vectors @ noised @ transposed)
        return Gaussian(np.broadcast_to(mean, covariance.shape[:-1]), covariance)


def common_basis(pair: Pair) -> CommonBasis:
    """The pair in the eigenbasis of its covariances; ValueError unless they commute."""
    variance_u, variance_c, vectors = commuting_eigensystem(
        "unconditional", pair.covariance_u, "conditional", pair.covariance_c
    )
    transposed = np.swapaxes(vectors, -1, -2)
    means = [apply(transposed, mean) for mean in (pair.mean_u, pair.mean_c)]
    return CommonBasis(variance_u, variance_c, vectors, means[0], means[1])


def in_basis(basis: CommonBasis, values: Array) -> Array:
    """The symmetric matrix (..., d, d) with the eigenvalues (..., d) in the basis."""
    vectors = basis.vectors
    return symmetrized((vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2))
