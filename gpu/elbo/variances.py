"""Variances of reverse steps: the best, those between, and what others cost."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._excess import excess_over_log
from gpu.distributions import Gaussian
from gpu.elbo._terms import checked_step, checked_times, errors, excess, gaussian, step_excess
from gpu.paths import Path
from gpu.transitions import reverse_step_covariance

__all__ = [
    "fixed_variance_term",
    "interpolated_variance",
    "optimal_step_covariance",
    "optimal_step_variance",
    "variance_gap",
]


def optimal_step_covariance(data: Gaussian, path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Covariance of x_clean given x_noisy, which does not depend on x_noisy: (..., d, d).

    bridge_variance I + data_weight^2 sigma^2 S V^-1 at the noisy time. clean < noisy on the closed domain
    (ValueError otherwise), broadcasting with the data's batch.
    Catalogue: P39, P40 (Lai et al., arXiv 2510.21890); M4 (McAllester, arXiv 2301.11108).
    """
    gaussian(data)
    return reverse_step_covariance(data, path, data.mean, clean=clean, noisy=noisy)


def optimal_step_variance(data: Gaussian, path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """The best single variance of a step, bridge_variance + data_weight^2 mean_j m_j: the mean of the best covariance.

    m_j = l_j sigma^2/(alpha^2 l_j + sigma^2) at the noisy time. clean < noisy on the closed domain (ValueError
    otherwise), broadcasting with the data's batch. TypeError for data that are not Gaussian.
    Catalogue: P39, P40 (Lai et al., arXiv 2510.21890).
    """
    levels, clean, noisy = checked_step(data, path, clean, noisy, open_start=False)
    drop = path._snr_drop_between(clean, noisy)
    missing = errors(levels, path, noisy).mean(-1)
    return drop * (path._variance_at(clean) + path._alpha_at(clean).square() * drop * missing)


def interpolated_variance(
    path: Path, fraction: Tensor | float, *, clean: Tensor | float, noisy: Tensor | float
) -> Tensor:
    """The variance exp(f log kernel_variance + (1 - f) log bridge_variance), f the fraction.

    sigma(clean) > 0 and clean < noisy (ValueError otherwise); shapes broadcast.
    Catalogue: P50 (Lai et al., arXiv 2510.21890).
    """
    fraction, clean, noisy = _checks.tensors(fraction=fraction, clean=clean, noisy=noisy)
    _checks.broadcast(fraction=fraction.shape, clean=clean.shape, noisy=noisy.shape)
    _checks.finite(fraction=fraction)
    clean, noisy = checked_times(path, clean, noisy)
    share = path._variance_at(noisy) ** fraction * path._variance_at(clean) ** (1 - fraction)
    return share * path._snr_drop_between(clean, noisy)


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
    levels, clean, noisy = checked_step(data, path, clean, noisy)
    more = excess(levels, path, clean, noisy)
    _checks.broadcast(data=more.shape[:-1], variance=variance.shape)
    bridge = (path._variance_at(clean) * path._snr_drop_between(clean, noisy))[..., None]
    v = variance[..., None]
    ratio = bridge * (1 + more) / v
    difference = ((bridge - v) + bridge * more) / v
    return 0.5 * (excess_over_log(ratio, difference) + torch.log1p(more)).sum(-1)


def variance_gap(data: Gaussian, path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """Cost of the bridge variance against the optimal: sum_j 1/2 (r_j - 1 - log r_j), r_j = 1 + 2 w m_j.

    r_j is the optimal variance over the bridge variance. Times as in `diffusion_weight`, broadcasting with
    the data's batch.
    Catalogue: P42, P44 (Lai et al., arXiv 2510.21890).
    """
    more = step_excess(data, path, clean, noisy)
    return 0.5 * excess_over_log(1 + more, more).sum(-1)
