r"""Conversions between the five predictions at a point x_t = alpha x_0 + sigma eps.

Written D = E[x_0 | x] for the denoiser, N = E[eps | x] for the noise, s = -N/sigma for the score,
v = alpha' D + sigma' N for the velocity and u = alpha N - sigma D for the v-prediction (only where
alpha^2 + sigma^2 = 1), with x = alpha D + sigma N.
Every conversion takes the prediction and x (..., d), and levels with the batch shape, and is formed directly.
Raises ValueError where it would divide by a vanishing alpha, sigma or W = alpha sigma' - alpha' sigma, that
is at an end of a path: times in its open interval are valid.
Ill-conditioned where alpha D and x, or sigma N and x, nearly cancel.
Catalogue: P20 (Lai et al., arXiv 2510.21890).
"""

from __future__ import annotations

from reference._checks import Array, Real
from reference.fields._point import conversion_point, conversion_rates, determinant

__all__ = [
    "denoiser_from_noise",
    "denoiser_from_score",
    "denoiser_from_v_prediction",
    "denoiser_from_velocity",
    "noise_from_denoiser",
    "noise_from_score",
    "noise_from_v_prediction",
    "noise_from_velocity",
    "score_from_denoiser",
    "score_from_noise",
    "score_from_v_prediction",
    "score_from_velocity",
    "v_prediction_from_denoiser",
    "v_prediction_from_noise",
    "v_prediction_from_score",
    "v_prediction_from_velocity",
    "velocity_from_denoiser",
    "velocity_from_noise",
    "velocity_from_score",
    "velocity_from_v_prediction",
]


# ------------------------------------------------------------------------------------ to denoiser


