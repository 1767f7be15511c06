"""V-prediction from the other predictions; shapes, domains and errors as in `_arguments`."""

from __future__ import annotations

from torch import Tensor

from gpu.fields._arguments import Level, conversion_arguments

__all__ = [
    "v_prediction_from_denoiser",
    "v_prediction_from_noise",
    "v_prediction_from_score",
    "v_prediction_from_velocity",
]


def v_prediction_from_score(score: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """V-prediction from score: w = -(sigma/alpha) (x + (alpha^2 + sigma^2) s).

    Domain: alpha > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    score, x, alpha, sigma = conversion_arguments(
        score=score, x=x, alpha=alpha, sigma=sigma, alpha_positive=True, unit=True
    )
    return -(sigma / alpha) * (x + (alpha.square() + sigma.square()) * score)


def v_prediction_from_denoiser(denoiser: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """V-prediction from denoiser: w = (alpha x - (alpha^2 + sigma^2) D)/sigma.

    Domain: sigma > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    denoiser, x, alpha, sigma = conversion_arguments(
        denoiser=denoiser, x=x, alpha=alpha, sigma=sigma, sigma_positive=True, unit=True
    )
    return (alpha * x - (alpha.square() + sigma.square()) * denoiser) / sigma


def v_prediction_from_noise(noise: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """V-prediction from noise: w = ((alpha^2 + sigma^2) e - sigma x)/alpha.

    Domain: alpha > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    noise, x, alpha, sigma = conversion_arguments(
        noise=noise, x=x, alpha=alpha, sigma=sigma, alpha_positive=True, unit=True
    )
    return ((alpha.square() + sigma.square()) * noise - sigma * x) / alpha


def v_prediction_from_velocity(
    velocity: Tensor,
    x: Tensor,
    *,
    alpha: Level,
    sigma: Level,
    alpha_derivative: Level,
    sigma_derivative: Level,
) -> Tensor:
    """V-prediction from velocity: w = ((alpha^2 + sigma^2) v - (alpha alpha' + sigma sigma') x)/W.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    velocity, x, alpha, sigma, alpha_rate, sigma_rate = conversion_arguments(
        velocity=velocity,
        x=x,
        alpha=alpha,
        sigma=sigma,
        alpha_derivative=alpha_derivative,
        sigma_derivative=sigma_derivative,
        unit=True,
    )
    wronskian = alpha * sigma_rate - alpha_rate * sigma
    growth = alpha * alpha_rate + sigma * sigma_rate
    return ((alpha.square() + sigma.square()) * velocity - growth * x) / wronskian
