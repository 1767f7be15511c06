"""Variance-exploding paths: alpha = 1, only the noise level moves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.paths._base import Path

__all__ = ["EDM", "VE", "Brownian"]


class _UnitSignal(Path):
    """alpha = 1, f = 0."""

    @property
    def _signal_vanishes(self) -> bool:
        return False

    def _alpha(self, t: Array) -> Array:
        return np.ones_like(t)

    def _alpha_derivative(self, t: Array) -> Array:
        return np.zeros_like(t)

    def _drift(self, t: Array) -> Array:
        return np.zeros_like(t)

    def _half_log_snr(self, t: Array) -> Array:
        return -np.log(self._sigma(t))

    def _alpha_at_noise_to_signal(self, ratio: Array) -> Array:
        return np.ones_like(ratio)

    def _variance_deficit(self, t: Array) -> Array:
        noise = self._sigma(t)
        return (1.0 - noise) * (1.0 + noise)


@dataclass(frozen=True)
class VE(_UnitSignal):
    r"""Variance-exploding path with a geometric noise level.

    sigma(t) = smin (smax/smin)^t, variance sigma^2(t); with ``subtract_initial_variance`` the variance is
    sigma^2(t) - sigma^2(0) = smin^2 ((smax/smin)^{2t} - 1), the exact kernel of the equation from t = 0.
    alpha = 1,  f = 0,  g^2 = 2 log(smax/smin) smin^2 (smax/smin)^{2t} in both cases.

    Domain [0, 1]; 0 < sigma_min < sigma_max.  With the flag sigma(0) = 0, and sigma', lambda, lambda' diverge
    there.  Ill-conditioned in smin and smax as their quotient approaches 1.
    Raises: TypeError, ValueError for parameters that are not positive, finite and ordered.
    Catalogue: P8, P9, P17 (Lai et al., arXiv 2510.21890).
    """

    sigma_min: float = 0.01
    sigma_max: float = 50.0
    subtract_initial_variance: bool = False

    def __post_init__(self) -> None:
        for name in ("sigma_min", "sigma_max"):
            object.__setattr__(self, name, _checks.positive_parameter(name, getattr(self, name)))
        if self.sigma_max <= self.sigma_min:
            raise ValueError(f"sigma_max: expected more than sigma_min = {self.sigma_min!r}, got {self.sigma_max!r}")
        _checks.instance("subtract_initial_variance", self.subtract_initial_variance, bool)

    @property
    def domain(self) -> tuple[float, float]:
        return 0.0, 1.0

    @property
    def _noise_vanishes(self) -> bool:
        return self.subtract_initial_variance

    @property
    def _noise_rate_diverges(self) -> bool:
        return self.subtract_initial_variance

    @property
    def _half_log_snr_is_linear(self) -> bool:
        return not self.subtract_initial_variance

    @property
    def _log_quotient(self) -> float:
        return math.log1p((self.sigma_max - self.sigma_min) / self.sigma_min)

    def _geometric(self, t: Array) -> Array:
        return self.sigma_min * (self.sigma_max / self.sigma_min) ** t

    def _sigma(self, t: Array) -> Array:
        if self.subtract_initial_variance:
            return self.sigma_min * np.sqrt(np.expm1(2.0 * self._log_quotient * t))
        return self._geometric(t)

    def _sigma_quotient(self, clean: Array, noisy: Array) -> Array:
        if self.subtract_initial_variance:
            return super()._sigma_quotient(clean, noisy)
        return np.asarray((self.sigma_min / self.sigma_max) ** (noisy - clean))

    def _sigma_derivative(self, t: Array) -> Array:
        geometric = self._geometric(t)
        if self.subtract_initial_variance:
            return self._log_quotient * geometric * (geometric / self._sigma(t))
        return self._log_quotient * geometric

    def _half_log_snr_derivative(self, t: Array) -> Array:
        if self.subtract_initial_variance:
            return self._log_quotient / np.expm1(-2.0 * self._log_quotient * t)
        return np.full_like(t, -self._log_quotient)

    def _diffusion_squared(self, t: Array) -> Array:
        return 2.0 * self._log_quotient * self._geometric(t) ** 2

    def _difference(self, clean: Array, noisy: Array) -> Array:
        gap = self._log_quotient * (noisy - clean)
        if not self.subtract_initial_variance:
            return gap
        with np.errstate(divide="ignore"):
            saturation = -np.expm1(-2.0 * gap) / np.expm1(2.0 * self._log_quotient * clean)
        return gap + 0.5 * np.log1p(saturation)

    def _time(self, ratio: Array) -> Array:
        if self.subtract_initial_variance:
            return 0.5 * np.log1p((ratio / self.sigma_min) ** 2) / self._log_quotient
        return np.log(ratio / self.sigma_min) / self._log_quotient


@dataclass(frozen=True)
class EDM(_UnitSignal):
    r"""The path whose time is its noise level: alpha = 1, sigma = t, f = 0, g^2 = 2t, lambda = -log t.

    Domain [0, inf).  lambda and lambda' diverge at t = 0.
    Catalogue: P9 (Lai et al., arXiv 2510.21890).
    """

    @property
    def domain(self) -> tuple[float, float]:
        return 0.0, math.inf

    @property
    def _noise_vanishes(self) -> bool:
        return True

    @property
    def _noise_rate_diverges(self) -> bool:
        return False

    def _sigma(self, t: Array) -> Array:
        return np.positive(t)

    def _sigma_derivative(self, t: Array) -> Array:
        return np.ones_like(t)

    def _half_log_snr_derivative(self, t: Array) -> Array:
        return -1.0 / t

    def _diffusion_squared(self, t: Array) -> Array:
        return 2.0 * t

    def _difference(self, clean: Array, noisy: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.log1p((noisy - clean) / clean)

    def _time(self, ratio: Array) -> Array:
        return np.positive(ratio)


@dataclass(frozen=True)
class Brownian(_UnitSignal):
    r"""Data plus Brownian motion: alpha = 1, sigma = sqrt(t), f = 0, g^2 = 1, lambda = -log(t)/2.

    Domain [0, inf).  sigma', lambda and lambda' diverge at t = 0.
    Catalogue: M1 (McAllester, arXiv 2301.11108).
    """

    @property
    def domain(self) -> tuple[float, float]:
        return 0.0, math.inf

    @property
    def _noise_vanishes(self) -> bool:
        return True

    @property
    def _noise_rate_diverges(self) -> bool:
        return True

    def _sigma(self, t: Array) -> Array:
        return np.sqrt(t)

    def _sigma_derivative(self, t: Array) -> Array:
        return 0.5 / np.sqrt(t)

    def _half_log_snr(self, t: Array) -> Array:
        return -0.5 * np.log(t)

    def _half_log_snr_derivative(self, t: Array) -> Array:
        return -0.5 / t

    def _diffusion_squared(self, t: Array) -> Array:
        return np.ones_like(t)

    def _difference(self, clean: Array, noisy: Array) -> Array:
        with np.errstate(divide="ignore"):
            return 0.5 * np.log1p((noisy - clean) / clean)

    def _time(self, ratio: Array) -> Array:
        return ratio**2

    def _variance_deficit(self, t: Array) -> Array:
        return 1.0 - t
