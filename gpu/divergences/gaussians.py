"""KL, Fisher and 2-Wasserstein divergences between Gaussian laws, over their batch shapes."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._bures import Bures, excess_eigenvalues
from gpu._excess import excess_over_log, small_excess_over_log
from gpu._factors import factor, squares
from gpu.distributions import Gaussian

__all__ = ["fisher_divergence", "kl_divergence", "wasserstein2_squared"]


def kl_divergence(p: Gaussian, q: Gaussian) -> Tensor:
    """KL(p||q) = 1/2 [tr(S_q^-1 S_p) - d + log(|S_q|/|S_p|) + delta^T S_q^-1 delta], delta = m_p - m_q.

    p, q: Gaussians whose batch shapes broadcast; the result has their common shape. Near q the sum runs over
    e - log(1 + e) of the eigenvalues e of the whitened difference L^-1 (S_p - S_q) L^-T; elsewhere over the
    entries of A = L_q^-1 L_p, where A_ii^2 - 1 - log A_ii^2 and A_ij^2 are all non-negative.

    Raises ValueError where a covariance is singular, TypeError for other laws than Gaussians.
    Catalogue: P1 (Lai et al., arXiv 2510.21890); M9 (McAllester, arXiv 2301.11108).
    """
    delta, covariance_p, covariance_q = moments(p, q)
    factor_p, factor_q = _factors(covariance_p, covariance_q)
    excess = excess_eigenvalues(covariance_p - covariance_q, factor_q)
    near = small_excess_over_log(excess).sum(-1)
    ratio = torch.linalg.solve_triangular(factor_q, factor_p, upper=False)
    scale = ratio.diagonal(dim1=-2, dim2=-1)
    far = excess_over_log(scale.square(), (scale - 1) * (scale + 1)).sum(-1) + squares(ratio.tril(-1))
    spread = torch.where(excess.abs().amax(-1) < 0.5, near, far)
    return 0.5 * (spread + squares(torch.linalg.solve_triangular(factor_q, delta, upper=False)))


def fisher_divergence(p: Gaussian, q: Gaussian) -> Tensor:
    """E_p |score_p - score_q|^2 = tr[(S_q^-1 - S_p^-1) S_p (S_q^-1 - S_p^-1)] + |S_q^-1 (m_p - m_q)|^2.

    Formed as |S_q^-1 (S_p - S_q) L_p^-T|_F^2 + |S_q^-1 (m_p - m_q)|^2, S_p = L_p L_p^T. Batch shapes
    broadcast.

    Raises ValueError where a covariance is singular, TypeError for other laws than Gaussians.
    Catalogue: P1 (Lai et al., arXiv 2510.21890).
    """
    delta, covariance_p, covariance_q = moments(p, q)
    factor_p, factor_q = _factors(covariance_p, covariance_q)
    solved = torch.cholesky_solve(covariance_p - covariance_q, factor_q)
    spread = torch.linalg.solve_triangular(factor_p, solved.mT, upper=False)
    return squares(spread) + squares(torch.cholesky_solve(delta, factor_q))


def wasserstein2_squared(p: Gaussian, q: Gaussian) -> Tensor:
    """W_2^2 = |m_p - m_q|^2 + tr(S_p + S_q - 2 (S_p^1/2 S_q S_p^1/2)^1/2); covariances may be singular.

    Batch shapes broadcast. Where the laws are close the trace is a sum of squares that are proportional to
    the difference of the covariances. Differentiable where both covariances are positive definite.

    Raises TypeError for other laws than Gaussians.
    Catalogue: P2 (Lai et al., arXiv 2510.21890).
    """
    delta, covariance_p, covariance_q = moments(p, q)
    spread: Tensor = Bures.apply(covariance_p, covariance_q)  # type: ignore[no-untyped-call]
    return squares(delta) + spread


def moments(p: Gaussian, q: Gaussian) -> tuple[Tensor, Tensor, Tensor]:
    """m_p - m_q as a column, S_p and S_q, all of the common batch shape."""
    for name, law in {"p": p, "q": q}.items():
        _checks.gaussian(name, law, Gaussian, "the divergence has a closed form for Gaussian laws only")
    size = p.event_size
    mean_p, mean_q = _checks.tensors(p=p.mean, q=q.mean)
    _checks.event("the mean of q", mean_q, size)
    batch = _checks.broadcast(p=p.batch_shape, q=q.batch_shape)
    delta = (mean_p - mean_q).broadcast_to((*batch, size))[..., None]
    matrix = (*batch, size, size)
    return delta, p.covariance.broadcast_to(matrix), q.covariance.broadcast_to(matrix)


def _factors(covariance_p: Tensor, covariance_q: Tensor) -> tuple[Tensor, Tensor]:
    return factor("the covariance of p", covariance_p), factor("the covariance of q", covariance_q)
