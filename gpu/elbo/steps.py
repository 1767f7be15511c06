"""The terms of single steps, in the predictions of the clean data and of the noise."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._excess import small_excess_over_log
from gpu.distributions import Gaussian
from gpu.elbo._terms import checked_times, number_like, step_excess, weight
from gpu.paths import Path

__all__ = [
    "diffusion_term",
    "diffusion_term_at",
    "diffusion_weight",
    "forward_variance_gap",
    "forward_variance_term_at",
    "hybrid_loss",
    "noise_term_at",
]

_HALF = 0.5


def diffusion_weight(path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Weight w = 1/2 (SNR_clean - SNR_noisy) = 1/2 SNR_noisy expm1(2 (lambda_clean - lambda_noisy)).

    sigma(clean) > 0 and clean < noisy (ValueError otherwise); shapes broadcast.
    Catalogue: P41 (Lai et al., arXiv 2510.21890); M9 (McAllester, arXiv 2301.11108).
    """
    return weight(path, *checked_times(path, clean, noisy))


def diffusion_term_at(
    path: Path, x0: Tensor, denoised: Tensor, *, clean: Tensor | float, noisy: Tensor | float
) -> Tensor:
    """KL between the bridges through x0 and through the denoised point: w |x0 - denoised|^2.

    x0, denoised: (..., d); times as in `diffusion_weight`, of the batch shape.
    Catalogue: P41 (Lai et al., arXiv 2510.21890); M9 (McAllester, arXiv 2301.11108).
    """
    x0, denoised, clean, noisy = _points("x0", x0, "denoised", denoised, clean, noisy)
    times = checked_times(path, clean, noisy)
    return weight(path, *times) * (x0 - denoised).square().sum(-1)


def diffusion_term(data: Gaussian, path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Step term w sum_j m_j(noisy): the KL at the bridge variance, averaged over the data.

    m_j = l_j sigma^2/(alpha^2 l_j + sigma^2). Times as in `diffusion_weight`, broadcasting with the data's batch.
    Catalogue: P41, P24 (Lai et al., arXiv 2510.21890).
    """
    return 0.5 * step_excess(data, path, clean, noisy).sum(-1)


def forward_variance_term_at(
    path: Path, x0: Tensor, denoised: Tensor, *, clean: Tensor | float, noisy: Tensor | float
) -> Tensor:
    """Divergence of the means under the variance of the forward kernel: 1/2 q SNR_noisy |x0 - denoised|^2.

    q = 1 - SNR_noisy/SNR_clean; that variance is kernel_variance/kernel_alpha^2. x0, denoised: (..., d); times of the
    batch shape, clean < noisy on the closed domain (ValueError otherwise).
    Catalogue: M9 (McAllester, arXiv 2301.11108); P41 (Lai et al., arXiv 2510.21890).
    """
    x0, denoised, clean, noisy = _points("x0", x0, "denoised", denoised, clean, noisy)
    clean, noisy = checked_times(path, clean, noisy, open_start=False)
    snr = path._alpha_at(noisy).square() / path._variance_at(noisy)
    return 0.5 * snr * path._snr_drop_between(clean, noisy) * (x0 - denoised).square().sum(-1)


def forward_variance_gap(path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Cost per dimension of the forward kernel's variance for the bridge's: 1/2 (-q - log(1 - q)).

    q = 1 - SNR_noisy/SNR_clean; a series where q is small, and where it is not -log(1 - q) is twice the difference of
    the half log-SNRs. clean < noisy where neither alpha nor sigma is 0 (ValueError otherwise); shapes broadcast.
    Catalogue: M9 (McAllester, arXiv 2301.11108).
    """
    clean, noisy = checked_times(path, clean, noisy, open_end=True)
    drop = path._snr_drop_between(clean, noisy)
    far = path._difference_between(clean, noisy) - 0.5 * drop
    return torch.where(drop < _HALF, 0.5 * small_excess_over_log(-drop), far)


def noise_term_at(
    path: Path, true_noise: Tensor, noise: Tensor, *, clean: Tensor | float, noisy: Tensor | float
) -> Tensor:
    """The diffusion term of a noise prediction: 1/2 expm1(2 (lambda_clean - lambda_noisy)) |true_noise - noise|^2.

    true_noise, noise: (..., d); times of the batch shape, clean < noisy where neither alpha nor sigma is 0 (ValueError
    otherwise).
    Catalogue: P41 (Lai et al., arXiv 2510.21890).
    """
    true_noise, noise, clean, noisy = _points("true_noise", true_noise, "noise", noise, clean, noisy)
    clean, noisy = checked_times(path, clean, noisy, open_end=True)
    variance = path._variance_at(noisy) / path._alpha_at(noisy).square()
    return weight(path, clean, noisy) * variance * (true_noise - noise).square().sum(-1)


def hybrid_loss(simple: Tensor | float, bound: Tensor | float, *, weight: Tensor | float = 0.001) -> Tensor:
    """The loss simple + weight bound, weight at least 0 (ValueError otherwise); shapes broadcast.

    A weight that is a Python number takes the dtype of the losses.
    Catalogue: P50 (Lai et al., arXiv 2510.21890).
    """
    simple, bound = _checks.tensors(simple=simple, bound=bound)
    simple, bound, weight = _checks.tensors(simple=simple, bound=bound, weight=number_like(weight, simple))
    _checks.broadcast(simple=simple.shape, bound=bound.shape, weight=weight.shape)
    _checks.finite(simple=simple, bound=bound)
    _checks.nonnegative(weight=weight)
    return simple + weight * bound


def _points(
    first: str, a: Tensor, second: str, b: Tensor, clean: Tensor | float, noisy: Tensor | float
) -> tuple[Tensor, ...]:
    """Two points (..., d) and times of the batch shape."""
    a, b, clean, noisy = _checks.tensors(**{first: a, second: b}, clean=clean, noisy=noisy)
    _checks.event(second, b, _checks.event(first, a))
    _checks.broadcast(**{first: a.shape[:-1], second: b.shape[:-1]}, clean=clean.shape, noisy=noisy.shape)
    _checks.finite(constructor=False, **{first: a, second: b})
    return a, b, clean, noisy
