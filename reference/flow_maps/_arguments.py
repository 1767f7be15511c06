"""The checked arguments that the functions of this package share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions._law import Law
from reference.distributions._linear_algebra import apply
from reference.fields._levels import checked_law
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import travel

__all__ = ["Travel", "different_times", "flow_arguments", "moved_by", "per_vector", "vectors"]


class Travel(NamedTuple):
    """A data law, a path, a point, and the two times of the closed domain between which the flow carries it."""

    law: Law
    path: Path
    point: Array
    start: Array
    end: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The common batch shape."""
        return np.broadcast_shapes(self.law.batch_shape, self.point.shape[:-1], self.start.shape, self.end.shape)


def flow_arguments(data: object, path: object, x: object, t_start: Real, t_end: Real) -> Travel:
    """The arguments of a flow map, whose batch axes broadcast; either order of travel."""
    law, checked = checked_law(data), checked_path("path", path)
    point = _checks.event("x", _checks.real("x", x), law.event_size)
    start, end = travel(checked, t_start, t_end, data=law.batch_shape, x=point.shape[:-1])
    return Travel(law, checked, point, start, end)


def different_times(start: Array, end: Array) -> None:
    """Two times that differ everywhere."""
    if np.any(start == end):
        equal = float(np.broadcast_arrays(start, end)[0][start == end].flat[0])
        raise ValueError(f"t_start, t_end: expected different times, got {equal!r} twice")


def vectors(**arguments: object) -> tuple[Array, ...]:
    """Float64 vectors (..., d) of one event size whose batch axes broadcast."""
    arrays = {name: _checks.event(name, _checks.real(name, value)) for name, value in arguments.items()}
    size = next(iter(arrays.values())).shape[-1]
    for name, array in arrays.items():
        _checks.event(name, array, size)
    _checks.broadcast(**{name: array.shape[:-1] for name, array in arrays.items()})
    return tuple(arrays.values())


def per_vector(scalar: Array) -> Array:
    """A scalar per batch entry (...) as one that broadcasts with vectors (..., d)."""
    return np.asarray(scalar)[..., None]


def moved_by(matrix: Array, vector: Array) -> Array:
    """Matrix times vector over batches that broadcast."""
    return apply(*_aligned(matrix, vector))


def _aligned(matrix: Array, vector: Array) -> tuple[Array, Array]:
    batch = np.broadcast_shapes(matrix.shape[:-2], vector.shape[:-1])
    size = vector.shape[-1]
    return np.broadcast_to(matrix, (*batch, size, size)), np.broadcast_to(vector, (*batch, size))
