"""Repeated contractions A = 1 - q, eigenvalue by eigenvalue, for any number of steps and up to the edge q = 2."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gpu.distributions._memo import memo

__all__ = ["Contraction"]


@dataclass(frozen=True, eq=False)
class Contraction:
    """n steps x -> (1 - q) x + sqrt(2 q l) z of a variance l > 0, q > 0: both (..., d)."""

    pull: Tensor
    variances: Tensor
    count: int

    @memo
    def _rest(self) -> Tensor:
        """2 - q, exact where the step is near the edge of stability."""
        return 2 - self.pull

    @memo
    def _moving(self) -> Tensor:
        """Whether A is not 0."""
        return self.pull != 1

    @memo
    def _log(self) -> Tensor:
        """log|A| = log(1 - min(q, 2 - q)); 0 where A is 0."""
        nearest = torch.where(self.pull < 1, self.pull, self._rest)
        return torch.where(self._moving, (-torch.where(self._moving, nearest, 0)).log1p(), 0)

    @memo
    def _alternates(self) -> Tensor:
        """Whether A^n is below 0."""
        return self.pull > 1 if self.count % 2 else torch.zeros_like(self._moving)

    def power(self) -> Tensor:
        """A^n."""
        if self.count == 0:
            return torch.ones_like(self.pull)
        size = torch.where(self._moving, (self.count * self._log).exp(), 0)
        return torch.where(self._alternates, -size, size)

    def loss(self) -> Tensor:
        """1 - A^n, without the difference where A > 0."""
        if self.count == 0:
            return torch.zeros_like(self.pull)
        lost = torch.where(self._moving, -(self.count * self._log).expm1(), 1)
        return torch.where(self._alternates, 1 - self.power(), lost)

    def stationary(self) -> Tensor:
        """The variance l/(1 - q/2) that the steps keep."""
        return 2 * self.variances / self._rest

    def gathered(self) -> Tensor:
        """The variance 2 q l sum_{j<n} A^(2j) = 2 l (1 - A^(2n))/(2 - q) of the noises of all steps."""
        if self.count == 0:
            return torch.zeros_like(self.pull)
        edge = self._rest == 0
        lost = torch.where(self._moving, -(2 * self.count * self._log).expm1(), 1)
        return 2 * self.variances * torch.where(edge, 2 * self.count, lost / torch.where(edge, 1, self._rest))
