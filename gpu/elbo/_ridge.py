"""The inverse of A^T A + v I, which is never formed: neither squares the condition of A."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["Ridge"]


class Ridge(torch.autograd.Function):
    """(A^T A + v I)^-1 A^T and v (A^T A + v I)^-1 of matrices A (..., n, k) and v > 0 (...), of one batch shape.

    By the singular values of A; the derivatives are formed from the results, so no singular vector is differentiated,
    and equal singular values do no harm.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(matrix: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
        """V diag(s/(s^2 + v)) U^T and V diag(v/(s^2 + v)) V^T, the identity where V does not reach."""
        left, values, right = torch.linalg.svd(matrix, full_matrices=False)
        v = variance[..., None]
        total = values.square() + v
        gain = (right.mT * (values / total)[..., None, :]) @ left.mT
        if matrix.shape[-1] <= matrix.shape[-2]:
            kept = (right.mT * (v / total)[..., None, :]) @ right
        else:
            identity = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
            kept = identity - (right.mT * (values.square() / total)[..., None, :]) @ right
        return gain, (kept + kept.mT) / 2

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: tuple[Tensor, Tensor]) -> None:
        """Keep the arguments and the results."""
        ctx.save_for_backward(*inputs, *output)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        """From dK = P dA^T (I - A K) - K dA K - P K dv and dC = -C dA^T K^T - K dA C + K K^T dv, P = C/v."""
        matrix, variance, gain, kept = ctx.saved_tensors
        of_gain, of_kept = gradients
        inverse = kept / variance[..., None, None]
        missed = of_gain.mT - matrix @ (gain @ of_gain.mT)
        both = of_kept + of_kept.mT
        of_matrix = missed @ inverse - gain.mT @ (of_gain @ gain.mT + both @ kept)
        of_variance = (of_kept * (gain @ gain.mT)).sum((-2, -1)) - (of_gain * (inverse @ gain)).sum((-2, -1))
        return of_matrix, of_variance
