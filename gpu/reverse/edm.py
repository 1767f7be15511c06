"""EDM's samplers on Gaussian data (alpha = 1, sigma = t): Euler, Heun, and the stochastic chain with churn."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import add_identity, symmetric

__all__ = ["churn_variance", "edm_euler_matrix", "edm_heun_matrix", "edm_stochastic_covariance"]


def edm_euler_matrix(data: Gaussian, *, sigma_start: Tensor | float, sigma_end: Tensor | float) -> Tensor:
    """(S + sigma_start sigma_end I)(S + sigma_start^2 I)^-1, (..., d, d): Euler in sigma on centred data.

    sigma_start > 0, sigma_end >= 0 (ValueError otherwise); at 0 the step returns the denoiser.

    Raises TypeError for data that are not Gaussian.

    Catalogue: P61 (Lai et al., arXiv 2510.21890).
    """
    directions, start, end = _levels(data, sigma_start, sigma_end)
    return directions.matrix(_euler(directions, start, end))


def edm_heun_matrix(data: Gaussian, *, sigma_start: Tensor | float, sigma_end: Tensor | float) -> Tensor:
    """I + h/2 (d_1 + d_2 (I + h d_1)), h = sigma_end - sigma_start, d = sigma (S + sigma^2 I)^-1: (..., d, d).

    A step to sigma_end = 0 is the Euler step. Raises as `edm_euler_matrix`.

    Catalogue: P62 (Lai et al., arXiv 2510.21890).
    """
    directions, start, end = _levels(data, sigma_start, sigma_end)
    return directions.matrix(_heun(directions, start, end))


def churn_variance(
    variance: Tensor | float, *, sigma: Tensor | float, sigma_hat: Tensor | float, noise_scale: Tensor | float
) -> Tensor:
    """V + (sigma_hat^2 - sigma^2) noise_scale^2 after the noise is raised from sigma to sigma_hat, (...,).

    0 <= sigma <= sigma_hat, v >= 0, noise_scale >= 0 (ValueError otherwise).

    Catalogue: P62 (Lai et al., arXiv 2510.21890).
    """
    v, low, high, scale = _checks.tensors(variance=variance, sigma=sigma, sigma_hat=sigma_hat, noise_scale=noise_scale)
    _checks.broadcast(variance=v.shape, sigma=low.shape, sigma_hat=high.shape, noise_scale=scale.shape)
    _checks.nonnegative(variance=v, sigma=low, sigma_hat=high, noise_scale=scale)
    _checks.smaller(sigma=low, sigma_hat=high, equal_allowed=True)
    return v + (high - low) * (high + low) * scale.square()


def edm_stochastic_covariance(
    data: Gaussian,
    covariance: Tensor,
    sigmas: Tensor,
    *,
    churn: Tensor | float,
    noise_scale: Tensor | float,
    churn_min: float = 0.0,
    churn_max: float = math.inf,
) -> Tensor:
    """Covariance after EDM's stochastic sampler over decreasing sigmas (n,), the last of which may be 0: (..., d, d).

    At every sigma_i in [churn_min, churn_max] the noise is raised to sigma_i (1 + gamma), gamma = min(churn/(n - 1),
    sqrt(2) - 1), with noise_scale; then Heun's step goes down to sigma_i+1.
    covariance: (..., d, d) of the state at sigmas[0]; churn and noise_scale scalars of at least 0.

    Raises TypeError for data that are not Gaussian; ValueError for sigmas that do not decrease.

    Catalogue: P62 (Lai et al., arXiv 2510.21890).
    """
    directions = Directions.of(data)
    spread, levels, amount, scale = directions.tensors(
        covariance=covariance, sigmas=sigmas, churn=churn, noise_scale=noise_scale
    )
    _checks.covariance("covariance", spread, data.event_size)
    _checks.broadcast(data=data.batch_shape, covariance=spread.shape[:-2])
    _checks.decreasing("sigmas", levels)
    _checks.scalars(churn=amount, noise_scale=scale)
    _checks.nonnegative(sigmas=levels, churn=amount, noise_scale=scale)
    gamma = (amount / max(levels.shape[0] - 1, 1)).clamp(max=math.sqrt(2.0) - 1.0)
    stirred = torch.where((levels >= churn_min) & (levels <= churn_max), gamma, 0)
    for sigma, after, gain in zip(levels[:-1], levels[1:], stirred[:-1], strict=True):
        added = sigma.square() * gain * (2 + gain) * scale.square()
        step = directions.matrix(_heun(directions, sigma * (1 + gain), after))
        spread = symmetric(step @ add_identity(spread, added) @ step)
    return spread


def _levels(data: Gaussian, start: Tensor | float, end: Tensor | float) -> tuple[Directions, Tensor, Tensor]:
    directions = Directions.of(data)
    before, after = directions.tensors(sigma_start=start, sigma_end=end)
    _checks.broadcast(data=data.batch_shape, sigma_start=before.shape, sigma_end=after.shape)
    _checks.positive(sigma_start=before)
    _checks.nonnegative(sigma_end=after)
    return directions, before, after


def _euler(directions: Directions, start: Tensor, end: Tensor) -> Tensor:
    """1 + h d_1 = (l + sigma_start sigma_end)/(l + sigma_start^2), (..., d)."""
    one = torch.ones_like(start * end)
    return directions.at(one, start * end) / directions.at(one, start.square() * one)


def _heun(directions: Directions, start: Tensor, end: Tensor) -> Tensor:
    """(1 + (1 + h d_2)(1 + h d_1))/2, and the Euler step where sigma_end is 0; (..., d)."""
    euler, one = _euler(directions, start, end), torch.ones_like(start * end)
    last = (end == 0) & torch.ones_like(start, dtype=torch.bool)
    there = torch.where(last, 1, end)
    slope = ((end - start) * there)[..., None] / directions.at(one, there.square() * one)
    return torch.where(last[..., None], euler, (1 + euler + slope * euler) / 2)
