"""Square roots of covariances that may be differentiated wherever the covariance is positive definite."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks

__all__ = ["factor", "root", "squares"]


def factor(name: str, covariance: Tensor) -> Tensor:
    """Lower Cholesky factor; NaN where there is none and values are not checked."""
    lower, failed = torch.linalg.cholesky_ex(covariance)
    _checks.factored(name, covariance, lower, failed)
    return torch.where((failed == 0)[..., None, None], lower, torch.nan)


def root(covariance: Tensor) -> Tensor:
    """A matrix L with L L^T the covariance, which may be singular: its Cholesky factor, or U sqrt(l) where it has none.

    Either decomposition is kept away from the matrices of the other, whose derivatives it does not have.
    """
    size = covariance.shape[-1]
    _, failed = torch.linalg.cholesky_ex(covariance.detach())
    singular = (failed != 0)[..., None, None]
    identity = torch.eye(size, dtype=covariance.dtype, device=covariance.device)
    lower, _ = torch.linalg.cholesky_ex(torch.where(singular, identity, covariance))
    distinct = torch.diag(torch.arange(1, size + 1, dtype=covariance.dtype, device=covariance.device))
    levels, basis = torch.linalg.eigh(torch.where(singular, covariance, distinct))
    above = levels > 0
    widths = torch.where(above, torch.where(above, levels, 1).sqrt(), 0)
    return torch.where(singular, basis * widths[..., None, :], lower)


def squares(matrix: Tensor) -> Tensor:
    """The sum of the squares of the entries of matrices (..., n, m)."""
    return matrix.square().sum((-2, -1))
