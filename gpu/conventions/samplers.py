"""Strengths of noise that share a letter, and a step that is not what its name says. Shapes (...,) that broadcast."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks

__all__ = [
    "churn_factor",
    "ddim_eta_from_sde_eta",
    "noise_level_from_sde_eta",
    "score_sde_flow_step",
    "sde_eta_from_ddim_eta",
    "sde_eta_from_noise_level",
]


def noise_level_from_sde_eta(eta: Tensor | float) -> Tensor:
    """Our l = sqrt(eta) of the eta >= 0 of SDE-DPM-Solver and k-diffusion's SDE samplers, whose noise is sqrt(eta) g.

    Catalogue: P66, P67 (Lai et al., arXiv 2510.21890).
    """
    (strength,) = _checks.tensors(eta=eta)
    _checks.nonnegative(eta=strength)
    return torch.sqrt(strength)


def sde_eta_from_noise_level(noise_level: Tensor | float) -> Tensor:
    """The eta = l^2 of SDE-DPM-Solver for our l >= 0.

    Catalogue: P66, P67 (Lai et al., arXiv 2510.21890).
    """
    (level,) = _checks.tensors(noise_level=noise_level)
    _checks.nonnegative(noise_level=level)
    return level.square()


def ddim_eta_from_sde_eta(eta: Tensor | float, *, half_log_snr_step: Tensor | float) -> Tensor:
    """DDIM's eta = sqrt((1 - e^{-2 eta h})/(1 - e^{-2h})) that draws as much in a step of h > 0, eta >= 0.

    Only 0 and 1 are the same in both, whatever h.

    Catalogue: P66, P64, P67 (Lai et al., arXiv 2510.21890).
    """
    strength, step = _strength_and_step(eta, half_log_snr_step)
    # sqrt(eta) apart: a tiny eta h would lose digits as a subnormal number, and its root would show them
    spent, whole = 2 * strength * step, 2 * step
    present = spent > 0
    rate = torch.where(present, -torch.expm1(-spent) / torch.where(present, spent, 1.0), 1.0)
    return torch.sqrt(strength) * torch.sqrt(rate * (whole / -torch.expm1(-whole)))


def sde_eta_from_ddim_eta(eta: Tensor | float, *, half_log_snr_step: Tensor | float) -> Tensor:
    """SDE-DPM-Solver's eta = -log(1 - eta^2 (1 - e^{-2h}))/(2h) that draws as much in a step of h > 0.

    What DDIM keeps, 1 - eta^2 (1 - e^{-2h}) = (1 - eta)(1 + eta) + eta^2 e^{-2h}, must be above 0; ill-conditioned as
    it vanishes.

    Catalogue: P66, P64, P67 (Lai et al., arXiv 2510.21890).
    """
    strength, step = _strength_and_step(eta, half_log_snr_step)
    drawn = -strength.square() * torch.expm1(-2 * step)
    kept = (1 - strength) * (1 + strength) + strength.square() * torch.exp(-2 * step)
    _checks.positive(constructor=False, **{"1 - eta^2 (1 - e^{-2h})": kept})
    little = drawn < 0.5
    logarithm = torch.where(little, torch.log1p(-torch.where(little, drawn, 0.0)), torch.log(kept))
    return -logarithm / (2 * step)


def churn_factor(churn: Tensor | float, *, steps: int) -> Tensor:
    """EDM's gamma = min(churn/N, sqrt(2) - 1) for N steps, of which there is one fewer than levels; churn >= 0.

    Catalogue: P62 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """
    (amount,) = _checks.tensors(churn=churn)
    _checks.nonnegative(churn=amount)
    return (amount / _checks.count("steps", steps)).clamp(max=1.0 / (1.0 + math.sqrt(2.0)))


def score_sde_flow_step(score: Tensor, x: Tensor, *, beta: Tensor | float) -> Tensor:
    """Score_sde's "probability flow" of the discretised VP equation: x + beta/(1 + sqrt(1 - beta)) x + beta/2 score.

    The first two terms are (2 - sqrt(1 - beta)) x. Half of the DDPM step's score and no noise: not the step of DDIM.
    score and x (..., d); beta in [0, 1].

    Catalogue: P53, P64 (Lai et al., arXiv 2510.21890); Song et al., arXiv 2011.13456.
    """
    slope, point, variance = _checks.tensors(score=score, x=x, beta=beta)
    _checks.event("score", slope, _checks.event("x", point))
    _checks.broadcast(score=slope.shape[:-1], x=point.shape[:-1], beta=variance.shape)
    _checks.finite(score=slope, x=point)
    _checks.between("beta", variance, 0.0, 1.0, "a variance")
    variance = variance[..., None]
    return (1 + variance / (1 + torch.sqrt(1 - variance))) * point + variance / 2 * slope


def _strength_and_step(eta: Tensor | float, half_log_snr_step: Tensor | float) -> tuple[Tensor, Tensor]:
    strength, step = _checks.tensors(eta=eta, half_log_snr_step=half_log_snr_step)
    _checks.broadcast(eta=strength.shape, half_log_snr_step=step.shape)
    _checks.nonnegative(eta=strength)
    _checks.positive(half_log_snr_step=step)
    return strength, step
