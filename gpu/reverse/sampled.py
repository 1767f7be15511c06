"""The exact law that a first-order sampler delivers on Gaussian data, with the exact denoiser."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.paths import Path

__all__ = ["sampled_law"]

Rule = Literal["ancestral", "ddim", "euler_maruyama", "frozen_denoiser"]
_NEAR = 0.5
_RULES = ("ancestral", "ddim", "euler_maruyama", "frozen_denoiser")


def sampled_law(
    data: Gaussian, path: Path, times: Tensor, *, rule: Rule, noise_level: Tensor | float = 1.0
) -> Gaussian:
    """The law at times[-1] of the chain that starts from the exact law at times[0]; times (n,) decreasing.

    ancestral: the bridge around the denoiser D. ddim: alpha_t D + sqrt(sigma_t^2 - v) (x - alpha_s D)/sigma_s + noise
    of variance v = eta^2 bridge_variance, eta = noise_level. frozen_denoiser: the exact reverse SDE of noise level l
    with D held, e^(-l^2 h) kept of the noise. All three keep a share r of the noise, and then centred data are
    multiplied by (alpha_s alpha_t l + sigma_s sigma_t r)/V_s and gain sigma_t^2 (1 - r^2).
    euler_maruyama: x - h reverse_drift + noise of variance l^2 g^2 h.

    Raises TypeError for data that are not Gaussian; ValueError for an unknown rule, times that do not decrease inside
    the domain, a noise level below 0, and for ddim one at which v would exceed sigma_t^2.

    Catalogue: P59, with P37, P53, P58, P64, P67 (Lai et al., arXiv 2510.21890).
    """
    if rule not in _RULES:
        raise ValueError(f"rule: expected one of {', '.join(_RULES)}, got {rule!r}")
    directions = Directions.of(data)
    grid = directions.walk(path, times)
    noisy, clean = grid[:-1], grid[1:]
    (level,) = directions.tensors(noise_level=noise_level)
    _checks.broadcast(data=data.batch_shape, noise_level=level.shape)
    _checks.nonnegative(noise_level=level)
    if rule == "euler_maruyama":
        _checks.time_in_domain(path, open_end=path._alpha_vanishes, times=noisy)
    variance = directions.marginal(path, grid[0]) * torch.ones_like(level)[..., None]
    # The mean is (alpha + gap) mu; only Euler-Maruyama moves the gap, which is small where alpha is not.
    gap = torch.zeros_like(variance)
    for start, end in zip(noisy, clean, strict=True):
        if rule == "euler_maruyama":
            factor, missed, added = _euler_maruyama(directions, path, start, end, level)
            gap = factor * gap + missed
        else:
            factor, added = _keeping(directions, path, start, end, _kept(rule, path, start, end, level))
        variance = factor.square() * variance + added[..., None]
    share = path._alpha_at(grid[-1]) + gap
    mean = directions.vectors(share * directions.mean)
    return Gaussian(mean, directions.matrix(variance))


def _kept(rule: Rule, path: Path, start: Tensor, end: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
    """The share r of the noise that a step keeps, and 1 - r^2."""
    drop = path._snr_drop_between(end, start)
    if rule == "ancestral":
        return path._kept_between(end, start), drop
    if rule == "ddim":
        fresh = level.square() * drop
        if _checks.values_are_checked(fresh) and bool((fresh.detach() > 1).any()):
            raise ValueError(
                f"noise_level: expected a DDIM variance of at most sigma^2 at every time, got {float(level.max()):g}"
            )
        # 1 - eta^2 drop as a sum: near eta = 1 it is all but the little that the whole drop leaves.
        kept = (1 - level) * (1 + level) + (level * path._kept_between(end, start)).square()
        return kept.clamp(min=0).sqrt(), fresh
    rate = -level.square() * path._difference_between(end, start)
    return torch.exp(rate), -torch.expm1(2 * rate)


def _keeping(
    directions: Directions, path: Path, start: Tensor, end: Tensor, shares: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """What a step multiplies centred data by (..., d), and the variance it adds (...)."""
    kept, fresh = shares
    signal = path._alpha_at(start) * path._alpha_at(end) * torch.ones_like(kept)
    noise = path._sigma_at(start) * path._sigma_at(end) * kept
    return directions.at(signal, noise) / directions.marginal(path, start), path._variance_at(end) * fresh


def _euler_maruyama(
    directions: Directions, path: Path, start: Tensor, end: Tensor, level: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Factor (..., d), what the tangent of alpha misses at the end (...), and the variance added (...) by a step.

    f + (1 + l^2)/2 g^2/V = (alpha alpha' l + sigma sigma' + l^2 g^2/2)/V, in which f and g^2 no longer cancel: a factor
    near 1 is 1 less a small change. A factor far below 1 is [alpha a l + sigma s - h l^2 g^2/2]/V with the tangents
    a = alpha - h alpha', s = sigma - h sigma', formed as the level at the end and what the tangent misses there.
    """
    step, half = start - end, path._diffusion_squared_at(start) / 2
    alpha, sigma = path._alpha_at(start), path._sigma_at(start)
    alpha_slope, sigma_slope = path._alpha_derivative_at(start), path._sigma_derivative_at(start)
    alpha_end, sigma_end = path._alpha_at(end), path._sigma_at(end)
    missed = (alpha - alpha_end) - step * alpha_slope
    tangent = sigma_end + ((sigma - sigma_end) - step * sigma_slope)
    drawn, one = level.square() * half, torch.ones_like(level * half)
    marginal = directions.marginal(path, start)
    change = step * directions.at(alpha * alpha_slope * one, sigma * sigma_slope + drawn) / marginal
    rest = directions.at(alpha * (alpha_end + missed) * one, sigma * tangent - step * drawn) / marginal
    factor = torch.where(change.abs() < _NEAR, 1 - change, rest)
    return factor, missed, 2 * drawn * step
