"""EDM's network output F as a prediction: its exact field, and its conversions to and from the others.

D = c_skip(nu) x/alpha + c_out(nu) F with nu = sigma/alpha, c_skip = s^2/(nu^2 + s^2), c_out = nu s/sqrt(nu^2 + s^2) and
s = sigma_data > 0. With w = sigma^2 + alpha^2 s^2, which is above 0 at every level,

    D = (alpha s^2/w) x + (sigma s/sqrt(w)) F,    eps = (sigma/w) x - (alpha s/sqrt(w)) F,

and each conversion is one of these read forwards or backwards. Arguments, shapes and errors as in `_arguments`;
sigma_data has the batch shape. (Karras et al., arXiv 2206.00364.)
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from gpu import _checks
from gpu.distributions._law import Law
from gpu.fields._arguments import Level, conversion_arguments
from gpu.fields.analytic import times
from gpu.paths import Path

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


def edm_output(data: Law, path: Path, x: Tensor, t: Tensor | float, *, sigma_data: Tensor | float) -> Tensor:
    """The best F at x_t = x: sum_k r_k V_k^-1 [sigma w mu_k + alpha sigma (S_k - s^2 I) x]/(s sqrt(w)), (..., d).

    Raises ValueError for sigma_data not above 0, times outside the domain, and singular marginals.

    Catalogue: P20 (Lai et al., arXiv 2510.21890), with F of Karras et al., arXiv 2206.00364.
    """
    (scale,) = _checks.tensors(data=data._components.base_means, sigma_data=sigma_data)[1:]
    _checks.positive(sigma_data=scale)
    time = times(data, path, t)
    _checks.broadcast(data=data.batch_shape, x=x.shape[:-1], t=time.shape, sigma_data=scale.shape)
    view = data._observed(x, path._alpha_at(time), path._sigma_at(time))
    alpha, sigma = view.law.alpha, view.law.sigma
    size = scale * (sigma.square() + (alpha * scale).square()).sqrt()
    # Of rates a, p: V^-1 [(a sigma^2 - p alpha) mu + (a alpha S + p I) x], with a = sigma and p = -alpha sigma s^2.
    return view.regression(sigma / size, -alpha * sigma * scale.square() / size)


def denoiser_from_edm_output(edm_output: Tensor, x: Tensor, *, alpha: Level, sigma: Level, sigma_data: Level) -> Tensor:
    """Denoiser from F: D = (alpha s^2/w) x + (sigma s/sqrt(w)) F.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    output, x, alpha, sigma, scale, weight = _arguments(
        sigma_data, edm_output=edm_output, x=x, alpha=alpha, sigma=sigma
    )
    return alpha * scale.square() / weight * x + sigma * scale / weight.sqrt() * output


def noise_from_edm_output(edm_output: Tensor, x: Tensor, *, alpha: Level, sigma: Level, sigma_data: Level) -> Tensor:
    """Noise from F: eps = (sigma/w) x - (alpha s/sqrt(w)) F.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    output, x, alpha, sigma, scale, weight = _arguments(
        sigma_data, edm_output=edm_output, x=x, alpha=alpha, sigma=sigma
    )
    return sigma / weight * x - alpha * scale / weight.sqrt() * output


def score_from_edm_output(edm_output: Tensor, x: Tensor, *, alpha: Level, sigma: Level, sigma_data: Level) -> Tensor:
    """Score from F: s = (alpha s/(sigma sqrt(w))) F - x/w.

    Domain: sigma > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    output, x, alpha, sigma, scale, weight = _arguments(
        sigma_data, edm_output=edm_output, x=x, alpha=alpha, sigma=sigma, sigma_positive=True
    )
    return alpha * scale / (sigma * weight.sqrt()) * output - x / weight


def velocity_from_edm_output(
    edm_output: Tensor,
    x: Tensor,
    *,
    alpha: Level,
    sigma: Level,
    alpha_derivative: Level,
    sigma_derivative: Level,
    sigma_data: Level,
) -> Tensor:
    """Velocity from F: v = [(alpha alpha' s^2 + sigma sigma') x/w] - (s W/sqrt(w)) F, W = alpha sigma' - alpha' sigma.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    output, x, alpha, sigma, rate, noise_rate, scale, weight = _arguments(
        sigma_data,
        edm_output=edm_output,
        x=x,
        alpha=alpha,
        sigma=sigma,
        alpha_derivative=alpha_derivative,
        sigma_derivative=sigma_derivative,
    )
    growth = alpha * rate * scale.square() + sigma * noise_rate
    return growth / weight * x - scale * (alpha * noise_rate - rate * sigma) / weight.sqrt() * output


def v_prediction_from_edm_output(
    edm_output: Tensor, x: Tensor, *, alpha: Level, sigma: Level, sigma_data: Level
) -> Tensor:
    """v-prediction from F: alpha eps - sigma D = (alpha sigma (1 - s^2)/w) x - (s/sqrt(w)) F.

    Raises ValueError where alpha^2 + sigma^2 is not 1 within 8 u.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    output, x, alpha, sigma, scale, weight = _arguments(
        sigma_data, edm_output=edm_output, x=x, alpha=alpha, sigma=sigma, unit=True
    )
    return alpha * sigma * (1 - scale) * (1 + scale) / weight * x - scale / weight.sqrt() * output


