"""What stands between a network and a prediction: EDM's and consistency models' scalings, and the weights of losses.

The scalings are of data noised without a signal level, x = x_0 + sigma eps; elsewhere they take x/alpha and sigma/alpha
for x and sigma (`fields.edm_output`). All levels have the batch shape and broadcast; every function raises ValueError
for values outside its domain and shapes that do not fit, and TypeError for mixed dtypes. Below r = sigma/sigma_data.
Losses are sums of squared errors over dimensions, and weights keep the error of the denoiser the same.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.paths._base import checked_path

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

Level = Tensor | float

# ------------------------------------------------------------------------------------------ EDM's scalings


def skip_scale(sigma: Level, *, sigma_data: Level) -> Tensor:
    """EDM's c_skip = 1/(1 + r^2), the share of x that passes the network by, (...,); sigma >= 0, sigma_data > 0.

    Catalogue: P82 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """
    noise, data = _noise_and_data(sigma, sigma_data)
    return 1 / (1 + (noise / data).square())


def output_scale(sigma: Level, *, sigma_data: Level) -> Tensor:
    """EDM's c_out = sigma/sqrt(1 + r^2), the size of what the network has to add, (...,); sigma >= 0, sigma_data > 0.

    Catalogue: P82 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """
    noise, data = _noise_and_data(sigma, sigma_data)
    return noise * (data / torch.hypot(noise, data))


def input_scale(sigma: Level, *, sigma_data: Level) -> Tensor:
    """EDM's c_in = 1/sqrt(sigma^2 + sigma_data^2), (...,): unit variance at the network's input.

    Domain: sigma >= 0, sigma_data > 0.

    Catalogue: P82 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """
    return 1 / torch.hypot(*_noise_and_data(sigma, sigma_data))


def noise_conditioning(sigma: Level) -> Tensor:
    """EDM's c_noise = log(sigma)/4, what the network sees of the noise level, (...,); sigma > 0.

    Catalogue: P82 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """
    (noise,) = _checks.tensors(sigma=sigma)
    _checks.positive(sigma=noise)
    return torch.log(noise) / 4


def edm_loss_weight(sigma: Level, *, sigma_data: Level) -> Tensor:
    """EDM's weight 1/sigma^2 + 1/sigma_data^2 = 1/c_out^2 of |x_0 - D|^2, (...,); both above 0.

    Catalogue: P82 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """
    noise, data = _noise_and_data(sigma, sigma_data, sigma_positive=True)
    return noise.reciprocal().square() + data.reciprocal().square()


def denoiser_from_network(network: Tensor, x: Tensor, *, sigma: Level, sigma_data: Level) -> Tensor:
    """The denoiser c_skip x + c_out F of the network's output F at c_in x, (..., d); both levels above 0.

    Catalogue: P82 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """
    output, point, noise, data = _vectors_and_levels("network", network, x=x, sigma=sigma, sigma_data=sigma_data)
    cosine = data / torch.hypot(noise, data)
    return cosine * (cosine * point + noise * output)


def network_target(x0: Tensor, x: Tensor, *, sigma: Level, sigma_data: Level) -> Tensor:
    """What the network is asked for: (r x_0 - (x - x_0)/r)/sqrt(sigma^2 + sigma_data^2) = (x_0 - c_skip x)/c_out.

    x_0 and x = x_0 + sigma eps are (..., d); both levels above 0. Of unit variance for data of variance sigma_data^2.
    Ill-conditioned where sigma << sigma_data: x - x_0 is small beside both.

    Catalogue: P82 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """
    clean, point, noise, data = _vectors_and_levels("x0", x0, x=x, sigma=sigma, sigma_data=sigma_data)
    ratio = noise / data
    return (ratio * clean - (point - clean) / ratio) / torch.hypot(noise, data)


# ----------------------------------------------------------------------------- scalings of consistency models


def consistency_skip_scale(sigma: Level, *, sigma_data: Level, sigma_min: Level) -> Tensor:
    """Consistency models' c_skip = 1/(1 + ((sigma - sigma_min)/sigma_data)^2), (...,): 1 at sigma_min.

    Domain: sigma >= sigma_min > 0, sigma_data > 0.

    Catalogue: P83 (Lai et al., arXiv 2510.21890); Song et al., arXiv 2303.01469.
    """
    _, data, above = _above_minimum(sigma, sigma_data, sigma_min)
    return 1 / (1 + (above / data).square())


def consistency_output_scale(sigma: Level, *, sigma_data: Level, sigma_min: Level) -> Tensor:
    """Consistency models' c_out = (sigma - sigma_min)/sqrt(1 + r^2), (...,): 0 at sigma_min; sigma itself in the root.

    Domain: sigma >= sigma_min > 0, sigma_data > 0.

    Catalogue: P83 (Lai et al., arXiv 2510.21890); Song et al., arXiv 2303.01469.
    """
    noise, data, above = _above_minimum(sigma, sigma_data, sigma_min)
    return above * (data / torch.hypot(noise, data))


def consistency_target_variance(sigma: Level, *, sigma_data: Level, sigma_min: Level) -> Tensor:
    """Variance of what a consistency model's network is asked for, for data of variance sigma_data^2, (...,).

    With a = (sigma - sigma_min)/sigma_data: (a^2 + (r/a)^2)(1 + r^2)/(1 + a^2)^2. EDM's scalings would give 1; these
    give 1.56 at sigma = 0.01, sigma_min = 0.002, sigma_data = 0.5.
    Domain: sigma > sigma_min > 0, sigma_data > 0.

    Catalogue: P83 (Lai et al., arXiv 2510.21890); Song et al., arXiv 2303.01469.
    """
    noise, data, above = _above_minimum(sigma, sigma_data, sigma_min, equal_allowed=False)
    a, ratio = above / data, noise / data
    spread = a.square() + (noise / above).square()
    return spread * (1 + ratio.square()) / (1 + a.square()).square()


# ------------------------------------------------------------------------------- weights of time and prediction


def half_log_snr_weight(weight: Level, density: Level, *, half_log_snr_derivative: Level) -> Tensor:
    """Weight w p/|lambda'| per half log-SNR of a loss with weight w at times of density p, (...,).

    Losses that agree in it agree. Domain: density >= 0, half_log_snr_derivative not 0.

    Catalogue: P84 (Lai et al., arXiv 2510.21890).
    """
    factor, share, rate = _checks.tensors(
        weight=weight, density=density, half_log_snr_derivative=half_log_snr_derivative
    )
    _checks.broadcast(weight=factor.shape, density=share.shape, half_log_snr_derivative=rate.shape)
    _checks.finite(weight=factor, half_log_snr_derivative=rate)
    _checks.nonnegative(density=share)
    speed = rate.abs()
    _checks.positive(constructor=False, **{"the size of half_log_snr_derivative": speed})
    return factor * share / speed


def equal_loss_weight(weight: Level, *, error_scale_from: Level, error_scale_to: Level) -> Tensor:
    """Weight w (from/to)^2 that gives another prediction the same loss, (...,).

    The scales are errors per error of the denoiser, `fields.*_error_scale`; both above 0.

    Catalogue: P84, P23 (Lai et al., arXiv 2510.21890).
    """
    factor, old, new = _checks.tensors(weight=weight, error_scale_from=error_scale_from, error_scale_to=error_scale_to)
    _checks.broadcast(weight=factor.shape, error_scale_from=old.shape, error_scale_to=new.shape)
    _checks.finite(weight=factor)
    _checks.positive(error_scale_from=old, error_scale_to=new)
    return factor * (old / new).square()


# ------------------------------------------------------------------------------------ the weights of the bound


def elbo_noise_weight(path: Path, t: Level) -> Tensor:
    """Weight -lambda' of |eps - noise|^2 in the bound per unit of time, (...,): 1 per half log-SNR.

    Domain: sigma > 0 and alpha > 0.

    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890).
    """
    return -checked_path(path).half_log_snr_derivative(t)


def elbo_denoiser_weight(path: Path, t: Level) -> Tensor:
    """Weight -lambda' SNR = alpha W/sigma^3 of |x_0 - denoiser|^2 in the bound per unit of time, (...,).

    W = alpha sigma' - alpha' sigma, a sum of two terms of one sign. Domain: sigma > 0; 0 where alpha is 0.

    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890).
    """
    alpha, sigma, rotation = _rotation(path, t)
    return alpha / sigma.square() * (rotation / sigma)


def elbo_score_weight(path: Path, t: Level) -> Tensor:
    """Weight g^2/2 of |-eps/sigma - score|^2 in the bound per unit of time, (...,); open where alpha is 0.

    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890).
    """
    return checked_path(path).diffusion_squared(t) / 2


def elbo_velocity_weight(path: Path, t: Level) -> Tensor:
    """Weight 1/(-lambda' sigma^2) = alpha/(sigma W) of |alpha' x_0 + sigma' eps - velocity|^2 in the bound, (...,).

    W = alpha sigma' - alpha' sigma. Domain: sigma > 0; 0 where alpha is 0.

    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890).
    """
    alpha, sigma, rotation = _rotation(path, t)
    return alpha / (sigma * rotation)


def elbo_v_weight(path: Path, t: Level) -> Tensor:
    """Weight -lambda' alpha^2 = alpha W/sigma of |alpha eps - sigma x_0 - v_prediction|^2 in the bound, (...,).

    Of variance-preserving paths: raises ValueError where alpha^2 + sigma^2 is not 1 within 8 u.
    Domain: sigma > 0; 0 where alpha is 0.

    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890).
    """
    alpha, sigma, rotation = _rotation(path, t)
    _checks.variance_preserving(alpha, sigma)
    return alpha * (rotation / sigma)


# ----------------------------------------------------------------------------------------------- min-SNR-gamma


def min_snr_noise_weight(*, alpha: Level, sigma: Level, gamma: Level) -> Tensor:
    """Min-SNR weight min(SNR, gamma)/SNR of |eps - noise|^2, (...,): 1 from SNR = gamma down to 0.

    Levels of at least 0, not both 0; gamma > 0.

    Catalogue: P84 (Lai et al., arXiv 2510.21890); Hang et al., arXiv 2303.09556.
    """
    signal, noise, cap, noisy = _powers(alpha, sigma, gamma)
    return torch.where(noisy, 1.0, cap * noise / torch.where(noisy, 1.0, signal))


def min_snr_denoiser_weight(*, alpha: Level, sigma: Level, gamma: Level) -> Tensor:
    """Min-SNR weight min(SNR, gamma) of |x_0 - denoiser|^2, (...,).

    Levels of at least 0, not both 0; gamma > 0.

    Catalogue: P84 (Lai et al., arXiv 2510.21890); Hang et al., arXiv 2303.09556.
    """
    signal, noise, cap, noisy = _powers(alpha, sigma, gamma)
    return torch.where(noisy, signal / torch.where(noisy, noise, 1.0), cap)


def min_snr_v_weight(*, alpha: Level, sigma: Level, gamma: Level) -> Tensor:
    """Min-SNR weight min(SNR, gamma)/(SNR + 1) of |alpha eps - sigma x_0 - v_prediction|^2, (...,).

    Levels of at least 0, not both 0; gamma > 0.

    Catalogue: P84 (Lai et al., arXiv 2510.21890); Hang et al., arXiv 2303.09556.
    """
    signal, noise, cap, noisy = _powers(alpha, sigma, gamma)
    return torch.where(noisy, signal, cap * noise) / (signal + noise)


# ----------------------------------------------------------------------------------------------------- private


def _noise_and_data(sigma: Level, sigma_data: Level, *, sigma_positive: bool = False) -> tuple[Tensor, Tensor]:
    noise, data = _checks.tensors(sigma=sigma, sigma_data=sigma_data)
    _checks.broadcast(sigma=noise.shape, sigma_data=data.shape)
    (_checks.positive if sigma_positive else _checks.nonnegative)(sigma=noise)
    _checks.positive(sigma_data=data)
    return noise, data


def _vectors_and_levels(
    name: str, vector: Tensor, *, x: Tensor, sigma: Level, sigma_data: Level
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Two of (..., d), and the levels with an axis for d."""
    first, point, noise, data = _checks.tensors(**{name: vector}, x=x, sigma=sigma, sigma_data=sigma_data)
    _checks.event(name, first, _checks.event("x", point))
    shapes = {name: first.shape[:-1], "x": point.shape[:-1]}
    _checks.broadcast(**shapes, sigma=noise.shape, sigma_data=data.shape)
    _checks.finite(constructor=False, **{name: first, "x": point})
    _checks.positive(sigma=noise, sigma_data=data)
    return first, point, noise[..., None], data[..., None]


