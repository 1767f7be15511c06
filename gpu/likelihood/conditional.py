"""One block of a joint Gaussian given the other, and what the other tells about it.

joint: a Gaussian law of (y, x), y its first `size` coordinates, at least one and not all (ValueError otherwise). With
S_xx = L L^T and W = L^-1 S_xy the covariance of y given x is S_yy - W^T W. All raise TypeError for other laws, and
ValueError where S_xx is singular.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu._factors import factor
from gpu.distributions import Gaussian
from gpu.distributions._components import Components
from gpu.distributions._linear_algebra import add_identity, symmetric
from gpu.distributions._structure import full
from gpu.likelihood._arguments import numbers, times_between
from gpu.paths import Path

__all__ = ["block_mutual_information", "conditional_information_integral", "conditional_law"]


def conditional_law(joint: Gaussian, observed: Tensor, *, size: int) -> Gaussian:
    """The law of y given x = observed: N(m_y + W^T L^-1 (x - m_x), S_yy - W^T W).

    observed: (..., d - size); batch axes broadcast with the joint's. Raises ValueError for non-finite values and shapes
    that do not fit.

    Catalogue: M24 (McAllester, arXiv 2301.11108).
    """
    blocks = _Blocks.of(joint, size)
    _, given = _checks.tensors(joint=joint.mean, observed=observed)
    _checks.event("observed", given, joint.event_size - size)
    _checks.broadcast(joint=joint.batch_shape, observed=given.shape[:-1])
    _checks.finite(observed=given)
    offset = (given - joint.mean[..., size:])[..., None]
    batch = torch.broadcast_shapes(offset.shape[:-2], blocks.lower.shape[:-2])  # type: ignore[no-untyped-call]
    lower = blocks.lower.expand(*batch, *blocks.lower.shape[-2:])
    standard = torch.linalg.solve_triangular(lower, offset.expand(*batch, -1, -1), upper=False)
    mean = joint.mean[..., :size] + (blocks.whitened.mT @ standard)[..., 0]
    return _gaussian(mean, blocks.rest)


def block_mutual_information(joint: Gaussian, *, size: int) -> Tensor:
    """I(y; x) = 1/2 log |S_yy|/|S_yy - W^T W| = -1/2 sum log(1 - rho^2) in nats, (...,), rho canonical correlations.

    By the rho^2, eigenvalues of (W L_y^-T)^T (W L_y^-T), where they are small, by Cholesky pivots elsewhere. Raises
    ValueError where the joint covariance is singular.

    Catalogue: M24b (McAllester, arXiv 2301.11108).
    """
    blocks = _Blocks.of(joint, size)
    own, rest = (factor("joint", matrix) for matrix in (blocks.front, blocks.rest))
    correlations = torch.linalg.solve_triangular(own, blocks.whitened.mT, upper=False)
    shares = torch.linalg.eigvalsh(symmetric(correlations @ correlations.mT))
    near = (shares < 0.5).all(-1)
    small = -torch.log1p(-torch.where(near[..., None], shares, 0)).sum(-1) / 2
    before, after = (lower.diagonal(dim1=-2, dim2=-1) for lower in (own, rest))
    return torch.where(near, small, torch.log(before / after).sum(-1))


def conditional_information_integral(
    joint: Gaussian, path: Path, *, size: int, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """Integral of (mmse(y|y_t) - mmse(y|y_t, x)) dSNR/2 from t_end to t_start, t_start < t_end, in nats, (...,).

    y_t = alpha y + sigma eps. The integrand's integral up to SNR q is 1/2 log |I + M(q)|, M = q W (I + q C)^-1 W^T, C
    the covariance of y given x; M grows with q, so the result is the log determinant of I plus a positive matrix:
    never the difference of two informations. Over all time it tends to I(y; x).

    Raises ValueError for times outside the domain or not in order, and where sigma is 0 at t_start.

    Catalogue: M24b (McAllester, arXiv 2301.11108).
    """
    blocks = _Blocks.of(joint, size)
    start, end = numbers(joint, t_start=t_start, t_end=t_end)
    times_between(path, t_start=start, t_end=end)
    directions = Directions.of(_gaussian(joint.mean[..., :size], blocks.rest))
    rows = directions.coordinates(blocks.whitened.movedim(-2, 0)).movedim(0, -2)
    early, late = (directions.marginal(path, t).sqrt() for t in (start, end))
    before = rows * (path._alpha_at(end)[..., None] / late)[..., None, :]
    growth = path._snr_drop_between(start, end).sqrt() * path._alpha_at(start) * path._sigma_at(end)
    added = rows * (growth[..., None] / early / late)[..., None, :]
    lower, _ = torch.linalg.cholesky_ex(add_identity(symmetric(before @ before.mT), torch.ones_like(late[..., 0])))
    added = torch.linalg.solve_triangular(lower, added, upper=False)
    return torch.log1p(torch.linalg.eigvalsh(symmetric(added @ added.mT)).clamp_min(0)).sum(-1) / 2


@dataclass(frozen=True, eq=False)
class _Blocks:
    """S_yy, the factor L of S_xx, W = L^-1 S_xy, and the covariance S_yy - W^T W of y given x."""

    front: Tensor
    lower: Tensor
    whitened: Tensor
    rest: Tensor

    @classmethod
    def of(cls, joint: Gaussian, size: int) -> _Blocks:
        _checks.gaussian("joint", joint, Gaussian, "conditioning has a closed form for Gaussian laws")
        _checks.index("size", _checks.count("size", size), joint.event_size)
        covariance = joint.covariance
        front = covariance[..., :size, :size]
        lower = factor("joint", covariance[..., size:, size:])
        whitened = torch.linalg.solve_triangular(lower, covariance[..., size:, :size], upper=False)
        rest = symmetric(front - whitened.mT @ whitened)
        # A variance that is 0 comes out as the rounding of two that are equal.
        lack = (-rest.diagonal(dim1=-2, dim2=-1)).clamp_min(0)
        return cls(front, lower, whitened, rest + torch.diag_embed(lack))


def _gaussian(mean: Tensor, covariance: Tensor) -> Gaussian:
    """The Gaussian law of a covariance that is one up to rounding."""
    weights = torch.ones_like(mean[..., :1])
    return Gaussian._of(Components(weights, mean[..., None, :], full(covariance[..., None, :, :])))
