"""Elementary functions of two exponentials that several paths share, free of cancellation and overflow."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = [
    "constant",
    "drop",
    "exponential_drop",
    "exponential_log_ratio",
    "exponential_ratio",
    "geometric",
    "inner_fractions",
    "log_one_plus_square",
    "unit_hypotenuse",
]


def constant(t: Tensor, value: float) -> Tensor:
    """A constant of t's shape that stays in t's graph and passes NaN on."""
    return 0.0 * t + value


def drop(ratio: Tensor, near_one: Tensor) -> Tensor:
    """Drop 1 - ratio for a ratio in [0, 1), given besides in a form accurate for ratios near 1."""
    return torch.where(ratio < 0.25, 1 - ratio, near_one)


def exponential_ratio(clean: Tensor, noisy: Tensor, between: Tensor) -> Tensor:
    """Ratio expm1(clean)/expm1(noisy), between = noisy - clean, without overflow."""
    return torch.exp(-between) * torch.expm1(-clean) / torch.expm1(-noisy)


def exponential_drop(clean: Tensor, noisy: Tensor, between: Tensor) -> Tensor:
    """Drop 1 - expm1(clean)/expm1(noisy) = expm1(-between)/expm1(-noisy), between = noisy - clean."""
    return drop(exponential_ratio(clean, noisy, between), torch.expm1(-between) / torch.expm1(-noisy))


def exponential_log_ratio(clean: Tensor, between: Tensor) -> Tensor:
    """Log-ratio log[(1 - e^{-(clean + between)}) / (1 - e^{-clean})] as the log1p of a positive number."""
    return torch.log1p(torch.exp(-clean) * torch.expm1(-between) / torch.expm1(-clean))


def log_one_plus_square(x: Tensor) -> Tensor:
    """Logarithm log(1 + x^2) for x >= 0, without the overflow of x^2."""
    large = x.clamp(min=1.0)
    small = x.clamp(max=1.0)
    return torch.where(
        x > 1, 2 * torch.log(large) + torch.log1p(large.reciprocal().square()), torch.log1p(small.square())
    )


def unit_hypotenuse(x: Tensor) -> Tensor:
    """Length sqrt(1 + x^2), without the overflow of x^2."""
    return torch.hypot(x, torch.ones_like(x))


def inner_fractions(count: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """The shares (count-1-i)/(count-1) and i/(count-1) at the points between the ends of a grid."""
    i = torch.arange(1, count - 1, dtype=like.dtype, device=like.device)
    return (count - 1 - i) / (count - 1), i / (count - 1)


def geometric(first: Tensor, last: Tensor, count: int) -> Tensor:
    """Values first (last/first)^(i/(count-1)) at the points between the ends of a grid.

    The power of two in the ratio is divided exactly, so the error does not grow with log(last/first).
    """
    mantissa, exponent = torch.frexp(last / first)
    i = torch.arange(1, count - 1, device=first.device)
    product = i * exponent
    whole = torch.div(product, count - 1, rounding_mode="floor")
    rest = product - whole * (count - 1)
    inside = (rest.to(first.dtype) + i.to(first.dtype) * torch.log2(mantissa)) / (count - 1)
    return first * (torch.exp2(whole.to(first.dtype)) * torch.exp2(inside))
