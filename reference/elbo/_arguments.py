"""Checked arguments of the bounds, and the few quantities that most of them share.

A step runs from the time ``noisy`` to the time ``clean``; l_j are the eigenvalues of the data covariance,
mmse_j = l_j sigma^2/(alpha^2 l_j + sigma^2) those of Cov[x_0 | x_noisy], and b the bridge variance.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import eigensystem
from reference.paths._base import Path, checked_path

__all__ = [
    "Moments",
    "data_step",
    "direction_axis",
    "point",
    "require_density",
    "squared_errors",
    "step",
    "time_with_noise",
    "total",
]


class Moments(Protocol):
    """Any data law with a mean and a covariance."""

    @property
    def event_size(self) -> int: ...

    @property
    def batch_shape(self) -> tuple[int, ...]: ...

    @property
    def mean(self) -> Array: ...

    @property
    def covariance(self) -> Array: ...


def point(name: str, value: object, size: int | None = None) -> Array:
    """An array (..., d), of the given d when there is one."""
    return _checks.event(name, _checks.real(name, value), size)


def time_with_noise(path: Path, t: object, *, name: str = "t_end") -> Array:
    """Times in the path's domain where sigma > 0."""
    checked = checked_path("path", path)
    return _checks.time_in_domain(checked, t, name=name, open_left=checked._noise_vanishes)


def step(path: Path, clean: Real, noisy: Real) -> tuple[Array, Array]:
    """The times clean < noisy of a step, sigma_clean > 0."""
    checked = checked_path("path", path)
    return _checks.ordered(checked, clean, noisy, open_left=checked._noise_vanishes)


def data_step(data: Gaussian, path: Path, clean: Real, noisy: Real) -> tuple[Array, Array, Array]:
    """Eigenvalues of the data covariance and the times of a step."""
    _checks.instance("data", data, Gaussian)
    early, late = step(path, clean, noisy)
    _checks.broadcast(data=data.batch_shape, clean=early.shape, noisy=late.shape)
    return eigensystem(data.covariance)[0], early, late


def require_density(name: str, values: Array, variances: Array | None = None) -> None:
    """Refuse a covariance of these eigenvalues when one of them, or of the variances made of them, is 0."""
    if np.any((values if variances is None else variances) <= 0.0):
        raise ValueError(
            f"{name}: expected a positive definite covariance (a singular one has no density), got smallest "
            f"eigenvalue {float(values.min()):.6g}"
        )


def total(values: Array) -> Array:
    """Sum over the last axis."""
    return np.asarray(np.sum(values, axis=-1))


def direction_axis(batch: Array) -> Array:
    """One more axis, for the eigendirections of a covariance."""
    return np.asarray(batch)[..., None]


def squared_errors(values: Array, path: Path, time: Array) -> Array:
    """mmse_j at a time, (..., d)."""
    signal, noise = direction_axis(path.alpha(time) ** 2), direction_axis(path.sigma(time) ** 2)
    return values * noise / (signal * values + noise)
