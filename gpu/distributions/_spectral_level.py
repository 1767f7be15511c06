"""Spectral covariances at one level of noise: V = alpha^2 S + sigma^2 I and all that is made of S and V."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gpu.distributions._linear_algebra import weighted_sum
from gpu.distributions._memo import memo

if TYPE_CHECKING:
    from gpu.distributions._spectrum import Spectrum

__all__ = ["SpectralLevel"]


@dataclass(frozen=True, eq=False)
class SpectralLevel:
    """V = alpha^2 S + sigma^2 I, its inverse and all that is made of S and V, elementwise in the eigenvalues.

    alpha, sigma: (..., 1, 1), beside the axes (K, m).
    """

    spectrum: Spectrum
    alpha: Tensor
    sigma: Tensor

    @memo
    def variances(self) -> Tensor:
        """Eigenvalues of V, (..., K, m)."""
        return self.alpha.square() * self.spectrum.eigenvalues + self.sigma.square()

    @property
    def is_isotropic(self) -> bool:
        """Whether every V is a multiple of I."""
        return self.variances.shape[-1] == 1

    def smallest_variance(self) -> tuple[Tensor, Tensor]:
        """The smallest eigenvalue of V, and the value up to which it is rounding (where sigma is 0)."""
        lowest, largest = self.variances.aminmax(dim=-1)
        rounding = self.spectrum.eigenvalue_error * largest
        return lowest, torch.where(self.sigma[..., 0] > 0, 0, rounding)

    def log_determinant(self) -> Tensor:
        """Log-determinant of V, (..., K)."""
        return self.spectrum.trace(self.variances.log())

    def coordinates(self, residual: Tensor) -> Tensor:
        """The residual (..., K, d) in the coordinates that the methods below take."""
        return self.spectrum.coordinates(residual)

    def quadratic(self, coordinates: Tensor) -> Tensor:
        """a^T V^-1 a, (..., K)."""
        return (coordinates.square() * (1 / self.variances)).sum(-1)

    def log_ratio(self, reference: Tensor) -> Tensor:
        """The difference log |V| - d log(alpha^2 c + sigma^2), c the reference (...,), accurate when V is
        close to it; (..., K).
        """
        signal = self.alpha.square()
        common = signal * reference[..., None, None] + self.sigma.square()
        relative = signal * (self.spectrum.eigenvalues - reference[..., None, None]) / common
        near = relative.abs() < 0.5
        ratio = (self.variances / common).log()
        return self.spectrum.trace(torch.where(near, torch.where(near, relative, 0).log1p(), ratio))

    def excess(
        self, quadratic: Tensor, coordinates: Callable[[], Tensor], reference: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The excess a^T (V^-1 - I/(alpha^2 c + sigma^2)) a, c the reference: (..., K), and its size."""
        signal, centre = self.alpha.square(), reference[..., None, None]
        gap = signal * (centre - self.spectrum.eigenvalues) / (signal * centre + self.sigma.square())
        size = quadratic * gap.abs().amax(-1)
        if self.is_isotropic:
            return quadratic * gap[..., 0], size
        return (coordinates().square() * (gap / self.variances)).sum(-1), size

    def solve(self, coordinates: Tensor) -> Tensor:
        """V^-1 a, (..., K, d)."""
        return self.spectrum.vectors(coordinates / self.variances)

    def sum_of_solutions(self, weights: Tensor, coordinates: Tensor) -> Tensor:
        """sum_k w_k V_k^-1 a_k, (..., d)."""
        return self.spectrum.sum_of_vectors(weights[..., None] * (coordinates * (1 / self.variances)))

    def inverses(self) -> Tensor:
        """V^-1, (..., K, d, d)."""
        return self.spectrum.matrix(1 / self.variances)

    def _gains(self, data_rate: Tensor, noise_rate: Tensor) -> tuple[Tensor, Tensor]:
        """Coefficients of the component mean and of x in `regression`, per eigenvalue."""
        a, p = data_rate[..., None, None], noise_rate[..., None, None]
        of_mean = (a * self.sigma.square() - p * self.alpha) / self.variances
        of_point = (a * self.alpha * self.spectrum.eigenvalues + p) / self.variances
        return of_mean, of_point

    def _regression(self, data_rate: Tensor, noise_rate: Tensor, mean: Tensor, point: Tensor) -> Tensor:
        of_mean, of_point = self._gains(data_rate, noise_rate)
        return of_mean * self.coordinates(mean) + of_point * self.coordinates(point)

    def regression(self, data_rate: Tensor, noise_rate: Tensor, mean: Tensor, point: Tensor) -> Tensor:
        """E[a x_0 + (p/sigma) eps | x_t = x, k], (..., K, d): V^-1 [(a sigma^2 - p alpha) mu + (a alpha S + p
        I) x].
        """
        return self.spectrum.vectors(self._regression(data_rate, noise_rate, mean, point))

    def sum_of_regressions(
        self, weights: Tensor, data_rate: Tensor, noise_rate: Tensor, mean: Tensor, point: Tensor
    ) -> Tensor:
        """sum_k w_k of `regression`, (..., d)."""
        if self.is_isotropic:
            of_mean, of_point = (gain[..., 0] for gain in self._gains(data_rate, noise_rate))
            return (
                weighted_sum(weights * of_mean, mean) + (weights * of_point).sum(-1, True) * point[..., 0, :]
            )
        terms = self._regression(data_rate, noise_rate, mean, point)
        return self.spectrum.sum_of_vectors(weights[..., None] * terms)

    def regression_trace(self, data_rate: Tensor, noise_rate: Tensor) -> Tensor:
        """Divergence of `regression` in x, (..., K)."""
        _, of_point = self._gains(data_rate, noise_rate)
        return self.spectrum.trace(of_point.expand_as(self.variances))

    def sample(self, choice: Tensor, generator: torch.Generator) -> Tensor:
        """sum_k c_k V_k^(1/2) z, z standard normal, for one-hot choices c (..., K): (..., d)."""
        width = max(self.spectrum.size, self.variances.shape[-1])
        shape = (*choice.shape[:-1], 1, width)
        normal = torch.randn(shape, generator=generator, dtype=choice.dtype, device=choice.device)
        present = self.variances > 0
        deviations = torch.where(present, torch.where(present, self.variances, 1).sqrt(), 0)
        return self.spectrum.noise_vectors(choice[..., None] * deviations * normal)

    def posterior(self) -> Spectrum:
        """S sigma^2 V^-1, the covariances of x_0 given x_t and the component."""
        variances = torch.where(self.variances > 0, self.variances, 1)
        return self.spectrum.with_eigenvalues(self.spectrum.eigenvalues * (self.sigma.square() / variances))

    def noised(self) -> Spectrum:
        """V as covariances of their own."""
        return self.spectrum.with_eigenvalues(self.variances)

    def gain(self, state: Tensor, data: Tensor) -> Spectrum:
        """The matrices p I + q alpha S V^-1 for p, q (..., 1)."""
        gain = self.alpha * self.spectrum.eigenvalues / self.variances
        return self.spectrum.with_eigenvalues(state[..., None] + data[..., None] * gain)

    def flow_to(self, end: SpectralLevel) -> Spectrum:
        """V_end^(1/2) V^(-1/2)."""
        ratio = end.variances / self.variances
        present = ratio > 0
        return self.spectrum.with_eigenvalues(torch.where(present, torch.where(present, ratio, 1).sqrt(), 0))

    def log_determinant_to(self, end: SpectralLevel, signal: Tensor, noise: Tensor) -> Tensor:
        """Log-determinant of V_end V^-1, (..., K), given alpha_end^2 - alpha^2 and sigma_end^2 - sigma^2,
        both (..., 1).
        """
        change = (signal[..., None] * self.spectrum.eigenvalues + noise[..., None]) / self.variances
        near = change.abs() < 0.5
        ratio = (end.variances / self.variances).log()
        return self.spectrum.trace(torch.where(near, torch.where(near, change, 0).log1p(), ratio))
