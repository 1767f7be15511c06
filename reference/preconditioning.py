r"""Networks behind predictions: EDM's scalings, a consistency model's, and the weights of a regression's loss.

The scalings are those of noised data x = x_0 + sigma eps (alpha = 1, the EDM path) and s = sigma_data; on any other
path they belong to x/alpha at sigma/alpha, as in ``fields.edm_output``.
A loss is written with squared errors summed over dimensions, at equal error of the denoiser whatever is predicted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference import _checks
from reference._checks import Array, Real
from reference.fields import denoiser_from_edm_output, edm_output_from_denoiser
from reference.fields._point import variance_preserving
from reference.paths._base import Path, checked_path

__all__ = [
    "consistency_output_scale",
    "consistency_skip_scale",
    "consistency_target_variance",
    "denoiser_from_network",
    "edm_loss_weight",
    "elbo_denoiser_weight",
    "elbo_noise_weight",
    "elbo_score_weight",
    "elbo_v_weight",
    "elbo_velocity_weight",
    "equal_loss_weight",
    "half_log_snr_weight",
    "input_scale",
    "min_snr_denoiser_weight",
    "min_snr_noise_weight",
    "min_snr_v_weight",
    "network_target",
    "noise_conditioning",
    "output_scale",
    "skip_scale",
]


# ------------------------------------------------------------------------------------------------ EDM


def skip_scale(sigma: Real, *, sigma_data: Real) -> Array:
    """EDM's c_skip = s^2/(sigma^2 + s^2): the part of x that goes past the network.

    Shapes: (...) -> (...).  Domain: sigma >= 0, sigma_data > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P82 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    noise, s = _levels(sigma, sigma_data)
    return np.asarray((s / np.hypot(noise, s)) ** 2)


def output_scale(sigma: Real, *, sigma_data: Real) -> Array:
    """EDM's c_out = sigma s/sqrt(sigma^2 + s^2): the network's output has unit variance for data of variance s^2.

    Shapes: (...) -> (...).  Domain: sigma >= 0, sigma_data > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P82 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    noise, s = _levels(sigma, sigma_data)
    return np.asarray(noise * (s / np.hypot(noise, s)))


def input_scale(sigma: Real, *, sigma_data: Real) -> Array:
    """EDM's c_in = 1/sqrt(sigma^2 + s^2): the network's input has unit variance for data of variance s^2.

    Shapes: (...) -> (...).  Domain: sigma >= 0, sigma_data > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P82 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    noise, s = _levels(sigma, sigma_data)
    return np.asarray(1.0 / np.hypot(noise, s))


def noise_conditioning(sigma: Real) -> Array:
    """EDM's c_noise = log(sigma)/4, by which the network is told the noise level.

    Shapes: (...) -> (...).  Domain: sigma > 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P82 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    return np.asarray(0.25 * np.log(_checks.positive("sigma", sigma)))


def edm_loss_weight(sigma: Real, *, sigma_data: Real) -> Array:
    """EDM's weight (sigma^2 + s^2)/(sigma s)^2 of |x_0 - D|^2: the network's own error has weight 1.

    Equal to 1/c_out^2.
    Shapes: (...) -> (...).  Domain: sigma > 0, sigma_data > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P82 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    noise, s = _levels(_checks.positive("sigma", sigma), sigma_data)
    return np.asarray((np.hypot(noise, s) / noise / s) ** 2)


def denoiser_from_network(network: Array, x: Array, *, sigma: Real, sigma_data: Real) -> Array:
    """Denoiser D = c_skip x + c_out F of the network's output F, which saw c_in x and c_noise.

    ``fields.denoiser_from_edm_output`` at alpha = 1.
    Shapes: network and x (..., d), levels (...) -> (..., d).  Domain: sigma > 0, sigma_data > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P82 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    noise, s = _levels(_checks.positive("sigma", sigma), sigma_data)
    output = _checks.event("network", _checks.real("network", network))
    return denoiser_from_edm_output(output, x, alpha=1.0, sigma=noise, sigma_data=s)


def network_target(x0: Array, x: Array, *, sigma: Real, sigma_data: Real) -> Array:
    """What the network regresses on, (x_0 - c_skip x)/c_out for a clean x_0 and its noisy x = x_0 + sigma eps.

    Its posterior mean is ``fields.edm_output`` at alpha = 1; unit variance for data of variance s^2.
    Shapes: x0 and x (..., d), levels (...) -> (..., d).  Domain: sigma > 0, sigma_data > 0.
    Ill-conditioned at sigma << s, where x_0 and c_skip x nearly cancel.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P82 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    noise, s = _levels(_checks.positive("sigma", sigma), sigma_data)
    data = _checks.event("x0", _checks.real("x0", x0))
    return edm_output_from_denoiser(data, x, alpha=1.0, sigma=noise, sigma_data=s)


# -------------------------------------------------------------------------------- consistency models


