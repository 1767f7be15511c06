"""The rate of the negative log-likelihood bound by the error of one prediction, in three forms that are one number.

Predictions and targets are (..., d), levels of the batch shape; batch axes broadcast. diffusion_squared g^2 >= 0, sigma
> 0 (ValueError otherwise, and for non-finite values); TypeError for mixed dtypes.
"""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu.evolution._arguments import checked

__all__ = ["rate_from_denoiser", "rate_from_noise", "rate_from_score"]


def rate_from_denoiser(
    denoiser: Tensor,
    x0: Tensor,
    *,
    alpha: Tensor | float,
    sigma: Tensor | float,
    diffusion_squared: Tensor | float,
) -> Tensor:
    """g^2/2 (alpha^2/sigma^4) |x_0 - D|^2, (...,).

    alpha >= 0 (ValueError otherwise).
    Catalogue: M40 (McAllester, arXiv 2301.11108).
    """
    denoiser, x0, alpha, sigma, diffusion = checked(
        {"denoiser": denoiser, "x0": x0}, {"alpha": alpha, "sigma": sigma, "diffusion_squared": diffusion_squared}
    )
    _checks.nonnegative(alpha=alpha, diffusion_squared=diffusion)
    _checks.positive(sigma=sigma)
    return _rate((alpha / sigma / sigma)[..., None] * (x0 - denoiser), diffusion)


def rate_from_noise(
    noise: Tensor, true_noise: Tensor, *, sigma: Tensor | float, diffusion_squared: Tensor | float
) -> Tensor:
    """g^2/(2 sigma^2) |eps - noise|^2, (...,).

    Catalogue: M40 (McAllester, arXiv 2301.11108).
    """
    noise, true_noise, sigma, diffusion = checked(
        {"noise": noise, "true_noise": true_noise}, {"sigma": sigma, "diffusion_squared": diffusion_squared}
    )
    _checks.nonnegative(diffusion_squared=diffusion)
    _checks.positive(sigma=sigma)
    return _rate((true_noise - noise) / sigma[..., None], diffusion)


def rate_from_score(score: Tensor, conditional_score: Tensor, *, diffusion_squared: Tensor | float) -> Tensor:
    """g^2/2 |score - conditional_score|^2, (...,), conditional_score = -eps/sigma that of x_t given x_0.

    Catalogue: M40 (McAllester, arXiv 2301.11108).
    """
    score, conditional_score, diffusion = checked(
        {"score": score, "conditional_score": conditional_score}, {"diffusion_squared": diffusion_squared}
    )
    _checks.nonnegative(diffusion_squared=diffusion)
    return _rate(score - conditional_score, diffusion)


def _rate(error: Tensor, diffusion_squared: Tensor) -> Tensor:
    return diffusion_squared * error.square().sum(-1) / 2
