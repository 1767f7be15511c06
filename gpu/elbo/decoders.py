"""Decoders of discrete data, and bits."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu._normal import log_interval
from gpu.elbo._terms import number_like

__all__ = ["bits_per_dimension", "discretized_gaussian_log_prob", "vdm_decoder_log_prob", "vdm_encode"]


def discretized_gaussian_log_prob(
    level: Tensor, mean: Tensor, standard_deviation: Tensor, *, levels: int = 256
) -> Tensor:
    """Log probability of levels under a Gaussian, summed over dimensions: sum_j log P(bin of level_j).

    The bin of a level has width 2/(levels - 1) and is centred at 2 level/(levels - 1) - 1; the first and the last
    extend to infinity. Accurate in both tails, and for deviations far above and below the width.

    level: (..., d), whole numbers 0..levels-1; mean, standard_deviation > 0: (..., d); batch axes broadcast.

    Raises ValueError otherwise.

    Catalogue: P49 (Lai et al., arXiv 2510.21890).
    """
    levels = _checks.count("levels", levels, minimum=2)
    level, mean, width = _checks.tensors(level=level, mean=mean, standard_deviation=standard_deviation)
    size = _checks.event("level", level)
    _checks.event("mean", mean, size)
    _checks.event("standard_deviation", width, size)
    _checks.broadcast(level=level.shape[:-1], mean=mean.shape[:-1], standard_deviation=width.shape[:-1])
    _checks.whole("level", level, levels - 1)
    _checks.finite(mean=mean)
    _checks.positive(standard_deviation=width)
    # Edges and centre from whole numbers: one rounding each.
    centre = 2 * level - (levels - 1)
    lower, upper, middle = (((centre + shift) / (levels - 1) - mean) / width for shift in (-1, 1, 0))
    half = 1 / ((levels - 1) * width)
    first, last = (level == 0).expand(upper.shape), (level == levels - 1).expand(upper.shape)
    inside = ~(first | last)
    tail = torch.special.log_ndtr(torch.where(last, -lower, torch.where(first, upper, 0)))
    kept = torch.where(inside, middle, 0)
    bounded = log_interval(
        torch.where(inside, lower, -1), torch.where(inside, upper, 1), kept, torch.where(inside, half, 1)
    )
    return torch.where(inside, bounded, tail).sum(-1)


def vdm_encode(level: Tensor | float, *, levels: int = 256) -> Tensor:
    """The code 2 (level + 1/2)/levels - 1 of levels, whole numbers 0..levels-1 of any shape (ValueError otherwise).

    Catalogue: P49 (Lai et al., arXiv 2510.21890).
    """
    levels = _checks.count("levels", levels, minimum=2)
    (level,) = _checks.tensors(level=level)
    _checks.whole("level", level, levels - 1)
    return (2 * level - (levels - 1)) / levels


def vdm_decoder_log_prob(level: Tensor, z: Tensor, *, gamma: Tensor | float, levels: int = 256) -> Tensor:
    """Log softmax over the levels v of -(z - x_v)^2 e^-gamma/2 at v = level, summed over dimensions.

    x_v are the codes of `vdm_encode`, z = x_start/alpha, gamma = -2 lambda. Formed from the differences of the squared
    distances, (x_level - x_v) (x_level + x_v - 2 z), as -log(1 + sum over the other levels).

    level: (..., d), whole numbers 0..levels-1; z: (..., d); gamma of the batch shape; batch axes broadcast.

    Raises ValueError otherwise.

    Catalogue: P49 (Lai et al., arXiv 2510.21890).
    """
    levels = _checks.count("levels", levels, minimum=2)
    level, z, gamma = _checks.tensors(level=level, z=z, gamma=gamma)
    _checks.event("z", z, _checks.event("level", level))
    _checks.broadcast(level=level.shape[:-1], z=z.shape[:-1], gamma=gamma.shape)
    _checks.whole("level", level, levels - 1)
    _checks.finite(z=z, gamma=gamma)
    others = torch.arange(levels, dtype=level.dtype, device=level.device)
    own = level[..., None]
    apart = 2 * (own - others) / levels
    reach = 2 * (z[..., None] - (own + others - (levels - 1)) / levels)
    favour = -0.5 * torch.exp(-gamma)[..., None, None] * apart * reach
    rest = torch.logsumexp(favour.masked_fill(own == others, -torch.inf), -1)
    return -torch.logaddexp(rest, torch.zeros_like(rest)).sum(-1)


def bits_per_dimension(nats: Tensor | float, *, dimensions: int, scale: Tensor | float = 1.0) -> Tensor:
    """Bits of each dimension of data of which the scaled ones, data/scale, have a density of so many nats.

    nats/(dimensions log 2) + log2(scale). dimensions is a Python int of at least 1, scale > 0 (ValueError otherwise);
    shapes broadcast. A scale that is a Python number takes the dtype of nats.

    Catalogue: P51 (Lai et al., arXiv 2510.21890).
    """
    dimensions = _checks.count("dimensions", dimensions)
    (nats,) = _checks.tensors(nats=nats)
    nats, scale = _checks.tensors(nats=nats, scale=number_like(scale, nats))
    _checks.broadcast(nats=nats.shape, scale=scale.shape)
    _checks.finite(nats=nats)
    _checks.positive(scale=scale)
    return nats / (dimensions * math.log(2)) + torch.log2(scale)
