"""The whole discrete bound of a diffusion model on Gaussian data, and its clean end."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu._excess import excess_over_log
from gpu.distributions import Gaussian
from gpu.elbo._terms import checked_levels, entropy, errors, excess, require_density
from gpu.paths import Path

__all__ = ["negative_elbo", "reconstruction_term", "telescoped_bound"]


def reconstruction_term(
    data: Gaussian, path: Path, *, t_start: Tensor | float, variance: Tensor | float | None = None
) -> Tensor:
    """E[-log p(x_0|x_start)] of a Gaussian decoder around the denoiser.

    variance v: d/2 log(2 pi v) + sum_j m_j/(2 v). None: the exact posterior covariance, 1/2 log|2 pi e Cov| =
    sum_j 1/2 log(2 pi e m_j). sigma(t_start) > 0, v > 0, and with None a data covariance that is not singular
    (ValueError otherwise). Shapes broadcast with the data's batch.
    Catalogue: P43 (Lai et al., arXiv 2510.21890); M16 (McAllester, arXiv 2301.11108).
    """
    levels = checked_levels(data)
    if variance is None:
        _, time = _checks.tensors(data=levels, t_start=t_start)
        _checks.time_in_domain(path, open_start=path._sigma_vanishes, t_start=time)
        _checks.broadcast(data=levels.shape[:-1], t_start=time.shape)
        require_density(levels)
        return entropy(errors(levels, path, time))
    _, time, variance = _checks.tensors(data=levels, t_start=t_start, variance=variance)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, t_start=time)
    _checks.positive(variance=variance)
    _checks.broadcast(data=levels.shape[:-1], t_start=time.shape, variance=variance.shape)
    v = variance[..., None]
    return 0.5 * (torch.log(2 * math.pi * v) + errors(levels, path, time) / v).sum(-1)


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
    levels = checked_levels(data)
    _, times = _checks.tensors(data=levels, times=times)
    require_density(levels)
    _checks.increasing("times", times)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, times=times)
    bound = telescoped_bound(data, levels, path, times[-1])
    if variance == "optimal":
        return bound
    more = excess(levels[..., None, :], path, times[:-1], times[1:])
    return bound + 0.5 * excess_over_log(1 + more, more).sum((-2, -1))


def telescoped_bound(data: Gaussian, levels: Tensor, path: Path, t_end: Tensor) -> Tensor:
    """1/2 sum_j [log(2 pi e l_j/V_j) + V_j - 1] + 1/2 alpha^2 |m|^2: entropy(data) + KL(p_end || N(0, I))."""
    signal = path._alpha_at(t_end).square()
    noised = signal[..., None] * levels + path._variance_at(t_end)[..., None]
    telescoped = entropy(levels / noised) + 0.5 * (noised - 1).sum(-1)
    return telescoped + 0.5 * signal * data.mean.square().sum(-1)
