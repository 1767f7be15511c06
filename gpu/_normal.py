"""Probabilities of intervals under the standard normal law, to a few roundings, however narrow or far out."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["interval", "log_interval"]

_NODES = (
    0.9931285991850949247861223884713,
    0.9639719272779137912676661311973,
    0.9122344282513259058677524412033,
    0.8391169718222188233945290617015,
    0.7463319064601507926143050703556,
    0.6360536807265150254528366962263,
    0.5108670019508270980043640509553,
    0.3737060887154195606725481770249,
    0.2277858511416450780804961953686,
    0.0765265211334973337546404093988,
)
_WEIGHTS = (
    0.0176140071391521183118619623519,
    0.0406014298003869413310399522749,
    0.0626720483341090635695065351870,
    0.0832767415767047487247581432220,
    0.1019301198172404350367501354803,
    0.1181945319615184173123773777114,
    0.1316886384491766268984944997482,
    0.1420961093183820513292983250672,
    0.1491729864726037467878287370020,
    0.1527533871307258506980843319551,
)
"""The positive nodes of the Gauss-Legendre rule of twenty, and their weights."""

_WIDE = 1.0
_STEEP = 4.0


def interval(middle: Tensor, half: Tensor) -> Tensor:
    """P(middle - half < z < middle + half) for half >= 0."""
    centre, narrow = _split(middle, half)
    density = torch.exp(-0.5 * centre.square()) / math.sqrt(2 * math.pi)
    inside = density * 2 * half * _mean_tilt(*_tame(centre, half, narrow))
    apart = 0.5 * (torch.erfc((centre - half) / math.sqrt(2)) - torch.erfc((centre + half) / math.sqrt(2)))
    return torch.where(narrow, inside, apart)


def log_interval(lower: Tensor, upper: Tensor, middle: Tensor, half: Tensor) -> Tensor:
    """Log P(lower < z < upper) for finite ends, whose middle and half width > 0 are given besides."""
    centre, narrow = _split(middle, half)
    near, far = torch.where(middle < 0, -upper, lower), torch.where(middle < 0, -lower, upper)
    safe_centre, safe_half = _tame(centre, half, narrow)
    inside = torch.log(2 * safe_half * _mean_tilt(safe_centre, safe_half)) - 0.5 * math.log(2 * math.pi)
    tail = near > 0
    begin, end = torch.special.log_ndtr(-near), torch.special.log_ndtr(-far)
    ratio = torch.where(tail & ~narrow, end - begin, -1)
    beyond = begin + torch.log1p(-torch.exp(ratio))
    outside = 0.5 * (torch.erfc(-near / math.sqrt(2)) + torch.erfc(far / math.sqrt(2)))
    around = torch.log1p(-torch.where(tail | narrow, 0, outside))
    return torch.where(narrow, inside - 0.5 * centre.square(), torch.where(tail, beyond, around))


def _split(middle: Tensor, half: Tensor) -> tuple[Tensor, Tensor]:
    """The middle, reflected to the right, and whether the interval is one over which the density varies little."""
    centre = middle.abs()
    return centre, (half <= _WIDE) & (centre * half <= _STEEP)


def _tame(centre: Tensor, half: Tensor, narrow: Tensor) -> tuple[Tensor, Tensor]:
    return torch.where(narrow, centre, 0), torch.where(narrow, half, 1)


def _mean_tilt(centre: Tensor, half: Tensor) -> Tensor:
    """The mean of cosh(m h v) exp(-h^2 v^2/2) over 0 < v < 1: that of the density, over its value in the middle."""
    slope, square = centre * half, 0.5 * half.square()
    total = torch.zeros_like(slope * square)
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        for place in (0.5 * (1 - node), 0.5 * (1 + node)):
            total = total + 0.5 * weight * torch.cosh(place * slope) * torch.exp(-(place**2) * square)
    return total
