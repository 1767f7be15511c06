"""Covariances that are being differentiated: Cholesky factors of alpha^2 S + sigma^2 I instead of
eigenvectors.

Eigenvectors of equal eigenvalues have no derivative, but every function of S that is asked for has one. So
while gradients with respect to the covariances are recorded, everything is solved from the matrices as they
stand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gpu.distributions._linear_algebra import add_identity, symmetric
from gpu.distributions._memo import memo

__all__ = ["Dense", "DenseLevel"]


_ITERATIONS = 32  # each halves a root that is too large; near the root they converge quadratically


@dataclass(frozen=True, eq=False)
class Dense:
    """Covariances S (*C, d, d) as matrices."""

    matrices: Tensor

    @property
    def size(self) -> int:
        """The event size d."""
        return self.matrices.shape[-1]

    def apply(self, vectors: Tensor) -> Tensor:
        """S a for vectors (..., d)."""
        return _apply(self.matrices, vectors)

    def as_matrix(self) -> Tensor:
        """S, (*C, d, d)."""
        return self.matrices

    def total_variance(self) -> Tensor:
        """Trace of S, (*C,)."""
        return self.matrices.diagonal(dim1=-2, dim2=-1).sum(-1)

    def covariance(self, alpha: Tensor, sigma: Tensor) -> Tensor:
        """alpha^2 S + sigma^2 I, (..., d, d)."""
        return add_identity(alpha.square()[..., None, None] * self.matrices, sigma.square())

    def level(self, alpha: Tensor, sigma: Tensor) -> DenseLevel:
        """alpha^2 S + sigma^2 I for alpha, sigma (..., 1) beside the last axis of C."""
        return DenseLevel(self.matrices, alpha, sigma)


def _apply(matrix: Tensor, vectors: Tensor) -> Tensor:
    return (matrix @ vectors[..., None])[..., 0]


@dataclass(frozen=True, eq=False)
class DenseLevel:
    """V = alpha^2 S + sigma^2 I by its Cholesky factor; alpha, sigma: (..., 1), beside the axis K."""

    matrices: Tensor
    alpha: Tensor
    sigma: Tensor

    @memo
    def _variance(self) -> Tensor:
        return add_identity(self.alpha.square()[..., None, None] * self.matrices, self.sigma.square())

    @memo
    def _factor(self) -> Tensor:
        factor: Tensor = torch.linalg.cholesky_ex(self._variance)[0]
        return factor

    def _solve(self, vectors: Tensor) -> Tensor:
        batch = torch.broadcast_shapes(vectors.shape[:-1], self._factor.shape[:-2])  # type: ignore[no-untyped-call]
        factor = self._factor.expand(*batch, *self._factor.shape[-2:])
        solved: Tensor = torch.cholesky_solve(vectors.expand(*batch, -1)[..., None], factor)[..., 0]
        return solved

    def smallest_variance(self) -> tuple[Tensor, Tensor]:
        """The smallest eigenvalue of V, and the value up to which it is rounding (where sigma is 0)."""
        values = torch.linalg.eigvalsh(self._variance.detach())
        rounding = values[..., -1] * (values.shape[-1] * torch.finfo(values.dtype).eps)
        return values[..., 0], torch.where(self.sigma > 0, 0, rounding)

    def log_determinant(self) -> Tensor:
        """Log-determinant of V, (..., K)."""
        return 2 * self._factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def log_ratio(self, gaps: Tensor, reference: Tensor) -> Tensor:
        """The difference log |V| - d log(alpha^2 c + sigma^2), c the reference (...,); (..., K)."""
        del gaps
        common = self.alpha.square() * reference[..., None] + self.sigma.square()
        return self.log_determinant() - self.matrices.shape[-1] * common.log()

    def gaps(self, reference: Tensor) -> Tensor:
        """I - V/(alpha^2 c + sigma^2), c the reference (...,): (..., K, d, d)."""
        signal, centre = self.alpha.square(), reference[..., None]
        share = signal / (signal * centre + self.sigma.square())
        return add_identity(-self.matrices, centre) * share[..., None, None]

    def excess(self, quadratic: Tensor, standard: Callable[[], Tensor], gaps: Tensor) -> Tensor:
        """The excess a^T (V^-1 - I/(alpha^2 c + sigma^2)) a, c the reference of the gaps: (..., K)."""
        del quadratic
        residual = standard()
        return (self._solve(residual) * _apply(gaps, residual)).sum(-1)

    def largest_gap(self, gaps: Tensor) -> Tensor:
        """A bound of |excess|/quadratic, (..., K)."""
        return gaps.square().sum((-2, -1)).sqrt()

    def standard(self, x: Tensor, means: Tensor, residual: Callable[[], Tensor]) -> Tensor:
        """The differences x - alpha mu_k as the methods below take them: themselves, (..., K, d)."""
        del x, means
        return residual()

    def quadratic(self, standard: Tensor) -> Tensor:
        """a^T V^-1 a, (..., K)."""
        return (standard * self._solve(standard)).sum(-1)

    def solve(self, standard: Tensor) -> Tensor:
        """V^-1 a, (..., K, d)."""
        return self._solve(standard)

    def sum_of_solutions(self, weights: Tensor, standard: Tensor) -> Tensor:
        """sum_k w_k V_k^-1 a_k, (..., d)."""
        return (weights[..., None] * self._solve(standard)).sum(-2)

    def inverses(self) -> Tensor:
        """V^-1, (..., K, d, d)."""
        return symmetric(torch.cholesky_inverse(self._factor))

    def regression(self, data_rate: Tensor, noise_rate: Tensor, mean: Tensor, point: Tensor) -> Tensor:
        """E[a x_0 + (p/sigma) eps | x_t = x, k], (..., K, d): V^-1 [(a sigma^2 - p alpha) mu + (a alpha S + p
        I) x].
        """
        a, p = data_rate[..., None, None], noise_rate[..., None, None]
        alpha, sigma = self.alpha[..., None], self.sigma[..., None]
        of_mean = (a * sigma.square() - p * alpha) * mean
        return self._solve(of_mean + a * alpha * _apply(self.matrices, point) + p * point)

    def sum_of_regressions(
        self, weights: Tensor, data_rate: Tensor, noise_rate: Tensor, mean: Tensor, point: Tensor
    ) -> Tensor:
        """sum_k w_k of `regression`, (..., d)."""
        return (weights[..., None] * self.regression(data_rate, noise_rate, mean, point)).sum(-2)

    def regression_trace(self, data_rate: Tensor, noise_rate: Tensor) -> Tensor:
        """Divergence of `regression` in x, (..., K)."""
        of_data = (data_rate[..., None] * self.alpha)[..., None, None]
        matrix = add_identity(of_data * self.matrices, noise_rate[..., None])
        factor = self._factor.expand_as(matrix)
        return torch.cholesky_solve(matrix, factor).diagonal(dim1=-2, dim2=-1).sum(-1)

    def sample(self, choice: Tensor, generator: torch.Generator) -> Tensor:
        """sum_k c_k L_k z, z standard normal, V_k = L_k L_k^T, for one-hot choices c (..., K): (..., d)."""
        shape = (*choice.shape[:-1], 1, self.matrices.shape[-1])
        normal = torch.randn(shape, generator=generator, dtype=choice.dtype, device=choice.device)
        return (choice[..., None] * _apply(self._factor, normal)).sum(-2)

    def posterior(self) -> Dense:
        """S sigma^2 V^-1, the covariances of x_0 given x_t and the component."""
        matrices = self.matrices.expand_as(self._variance)
        solved = torch.cholesky_solve(matrices, self._factor)
        return Dense(symmetric(solved * self.sigma.square()[..., None, None]))

    def noised(self) -> Dense:
        """V as covariances of their own."""
        return Dense(self._variance)

    def gain(self, state: Tensor, data: Tensor) -> Dense:
        """The matrices p I + q alpha S V^-1 for p, q (..., 1)."""
        matrices = self.matrices.expand_as(self._variance)
        solved = symmetric(torch.cholesky_solve(matrices, self._factor))
        return Dense(add_identity((data * self.alpha)[..., None, None] * solved, state))

    def flow_to(self, end: DenseLevel) -> Dense:
        """V_end^(1/2) V^(-1/2), the square root of a product of commuting matrices."""
        variance, factor = torch.broadcast_tensors(end._variance, self._factor)  # type: ignore[no-untyped-call]
        return Dense(_square_root(symmetric(torch.cholesky_solve(variance, factor))))

    def log_determinant_to(self, end: DenseLevel, signal: Tensor, noise: Tensor) -> Tensor:
        """Log-determinant of V_end V^-1, (..., K)."""
        del signal, noise
        return end.log_determinant() - self.log_determinant()


def _square_root(matrix: Tensor) -> Tensor:
    """Square root of symmetric positive definite matrices by Denman and Beavers' iteration, smooth in the
    matrix.
    """
    scale = matrix.detach().diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None]
    root = matrix / scale
    inverse_root = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    for _ in range(_ITERATIONS):
        next_root = (root + torch.linalg.inv(inverse_root)) / 2
        inverse_root = (inverse_root + torch.linalg.inv(root)) / 2
        root = next_root
    return symmetric(root) * scale.sqrt()
