r"""EDM's network output F: the denoiser less its skip connection, over its output scale.

With nu = sigma/alpha, s = sigma_data and w = sigma^2 + alpha^2 s^2,

    D = c_skip x/alpha + c_out F = alpha s^2/w x + sigma s/sqrt(w) F,
    c_skip = s^2/(nu^2 + s^2),  c_out = nu s/sqrt(nu^2 + s^2),

and the letters are those of ``conversions``: D denoiser, N noise, v velocity, u v-prediction, score -N/sigma,
W = alpha sigma' - alpha' sigma.  Every conversion takes the prediction and x (..., d), and levels, their
derivatives and sigma_data > 0 with the batch shape, and is formed directly.
Raises TypeError, ValueError for a bad argument, and where it would divide by a vanishing alpha, sigma or W.
Ill-conditioned where c_skip x/alpha and D nearly cancel.
Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.fields._levels import state
from reference.fields._point import ConversionPoint, conversion_point, conversion_rates, determinant
from reference.fields.analytic import Data
from reference.paths._base import Path

__all__ = [
    "denoiser_from_edm_output",
    "edm_output",
    "edm_output_from_denoiser",
    "edm_output_from_noise",
    "edm_output_from_score",
    "edm_output_from_v_prediction",
    "edm_output_from_velocity",
    "noise_from_edm_output",
    "score_from_edm_output",
    "v_prediction_from_edm_output",
    "velocity_from_edm_output",
]


def edm_output(data: Data, path: Path, x: Array, t: Real, *, sigma_data: Real) -> Array:
    """E[(x_0 - c_skip x/alpha)/c_out | x_t = x], what EDM's network learns.

    Formed as sum_k r_k V_k^-1 [sigma w mu_k + alpha sigma (S_k - s^2 I) x]/(s sqrt(w)), which is 0 for data
    N(0, s^2 I) and does not cancel at high SNR.
    Shapes: x (..., d), sigma_data (...) -> (..., d).  Domain: wherever p_t has a density (ValueError elsewhere).
    Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    law, path, point, time = state(data, path, x, t)
    s = _checks.positive("sigma_data", sigma_data)
    _checks.broadcast(data=law.batch_shape, x=point.shape[:-1], t=time.shape, sigma_data=s.shape)
    alpha, sigma = path.alpha(time), path.sigma(time)
    root = np.hypot(sigma, alpha * s)
    noised = law._components.formed().diffuse(alpha, sigma)
    return noised.field(
        point,
        mean=sigma * root / s,
        covariance=alpha * sigma / (s * root),
        identity=-alpha * sigma * (s / root),
    )


# ----------------------------------------------------------------------------------- from EDM's output


def denoiser_from_edm_output(edm_output: Array, x: Array, *, alpha: Real, sigma: Real, sigma_data: Real) -> Array:
    """Denoiser D = alpha s^2 x/w + sigma s F/sqrt(w).

    Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    point = conversion_point("edm_output", edm_output, x, alpha, sigma)
    F, x, alpha, sigma = point
    s, root = _scales(point, sigma_data)
    return alpha * (s / root) ** 2 * x + sigma * (s / root) * F


def noise_from_edm_output(edm_output: Array, x: Array, *, alpha: Real, sigma: Real, sigma_data: Real) -> Array:
    """Noise N = sigma x/w - alpha s F/sqrt(w).

    Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    point = conversion_point("edm_output", edm_output, x, alpha, sigma)
    F, x, alpha, sigma = point
    s, root = _scales(point, sigma_data)
    return sigma * x / root**2 - alpha * (s / root) * F


def score_from_edm_output(edm_output: Array, x: Array, *, alpha: Real, sigma: Real, sigma_data: Real) -> Array:
    """Score s = alpha s F/(sigma sqrt(w)) - x/w (s = sigma_data on the right).

    Domain: sigma > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    point = conversion_point("edm_output", edm_output, x, alpha, sigma, divides="sigma")
    F, x, alpha, sigma = point
    s, root = _scales(point, sigma_data)
    return alpha * (s / root) * F / sigma - x / root**2


def velocity_from_edm_output(
    edm_output: Array,
    x: Array,
    *,
    alpha: Real,
    sigma: Real,
    alpha_derivative: Real,
    sigma_derivative: Real,
    sigma_data: Real,
) -> Array:
    """Velocity v = (sigma sigma' + alpha alpha' s^2) x/w - W s F/sqrt(w).

    Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    point = conversion_point("edm_output", edm_output, x, alpha, sigma)
    F, x, alpha, sigma = point
    rates = conversion_rates(point, alpha_derivative, sigma_derivative)
    s, root = _scales(point, sigma_data)
    stretch = (sigma * rates.sigma + alpha * rates.alpha * s**2) / root**2
    return stretch * x - (alpha * rates.sigma - rates.alpha * sigma) * (s / root) * F


