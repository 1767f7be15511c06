"""Input checks that the likelihoods of Gaussian data share."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.distributions._law import Law
from gpu.paths import Path

__all__ = ["brownian_time", "directions_of", "noisy_time", "place", "reference_of", "times_between"]

_INSTEAD = "its likelihood integrals have a closed form; those of other laws are expectations that have none"


def directions_of(data: Gaussian) -> Directions:
    """The directions of Gaussian data; TypeError for other laws."""
    _checks.gaussian("data", data, Gaussian, _INSTEAD)
    return Directions.of(data)


def place(data: Law, x0: Tensor, **numbers: Any) -> list[Tensor]:
    """The finite place x0 (..., d) and the numbers (...) as tensors of the law's dtype; all batch axes broadcast."""
    _, x0, *values = _checks.tensors(data=data._components.base_means, x0=x0, **numbers)
    _checks.event("x0", x0, data.event_size)
    shapes = {name: value.shape for name, value in zip(numbers, values, strict=True)}
    _checks.broadcast(data=data.batch_shape, x0=x0.shape[:-1], **shapes)
    _checks.finite(x0=x0)
    return [x0, *values]


def numbers(data: Law, **named: Any) -> list[Tensor]:
    """Numbers (...) as tensors of the law's dtype; all batch axes broadcast."""
    _, *values = _checks.tensors(data=data._components.base_means, **named)
    shapes = {name: value.shape for name, value in zip(named, values, strict=True)}
    _checks.broadcast(data=data.batch_shape, **shapes)
    return values


def noisy_time(path: Path, *, signal: bool = False, **named: Tensor) -> None:
    """Times of the domain where sigma is above 0, and alpha too where a signal is asked for."""
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, open_end=signal and path._alpha_vanishes, **named)


def times_between(path: Path, **named: Tensor) -> None:
    """Two named times of the domain, the first before the second and where sigma is above 0."""
    (first, clean), (second, noisy) = named.items()
    noisy_time(path, signal=False, **{first: clean})
    _checks.time_in_domain(path, open_start=False, open_end=False, **{second: noisy})
    _checks.smaller(equal_allowed=False, **named)


def brownian_time(t: Tensor) -> None:
    """Brownian times, which are variances of the noise: finite and above 0."""
    _checks.positive(t=t)


def reference_of(reference_variance: Tensor) -> None:
    """A reference variance: finite and above 0."""
    _checks.positive(reference_variance=reference_variance)
