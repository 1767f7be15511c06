"""Paths with alpha = 1: geometric VE, EDM and Brownian motion."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths._base import Path
from gpu.paths._stable import constant, exponential_drop, exponential_log_ratio, inner_fractions

__all__ = ["EDM", "VE", "Brownian"]


class _UnitSignal(Path):
    """alpha = 1, so that sigma is the noise-to-signal ratio."""

    def _alpha_at(self, t: Tensor) -> Tensor:
        return constant(t, 1.0)

    def _alpha_derivative_at(self, t: Tensor) -> Tensor:
        return constant(t, 0.0)

    def _drift_at(self, t: Tensor) -> Tensor:
        return constant(t, 0.0)

    def _kernel_alpha_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return constant(clean + noisy, 1.0)

    def _power_changes_between(self, clean: Tensor, noisy: Tensor) -> tuple[Tensor, Tensor]:
        return constant(clean + noisy, 0.0), self._kernel_variance_between(clean, noisy)

    def _noise_to_signal_at(self, t: Tensor) -> Tensor:
        return self._sigma_at(t)

    def _alpha_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        return constant(ratio, 1.0)


@dataclass(frozen=True)
class VE(_UnitSignal):
    """Variance-exploding path with a geometric noise level, on [0, 1].

    sigma(t) = sigma_min (sigma_max/sigma_min)^t, alpha = 1, f = 0, g^2 = 2 L sigma_min^2 e^{2 L t} with
    L = log(sigma_max/sigma_min). With `subtract_initial_variance` the variance is sigma^2(t) - sigma^2(0),
    the law of the SDE started at t = 0; f and g^2 stay the same.

    Raises ValueError unless 0 < sigma_min < sigma_max, both finite.
    Catalogue: P9, P17 (Lai et al., arXiv 2510.21890).
    """

    sigma_min: float = 0.01
    sigma_max: float = 50.0
    subtract_initial_variance: bool = False

    def __post_init__(self) -> None:
        for name in ("sigma_min", "sigma_max"):
            object.__setattr__(self, name, _checks.parameter(name, getattr(self, name)))
        _checks.above("sigma_max", self.sigma_max, "sigma_min", self.sigma_min)
        _checks.flag("subtract_initial_variance", self.subtract_initial_variance)

    @property
    def domain(self) -> tuple[float, float]:
        """[0, 1]."""
        return 0.0, 1.0

    @property
    def _sigma_vanishes(self) -> bool:  # type: ignore[override]
        return self.subtract_initial_variance

    @property
    def _sigma_derivative_diverges(self) -> bool:  # type: ignore[override]
        return self.subtract_initial_variance

    @property
    def _growth(self) -> float:
        """L = log(sigma_max/sigma_min)."""
        return math.log(self.sigma_max / self.sigma_min)

    def _doubled(self, t: Tensor) -> Tensor:
        """2 L t, the log of the variance in units of sigma_min^2."""
        return 2 * self._growth * t

    def _sigma_at(self, t: Tensor) -> Tensor:
        if self.subtract_initial_variance:
            return self.sigma_min * torch.sqrt(torch.expm1(self._doubled(t)))
        return self.sigma_min * torch.exp(self._growth * t)

    def _variance_at(self, t: Tensor) -> Tensor:
        grown = torch.expm1 if self.subtract_initial_variance else torch.exp
        return self.sigma_min**2 * grown(self._doubled(t))

    def _sigma_derivative_at(self, t: Tensor) -> Tensor:
        if self.subtract_initial_variance:
            return 0.5 * self._diffusion_squared_at(t) / self._sigma_at(t)
        return self._growth * self._sigma_at(t)

    def _half_log_snr_at(self, t: Tensor) -> Tensor:
        if self.subtract_initial_variance:
            return -torch.log(self._sigma_at(t))
        return -(math.log(self.sigma_min) + self._growth * t)

    def _half_log_snr_derivative_at(self, t: Tensor) -> Tensor:
        if self.subtract_initial_variance:
            return self._growth / torch.expm1(-self._doubled(t))
        return constant(t, -self._growth)

    def _diffusion_squared_at(self, t: Tensor) -> Tensor:
        return 2 * self._growth * self.sigma_min**2 * torch.exp(self._doubled(t))

    def _time_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        if self.subtract_initial_variance:
            return torch.log1p((ratio / self.sigma_min).square()) / (2 * self._growth)
        return torch.log(ratio / self.sigma_min) / self._growth

    def _times_between(self, start: Tensor, end: Tensor, count: int) -> Tensor:
        if self.subtract_initial_variance:
            return super()._times_between(start, end, count)
        before, after = inner_fractions(count, start)
        return before * start + after * end

    def _difference_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        between = self._growth * (noisy - clean)
        if self.subtract_initial_variance:
            return between + 0.5 * exponential_log_ratio(self._doubled(clean), 2 * between)
        return between

    def _snr_drop_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        between = self._doubled(noisy - clean)
        if self.subtract_initial_variance:
            return exponential_drop(self._doubled(clean), self._doubled(noisy), between)
        return -torch.expm1(-between)

    def _kernel_variance_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        # the initial variance cancels between the two times
        grown = self.sigma_min**2 * torch.exp(self._doubled(noisy))
        return -grown * torch.expm1(-self._doubled(noisy - clean))


@dataclass(frozen=True)
class EDM(_UnitSignal):
    """The path whose time is its noise level: alpha = 1, sigma = t on [0, inf); f = 0, g^2 = 2 t.

    Catalogue: P9, P13 (Lai et al., arXiv 2510.21890).
    """

    _sigma_vanishes = True

    @property
    def domain(self) -> tuple[float, float]:
        """[0, inf)."""
        return 0.0, math.inf

    def _sigma_at(self, t: Tensor) -> Tensor:
        return 1.0 * t

    def _variance_at(self, t: Tensor) -> Tensor:
        return t.square()

    def _variance_excess_at(self, t: Tensor) -> Tensor:
        return (t - 1) * (t + 1)

    def _sigma_derivative_at(self, t: Tensor) -> Tensor:
        return constant(t, 1.0)

    def _half_log_snr_at(self, t: Tensor) -> Tensor:
        return -torch.log(t)

    def _half_log_snr_derivative_at(self, t: Tensor) -> Tensor:
        return -1 / t

    def _diffusion_squared_at(self, t: Tensor) -> Tensor:
        return 2 * t

    def _time_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        return ratio

    def _difference_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return torch.log1p((noisy - clean) / clean)

    def _snr_drop_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        drop = (noisy - clean) / noisy
        return drop * (2 - drop)

    def _kernel_variance_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return (noisy - clean) * (noisy + clean)


@dataclass(frozen=True)
class Brownian(_UnitSignal):
    """Brownian motion: alpha = 1, sigma = sqrt(t) on [0, inf); f = 0, g^2 = 1, SNR = 1/t.

    Catalogue: M1, M2 (McAllester, arXiv 2301.11108).
    """

    _sigma_vanishes = True
    _sigma_derivative_diverges = True

    @property
    def domain(self) -> tuple[float, float]:
        """[0, inf)."""
        return 0.0, math.inf

    def _sigma_at(self, t: Tensor) -> Tensor:
        return torch.sqrt(t)

    def _variance_at(self, t: Tensor) -> Tensor:
        return 1.0 * t

    def _sigma_derivative_at(self, t: Tensor) -> Tensor:
        return 0.5 / torch.sqrt(t)

    def _half_log_snr_at(self, t: Tensor) -> Tensor:
        return -0.5 * torch.log(t)

    def _half_log_snr_derivative_at(self, t: Tensor) -> Tensor:
        return -0.5 / t

    def _diffusion_squared_at(self, t: Tensor) -> Tensor:
        return constant(t, 1.0)

    def _time_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        return ratio.square()

    def _difference_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return 0.5 * torch.log1p((noisy - clean) / clean)

    def _snr_drop_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return (noisy - clean) / noisy

    def _kernel_variance_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return noisy - clean
