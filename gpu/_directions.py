"""Gaussian data along the eigenvectors of their covariance, where every map of this package is elementwise."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.distributions._spectrum import Spectrum
from gpu.paths import Path

__all__ = ["Directions"]

_INSTEAD = "the map has a closed form for Gaussian data only"


@dataclass(frozen=True, eq=False)
class Directions:
    """A Gaussian law: eigenvalues of its covariance (*B, d), and the way to their coordinates and back.

    While derivatives with respect to the covariance are recorded it is decomposed here, and they exist where the
    eigenvalues differ.
    """

    data: Gaussian
    spectrum: Spectrum

    @classmethod
    def of(cls, data: Gaussian) -> Directions:
        """The law's directions; TypeError unless it is Gaussian."""
        _checks.gaussian("data", data, Gaussian, _INSTEAD)
        structure = data._components.data().structure
        if not isinstance(structure, Spectrum):
            structure = Spectrum.full(data.covariance[..., None, :, :])
        return cls(data, structure)

    @property
    def variances(self) -> Tensor:
        """The eigenvalues l of the data's covariance, (*B, d)."""
        return self.spectrum.eigenvalues[..., 0, :]

    @property
    def mean(self) -> Tensor:
        """The data's mean in coordinates, (*B, d)."""
        return self.coordinates(self.data.mean)

    def marginal(self, path: Path, t: Tensor, name: str = "covariance") -> Tensor:
        """V = alpha^2 l + sigma^2 at checked times (...): (..., d); ValueError where it is 0."""
        variance = self.at(path._alpha_at(t).square(), path._variance_at(t))
        _checks.density(variance.detach().amin(-1), torch.zeros_like(variance.detach()[..., 0]), name)
        return variance

    def at(self, slope: Tensor, offset: Tensor) -> Tensor:
        """Slope l + offset for (...) coefficients: (..., d)."""
        return slope[..., None] * self.variances + offset[..., None]

    def matrix(self, values: Tensor) -> Tensor:
        """The symmetric matrix with the given eigenvalues (..., d) in these directions: (..., d, d)."""
        return self.spectrum.matrix(values[..., None, :])[..., 0, :, :]

    def coordinates(self, vectors: Tensor) -> Tensor:
        """U^T a for vectors (..., d)."""
        return self.spectrum.coordinates(vectors[..., None, :])[..., 0, :]

    def vectors(self, coordinates: Tensor) -> Tensor:
        """U c for coordinates (..., d)."""
        return self.spectrum.vectors(coordinates[..., None, :])[..., 0, :]

    def tensors(self, **named: Tensor | float) -> tuple[Tensor, ...]:
        """Arguments as tensors of the law's dtype."""
        return _checks.tensors(data=self.data._components.base_means, **named)[1:]

    def descent(self, path: Path, t_start: Tensor | float, t_end: Tensor | float) -> tuple[Tensor, Tensor]:
        """Times of the domain with t_end < t_start."""
        start, end = self.tensors(t_start=t_start, t_end=t_end)
        _checks.broadcast(data=self.data.batch_shape, t_start=start.shape, t_end=end.shape)
        _checks.time_in_domain(path, t_start=start, t_end=end)
        _checks.smaller(t_end=end, t_start=start)
        return start, end

    def walk(self, path: Path, times: Tensor) -> Tensor:
        """The strictly decreasing times (n,) of a walk; a single one takes no step."""
        (grid,) = self.tensors(times=times)
        _checks.decreasing("times", grid)
        _checks.time_in_domain(path, times=grid)
        return grid
