"""Variance-preserving paths with a linear rate."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.paths._base import Path

__all__ = ["SubVP", "VPLinear"]


@dataclass(frozen=True)
class _LinearRate(Path):
    """Signal level e^{-B/2} for the rate beta(t) = b0 + (b1 - b0) t with integral B(t)."""

    beta_min: float = 0.1
    beta_max: float = 20.0
    terminal_time: float = 1.0

    def __post_init__(self) -> None:
        for name in ("beta_min", "beta_max", "terminal_time"):
            object.__setattr__(self, name, _checks.positive_parameter(name, getattr(self, name)))
        if self.beta_max < self.beta_min:
            raise ValueError(f"beta_max: expected at least beta_min = {self.beta_min!r}, got {self.beta_max!r}")

    @property
    def domain(self) -> tuple[float, float]:
        return 0.0, self.terminal_time

    @property
    def _noise_vanishes(self) -> bool:
        return True

    @property
    def _signal_vanishes(self) -> bool:
        return False

    def _rate(self, t: Array) -> Array:
        return self.beta_min + (self.beta_max - self.beta_min) * t

    def _integral(self, t: Array) -> Array:
        return t * (self.beta_min + 0.5 * (self.beta_max - self.beta_min) * t)

    def _integral_between(self, clean: Array, noisy: Array) -> Array:
        """B(noisy) - B(clean), without subtracting the two."""
        mean_rate = self.beta_min + 0.5 * (self.beta_max - self.beta_min) * (clean + noisy)
        return (noisy - clean) * mean_rate

    def _time_of_integral(self, integral: Array) -> Array:
        """The positive root t of B(t) = integral, free of division by b1 - b0."""
        slope = self.beta_max - self.beta_min
        return 2.0 * integral / (self.beta_min + np.sqrt(self.beta_min**2 + 2.0 * slope * integral))

    def _log_saturation_quotient(self, clean: Array, noisy: Array) -> Array:
        """Log of (1 - e^-B(noisy))/(1 - e^-B(clean)), >= 0; inf at clean = 0."""
        with np.errstate(divide="ignore", over="ignore"):
            return np.log1p(-np.expm1(-self._integral_between(clean, noisy)) / np.expm1(self._integral(clean)))

    def _alpha(self, t: Array) -> Array:
        return np.exp(-0.5 * self._integral(t))

    def _alpha_derivative(self, t: Array) -> Array:
        return -0.5 * self._rate(t) * self._alpha(t)

    def _alpha_quotient(self, clean: Array, noisy: Array) -> Array:
        return np.exp(-0.5 * self._integral_between(clean, noisy))

    def _drift(self, t: Array) -> Array:
        return -0.5 * self._rate(t)

    @abstractmethod
    def _integral_at_ratio(self, ratio: Array) -> Array:
        """B as a function of sigma/alpha."""

    def _time(self, ratio: Array) -> Array:
        return self._time_of_integral(self._integral_at_ratio(ratio))


@dataclass(frozen=True)
class VPLinear(_LinearRate):
    r"""Variance-preserving path with a linear rate.

    beta(t) = b0 + (b1 - b0) t,  B(t) = b0 t + (b1 - b0) t^2/2,  alpha = e^{-B/2},  sigma^2 = 1 - e^{-B},
    f = -beta/2,  g^2 = beta,  lambda = -log(e^B - 1)/2,  t(lambda) = 2B/(b0 + sqrt(b0^2 + 2 (b1 - b0) B)) at
    B = log(1 + e^{-2 lambda}).  The slope b1 - b0 is per unit of time, whatever the terminal time.

    Domain [0, terminal_time]; beta_max >= beta_min > 0.  sigma', lambda and lambda' diverge at t = 0.
    Raises: TypeError, ValueError for parameters that are not positive finite numbers.
    Catalogue: P8, P9, P12, P13 (Lai et al., arXiv 2510.21890).
    """

    @property
    def _noise_rate_diverges(self) -> bool:
        return True

    def _sigma(self, t: Array) -> Array:
        return np.sqrt(-np.expm1(-self._integral(t)))

    def _sigma_derivative(self, t: Array) -> Array:
        return 0.5 * self._rate(t) * np.exp(-self._integral(t)) / self._sigma(t)

    def _half_log_snr(self, t: Array) -> Array:
        integral = self._integral(t)
        return -0.5 * (integral + np.log(-np.expm1(-integral)))

    def _half_log_snr_derivative(self, t: Array) -> Array:
        return 0.5 * self._rate(t) / np.expm1(-self._integral(t))

    def _difference(self, clean: Array, noisy: Array) -> Array:
        gap = self._integral_between(clean, noisy)
        return 0.5 * (gap + self._log_saturation_quotient(clean, noisy))

    def _diffusion_squared(self, t: Array) -> Array:
        return self._rate(t)

    def _integral_at_ratio(self, ratio: Array) -> Array:
        return np.log1p(ratio**2)

    def _alpha_at_noise_to_signal(self, ratio: Array) -> Array:
        return 1.0 / np.hypot(1.0, ratio)

    def _variance_deficit(self, t: Array) -> Array:
        return np.exp(-self._integral(t))


@dataclass(frozen=True)
class SubVP(_LinearRate):
    r"""Sub-variance-preserving path: the signal level of VPLinear with noise level sigma = 1 - e^{-B}.

    f = -beta/2,  g^2 = beta (1 - e^{-2B}),  lambda = -log(2 sinh(B/2)),  B(lambda) = 2 asinh(e^{-lambda}/2).

    Domain [0, terminal_time]; beta_max >= beta_min > 0.  lambda and lambda' diverge at t = 0.
    Raises: TypeError, ValueError for parameters that are not positive finite numbers.
    Catalogue: P8, P9, P12 (Lai et al., arXiv 2510.21890).
    """

    @property
    def _noise_rate_diverges(self) -> bool:
        return False

    def _sigma(self, t: Array) -> Array:
        return -np.expm1(-self._integral(t))

    def _sigma_derivative(self, t: Array) -> Array:
        return self._rate(t) * np.exp(-self._integral(t))

    def _half_log_snr(self, t: Array) -> Array:
        integral = self._integral(t)
        return -0.5 * integral - np.log(-np.expm1(-integral))

    def _half_log_snr_derivative(self, t: Array) -> Array:
        return -0.5 * self._rate(t) / np.tanh(0.5 * self._integral(t))

    def _difference(self, clean: Array, noisy: Array) -> Array:
        gap = self._integral_between(clean, noisy)
        return 0.5 * gap + self._log_saturation_quotient(clean, noisy)

    def _diffusion_squared(self, t: Array) -> Array:
        return -self._rate(t) * np.expm1(-2.0 * self._integral(t))

    def _integral_at_ratio(self, ratio: Array) -> Array:
        return 2.0 * np.arcsinh(0.5 * ratio)

    def _alpha_at_noise_to_signal(self, ratio: Array) -> Array:
        return 1.0 / (0.5 * ratio + np.hypot(1.0, 0.5 * ratio))

    def _variance_deficit(self, t: Array) -> Array:
        signal_squared = np.exp(-self._integral(t))
        return signal_squared * (2.0 - signal_squared)
