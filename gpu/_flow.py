"""The exact probability flow of Gaussian data: V_end^(1/2) V_start^(-1/2) and what is made of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.distributions._spectral_level import SpectralLevel
from gpu.paths import Path

__all__ = ["Flow"]

_INSTEAD = "the flow has a closed form for Gaussian data; in one dimension likelihood.quantile_map serves others"


@dataclass(frozen=True, eq=False)
class Flow:
    """Two marginals of one Gaussian law and the times they belong to."""

    path: Path
    t_start: Tensor
    t_end: Tensor
    start: Gaussian
    end: Gaussian

    @classmethod
    def between(cls, data: Gaussian, path: Path, t_start: Tensor | float, t_end: Tensor | float) -> Flow:
        """The flow between two times of the path's domain; raises where there is none."""
        _checks.gaussian("data", data, Gaussian, _INSTEAD)
        _, first, last = _checks.tensors(data=data._components.base_means, t_start=t_start, t_end=t_end)
        _checks.broadcast(data=data.batch_shape, t_start=first.shape, t_end=last.shape)
        _checks.time_in_domain(path, t_start=first, t_end=last)
        first, last = torch.broadcast_tensors(first, last)  # type: ignore[no-untyped-call]
        start, end = (data._seen_at(path._alpha_at(t), path._sigma_at(t)) for t in (first, last))
        start._components.require_density()
        return cls(path, first, last, start, end)

    def _levels(self) -> tuple[Any, Any]:
        """V_start and V_end, of one representation: both spectra, or both matrices."""
        return self.start._components.variance_level(), self.end._components.variance_level()

    def matrix(self) -> Tensor:
        """V_end^(1/2) V_start^(-1/2), (..., d, d)."""
        before, after = self._levels()
        matrix: Tensor = before.flow_to(after).as_matrix()
        return matrix[..., 0, :, :].expand(*self.start.batch_shape, -1, -1)

    def map(self, x: Tensor) -> Tensor:
        """m_end + V_end^(1/2) V_start^(-1/2) (x - m_start), (..., d)."""
        before, after = self._levels()
        view = self.start._view(x)
        factor = before.flow_to(after)
        if not isinstance(before, SpectralLevel):
            moved: Tensor = self.end._components.means() + factor.apply(view.residual)
            return moved[..., 0, :]
        spectrum, ratio = before.spectrum, factor.eigenvalues
        mean = self._of_mean(before, ratio) * spectrum.coordinates(self.end._components.base_means)
        point = ratio * spectrum.coordinates(view.x[..., None, :])
        return spectrum.vectors(mean + point)[..., 0, :]

    def _of_mean(self, before: SpectralLevel, ratio: Tensor) -> Tensor:
        """The coefficient alpha_end - alpha_start r = (alpha_end^2 sigma_start^2 - alpha_start^2
        sigma_end^2)/(v_start (...)).

        The numerator is a product with the drop of the SNR from the cleaner time to the noisier one.
        """
        a, b = self.start._components, self.end._components
        forward, clean, noisy = self._ordered()
        drop = torch.where(clean == noisy, 0, self.path._snr_drop_between(clean, noisy))
        noisy_sigma = torch.where(forward, b.sigma, a.sigma)
        clean_alpha = torch.where(forward, a.alpha, b.alpha)
        size = noisy_sigma.square() * clean_alpha.square() * drop
        numerator = torch.where(forward, -size, size)[..., None, None]
        total = b.alpha[..., None, None] + a.alpha[..., None, None] * ratio
        still = total == 0
        return torch.where(still, 0, numerator / before.variances / torch.where(still, 1, total))

    def _ordered(self) -> tuple[Tensor, Tensor, Tensor]:
        """Whether the flow runs toward noise, and its cleaner and its noisier time."""
        forward = self.t_start <= self.t_end
        clean = torch.where(forward, self.t_start, self.t_end)
        noisy = torch.where(forward, self.t_end, self.t_start)
        return forward, clean, noisy

    def _power_changes(self) -> tuple[Tensor, Tensor]:
        """alpha_end^2 - alpha_start^2 and sigma_end^2 - sigma_start^2, accurate for times close together."""
        forward, clean, noisy = self._ordered()
        signal, noise = self.path._power_changes_between(clean, noisy)
        return torch.where(forward, signal, -signal), torch.where(forward, noise, -noise)

    def log_prob_at_end(self, x: Tensor) -> Tensor:
        """Log p_end of the flow map of x, (...,): the flow keeps (x - m)^T V^-1 (x - m) as it is at the
        start.
        """
        _, after = self._levels()
        constant = self.end.event_size * math.log(2 * math.pi)
        total: Tensor = self.start._view(x).quadratic + after.log_determinant() + constant
        return -total[..., 0] / 2

    def log_determinant(self) -> Tensor:
        """1/2 log |V_end V_start^-1|, (...,)."""
        before, after = self._levels()
        signal, noise = self._power_changes()
        log: Tensor = before.log_determinant_to(after, signal[..., None], noise[..., None])
        return (log[..., 0] / 2).expand(self.start.batch_shape)
