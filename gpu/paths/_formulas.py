"""The formulas a path is made of, without input checks: for code that has checked its times already."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from gpu.paths._stable import geometric

__all__ = ["Formulas"]


class Formulas(ABC):
    """Formulas of a path; those of one time end in `_at`, those of a clean and a noisy time in `_between`."""

    sigma_vanishes: ClassVar[bool]
    """Sigma is 0 at the start of the domain."""
    alpha_vanishes: ClassVar[bool] = False
    """Alpha is 0 at the end of the domain."""
    sigma_derivative_diverges: ClassVar[bool] = False
    """Sigma grows like the square root of t from the start of the domain."""

    @property
    @abstractmethod
    def domain(self) -> tuple[float, float]:
        """The closed interval of times (half open where its end is infinite)."""

    @abstractmethod
    def alpha_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def sigma_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def variance_at(self, t: Tensor) -> Tensor:
        """Noise variance sigma(t)^2."""

    @abstractmethod
    def alpha_derivative_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def sigma_derivative_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def half_log_snr_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def half_log_snr_derivative_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def drift_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def diffusion_squared_at(self, t: Tensor) -> Tensor: ...

    @abstractmethod
    def time_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        """The time at which sigma/alpha = ratio."""

    @abstractmethod
    def alpha_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        """Signal coefficient at the time at which sigma/alpha = ratio."""

    @abstractmethod
    def difference_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """Half log-SNR at clean minus that at noisy."""

    @abstractmethod
    def kernel_alpha_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """Signal kept from clean to noisy: alpha(noisy)/alpha(clean)."""

    @abstractmethod
    def snr_drop_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """The drop 1 - SNR(noisy)/SNR(clean) in (0, 1], without infinities at the ends of the domain."""

    def time_in_domain_at_noise_to_signal(self, noise_to_signal: Tensor) -> Tensor:
        """The time of a noise-to-signal ratio, moved onto an end of the domain when rounding passed it."""
        time = self.time_at_noise_to_signal(noise_to_signal)
        beyond = (time.clamp(*self.domain) - time).detach()
        return time + beyond

    def noise_to_signal_at(self, t: Tensor) -> Tensor:
        """Noise-to-signal ratio sigma/alpha = exp(-lambda)."""
        return self.sigma_at(t) / self.alpha_at(t)

    def times_between(self, start: Tensor, end: Tensor, count: int) -> Tensor:
        """Times of evenly spaced half log-SNR between two times, without these: (count - 2,)."""
        ratios = geometric(self.noise_to_signal_at(start), self.noise_to_signal_at(end), count)
        return self.time_in_domain_at_noise_to_signal(ratios)

    def variance_excess_at(self, t: Tensor) -> Tensor:
        """Excess sigma^2 - 1, accurate where sigma tends to 1."""
        return self.variance_at(t) - 1

    def kernel_variance_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """Variance of x_noisy given x_clean: sigma_noisy^2 (1 - SNR_noisy/SNR_clean)."""
        return self.variance_at(noisy) * self.snr_drop_between(clean, noisy)