def consistency_skip_scale(sigma: Real, *, sigma_data: Real, sigma_min: Real) -> Array:
    """Consistency models' c_skip = s^2/((sigma - sigma_min)^2 + s^2): 1 at sigma = sigma_min, not at 0.

    Shapes: (...) -> (...).  Domain: sigma >= sigma_min > 0, sigma_data > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P83 (Lai et al., arXiv 2510.21890; Song et al., arXiv 2303.01469).
    """
    _, s, above = _above(sigma, sigma_data, sigma_min)
    return np.asarray((s / np.hypot(above, s)) ** 2)


def consistency_output_scale(sigma: Real, *, sigma_data: Real, sigma_min: Real) -> Array:
    """Consistency models' c_out = (sigma - sigma_min) s/sqrt(sigma^2 + s^2): 0 at sigma = sigma_min.

    The root is not shifted, unlike that of the skip scale: the target's variance is consistency_target_variance.
    Shapes: (...) -> (...).  Domain: sigma >= sigma_min > 0, sigma_data > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P83 (Lai et al., arXiv 2510.21890; Song et al., arXiv 2303.01469).
    """
    noise, s, above = _above(sigma, sigma_data, sigma_min)
    return np.asarray(above * (s / np.hypot(noise, s)))


def consistency_target_variance(sigma: Real, *, sigma_data: Real, sigma_min: Real) -> Array:
    """Variance of (x_0 - c_skip x)/c_out per dimension with these scalings, for data of variance s^2: not 1.

    With delta = sigma - sigma_min: (delta^4 + s^2 sigma^2)(sigma^2 + s^2)/(delta^2 (delta^2 + s^2)^2), formed as
    1 + m + (m delta s/(delta^2 + s^2))^2 with m = (sigma^2 - delta^2)/delta^2, so that an excess which is small is
    known well; 1.56 at sigma = 0.01 for sigma_min = 0.002 and s = 0.5, and 1 for sigma_min -> 0.
    Shapes: (...) -> (...).  Domain: sigma > sigma_min > 0, sigma_data > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P83 (Lai et al., arXiv 2510.21890; Song et al., arXiv 2303.01469).
    """
    noise, s, above = _above(sigma, sigma_data, sigma_min)
    if not np.all(above > 0.0):
        raise ValueError("sigma: expected values above sigma_min, got sigma_min (the output scale vanishes there)")
    excess = (noise - above) / above * ((noise + above) / above)
    total = np.hypot(above, s)
    return np.asarray(1.0 + (excess + (excess * (above / total) * (s / total)) ** 2))


# ---------------------------------------------------------------------------------------------- weights


def half_log_snr_weight(weight: Real, density: Real, *, half_log_snr_derivative: Real) -> Array:
    """Weight per unit of half log-SNR of a loss E_t[w(t) ...] whose times have density p(t): w p/|lambda'|.

    Two pairs of weight and density with the same value at every lambda are the same loss.
    Shapes: (...) -> (...).  Domain: density >= 0, half_log_snr_derivative not 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P84 (Lai et al., arXiv 2510.21890).
    """
    value, frequency = _checks.real("weight", weight), _checks.nonnegative("density", density)
    rate = _checks.real("half_log_snr_derivative", half_log_snr_derivative)
    _checks.broadcast(weight=value.shape, density=frequency.shape, half_log_snr_derivative=rate.shape)
    if np.any(rate == 0.0):
        raise ValueError("half_log_snr_derivative: expected values other than 0, got 0.0")
    return np.asarray(value * (frequency / np.abs(rate)))


def equal_loss_weight(weight: Real, *, error_scale_from: Real, error_scale_to: Real) -> Array:
    """Weight of another prediction's squared error for the same loss: weight (scale_from/scale_to)^2.

    The scales are the predictions' errors per error of the denoiser, ``fields.*_error_scale`` (1 for the denoiser).
    Shapes: (...) -> (...).  Domain: scales > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P84, P23 (Lai et al., arXiv 2510.21890).
    """
    value = _checks.real("weight", weight)
    old = _checks.positive("error_scale_from", error_scale_from)
    new = _checks.positive("error_scale_to", error_scale_to)
    _checks.broadcast(weight=value.shape, error_scale_from=old.shape, error_scale_to=new.shape)
    return np.asarray(value * (old / new) ** 2)


def elbo_noise_weight(path: Path, t: Real) -> Array:
    """The bound's weight of |eps - noise|^2 per unit of time: -lambda', 1 per unit of half log-SNR.

    Shapes: t (...) -> (...).  Domain: sigma > 0 and alpha > 0.
    Raises: TypeError, ValueError for times outside the domain.
    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890).
    """
    return np.asarray(-checked_path("path", path).half_log_snr_derivative(t))


def elbo_denoiser_weight(path: Path, t: Real) -> Array:
    """The bound's weight of |x_0 - denoiser|^2 per unit of time: -lambda' SNR = -SNR'/2.

    Shapes: t (...) -> (...).  Domain: sigma > 0; 0 where alpha vanishes.
    Raises: TypeError, ValueError for times outside the domain.
    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890).
    """
    alpha, sigma, turn = _turn(path, t)
    return np.asarray(turn * alpha / sigma / sigma**2)


