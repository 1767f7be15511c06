"""DDPM's posterior on a table of betas in the notation of Ho et al., where beta is a variance.

abar_i = prod_{j<=i} (1 - beta_j), abar_0 = 1; what a table gives has its shape (..., T).
"""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths.discrete import _log_kept, _table

__all__ = [
    "ddpm_mean_from_noise",
    "ddpm_posterior_data_weight",
    "ddpm_posterior_state_weight",
    "ddpm_posterior_variance",
]


def ddpm_posterior_variance(betas: Tensor) -> Tensor:
    """The posterior variance of DDPM: beta_i (1 - abar_{i-1})/(1 - abar_i), 0 at the first step.

    Raises ValueError unless betas lie in (0, 1) (the last may be 1).
    Catalogue: P37 (Lai et al., arXiv 2510.21890).
    """
    table, lost, before, _ = _posterior(betas)
    return table * (before / lost)


def ddpm_posterior_data_weight(betas: Tensor) -> Tensor:
    """Weight of x_0 in the posterior mean: sqrt(abar_{i-1}) beta_i/(1 - abar_i), 1 at the first step.

    Raises ValueError unless betas lie in (0, 1) (the last may be 1).
    Catalogue: P37 (Lai et al., arXiv 2510.21890).
    """
    table, lost, _, log_before = _posterior(betas)
    return torch.exp(log_before / 2) * (table / lost)


def ddpm_posterior_state_weight(betas: Tensor) -> Tensor:
    """Weight of x_i in the posterior mean: sqrt(1 - beta_i) (1 - abar_{i-1})/(1 - abar_i), 0 at the first step.

    Raises ValueError unless betas lie in (0, 1) (the last may be 1).
    Catalogue: P37 (Lai et al., arXiv 2510.21890).
    """
    table, lost, before, _ = _posterior(betas)
    kept = 1 - table
    present = kept > 0
    return torch.where(present, torch.where(present, kept, 1).sqrt(), 0) * (before / lost)


def ddpm_mean_from_noise(betas: Tensor, noise: Tensor, x: Tensor, *, index: int) -> Tensor:
    """Posterior mean from a noise prediction: (x - beta_i/sqrt(1 - abar_i) noise)/sqrt(1 - beta_i), (..., d).

    index: the step as a Python int, 0 ... T - 1; betas (..., T), noise and x (..., d), batch axes broadcast.
    Raises ValueError unless betas lie in (0, 1), for an index outside the table and shapes that do not fit.
    Catalogue: P38 (Lai et al., arXiv 2510.21890).
    """
    noise, x = _checks.tensors(betas=betas, noise=noise, x=x)[1:]
    table, lost, _, _ = _posterior(betas)
    _checks.event("x", x, _checks.event("noise", noise))
    _checks.broadcast(betas=table.shape[:-1], noise=noise.shape[:-1], x=x.shape[:-1])
    _checks.finite(noise=noise, x=x)
    _checks.index("index", index, table.shape[-1])
    beta = table[..., index, None]
    _checks.between("betas", beta, 0.0, 1.0, "a step that keeps some signal", open_end=True)
    return (x - beta / lost[..., index, None].sqrt() * noise) / (1 - beta).sqrt()


def _posterior(betas: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The table, 1 - abar_i, 1 - abar_{i-1} and log abar_{i-1}."""
    table = _table(betas)
    if _checks.values_are_checked(table):
        _checks.between("the first of betas", table[..., 0], 0.0, 1.0, "noise in the first step", open_start=True)
    log_kept, cut = _log_kept(table)
    lost = torch.where(cut, 1, -torch.expm1(log_kept))
    zero = torch.zeros_like(table[..., :1])
    log_before = torch.cat([zero, log_kept[..., :-1]], -1)
    return table, lost, torch.cat([zero, lost[..., :-1]], -1), log_before
