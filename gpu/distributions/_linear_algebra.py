"""Products with stacks of small bases, folded into as few and as large matrix products as possible."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = [
    "add_identity",
    "dot_products",
    "is_differentiated",
    "rotate",
    "rotate_and_sum",
    "squared_distances",
    "squared_lengths",
    "symmetric",
    "weighted_outer",
    "weighted_sum",
]


def is_differentiated(*values: Tensor) -> bool:
    """Whether derivatives with respect to any of the tensors may be asked for."""
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor
    forward = torch.autograd.forward_ad._current_level >= 0
    return forward or any((v.requires_grad and torch.is_grad_enabled()) or wrapped(v) for v in values)


def symmetric(matrix: Tensor) -> Tensor:
    """(A + A^T)/2, symmetric bit for bit."""
    return (matrix + matrix.mT) / 2


def add_identity(matrix: Tensor, scale: Tensor) -> Tensor:
    """A + scale I for a stack A (..., d, d) and scales (...)."""
    eye = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    return matrix + scale[..., None, None] * eye


def weighted_outer(weights: Tensor, vectors: Tensor) -> Tensor:
    """sum_k w_k a_k a_k^T for weights (..., K) and vectors (..., K, d), exactly symmetric."""
    return symmetric((vectors * weights[..., None]).mT @ vectors)


def _without_leading_ones(basis: Tensor) -> Tensor:
    """The basis without the batch axes that only repeat it."""
    while basis.dim() > 2 and basis.shape[0] == 1:
        basis = basis[0]
    return basis


def rotate(vectors: Tensor, basis: Tensor) -> Tensor:
    """a^T B for vectors (..., d) and bases (*C, d, m); the axes C stand last among the batch axes.

    All batch axes that the bases do not have become rows of one matrix product; vectors that are shared by
    all bases (axes C of size 1) meet all of them in one flat product (N, d) @ (d, C m).
    """
    basis = _without_leading_ones(basis)
    axes = basis.dim() - 2
    if axes == 0:
        return vectors @ basis
    vectors = vectors[(None,) * max(0, axes + 1 - vectors.dim())]
    leading, own = vectors.shape[: -axes - 1], vectors.shape[-axes - 1 : -1]
    rows, columns = basis.shape[-2:]
    if math.prod(own) == 1:
        flat = basis.movedim(-2, 0).reshape(rows, -1)
        return (vectors.reshape(*leading, rows) @ flat).reshape(*leading, *basis.shape[:-2], columns)
    common = torch.broadcast_shapes(own, basis.shape[:-2])  # type: ignore[no-untyped-call]
    stacked = vectors.expand(*leading, *common, rows).reshape(-1, *common, rows).movedim(0, -2)
    return (stacked @ basis).movedim(-2, 0).reshape(*leading, *common, columns)


def rotate_and_sum(coordinates: Tensor, basis: Tensor) -> Tensor:
    """sum_k B_k c_k for coordinates (..., K, m) and bases (*C, K, d, m): a flat product where C is empty."""
    basis = _without_leading_ones(basis)
    if basis.dim() > 3:
        return rotate(coordinates, basis.mT).sum(-2)
    if basis.dim() == 2:
        return coordinates.sum(-2) @ basis.mT
    size, rows, columns = basis.shape
    flat = basis.mT.reshape(size * columns, rows)
    return coordinates.expand(*coordinates.shape[:-2], size, columns).flatten(-2) @ flat


def dot_products(x: Tensor, vectors: Tensor) -> Tensor:
    """x.a_k for points (..., d) and vectors (*B, K, d): (..., K)."""
    vectors = _without_leading_ones(vectors)
    if vectors.dim() == 2:
        return x @ vectors.mT
    return (x[..., None, :] * vectors).sum(-1)


def weighted_sum(weights: Tensor, vectors: Tensor) -> Tensor:
    """sum_k w_k a_k for weights (..., K) and vectors (*B, K, d): (..., d)."""
    vectors = _without_leading_ones(vectors)
    if vectors.dim() == 2:
        return weights.expand(*weights.shape[:-1], vectors.shape[0]) @ vectors
    return (weights[..., None] * vectors).sum(-2)


def squared_distances(x: Tensor, vectors: Tensor) -> Tensor:
    """|x - a_k|^2 for points (..., d) and vectors (*B, K, d): (..., K), always from the differences
    themselves.

    The expansion |x|^2 - 2 x.a + |a|^2 would lose u |x| |a| / sigma^2 of a log density. Without derivatives
    to record the differences are never stored.
    """
    vectors = _without_leading_ones(vectors)
    narrow = x.shape[-1] < _WIDE or torch.compiler.is_compiling()
    if vectors.dim() > 2 or narrow or is_differentiated(x, vectors):
        return (x[..., None, :] - vectors).square().sum(-1)
    rows = x.reshape(-1, x.shape[-1])
    distances = torch.cdist(rows, vectors, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.square().reshape(*x.shape[:-1], vectors.shape[0])


def squared_lengths(vectors: Tensor) -> Tensor:
    """|a|^2 for vectors (..., m): (...,), in one pass where no derivatives are recorded."""
    if torch.compiler.is_compiling() or is_differentiated(vectors):
        return vectors.square().sum(-1)
    if vectors.shape[-1] < _WIDE:
        return vectors.square() @ vectors.new_ones(vectors.shape[-1])
    lengths: Tensor = torch.linalg.vector_norm(vectors, dim=-1)
    return lengths.square()


_WIDE = 8  # below, storing the squares or differences costs less than a kernel that never does
