"""The law that guidance names, p_u^(1-w) p_c^w, and the precision that it uses, for any two Gaussian laws."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu._factors import factor
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import add_identity, symmetric
from gpu.guidance._shared import same_kind
from gpu.paths import Path
from gpu.paths._base import checked_path

__all__ = ["guided_precision", "tilted_law"]

Number = Tensor | float


def tilted_law(unconditional: Gaussian, conditional: Gaussian, *, weight: Number) -> Gaussian:
    """Law proportional to p_u^(1-w) p_c^w: precision (1-w) S_u^-1 + w S_c^-1, commuting or not.

    With S = L L^T, G = L_u^-1 L_c and N = (1 - w) G^T G + w I the covariance is L_c N^-1 L_c^T and the mean
    mu_c + (1 - w) L_c N^-1 G^T L_u^-1 (mu_u - mu_c); for w below 1/2 the same with the laws exchanged, so that the law
    whose share is the larger leads.

    Raises TypeError for laws that are not Gaussian; ValueError for a singular covariance, and for a precision that is
    not positive definite, with its smallest eigenvalue.
    Catalogue: P87 (Lai et al., arXiv 2510.21890).
    """
    batch = same_kind(unconditional=unconditional, conditional=conditional)
    size = unconditional.event_size
    _, share = _checks.tensors(law=unconditional.mean, weight=weight)
    shape = _checks.broadcast(laws=batch, weight=share.shape)
    _checks.finite(weight=share)
    swap = (share < 0.5)[..., None, None]
    lead = torch.where(share < 0.5, 1 - share, share)
    laws = {"unconditional": unconditional, "conditional": conditional}
    lowers = [factor(f"the covariance of {name}", law.covariance) for name, law in laws.items()]
    means = [law.mean[..., None] for law in laws.values()]
    near, far = _exchanged(swap, lowers)
    centre, other = _exchanged(swap, means)
    relative = torch.linalg.solve_triangular(far, near.expand(*shape, size, size), upper=False)
    inner = add_identity((1 - lead)[..., None, None] * symmetric(relative.mT @ relative), lead)
    root, failed = torch.linalg.cholesky_ex(inner)
    if _checks.values_are_checked(inner) and bool((failed != 0).any()):
        precision = _precision(share, *lowers)
        lowest = float(torch.linalg.eigvalsh(precision.detach()).min())
        raise ValueError(
            "weight: expected a positive definite precision (1 - w) S_u^-1 + w S_c^-1, got smallest eigenvalue "
            f"{lowest:.6g}"
        )
    half = torch.linalg.solve_triangular(root, near.mT.expand(*shape, size, size), upper=False)
    gap = torch.linalg.solve_triangular(far, (other - centre).expand(*shape, size, 1), upper=False)
    pull = torch.linalg.solve_triangular(root, relative.mT @ gap, upper=False)
    mean = centre + (1 - lead)[..., None, None] * (half.mT @ pull)
    return Gaussian(mean[..., 0], symmetric(half.mT @ half))


def guided_precision(
    unconditional: Gaussian, conditional: Gaussian, path: Path, t: Number, *, weight: Number
) -> Tensor:
    """Matrix (1 - w) V_u^-1 + w V_c^-1 of the guided score, V = alpha^2 S + sigma^2 I, (..., d, d), symmetric.

    It may be indefinite for w outside [0, 1].

    Raises TypeError for laws that are not Gaussian; ValueError for times outside the domain and singular V.
    Catalogue: P89 (Lai et al., arXiv 2510.21890).
    """
    checked_path(path)
    batch = same_kind(unconditional=unconditional, conditional=conditional)
    _, time, share = _checks.tensors(law=unconditional.mean, t=t, weight=weight)
    _checks.broadcast(laws=batch, t=time.shape, weight=share.shape)
    _checks.finite(weight=share)
    _checks.time_in_domain(path, t=time)
    total = []
    laws = {"unconditional": unconditional, "conditional": conditional}
    for (name, law), part in zip(laws.items(), (1 - share, share), strict=True):
        directions = Directions.of(law)
        total.append(directions.matrix(part[..., None] / directions.marginal(path, time, f"the covariance of {name}")))
    return total[0] + total[1]


def _precision(share: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """(1 - w) S_u^-1 + w S_c^-1 from the Cholesky factors."""
    parts = torch.cholesky_inverse(first), torch.cholesky_inverse(second)
    return symmetric((1 - share)[..., None, None] * parts[0] + share[..., None, None] * parts[1])


def _exchanged(swap: Tensor, pair: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The leading one of a pair and the other: the second leads unless they are swapped."""
    return torch.where(swap, pair[0], pair[1]), torch.where(swap, pair[1], pair[0])
