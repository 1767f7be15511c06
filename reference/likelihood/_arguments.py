"""Checked arguments that the functions of this package share."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.distributions import Gaussian
from reference.distributions._law import Law
from reference.fields._levels import checked_law
from reference.paths._base import Path, checked_path

__all__ = ["brownian_point", "interval", "noisy_time", "place", "with_density"]


def place(data: object, x0: object, **shapes: tuple[int, ...]) -> tuple[Law, Array]:
    """A data law and a place x_0 (..., d) of its space, whose batch axes broadcast with each other and the rest."""
    law = checked_law(data)
    point = _checks.event("x0", _checks.real("x0", x0), law.event_size)
    _checks.broadcast(data=law.batch_shape, x0=point.shape[:-1], **shapes)
    return law, point


def noisy_time(path: object, t: object, *, name: str = "t", open_right: bool = False) -> tuple[Path, Array]:
    """A path and times at which sigma > 0 (and alpha > 0 where open_right)."""
    checked = checked_path("path", path)
    time = _checks.time_in_domain(
        checked,
        t,
        name=name,
        open_left=checked._noise_vanishes,
        open_right=open_right and checked._signal_vanishes,
    )
    return checked, time


def interval(
    path: object, t_start: object, t_end: object, *, noiseless_start: bool = False
) -> tuple[Path, Array, Array]:
    """A path and times t_start < t_end, sigma > 0 at t_start unless noiseless_start."""
    checked = checked_path("path", path)
    open_left = checked._noise_vanishes and not noiseless_start
    start = _checks.time_in_domain(checked, t_start, name="t_start", open_left=open_left)
    end = _checks.time_in_domain(checked, t_end, name="t_end")
    _checks.broadcast(t_start=start.shape, t_end=end.shape)
    wrong = ~(start < end)
    if np.any(wrong):
        pair = tuple(float(a[wrong].flat[0]) for a in np.broadcast_arrays(start, end))
        raise ValueError(f"t_start, t_end: expected t_start < t_end, got t_start {pair[0]!r}, t_end {pair[1]!r}")
    return checked, start, end


def brownian_point(data: object, x0: object, t: object) -> tuple[Law, Array, Array]:
    """A data law, a place of its space, and Brownian times t > 0."""
    time = _checks.positive("t", t)
    law, point = place(data, x0, t=time.shape)
    return law, point, time


def with_density(law: Law) -> Law:
    """The law, when it has a density."""
    if isinstance(law, Gaussian):
        _checks.cholesky("covariance", law.covariance)
    else:
        law.log_prob(np.broadcast_to(law.mean, (*law.batch_shape, law.event_size)))
    return law
