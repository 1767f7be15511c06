"""Denoiser from the other predictions; shapes, domains and errors as in `_arguments`."""

from __future__ import annotations

from torch import Tensor

from gpu.fields._arguments import Level, conversion_arguments

__all__ = [
    "denoiser_from_noise",
    "denoiser_from_score",
    "denoiser_from_v_prediction",
    "denoiser_from_velocity",
]


def denoiser_from_score(score: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """Denoiser from score: D = (x + sigma^2 s)/alpha.

    Domain: alpha > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    score, x, alpha, sigma = conversion_arguments(score=score, x=x, alpha=alpha, sigma=sigma, alpha_positive=True)
    return (x + sigma.square() * score) / alpha


def denoiser_from_noise(noise: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """Denoiser from noise: D = (x - sigma e)/alpha.

    Domain: alpha > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    noise, x, alpha, sigma = conversion_arguments(noise=noise, x=x, alpha=alpha, sigma=sigma, alpha_positive=True)
    return (x - sigma * noise) / alpha


def denoiser_from_velocity(
    velocity: Tensor,
    x: Tensor,
    *,
    alpha: Level,
    sigma: Level,
    alpha_derivative: Level,
    sigma_derivative: Level,
) -> Tensor:
    """Denoiser from velocity: D = (sigma' x - sigma v)/W.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    velocity, x, alpha, sigma, alpha_rate, sigma_rate = conversion_arguments(
        velocity=velocity,
        x=x,
        alpha=alpha,
        sigma=sigma,
        alpha_derivative=alpha_derivative,
        sigma_derivative=sigma_derivative,
    )
    wronskian = alpha * sigma_rate - alpha_rate * sigma
    return (sigma_rate * x - sigma * velocity) / wronskian


def denoiser_from_v_prediction(v_prediction: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """Denoiser from v-prediction: D = alpha x - sigma w.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    v_prediction, x, alpha, sigma = conversion_arguments(v_prediction=v_prediction, x=x, alpha=alpha, sigma=sigma)
    return alpha * x - sigma * v_prediction
