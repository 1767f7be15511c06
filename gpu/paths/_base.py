"""What every path is to its users: methods that check their times."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths._formulas import Formulas

__all__ = ["Path", "checked_path"]


class Path(Formulas):
    """A Gaussian path x_t = alpha(t) x_0 + sigma(t) eps; t grows toward noise.

    lambda(t) = log(alpha/sigma) is the half log-SNR, strictly decreasing. Every method maps times of any
    shape to an array of that shape, in their dtype and on their device; a Python float means float64.
    Parameters are Python floats and never decide a dtype. Methods raise ValueError for times outside the
    domain, and name the open interval where an end is excluded because the value would divide by alpha or
    sigma there, or diverge.
    """

    def alpha(self, t: Tensor | float) -> Tensor:
        """Signal coefficient on the closed domain."""
        return self._alpha_at(self._checked_time(t))

    def sigma(self, t: Tensor | float) -> Tensor:
        """Noise standard deviation on the closed domain; no derivative at 0 where it grows like sqrt(t)."""
        return self._sigma_at(self._checked_time(t))

    def alpha_derivative(self, t: Tensor | float) -> Tensor:
        """Derivative of alpha, on the closed domain."""
        return self._alpha_derivative_at(self._checked_time(t))

    def sigma_derivative(self, t: Tensor | float) -> Tensor:
        """Derivative of sigma; the start of the domain is excluded where sigma grows from 0 like sqrt(t)."""
        return self._sigma_derivative_at(self._checked_time(t, open_start=self._sigma_derivative_diverges))

    def half_log_snr(self, t: Tensor | float) -> Tensor:
        """Half log-SNR log(alpha/sigma), lambda; ends where alpha or sigma is 0 are excluded."""
        return self._half_log_snr_at(self._checked_interior_time(t))

    def half_log_snr_derivative(self, t: Tensor | float) -> Tensor:
        """Derivative of the half log-SNR, below 0; ends where alpha or sigma is 0 are excluded."""
        return self._half_log_snr_derivative_at(self._checked_interior_time(t))

    def time_at_half_log_snr(self, half_log_snr: Tensor | float) -> Tensor:
        """The time of a half log-SNR; raises ValueError outside the range that the domain covers.

        Catalogue: P12, P25 (Lai et al., arXiv 2510.21890).
        """
        (value,) = _checks.tensors(half_log_snr=half_log_snr)
        _checks.finite(half_log_snr=value)
        if _checks.values_are_checked(value):
            lowest, highest = self._half_log_snr_range(value)
            _checks.between("half_log_snr", value, lowest, highest, f"the range of {type(self).__name__}")
        return self._time_in_domain_at_noise_to_signal(torch.exp(-value))

    def drift(self, t: Tensor | float) -> Tensor:
        """Coefficient f = alpha'/alpha of the linear drift f x; an end where alpha is 0 is excluded."""
        return self._drift_at(self._checked_time(t, open_end=self._alpha_vanishes))

    def diffusion_squared(self, t: Tensor | float) -> Tensor:
        """Squared diffusion g^2 = (sigma^2)' - 2 f sigma^2; an end where alpha is 0 is excluded.

        Catalogue: P8, P9 (Lai et al., arXiv 2510.21890).
        """
        return self._diffusion_squared_at(self._checked_time(t, open_end=self._alpha_vanishes))

    def half_log_snr_difference(self, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
        """lambda(clean) - lambda(noisy) > 0, formed from the difference of the times, not from two lambdas.

        Ends where alpha or sigma is 0 are excluded; raises ValueError unless clean < noisy.
        """
        clean, noisy = _checks.tensors(clean=clean, noisy=noisy)
        _checks.broadcast(clean=clean.shape, noisy=noisy.shape)
        _checks.time_in_domain(
            self, open_start=self._sigma_vanishes, open_end=self._alpha_vanishes, clean=clean, noisy=noisy
        )
        _checks.ordered(clean, noisy)
        return self._difference_between(clean, noisy)

    def _checked_time(self, t: Tensor | float, *, open_start: bool = False, open_end: bool = False) -> Tensor:
        """Times of the domain as a tensor."""
        (time,) = _checks.tensors(t=t)
        _checks.time_in_domain(self, open_start=open_start, open_end=open_end, t=time)
        return time

    def _checked_interior_time(self, t: Tensor | float) -> Tensor:
        """Times at which neither alpha nor sigma is 0, as a tensor."""
        return self._checked_time(t, open_start=self._sigma_vanishes, open_end=self._alpha_vanishes)

    def _half_log_snr_range(self, like: Tensor) -> tuple[float, float]:
        """The values of lambda at the ends of the domain, as the dtype of `like` has them."""
        start, end = self.domain
        at = like.new_tensor([start, end])
        lowest = -torch.inf if self._alpha_vanishes or end == torch.inf else float(self._half_log_snr_at(at[1]))
        highest = torch.inf if self._sigma_vanishes else float(self._half_log_snr_at(at[0]))
        return lowest, highest


def checked_path(path: object) -> Path:
    """A path, else TypeError."""
    if not isinstance(path, Path):
        raise TypeError(f"path: expected a path of gpu.paths, got {type(path).__name__}")
    return path