def v_prediction_from_edm_output(edm_output: Array, x: Array, *, alpha: Real, sigma: Real, sigma_data: Real) -> Array:
    """The v-prediction u = alpha sigma (1 - s^2) x/w - s F/sqrt(w).

    Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    point = conversion_point("edm_output", edm_output, x, alpha, sigma, preserving=True)
    F, x, alpha, sigma = point
    s, root = _scales(point, sigma_data)
    return alpha * sigma * ((1.0 - s) * (1.0 + s) / root**2) * x - (s / root) * F


# ------------------------------------------------------------------------------------- to EDM's output


def edm_output_from_denoiser(denoiser: Array, x: Array, *, alpha: Real, sigma: Real, sigma_data: Real) -> Array:
    """EDM's output F = (sqrt(w) D - alpha s^2 x/sqrt(w))/(sigma s).

    Domain: sigma > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    point = conversion_point("denoiser", denoiser, x, alpha, sigma, divides="sigma")
    D, x, alpha, sigma = point
    s, root = _scales(point, sigma_data)
    return (root / s * D - alpha * (s / root) * x) / sigma


def edm_output_from_noise(noise: Array, x: Array, *, alpha: Real, sigma: Real, sigma_data: Real) -> Array:
    """EDM's output F = (sigma x/sqrt(w) - sqrt(w) N)/(alpha s).

    Domain: alpha > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    point = conversion_point("noise", noise, x, alpha, sigma, divides="alpha")
    N, x, alpha, sigma = point
    s, root = _scales(point, sigma_data)
    return (sigma * x / root - root * N) / (alpha * s)


def edm_output_from_score(score: Array, x: Array, *, alpha: Real, sigma: Real, sigma_data: Real) -> Array:
    """EDM's output F = sigma (x/sqrt(w) + sqrt(w) score)/(alpha s).

    Domain: alpha > 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    point = conversion_point("score", score, x, alpha, sigma, divides="alpha")
    gradient, x, alpha, sigma = point
    s, root = _scales(point, sigma_data)
    return sigma * (x / root + root * gradient) / (alpha * s)


def edm_output_from_velocity(
    velocity: Array,
    x: Array,
    *,
    alpha: Real,
    sigma: Real,
    alpha_derivative: Real,
    sigma_derivative: Real,
    sigma_data: Real,
) -> Array:
    """EDM's output F = [(sigma sigma' + alpha alpha' s^2) x/sqrt(w) - sqrt(w) v]/(s W).

    Domain: W != 0.
    Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    point = conversion_point("velocity", velocity, x, alpha, sigma)
    v, x, alpha, sigma = point
    rates = conversion_rates(point, alpha_derivative, sigma_derivative)
    s, root = _scales(point, sigma_data)
    stretch = (sigma * rates.sigma + alpha * rates.alpha * s**2) / root
    return (stretch * x - root * v) / (s * determinant(alpha, sigma, rates))


def edm_output_from_v_prediction(v_prediction: Array, x: Array, *, alpha: Real, sigma: Real, sigma_data: Real) -> Array:
    """EDM's output F = [alpha sigma (1 - s^2) x/sqrt(w) - sqrt(w) u]/s.

    Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    point = conversion_point("v_prediction", v_prediction, x, alpha, sigma, preserving=True)
    u, x, alpha, sigma = point
    s, root = _scales(point, sigma_data)
    return (alpha * sigma * ((1.0 - s) * (1.0 + s)) * x / root - root * u) / s


def _scales(point: ConversionPoint, sigma_data: Real) -> tuple[Array, Array]:
    """The standard deviation s of the data and sqrt(w), shaped to multiply a prediction."""
    s = _checks.positive("sigma_data", sigma_data)
    _checks.broadcast(x=np.broadcast_shapes(*(array.shape[:-1] for array in point)), sigma_data=s.shape)
    return s[..., None], np.hypot(point.sigma, point.alpha * s[..., None])
