"""Input checks of formulas at given numbers: vectors (..., d), and numbers with the batch shape."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from gpu import _checks

__all__ = ["affine", "checked"]


def checked(vectors: dict[str, Any], numbers: dict[str, Any]) -> list[Tensor]:
    """Finite tensors of one dtype: the vectors (..., d) of one d, then the numbers (...); batch axes broadcast."""
    names = [*vectors, *numbers]
    values = _checks.tensors(**vectors, **numbers)
    named = dict(zip(names, values, strict=True))
    size: int | None = None
    for name in vectors:
        size = _checks.event(name, named[name], size)
    _checks.broadcast(**{name: value.shape[:-1] if name in vectors else value.shape for name, value in named.items()})
    _checks.finite(constructor=False, **named)
    return list(values)


def affine(like: Tensor, matrix: Tensor, offset: Tensor, **batches: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """A finite model A x + b of the dtype of `like` (..., d): A (..., d, d), b (..., d), which fit the batch shapes."""
    _, matrix, offset = _checks.tensors(data=like, matrix=matrix, offset=offset)
    size = like.shape[-1]
    _checks.square("matrix", matrix, size)
    _checks.event("offset", offset, size)
    _checks.broadcast(**batches, matrix=matrix.shape[:-2], offset=offset.shape[:-1])
    _checks.finite(matrix=matrix, offset=offset)
    return matrix, offset
