"""The total variation of two Gaussians on the line, or of equal covariance."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu._factors import factor
from gpu._normal import interval
from gpu.distributions import Gaussian
from gpu.divergences.gaussians import moments

__all__ = ["total_variation"]

_WHY = "the total variation of Gaussians of different covariances has no closed form for d > 1"


def total_variation(p: Gaussian, q: Gaussian) -> Tensor:
    """1/2 int |p - q|, in [0, 1]; batch shapes broadcast.

    On the line, in units of the narrower law: with k >= 1 the ratio of the deviations, d >= 0 the distance and
    R^2 = d^2 + 2 (k^2 - 1) log k the densities cross at z = (d^2 + 2 k^2 log k)/(k R + d) and
    z' = -(d + k R)/(k^2 - 1), and the value is P(z - (R + d)/(k + 1) < x < z) + P(z' < x < z' + (R - d)/(k + 1)): two
    positive terms, each proportional to what tells the laws apart. In several dimensions, for equal covariances,
    erf(|L^-1 (m_p - m_q)|/sqrt(8)), S = L L^T. No derivative where p = q.

    Raises TypeError for other laws than Gaussians; ValueError for singular covariances, and for covariances that differ
    where d > 1.

    Catalogue: P1 (Lai et al., arXiv 2510.21890).
    """
    delta, covariance_p, covariance_q = moments(p, q)
    lower = factor("the covariance of p", covariance_p)
    if delta.shape[-2] > 1:
        if _checks.values_are_checked(covariance_p, covariance_q) and not torch.equal(covariance_p, covariance_q):
            raise ValueError(f"q: expected the covariance of p, got another one; {_WHY}")
        whitened = torch.linalg.solve_triangular(lower, delta, upper=False)
        return torch.erf(_length(whitened[..., 0]) / math.sqrt(8))
    factor("the covariance of q", covariance_q)
    return _on_the_line(delta[..., 0, 0].abs(), covariance_p[..., 0, 0], covariance_q[..., 0, 0])


def _length(vectors: Tensor) -> Tensor:
    """|a| without underflow; its derivative at 0 is 0."""
    scale = vectors.detach().abs().amax(-1)
    some = scale > 0
    scaled = vectors / torch.where(some, scale, 1)[..., None]
    return scale * torch.where(some, scaled.square().sum(-1), 1).sqrt()


def _on_the_line(delta: Tensor, first: Tensor, second: Tensor) -> Tensor:
    narrow = torch.minimum(first, second)
    excess = (first - second).abs() / narrow
    deviation = narrow.sqrt()
    distance, ratio = delta / deviation, (1 + excess).sqrt()
    twice_log = torch.log1p(excess)
    same = (distance == 0) & (excess == 0)
    radius = torch.where(same, 1, distance.square() + excess * twice_log).sqrt()
    place = (distance.square() + (1 + excess) * twice_log) / (ratio * radius + distance)
    half = 0.5 * (radius + distance) / (ratio + 1)
    inner = interval(place - half, half)
    wider = excess > 0
    rest = torch.where(wider, excess, 1)
    # (R - d)/(k + 1) without the difference.
    half = 0.5 * rest * twice_log / ((radius + distance) * (ratio + 1))
    outer = interval(half - (distance + ratio * radius) / rest, half)
    return torch.where(same, 0, inner + torch.where(wider, outer, 0))
