"""Checked times of a step, in float64, and what the weights of every rule are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path

__all__ = ["OUTPUTS", "Nodes", "descending", "root", "weak"]

OUTPUTS = ("denoiser", "noise")


def weak(name: str, value: Tensor | float, like: Tensor) -> Tensor:
    """A strength of at least 0 in float64: a tensor of the dtype of the times, or a Python number, which is weak."""
    if isinstance(value, Tensor):
        _, strength = _checks.tensors(times=like, **{name: value})
        _checks.nonnegative(constructor=False, **{name: strength})
        return strength.double()
    return torch.full((), _checks.parameter(name, value, zero_allowed=True), dtype=torch.float64, device=like.device)


def root(square: Tensor) -> Tensor:
    """Square root of values of at least 0, whose derivative at 0 is 0."""
    present = square > 0
    return torch.where(present, torch.where(present, square, 1).sqrt(), 0)


def descending(name: str, grid: Tensor) -> None:
    """Values that decrease along the last axis."""
    _checks.smaller(equal_allowed=False, **{name: grid[..., 1:], "the one before": grid[..., :-1]})


@dataclass(eq=False)
class Nodes:
    """Decreasing times (..., m + 1): the history, oldest first, then the start and the end of a step.

    Everything is formed in float64, once and for all rules, and rounded to the dtype of the times by `rounded`: a
    handful of scalars beside the states that they multiply.
    """

    path: Path
    times: Tensor
    dtype: torch.dtype

    @classmethod
    def of(
        cls,
        path: Path,
        times: Tensor,
        *,
        least: int = 2,
        most: int = 5,
        noise_at_end: bool = False,
        signal_at_start: bool = False,
    ) -> Nodes:
        """The checked times; the ends of the domain are open where noise at the end or signal at the start is needed.

        Raises ValueError for another number of times, times that do not decrease, and times outside the domain.
        """
        (grid,) = _checks.tensors(times=times)
        count = _checks.event("times", grid)
        if not least <= count <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise ValueError(f"times: expected {wanted} along the last axis, got {count}")
        signal = signal_at_start and path._alpha_vanishes
        _checks.time_in_domain(path, open_start=noise_at_end and path._sigma_vanishes, open_end=signal, times=grid)
        descending("times", grid)
        return cls(path, grid.double(), grid.dtype)

    @property
    def start(self) -> Tensor:
        """The time at which the step starts, (...)."""
        return self.times[..., -2]

    @property
    def end(self) -> Tensor:
        """The time at which the step ends, (...)."""
        return self.times[..., -1]

    @property
    def history(self) -> Tensor:
        """The times at which an explicit rule knows the field, (..., m)."""
        return self.times[..., :-1]

    @cached_property
    def step(self) -> Tensor:
        """The step h = lambda_end - lambda_start; infinite where sigma ends, or alpha starts, at 0."""
        return self.path._difference_between(self.end, self.start)

    @cached_property
    def kept(self) -> Tensor:
        """e^-h."""
        return self.path._kept_between(self.end, self.start)

    @cached_property
    def lost(self) -> Tensor:
        """1 - e^-h."""
        return self.path._lost_between(self.end, self.start)

    @cached_property
    def drop(self) -> Tensor:
        """1 - e^-2h."""
        return self.path._snr_drop_between(self.end, self.start)

    @cached_property
    def alpha_end(self) -> Tensor:
        """Alpha at the end."""
        return self.path._alpha_at(self.end)

    @cached_property
    def sigma_end(self) -> Tensor:
        """Sigma at the end."""
        return self.path._sigma_at(self.end)

    @cached_property
    def sigma_ratio(self) -> Tensor:
        """sigma_end/sigma_start."""
        return self.sigma_end / self.path._sigma_at(self.start)

    @cached_property
    def alpha_ratio(self) -> Tensor:
        """alpha_end/alpha_start."""
        return 1 / self.path._kernel_alpha_between(self.end, self.start)

    @cached_property
    def noise_scale(self) -> Tensor:
        """alpha_end sigma_start/alpha_start = sigma_end e^h, which is finite where sigma ends at 0."""
        return self.alpha_end * self.path._noise_to_signal_at(self.start)

    def fade(self, rate: Tensor) -> Tensor:
        """1 - e^(-rate h), a rate of 0 leaving nothing also where h is infinite."""
        ended = self.kept == 0
        away = -torch.expm1(-rate * torch.where(ended, 0, self.step))
        return torch.where(ended, (rate > 0).double(), away)

    def rounded(self, value: Tensor) -> Tensor:
        """A result in the dtype of the times."""
        return value.to(self.dtype)