def edm_output_from_denoiser(denoiser: Tensor, x: Tensor, *, alpha: Level, sigma: Level, sigma_data: Level) -> Tensor:
    """F from denoiser: F = (w D - alpha s^2 x)/(sigma s sqrt(w)).

    Domain: sigma > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    denoiser, x, alpha, sigma, scale, weight = _arguments(
        sigma_data, denoiser=denoiser, x=x, alpha=alpha, sigma=sigma, sigma_positive=True
    )
    return (weight * denoiser - alpha * scale.square() * x) / (sigma * scale * weight.sqrt())


def edm_output_from_noise(noise: Tensor, x: Tensor, *, alpha: Level, sigma: Level, sigma_data: Level) -> Tensor:
    """F from noise: F = (sigma x - w eps)/(alpha s sqrt(w)).

    Domain: alpha > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    noise, x, alpha, sigma, scale, weight = _arguments(
        sigma_data, noise=noise, x=x, alpha=alpha, sigma=sigma, alpha_positive=True
    )
    return (sigma * x - weight * noise) / (alpha * scale * weight.sqrt())


def edm_output_from_score(score: Tensor, x: Tensor, *, alpha: Level, sigma: Level, sigma_data: Level) -> Tensor:
    """F from score: F = sigma (x + w s)/(alpha s sqrt(w)), s the score in the brackets and sigma_data below.

    Domain: alpha > 0.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    score, x, alpha, sigma, scale, weight = _arguments(
        sigma_data, score=score, x=x, alpha=alpha, sigma=sigma, alpha_positive=True
    )
    return sigma * (x + weight * score) / (alpha * scale * weight.sqrt())


def edm_output_from_velocity(
    velocity: Tensor,
    x: Tensor,
    *,
    alpha: Level,
    sigma: Level,
    alpha_derivative: Level,
    sigma_derivative: Level,
    sigma_data: Level,
) -> Tensor:
    """F from velocity: F = [(alpha alpha' s^2 + sigma sigma') x - w v]/(s W sqrt(w)).

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    velocity, x, alpha, sigma, rate, noise_rate, scale, weight = _arguments(
        sigma_data,
        velocity=velocity,
        x=x,
        alpha=alpha,
        sigma=sigma,
        alpha_derivative=alpha_derivative,
        sigma_derivative=sigma_derivative,
    )
    growth, wronskian = alpha * rate * scale.square() + sigma * noise_rate, alpha * noise_rate - rate * sigma
    return (growth * x - weight * velocity) / (scale * wronskian * weight.sqrt())


def edm_output_from_v_prediction(
    v_prediction: Tensor, x: Tensor, *, alpha: Level, sigma: Level, sigma_data: Level
) -> Tensor:
    """F from v-prediction: F = [alpha sigma (1 - s^2) x - w v]/(s sqrt(w)).

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    v_prediction, x, alpha, sigma, scale, weight = _arguments(
        sigma_data, v_prediction=v_prediction, x=x, alpha=alpha, sigma=sigma
    )
    return (alpha * sigma * (1 - scale) * (1 + scale) * x - weight * v_prediction) / (scale * weight.sqrt())


def _arguments(
    sigma_data: Level, *, sigma_positive: bool = False, alpha_positive: bool = False, unit: bool = False, **named: Any
) -> list[Tensor]:
    """The checked arguments of a conversion, then sigma_data and w = sigma^2 + alpha^2 sigma_data^2."""
    first = next(iter(named))
    scale = _checks.tensors(**{first: named[first]}, sigma_data=sigma_data)[1]
    _checks.positive(sigma_data=scale)
    values = conversion_arguments(sigma_positive=sigma_positive, alpha_positive=alpha_positive, unit=unit, **named)
    _checks.broadcast(**{first: values[0].shape[:-1]}, sigma_data=scale.shape)
    s = scale[..., None]
    return [*values, s, values[3].square() + (values[2] * s).square()]
