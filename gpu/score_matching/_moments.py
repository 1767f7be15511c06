"""Exact moments of chains of Langevin steps on Gaussian data, level by level of noise.

Along the eigenvectors of the data's covariance every step is elementwise. Eigenvectors of equal eigenvalues have no
derivative, so while derivatives with respect to the covariance are recorded the steps are composed as matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.distributions._dense import Dense
from gpu.distributions._linear_algebra import add_identity, symmetric
from gpu.distributions._memo import memo
from gpu.score_matching._chain import Contraction

__all__ = ["DenseChain", "SpectralChain", "chain"]


@dataclass(frozen=True, eq=False)
class SpectralChain:
    """Contractions along the data's eigenvectors, one for each level of noise."""

    directions: Directions
    contractions: tuple[Contraction, ...]

    def mean(self, start: Tensor) -> Tensor:
        """The mean mu + A^n (m - mu) = A^n m + (I - A^n) mu, level by level."""
        place = self.directions.coordinates(start)
        for each in self.contractions:
            place = each.power() * place + each.loss() * self.directions.mean
        return self.directions.vectors(place)

    def covariance(self, start: Tensor) -> Tensor:
        """A^n C A^n + 2 eta sum_{j<n} A^(2j), level by level, exactly symmetric."""
        power = torch.ones_like(self.contractions[0].pull)
        gathered = torch.zeros_like(power)
        for each in self.contractions:
            step = each.power()
            power, gathered = step * power, step.square() * gathered + each.gathered()
        matrix = self.directions.matrix(power)
        return symmetric(matrix @ start @ matrix) + self.directions.matrix(gathered)

    def stationary(self) -> Tensor:
        """The covariance S (I - eta/2 S^-1)^-1 that the steps of the one level keep."""
        return self.directions.matrix(self.contractions[0].stationary())


@dataclass(frozen=True, eq=False)
class DenseChain:
    """The mean mu (..., d), the covariance and the step (...) of each level of noise, and the steps a level."""

    target: Tensor
    covariances: tuple[Tensor, ...]
    steps: tuple[Tensor, ...]
    count: int

    @memo
    def _composed(self) -> list[tuple[Tensor, Tensor]]:
        """A^n and 2 eta sum_{j<n} A^(2j) of each level."""
        return [_repeated(*pair, self.count) for pair in zip(self.covariances, self.steps, strict=True)]

    def mean(self, start: Tensor) -> Tensor:
        """The mean mu + A^n (m - mu), level by level."""
        place = start
        for power, _ in self._composed:
            place = self.target + (power @ (place - self.target)[..., None])[..., 0]
        return place

    def covariance(self, start: Tensor) -> Tensor:
        """A^n C A^n + 2 eta sum_{j<n} A^(2j), level by level, exactly symmetric."""
        spread = start
        for power, gathered in self._composed:
            spread = power @ spread @ power + gathered
        return symmetric(spread)

    def stationary(self) -> Tensor:
        """The covariance S + eta/2 S (S - eta/2 I)^-1 that the steps of the one level keep."""
        half, covariance = self.steps[0] / 2, self.covariances[0]
        solved = torch.linalg.solve(add_identity(covariance, -half), covariance.expand(*half.shape, -1, -1))
        return symmetric(covariance + half[..., None, None] * solved)


def chain(
    data: Gaussian, levels: list[tuple[Tensor | None, Tensor]], count: int
) -> tuple[tuple[int, ...], SpectralChain | DenseChain]:
    """The batch shape and the chain of `count` steps at each (sigma, step): on S + sigma^2 I, or on S for None."""
    structure = data._components.data().structure
    batch = _checks.broadcast(data=data.batch_shape, step=levels[0][1].shape)
    if isinstance(structure, Dense):
        shape = (*batch, data.event_size, data.event_size)
        covariances = tuple(_noised(data.covariance, sigma).expand(shape) for sigma, _ in levels)
        return batch, DenseChain(data.mean, covariances, tuple(step.expand(batch) for _, step in levels), count)
    directions = Directions.of(data)
    contractions = []
    for sigma, step in levels:
        variances = directions.variances if sigma is None else directions.variances + sigma.square()
        contractions.append(Contraction(step[..., None] / variances, variances, count))
    return batch, SpectralChain(directions, tuple(contractions))


def _noised(covariance: Tensor, sigma: Tensor | None) -> Tensor:
    return covariance if sigma is None else add_identity(covariance, sigma.square())


def _repeated(covariance: Tensor, step: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """A^n and 2 eta sum_{j<n} A^(2j), A = I - eta S^-1, by composing the steps, the number of them halved each time."""
    inverse = torch.cholesky_inverse(torch.linalg.cholesky_ex(covariance)[0])
    one = torch.ones_like(step)
    matrix = add_identity(-step[..., None, None] * symmetric(inverse), one)
    noise = add_identity(torch.zeros_like(matrix), 2 * step)
    power, gathered = add_identity(torch.zeros_like(matrix), one), torch.zeros_like(matrix)
    while count:
        if count % 2:
            power, gathered = matrix @ power, matrix @ gathered @ matrix + noise
        matrix, noise = matrix @ matrix, matrix @ noise @ matrix + noise
        count //= 2
    return power, gathered
