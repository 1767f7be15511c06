"""A law on a path at points x, component by component: what moves its density and its score."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gpu.distributions._components import View, _centred, _mean_norm
from gpu.distributions._law import Law
from gpu.distributions._memo import memo
from gpu.distributions._spectral_level import SpectralLevel
from gpu.fields.analytic import times, velocity_rates
from gpu.paths import Path

__all__ = ["Moving"]


@dataclass(frozen=True, eq=False)
class Moving:
    """Components k with shares r_k at x, and the rates a = alpha' and p = sigma sigma' of the path.

    A component's velocity is v_k = a mu_k + M_k (x - alpha mu_k), M_k = (a alpha S_k + p I) V_k^-1, its score
    s_k = -V_k^-1 (x - alpha mu_k); W = alpha sigma' - alpha' sigma.
    """

    view: View
    data_rate: Tensor
    noise_rate: Tensor

    @classmethod
    def at(cls, data: Law, path: Path, x: Tensor, t: Tensor | float) -> Moving:
        """The law at checked times and points, where it must have a density."""
        time = times(data, path, t)
        view = data._observed(x, path._alpha_at(time), path._sigma_at(time))
        return cls(view, *velocity_rates(path, time))

    @property
    def shares(self) -> Tensor:
        """r_k, (..., K)."""
        return self.view.responsibilities

    @property
    def alpha(self) -> Tensor:
        """The signal coefficient, (...,)."""
        return self.view.law.alpha

    @memo
    def turn(self) -> Tensor:
        """Sigma W = alpha p - a sigma^2 >= 0, a sum of two terms of one sign; (...,)."""
        return self.alpha * self.noise_rate - self.data_rate * self.view.law.sigma.square()

    @memo
    def scores(self) -> Tensor:
        """s_k, (..., K, d)."""
        return self.view.component_scores()

    def solve(self, vectors: Tensor) -> Tensor:
        """V_k^-1 a_k for vectors (..., K, d)."""
        zero, one = torch.zeros_like(self.alpha), torch.ones_like(self.alpha)
        return self.view.level.regression(zero, one, torch.zeros_like(vectors), vectors)

    def precisions(self) -> Tensor:
        """Tr V_k^-1, (..., K)."""
        return self.view.level.regression_trace(torch.zeros_like(self.alpha), torch.ones_like(self.alpha))

    def spreadings(self) -> Tensor:
        """Divergences tr M_k of the components' velocities, (..., K)."""
        return self.view.level.regression_trace(self.data_rate, self.noise_rate)

    @memo
    def _carried(self) -> tuple[Tensor, Tensor]:
        """The parts alpha' mu_k and M_k (x - alpha mu_k) of v_k, (..., K, d)."""
        mean, residual = self.view.law.base_means, self.view.residual
        spread = self.view.level.regression(self.data_rate, self.noise_rate, torch.zeros_like(mean), residual)
        return self.data_rate[..., None, None] * mean, spread

    def log_rates(self) -> Tensor:
        """d/dt log N(x; alpha mu_k, V_k) = -tr M_k - v_k.s_k, (..., K)."""
        shift, spread = self._carried
        return -(self.spreadings() + ((shift + spread) * self.scores).sum(-1))

    def score_rates(self) -> Tensor:
        """d/dt s_k = V_k^-1 v_k - M_k s_k = V_k^-1 [alpha' mu_k + 2 M_k (x - alpha mu_k)], (..., K, d)."""
        shift, spread = self._carried
        return self.solve(shift + 2 * spread)

    @memo
    def gaps(self) -> Tensor:
        """(s_k - s)/alpha = (D_k - D)/sigma^2 from the smaller of s_k/alpha and D_k/sigma^2, which differ by
        x/(alpha sigma^2): (..., K, d).
        """
        law, one = self.view.law, torch.ones_like(self.alpha)
        alpha, variance = law.alpha[..., None, None], law.sigma.square()[..., None, None]
        points = self.view.x[..., None, :]
        denoisers = self.view.level.regression(one, torch.zeros_like(one), law.base_means, points)
        by_data = denoisers / torch.where(variance > 0, variance, 1)
        by_score = self.scores / torch.where(alpha > 0, alpha, 1)
        shorter = (_mean_norm(self.shares, by_score) < _mean_norm(self.shares, by_data))[..., None, None]
        chosen = (variance == 0) | (shorter & (alpha > 0))
        return torch.where(chosen, _centred(self.shares, by_score), _centred(self.shares, by_data))

    def mean_square(self) -> Tensor:
        """sum_k r_k |s_k - s|^2/alpha^2, (...,)."""
        return _mean_norm(self.shares, self.gaps)

    @memo
    def _pull(self) -> Tensor:
        """alpha/(alpha^2 c + sigma^2), c the mean variance of the data: (..., 1)."""
        return self.view._scale

    def precision_gaps(self) -> Tensor:
        """(tr V_k^-1 - d/(alpha^2 c + sigma^2))/alpha, without their difference: (..., K)."""
        level, reference = self.view.level, self.view.reference
        if isinstance(level, SpectralLevel):
            lack = (reference[..., None, None] - level.spectrum.eigenvalues) / level.variances
            return self._pull * level.spectrum.trace(lack)
        return self._pull * (level.inverses() * _lack(reference, level.matrices)).sum((-2, -1))

    def bent_gaps(self) -> Tensor:
        """(V_k^-1 - I/(alpha^2 c + sigma^2)) (s_k - s)/alpha^2, without their difference: (..., K, d)."""
        lack = self.view.reference[..., None, None] * self.gaps - self.view.law.structure.apply(self.gaps)
        return self._pull[..., None] * self.solve(lack)


def _lack(reference: Tensor, matrices: Tensor) -> Tensor:
    """C I - S for c (...,) and matrices (..., K, d, d)."""
    eye = torch.eye(matrices.shape[-1], dtype=matrices.dtype, device=matrices.device)
    return reference[..., None, None, None] * eye - matrices
