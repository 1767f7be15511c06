"""The covariance part of the Wasserstein distance between Gaussians, stable where they are close."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["Bures", "excess_eigenvalues"]


def excess_eigenvalues(difference: Tensor, factor: Tensor) -> Tensor:
    """Eigenvalues e of L^-1 (S_p - S_q) L^-T, so that 1 + e are those of S_p relative to S_q = L L^T."""
    half = torch.linalg.solve_triangular(factor, difference, upper=False)
    whitened = torch.linalg.solve_triangular(factor, half.mT, upper=False)
    eigenvalues: Tensor = torch.linalg.eigvalsh((whitened + whitened.mT) / 2)
    return eigenvalues


class Bures(torch.autograd.Function):
    """tr(P + Q - 2 (P^1/2 Q P^1/2)^1/2) of covariances P, Q (..., d, d).

    Its derivative is I - T with the transport matrix T, so no eigenvector is differentiated, and equal
    eigenvalues do no harm.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(p: Tensor, q: Tensor) -> Tensor:
        """Squares proportional to P - Q where they are close, the difference of traces elsewhere."""
        difference = p - q
        levels, basis = torch.linalg.eigh(q)
        root_q = _root(levels, basis)
        _, cross, right = torch.linalg.svd(_root(*torch.linalg.eigh(p)) @ root_q)
        # N - Q = G for N^2 = Q^1/2 P Q^1/2 solves N G + G Q = Q^1/2 (P - Q) Q^1/2; the value is |G Q^-1/2|^2
        total = cross[..., :, None] + levels.clamp(min=0)[..., None, :]
        rotated = right @ root_q @ difference @ basis
        close = (rotated / torch.where(total > 0, total, 1.0)).square().sum((-2, -1))
        apart = _trace(p) + _trace(q) - 2 * cross.sum(-1)
        factor, failed = torch.linalg.cholesky_ex(q)
        near = (failed == 0) & (_largest_excess(difference, factor, failed) < 0.5)
        near = near | (difference == 0).all(-1).all(-1)
        return torch.where(near, close, apart.clamp(min=0))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:  # noqa: ARG004
        """Keep the covariances."""
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        """I - P^-1/2 (P^1/2 Q P^1/2)^1/2 P^-1/2, and the same with P and Q exchanged."""
        p, q = ctx.saved_tensors
        scale = gradients[0][..., None, None]
        return scale * _gradient(p, q), scale * _gradient(q, p)


def _gradient(p: Tensor, q: Tensor) -> Tensor:
    levels_p, basis_p = torch.linalg.eigh(p)
    root_p, root_q = _root(levels_p, basis_p), _root(*torch.linalg.eigh(q))
    left, cross, _ = torch.linalg.svd(root_p @ root_q)
    inverse = (basis_p * levels_p.rsqrt()[..., None, :]) @ basis_p.mT
    half = inverse @ left
    identity = torch.eye(p.shape[-1], dtype=p.dtype, device=p.device)
    transport = (half * cross[..., None, :]) @ half.mT
    gradient: Tensor = identity - (transport + transport.mT) / 2
    return gradient


def _root(levels: Tensor, basis: Tensor) -> Tensor:
    """U diag(sqrt(l)) U^T, symmetric positive semidefinite."""
    root: Tensor = (basis * levels.clamp(min=0).sqrt()[..., None, :]) @ basis.mT
    return root


def _trace(matrix: Tensor) -> Tensor:
    total: Tensor = matrix.diagonal(dim1=-2, dim2=-1).sum(-1)
    return total


def _largest_excess(difference: Tensor, factor: Tensor, failed: Tensor) -> Tensor:
    identity = torch.eye(factor.shape[-1], dtype=factor.dtype, device=factor.device)
    usable = torch.where((failed == 0)[..., None, None], factor, identity)
    return excess_eigenvalues(difference, usable).abs().amax(-1)
