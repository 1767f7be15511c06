"""Reverse steps from a noise prediction, Euler-Maruyama steps, and how far simpler variances are from the exact."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian, GaussianMixture, PointCloud
from gpu.paths import Path
from gpu.transitions.kernels import _reverse_arguments, _times

__all__ = [
    "bridge_variance_excess",
    "euler_maruyama_step",
    "forward_variance_excess",
    "reverse_step_mean_from_noise",
    "vdm_step_mean",
    "vdm_step_variance",
]

Law = Gaussian | GaussianMixture | PointCloud


def reverse_step_mean_from_noise(
    path: Path, noise: Tensor, x: Tensor, *, clean: Tensor | float, noisy: Tensor | float
) -> Tensor:
    """Mean of a reverse step from a noise prediction: (x - (kernel_variance/sigma_noisy) noise)/kernel_alpha, (..., d).

    kernel_variance/sigma_noisy = sigma_noisy (1 - SNR_noisy/SNR_clean). Times of the batch shape, clean < noisy, alpha
    above 0 at the noisy time (ValueError otherwise).
    Catalogue: P38 (Lai et al., arXiv 2510.21890).
    """
    noise, x, early, late = _checks.tensors(noise=noise, x=x, clean=clean, noisy=noisy)
    _checks.event("x", x, _checks.event("noise", noise))
    _checks.broadcast(noise=noise.shape[:-1], x=x.shape[:-1], clean=early.shape, noisy=late.shape)
    _checks.finite(noise=noise, x=x)
    _checks.time_in_domain(path, open_end=path._alpha_vanishes, noisy=late)
    early, late = _times(path, early, late)
    removed = path._sigma_at(late) * path._snr_drop_between(early, late)
    return (x - removed[..., None] * noise) / path._kernel_alpha_between(early, late)[..., None]


def vdm_step_mean(noise: Tensor, x: Tensor, *, gamma_clean: Tensor | float, gamma_noisy: Tensor | float) -> Tensor:
    """VDM's mean sqrt(sigmoid(-g_clean)/sigmoid(-g_noisy)) (x - sigma_noisy c noise), (..., d).

    c = -expm1(g_clean - g_noisy), sigma_noisy^2 = sigmoid(g_noisy), gamma = -log SNR of a variance-preserving path.
    gammas of the batch shape, gamma_clean < gamma_noisy (ValueError otherwise).
    Catalogue: P48 (Lai et al., arXiv 2510.21890).
    """
    noise, x, low, high = _checks.tensors(noise=noise, x=x, gamma_clean=gamma_clean, gamma_noisy=gamma_noisy)
    _checks.event("x", x, _checks.event("noise", noise))
    _checks.broadcast(noise=noise.shape[:-1], x=x.shape[:-1], gamma_clean=low.shape, gamma_noisy=high.shape)
    _checks.finite(noise=noise, x=x)
    removed = torch.sigmoid(high).sqrt() * _lost(low, high)
    logarithm = torch.nn.functional.logsigmoid(-low) - torch.nn.functional.logsigmoid(-high)
    return torch.exp(logarithm / 2)[..., None] * (x - removed[..., None] * noise)


def vdm_step_variance(*, gamma_clean: Tensor | float, gamma_noisy: Tensor | float) -> Tensor:
    """VDM's variance sigmoid(g_clean) c, c = -expm1(g_clean - g_noisy), (...,).

    gamma_clean < gamma_noisy (ValueError otherwise).
    Catalogue: P48 (Lai et al., arXiv 2510.21890).
    """
    low, high = _checks.tensors(gamma_clean=gamma_clean, gamma_noisy=gamma_noisy)
    _checks.broadcast(gamma_clean=low.shape, gamma_noisy=high.shape)
    return torch.sigmoid(low) * _lost(low, high)


def euler_maruyama_step(
    x: Tensor, noise: Tensor, *, drift: Tensor, diffusion: Tensor | float, step: Tensor | float
) -> Tensor:
    """X + drift step + diffusion sqrt(step) noise, (..., d): one step of dx = drift dt + diffusion dw.

    x, noise, drift (..., d); diffusion and step of the batch shape, step > 0 (ValueError otherwise).
    Catalogue: M2 (McAllester, arXiv 2301.11108).
    """
    x, noise, drift, diffusion, step = _checks.tensors(x=x, noise=noise, drift=drift, diffusion=diffusion, step=step)
    size = _checks.event("x", x)
    _checks.event("noise", noise, size)
    _checks.event("drift", drift, size)
    shapes = {"x": x.shape[:-1], "noise": noise.shape[:-1], "drift": drift.shape[:-1]}
    _checks.broadcast(**shapes, diffusion=diffusion.shape, step=step.shape)
    _checks.finite(x=x, noise=noise, drift=drift, diffusion=diffusion)
    _checks.positive(step=step)
    return x + step[..., None] * drift + (diffusion * step.sqrt())[..., None] * noise


def forward_variance_excess(
    data: Law, path: Path, x: Tensor, *, clean: Tensor | float, noisy: Tensor | float
) -> Tensor:
    """Leading term of KL(exact reverse step || same mean, the forward kernel's variance): drop^2 sigma^4 |H|_F^2/4.

    H the Hessian of log p_noisy at x, sigma at the noisy time, drop = 1 - SNR_noisy/SNR_clean -> 0. (...,), nats.
    Raises ValueError for times outside the domain or not ordered, and where p_noisy has no density.
    Catalogue: M4b (McAllester, arXiv 2301.11108), there for Brownian with D = t - t_clean.
    """
    x, early, late = _reverse_arguments(path, x, clean, noisy)
    alpha, sigma = path._alpha_at(late), path._sigma_at(late)
    curvature = sigma.square()[..., None, None] * data._observed(x, alpha, sigma).hessian()
    return (path._snr_drop_between(early, late) / 2).square() * curvature.square().sum((-2, -1))


def bridge_variance_excess(data: Law, path: Path, x: Tensor, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Leading term of KL(exact reverse step || same mean, the bridge's variance): drop^2 SNR^2 |Cov[x_0|x]|_F^2/4.

    SNR at the noisy time, drop = 1 - SNR_noisy/SNR_clean -> 0. (...,), nats.
    Raises ValueError for times outside the domain or not ordered, and where sigma is 0 at the noisy time.
    Catalogue: M4c (McAllester, arXiv 2301.11108), there for Brownian with D = t - t_clean.
    """
    x, early, late = _reverse_arguments(path, x, clean, noisy)
    alpha, sigma = path._alpha_at(late), path._sigma_at(late)
    known = (alpha / sigma).square()[..., None, None] * data.posterior(x, alpha, sigma).covariance
    return (path._snr_drop_between(early, late) / 2).square() * known.square().sum((-2, -1))


def _lost(low: Tensor, high: Tensor) -> Tensor:
    """C = 1 - SNR_noisy/SNR_clean of two checked gammas."""
    _checks.finite(gamma_clean=low, gamma_noisy=high)
    _checks.smaller(gamma_clean=low, gamma_noisy=high)
    return -torch.expm1(low - high)
