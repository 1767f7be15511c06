"""Gaussian data against a Gaussian model of them, at any level of noise, without a difference of large numbers.

Both covariances are taken along their own eigenvectors. With Delta = S_data - S_model and A = sigma^2 V^-1 of either,
the denoisers differ by A_model (m_data - m_model) on average and by alpha A_model Delta V_data^-1 (x - alpha m_data)
besides, and the posterior covariances by A_model Delta A_data.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu._excess import excess_over_log, small_excess_over_log
from gpu._logarithms import log_of_product
from gpu.distributions import Gaussian
from gpu.elbo._terms import excess, weight
from gpu.paths import Path

__all__ = ["Comparison", "step_shares"]

_NEAR = 0.5


def step_shares(path: Path, clean: Tensor, noisy: Tensor) -> tuple[Tensor, Tensor]:
    """The shares q = 1 - SNR_noisy/SNR_clean and 1 - q."""
    kept = path._kernel_alpha_between(clean, noisy).square() * path._variance_at(clean) / path._variance_at(noisy)
    return path._snr_drop_between(clean, noisy), kept


@dataclass(frozen=True, eq=False)
class Comparison:
    """Eigenvalues of both, (*B, d), and what is between the two systems of eigenvectors.

    shift: U_model^T (m_data - m_model). difference: U_model^T Delta U_data. rotation: U_model^T U_data.
    """

    data: Gaussian
    data_levels: Tensor
    model_levels: Tensor
    shift: Tensor
    difference: Tensor
    rotation: Tensor

    @classmethod
    def of(cls, data: Gaussian, model: Directions) -> Comparison:
        """Data and a model of one event size."""
        own = Directions.of(data)
        _, mean = _checks.tensors(model=model.data.mean, data=data.mean)
        _checks.event("data", mean, model.data.event_size)
        _checks.broadcast(model=model.data.batch_shape, data=data.batch_shape)
        basis, other = _basis(own), _basis(model)
        delta = data.covariance - model.data.covariance
        shift = (other.mT @ (mean - model.data.mean)[..., None])[..., 0]
        return cls(data, own.variances, model.variances, shift, other.mT @ delta @ basis, other.mT @ basis)

    def second_moments(self) -> Tensor:
        """E (U_model^T (x_0 - m_model))^2 over the data, (*B, d)."""
        return self.shift.square() + (self.rotation.square() @ self.data_levels[..., None])[..., 0]

    def prior(self, path: Path, t: Tensor) -> Tensor:
        """KL(the noisy data || N(0, I)) at a time."""
        signal = path._alpha_at(t).square()
        seen = signal * self.data_levels
        spread = excess_over_log(seen + path._variance_at(t), seen + path._variance_excess_at(t)).sum(-1)
        return 0.5 * (spread + signal * self.data.mean.square().sum(-1))

    def steps(self, path: Path, clean: Tensor, noisy: Tensor, *, forward: bool) -> Tensor:
        """The sum over steps (n,) of E KL(the data's reverse step || the model's at a variance), (*B,).

        With r the data's variance over the step's: 1/2 (r - 1 - log r), and the squared difference of the denoisers.
        """
        levels = self.data_levels[..., None, :]
        if forward:
            drop, kept = step_shares(path, clean, noisy)
            noise = _noise_share(levels, path, noisy)
            known = levels * path._alpha_at(noisy).square()[:, None] / path._variance_at(noisy)[:, None] * noise
            ratio, less = kept[:, None] + drop[:, None] * known, -drop[:, None] * noise
            scale = 0.5 * drop * path._alpha_at(noisy).square() / path._variance_at(noisy)
        else:
            less = excess(levels, path, clean, noisy)
            ratio, scale = 1 + less, weight(path, clean, noisy)
        share = _noise_share(self.model_levels[..., None, :], path, noisy)
        error = (share.square() * self._errors(path, noisy)).sum(-1)
        return 0.5 * excess_over_log(ratio, less).sum((-2, -1)) + (scale * error).sum(-1)

    def decoder(self, path: Path, t: Tensor) -> Tensor:
        """E KL(the data's posterior of x_0 || the model's) at a time, (*B,)."""
        model, data = (_noise_share(levels, path, t) for levels in (self.model_levels, self.data_levels))
        error = (model / self.model_levels * self._errors(path, t[None])[..., 0, :]).sum(-1)
        posterior, ours = model * self.model_levels, data * self.data_levels
        left, right = (model / self.model_levels).sqrt(), posterior.rsqrt()
        between = (self.difference * data[..., None, :]) @ self.rotation.mT
        whitened = left[..., :, None] * between * right[..., None, :]
        values = torch.linalg.eigvalsh((whitened + whitened.mT) / 2)
        near = small_excess_over_log(values).sum(-1)
        trace = (self.rotation.square() * ours[..., None, :] / posterior[..., :, None]).sum((-2, -1))
        far = trace - ours.shape[-1] - log_of_product(ours / posterior)
        return 0.5 * (torch.where(values.abs().amax(-1) < _NEAR, near, far) + error)

    def _errors(self, path: Path, times: Tensor) -> Tensor:
        """The denoisers' mean squared differences over a_model^2 at times (n,), shift^2 + SNR difference^2 a_data."""
        snr = (path._alpha_at(times).square() / path._variance_at(times))[:, None]
        noise = _noise_share(self.data_levels[..., None, :], path, times)
        return self.shift.square()[..., None, :] + snr * (noise @ self.difference.square().mT)


def _noise_share(levels: Tensor, path: Path, t: Tensor) -> Tensor:
    """The share a = sigma^2/V, (..., d)."""
    noise = path._variance_at(t)[..., None]
    return noise / (path._alpha_at(t).square()[..., None] * levels + noise)


def _basis(directions: Directions) -> Tensor:
    """The eigenvectors (*B, d, d) as columns."""
    basis = directions.spectrum.whole_basis()
    if basis is None:
        size, values = directions.data.event_size, directions.variances
        return torch.eye(size, dtype=values.dtype, device=values.device)
    return basis[..., 0, :, :]
