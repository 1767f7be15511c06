"""The VP path with a linear rate, and its sub-VP sibling.

Both are functions of B(t) = integral of beta = beta_min t + (beta_max - beta_min) t^2 / 2.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths._base import Path
from gpu.paths._stable import (
    drop,
    exponential_drop,
    exponential_log_ratio,
    log_one_plus_square,
    unit_hypotenuse,
)

__all__ = ["SubVP", "VPLinear"]


@dataclass(frozen=True)
class _LinearRate(Path):
    """What VP and sub-VP share: a rate beta(t) linear in t, and alpha = e^{-B/2}."""

    beta_min: float = 0.1
    beta_max: float = 20.0
    terminal_time: float = 1.0

    _sigma_vanishes = True

    def __post_init__(self) -> None:
        for name in ("beta_min", "beta_max", "terminal_time"):
            object.__setattr__(self, name, _checks.parameter(name, getattr(self, name)))
        _checks.above("beta_max", self.beta_max, "beta_min", self.beta_min, equal_allowed=True)

    @property
    def domain(self) -> tuple[float, float]:
        """[0, terminal_time]."""
        return 0.0, self.terminal_time

    @property
    def _half_slope(self) -> float:
        return (self.beta_max - self.beta_min) / 2

    def _rate(self, t: Tensor) -> Tensor:
        return self.beta_min + (self.beta_max - self.beta_min) * t

    def _integral(self, t: Tensor) -> Tensor:
        """B(t)."""
        return t * (self.beta_min + self._half_slope * t)

    def _integral_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """B(noisy) - B(clean), proportional to the difference of the times."""
        return (noisy - clean) * (self.beta_min + self._half_slope * (noisy + clean))

    def _alpha_at(self, t: Tensor) -> Tensor:
        return torch.exp(-0.5 * self._integral(t))

    def _alpha_derivative_at(self, t: Tensor) -> Tensor:
        return -0.5 * self._rate(t) * self._alpha_at(t)

    def _drift_at(self, t: Tensor) -> Tensor:
        return -0.5 * self._rate(t)

    def _kernel_alpha_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return torch.exp(-0.5 * self._integral_between(clean, noisy))

    def _lost_power_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """alpha(clean)^2 - alpha(noisy)^2."""
        lost = -torch.expm1(-self._integral_between(clean, noisy))
        return torch.exp(-self._integral(clean)) * lost

    def _time_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        integral = self._integral_at_noise_to_signal(ratio)
        root = torch.sqrt(self.beta_min**2 + 4 * self._half_slope * integral)
        return 2 * integral / (self.beta_min + root)

    @abstractmethod
    def _integral_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        """The B at which sigma/alpha = ratio."""


@dataclass(frozen=True)
class VPLinear(_LinearRate):
    """Variance-preserving path with a linear rate.

    beta(t) = beta_min + (beta_max - beta_min) t on [0, terminal_time] (the slope is not divided by the
    terminal time); B = integral of beta; alpha = e^{-B/2}, sigma = sqrt(1 - e^{-B}), f = -beta/2, g^2 = beta.

    Raises ValueError unless 0 < beta_min <= beta_max and terminal_time > 0, all finite.
    Catalogue: P8, P9, P12, P13 (Lai et al., arXiv 2510.21890).
    """

    _sigma_derivative_diverges = True

    def _variance_at(self, t: Tensor) -> Tensor:
        return -torch.expm1(-self._integral(t))

    def _variance_excess_at(self, t: Tensor) -> Tensor:
        return -torch.exp(-self._integral(t))

    def _sigma_at(self, t: Tensor) -> Tensor:
        return torch.sqrt(self._variance_at(t))

    def _sigma_derivative_at(self, t: Tensor) -> Tensor:
        return 0.5 * self._rate(t) * torch.exp(-self._integral(t)) / self._sigma_at(t)

    def _half_log_snr_at(self, t: Tensor) -> Tensor:
        return -0.5 * (self._integral(t) + torch.log(self._variance_at(t)))

    def _half_log_snr_derivative_at(self, t: Tensor) -> Tensor:
        return -0.5 * self._rate(t) / self._variance_at(t)

    def _diffusion_squared_at(self, t: Tensor) -> Tensor:
        return self._rate(t)

    def _integral_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        return log_one_plus_square(ratio)

    def _alpha_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        return 1 / unit_hypotenuse(ratio)

    def _difference_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        between = self._integral_between(clean, noisy)
        return 0.5 * (between + exponential_log_ratio(self._integral(clean), between))

    def _snr_drop_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        between = self._integral_between(clean, noisy)
        return exponential_drop(self._integral(clean), self._integral(noisy), between)

    def _kernel_variance_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return -torch.expm1(-self._integral_between(clean, noisy))

    def _power_changes_between(self, clean: Tensor, noisy: Tensor) -> tuple[Tensor, Tensor]:
        lost = self._lost_power_between(clean, noisy)
        return -lost, lost


@dataclass(frozen=True)
class SubVP(_LinearRate):
    """Sub-VP path: alpha of the VP path with a linear rate, and sigma = 1 - e^{-B}.

    f = -beta/2, g^2 = beta (1 - e^{-2B}), lambda = -log(2 sinh(B/2)).

    Raises ValueError unless 0 < beta_min <= beta_max and terminal_time > 0, all finite.
    Catalogue: P8, P9 (Lai et al., arXiv 2510.21890).
    """

    def _sigma_at(self, t: Tensor) -> Tensor:
        return -torch.expm1(-self._integral(t))

    def _variance_at(self, t: Tensor) -> Tensor:
        return self._sigma_at(t).square()

    def _variance_excess_at(self, t: Tensor) -> Tensor:
        return -torch.exp(-self._integral(t)) * (1 + self._sigma_at(t))

    def _sigma_derivative_at(self, t: Tensor) -> Tensor:
        return self._rate(t) * torch.exp(-self._integral(t))

    def _half_log_snr_at(self, t: Tensor) -> Tensor:
        return -0.5 * self._integral(t) - torch.log(self._sigma_at(t))

    def _half_log_snr_derivative_at(self, t: Tensor) -> Tensor:
        return -0.5 * self._rate(t) / torch.tanh(0.5 * self._integral(t))

    def _diffusion_squared_at(self, t: Tensor) -> Tensor:
        return -self._rate(t) * torch.expm1(-2 * self._integral(t))

    def _integral_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        return 2 * torch.asinh(0.5 * ratio)

    def _alpha_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        half = 0.5 * ratio
        return 1 / (unit_hypotenuse(half) + half)

    def _difference_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        between = self._integral_between(clean, noisy)
        return 0.5 * between + exponential_log_ratio(self._integral(clean), between)

    def _snr_drop_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        # near 1: (1 - x y)(1 - x/y)/(1 - x)^2 with x = e^{-B(noisy)}, y = e^{-B(clean)}
        ratio = torch.exp(-self._integral_between(clean, noisy)) * (self._variance_at(clean) / self._variance_at(noisy))
        return drop(ratio, self._kernel_variance_between(clean, noisy) / self._variance_at(noisy))

    def _kernel_variance_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        total = self._integral(noisy) + self._integral(clean)
        return torch.expm1(-total) * torch.expm1(-self._integral_between(clean, noisy))

    def _power_changes_between(self, clean: Tensor, noisy: Tensor) -> tuple[Tensor, Tensor]:
        lost = self._lost_power_between(clean, noisy)
        return -lost, lost * (self._sigma_at(clean) + self._sigma_at(noisy))
