"""Gaussian data at one level of noise and between two, direction by direction, without differences.

Along an eigenvector of the data covariance with eigenvalue l: V = alpha^2 l + sigma^2, the shares w = sigma^2/V of the
noise and r = alpha^2 l/V of the data, w + r = 1, and a, the coordinate of x_0 - mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gpu._directions import Directions
from gpu._excess import excess_over_log
from gpu.paths import Path

__all__ = ["Level", "Step", "squares_of"]


def squares_of(directions: Directions, x0: Tensor) -> Tensor:
    """The squares a^2 of the coordinates of x_0 - mean, (..., d)."""
    return directions.coordinates(x0 - directions.data.mean).square()


@dataclass(frozen=True, eq=False)
class Level:
    """The shares at a level: all (..., d)."""

    variances: Tensor
    noise_share: Tensor
    data_share: Tensor
    pull: Tensor
    """alpha^2/V."""

    @classmethod
    def at(cls, directions: Directions, path: Path, t: Tensor) -> Level:
        """The level at checked times, where V must be above 0."""
        marginal = directions.marginal(path, t)
        variances = directions.variances
        pull = path._alpha_at(t).square()[..., None] / marginal
        return cls(variances, path._variance_at(t)[..., None] / marginal, pull * variances, pull)

    def squared_error(self, squares: Tensor) -> Tensor:
        """E[|x_0 - D|^2 | x_0] = sum w^2 a^2 + w r l."""
        return (self.noise_share * (self.noise_share * squares + self.data_share * self.variances)).sum(-1)

    def noise_error(self, squares: Tensor) -> Tensor:
        """The squared error in units of the noise, SNR E[|x_0 - D|^2 | x_0] = sum (alpha^2/V) w a^2 + r^2."""
        return (self.pull * self.noise_share * squares + self.data_share.square()).sum(-1)

    def divergence(self, squares: Tensor) -> Tensor:
        """KL(N(alpha x_0, sigma^2 I) || p_t) = 1/2 sum (w - 1 - log w) + (alpha^2/V) a^2."""
        return (excess_over_log(self.noise_share, -self.data_share) + self.pull * squares).sum(-1) / 2

    def information(self) -> Tensor:
        """I(x_0; x_t) = 1/2 sum log(V/sigma^2)."""
        return torch.log1p(self.data_share / self.noise_share).sum(-1) / 2

    def posterior_variances(self) -> Tensor:
        """Variances l w of x_0 given x_t."""
        return self.variances * self.noise_share


@dataclass(frozen=True, eq=False)
class Step:
    """Two levels, the cleaner and the noisier; with drop = 1 - SNR_noisy/SNR_clean,

    lost = drop r_clean = 1 - w_clean/w_noisy, the share that a direction's precision given x_t loses.
    """

    clean: Level
    noisy: Level
    drop: Tensor

    @classmethod
    def between(cls, directions: Directions, path: Path, clean: Tensor, noisy: Tensor) -> Step:
        """The step between checked times, clean before noisy."""
        drop = path._snr_drop_between(clean, noisy)[..., None]
        return cls(Level.at(directions, path, clean), Level.at(directions, path, noisy), drop)

    @property
    def lost(self) -> Tensor:
        return self.drop * self.clean.data_share

    @property
    def kept(self) -> Tensor:
        """1 - lost, accurate near 0 too."""
        return self.clean.noise_share / self.noisy.noise_share

    def divergence(self, squares: Tensor) -> Tensor:
        """What KL(N(alpha x_0, sigma^2 I) || p_t) gains from noisy to clean: a sum of terms of one sign,

        1/2 sum (kept - 1 - log kept) + lost r_noisy + drop (alpha^2/V)_clean w_noisy a^2.
        """
        spread = excess_over_log(self.kept, -self.lost) + self.lost * self.noisy.data_share
        return (spread + self.drop * self.clean.pull * self.noisy.noise_share * squares).sum(-1) / 2

    def information(self) -> Tensor:
        """What I(x_0; x_t) gains from noisy to clean: -1/2 sum log kept."""
        near = self.lost < 0.5
        small = -torch.log1p(-torch.where(near, self.lost, 0))
        return torch.where(near, small, -torch.log(torch.where(near, 1, self.kept))).sum(-1) / 2
