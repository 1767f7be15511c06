"""Checked vectors of one event size, and their products."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array

__all__ = ["dot", "vectors"]


def vectors(batch: dict[str, tuple[int, ...]] | None = None, /, **values: object) -> tuple[Array, ...]:
    """Arrays (..., d) of one d, whose batch axes broadcast with each other and with the given shapes."""
    size: int | None = None
    found: dict[str, Array] = {}
    for name, value in values.items():
        found[name] = _checks.event(name, _checks.real(name, value), size)
        size = found[name].shape[-1]
    _checks.broadcast(**(batch or {}), **{name: array.shape[:-1] for name, array in found.items()})
    return tuple(found.values())


def dot(left: Array, right: Array) -> Array:
    """Inner product over the last axis."""
    return np.asarray(np.sum(left * right, axis=-1))
