"""Schedules, weights and the metric of consistency training."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu.evolution._arguments import checked
from gpu.flow_maps._arguments import numbers, weak

__all__ = ["consistency_pair_weight", "consistency_ratio", "pseudo_huber", "pseudo_huber_constant"]


def consistency_ratio(
    t: Tensor | float,
    *,
    stage: Tensor | float,
    base: Tensor | float = 2.0,
    gain: Tensor | float = 8.0,
    rate: Tensor | float = 1.0,
) -> Tensor:
    """max(0, 1 - base^-(stage + 1) [1 + gain/(1 + e^(rate t))]), (...,): the ratio r/t of easy consistency tuning.

    Stages count from 0; ratio 0 is diffusion pre-training. base, gain and rate as Python numbers have t's dtype.

    Raises ValueError unless t >= 0, stage >= 0, base > 0 and gain >= 0.

    Catalogue: P111 (Lai et al., arXiv 2510.21890).
    """
    time, at = _checks.tensors(t=t, stage=stage)
    base, gain, rate = (weak(time, name, value) for name, value in (("base", base), ("gain", gain), ("rate", rate)))
    time, at, base, gain, rate = numbers(t=time, stage=at, base=base, gain=gain, rate=rate)
    _checks.nonnegative(t=time, stage=at, gain=gain)
    _checks.positive(base=base)
    return (1 - base.pow(-(at + 1)) * (1 + gain * torch.sigmoid(-rate * time))).clamp_min(0)


def consistency_pair_weight(*, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """1/(noisy - clean), (...,): the weight of a pair of neighbouring times. Raises ValueError unless clean < noisy.

    Catalogue: P111 (Lai et al., arXiv 2510.21890).
    """
    early, late = numbers(clean=clean, noisy=noisy)
    _checks.ordered(early, late)
    return 1 / (late - early)


def pseudo_huber(difference: Tensor, *, constant: Tensor | float) -> Tensor:
    """sqrt(|x|^2 + c^2) - c, (...,), formed as |x|^2/(sqrt(|x|^2 + c^2) + c) in units of the larger of |x_i| and c.

    Raises ValueError unless c > 0.

    Catalogue: P111 (Lai et al., arXiv 2510.21890).
    """
    x, c = checked({"difference": difference}, {"constant": constant})
    _checks.positive(constant=c)
    unit = torch.maximum(x.abs().amax(-1), c).detach()
    square, floor = (x / unit[..., None]).square().sum(-1), c / unit
    return unit * square / ((square + floor.square()).sqrt() + floor)


def pseudo_huber_constant(dimensions: int) -> Tensor:
    """0.00054 sqrt(d), a float64 tensor on the CPU: the constant of improved consistency training in d dimensions.

    Unverified: the number was not seen in its paper.

    Raises TypeError, ValueError unless d is a Python int of at least 1.

    Catalogue: P111 (Lai et al., arXiv 2510.21890).
    """
    return torch.tensor(0.00054 * math.sqrt(_checks.count("dimensions", dimensions)), dtype=torch.float64)
