"""The function r - 1 - log r of a ratio near or far from 1, which every Gaussian divergence is made of."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["excess_over_log", "small_excess_over_log"]

_TERMS = 17
_SMALL = 0.5


def excess_over_log(ratio: Tensor, excess: Tensor) -> Tensor:
    """The value r - 1 - log r >= 0 to a few roundings, given the ratio r > 0 and excess = r - 1."""
    near = excess.abs() < _SMALL
    far = excess - torch.log(torch.where(near, 1.0, ratio))
    return torch.where(near, small_excess_over_log(excess), far)


def small_excess_over_log(excess: Tensor) -> Tensor:
    """The value e - log(1 + e) for |e| <= 1/2 (beyond, that of the nearest end).

    With z = e/(2 + e): log(1 + e) = 2 artanh z and e - 2 z = e z, so the value is
    e z - 2 z^3 (1/3 + z^2/5 + z^4/7 + ...).
    """
    e = excess.clamp(-_SMALL, _SMALL)
    z = e / (2 + e)
    square = z.square()
    series = torch.full_like(z, 1 / (2 * _TERMS + 1))
    for k in range(_TERMS - 1, 0, -1):
        series = series * square + 1 / (2 * k + 1)
    return e * z - 2 * z * square * series
