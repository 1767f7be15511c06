"""Checked arguments of the formulas that combine vectors with numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from gpu import _checks

__all__ = ["numbers", "vectors_and_numbers"]


def vectors_and_numbers(vectors: Mapping[str, Any], **values: Any) -> list[Tensor]:
    """Vectors (..., d) of one event size, then numbers (...) with an axis for d; all finite, batch axes broadcast."""
    arguments = dict(zip([*vectors, *values], _checks.tensors(**vectors, **values), strict=True))
    shapes, size = {}, None
    for name in vectors:
        size = _checks.event(name, arguments[name], size)
        shapes[name] = arguments[name].shape[:-1]
    shapes.update({name: arguments[name].shape for name in values})
    _checks.broadcast(**shapes)
    _checks.finite(constructor=False, **arguments)
    return [argument if name in vectors else argument[..., None] for name, argument in arguments.items()]


def numbers(**values: Any) -> tuple[Tensor, ...]:
    """Finite numbers (...) whose shapes broadcast."""
    arguments = _checks.tensors(**values)
    named = dict(zip(values, arguments, strict=True))
    _checks.broadcast(**{name: value.shape for name, value in named.items()})
    _checks.finite(constructor=False, **named)
    return arguments
