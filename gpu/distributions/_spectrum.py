"""Covariances as spectra: S = B diag(l) B^T with B B^T = I, found once; any alpha^2 S + sigma^2 I is
elementwise.

B has d rows. It is the identity for isotropic and diagonal covariances, the eigenvectors U for full ones, and
for low rank plus isotropic, F F^T + v I with the thin basis Q of F, it is B = [Q, I - Q Q^T]: not square, but
B B^T = I and f(S) = B diag(f(l)) B^T all the same, so no d x d matrix is formed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._linear_algebra import add_identity, rotate, rotate_and_sum, symmetric
from gpu.distributions._spectral_level import SpectralLevel

__all__ = ["Spectrum"]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Covariances (*C, d, d) in coordinates where they are diagonal.

    eigenvalues: (*C, m), m = 1 for isotropic, d for diagonal and full, q + d for low rank q.
    basis: None for the coordinate axes, else (*C, d, d) or (*C, d, q), columns orthonormal.
    low_rank: whether the basis is completed by its orthogonal complement.
    given: the covariances (*C, d, d), or for low rank the factors (*C, d, r), as the user gave them.
    """

    size: int
    eigenvalues: Tensor
    basis: Tensor | None = None
    low_rank: bool = False
    given: Tensor | None = None

    @classmethod
    def isotropic(cls, size: int, variances: Tensor) -> Spectrum:
        """S = v I, variances (*C,)."""
        return cls(size, variances[..., None])

    @classmethod
    def diagonal(cls, variances: Tensor) -> Spectrum:
        """S = diag(v), variances (*C, d)."""
        return cls(variances.shape[-1], variances)

    @classmethod
    def full(cls, covariances: Tensor) -> Spectrum:
        """S (*C, d, d), decomposed once in float64, whatever the dtype; rounding below 0 becomes 0."""
        values, vectors = torch.linalg.eigh(covariances.double())
        dtype = covariances.dtype
        return cls(covariances.shape[-1], values.clamp_min(0).to(dtype), vectors.to(dtype), given=covariances)

    @classmethod
    def of_factors(cls, factors: Tensor, variances: Tensor) -> Spectrum:
        """S = F F^T + v I, factors (*C, d, r), variances (*C,), by one thin factorisation of F."""
        size, dtype = factors.shape[-2], factors.dtype
        vectors, singular, _ = torch.linalg.svd(factors.double(), full_matrices=False)
        floor = variances.double()[..., None]
        inside = (singular.square() + floor).to(dtype)
        if vectors.shape[-1] == size:
            given = add_identity(symmetric(factors @ factors.mT), variances)
            return cls(size, inside, vectors.to(dtype), given=given)
        outside = variances[..., None].expand(*inside.shape[:-1], size)
        return cls(size, torch.cat((inside, outside), -1), vectors.to(dtype), True, factors)

    def with_eigenvalues(self, eigenvalues: Tensor) -> Spectrum:
        """Another function of the same covariances: same basis, other eigenvalues."""
        return replace(self, eigenvalues=eigenvalues, given=None)

    @property
    def eigenvalue_error(self) -> float:
        """How far eigenvalues may be off, in units of the largest: 0 where they were given."""
        if self.basis is None:
            return 0.0
        return 2 * self.size * _checks.unit_roundoff(self.eigenvalues.dtype)

    def whole_basis(self) -> Tensor | None:
        """The eigenvectors (*C, d, d) of full covariances."""
        return None if self.low_rank else self.basis

    def coordinates(self, vectors: Tensor) -> Tensor:
        """B^T a for vectors (..., d); the axes C stand last among the batch axes."""
        if self.basis is None:
            return vectors
        inside = rotate(vectors, self.basis)
        if not self.low_rank:
            return inside
        return torch.cat((inside, vectors - rotate(inside, self.basis.mT)), -1)

    def vectors(self, coordinates: Tensor) -> Tensor:
        """B c for coordinates (..., m) whose part outside the basis already lies there."""
        if self.basis is None:
            return coordinates
        if not self.low_rank:
            return rotate(coordinates, self.basis.mT)
        rank = self.basis.shape[-1]
        return rotate(coordinates[..., :rank], self.basis.mT) + coordinates[..., rank:]

    def sum_of_vectors(self, coordinates: Tensor) -> Tensor:
        """sum_k B_k c_k over the last batch axis."""
        if self.basis is None:
            return coordinates.sum(-2)
        if not self.low_rank:
            return rotate_and_sum(coordinates, self.basis)
        rank = self.basis.shape[-1]
        inside = rotate_and_sum(coordinates[..., :rank], self.basis)
        return inside + coordinates[..., rank:].sum(-2)

    def noise_vectors(self, coordinates: Tensor) -> Tensor:
        """sum_k B_k c_k for arbitrary coordinates: those outside the basis are projected there first."""
        if self.basis is None or not self.low_rank:
            return self.sum_of_vectors(coordinates)
        rank = self.basis.shape[-1]
        outside = coordinates[..., rank:]
        outside = outside - rotate(rotate(outside, self.basis), self.basis.mT)
        return self.sum_of_vectors(torch.cat((coordinates[..., :rank], outside), -1))

    def apply(self, vectors: Tensor) -> Tensor:
        """S a for vectors (..., d)."""
        return self.vectors(self.eigenvalues * self.coordinates(vectors))

    def as_matrix(self) -> Tensor:
        """S, (*C, d, d), from the eigenvalues."""
        return self.matrix(self.eigenvalues)

    def total_variance(self) -> Tensor:
        """Trace of S, (*C,)."""
        return self.trace(self.eigenvalues)

    def trace(self, values: Tensor) -> Tensor:
        """Trace of B diag(values) B^T for values (..., m): (...,)."""
        if self.eigenvalues.shape[-1] == 1:
            return self.size * values[..., 0]
        if not self.low_rank or self.basis is None:
            return values.sum(-1)
        rank = self.basis.shape[-1]
        return values[..., :rank].sum(-1) + (self.size - rank) * values[..., rank]

    def matrix(self, values: Tensor) -> Tensor:
        """B diag(values) B^T for values (..., m): (..., d, d), exactly symmetric."""
        if self.basis is None:
            return torch.diag_embed(values.expand(*values.shape[:-1], self.size))
        if not self.low_rank:
            return symmetric((self.basis * values[..., None, :]) @ self.basis.mT)
        rank = self.basis.shape[-1]
        inside = (self.basis * values[..., None, :rank]) @ self.basis.mT
        outside = add_identity(-(self.basis @ self.basis.mT), torch.ones_like(values[..., 0]))
        return symmetric(inside + outside * values[..., rank, None, None])

    def covariance(self, alpha: Tensor, sigma: Tensor) -> Tensor:
        """alpha^2 S + sigma^2 I, (..., d, d), from the covariances as they were given."""
        signal, noise = alpha.square(), sigma.square()
        if self.given is None or self.basis is None:
            return self.matrix(signal[..., None] * self.eigenvalues + noise[..., None])
        if not self.low_rank:
            return add_identity(signal[..., None, None] * self.given, noise)
        product = symmetric(self.given @ self.given.mT)
        return add_identity(signal[..., None, None] * product, signal * self.eigenvalues[..., -1] + noise)

    def level(self, alpha: Tensor, sigma: Tensor) -> SpectralLevel:
        """alpha^2 S + sigma^2 I for alpha, sigma (..., 1) beside the last axis of C."""
        return SpectralLevel(self, alpha[..., None], sigma[..., None])
