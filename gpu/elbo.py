"""The discrete variational bound of diffusion models on Gaussian data, term by term, in nats.

Sums run over dimensions. w = 1/2 (SNR_clean - SNR_noisy); m_j = l_j sigma^2/(alpha^2 l_j + sigma^2) is the
error variance of the denoiser along the j-th eigenvector of the data covariance.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu._excess import excess_over_log
from gpu.distributions import Gaussian, GaussianMixture, PointCloud
from gpu.paths import Path
from gpu.transitions import reverse_step_covariance

__all__ = [
    "diffusion_term",
    "diffusion_term_at",
    "diffusion_weight",
    "fixed_variance_term",
    "negative_elbo",
    "optimal_step_covariance",
    "prior_term",
    "prior_term_at",
    "reconstruction_term",
    "variance_gap",
]


def prior_term_at(path: Path, x0: Tensor, *, t_end: Tensor | float) -> Tensor:
    """KL(N(alpha x0, sigma^2 I) || N(0, I)) = 1/2 [alpha^2 |x0|^2 + d (sigma^2 - 1 - log sigma^2)].

    x0: (..., d); t_end has the batch shape, sigma(t_end) > 0 (ValueError otherwise).
    Catalogue: P43 (Lai et al., arXiv 2510.21890); M29 (McAllester, arXiv 2301.11108).
    """
    x0, t_end = _checks.tensors(x0=x0, t_end=t_end)
    size = _checks.event("x0", x0)
    _checks.broadcast(x0=x0.shape[:-1], t_end=t_end.shape)
    _checks.finite(x0=x0)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, t_end=t_end)
    return _prior(path, x0.square().sum(-1), size, t_end)


def prior_term(data: Gaussian | GaussianMixture | PointCloud, path: Path, *, t_end: Tensor | float) -> Tensor:
    """E KL(q(x_T|x_0) || N(0, I)) = 1/2 [alpha^2 (|m|^2 + tr S) + d (sigma^2 - 1 - log sigma^2)].

    Any data law with mean m and covariance S; t_end as in `prior_term_at`, broadcasting with the data's
    batch.
    Catalogue: P43 (Lai et al., arXiv 2510.21890).
    """
    mean, t_end = _checks.tensors(data=data.mean, t_end=t_end)
    _checks.broadcast(data=data.batch_shape, t_end=t_end.shape)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, t_end=t_end)
    return _prior(path, _second_moment(data, mean), data.event_size, t_end)


def diffusion_weight(path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Weight w = 1/2 (SNR_clean - SNR_noisy) = 1/2 SNR_noisy expm1(2 (lambda_clean - lambda_noisy)).

    sigma(clean) > 0 and clean < noisy (ValueError otherwise); shapes broadcast.
    Catalogue: P41 (Lai et al., arXiv 2510.21890); M9 (McAllester, arXiv 2301.11108).
    """
    return _weight(path, *_times(path, clean, noisy))


def diffusion_term_at(
    path: Path, x0: Tensor, denoised: Tensor, *, clean: Tensor | float, noisy: Tensor | float
) -> Tensor:
    """KL between the bridges through x0 and through the denoised point: w |x0 - denoised|^2.

    x0, denoised: (..., d); times as in `diffusion_weight`, of the batch shape.
    Catalogue: P41 (Lai et al., arXiv 2510.21890); M9 (McAllester, arXiv 2301.11108).
    """
    x0, denoised, clean, noisy = _checks.tensors(x0=x0, denoised=denoised, clean=clean, noisy=noisy)
    _checks.event("denoised", denoised, _checks.event("x0", x0))
    _checks.broadcast(x0=x0.shape[:-1], denoised=denoised.shape[:-1], clean=clean.shape, noisy=noisy.shape)
    _checks.finite(x0=x0, denoised=denoised)
    return _weight(path, *_times(path, clean, noisy)) * (x0 - denoised).square().sum(-1)


