"""Two Gaussian laws whose covariances commute, along the directions that they share."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import symmetric

__all__ = ["Shared", "same_kind"]

_INSTEAD = "guidance has a closed form for Gaussian laws only"
_MIX = 0.6180339887498949  # no simple ratio, so that different pairs of eigenvalues rarely meet in the combination
_SAME = 1e-13  # pairs of scaled eigenvalues this close may stay mixed: no function of them tells them apart


@dataclass(frozen=True, eq=False)
class Shared:
    """Eigenvalues of S_u and S_c (*B, d) and the basis (*B, d, d) of both, in float64, and the dtype of the laws.

    The basis is that of a combination of the two, improved by two steps of Newton's method on both at once: it is as
    good as the gaps between pairs of eigenvalues allow. Derivatives with respect to the covariances exist where the
    combination's eigenvalues differ.
    """

    first: Tensor
    second: Tensor
    basis: Tensor
    dtype: torch.dtype

    @classmethod
    def of(cls, unconditional: Gaussian, conditional: Gaussian) -> Shared:
        """The shared directions; ValueError, with the commutator's norm, where the covariances do not commute."""
        same_kind(unconditional=unconditional, conditional=conditional)
        dtype = unconditional.mean.dtype
        pair = torch.broadcast_tensors(unconditional.covariance.double(), conditional.covariance.double())  # type: ignore[no-untyped-call]
        sizes = [torch.linalg.matrix_norm(matrix)[..., None, None] for matrix in pair]
        scaled = [matrix / torch.where(size > 0, size, 1) for matrix, size in zip(pair, sizes, strict=True)]
        _, basis = torch.linalg.eigh(scaled[0] + _MIX * scaled[1])
        for _ in range(2):
            basis = _improved(basis, scaled)
        turned = [_turned(basis, matrix) for matrix in scaled]
        if _checks.values_are_checked(*turned):
            _require_diagonal(turned, pair, 64 * basis.shape[-1] * _checks.unit_roundoff(dtype))
        first, second = (
            (matrix.diagonal(dim1=-2, dim2=-1) * size[..., 0]).clamp(min=0)
            for matrix, size in zip(turned, sizes, strict=True)
        )
        return cls(first, second, basis, dtype)

    def matrix(self, values: Tensor) -> Tensor:
        """The symmetric matrix with the given eigenvalues (..., d), in the dtype of the laws."""
        return symmetric((self.basis * values[..., None, :]) @ self.basis.mT).to(self.dtype)

    def coordinates(self, vectors: Tensor) -> Tensor:
        """U^T a, (..., d), in float64."""
        return (self.basis.mT @ vectors.double()[..., None])[..., 0]

    def vectors(self, coordinates: Tensor) -> Tensor:
        """U c, (..., d), in the dtype of the laws."""
        return (self.basis @ coordinates[..., None])[..., 0].to(self.dtype)

    def congruence(self, values: Tensor, covariance: Tensor, added: Tensor) -> Tensor:
        """A C A + N for the A and N with the given eigenvalues (..., d), in the dtype of the laws."""
        inside = self.basis.mT @ covariance.double() @ self.basis
        scaled = values[..., :, None] * inside * values[..., None, :] + torch.diag_embed(added)
        return symmetric(self.basis @ scaled @ self.basis.mT).to(self.dtype)


def same_kind(**laws: Gaussian) -> tuple[int, ...]:
    """Gaussians of one size, one dtype, and batch axes that broadcast; their common batch shape."""
    for name, law in laws.items():
        _checks.gaussian(name, law, Gaussian, _INSTEAD)
    first, *_ = laws.values()
    _checks.tensors(**{name: law.mean for name, law in laws.items()})
    for name, law in laws.items():
        _checks.event(f"the mean of {name}", law.mean, first.event_size)
    return _checks.broadcast(**{name: law.batch_shape for name, law in laws.items()})


def _turned(basis: Tensor, matrix: Tensor) -> Tensor:
    return basis.mT @ matrix @ basis


def _improved(basis: Tensor, matrices: list[Tensor]) -> Tensor:
    """One step of Newton's method: the small rotation that empties the entries off the diagonal, then orthonormal."""
    turned = [_turned(basis, matrix) for matrix in matrices]
    gaps = [values[..., None, :] - values[..., :, None] for values in (m.diagonal(dim1=-2, dim2=-1) for m in turned)]
    apart = gaps[0].square() + gaps[1].square()
    distinct = apart > _SAME**2
    pull = gaps[0] * turned[0] + gaps[1] * turned[1]
    turn = torch.where(distinct, pull / torch.where(distinct, apart, 1), 0).clamp(-0.25, 0.25)
    basis = basis + basis @ turn
    identity = torch.eye(basis.shape[-1], dtype=basis.dtype, device=basis.device)
    for _ in range(2):
        basis = basis @ (1.5 * identity - 0.5 * (basis.mT @ basis))
    return basis


def _require_diagonal(turned: list[Tensor], pair: tuple[Tensor, Tensor], allowed: float) -> None:
    """Raise where a scaled matrix is not diagonal in the common basis."""
    rest = [matrix - torch.diag_embed(matrix.diagonal(dim1=-2, dim2=-1)) for matrix in turned]
    if max(float(matrix.abs().max()) for matrix in rest) > allowed:
        norm = float(torch.linalg.matrix_norm(pair[0] @ pair[1] - pair[1] @ pair[0]).max())
        raise ValueError(
            "unconditional, conditional: expected covariances that commute, got a commutator of norm "
            f"{norm:.6g}; guided_precision and tilted_law serve any"
        )
