r"""Samplers of one network call a step, and Heun's two: the documented updates, derived from the integrals.

Every function walks a start state through moves: ``f(start, *, data, moves, normal, ...) -> end``. The moves need not
be a chain: a target whose steps do not meet is walked as it walks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from certify.oracles import Data
from certify.recurrences.levels import Move, Normal, kernel_deficit

__all__ = ["ancestral", "ddim", "euler", "euler_ancestral", "heun"]

Array = NDArray[np.float64]


def ddim(start: Array, *, data: Data, moves: Sequence[Move], normal: Normal, eta: float = 0.0) -> Array:
    r"""DDIM(eta): x' = alpha' D + sqrt(sigma'^2 - s^2) eps + s z, s = eta sigma_{s|t} sigma' / sigma.

    With q = sigma_{s|t}^2 / sigma^2 from `kernel_deficit`, s = eta sigma' sqrt(q) and the direction's weight is
    sigma' sqrt(1 - eta^2 q): nothing is subtracted that was added before. Noise is drawn at eta > 0 only.

    Catalogue: P64 (Lai et al., arXiv 2510.21890).
    """
    x = start
    for noisy, clean in moves:
        deficit = kernel_deficit(noisy, clean)
        direction = clean.sigma * math.sqrt(1.0 - eta**2 * deficit)
        x, previous = clean.alpha * data.denoiser(x, *noisy) + direction * data.noise(x, *noisy), x
        if eta > 0.0:
            x = x + eta * clean.sigma * math.sqrt(deficit) * normal(previous.shape)
    return x


def ancestral(
    start: Array,
    *,
    data: Data,
    moves: Sequence[Move],
    normal: Normal,
    variance: Literal["small", "large"] = "small",
    floor: float = 0.0,
) -> Array:
    r"""The DDPM step: the bridge with E[x_0 | x] for x_0, and its variance or that of the forward kernel.

    x' = (alpha/alpha') (sigma'^2/sigma^2) x + alpha' q D + sqrt(v) z, q = sigma_{s|t}^2 / sigma^2, v = q sigma'^2
    ("small", the bridge) or q sigma^2 ("large", the forward kernel), but at least ``floor``. A step to sigma' = 0 draws
    noise of the variance ``floor`` only, and none at all where that is 0.

    Catalogue: P37, P40 (Lai et al., arXiv 2510.21890).
    """
    x = start
    for noisy, clean in moves:
        deficit = kernel_deficit(noisy, clean)
        state_weight = noisy.alpha / clean.alpha * (clean.sigma / noisy.sigma) ** 2
        mean = state_weight * x + clean.alpha * deficit * data.denoiser(x, *noisy)
        full = math.sqrt(deficit) * (clean.sigma if variance == "small" else noisy.sigma)
        deviation = max(full if clean.sigma > 0.0 else 0.0, math.sqrt(floor))
        x = mean + deviation * normal(x.shape) if deviation > 0.0 else mean
    return x


def euler(start: Array, *, data: Data, moves: Sequence[Move], normal: Normal) -> Array:  # noqa: ARG001
    """Euler in sigma on states scaled to alpha = 1: x' = x + (sigma' - sigma) eps.

    Catalogue: P61 (Lai et al., arXiv 2510.21890).
    """
    x = start
    for noisy, clean in moves:
        x = x + (clean.sigma - noisy.sigma) * data.noise(x, *noisy)
    return x


def euler_ancestral(start: Array, *, data: Data, moves: Sequence[Move], normal: Normal) -> Array:
    """Euler to sigma_down = sigma'^2/sigma, then noise sigma_up, sigma_up^2 + sigma_down^2 = sigma'^2; alpha = 1.

    sigma_up = sigma' sqrt(1 - (sigma'/sigma)^2) in the factored form, which never takes the root of a negative number.

    Catalogue: P66 (Lai et al., arXiv 2510.21890).
    """
    x = start
    for noisy, clean in moves:
        ratio = clean.sigma / noisy.sigma
        down, up = clean.sigma * ratio, clean.sigma * math.sqrt((1.0 - ratio) * (1.0 + ratio))
        x = x + (down - noisy.sigma) * data.noise(x, *noisy) + up * normal(x.shape)
    return x


def heun(start: Array, *, data: Data, moves: Sequence[Move], normal: Normal) -> Array:  # noqa: ARG001
    """Heun in sigma on states scaled to alpha = 1, without churn; a step to sigma' = 0 is Euler's.

    Catalogue: P62, P81 (Lai et al., arXiv 2510.21890).
    """
    x = start
    for noisy, clean in moves:
        slope = data.noise(x, *noisy)
        guess = x + (clean.sigma - noisy.sigma) * slope
        if clean.sigma > 0.0:
            slope = 0.5 * (slope + data.noise(guess, *clean))
        x = x + (clean.sigma - noisy.sigma) * slope
    return x
