"""Names for how much signal is left: Ho's abar, SNR, its logarithm, EDM's sigma, and our lambda = log(alpha/sigma).

All take and give any shape.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks

__all__ = [
    "alpha_bar_from_alpha",
    "alpha_from_alpha_bar",
    "cosine_alpha",
    "cosine_sigma",
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

_LARGEST = 300.0  # twice that is still the logarithm of a float64


# ------------------------------------------------------------------------------------------------------- abar


def alpha_from_alpha_bar(alpha_bar: Tensor | float) -> Tensor:
    """Alpha = sqrt(abar), abar in [0, 1] the factor of x_0^2 in Ho et al.

    Catalogue: P7 (Lai et al., arXiv 2510.21890); Ho et al., arXiv 2006.11239.
    """
    return torch.sqrt(_share("alpha_bar", alpha_bar))


def sigma_from_alpha_bar(alpha_bar: Tensor | float) -> Tensor:
    """Sigma = sqrt(1 - abar), abar in [0, 1]. Ill-conditioned towards 1; `paths.discrete_sigma` takes the betas.

    Catalogue: P7 (Lai et al., arXiv 2510.21890); Ho et al., arXiv 2006.11239.
    """
    return torch.sqrt(1 - _share("alpha_bar", alpha_bar))


def alpha_bar_from_alpha(alpha: Tensor | float) -> Tensor:
    """The abar = alpha^2 of Ho et al., alpha in [0, 1].

    Catalogue: P7 (Lai et al., arXiv 2510.21890); Ho et al., arXiv 2006.11239.
    """
    return _share("alpha", alpha).square()


# ----------------------------------------------------------------------------------------------------- ratios


def half_log_snr_from_snr(snr: Tensor | float) -> Tensor:
    """Lambda = log(SNR)/2 of SNR = alpha^2/sigma^2 > 0.

    Catalogue: P48 (Lai et al., arXiv 2510.21890); Kingma et al., arXiv 2107.00630.
    """
    return torch.log(_positive("snr", snr)) / 2


def snr_from_half_log_snr(half_log_snr: Tensor | float) -> Tensor:
    """SNR = e^{2 lambda}, |lambda| <= 300 (it overflows in float32 beyond 44).

    Catalogue: P48 (Lai et al., arXiv 2510.21890); Kingma et al., arXiv 2107.00630.
    """
    return torch.exp(2 * _lambda(half_log_snr))


def half_log_snr_from_log_snr(log_snr: Tensor | float) -> Tensor:
    """Lambda = log_snr/2 of log(alpha^2/sigma^2), which some papers call lambda.

    Catalogue: P48 (Lai et al., arXiv 2510.21890); Kingma and Gao, arXiv 2303.00848.
    """
    (value,) = _checks.tensors(log_snr=log_snr)
    _checks.finite(log_snr=value)
    return value / 2


def log_snr_from_half_log_snr(half_log_snr: Tensor | float) -> Tensor:
    """The logarithm 2 lambda of alpha^2/sigma^2.

    Catalogue: P48 (Lai et al., arXiv 2510.21890); Kingma and Gao, arXiv 2303.00848.
    """
    (value,) = _checks.tensors(half_log_snr=half_log_snr)
    _checks.finite(half_log_snr=value)
    return 2 * value


def half_log_snr_from_noise_to_signal(noise_to_signal: Tensor | float) -> Tensor:
    """Lambda = -log(sigma/alpha) of EDM's sigma on any path, sigma/alpha = 1/sqrt(SNR) > 0.

    Catalogue: P13 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """
    return -torch.log(_positive("noise_to_signal", noise_to_signal))


def noise_to_signal_from_half_log_snr(half_log_snr: Tensor | float) -> Tensor:
    """EDM's sigma on any path, sigma/alpha = e^{-lambda}, |lambda| <= 300 (in float32 it overflows below -88).

    Catalogue: P13 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """
    return torch.exp(-_lambda(half_log_snr))


def half_log_snr_from_signal_to_noise(signal_to_noise: Tensor | float) -> Tensor:
    """Lambda = log(alpha/sigma) of the ratio alpha/sigma > 0, which flow_matching calls its snr.

    Catalogue: P13 (Lai et al., arXiv 2510.21890).
    """
    return torch.log(_positive("signal_to_noise", signal_to_noise))


def signal_to_noise_from_half_log_snr(half_log_snr: Tensor | float) -> Tensor:
    """The ratio alpha/sigma = e^lambda, not squared, |lambda| <= 300 (in float32 it overflows above 88).

    Catalogue: P13 (Lai et al., arXiv 2510.21890).
    """
    return torch.exp(_lambda(half_log_snr))


# ------------------------------------------------------------------------------- the cosine schedule in continuous time


def cosine_alpha(t: Tensor | float, *, offset: float = 0.008) -> Tensor:
    """Alpha of the cosine schedule, sin(q (1 - t))/sin(q) with q = pi/2/(1 + offset): exactly 0 at t = 1.

    That is cos a(t)/cos a(0), a(t) = q (t + offset). t in [0, 1], offset > 0.

    Catalogue: P15 (Lai et al., arXiv 2510.21890); Nichol and Dhariwal, arXiv 2102.09672.
    """
    time, quarter = _cosine_arguments(t, offset)
    return torch.sin(quarter * (1 - time)) / math.sin(quarter)


def cosine_sigma(t: Tensor | float, *, offset: float = 0.008) -> Tensor:
    """Sigma of the cosine schedule, sqrt(sin(q t) sin(q (t + 2 offset)))/sin(q), q as in `cosine_alpha`.

    t in [0, 1], offset > 0. The second sine is that of its supplement q (2 - t) where that is the smaller angle.

    Catalogue: P15 (Lai et al., arXiv 2510.21890); Nichol and Dhariwal, arXiv 2102.09672.
    """
    time, quarter = _cosine_arguments(t, offset)
    angle = quarter * torch.minimum(time + 2 * offset, 2 - time)
    return torch.sqrt(torch.sin(quarter * time)) * torch.sqrt(torch.sin(angle)) / math.sin(quarter)


# ----------------------------------------------------------------------------------------------------- private


def _share(name: str, value: Tensor | float) -> Tensor:
    (share,) = _checks.tensors(**{name: value})
    _checks.between(name, share, 0.0, 1.0, "a share of the signal")
    return share


def _positive(name: str, value: Tensor | float) -> Tensor:
    (ratio,) = _checks.tensors(**{name: value})
    _checks.positive(constructor=False, **{name: ratio})
    return ratio


def _lambda(half_log_snr: Tensor | float) -> Tensor:
    (value,) = _checks.tensors(half_log_snr=half_log_snr)
    _checks.between("half_log_snr", value, -_LARGEST, _LARGEST, "levels whose ratio is a number")
    return value


def _cosine_arguments(t: Tensor | float, offset: float) -> tuple[Tensor, float]:
    (time,) = _checks.tensors(t=t)
    shift = _checks.parameter("offset", offset)
    _checks.between("t", time, 0.0, 1.0, "times of the schedule")
    return time, math.pi / 2 / (1 + shift)
