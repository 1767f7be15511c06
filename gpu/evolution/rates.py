"""Rates of a density and of its score at a place, and the derivatives in space that drive them.

All take (data, path, x, t): data a law of `gpu.distributions`, path one of `gpu.paths`, x (..., d), t times with a
batch shape; all batch axes broadcast. They are sums over the components of the law, and raise ValueError for times
outside the domain, non-finite x, shapes that do not fit and singular marginals, TypeError for mixed dtypes.

With r_k the shares of the components at x, s_k their scores, V_k = alpha^2 S_k + sigma^2 I and g_k = s_k - s; the
prime is d/dt.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gpu.distributions._law import Law
from gpu.evolution._moving import Moving
from gpu.paths import Path

__all__ = ["laplacian", "laplacian_gradient", "log_density_rate", "score_rate", "velocity_divergence"]


def log_density_rate(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """d/dt log p_t(x) = sum_k r_k h_k, h_k = d/dt log N(x; alpha mu_k, V_k) = -div v_k - v_k.s_k: (...,).

    Never formed as -f d - f x.s + g^2/2 (div s + |s|^2), whose terms cancel near the ends of the domain.

    Catalogue: P26 (Lai et al., arXiv 2510.21890), M33 (McAllester, arXiv 2301.11108).
    """
    at = Moving.at(data, path, x, t)
    return (at.shares * at.log_rates()).sum(-1)


def score_rate(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """d/dt grad log p_t(x) = sum_k r_k [s_k' + g_k h_k], (..., d), h_k the rate of the component's log density.

    Only differences of the h_k count; they are formed from the g_k: h_k = (2 sigma W s/alpha - f x).g_k +
    (sigma W/alpha) (|g_k|^2 - tr V_k^-1) up to what all share, sigma W/alpha = g^2/2.

    Catalogue: P26 (Lai et al., arXiv 2510.21890).
    """
    at = Moving.at(data, path, x, t)
    own = (at.shares[..., None] * at.score_rates()).sum(-2)
    if at.view.law.count == 1:
        return own
    gaps, alpha, turn = at.gaps, at.alpha[..., None], at.turn[..., None]
    push = 2 * turn * at.view.score() - at.data_rate[..., None] * at.view.x
    rates = (gaps * push[..., None, :]).sum(-1)
    rates = rates + turn * (alpha * gaps.square().sum(-1) - at.precision_gaps())
    rates = rates - (at.shares * rates).sum(-1, keepdim=True)
    return own + alpha * ((at.shares * rates)[..., None] * gaps).sum(-2)


def laplacian(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Laplacian of log p_t: div s = sum_k r_k (|g_k|^2 - tr V_k^-1), (...,).

    Catalogue: P26 (Lai et al., arXiv 2510.21890).
    """
    at = Moving.at(data, path, x, t)
    return at.alpha.square() * at.mean_square() - (at.shares * at.precisions()).sum(-1)


def laplacian_gradient(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Gradient of the Laplacian of log p_t: sum_k r_k [(|g_k|^2 - tr V_k^-1) g_k - 2 V_k^-1 g_k], (..., d).

    The V_k^-1 enter by their differences to a common multiple of I, as sum_k r_k g_k = 0. 0 for Gaussian data.

    Catalogue: P26 (Lai et al., arXiv 2510.21890).
    """
    at = Moving.at(data, path, x, t)
    if at.view.law.count == 1:
        return torch.zeros_like(at.view.score())
    gaps, alpha, shares = at.gaps, at.alpha[..., None], at.shares
    heights = alpha * gaps.square().sum(-1) - at.precision_gaps()
    bent = (shares[..., None] * at.bent_gaps()).sum(-2)
    return alpha.square() * (((shares * heights)[..., None] * gaps).sum(-2) - 2 * bent)


def velocity_divergence(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Divergence of the probability-flow velocity: sum_k r_k tr M_k - (g^2/2) sum_k r_k |g_k|^2, (...,).

    M_k = (alpha alpha' S_k + sigma sigma' I) V_k^-1. The second term is lambda' SNR tr Cov_k(D_k), D_k the components'
    denoisers. It divides by neither alpha nor sigma.

    Catalogue: P27 (Lai et al., arXiv 2510.21890).
    """
    at = Moving.at(data, path, x, t)
    return (at.shares * at.spreadings()).sum(-1) - at.turn * at.alpha * at.mean_square()
