"""The formulas a path is made of, without input checks: for code that has checked its times already."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from gpu.paths._stable import geometric

__all__ = ["Formulas"]

_SMALL = 0.5


class Formulas(ABC):
    """Formulas of a path; those of one time end in `_at`, those of a clean and a noisy time in `_between`."""

    _sigma_vanishes: ClassVar[bool]
    """Sigma is 0 at the start of the domain."""
    _alpha_vanishes: ClassVar[bool] = False
    """Alpha is 0 at the end of the domain."""
    _sigma_derivative_diverges: ClassVar[bool] = False
    """Sigma grows like the square root of t from the start of the domain."""

    @property
    @abstractmethod
    def domain(self) -> tuple[float, float]:
        """The closed interval of times (half open where its end is infinite)."""

    @abstractmethod
    def _alpha_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def _sigma_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def _variance_at(self, t: Tensor) -> Tensor:
        """Noise variance sigma(t)^2."""

    @abstractmethod
    def _alpha_derivative_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def _sigma_derivative_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def _half_log_snr_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def _half_log_snr_derivative_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def _drift_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def _diffusion_squared_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def _time_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        """The time at which sigma/alpha = ratio."""

    @abstractmethod
    def _alpha_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        """Signal coefficient at the time at which sigma/alpha = ratio."""

    @abstractmethod
    def _difference_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """Half log-SNR at clean minus that at noisy."""

    @abstractmethod
    def _kernel_alpha_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """Signal kept from clean to noisy: alpha(noisy)/alpha(clean)."""

    @abstractmethod
    def _snr_drop_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """The drop 1 - SNR(noisy)/SNR(clean) in (0, 1], without infinities at the ends of the domain."""

    @abstractmethod
    def _power_changes_between(self, clean: Tensor, noisy: Tensor) -> tuple[Tensor, Tensor]:
        """The changes alpha(noisy)^2 - alpha(clean)^2 <= 0 and sigma(noisy)^2 - sigma(clean)^2 >= 0.

        Both are proportional to noisy - clean: no two rounded levels are subtracted.
        """

    def _time_in_domain_at_noise_to_signal(self, noise_to_signal: Tensor) -> Tensor:
        """The time of a noise-to-signal ratio, moved onto an end of the domain when rounding passed it."""
        time = self._time_at_noise_to_signal(noise_to_signal)
        beyond = (time.clamp(*self.domain) - time).detach()
        return time + beyond

    def _noise_to_signal_at(self, t: Tensor) -> Tensor:
        """Noise-to-signal ratio sigma/alpha = exp(-lambda)."""
        return self._sigma_at(t) / self._alpha_at(t)

    def _times_between(self, start: Tensor, end: Tensor, count: int) -> Tensor:
        """Times of evenly spaced half log-SNR between two times, without these: (count - 2,)."""
        ratios = geometric(self._noise_to_signal_at(start), self._noise_to_signal_at(end), count)
        return self._time_in_domain_at_noise_to_signal(ratios)

    def _kept_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """The ratio e^-h of the noise-to-signal ratios, clean over noisy; h is the difference of half log-SNRs."""
        return self._kernel_alpha_between(clean, noisy) * (self._sigma_at(clean) / self._sigma_at(noisy))

    def _lost_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """1 - e^-h, from e^-h where that is small and from 1 - e^-2h where it is not."""
        kept = self._kept_between(clean, noisy)
        return torch.where(kept < _SMALL, 1 - kept, self._snr_drop_between(clean, noisy) / (1 + kept))

    def _variance_excess_at(self, t: Tensor) -> Tensor:
        """Excess sigma^2 - 1, accurate where sigma tends to 1."""
        return self._variance_at(t) - 1

    def _kernel_variance_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """Variance of x_noisy given x_clean: sigma_noisy^2 (1 - SNR_noisy/SNR_clean)."""
        return self._variance_at(noisy) * self._snr_drop_between(clean, noisy)
