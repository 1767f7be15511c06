"""Spectral covariances at one level of noise: V = alpha^2 S + sigma^2 I and all that is made of S and V."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from gpu.distributions._linear_algebra import squared_lengths, weighted_sum
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

    @memo
    def _shrinkage(self) -> Tensor:
        """Inverse standard deviations, (..., K, m)."""
        return self.variances.rsqrt()

    @memo
    def _whitening(self) -> Tensor | None:
        """B_k diag(v_k)^(-1/2), (K, d, m), where neither the full covariances nor the level have batch axes."""
        basis = self.spectrum.whole_basis()
        if basis is None or math.prod(basis.shape[:-3]) * math.prod(self._shrinkage.shape[:-2]) != 1:
            return None
        count, _, columns = basis.shape[-3:]
        return basis.reshape(basis.shape[-3:]) * self._shrinkage.reshape(count, 1, columns)

    @memo
    def _flat_whitening(self) -> Tensor:
        """The whitening matrices side by side, (d, K m)."""
        matrices = cast("Tensor", self._whitening)
        return matrices.movedim(-2, 0).reshape(matrices.shape[-2], -1)

    def standard(self, x: Tensor, means: Tensor, residual: Callable[[], Tensor]) -> Tensor:
        """The differences x - alpha mu_k in coordinates where V_k is I, (..., K, m), as the methods below
        take them.

        Where one level serves all points, one flat matrix product serves all components: whitened points
        minus whitened means, both from a common centre, each rounded to u of its own size.
        """
        matrices = self._whitening
        if matrices is None or means.numel() != matrices.shape[0] * means.shape[-1]:
            return self.spectrum.coordinates(residual()) * self._shrinkage
        count, rows, columns = matrices.shape
        alpha, means = self.alpha.reshape(()), means.reshape(count, rows)
        centre = _common_centre(means.detach())
        centres = torch.bmm((alpha * (means - centre))[:, None, :], matrices).reshape(-1)
        points = (x - alpha * centre).reshape(-1, rows)
        standard = torch.addmm(centres, points, self._flat_whitening, beta=-1)
        return standard.reshape(*x.shape[:-1], count, columns)

    def quadratic(self, standard: Tensor) -> Tensor:
        """a^T V^-1 a, (..., K)."""
        return squared_lengths(standard)

    def _common(self, reference: Tensor) -> Tensor:
        """The variance alpha^2 c + sigma^2 of the reference c (...,): (..., 1, 1)."""
        return self.alpha.square() * reference[..., None, None] + self.sigma.square()

    def gaps(self, reference: Tensor) -> Tensor:
        """Eigenvalues of I - V/(alpha^2 c + sigma^2), c the reference (...,): (..., K, m)."""
        difference = reference[..., None, None] - self.spectrum.eigenvalues
        return self.alpha.square() * difference / self._common(reference)

    def log_ratio(self, gaps: Tensor, reference: Tensor) -> Tensor:
        """The difference log |V| - d log(alpha^2 c + sigma^2), c the reference (...,), accurate when V is
        close to it; (..., K).
        """
        ratio = (self.variances / self._common(reference)).log()
        near = (-gaps.clamp(-0.5, 0.5)).log1p()
        return self.spectrum.trace(torch.where(gaps.abs() < 0.5, near, ratio))

    def excess(self, quadratic: Tensor, standard: Callable[[], Tensor], gaps: Tensor) -> Tensor:
        """The excess a^T (V^-1 - I/(alpha^2 c + sigma^2)) a, c the reference of the gaps: (..., K)."""
        return quadratic * gaps[..., 0] if self.is_isotropic else (standard().square() * gaps).sum(-1)

    def largest_gap(self, gaps: Tensor) -> Tensor:
        """The bound of |excess|/quadratic, (..., K)."""
        return gaps.abs().amax(-1)

    def solve(self, standard: Tensor) -> Tensor:
        """V^-1 a, (..., K, d)."""
        return self.spectrum.vectors(standard * self._shrinkage)

    def scores_beside(self, shift: Tensor, middle: Tensor, gaps: Tensor) -> Tensor:
        """V^-1 [shift - (I - V/(alpha^2 c + sigma^2)) middle], the gaps those of c: (..., K, d)."""
        coordinates = self.spectrum.coordinates
        return self.spectrum.vectors((coordinates(shift) - gaps * coordinates(middle)) / self.variances)

    def sum_of_solutions(self, weights: Tensor, standard: Tensor) -> Tensor:
        """sum_k w_k V_k^-1 a_k, (..., d)."""
        terms = weights[..., None] * standard
        if self._whitening is not None:
            return terms.flatten(-2) @ self._flat_whitening.mT
        return self.spectrum.sum_of_vectors(terms * self._shrinkage)

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
        return of_mean * self.spectrum.coordinates(mean) + of_point * self.spectrum.coordinates(point)

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
            return weighted_sum(weights * of_mean, mean) + (weights * of_point).sum(-1, True) * point[..., 0, :]
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
        ratio = (end.variances / self.variances).log()
        near = change.clamp(-0.5, 0.5).log1p()
        return self.spectrum.trace(torch.where(change.abs() < 0.5, near, ratio))


def _common_centre(means: Tensor) -> Tensor:
    """The centre of means (K, d) where every one of them is nearer to it than to the origin, else the origin."""
    centre = means.mean(0)
    nearer = (means - centre).norm(dim=-1) <= means.norm(dim=-1)
    common: Tensor = centre * nearer.all()
    return common
