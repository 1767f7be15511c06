"""What likelihoods along the flow are off by in practice: a sampled divergence, a prior only nearly right."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu._flow import Flow
from gpu.distributions import Gaussian
from gpu.distributions._law import Law
from gpu.evolution._moving import Moving
from gpu.paths import Path

__all__ = ["hutchinson_divergence", "prior_mismatch_bias"]


def hutchinson_divergence(data: Law, path: Path, x: Tensor, t: Tensor | float, direction: Tensor) -> Tensor:
    """U^T (dv/dx) u of the probability-flow velocity v, (...,): an estimate of div v for u of covariance I.

    By components, sum_k r_k [u^T M_k u - (g^2/2) (u.(s_k - s))^2], M_k = (alpha alpha' S_k + sigma sigma' I) V_k^-1; it
    divides by neither alpha nor sigma.

    data: any law; x and direction u: (..., d); all batch axes broadcast with t. Raises ValueError for times outside
    the domain, non-finite values, shapes that do not fit and singular marginals; TypeError for mixed dtypes.

    Catalogue: P55 (Lai et al., arXiv 2510.21890).
    """
    _, x, t, direction = _checks.tensors(data=data._components.base_means, x=x, t=t, direction=direction)
    _checks.event("direction", direction, _checks.event("x", x, data.event_size))
    _checks.broadcast(data=data.batch_shape, x=x.shape[:-1], t=t.shape, direction=direction.shape[:-1])
    _checks.finite(direction=direction)
    at = Moving.at(data, path, x, t)
    probe = direction[..., None, :]
    still = torch.zeros_like(at.view.law.base_means)
    moved = at.view.level.regression(at.data_rate, at.noise_rate, still, probe)
    inside = (at.shares * (probe * moved).sum(-1)).sum(-1)
    between = (at.shares * (probe * at.gaps).sum(-1).square()).sum(-1)
    return inside - at.turn * at.alpha * between


def prior_mismatch_bias(
    data: Gaussian, path: Path, x: Tensor, *, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """Log N(y; 0, I) - log p_end(y) at the end y of the probability flow from x, in nats, (...,).

    What a likelihood by the flow is off by where a standard normal takes the place of p_end. The flow keeps
    (x - m)^T V^-1 (x - m) as it is at the start.

    x: (..., d). Raises TypeError for data that are not Gaussian, ValueError for times outside the domain, a singular
    marginal at either end, non-finite x and shapes that do not fit.

    Catalogue: P55 (Lai et al., arXiv 2510.21890).
    """
    flow = Flow.between(data, path, t_start, t_end)
    flow.end._components.require_density()
    squares = flow.map(x).square().sum(-1)
    standard = (squares + data.event_size * math.log(2 * math.pi)) / -2
    return standard - flow.log_prob_at_end(x)