def denoiser_from_noise(noise: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Denoiser D = (x - sigma N)/alpha.

    Domain: alpha > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    N, x, alpha, sigma = conversion_point("noise", noise, x, alpha, sigma, divides="alpha")
    return (x - sigma * N) / alpha


def denoiser_from_score(score: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Denoiser D = (x + sigma^2 s)/alpha (Tweedie).

    Domain: alpha > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    s, x, alpha, sigma = conversion_point("score", score, x, alpha, sigma, divides="alpha")
    return (x + sigma**2 * s) / alpha


def denoiser_from_velocity(
    velocity: Array,
    x: Array,
    *,
    alpha: Real,
    sigma: Real,
    alpha_derivative: Real,
    sigma_derivative: Real,
) -> Array:
    """Denoiser D = (sigma' x - sigma v)/W, W = alpha sigma' - alpha' sigma.

    Domain: W != 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    point = conversion_point("velocity", velocity, x, alpha, sigma)
    v, x, alpha, sigma = point
    rates = conversion_rates(point, alpha_derivative, sigma_derivative)
    return (rates.sigma * x - sigma * v) / determinant(alpha, sigma, rates)


def denoiser_from_v_prediction(v_prediction: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Denoiser D = alpha x - sigma u.

    Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    u, x, alpha, sigma = conversion_point("v_prediction", v_prediction, x, alpha, sigma, preserving=True)
    return alpha * x - sigma * u


# --------------------------------------------------------------------------------------- to noise


def noise_from_denoiser(denoiser: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Noise N = (x - alpha D)/sigma.

    Domain: sigma > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    D, x, alpha, sigma = conversion_point("denoiser", denoiser, x, alpha, sigma, divides="sigma")
    return (x - alpha * D) / sigma


def noise_from_score(score: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Noise N = -sigma s.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    s, x, alpha, sigma = conversion_point("score", score, x, alpha, sigma)
    return -sigma * s + 0.0 * x


def noise_from_velocity(
    velocity: Array,
    x: Array,
    *,
    alpha: Real,
    sigma: Real,
    alpha_derivative: Real,
    sigma_derivative: Real,
) -> Array:
    """Noise N = (alpha v - alpha' x)/W, W = alpha sigma' - alpha' sigma.

    Domain: W != 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    point = conversion_point("velocity", velocity, x, alpha, sigma)
    v, x, alpha, sigma = point
    rates = conversion_rates(point, alpha_derivative, sigma_derivative)
    return (alpha * v - rates.alpha * x) / determinant(alpha, sigma, rates)


def noise_from_v_prediction(v_prediction: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Noise N = sigma x + alpha u.

    Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    u, x, alpha, sigma = conversion_point("v_prediction", v_prediction, x, alpha, sigma, preserving=True)
    return sigma * x + alpha * u


# --------------------------------------------------------------------------------------- to score


def score_from_denoiser(denoiser: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Score s = (alpha D - x)/sigma^2 (Tweedie).

    Domain: sigma > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    D, x, alpha, sigma = conversion_point("denoiser", denoiser, x, alpha, sigma, divides="sigma")
    return (alpha * D - x) / sigma**2


def score_from_noise(noise: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Score s = -N/sigma.

    Domain: sigma > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    N, x, alpha, sigma = conversion_point("noise", noise, x, alpha, sigma, divides="sigma")
    return -N / sigma + 0.0 * x


def score_from_velocity(
    velocity: Array,
    x: Array,
    *,
    alpha: Real,
    sigma: Real,
    alpha_derivative: Real,
    sigma_derivative: Real,
) -> Array:
    """Score s = (alpha' x - alpha v)/(sigma W), W = alpha sigma' - alpha' sigma.

    Domain: sigma > 0.  W != 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    point = conversion_point("velocity", velocity, x, alpha, sigma, divides="sigma")
    v, x, alpha, sigma = point
    rates = conversion_rates(point, alpha_derivative, sigma_derivative)
    return (rates.alpha * x - alpha * v) / (sigma * determinant(alpha, sigma, rates))


def score_from_v_prediction(v_prediction: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Score s = -(sigma x + alpha u)/sigma.

    Domain: sigma > 0.  Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    u, x, alpha, sigma = conversion_point(
        "v_prediction", v_prediction, x, alpha, sigma, divides="sigma", preserving=True
    )
    return -(x + alpha * u / sigma)


# ------------------------------------------------------------------------------------ to velocity


def velocity_from_denoiser(
    denoiser: Array,
    x: Array,
    *,
    alpha: Real,
    sigma: Real,
    alpha_derivative: Real,
    sigma_derivative: Real,
) -> Array:
    """Velocity v = alpha' D + sigma' (x - alpha D)/sigma.

    Domain: sigma > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    point = conversion_point("denoiser", denoiser, x, alpha, sigma, divides="sigma")
    D, x, alpha, sigma = point
    rates = conversion_rates(point, alpha_derivative, sigma_derivative)
    return rates.alpha * D + rates.sigma * ((x - alpha * D) / sigma)


def velocity_from_noise(
    noise: Array,
    x: Array,
    *,
    alpha: Real,
    sigma: Real,
    alpha_derivative: Real,
    sigma_derivative: Real,
) -> Array:
    """Velocity v = alpha' (x - sigma N)/alpha + sigma' N.

    Domain: alpha > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    point = conversion_point("noise", noise, x, alpha, sigma, divides="alpha")
    N, x, alpha, sigma = point
    rates = conversion_rates(point, alpha_derivative, sigma_derivative)
    return rates.alpha * ((x - sigma * N) / alpha) + rates.sigma * N


def velocity_from_score(
    score: Array,
    x: Array,
    *,
    alpha: Real,
    sigma: Real,
    alpha_derivative: Real,
    sigma_derivative: Real,
) -> Array:
    """Velocity v = alpha' (x + sigma^2 s)/alpha - sigma sigma' s.

    Domain: alpha > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    point = conversion_point("score", score, x, alpha, sigma, divides="alpha")
    s, x, alpha, sigma = point
    rates = conversion_rates(point, alpha_derivative, sigma_derivative)
    return rates.alpha * ((x + sigma**2 * s) / alpha) - sigma * rates.sigma * s


def velocity_from_v_prediction(
    v_prediction: Array,
    x: Array,
    *,
    alpha: Real,
    sigma: Real,
    alpha_derivative: Real,
    sigma_derivative: Real,
) -> Array:
    """Velocity v = alpha' (alpha x - sigma u) + sigma' (sigma x + alpha u).

    Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    point = conversion_point("v_prediction", v_prediction, x, alpha, sigma, preserving=True)
    u, x, alpha, sigma = point
    rates = conversion_rates(point, alpha_derivative, sigma_derivative)
    return rates.alpha * (alpha * x - sigma * u) + rates.sigma * (sigma * x + alpha * u)


# -------------------------------------------------------------------------------- to v_prediction


def v_prediction_from_denoiser(denoiser: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """The v-prediction u = alpha (x - alpha D)/sigma - sigma D.

    Domain: sigma > 0.  Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    D, x, alpha, sigma = conversion_point("denoiser", denoiser, x, alpha, sigma, divides="sigma", preserving=True)
    return alpha * ((x - alpha * D) / sigma) - sigma * D


def v_prediction_from_noise(noise: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """The v-prediction u = alpha N - sigma (x - sigma N)/alpha.

    Domain: alpha > 0.  Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    N, x, alpha, sigma = conversion_point("noise", noise, x, alpha, sigma, divides="alpha", preserving=True)
    return alpha * N - sigma * ((x - sigma * N) / alpha)


def v_prediction_from_score(score: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """The v-prediction u = -alpha sigma s - sigma (x + sigma^2 s)/alpha.

    Domain: alpha > 0.  Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    s, x, alpha, sigma = conversion_point("score", score, x, alpha, sigma, divides="alpha", preserving=True)
    return -alpha * sigma * s - sigma * ((x + sigma**2 * s) / alpha)


def v_prediction_from_velocity(
    velocity: Array,
    x: Array,
    *,
    alpha: Real,
    sigma: Real,
    alpha_derivative: Real,
    sigma_derivative: Real,
) -> Array:
    """The v-prediction u = [alpha (alpha v - alpha' x) - sigma (sigma' x - sigma v)]/W.

    W = alpha sigma' - alpha' sigma.  Domain: W != 0.  Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    point = conversion_point("velocity", velocity, x, alpha, sigma, preserving=True)
    v, x, alpha, sigma = point
    rates = conversion_rates(point, alpha_derivative, sigma_derivative)
    signal_part = alpha * (alpha * v - rates.alpha * x)
    noise_part = sigma * (rates.sigma * x - sigma * v)
    return (signal_part - noise_part) / determinant(alpha, sigma, rates)
