"""Checked times of a step, in float64, and what the weights of every rule are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.paths._base import checked_path

__all__ = ["OUTPUTS", "Nodes", "descending", "portion", "root", "weak"]

OUTPUTS = ("denoiser", "noise")


def weak(name: str, value: Tensor | float, like: Tensor) -> Tensor:
    """A strength of at least 0 in float64: a tensor of the dtype of the times, or a Python number, which is weak."""
    if isinstance(value, Tensor):
        _, strength = _checks.tensors(times=like, **{name: value})
        _checks.nonnegative(constructor=False, **{name: strength})
        return strength.double()
    return torch.full((), _checks.parameter(name, value, zero_allowed=True), dtype=torch.float64, device=like.device)


def portion(name: str, value: float) -> float:
    """A Python number in (0, 1]."""
    number = _checks.parameter(name, value)
    if number > 1:
        raise ValueError(f"{name}: expected a number in (0, 1], got {number!r}")
    return number


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
    handful of scalars beside the states that they multiply. Only the first of the times can have alpha = 0, and only
    the last sigma = 0; what is infinite there is masked before it is formed, so that gradients stay finite.
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
        checked_path(path)
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
    def silent(self) -> Tensor:
        """Whether alpha is 0 at the first of the times, where lambda is -infinity, (...)."""
        first = self.times[..., 0].detach()
        return first == self.path.domain[1] if self.path._alpha_vanishes else torch.zeros_like(first, dtype=torch.bool)

    @cached_property
    def unlimited(self) -> Tensor:
        """Whether the step is infinite: sigma ends at 0, or alpha starts at 0, (...)."""
        last = self.end.detach()
        ended = last == self.path.domain[0] if self.path._sigma_vanishes else torch.zeros_like(last, dtype=torch.bool)
        return ended | self.silent if self.times.shape[-1] == 2 else ended

    @cached_property
    def finite_step(self) -> Tensor:
        """The step h, and some number where that is infinite, so that no gradient meets an infinity."""
        start = self._inner(self.times.shape[-1] - 2)
        end = torch.where(self.unlimited, start.detach() / 2, self.end)
        return self.path._difference_between(end, start)

    @cached_property
    def step(self) -> Tensor:
        """The step h = lambda_end - lambda_start; infinite where sigma ends, or alpha starts, at 0."""
        return torch.where(self.unlimited, torch.inf, self.finite_step)

    @cached_property
    def stretch(self) -> Tensor:
        """The step h in units of the step before it, from the first of the times: 0 where alpha is 0 there."""
        return torch.where(self.silent, 0, self.step / self.apart(1, 0))

    def apart(self, clean: int, noisy: int) -> Tensor:
        """Lambda at one of the times less that at an earlier one, and 1 where it is infinite."""
        gap = self.path._difference_between(self.times[..., clean], self._inner(noisy))
        return torch.where(self.silent, 1, gap) if noisy == 0 else gap

    def _inner(self, index: int) -> Tensor:
        """One of the times, the first moved inside the domain where alpha is 0 at it."""
        time = self.times[..., index]
        return torch.where(self.silent, sum(self.path.domain) / 2, time) if index == 0 else time

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
        ended = self.unlimited | (self.kept == 0)
        away = -torch.expm1(-rate * torch.where(ended, 0, self.finite_step))
        return torch.where(ended, (rate > 0).double(), away)

    def faded(self, rate: Tensor) -> Tensor:
        """e^(-rate h), a rate of 0 keeping all also where h is infinite; rates below 1 have no derivative there."""
        steep = self.unlimited & (rate < 1)
        return torch.where(steep, (rate == 0).double(), torch.where(steep, 1, self.kept).pow(rate))

    def rounded(self, value: Tensor) -> Tensor:
        """A result in the dtype of the times."""
        return value.to(self.dtype)
