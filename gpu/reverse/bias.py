"""Biases of approximate reverse steps on Gaussian data, and the law of a tempered reverse SDE."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.paths import Brownian, Path

__all__ = ["euler_maruyama_leading_bias", "step_variance_bias", "temperature_covariance"]


def step_variance_bias(
    data: Gaussian,
    path: Path,
    *,
    clean: Tensor | float,
    noisy: Tensor | float,
    variance: Literal["forward", "bridge"],
) -> Tensor:
    """Covariance after one reverse step from the exact law with the exact mean, less the exact covariance.

    "bridge" (bridge_variance): -(alpha_clean drop)^2 sigma_noisy^2 S V_noisy^-1. "forward" (the forward kernel's
    variance over the square of its alpha): (alpha_clean drop sigma_noisy^2/alpha_noisy)^2 V_noisy^-1. (..., d, d).

    Raises TypeError for data that are not Gaussian; ValueError for another choice, and times outside the domain or
    not ordered.

    Catalogue: M28 (McAllester, arXiv 2301.11108).
    """
    if variance not in ("forward", "bridge"):
        raise ValueError(f'variance: expected "forward" or "bridge", got {variance!r}')
    directions = Directions.of(data)
    early, late = directions.tensors(clean=clean, noisy=noisy)
    _checks.broadcast(data=data.batch_shape, clean=early.shape, noisy=late.shape)
    forward = variance == "forward"
    _checks.time_in_domain(path, open_end=forward and path._alpha_vanishes, clean=early, noisy=late)
    _checks.ordered(early, late)
    scale = path._alpha_at(early) * path._snr_drop_between(early, late) * path._sigma_at(late)
    marginal = directions.marginal(path, late)
    if forward:
        excess = (scale * (path._sigma_at(late) / path._alpha_at(late))).square()
        return directions.matrix(excess[..., None] / marginal)
    return directions.matrix(-scale.square()[..., None] * (directions.variances / marginal))


def euler_maruyama_leading_bias(
    data: Gaussian, *, t_start: Tensor | float, t_end: Tensor | float, noise_level: Tensor | float
) -> Tensor:
    """Limit of (V_Euler-Maruyama - V)/D for steps D -> 0 on Brownian motion: k/2 [1 - (u_end/u_start)^(2k)].

    u = S + t I, k = (1 + l^2)/2; t_end < t_start. (..., d, d), exactly symmetric.

    Raises TypeError for data that are not Gaussian; ValueError for times not ordered or negative, and negative l.

    Catalogue: M37 (McAllester, arXiv 2301.11108).
    """
    directions = Directions.of(data)
    start, end = directions.descent(Brownian(), t_start, t_end)
    (level,) = directions.tensors(noise_level=noise_level)
    _checks.broadcast(data=data.batch_shape, t_start=start.shape, t_end=end.shape, noise_level=level.shape)
    _checks.nonnegative(noise_level=level)
    twice = (1 + level.square())[..., None]
    before = directions.at(torch.ones_like(start), start)
    logarithm = torch.log1p(-(start - end)[..., None] / before)
    return directions.matrix(-twice / 4 * torch.expm1(twice * logarithm))


def temperature_covariance(
    data: Gaussian, *, t_start: Tensor | float, t_end: Tensor | float, inverse_temperature: Tensor | float
) -> Tensor:
    """Covariance at t_end of the reverse SDE on Brownian motion with drift s and noise sqrt(D/beta), (..., d, d).

    u/beta + (1 - 1/beta) u^2/u_start = (u/u_start) [(t_start - t_end)/beta + u], u = S + t_end I; beta > 0.

    Raises TypeError for data that are not Gaussian; ValueError for times not ordered or negative.

    Catalogue: M38 (McAllester, arXiv 2301.11108).
    """
    directions = Directions.of(data)
    start, end = directions.descent(Brownian(), t_start, t_end)
    (beta,) = directions.tensors(inverse_temperature=inverse_temperature)
    shapes = {"t_start": start.shape, "t_end": end.shape, "inverse_temperature": beta.shape}
    _checks.broadcast(data=data.batch_shape, **shapes)
    _checks.positive(inverse_temperature=beta)
    before, after = directions.at(torch.ones_like(start), start), directions.at(torch.ones_like(end), end)
    return directions.matrix(after / before * (((start - end) / beta)[..., None] + after))
