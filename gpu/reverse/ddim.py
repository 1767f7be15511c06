"""The deterministic DDIM sampler on Gaussian data: a rotation that falls short of the flow by its cosine."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.paths import Path

__all__ = ["ddim_chain_matrix", "ddim_matrix", "ddim_shrinkage"]

_HALF = 0.5


def ddim_matrix(data: Gaussian, path: Path, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """(alpha_start alpha_end S + sigma_start sigma_end I) V_start^-1, (..., d, d): one DDIM step on centred data.

    Either order of travel. Raises TypeError for data that are not Gaussian; ValueError for times outside the domain
    and a singular V_start.

    Catalogue: P60 (Lai et al., arXiv 2510.21890).
    """
    directions = Directions.of(data)
    start, end = directions.tensors(t_start=t_start, t_end=t_end)
    _checks.broadcast(data=data.batch_shape, t_start=start.shape, t_end=end.shape)
    _checks.time_in_domain(path, t_start=start, t_end=end)
    signal, noise = path._alpha_at(start) * path._alpha_at(end), path._sigma_at(start) * path._sigma_at(end)
    return directions.matrix(directions.at(signal, noise) / directions.marginal(path, start))


def ddim_chain_matrix(data: Gaussian, path: Path, times: Tensor) -> Tensor:
    """Product of the DDIM matrices over decreasing times (n,): sqrt(V_end V_start^-1) prod cos(phi_i - phi_i+1).

    tan phi = sigma/(alpha sqrt(l)) in the direction of eigenvalue l. (..., d, d), exactly symmetric.

    Raises as `ddim_matrix`, and ValueError unless the times decrease.

    Catalogue: P60 (Lai et al., arXiv 2510.21890).
    """
    directions, start, end, kept = _chain(data, path, times)
    return directions.matrix((end / start).sqrt() * kept.prod(-2).sqrt())


def ddim_shrinkage(data: Gaussian, path: Path, times: Tensor) -> Tensor:
    """The variance that DDIM leaves, over that of the exact flow: prod cos^2(phi_i - phi_i+1), (..., d, d).

    Raises as `ddim_chain_matrix`, and ValueError where V is singular at the last of the times.

    Catalogue: P60 (Lai et al., arXiv 2510.21890).
    """
    directions, _, end, kept = _chain(data, path, times)
    _checks.density(end.detach().amin(-1), torch.zeros_like(end.detach()[..., 0]))
    return directions.matrix(kept.prod(-2))


def _chain(data: Gaussian, path: Path, times: Tensor) -> tuple[Directions, Tensor, Tensor, Tensor]:
    """The directions, V at the first and the last time (*B, d), and cos^2 of every turn (*B, n - 1, d).

    sin of a turn is sqrt(l) sigma_noisy alpha_clean (1 - e^-h)/sqrt(V V), with e^-2h = SNR_noisy/SNR_clean: a small
    turn is 1 - sin^2, a large one is its cosine squared.
    """
    directions = Directions.of(data)
    grid = directions.walk(path, times)
    values = directions.variances[..., None, :]
    alpha, sigma = path._alpha_at(grid)[:, None], path._sigma_at(grid)[:, None]
    marginal = alpha.square() * values + sigma.square()
    before, after = marginal[..., :-1, :], marginal[..., 1:, :]
    lowest = torch.cat((marginal[..., :1, :], before), -2).detach().amin((-2, -1))
    _checks.density(lowest, torch.zeros_like(lowest))
    noisy, clean = grid[:-1], grid[1:]
    lost = path._lost_between(clean, noisy)[:, None]
    there = torch.where(after > 0, after, 1)
    sine = values * (sigma[:-1] * alpha[1:] * lost).square() / before / there
    cosine = (alpha[:-1] * alpha[1:] * values + sigma[:-1] * sigma[1:]).square() / before / there
    kept = torch.where(after > 0, torch.where(sine < _HALF, 1 - sine, cosine), 0)
    return directions, marginal[..., 0, :], marginal[..., -1, :], kept
