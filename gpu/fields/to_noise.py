"""Noise from the other predictions; shapes, domains and errors as in `_arguments`."""

from __future__ import annotations

from torch import Tensor

from gpu.fields._arguments import Level, conversion_arguments

__all__ = [
    "noise_from_denoiser",
    "noise_from_score",
    "noise_from_v_prediction",
    "noise_from_velocity",
]


def noise_from_score(score: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """Noise from score: e = -sigma s.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    score, x, alpha, sigma = conversion_arguments(score=score, x=x, alpha=alpha, sigma=sigma)
    return -sigma * score


def noise_from_denoiser(denoiser: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """Noise from denoiser: e = (x - alpha D)/sigma.

    Domain: sigma > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    denoiser, x, alpha, sigma = conversion_arguments(
        denoiser=denoiser, x=x, alpha=alpha, sigma=sigma, sigma_positive=True
    )
    return (x - alpha * denoiser) / sigma


def noise_from_velocity(
    velocity: Tensor,
    x: Tensor,
    *,
    alpha: Level,
    sigma: Level,
    alpha_derivative: Level,
    sigma_derivative: Level,
) -> Tensor:
    """Noise from velocity: e = (alpha v - alpha' x)/W.

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
    return (alpha * velocity - alpha_rate * x) / wronskian


def noise_from_v_prediction(v_prediction: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """Noise from v-prediction: e = sigma x + alpha w.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    v_prediction, x, alpha, sigma = conversion_arguments(v_prediction=v_prediction, x=x, alpha=alpha, sigma=sigma)
    return sigma * x + alpha * v_prediction
