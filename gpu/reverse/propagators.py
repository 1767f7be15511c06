"""How an error of the start propagates through the reverse family on Gaussian data."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.paths import Path

__all__ = ["prior_mismatch_propagator", "varying_noise_propagator"]


def prior_mismatch_propagator(
    data: Gaussian, path: Path, *, t_start: Tensor | float, t_end: Tensor | float, noise_level: Tensor | float
) -> Tensor:
    """Phi = (alpha_start/alpha_end)^(l^2) (V_end V_start^-1)^((1 + l^2)/2), (..., d, d), exactly symmetric.

    A start that is off by e in its mean, or by E in its covariance, ends off by Phi e, or Phi E Phi^T. t_end < t_start.

    Raises TypeError for data that are not Gaussian; ValueError for times outside the domain or not ordered, a singular
    V_start, and negative l.

    Catalogue: P57 (Lai et al., arXiv 2510.21890).
    """
    directions = Directions.of(data)
    start, end = directions.descent(path, t_start, t_end)
    (level,) = directions.tensors(noise_level=noise_level)
    _checks.broadcast(data=data.batch_shape, t_start=start.shape, t_end=end.shape, noise_level=level.shape)
    _checks.nonnegative(noise_level=level)
    return directions.matrix(_factor(directions, path, start, end, level))


def varying_noise_propagator(data: Gaussian, path: Path, times: Tensor, noise_levels: Tensor) -> Tensor:
    """Product of the propagators over decreasing times (n,), each piece with its own noise level (n - 1,).

    Raises as `prior_mismatch_propagator`, and ValueError unless the times decrease.

    Catalogue: P57 (Lai et al., arXiv 2510.21890).
    """
    directions = Directions.of(data)
    grid = directions.walk(path, times)
    noisy, clean = grid[:-1], grid[1:]
    (levels,) = directions.tensors(noise_levels=noise_levels)
    if levels.shape != noisy.shape:
        raise ValueError(f"noise_levels: expected shape {tuple(noisy.shape)}, one a step, got {tuple(levels.shape)}")
    _checks.nonnegative(noise_levels=levels)
    product = torch.ones_like(directions.variances)
    for start, end, level in zip(noisy, clean, levels, strict=True):
        product = product * _factor(directions, path, start, end, level)
    return directions.matrix(product)


def _factor(directions: Directions, path: Path, start: Tensor, end: Tensor, level: Tensor) -> Tensor:
    """The eigenvalues (..., d) of a propagator."""
    square = level.square()
    signal = path._kernel_alpha_between(end, start).pow(square)
    before = directions.marginal(path, start)
    after = directions.at(path._alpha_at(end).square(), path._variance_at(end))
    return signal[..., None] * (after / before).pow(((1 + square) / 2)[..., None])
