"""Gauss-Legendre rules on [0, 1], correct to the last digit of float64."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import torch
from torch import Tensor

from gpu import _checks

__all__ = ["Rule"]

_DIGITS, _NEWTON_STEPS = 40, 6


def _positive_half(count: int) -> list[tuple[Decimal, Decimal]]:
    """The zeros x >= 0 of the Legendre polynomial of an even degree, and 1/((1 - x^2) P'(x)^2)."""
    found = []
    for index in range(count // 2):
        x = Decimal(math.cos(math.pi * (index + 0.75) / (count + 0.5)))
        for _ in range(_NEWTON_STEPS):
            before, value = Decimal(1), x
            for k in range(2, count + 1):
                before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
            slope = count * (before - x * value) / (1 - x * x)
            x -= value / slope
        found.append((x, 1 / ((1 - x * x) * slope * slope)))
    return found


class Rule:
    """Nodes t, their complements 1 - t and weights w of sum_q w_q f(t_q), an integral over [0, 1]; count is even."""

    def __init__(self, count: int) -> None:
        with localcontext() as context:
            context.prec = _DIGITS
            half = _positive_half(count)
            low = [((1 - x) / 2, (1 + x) / 2, weight) for x, weight in half]
            rows = low + [(high, small, weight) for small, high, weight in reversed(low)]
        self._columns = [[float(value) for value in column] for column in zip(*rows, strict=True)]
        self._on_device: dict[torch.device, Tensor] = {}

    def table(self, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The nodes, complements and weights in float64 on a tensor's device, kept there for the next call."""
        if not _checks.values_are_readable(like):
            nodes, complements, weights = torch.tensor(self._columns, dtype=torch.float64, device=like.device)
            return nodes, complements, weights
        if like.device not in self._on_device:
            self._on_device[like.device] = torch.tensor(self._columns, dtype=torch.float64, device=like.device)
        nodes, complements, weights = self._on_device[like.device]
        return nodes, complements, weights
