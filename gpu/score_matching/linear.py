"""Losses of the linear model s(x) = A x + b of a score: explicit, implicit and denoising.

data a law of `gpu.distributions`, matrix A: (..., d, d), offset b: (..., d); batch axes broadcast with the data's and
with t, and the result is (...,). All raise ValueError for non-finite models and shapes that do not fit, TypeError for
mixed dtypes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.distributions._components import Components
from gpu.distributions._law import Law
from gpu.distributions._linear_algebra import add_identity
from gpu.distributions._spectral_level import SpectralLevel
from gpu.evolution._affine import mean_square, rows_in_directions
from gpu.evolution._arguments import affine
from gpu.paths import Path

__all__ = ["denoising_score_matching", "explicit_score_matching", "implicit_score_matching"]


def explicit_score_matching(data: Gaussian, matrix: Tensor, offset: Tensor) -> Tensor:
    """1/2 E|A x + b - grad log p|^2 = 1/2 {tr[(A + S^-1) S (A + S^-1)^T] + |A m + b|^2}, (...,).

    Along the eigenvectors of S = U diag(l) U^T, as squares of (A U)_ij + U_ij/l_j.

    Raises TypeError for other data than Gaussian, ValueError for a singular covariance.

    Catalogue: P29 (Lai et al., arXiv 2510.21890).
    """
    _checks.gaussian("data", data, Gaussian, "the expectation has a closed form for Gaussian data only")
    matrix, offset = affine(data.mean, matrix, offset, data=data.batch_shape)
    law = data._components
    law.require_density()
    image = (matrix * data.mean[..., None, :]).sum(-1) + offset
    return (_gap_square(law, matrix) + image.square().sum(-1)) / 2


def _gap_square(law: Components, matrix: Tensor) -> Tensor:
    """Tr (A + S^-1) S (A + S^-1)^T of one component, (...,)."""
    level = law.variance_level()
    if not isinstance(level, SpectralLevel):
        covariance = law.covariances()[..., 0, :, :]
        gap = matrix + level.inverses()[..., 0, :, :]
        return ((gap @ covariance) * gap).sum((-2, -1))
    unit = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    rows, axes = (rows_in_directions(law, level, each) for each in (matrix, unit))
    gaps = rows + axes / level.variances
    return (gaps.square() * level.variances).sum((0, -1))[..., 0]


def implicit_score_matching(data: Law, matrix: Tensor, offset: Tensor) -> Tensor:
    """E[div s + 1/2 |s|^2] = tr A + 1/2 [tr(A C A^T) + |A m + b|^2], (...,), m and C those of any data law.

    The explicit loss less 1/2 E|grad log p|^2.

    Catalogue: P29 (Lai et al., arXiv 2510.21890).
    """
    matrix, offset = affine(data.mean, matrix, offset, data=data.batch_shape)
    trace = matrix.diagonal(dim1=-2, dim2=-1).sum(-1)
    return trace + mean_square(data._components, matrix, offset) / 2


def denoising_score_matching(data: Law, path: Path, matrix: Tensor, offset: Tensor, t: Tensor | float) -> Tensor:
    """1/2 E|A x_t + b + eps/sigma|^2, (...,), for any data law with mean m and covariance C.

    1/2 |sigma A + I/sigma|^2 + 1/2 [alpha^2 tr(A C A^T) + |alpha A m + b|^2], which does not cancel for A near
    -I/sigma^2.

    Raises ValueError for times outside the domain or where sigma is 0.

    Catalogue: P30 (Lai et al., arXiv 2510.21890).
    """
    _, time = _checks.tensors(data=data.mean, t=t)
    time = path._checked_time(time, open_start=path._sigma_vanishes)
    matrix, offset = affine(data.mean, matrix, offset, data=data.batch_shape, t=time.shape)
    sigma = path._sigma_at(time)
    signal = data._components.data().at(path._alpha_at(time), torch.zeros_like(sigma))
    return (noise_square(matrix, sigma) / sigma.square() + mean_square(signal, matrix, offset)) / 2


def noise_square(matrix: Tensor, sigma: Tensor) -> Tensor:
    """|sigma^2 A + I|^2, (...,)."""
    gap = add_identity(sigma.square()[..., None, None] * matrix, torch.ones_like(sigma))
    return gap.square().sum((-2, -1))
