"""Logarithms of products, summed so that large ones of opposite sign leave no rounding of their size."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["log_of_product"]


def log_of_product(factors: Tensor) -> Tensor:
    """The logarithm of the product of positive numbers (..., n) over their last axis: (...,).

    Every factor is a power of two times a mantissa in [sqrt(1/2), sqrt(2)): the exponents add up exactly, and the
    logarithms of the mantissas are small. Neither overflow nor a partial sum larger than the result does harm.
    """
    mantissa, exponent = torch.frexp(factors)
    low = mantissa < math.sqrt(0.5)
    mantissa = torch.where(low, 2 * mantissa, mantissa)
    powers = (exponent - low.to(exponent.dtype)).sum(-1).to(factors.dtype)
    return torch.log(mantissa).sum(-1) + math.log(2) * powers
