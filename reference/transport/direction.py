"""Between our time, in which noise stands at 1, and the time of libraries in which the data does."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.transport._pairs import unit_time

__all__ = [
    "data_time_from_time",
    "data_time_velocity_from_velocity",
    "time_from_data_time",
    "velocity_from_data_time",
]


def time_from_data_time(data_time: Real) -> Array:
    """Our time t = 1 - s of a library's time s, at which noise stands at 0 and data at 1.

    Shapes: (...) -> (...).  Domain: [0, 1].
    Catalogue: P94 (Lai et al., arXiv 2510.21890).
    """
    return np.asarray(1.0 - unit_time(data_time, name="data_time"))


def data_time_from_time(t: Real) -> Array:
    """A library's time s = 1 - t, at which noise stands at 0 and data at 1; the inverse of time_from_data_time.

    Shapes: (...) -> (...).  Domain: [0, 1].
    Catalogue: P94 (Lai et al., arXiv 2510.21890).
    """
    return np.asarray(1.0 - unit_time(t))


def velocity_from_data_time(velocity: Array) -> Array:
    """Our velocity v(x, t) = -v_lib(x, 1 - t) of a library's dx/ds, s = 1 - t, at the same point and level.

    A rectified flow's x_data - x_noise becomes our x_noise - x_data.
    Shapes: (..., d) -> (..., d).
    Catalogue: P94 (Lai et al., arXiv 2510.21890).
    """
    return np.asarray(-_checks.event("velocity", _checks.real("velocity", velocity)))


def data_time_velocity_from_velocity(velocity: Array) -> Array:
    """A library's velocity v_lib(x, 1 - t) = -v(x, t); the inverse of velocity_from_data_time.

    Shapes: (..., d) -> (..., d).
    Catalogue: P94 (Lai et al., arXiv 2510.21890).
    """
    return velocity_from_data_time(velocity)
