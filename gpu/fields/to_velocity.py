"""Velocity from the other predictions; shapes, domains and errors as in `_arguments`."""

from __future__ import annotations

from torch import Tensor

from gpu.fields._arguments import Level, conversion_arguments

__all__ = [
    "velocity_from_denoiser",
    "velocity_from_noise",
    "velocity_from_score",
    "velocity_from_v_prediction",
]


def velocity_from_score(
    score: Tensor,
    x: Tensor,
    *,
    alpha: Level,
    sigma: Level,
    alpha_derivative: Level,
    sigma_derivative: Level,
) -> Tensor:
    """Velocity from score: v = (alpha' x - sigma W s)/alpha.

    Domain: alpha > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    score, x, alpha, sigma, alpha_rate, sigma_rate = conversion_arguments(
        score=score,
        x=x,
        alpha=alpha,
        sigma=sigma,
        alpha_derivative=alpha_derivative,
        sigma_derivative=sigma_derivative,
        alpha_positive=True,
    )
    wronskian = alpha * sigma_rate - alpha_rate * sigma
    return (alpha_rate * x - sigma * wronskian * score) / alpha


def velocity_from_denoiser(
    denoiser: Tensor,
    x: Tensor,
    *,
    alpha: Level,
    sigma: Level,
    alpha_derivative: Level,
    sigma_derivative: Level,
) -> Tensor:
    """Velocity from denoiser: v = (sigma' x - W D)/sigma.

    Domain: sigma > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    denoiser, x, alpha, sigma, alpha_rate, sigma_rate = conversion_arguments(
        denoiser=denoiser,
        x=x,
        alpha=alpha,
        sigma=sigma,
        alpha_derivative=alpha_derivative,
        sigma_derivative=sigma_derivative,
        sigma_positive=True,
    )
    wronskian = alpha * sigma_rate - alpha_rate * sigma
    return (sigma_rate * x - wronskian * denoiser) / sigma


def velocity_from_noise(
    noise: Tensor,
    x: Tensor,
    *,
    alpha: Level,
    sigma: Level,
    alpha_derivative: Level,
    sigma_derivative: Level,
) -> Tensor:
    """Velocity from noise: v = (alpha' x + W e)/alpha.

    Domain: alpha > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    noise, x, alpha, sigma, alpha_rate, sigma_rate = conversion_arguments(
        noise=noise,
        x=x,
        alpha=alpha,
        sigma=sigma,
        alpha_derivative=alpha_derivative,
        sigma_derivative=sigma_derivative,
        alpha_positive=True,
    )
    wronskian = alpha * sigma_rate - alpha_rate * sigma
    return (alpha_rate * x + wronskian * noise) / alpha


def velocity_from_v_prediction(
    v_prediction: Tensor,
    x: Tensor,
    *,
    alpha: Level,
    sigma: Level,
    alpha_derivative: Level,
    sigma_derivative: Level,
) -> Tensor:
    """Velocity from v-prediction: v = (alpha alpha' + sigma sigma') x + W w.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    v_prediction, x, alpha, sigma, alpha_rate, sigma_rate = conversion_arguments(
        v_prediction=v_prediction,
        x=x,
        alpha=alpha,
        sigma=sigma,
        alpha_derivative=alpha_derivative,
        sigma_derivative=sigma_derivative,
    )
    wronskian = alpha * sigma_rate - alpha_rate * sigma
    growth = alpha * alpha_rate + sigma * sigma_rate
    return growth * x + wronskian * v_prediction
