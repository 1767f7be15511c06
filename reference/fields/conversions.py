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

from typing import NamedTuple

import numpy as np

from reference import _checks
from reference._checks import Array, Real, unit_roundoff

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


class _Point(NamedTuple):
    """Prediction p, point x, and alpha, sigma, shaped to multiply them."""

    p: Array
    x: Array
    alpha: Array
    sigma: Array


class _Rates(NamedTuple):
    """Derivatives of alpha and sigma, shaped to multiply a prediction."""

    alpha: Array
    sigma: Array


# ------------------------------------------------------------------------------------ to denoiser


def denoiser_from_noise(noise: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Denoiser D = (x - sigma N)/alpha.

    Domain: alpha > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    N, x, alpha, sigma = _point("noise", noise, x, alpha, sigma, divides="alpha")
    return (x - sigma * N) / alpha


def denoiser_from_score(score: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Denoiser D = (x + sigma^2 s)/alpha (Tweedie).

    Domain: alpha > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    s, x, alpha, sigma = _point("score", score, x, alpha, sigma, divides="alpha")
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
    point = _point("velocity", velocity, x, alpha, sigma)
    v, x, alpha, sigma = point
    rates = _rates(point, alpha_derivative, sigma_derivative)
    return (rates.sigma * x - sigma * v) / _determinant(alpha, sigma, rates)


def denoiser_from_v_prediction(v_prediction: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Denoiser D = alpha x - sigma u.

    Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    u, x, alpha, sigma = _point("v_prediction", v_prediction, x, alpha, sigma, preserving=True)
    return alpha * x - sigma * u


# --------------------------------------------------------------------------------------- to noise


def noise_from_denoiser(denoiser: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Noise N = (x - alpha D)/sigma.

    Domain: sigma > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    D, x, alpha, sigma = _point("denoiser", denoiser, x, alpha, sigma, divides="sigma")
    return (x - alpha * D) / sigma


def noise_from_score(score: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Noise N = -sigma s.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    s, x, alpha, sigma = _point("score", score, x, alpha, sigma)
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
    point = _point("velocity", velocity, x, alpha, sigma)
    v, x, alpha, sigma = point
    rates = _rates(point, alpha_derivative, sigma_derivative)
    return (alpha * v - rates.alpha * x) / _determinant(alpha, sigma, rates)


def noise_from_v_prediction(v_prediction: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Noise N = sigma x + alpha u.

    Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    u, x, alpha, sigma = _point("v_prediction", v_prediction, x, alpha, sigma, preserving=True)
    return sigma * x + alpha * u


# --------------------------------------------------------------------------------------- to score


def score_from_denoiser(denoiser: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Score s = (alpha D - x)/sigma^2 (Tweedie).

    Domain: sigma > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    D, x, alpha, sigma = _point("denoiser", denoiser, x, alpha, sigma, divides="sigma")
    return (alpha * D - x) / sigma**2


def score_from_noise(noise: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Score s = -N/sigma.

    Domain: sigma > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    N, x, alpha, sigma = _point("noise", noise, x, alpha, sigma, divides="sigma")
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
    point = _point("velocity", velocity, x, alpha, sigma, divides="sigma")
    v, x, alpha, sigma = point
    rates = _rates(point, alpha_derivative, sigma_derivative)
    return (rates.alpha * x - alpha * v) / (sigma * _determinant(alpha, sigma, rates))


def score_from_v_prediction(v_prediction: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """Score s = -(sigma x + alpha u)/sigma.

    Domain: sigma > 0.  Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    u, x, alpha, sigma = _point("v_prediction", v_prediction, x, alpha, sigma, divides="sigma", preserving=True)
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
    point = _point("denoiser", denoiser, x, alpha, sigma, divides="sigma")
    D, x, alpha, sigma = point
    rates = _rates(point, alpha_derivative, sigma_derivative)
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
    point = _point("noise", noise, x, alpha, sigma, divides="alpha")
    N, x, alpha, sigma = point
    rates = _rates(point, alpha_derivative, sigma_derivative)
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
    point = _point("score", score, x, alpha, sigma, divides="alpha")
    s, x, alpha, sigma = point
    rates = _rates(point, alpha_derivative, sigma_derivative)
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
    point = _point("v_prediction", v_prediction, x, alpha, sigma, preserving=True)
    u, x, alpha, sigma = point
    rates = _rates(point, alpha_derivative, sigma_derivative)
    return rates.alpha * (alpha * x - sigma * u) + rates.sigma * (sigma * x + alpha * u)


# -------------------------------------------------------------------------------- to v_prediction


def v_prediction_from_denoiser(denoiser: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """The v-prediction u = alpha (x - alpha D)/sigma - sigma D.

    Domain: sigma > 0.  Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    D, x, alpha, sigma = _point("denoiser", denoiser, x, alpha, sigma, divides="sigma", preserving=True)
    return alpha * ((x - alpha * D) / sigma) - sigma * D


def v_prediction_from_noise(noise: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """The v-prediction u = alpha N - sigma (x - sigma N)/alpha.

    Domain: alpha > 0.  Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    N, x, alpha, sigma = _point("noise", noise, x, alpha, sigma, divides="alpha", preserving=True)
    return alpha * N - sigma * ((x - sigma * N) / alpha)


def v_prediction_from_score(score: Array, x: Array, *, alpha: Real, sigma: Real) -> Array:
    """The v-prediction u = -alpha sigma s - sigma (x + sigma^2 s)/alpha.

    Domain: alpha > 0.  Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    s, x, alpha, sigma = _point("score", score, x, alpha, sigma, divides="alpha", preserving=True)
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
    point = _point("velocity", velocity, x, alpha, sigma, preserving=True)
    v, x, alpha, sigma = point
    rates = _rates(point, alpha_derivative, sigma_derivative)
    signal_part = alpha * (alpha * v - rates.alpha * x)
    noise_part = sigma * (rates.sigma * x - sigma * v)
    return (signal_part - noise_part) / _determinant(alpha, sigma, rates)


# ----------------------------------------------------------------------------------------------- checks


def variance_preserving(alpha: Array, sigma: Array) -> tuple[Array, Array]:
    """The levels, when alpha^2 + sigma^2 = 1 within 8 u: a v-prediction is defined there only."""
    sums = np.atleast_1d(alpha**2 + sigma**2)
    wrong = np.abs(sums - 1.0) > 8.0 * unit_roundoff
    if np.any(wrong):
        raise ValueError(
            "alpha, sigma: expected alpha^2 + sigma^2 = 1 within 8 units of roundoff (a v-prediction is "
            f"defined on variance-preserving paths only), got {float(sums[wrong].flat[0])!r}"
        )
    return alpha, sigma


def _point(
    name: str,
    prediction: Array,
    x: Array,
    alpha: Real,
    sigma: Real,
    *,
    divides: str = "",
    preserving: bool = False,
) -> _Point:
    state = _checks.event("x", _checks.real("x", x))
    field = _checks.event(name, _checks.real(name, prediction), state.shape[-1])
    signal, noise = _checks.levels(alpha, sigma)
    for level, values in (("alpha", signal), ("sigma", noise)):
        if level == divides and np.any(values == 0.0):
            raise ValueError(
                f"{level}: expected values > 0 (a division by {level}; the open interval (0, inf) is valid), got 0.0"
            )
    if preserving:
        variance_preserving(*np.broadcast_arrays(signal, noise))
    _checks.broadcast(**{name: field.shape[:-1]}, x=state.shape[:-1], alpha=signal.shape, sigma=noise.shape)
    return _Point(field, state, signal[..., None], noise[..., None])


def _rates(point: _Point, alpha_derivative: Real, sigma_derivative: Real) -> _Rates:
    signal = _checks.real("alpha_derivative", alpha_derivative)
    noise = _checks.real("sigma_derivative", sigma_derivative)
    _checks.broadcast(
        x=np.broadcast_shapes(*(array.shape[:-1] for array in point)),
        alpha_derivative=signal.shape,
        sigma_derivative=noise.shape,
    )
    return _Rates(signal[..., None], noise[..., None])


def _determinant(alpha: Array, sigma: Array, rates: _Rates) -> Array:
    """W = alpha sigma' - alpha' sigma, positive on a path; refused where it vanishes."""
    determinant = alpha * rates.sigma - rates.alpha * sigma
    if np.any(determinant == 0.0):
        raise ValueError("alpha, sigma and their derivatives: expected alpha sigma' - alpha' sigma != 0, got 0.0")
    return np.asarray(determinant)
