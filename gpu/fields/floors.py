"""What no network can predict: errors of one prediction per error of the denoiser, and the loss at the optimum.

With m_j = l_j sigma^2/V_j, V_j = alpha^2 l_j + sigma^2, the denoiser's error variance along eigenvector j of the data
covariance, a floor is (error scale)^2 sum_j m_j.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.fields._arguments import Level
from gpu.fields.analytic import times
from gpu.paths import Path

__all__ = [
    "edm_output_error_scale",
    "edm_output_loss_floor",
    "noise_error_scale",
    "noise_loss_floor",
    "score_error_scale",
    "score_loss_floor",
    "v_prediction_error_scale",
    "v_prediction_loss_floor",
    "velocity_error_scale",
    "velocity_loss_floor",
]


def noise_error_scale(*, alpha: Level, sigma: Level) -> Tensor:
    """|error of the noise| per |error of the denoiser| at fixed x_t: alpha/sigma.

    Domain: alpha >= 0, sigma > 0 (ValueError otherwise); shapes broadcast.
    Catalogue: P23 (Lai et al., arXiv 2510.21890).
    """
    alpha, sigma = _levels(alpha, sigma)
    return alpha / sigma


def score_error_scale(*, alpha: Level, sigma: Level) -> Tensor:
    """|error of the score| per |error of the denoiser| at fixed x_t: alpha/sigma^2.

    Domain: alpha >= 0, sigma > 0 (ValueError otherwise); shapes broadcast.
    Catalogue: P23 (Lai et al., arXiv 2510.21890).
    """
    alpha, sigma = _levels(alpha, sigma)
    return alpha / sigma / sigma


def velocity_error_scale(*, alpha: Level, half_log_snr_derivative: Level) -> Tensor:
    """|error of the velocity| per |error of the denoiser| at fixed x_t: alpha |lambda'|.

    Domain: alpha >= 0 (ValueError otherwise); shapes broadcast.
    Catalogue: P23 (Lai et al., arXiv 2510.21890).
    """
    alpha, rate = _checks.tensors(alpha=alpha, half_log_snr_derivative=half_log_snr_derivative)
    _checks.broadcast(alpha=alpha.shape, half_log_snr_derivative=rate.shape)
    _checks.nonnegative(alpha=alpha)
    _checks.finite(half_log_snr_derivative=rate)
    return alpha * rate.abs()


def v_prediction_error_scale(*, alpha: Level, sigma: Level) -> Tensor:
    """|error of the v-prediction| per |error of the denoiser| at fixed x_t: sqrt(SNR + 1) = 1/sigma.

    Raises ValueError where alpha^2 + sigma^2 is not 1 within 8 u, or sigma is 0; shapes broadcast.
    Catalogue: P23 (Lai et al., arXiv 2510.21890).
    """
    alpha, sigma = _levels(alpha, sigma)
    _checks.variance_preserving(alpha, sigma)
    return 1 / sigma * torch.ones_like(alpha)


def edm_output_error_scale(*, alpha: Level, sigma: Level, sigma_data: Level) -> Tensor:
    """|error of EDM's F| per |error of the denoiser|: 1/c_out = sqrt(sigma^2 + alpha^2 s^2)/(sigma s).

    Domain: alpha >= 0, sigma > 0, s = sigma_data > 0 (ValueError otherwise); shapes broadcast.
    Catalogue: P23 (Lai et al., arXiv 2510.21890).
    """
    alpha, sigma, scale = _checks.tensors(alpha=alpha, sigma=sigma, sigma_data=sigma_data)
    _checks.broadcast(alpha=alpha.shape, sigma=sigma.shape, sigma_data=scale.shape)
    _checks.nonnegative(alpha=alpha)
    _checks.positive(sigma=sigma, sigma_data=scale)
    return torch.hypot(sigma, alpha * scale) / (sigma * scale)


def noise_loss_floor(data: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """E|eps - E[eps|x_t]|^2 = sum_j alpha^2 l_j/V_j, (...,), for Gaussian data.

    Raises TypeError for other data, ValueError where sigma is 0.
    Catalogue: P24 (Lai et al., arXiv 2510.21890).
    """
    share, alpha, _ = _share(data, path, times(data, path, t, noisy=True))
    return alpha.square() * share


def score_loss_floor(data: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """E|conditional score - score|^2 = sum_j alpha^2 l_j/(sigma^2 V_j) = d/sigma^2 - J(p_t), (...,).

    Raises TypeError for data that are not Gaussian, ValueError where sigma is 0.
    Catalogue: P24 (Lai et al., arXiv 2510.21890).
    """
    share, alpha, sigma = _share(data, path, times(data, path, t, noisy=True))
    return (alpha / sigma).square() * share


def velocity_loss_floor(data: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """E|alpha' x_0 + sigma' eps - velocity|^2 = (alpha lambda')^2 mmse = W^2 sum_j l_j/V_j, (...,).

    W = alpha sigma' - alpha' sigma, finite where alpha is 0.
    Raises TypeError for data that are not Gaussian, ValueError where sigma is 0.
    Catalogue: P24 (Lai et al., arXiv 2510.21890).
    """
    time = times(data, path, t, noisy=True)
    share, alpha, sigma = _share(data, path, time)
    wronskian = alpha * path._sigma_derivative_at(time) - path._alpha_derivative_at(time) * sigma
    return wronskian.square() * share


def v_prediction_loss_floor(data: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """E|alpha eps - sigma x_0 - v-prediction|^2 = mmse/sigma^2 = sum_j l_j/V_j, (...,).

    Raises TypeError for data that are not Gaussian, ValueError where sigma is 0 or alpha^2 + sigma^2 is not 1.
    Catalogue: P24 (Lai et al., arXiv 2510.21890).
    """
    share, alpha, sigma = _share(data, path, times(data, path, t, noisy=True))
    _checks.variance_preserving(alpha, sigma)
    return share


def edm_output_loss_floor(data: Gaussian, path: Path, t: Tensor | float, *, sigma_data: Tensor | float) -> Tensor:
    """E|target of F - F|^2 = mmse/c_out^2 = (w/s^2) sum_j l_j/V_j, w = sigma^2 + alpha^2 s^2, s = sigma_data; (...,).

    Raises TypeError for data that are not Gaussian, ValueError where sigma is 0 or sigma_data not above 0.
    Catalogue: P24 (Lai et al., arXiv 2510.21890).
    """
    time = times(data, path, t, noisy=True)
    share, alpha, sigma = _share(data, path, time)
    scale = _checks.tensors(t=time, sigma_data=sigma_data)[1]
    _checks.broadcast(t=share.shape, sigma_data=scale.shape)
    _checks.positive(sigma_data=scale)
    return ((sigma / scale).square() + alpha.square()) * share


def _levels(alpha: Level, sigma: Level) -> tuple[Tensor, Tensor]:
    alpha, sigma = _checks.tensors(alpha=alpha, sigma=sigma)
    _checks.broadcast(alpha=alpha.shape, sigma=sigma.shape)
    _checks.nonnegative(alpha=alpha)
    _checks.positive(sigma=sigma)
    return alpha, sigma


def _share(data: Gaussian, path: Path, time: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """sum_j l_j/V_j at checked times, and the levels."""
    directions = Directions.of(data)
    _checks.broadcast(data=data.batch_shape, t=time.shape)
    share = (directions.variances / directions.marginal(path, time)).sum(-1)
    return share, path._alpha_at(time), path._sigma_at(time)
