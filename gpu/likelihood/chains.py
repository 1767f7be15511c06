"""The likelihood of x_0 by a chain of finitely many levels: in expectation over the chain, and for every path."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.distributions._law import Law
from gpu.likelihood._arguments import directions_of, noisy_time, place, times_between
from gpu.likelihood._levels import Level, Step, squares_of
from gpu.likelihood.decoders import reconstruction
from gpu.paths import Path

__all__ = ["chain_negative_log_likelihood", "pathwise_negative_log_likelihood", "step_divergence_at"]


def step_divergence_at(
    data: Gaussian, path: Path, x0: Tensor, *, clean: Tensor | float, noisy: Tensor | float
) -> Tensor:
    """E[KL(p(x_clean|x_noisy, x_0) || p(x_clean|x_noisy)) | x_0] in nats, (...,).

    Two Gaussians in every direction, whose variances have the ratio kept = w_clean/w_noisy of the noise's shares and
    whose means differ by the bridge's data weight times the denoiser's error: 1/2 sum (kept - 1 - log kept) + ... >= 0.
    It equals what KL(q(x_t|x_0) || p_t) gains over the step. Shapes and errors as in `gpu.likelihood.pointwise`;
    clean < noisy (ValueError otherwise).

    Catalogue: M6, M7 (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    x0, early, late = place(data, x0, clean=clean, noisy=noisy)
    times_between(path, clean=early, noisy=late)
    return Step.between(directions, path, early, late).divergence(squares_of(directions, x0))


def chain_negative_log_likelihood(data: Gaussian, path: Path, x0: Tensor, times: Tensor) -> Tensor:
    """-log p(x_0) = KL(q(x_N|x_0) || p_N) + sum of step_divergence_at + E[-log p(x_0|x_1) | x_0] in nats, (...,).

    times: (n,), strictly increasing, sigma above 0 at the first; n = 1 takes no step. Equal for all of them. Raises
    ValueError where the data covariance is singular, and as `step_divergence_at`.

    Catalogue: M6 (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    (x0,) = place(data, x0)
    grid = _grid(data, path, times)
    data._components.require_density()
    squares = squares_of(directions, x0)
    ends = reconstruction(Level.at(directions, path, grid[0]), squares)
    ends = ends + Level.at(directions, path, grid[-1]).divergence(squares)
    each = grid[(..., *(None,) * len(ends.shape))]
    return ends + Step.between(directions, path, each[:-1], each[1:]).divergence(squares).sum(0)


def pathwise_negative_log_likelihood(data: Law, path: Path, x0: Tensor, states: Tensor, times: Tensor) -> Tensor:
    """-log p(x_0) in nats, (...,), from any one path of states z_1 ... z_N through the levels of noise:

    -log [p(z_N) prod p(z_{i-1}|z_i) p(x_0|z_1)] + log [q(z_N|x_0) prod q(z_{i-1}|z_i, x_0)],

    with p(z_{i-1}|z_i) = p(z_{i-1}) q(z_i|z_{i-1})/p(z_i) and q(z_{i-1}|z_i, x_0) the bridge. Equal for every path,
    likely or not; the rounding is that of the log densities, which grow with the square of the distance to likely ones.

    data: any law with a density; states: (..., n, d) at times (n,), strictly increasing, sigma above 0 at the first;
    batch axes broadcast. Raises ValueError for others, TypeError for mixed dtypes.

    Catalogue: M5 (McAllester, arXiv 2301.11108).
    """
    x0, z = _states(data, x0, states)
    grid = _grid(data, path, times)
    batch = _path_shape(data, x0, z, grid)
    z = z.expand(*batch, *z.shape[-2:]).movedim(-2, 0)
    t = grid[(..., *(None,) * len(batch))]
    alpha, sigma = path._alpha_at(t), path._sigma_at(t)
    marginals = data._observed(z, alpha, sigma).log_prob()
    conditionals = _normal(z[[0, -1]], alpha[[0, -1], ..., None] * x0, path._variance_at(t[[0, -1]]))
    here, there, clean, noisy = z[:-1], z[1:], t[:-1], t[1:]
    kernel, drop = path._kernel_alpha_between(clean, noisy), path._snr_drop_between(clean, noisy)
    narrow = path._variance_at(clean)
    forward = _normal(there, kernel[..., None] * here, path._kernel_variance_between(clean, noisy))
    state = kernel * (narrow / path._variance_at(noisy))
    centre = state[..., None] * there + (path._alpha_at(clean) * drop)[..., None] * x0
    bridges = _normal(here, centre, narrow * drop)
    reverse = (forward - bridges + (marginals[:-1] - marginals[1:])).sum(0) + marginals[-1]
    decoder = data._view(x0).log_prob() + (conditionals[0] - marginals[0])
    return conditionals[1] - reverse - decoder


def _grid(data: Law, path: Path, times: Tensor) -> Tensor:
    """Strictly increasing times (n,), n >= 1, sigma above 0 at the first."""
    _, grid = _checks.tensors(data=data._components.base_means, times=times)
    _checks.increasing("times", grid)
    noisy_time(path, times=grid)
    return grid


def _states(data: Law, x0: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
    """Finite x0 (..., d) and states (..., n, d)."""
    (x0,) = place(data, x0)
    _, states = _checks.tensors(data=data._components.base_means, states=states)
    _checks.event("states", states, data.event_size)
    _checks.finite(states=states)
    return x0, states


def _path_shape(data: Law, x0: Tensor, states: Tensor, grid: Tensor) -> tuple[int, ...]:
    """The common batch shape of data, x0 and states, which are one a time."""
    _checks.one_each("states", states, grid)
    return _checks.broadcast(data=data.batch_shape, x0=x0.shape[:-1], states=states.shape[:-2])


def _normal(x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """Log N(x; mean, variance I) for x, mean (..., d), variance (...)."""
    squares = ((x - mean) / variance.sqrt()[..., None]).square().sum(-1)
    return -(squares + x.shape[-1] * (math.log(2 * math.pi) + torch.log(variance))) / 2