def elbo_score_weight(path: Path, t: Real) -> Array:
    """The bound's weight of |-eps/sigma - score|^2 per unit of time: g^2/2 = -lambda' sigma^2.

    Shapes: t (...) -> (...).  Domain: open where alpha vanishes (g^2 diverges).
    Raises: TypeError, ValueError for times outside the domain.
    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890).
    """
    return np.asarray(0.5 * checked_path("path", path).diffusion_squared(t))


def elbo_velocity_weight(path: Path, t: Real) -> Array:
    """The bound's weight of |alpha' x_0 + sigma' eps - velocity|^2 per unit of time: 1/(-lambda' sigma^2).

    Shapes: t (...) -> (...).  Domain: sigma > 0; 0 where alpha vanishes.
    Raises: TypeError, ValueError for times outside the domain.
    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890).
    """
    alpha, sigma, turn = _turn(path, t)
    return np.asarray(alpha / (sigma * turn))


def elbo_v_weight(path: Path, t: Real) -> Array:
    """The bound's weight of |alpha eps - sigma x_0 - v_prediction|^2 per unit of time: -lambda' alpha^2.

    Written for variance-preserving paths, where v-prediction is defined.
    Shapes: t (...) -> (...).  Domain: sigma > 0; 0 where alpha vanishes.
    Raises: TypeError, ValueError for times outside the domain, or unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890).
    """
    alpha, sigma, turn = _turn(path, t)
    variance_preserving(alpha, sigma)
    return np.asarray(turn * alpha / sigma)


def min_snr_noise_weight(*, alpha: Real, sigma: Real, gamma: Real) -> Array:
    """Min-SNR weight of |eps - noise|^2: min(SNR, gamma)/SNR.

    Shapes: (...) -> (...).  Domain: levels >= 0, not both 0; gamma > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P84 (Lai et al., arXiv 2510.21890; Hang et al., arXiv 2303.09556).
    """
    signal, noise, bound, low = _clamped(alpha, sigma, gamma)
    return np.asarray(np.where(low, 1.0, bound * (noise / np.where(low, 1.0, signal)) ** 2))


def min_snr_denoiser_weight(*, alpha: Real, sigma: Real, gamma: Real) -> Array:
    """Min-SNR weight of |x_0 - denoiser|^2: min(SNR, gamma).

    Shapes: (...) -> (...).  Domain: levels >= 0, not both 0; gamma > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P84 (Lai et al., arXiv 2510.21890; Hang et al., arXiv 2303.09556).
    """
    signal, noise, bound, low = _clamped(alpha, sigma, gamma)
    return np.asarray(np.where(low, (signal / np.where(low, noise, 1.0)) ** 2, bound))


def min_snr_v_weight(*, alpha: Real, sigma: Real, gamma: Real) -> Array:
    """Min-SNR weight of |alpha eps - sigma x_0 - v_prediction|^2: min(SNR, gamma)/(SNR + 1).

    Shapes: (...) -> (...).  Domain: levels >= 0, not both 0; gamma > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P84 (Lai et al., arXiv 2510.21890; Hang et al., arXiv 2303.09556).
    """
    signal, noise, bound, low = _clamped(alpha, sigma, gamma)
    size = np.hypot(signal, noise)
    return np.asarray(np.where(low, (signal / size) ** 2, bound * (noise / size) ** 2))


# ---------------------------------------------------------------------------------------------- private


def _levels(sigma: Real, sigma_data: Real) -> tuple[Array, Array]:
    noise, s = _checks.nonnegative("sigma", sigma), _checks.positive("sigma_data", sigma_data)
    _checks.broadcast(sigma=noise.shape, sigma_data=s.shape)
    return noise, s


def _above(sigma: Real, sigma_data: Real, sigma_min: Real) -> tuple[Array, Array, Array]:
    """sigma, sigma_data and sigma - sigma_min >= 0."""
    noise, s = _levels(sigma, sigma_data)
    least = _checks.positive("sigma_min", sigma_min)
    _checks.broadcast(sigma=noise.shape, sigma_data=s.shape, sigma_min=least.shape)
    above = noise - least
    if np.any(above < 0.0):
        raise ValueError(f"sigma: expected values of at least sigma_min, got {float(above.min()):.6g} below it")
    return noise, s, above


def _turn(path: Path, t: Real) -> tuple[Array, Array, Array]:
    """alpha, sigma and W = alpha sigma' - alpha' sigma = -alpha sigma lambda', a sum since alpha' <= 0."""
    checked = checked_path("path", path)
    time = _checks.time_in_domain(checked, t, open_left=checked._noise_vanishes)
    alpha, sigma = checked.alpha(time), checked.sigma(time)
    return alpha, sigma, alpha * checked.sigma_derivative(time) - checked.alpha_derivative(time) * sigma


def _clamped(alpha: Real, sigma: Real, gamma: Real) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
    """The levels, gamma, and where the signal-to-noise ratio is at most gamma."""
    signal, noise = _checks.levels(alpha, sigma)
    bound = _checks.positive("gamma", gamma)
    _checks.broadcast(alpha=signal.shape, sigma=noise.shape, gamma=bound.shape)
    return signal, noise, bound, np.asarray(signal <= np.sqrt(bound) * noise)
