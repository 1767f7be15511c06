"""Twins of the index conventions: the levels after so many steps, and what lies between two of them.

``low`` is the number of steps done at the lower of two neighbouring levels, as a plain integer, so that the condition
sums are those of the one segment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flint import arb

from properties.arbiter.tables import cumulative_products

Number = Any
Levels = list[Number]


def at_steps(betas: Sequence[Number], steps: int) -> Levels:
    """[alpha, sigma] after a number of steps (P7)."""
    kept = [arb(1), *cumulative_products(betas)][steps]
    return [kept.sqrt(), (1 - kept).sqrt()]


def log_alpha(betas: Sequence[Number], time: Number, low: int) -> Levels:
    """Time t of T entries has t T steps done; log alpha is linear between (P14)."""
    share = time * len(betas) - low
    first, second = (at_steps(betas, steps)[0].log() for steps in (low, low + 1))
    alpha = (first + share * (second - first)).exp()
    return [alpha, (1 - alpha * alpha).sqrt()]


def log_noise_to_signal(betas: Sequence[Number], index: Number, low: int) -> Levels:
    """Index i has i + 1 steps done; log(sigma/alpha) is linear between, and alpha^2 + sigma^2 = 1 (P14)."""
    share = index + 1 - low
    logs = [(sigma / alpha).log() for alpha, sigma in (at_steps(betas, low), at_steps(betas, low + 1))]
    ratio = (logs[0] + share * (logs[1] - logs[0])).exp()
    alpha = 1 / (1 + ratio * ratio).sqrt()
    return [alpha, ratio * alpha]


BETWEEN: dict[str, Callable[..., Levels]] = {"dpm_solver": log_alpha, "k_diffusion": log_noise_to_signal}
