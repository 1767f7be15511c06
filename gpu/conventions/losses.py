"""Sums, means and bits: what a library's number is in nats, summed over dimensions. Any shapes that broadcast."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu.elbo._terms import number_like

__all__ = ["mean_from_sum", "nats_from_bits_per_dimension", "sum_from_mean", "sum_from_score_sde"]


def sum_from_mean(mean: Tensor | float, *, dimensions: int) -> Tensor:
    """The sum over dimensions d * mean of an average over them.

    Catalogue: P84 (Lai et al., arXiv 2510.21890).
    """
    value, size = _value("mean", mean, dimensions)
    return size * value


def mean_from_sum(total: Tensor | float, *, dimensions: int) -> Tensor:
    """The average over dimensions total/d of a sum over them.

    Catalogue: P84 (Lai et al., arXiv 2510.21890).
    """
    value, size = _value("total", total, dimensions)
    return value / size


def sum_from_score_sde(loss: Tensor | float, *, dimensions: int, reduce_mean: bool) -> Tensor:
    """The sum of squares behind a loss of score_sde: d * loss of its mean, 2 * loss of its sum, which has a factor 1/2.

    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890); Song et al., arXiv 2011.13456.
    """
    value, size = _value("loss", loss, dimensions)
    _checks.flag("reduce_mean", reduce_mean)
    return (size if reduce_mean else 2) * value


def nats_from_bits_per_dimension(bits: Tensor | float, *, dimensions: int, scale: Tensor | float = 1.0) -> Tensor:
    """Nats d (bits log 2 - log scale) of all dimensions, the inverse of `elbo.bits_per_dimension`; scale > 0.

    A scale that is a Python number takes the dtype of bits.

    Catalogue: P51 (Lai et al., arXiv 2510.21890).
    """
    value, size = _value("bits", bits, dimensions)
    value, unit = _checks.tensors(bits=value, scale=number_like(scale, value))
    _checks.broadcast(bits=value.shape, scale=unit.shape)
    _checks.positive(scale=unit)
    return size * (math.log(2.0) * value - torch.log(unit))


def _value(name: str, value: Tensor | float, dimensions: int) -> tuple[Tensor, int]:
    (number,) = _checks.tensors(**{name: value})
    _checks.finite(constructor=False, **{name: number})
    return number, _checks.count("dimensions", dimensions)
