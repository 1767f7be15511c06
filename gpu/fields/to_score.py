"""Score from the other predictions; shapes, domains and errors as in `_arguments`."""

from __future__ import annotations

from torch import Tensor

from gpu.fields._arguments import Level, conversion_arguments

__all__ = [
    "score_from_denoiser",
    "score_from_noise",
    "score_from_v_prediction",
    "score_from_velocity",
]


def score_from_denoiser(denoiser: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """Score from denoiser: s = (alpha D - x)/sigma^2.

    Domain: sigma > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    denoiser, x, alpha, sigma = conversion_arguments(
        denoiser=denoiser, x=x, alpha=alpha, sigma=sigma, sigma_positive=True
    )
    return (alpha * denoiser - x) / sigma.square()


def score_from_noise(noise: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """Score from noise: s = -e/sigma.

    Domain: sigma > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    noise, x, alpha, sigma = conversion_arguments(noise=noise, x=x, alpha=alpha, sigma=sigma, sigma_positive=True)
    return -noise / sigma


def score_from_velocity(
    velocity: Tensor,
    x: Tensor,
    *,
    alpha: Level,
    sigma: Level,
    alpha_derivative: Level,
    sigma_derivative: Level,
) -> Tensor:
    """Score from velocity: s = (alpha' x - alpha v)/(sigma W).

    Domain: sigma > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    velocity, x, alpha, sigma, alpha_rate, sigma_rate = conversion_arguments(
        velocity=velocity,
        x=x,
        alpha=alpha,
        sigma=sigma,
        alpha_derivative=alpha_derivative,
        sigma_derivative=sigma_derivative,
        sigma_positive=True,
    )
    wronskian = alpha * sigma_rate - alpha_rate * sigma
    return (alpha_rate * x - alpha * velocity) / (sigma * wronskian)


def score_from_v_prediction(v_prediction: Tensor, x: Tensor, *, alpha: Level, sigma: Level) -> Tensor:
    """Score from v-prediction: s = -(sigma x + alpha w)/sigma.

    Domain: sigma > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    v_prediction, x, alpha, sigma = conversion_arguments(
        v_prediction=v_prediction, x=x, alpha=alpha, sigma=sigma, sigma_positive=True
    )
    return -(sigma * x + alpha * v_prediction) / sigma