def _above_minimum(
    sigma: Level, sigma_data: Level, sigma_min: Level, *, equal_allowed: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """The level, the data's, and how far the level is above the least one."""
    noise, data, least = _checks.tensors(sigma=sigma, sigma_data=sigma_data, sigma_min=sigma_min)
    _checks.broadcast(sigma=noise.shape, sigma_data=data.shape, sigma_min=least.shape)
    _checks.positive(sigma=noise, sigma_data=data, sigma_min=least)
    above = noise - least
    (_checks.nonnegative if equal_allowed else _checks.positive)(constructor=False, **{"sigma - sigma_min": above})
    return noise, data, above


def _rotation(path: Path, t: Level) -> tuple[Tensor, Tensor, Tensor]:
    """Alpha, sigma and W = alpha sigma' - alpha' sigma = -alpha sigma lambda' at times at which sigma is not 0."""
    time = checked_path(path)._checked_time(t, open_start=path._sigma_vanishes)
    alpha, sigma = path._alpha_at(time), path._sigma_at(time)
    return alpha, sigma, alpha * path._sigma_derivative_at(time) - path._alpha_derivative_at(time) * sigma


def _powers(alpha: Level, sigma: Level, gamma: Level) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Alpha^2, sigma^2, gamma, and whether SNR <= gamma."""
    signal, noise, cap = _checks.tensors(alpha=alpha, sigma=sigma, gamma=gamma)
    _checks.broadcast(alpha=signal.shape, sigma=noise.shape, gamma=cap.shape)
    _checks.levels(signal, noise)
    _checks.positive(gamma=cap)
    return signal.square(), noise.square(), cap, signal.square() <= cap * noise.square()
