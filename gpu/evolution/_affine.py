"""Mean squares of affine maps of a mixture, as sums of squares."""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu.distributions._components import Components
from gpu.distributions._spectral_level import SpectralLevel

__all__ = ["mean_square", "rows_in_directions"]


def mean_square(law: Components, matrix: Tensor, offset: Tensor) -> Tensor:
    """E|A x + b|^2 = sum_k w_k [tr A V_k A^T + |A m_k + b|^2] for A (..., d, d), b (..., d): (...,)."""
    images = (matrix[..., None, :, :] * law.means()[..., None, :]).sum(-1) + offset[..., None, :]
    return (law.weights * (_quadratic(law, matrix) + images.square().sum(-1))).sum(-1)


def _quadratic(law: Components, matrix: Tensor) -> Tensor:
    """Tr A V_k A^T, (..., K)."""
    level = law.variance_level()
    if not isinstance(level, SpectralLevel):
        stack = matrix[..., None, :, :]
        return ((stack @ law.covariances()) * stack).sum((-2, -1))
    rows = rows_in_directions(law, level, matrix)
    return (rows.square() * level.variances).sum((0, -1))


def rows_in_directions(law: Components, level: SpectralLevel, matrix: Tensor) -> Tensor:
    """The rows of A (..., d, d) in the coordinates where V_k is diagonal: (d, ..., K, m), rows first."""
    batch = _checks.broadcast(data=law.batch_shape, matrix=matrix.shape[:-2])
    rows = matrix.expand(*batch, *matrix.shape[-2:]).movedim(-2, 0)[..., None, :]
    return level.spectrum.coordinates(rows)
