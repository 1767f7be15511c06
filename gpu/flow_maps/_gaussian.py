"""Gaussian data direction by direction: every map here is x -> a x + b mu along an eigenvector of variance l."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.fields.analytic import velocity_rates
from gpu.paths import Path

__all__ = ["Affine", "Trip"]


class Affine(NamedTuple):
    """The coefficients (..., d) of a x + b mu in each direction."""

    of_point: Tensor
    of_mean: Tensor


@dataclass(frozen=True, eq=False)
class Trip:
    """Gaussian data and two checked times of a path, at the first of which there is a density."""

    directions: Directions
    path: Path
    t_start: Tensor
    t_end: Tensor

    @classmethod
    def between(cls, data: Gaussian, path: Path, t_start: Tensor | float, t_end: Tensor | float) -> Trip:
        """The trip between two times of the domain, in either order; raises where there is none."""
        directions = Directions.of(data)
        start, end = directions.tensors(t_start=t_start, t_end=t_end)
        _checks.broadcast(data=data.batch_shape, t_start=start.shape, t_end=end.shape)
        _checks.time_in_domain(path, t_start=start, t_end=end)
        start, end = torch.broadcast_tensors(start, end)  # type: ignore[no-untyped-call]
        return cls(directions, path, start, end)

    def apply(self, map_: Affine, x: Tensor) -> Tensor:
        """The image (..., d) of points (..., d)."""
        _, point = _checks.tensors(data=self.directions.data.mean, x=x)
        _checks.event("x", point, self.directions.data.event_size)
        _checks.broadcast(data=self.directions.data.batch_shape, t_start=self.t_start.shape, x=point.shape[:-1])
        _checks.finite(x=point)
        along = map_.of_point * self.directions.coordinates(point) + map_.of_mean * self.directions.mean
        return self.directions.vectors(along)

    def flow(self) -> Affine:
        """Psi: A = sqrt(V_end/V_start), B = alpha_end - A alpha_start, a product with the change of the SNR."""
        before, ratio = self._variance(self.t_start), self._ratio()
        alpha, alpha_end = (self._column(self.path._alpha_at(t)) for t in (self.t_start, self.t_end))
        total = alpha_end + ratio * alpha
        nothing = total == 0
        return Affine(ratio, self._cross()[..., None] / before / torch.where(nothing, 1, total))

    def velocity(self, t: Tensor) -> Affine:
        """v(x, t): (alpha alpha' l + sigma sigma')/V and (alpha' sigma^2 - alpha sigma sigma')/V."""
        slope, growth = velocity_rates(self.path, t)
        alpha, variance = self.path._alpha_at(t), self._variance(t)
        of_point = self.directions.at(alpha * slope, growth) / variance
        return Affine(of_point, self._column(slope * self.path._variance_at(t) - alpha * growth) / variance)

    def end_velocity(self) -> Affine:
        """The velocity at the image, d Psi/d t_end, from the terms of one sign where there are such."""
        flow, there = self.flow(), self.velocity(self.t_end)
        alpha = self._column(self.path._alpha_at(self.t_start))
        slope = self._column(velocity_rates(self.path, self.t_end)[0])
        direct = slope - there.of_point * flow.of_point * alpha
        through = there.of_point * flow.of_mean + there.of_mean
        return Affine(there.of_point * flow.of_point, torch.where(there.of_point >= 0, direct, through))

    def average_velocity(self) -> Affine:
        """(x - Psi(x))/(t_start - t_end), and the velocity where the times agree.

        1 - A = (V_start - V_end)/(V_start (1 + A)), from changes that are proportional to the step.
        """
        gap = self.t_start - self.t_end
        still = gap == 0
        divisor = torch.where(still, 1, gap)
        _, clean, noisy = self._ordered()
        signal, noise = self.path._power_changes_between(clean, noisy)
        length = torch.where(still, 1, noisy - clean)
        change = self.directions.at(signal / length, noise / length)
        of_point = change / self._variance(self.t_start) / (1 + self._ratio())
        of_mean = -self.flow().of_mean / self._column(divisor)
        now = self.velocity(self.t_start)
        at_once = still[..., None]
        return Affine(torch.where(at_once, now.of_point, of_point), torch.where(at_once, now.of_mean, of_mean))

    def _variance(self, t: Tensor) -> Tensor:
        return self.directions.marginal(self.path, t)

    def _ratio(self) -> Tensor:
        """sqrt(V_end/V_start); V_end may be 0."""
        end = self.directions.at(self.path._alpha_at(self.t_end).square(), self.path._variance_at(self.t_end))
        return (end / self._variance(self.t_start)).sqrt()

    def _cross(self) -> Tensor:
        """alpha_end^2 sigma_start^2 - alpha_start^2 sigma_end^2, (...)."""
        forward, clean, noisy = self._ordered()
        still = clean == noisy
        first, last = self.path.domain
        middle = first + (last - first) / 2 if math.isfinite(last) else first + 1
        # where the times agree any two others serve: derivatives meet no 0/0
        apart = self.path._snr_drop_between(torch.where(still, first, clean), torch.where(still, middle, noisy))
        drop = torch.where(still, 0, apart)
        size = self.path._alpha_at(clean).square() * self.path._variance_at(noisy) * drop
        return torch.where(forward, -size, size)

    def _ordered(self) -> tuple[Tensor, Tensor, Tensor]:
        """Whether the trip leads toward noise, and its cleaner and its noisier time."""
        forward = self.t_start <= self.t_end
        return (
            forward,
            torch.where(forward, self.t_start, self.t_end),
            torch.where(forward, self.t_end, self.t_start),
        )

    @staticmethod
    def _column(values: Tensor) -> Tensor:
        return values[..., None]
