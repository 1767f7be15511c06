"""Levels and moves: where a sampler is, and what one of its steps travels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["DenoiserData", "Level", "Move", "Normal", "chain", "kernel_deficit"]

Array = NDArray[np.float64]
Normal = Callable[[tuple[int, ...]], Array]


class Level(NamedTuple):
    """x = alpha x_0 + sigma eps. For samplers that scale their state to alpha = 1, sigma is the noise to signal."""

    alpha: float
    sigma: float

    @property
    def half_log_snr(self) -> float:
        """log(alpha / sigma); infinite at sigma = 0."""
        return math.log(self.alpha) - math.log(self.sigma) if self.sigma > 0.0 else math.inf

    @property
    def noise_to_signal(self) -> float:
        """Sigma / alpha."""
        return self.sigma / self.alpha


Move = tuple[Level, Level]


def chain(levels: Sequence[Level]) -> tuple[Move, ...]:
    """The moves of a walk through these levels."""
    return tuple(itertools.pairwise(levels))


def kernel_deficit(noisy: Level, clean: Level) -> float:
    """1 - SNR_noisy / SNR_clean = sigma^2_{noisy|clean} / sigma_noisy^2, in [0, 1]; 1 for a clean level without noise.

    By expm1 of the difference of half log-SNRs: the direct subtraction loses everything for close levels (P10).
    """
    return -math.expm1(2.0 * (noisy.half_log_snr - clean.half_log_snr))


@dataclass(frozen=True)
class DenoiserData:
    """Any denoiser callable (x, alpha, sigma) as a data law; the noise is (x - alpha D)/sigma, so sigma > 0."""

    function: Callable[[Array, float, float], Array]
    dimension: int

    def denoiser(self, x: Array, alpha: float, sigma: float) -> Array:
        return self.function(x, alpha, sigma)

    def noise(self, x: Array, alpha: float, sigma: float) -> Array:
        return (x - alpha * self.function(x, alpha, sigma)) / sigma
