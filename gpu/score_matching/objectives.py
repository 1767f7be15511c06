"""Losses of score matching at one point, and random probes of a trace.

Vectors are (..., d), divergences and sigma have the batch shape, batch axes broadcast; the result is (...,). All raise
ValueError for non-finite values and shapes that do not fit, TypeError for mixed dtypes.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu.evolution._arguments import checked

__all__ = [
    "denoising_loss_at",
    "hutchinson_trace",
    "hutchinson_variance",
    "implicit_loss_at",
    "sliced_loss_at",
    "sliced_loss_variance_reduced_at",
]


def implicit_loss_at(score: Tensor, divergence: Tensor | float) -> Tensor:
    """Integrand of the implicit loss: div s + 1/2 |s|^2.

    Catalogue: P29 (Lai et al., arXiv 2510.21890).
    """
    score, divergence = checked({"score": score}, {"divergence": divergence})
    return divergence + score.square().sum(-1) / 2


def denoising_loss_at(score: Tensor, noise: Tensor, *, sigma: Tensor | float) -> Tensor:
    """Integrand of the denoising loss: 1/2 |s + eps/sigma|^2, s at alpha x_0 + sigma eps; sigma > 0.

    Catalogue: P30 (Lai et al., arXiv 2510.21890).
    """
    score, noise, sigma = checked({"score": score, "noise": noise}, {"sigma": sigma})
    _checks.positive(sigma=sigma)
    return (score + noise / sigma[..., None]).square().sum(-1) / 2


def sliced_loss_at(score: Tensor, jacobian_product: Tensor, direction: Tensor) -> Tensor:
    """Integrand of the sliced loss: u.(J u) + 1/2 (u.s)^2, J u the Jacobian's product with the direction u.

    Catalogue: P31 (Lai et al., arXiv 2510.21890).
    """
    score, image, direction = checked(
        {"score": score, "jacobian_product": jacobian_product, "direction": direction}, {}
    )
    return _dot(direction, image) + _dot(direction, score).square() / 2


def sliced_loss_variance_reduced_at(score: Tensor, jacobian_product: Tensor, direction: Tensor) -> Tensor:
    """The sliced loss with the mean of its square put in: u.(J u) + 1/2 |s|^2, for E u u^T = I.

    Catalogue: P31 (Lai et al., arXiv 2510.21890).
    """
    score, image, direction = checked(
        {"score": score, "jacobian_product": jacobian_product, "direction": direction}, {}
    )
    return _dot(direction, image) + score.square().sum(-1) / 2


def hutchinson_trace(jacobian_product: Tensor, direction: Tensor) -> Tensor:
    """Hutchinson's estimate of tr J: u.(J u), unbiased for E u u^T = I.

    Catalogue: P31 (Lai et al., arXiv 2510.21890).
    """
    image, direction = checked({"jacobian_product": jacobian_product, "direction": direction}, {})
    return _dot(direction, image)


def hutchinson_variance(matrix: Tensor, *, probe: Literal["rademacher", "gaussian"]) -> Tensor:
    """Variance of u.(A u) over random directions, A (..., d, d): sum_{i<j} (A_ij + A_ji)^2, and for standard normal
    directions 2 sum_i A_ii^2 more.

    Raises ValueError for another probe than "rademacher" (independent signs) or "gaussian".

    Catalogue: P31 (Lai et al., arXiv 2510.21890).
    """
    if probe not in ("rademacher", "gaussian"):
        raise ValueError(f'probe: expected "rademacher" or "gaussian", got {probe!r}')
    (matrix,) = _checks.tensors(matrix=matrix)
    _checks.square("matrix", matrix)
    _checks.finite(matrix=matrix)
    apart = torch.triu(matrix + matrix.mT, diagonal=1).square().sum((-2, -1))
    if probe == "rademacher":
        return apart
    return apart + 2 * matrix.diagonal(dim1=-2, dim2=-1).square().sum(-1)


def _dot(first: Tensor, second: Tensor) -> Tensor:
    return (first * second).sum(-1)
