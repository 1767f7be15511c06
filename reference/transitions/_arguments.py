"""The checked arguments that the functions of this package share."""

from __future__ import annotations

from reference import _checks
from reference._checks import Array, Real
from reference.distributions._law import Law
from reference.fields._levels import checked_law
from reference.paths._base import Path, checked_path

__all__ = ["ordered_times", "state_and_times"]


def ordered_times(path: Path, clean: Real, noisy: Real, *, open_right: bool = False) -> tuple[Array, Array]:
    """A pair of times clean < noisy of the closed domain, without the end where alpha vanishes if ``open_right``."""
    checked = checked_path("path", path)
    return _checks.ordered(checked, clean, noisy, open_right=open_right and checked._signal_vanishes)


def state_and_times(data: object, path: Path, x: object, clean: Real, noisy: Real) -> tuple[Law, Array, Array, Array]:
    """A data law, a point of its dimension, and a pair of times clean < noisy, batch axes broadcasting."""
    law = checked_law(data)
    point = _checks.event("x", _checks.real("x", x), law.event_size)
    early, late = ordered_times(path, clean, noisy)
    _checks.broadcast(data=law.batch_shape, x=point.shape[:-1], clean=early.shape, noisy=late.shape)
    return law, point, early, late