def diffusion_term(data: Gaussian, path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Step term w sum_j m_j(noisy): the KL at the bridge variance, averaged over the data.

    Times as in `diffusion_weight`, broadcasting with the data's batch.
    Catalogue: P41, P24 (Lai et al., arXiv 2510.21890).
    """
    return 0.5 * _step_excess(data, path, clean, noisy).sum(-1)


def optimal_step_covariance(data: Gaussian, path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Covariance of x_clean given x_noisy, which does not depend on x_noisy: (..., d, d).

    bridge_variance I + data_weight^2 sigma^2 S V^-1 at the noisy time. clean < noisy on the closed domain
    (ValueError otherwise), broadcasting with the data's batch.
    Catalogue: P39, P40 (Lai et al., arXiv 2510.21890); M4 (McAllester, arXiv 2301.11108).
    """
    _gaussian(data)
    return reverse_step_covariance(data, path, data.mean, clean=clean, noisy=noisy)


def fixed_variance_term(
    data: Gaussian,
    path: Path,
    *,
    clean: Tensor | float,
    noisy: Tensor | float,
    variance: Tensor | float,
) -> Tensor:
    """Step term at a reverse variance v, averaged: sum_j 1/2 [log(v/b) + (b + c^2 m_j)/v - 1].

    b = bridge_variance, c = bridge_data_weight. Formed as 1/2 [r - 1 - log r] + 1/2 log(1 + 2 w m_j) with
    r = (b + c^2 m_j)/v, so it does not cancel where v is optimal. variance > 0 and times as in
    `diffusion_weight` (ValueError otherwise), broadcasting with the data's batch.
    Catalogue: P42 (Lai et al., arXiv 2510.21890).
    """
    clean, noisy, variance = _checks.tensors(clean=clean, noisy=noisy, variance=variance)
    _checks.positive(variance=variance)
    excess = _step_excess(data, path, clean, noisy)
    _checks.broadcast(data=excess.shape[:-1], variance=variance.shape)
    bridge = (path._variance_at(clean) * path._snr_drop_between(clean, noisy))[..., None]
    v = variance[..., None]
    ratio = bridge * (1 + excess) / v
    difference = ((bridge - v) + bridge * excess) / v
    return 0.5 * (excess_over_log(ratio, difference) + torch.log1p(excess)).sum(-1)


def variance_gap(data: Gaussian, path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Cost of the bridge variance against the optimal: sum_j 1/2 (r_j - 1 - log r_j), r_j = 1 + 2 w m_j.

    r_j is the optimal variance over the bridge variance. Times as in `diffusion_weight`, broadcasting with
    the data's batch.
    Catalogue: P42, P44 (Lai et al., arXiv 2510.21890).
    """
    excess = _step_excess(data, path, clean, noisy)
    return 0.5 * excess_over_log(1 + excess, excess).sum(-1)


def reconstruction_term(
    data: Gaussian, path: Path, *, t_start: Tensor | float, variance: Tensor | float | None = None
) -> Tensor:
    """E[-log p(x_0|x_start)] of a Gaussian decoder around the denoiser.

    variance v: d/2 log(2 pi v) + sum_j m_j/(2 v). None: the exact posterior covariance, 1/2 log|2 pi e Cov| =
    sum_j 1/2 log(2 pi e m_j). sigma(t_start) > 0, v > 0, and with None a data covariance that is not singular
    (ValueError otherwise). Shapes broadcast with the data's batch.
    Catalogue: P43 (Lai et al., arXiv 2510.21890); M16 (McAllester, arXiv 2301.11108).
    """
    levels = _levels(data)
    if variance is None:
        _, time = _checks.tensors(data=levels, t_start=t_start)
        _checks.time_in_domain(path, open_start=path._sigma_vanishes, t_start=time)
        _checks.broadcast(data=levels.shape[:-1], t_start=time.shape)
        _require_density(levels)
        return _entropy(_errors(levels, path, time))
    _, time, variance = _checks.tensors(data=levels, t_start=t_start, variance=variance)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, t_start=time)
    _checks.positive(variance=variance)
    _checks.broadcast(data=levels.shape[:-1], t_start=time.shape, variance=variance.shape)
    v = variance[..., None]
    return 0.5 * (torch.log(2 * math.pi * v) + _errors(levels, path, time) / v).sum(-1)


def negative_elbo(
    data: Gaussian, path: Path, times: Tensor, *, variance: Literal["optimal", "bridge"] = "optimal"
) -> Tensor:
    """The whole negative bound, averaged over the data: reconstruction (exact posterior) + steps + prior.

    A step is sum_j 1/2 log r_j with the optimal variance, sum_j 1/2 (r_j - 1) with the bridge's; r_j as in
    `variance_gap`. Since r_j = (1 + SNR_clean l_j)/(1 + SNR_noisy l_j), the logarithms telescope over the
    terms; with V_j = alpha^2 l_j + sigma^2 at the last time, what is left is
    1/2 sum_j [log(2 pi e l_j/V_j) + V_j - 1] + 1/2 alpha^2 |m|^2, plus the sum of `variance_gap` for
    "bridge". (Term by term, numbers of the size of lambda would cancel.) Equal to
    entropy(data) + KL(p_T || N(0, I)), plus that sum.

    times: (n,), strictly increasing, inside the domain, sigma(times[0]) > 0; the data covariance is not
    singular (ValueError otherwise). The result has the data's batch shape.
    Catalogue: P41, P42, P43, P44 (Lai et al., arXiv 2510.21890); M6, M8 (McAllester, arXiv 2301.11108).
    """
    if variance not in ("optimal", "bridge"):
        raise ValueError(f'variance: expected "optimal" or "bridge", got {variance!r}')
    levels = _levels(data)
    _, times = _checks.tensors(data=levels, times=times)
    _require_density(levels)
    _checks.increasing("times", times)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, times=times)
    signal = path._alpha_at(times[-1]).square()
    noised = signal * levels + path._variance_at(times[-1])
    telescoped = _entropy(levels / noised) + 0.5 * (noised - 1).sum(-1)
    bound = telescoped + 0.5 * signal * data.mean.square().sum(-1)
    if variance == "optimal":
        return bound
    excess = _excess(levels[..., None, :], path, times[:-1], times[1:])
    return bound + 0.5 * excess_over_log(1 + excess, excess).sum((-2, -1))


def _gaussian(data: Gaussian) -> None:
    _checks.gaussian("data", data, Gaussian, "the term has a closed form for Gaussian data only")


def _levels(data: Gaussian) -> Tensor:
    """Eigenvalues of the data covariance, (*B, d)."""
    _gaussian(data)
    levels: Tensor = torch.linalg.eigvalsh(data.covariance)
    return levels.clamp(min=0)


def _second_moment(data: Gaussian | GaussianMixture | PointCloud, mean: Tensor) -> Tensor:
    return mean.square().sum(-1) + data.covariance.diagonal(dim1=-2, dim2=-1).sum(-1)


def _prior(path: Path, second_moment: Tensor, size: int, t_end: Tensor) -> Tensor:
    noise = excess_over_log(path._variance_at(t_end), path._variance_excess_at(t_end))
    return 0.5 * (path._alpha_at(t_end).square() * second_moment + size * noise)


def _times(path: Path, clean: Tensor | float, noisy: Tensor | float) -> tuple[Tensor, Tensor]:
    clean, noisy = _checks.tensors(clean=clean, noisy=noisy)
    _checks.broadcast(clean=clean.shape, noisy=noisy.shape)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, clean=clean)
    _checks.time_in_domain(path, noisy=noisy)
    _checks.ordered(clean, noisy)
    return clean, noisy


def _weight(path: Path, clean: Tensor, noisy: Tensor) -> Tensor:
    snr = path._alpha_at(clean).square() / path._variance_at(clean)
    return 0.5 * snr * path._snr_drop_between(clean, noisy)


def _errors(levels: Tensor, path: Path, t: Tensor) -> Tensor:
    """m_j = l_j sigma^2/(alpha^2 l_j + sigma^2), (..., d)."""
    signal, noise = path._alpha_at(t).square()[..., None], path._variance_at(t)[..., None]
    return levels * (noise / (signal * levels + noise))


def _excess(levels: Tensor, path: Path, clean: Tensor, noisy: Tensor) -> Tensor:
    """r_j - 1 = 2 w m_j(noisy), (..., d)."""
    return 2 * _weight(path, clean, noisy)[..., None] * _errors(levels, path, noisy)


def _step_excess(data: Gaussian, path: Path, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    levels = _levels(data)
    _, clean, noisy = _checks.tensors(data=levels, clean=clean, noisy=noisy)
    _checks.broadcast(data=levels.shape[:-1], clean=clean.shape, noisy=noisy.shape)
    return _excess(levels, path, *_times(path, clean, noisy))


def _require_density(levels: Tensor) -> None:
    rounding = levels.shape[-1] * _checks.unit_roundoff(levels.dtype) * levels[..., -1]
    _checks.density(levels[..., 0], rounding)


def _entropy(levels: Tensor) -> Tensor:
    """1/2 sum_j log(2 pi e l_j)."""
    return 0.5 * torch.log(2 * math.pi * math.e * levels).sum(-1)
