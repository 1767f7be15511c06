"""What others call alpha and the signal-to-noise ratio, in terms of our alpha, sigma and half log-SNR."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real

__all__ = [
    "alpha_bar_from_alpha",
    "alpha_from_alpha_bar",
    "half_log_snr_from_log_snr",
    "half_log_snr_from_noise_to_signal",
    "half_log_snr_from_signal_to_noise",
    "half_log_snr_from_snr",
    "log_snr_from_half_log_snr",
    "noise_to_signal_from_half_log_snr",
    "sigma_from_alpha_bar",
    "signal_to_noise_from_half_log_snr",
    "snr_from_half_log_snr",
]

_largest_level = 300.0  # e^600, the SNR there, is still a float64


# --------------------------------------------------------------------------------------- Ho's alpha-bar


def alpha_from_alpha_bar(alpha_bar: Real) -> Array:
    """Signal level alpha = sqrt(abar) of Ho's abar, which multiplies x_0^2.

    Shapes: any.  Domain: [0, 1].
    Raises: TypeError, ValueError for values outside [0, 1].
    Catalogue: P7 (Lai et al., arXiv 2510.21890; Ho et al., arXiv 2006.11239).
    """
    return np.sqrt(_fraction("alpha_bar", alpha_bar))


def sigma_from_alpha_bar(alpha_bar: Real) -> Array:
    """Noise level sigma = sqrt(1 - abar) of Ho's abar.

    Shapes: any.  Domain: [0, 1].  Ill-conditioned as abar approaches 1: ``paths.discrete_sigma`` starts from the betas.
    Raises: TypeError, ValueError for values outside [0, 1].
    Catalogue: P7 (Lai et al., arXiv 2510.21890; Ho et al., arXiv 2006.11239).
    """
    return np.sqrt(1.0 - _fraction("alpha_bar", alpha_bar))


def alpha_bar_from_alpha(alpha: Real) -> Array:
    """Ho's abar = alpha^2 of a signal level.

    Shapes: any.  Domain: [0, 1].
    Raises: TypeError, ValueError for values outside [0, 1].
    Catalogue: P7 (Lai et al., arXiv 2510.21890; Ho et al., arXiv 2006.11239).
    """
    return np.asarray(_fraction("alpha", alpha) ** 2)


# ------------------------------------------------------------------------------- signal-to-noise ratios


def half_log_snr_from_snr(snr: Real) -> Array:
    """Half log-SNR lambda = log(SNR)/2 of SNR = alpha^2/sigma^2.

    Shapes: any.  Domain: SNR > 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P48 (Lai et al., arXiv 2510.21890; Kingma et al., arXiv 2107.00630).
    """
    return np.asarray(0.5 * np.log(_checks.positive("snr", snr)))


def snr_from_half_log_snr(half_log_snr: Real) -> Array:
    """SNR alpha^2/sigma^2 = e^{2 lambda}.

    Shapes: any.  Domain: |lambda| <= 300.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P48 (Lai et al., arXiv 2510.21890; Kingma et al., arXiv 2107.00630).
    """
    return np.exp(2.0 * _level(half_log_snr))


def half_log_snr_from_log_snr(log_snr: Real) -> Array:
    """Half log-SNR lambda of log(alpha^2/sigma^2), which other papers call lambda: half of it.

    Shapes: any.
    Raises: TypeError, ValueError for values that are not finite.
    Catalogue: P48 (Lai et al., arXiv 2510.21890; Kingma and Gao, arXiv 2303.00848).
    """
    return np.asarray(0.5 * _checks.real("log_snr", log_snr))


def log_snr_from_half_log_snr(half_log_snr: Real) -> Array:
    """The log-SNR log(alpha^2/sigma^2) = 2 lambda.

    Shapes: any.
    Raises: TypeError, ValueError for values that are not finite.
    Catalogue: P48 (Lai et al., arXiv 2510.21890; Kingma and Gao, arXiv 2303.00848).
    """
    return np.asarray(2.0 * _checks.real("half_log_snr", half_log_snr))


def half_log_snr_from_signal_to_noise(signal_to_noise: Real) -> Array:
    """Half log-SNR lambda = log(alpha/sigma) of the ratio of amplitudes alpha/sigma, not squared.

    Shapes: any.  Domain: alpha/sigma > 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P13 (Lai et al., arXiv 2510.21890; flow_matching calls this ratio its snr).
    """
    return np.log(_checks.positive("signal_to_noise", signal_to_noise))


def signal_to_noise_from_half_log_snr(half_log_snr: Real) -> Array:
    """Ratio of amplitudes alpha/sigma = e^lambda.

    Shapes: any.  Domain: |lambda| <= 300.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P13 (Lai et al., arXiv 2510.21890; flow_matching calls this ratio its snr).
    """
    return np.exp(_level(half_log_snr))


def half_log_snr_from_noise_to_signal(noise_to_signal: Real) -> Array:
    """Half log-SNR lambda = -log(sigma/alpha) of EDM's sigma, which is sigma/alpha = 1/sqrt(SNR) on any path.

    Shapes: any.  Domain: sigma/alpha > 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P13 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    return -np.log(_checks.positive("noise_to_signal", noise_to_signal))


def noise_to_signal_from_half_log_snr(half_log_snr: Real) -> Array:
    """EDM's sigma on any path, sigma/alpha = e^{-lambda}.

    Shapes: any.  Domain: |lambda| <= 300.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P13 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    return np.exp(-_level(half_log_snr))


# ---------------------------------------------------------------------------------------------- private


def _fraction(name: str, value: Real) -> Array:
    array = _checks.nonnegative(name, value)
    if np.any(array > 1.0):
        raise ValueError(f"{name}: expected values in [0, 1], got {float(array.max())!r}")
    return array


def _level(half_log_snr: Real) -> Array:
    level = _checks.real("half_log_snr", half_log_snr)
    if np.any(np.abs(level) > _largest_level):
        first = float(level.flat[np.argmax(np.abs(level))])
        raise ValueError(f"half_log_snr: expected values in [-{_largest_level}, {_largest_level}], got {first!r}")
    return level
