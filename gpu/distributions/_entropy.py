"""Entropy of one-dimensional mixtures by composite Gauss-Legendre quadrature."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._components import Components
from gpu.distributions._softmax import log_mean_exp

__all__ = ["mixture_entropy"]

_REACH, _PANELS, _NODES = 10.0, 80, 20


@lru_cache(maxsize=1)
def _gauss_legendre() -> tuple[list[float], list[float]]:
    """Nodes and weights on [0, 1]: eigenvalues and squared first eigenvector entries of the Jacobi matrix."""
    k = torch.arange(1, _NODES, dtype=torch.float64)
    off_diagonal = k / (4 * k.square() - 1).sqrt()
    values, vectors = torch.linalg.eigh(torch.diag(off_diagonal, 1) + torch.diag(off_diagonal, -1))
    return ((values + 1) / 2).tolist(), vectors[0].square().tolist()


def mixture_entropy(law: Components) -> Tensor:
    """-int p log p dx of a mixture on the line, in float64 inside.

    Panels of a quarter of a standard deviation around every component, to 10 of them on both sides, so each
    component is resolved at its own scale. A node is an offset from the component that its panel starts at,
    so sharp components far from 0 lose nothing.
    """
    _checks.one_dimensional("entropy", law.size, "the entropy of a mixture has no closed form for d > 1")
    law.require_density()
    dtype, device = law.base_means.dtype, law.base_means.device
    batch = law.batch_shape
    means = law.means()[..., 0].double().expand(*batch, -1)
    deviations = law.covariances()[..., 0, 0].double().sqrt().expand(*batch, law.count)
    weights = law.weights.double().expand(*batch, -1)

    steps = torch.linspace(-_REACH, _REACH, _PANELS + 1, dtype=torch.float64, device=device)
    offsets = (deviations[..., None] * steps).flatten(-2)
    anchors = means[..., None].expand(*means.shape, _PANELS + 1).flatten(-2)
    order = (anchors + offsets).detach().argsort(-1)
    anchors, offsets = anchors.gather(-1, order), offsets.gather(-1, order)
    widths = anchors.diff(dim=-1) + offsets.diff(dim=-1)

    nodes, shares = (torch.tensor(values, dtype=torch.float64, device=device) for values in _gauss_legendre())
    points = offsets[..., :-1, None] + widths[..., None] * nodes
    gaps = anchors[..., :-1, None] - means[..., None, :]
    residuals = points[..., None] + gaps[..., None, :]
    standard = residuals / deviations[..., None, None, :]
    logits = -standard.square() / 2 - deviations[..., None, None, :].log() - math.log(2 * math.pi) / 2
    log_density = log_mean_exp(weights[..., None, None, :], logits)
    integrand = -log_density.exp() * log_density
    return ((integrand * shares).sum(-1) * widths).sum(-1).to(dtype)
