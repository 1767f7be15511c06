"""What every noising path has in common: the checked public methods on top of the raw formulas."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np

from reference import _checks
from reference._checks import Array, Real

__all__ = ["Path", "checked_path"]

_largest_level = 300.0  # beyond it exp(+-2 lambda) nears the ends of float64


class Path(ABC):
    r"""A noising path x_t = alpha(t) x_0 + sigma(t) eps, eps ~ N(0, I); t grows toward noise.

    Methods take a time t (float64, any shape) inside ``domain`` and return an array of its shape.
    A method that divides by alpha or sigma, or diverges, refuses the end of the domain where that happens
    and names the open interval.  Scalars per time, no units; levels multiply the data's unit.

    Raises: TypeError for anything but float64, ValueError for a time outside the domain.
    Catalogue: P8, P9, P13, P25 (Lai et al., arXiv 2510.21890).
    """

    # ------------------------------------------------------------------------------------- the domain

    @property
    @abstractmethod
    def domain(self) -> tuple[float, float]:
        """The closed interval of times; an infinite upper end does not belong to it."""

    @property
    @abstractmethod
    def _noise_vanishes(self) -> bool:
        """Whether sigma = 0 at the clean end."""

    @property
    @abstractmethod
    def _signal_vanishes(self) -> bool:
        """Whether alpha = 0 at the noisy end."""

    @property
    @abstractmethod
    def _noise_rate_diverges(self) -> bool:
        """Whether sigma' is infinite at the clean end."""

    # -------------------------------------------------------------------------------- the raw formulas

    @abstractmethod
    def _alpha(self, t: Array) -> Array: ...

    @abstractmethod
    def _sigma(self, t: Array) -> Array: ...

    @abstractmethod
    def _alpha_derivative(self, t: Array) -> Array: ...

    @abstractmethod
    def _sigma_derivative(self, t: Array) -> Array: ...

    @abstractmethod
    def _half_log_snr(self, t: Array) -> Array: ...

    @abstractmethod
    def _half_log_snr_derivative(self, t: Array) -> Array: ...

    @abstractmethod
    def _drift(self, t: Array) -> Array: ...

    @abstractmethod
    def _diffusion_squared(self, t: Array) -> Array: ...

    @abstractmethod
    def _difference(self, clean: Array, noisy: Array) -> Array:
        """lambda_clean - lambda_noisy on the closed domain: inf where sigma or alpha vanishes."""

    @abstractmethod
    def _time(self, ratio: Array) -> Array:
        """The time at which sigma/alpha has this value."""

    @abstractmethod
    def _alpha_at_noise_to_signal(self, ratio: Array) -> Array:
        """Signal level as a function of sigma/alpha alone."""

    @abstractmethod
    def _variance_deficit(self, t: Array) -> Array:
        """Unchecked 1 - sigma^2, accurate where sigma^2 is close to 1."""

    @property
    def _half_log_snr_is_linear(self) -> bool:
        """Whether equal steps of t are equal steps of lambda."""
        return False

    def _alpha_quotient(self, clean: Array, noisy: Array) -> Array:
        """Unchecked alpha(noisy)/alpha(clean)."""
        return self._alpha(noisy) / self._alpha(clean)

    def _sigma_quotient(self, clean: Array, noisy: Array) -> Array:
        """Unchecked sigma(clean)/sigma(noisy)."""
        return self._sigma(clean) / self._sigma(noisy)

    def _snr_drop(self, clean: Array, noisy: Array) -> Array:
        """Unchecked 1 - SNR(noisy)/SNR(clean) on the closed domain: 1 where sigma or alpha vanishes."""
        return -np.expm1(-2.0 * self._difference(clean, noisy))

    # ------------------------------------------------------------------------------------------ levels

    def alpha(self, t: Real) -> Array:
        """Signal level, on the closed domain."""
        return self._alpha(_checks.time_in_domain(self, t))

    def sigma(self, t: Real) -> Array:
        """Noise level (a standard deviation), on the closed domain."""
        return self._sigma(_checks.time_in_domain(self, t))

    def alpha_derivative(self, t: Real) -> Array:
        """Derivative of alpha in t, on the closed domain."""
        return self._alpha_derivative(_checks.time_in_domain(self, t))

    def sigma_derivative(self, t: Real) -> Array:
        """Derivative of sigma in t; the clean end is refused where sigma grows like a square root."""
        return self._sigma_derivative(_checks.time_in_domain(self, t, open_left=self._noise_rate_diverges))

    # ------------------------------------------------------------------------------------ half log-SNR

    def half_log_snr(self, t: Real) -> Array:
        """lambda(t) = log(alpha/sigma), half the log signal-to-noise ratio; decreasing in t."""
        return self._half_log_snr(self._time_between_ends(t))

    def half_log_snr_derivative(self, t: Real) -> Array:
        """Derivative of lambda in t; negative."""
        return self._half_log_snr_derivative(self._time_between_ends(t))

    def time_at_half_log_snr(self, half_log_snr: Real) -> Array:
        """The time t with lambda(t) = half_log_snr, for levels that the path attains (at most 300 in size).

        A level that misses the end of the domain by rounding alone gives the end itself.
        """
        level = _checks.real("half_log_snr", half_log_snr)
        if np.any(np.abs(level) > _largest_level):
            raise ValueError(
                f"half_log_snr: expected values in [-{_largest_level}, {_largest_level}], "
                f"got {float(level.flat[np.argmax(np.abs(level))])!r}"
            )
        return self._time_at_noise_to_signal(np.exp(-level))

    def half_log_snr_difference(self, *, clean: Real, noisy: Real) -> Array:
        """lambda(clean) - lambda(noisy) > 0, formed without subtracting two half log-SNRs.

        The relative error stays at rounding level as clean approaches noisy.
        """
        early, late = _checks.ordered(
            self, clean, noisy, open_left=self._noise_vanishes, open_right=self._signal_vanishes
        )
        return self._difference(early, late)

    # ------------------------------------------------------------------------------------- coefficients

    def drift(self, t: Real) -> Array:
        """Coefficient f(t) = alpha'/alpha of the forward equation dx = f x dt + g dw."""
        return self._drift(_checks.time_in_domain(self, t, open_right=self._signal_vanishes))

    def diffusion_squared(self, t: Real) -> Array:
        """g(t)^2 = (sigma^2)' - 2 f sigma^2 = -2 sigma^2 lambda'."""
        return self._diffusion_squared(_checks.time_in_domain(self, t, open_right=self._signal_vanishes))

    # --------------------------------------------------------------------- the clock of noise to signal

    def _time_between_ends(self, t: Real) -> Array:
        """A checked time at which neither sigma nor alpha vanishes."""
        return _checks.time_in_domain(self, t, open_left=self._noise_vanishes, open_right=self._signal_vanishes)

    def _noise_to_signal(self, t: Real) -> Array:
        """sigma/alpha, where alpha > 0."""
        time = _checks.time_in_domain(self, t, open_right=self._signal_vanishes)
        return self._sigma(time) / self._alpha(time)

    def _time_at_noise_to_signal(self, ratio: Array) -> Array:
        """The time at which sigma/alpha has this value, inside the domain."""
        start, end = self.domain
        lowest = float(self._noise_to_signal(start))
        highest = math.inf if self._signal_vanishes or math.isinf(end) else float(self._noise_to_signal(end))
        outside = (ratio < lowest * (1.0 - _slack(lowest))) | (ratio > highest * (1.0 + _slack(highest)))
        if np.any(outside):
            raise ValueError(
                f"half_log_snr: expected values from {_level(highest)!r} to {_level(lowest)!r}, attained by "
                f"{type(self).__name__}, got {_level(float(ratio[outside].flat[0]))!r}"
            )
        return np.clip(self._time(ratio), start, end)


def checked_path(name: str, value: object) -> Path:
    """A noising path, else TypeError."""
    return _checks.instance(name, value, Path)  # type: ignore[type-abstract]


def _level(ratio: float) -> float:
    """Half log-SNR of a noise-to-signal ratio."""
    if ratio == 0.0:
        return math.inf
    return -math.log(ratio)


def _slack(ratio: float) -> float:
    """Relative error of a ratio that went through its rounded logarithm: 32 u per unit of log-ratio."""
    if ratio == 0.0 or math.isinf(ratio):
        return 0.0
    return 32.0 * _checks.unit_roundoff * (1.0 + abs(math.log(ratio)))
