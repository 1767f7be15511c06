"""Exact transitions between a clean time and a noisier one: forward kernel, bridge, reverse-step moments."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian, GaussianMixture, PointCloud
from gpu.paths import Path

__all__ = [
    "bridge_data_weight",
    "bridge_mean",
    "bridge_state_weight",
    "bridge_variance",
    "kernel_alpha",
    "kernel_variance",
    "reverse_step_covariance",
    "reverse_step_mean",
]


def kernel_alpha(path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Signal coefficient alpha(noisy)/alpha(clean) of x_noisy given x_clean.

    Times on the closed domain, clean < noisy (ValueError otherwise); shapes broadcast.
    Catalogue: P10 (Lai et al., arXiv 2510.21890); M1 (McAllester, arXiv 2301.11108).
    """
    return path._kernel_alpha_between(*_times(path, clean, noisy))


def kernel_variance(path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Variance sigma_noisy^2 - (alpha_noisy/alpha_clean)^2 sigma_clean^2 of x_noisy given x_clean.

    Equal to -sigma_noisy^2 expm1(2 (lambda_noisy - lambda_clean)), and proportional to noisy - clean where
    the times are close. Times on the closed domain, clean < noisy (ValueError otherwise); shapes broadcast.
    Catalogue: P10 (Lai et al., arXiv 2510.21890); M1 (McAllester, arXiv 2301.11108).
    """
    return path._kernel_variance_between(*_times(path, clean, noisy))


def bridge_state_weight(path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Weight of x_noisy in the mean of x_clean given x_noisy and x_0.

    (alpha_noisy/alpha_clean) sigma_clean^2/sigma_noisy^2. Times on the closed domain, clean < noisy
    (ValueError otherwise); shapes broadcast.
    Catalogue: P37 (Lai et al., arXiv 2510.21890); M3 (McAllester, arXiv 2301.11108).
    """
    return _state_weight(path, *_times(path, clean, noisy))


def bridge_data_weight(path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Weight of x_0 in the mean of x_clean given x_noisy and x_0: alpha_clean (1 - SNR_noisy/SNR_clean).

    Times on the closed domain, clean < noisy (ValueError otherwise); shapes broadcast.
    Catalogue: P37 (Lai et al., arXiv 2510.21890); M3 (McAllester, arXiv 2301.11108).
    """
    return _data_weight(path, *_times(path, clean, noisy))


def bridge_variance(path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Variance of x_clean given x_noisy and x_0: sigma_clean^2 (1 - SNR_noisy/SNR_clean).

    Times on the closed domain, clean < noisy (ValueError otherwise); shapes broadcast.
    Catalogue: P37 (Lai et al., arXiv 2510.21890); M3 (McAllester, arXiv 2301.11108).
    """
    return _variance(path, *_times(path, clean, noisy))


def bridge_mean(path: Path, x0: Tensor, x: Tensor, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Mean of x_clean given x_noisy = x and x_0 = x0: state_weight x + data_weight x0.

    x0, x: (..., d); times have the batch shape, on the closed domain, clean < noisy (ValueError otherwise).
    Catalogue: P37 (Lai et al., arXiv 2510.21890); M3 (McAllester, arXiv 2301.11108).
    """
    x0, x, clean, noisy = _checks.tensors(x0=x0, x=x, clean=clean, noisy=noisy)
    _checks.event("x", x, _checks.event("x0", x0))
    _checks.broadcast(x0=x0.shape[:-1], x=x.shape[:-1], clean=clean.shape, noisy=noisy.shape)
    _checks.finite(x0=x0, x=x)
    times = _times(path, clean, noisy)
    return _state_weight(path, *times)[..., None] * x + _data_weight(path, *times)[..., None] * x0


def reverse_step_mean(
    data: Gaussian | GaussianMixture | PointCloud,
    path: Path,
    x: Tensor,
    *,
    clean: Tensor | float,
    noisy: Tensor | float,
) -> Tensor:
    """Exact mean of x_clean given x_noisy = x: state_weight x + data_weight E[x_0|x].

    x: (..., d); times have the batch shape, on the closed domain, clean < noisy (ValueError otherwise).
    Catalogue: P39 (Lai et al., arXiv 2510.21890); M4 (McAllester, arXiv 2301.11108).
    """
    x, clean, noisy = _reverse_arguments(path, x, clean, noisy)
    denoiser = data.posterior(x, path._alpha_at(noisy), path._sigma_at(noisy)).mean
    state, weight = _state_weight(path, clean, noisy), _data_weight(path, clean, noisy)
    return state[..., None] * x + weight[..., None] * denoiser


def reverse_step_covariance(
    data: Gaussian | GaussianMixture | PointCloud,
    path: Path,
    x: Tensor,
    *,
    clean: Tensor | float,
    noisy: Tensor | float,
) -> Tensor:
    """Exact covariance of x_clean given x_noisy = x: bridge_variance I + data_weight^2 Cov[x_0|x].

    x: (..., d); times have the batch shape, on the closed domain, clean < noisy (ValueError otherwise). The
    result is (..., d, d), exactly symmetric.
    Catalogue: P39 (Lai et al., arXiv 2510.21890); M4 (McAllester, arXiv 2301.11108).
    """
    x, clean, noisy = _reverse_arguments(path, x, clean, noisy)
    posterior = data.posterior(x, path._alpha_at(noisy), path._sigma_at(noisy)).covariance
    identity = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    variance, weight = _variance(path, clean, noisy), _data_weight(path, clean, noisy)
    return variance[..., None, None] * identity + weight.square()[..., None, None] * posterior


def _times(path: Path, clean: Tensor | float, noisy: Tensor | float) -> tuple[Tensor, Tensor]:
    clean, noisy = _checks.tensors(clean=clean, noisy=noisy)
    _checks.broadcast(clean=clean.shape, noisy=noisy.shape)
    _checks.time_in_domain(path, clean=clean, noisy=noisy)
    _checks.ordered(clean, noisy)
    return clean, noisy


def _reverse_arguments(
    path: Path, x: Tensor, clean: Tensor | float, noisy: Tensor | float
) -> tuple[Tensor, Tensor, Tensor]:
    x, clean, noisy = _checks.tensors(x=x, clean=clean, noisy=noisy)
    _checks.event("x", x)
    _checks.broadcast(x=x.shape[:-1], clean=clean.shape, noisy=noisy.shape)
    return x, *_times(path, clean, noisy)


def _state_weight(path: Path, clean: Tensor, noisy: Tensor) -> Tensor:
    return path._kernel_alpha_between(clean, noisy) * (path._variance_at(clean) / path._variance_at(noisy))


def _data_weight(path: Path, clean: Tensor, noisy: Tensor) -> Tensor:
    return path._alpha_at(clean) * path._snr_drop_between(clean, noisy)


def _variance(path: Path, clean: Tensor, noisy: Tensor) -> Tensor:
    return path._variance_at(clean) * path._snr_drop_between(clean, noisy)
