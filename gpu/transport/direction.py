"""The direction of time: libraries that put noise at 0 and data at 1, and ours, which is the reverse."""

from __future__ import annotations

from torch import Tensor

from gpu import _checks

__all__ = [
    "data_time_from_time",
    "data_time_velocity_from_velocity",
    "time_from_data_time",
    "velocity_from_data_time",
]


def time_from_data_time(data_time: Tensor | float) -> Tensor:
    """Our time t = 1 - s of the time s of a library in which data stands at 1, (...,).

    Raises ValueError outside [0, 1].

    Catalogue: P94 (Lai et al., arXiv 2510.21890).
    """
    return 1 - _unit_time("data_time", data_time)


def data_time_from_time(t: Tensor | float) -> Tensor:
    """The time s = 1 - t of a library in which data stands at 1, (...,); the inverse of `time_from_data_time`.

    Raises ValueError outside [0, 1].

    Catalogue: P94 (Lai et al., arXiv 2510.21890).
    """
    return 1 - _unit_time("t", t)


def velocity_from_data_time(velocity: Tensor) -> Tensor:
    """Our velocity dx/dt = -dx/ds of a library's dx/ds, s = 1 - t, at the same point, (..., d).

    Catalogue: P94 (Lai et al., arXiv 2510.21890).
    """
    return -_vector(velocity)


def data_time_velocity_from_velocity(velocity: Tensor) -> Tensor:
    """A library's dx/ds = -dx/dt, s = 1 - t, at the same point, (..., d); the inverse of `velocity_from_data_time`.

    Catalogue: P94 (Lai et al., arXiv 2510.21890).
    """
    return -_vector(velocity)


def _unit_time(name: str, value: Tensor | float) -> Tensor:
    (time,) = _checks.tensors(**{name: value})
    _checks.between(name, time, 0, 1, "a time between data and noise")
    return time


def _vector(velocity: Tensor) -> Tensor:
    (rate,) = _checks.tensors(velocity=velocity)
    _checks.event("velocity", rate)
    _checks.finite(velocity=rate)
    return rate
