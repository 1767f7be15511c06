"""Steps with frozen coefficients on Gaussian data, and how affine steps move moments."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import add_identity, symmetric
from gpu.fields.analytic import times
from gpu.paths import Path

__all__ = ["frozen_step_matrix", "frozen_step_offset", "propagate_covariance", "propagate_mean"]


def frozen_step_matrix(
    data: Gaussian,
    path: Path,
    t: Tensor | float,
    *,
    state_coefficient: Tensor | float,
    data_coefficient: Tensor | float,
) -> Tensor:
    """Matrix of the step x -> p x + q D(x) on Gaussian data: p I + q alpha S V^-1, (..., d, d), symmetric.

    Raises TypeError for data that are not Gaussian; ValueError for times outside the domain and singular V.

    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    state, gain = _checks.tensors(state_coefficient=state_coefficient, data_coefficient=data_coefficient)
    marginal = _frozen(data, path, t, state_coefficient=state, data_coefficient=gain)
    batch = _checks.broadcast(t=marginal.batch_shape, state_coefficient=state.shape, data_coefficient=gain.shape)
    level = marginal._components.variance_level()
    matrix = level.gain(state[..., None], gain[..., None]).as_matrix()
    return matrix[..., 0, :, :].expand(*batch, -1, -1)


def frozen_step_offset(data: Gaussian, path: Path, t: Tensor | float, *, data_coefficient: Tensor | float) -> Tensor:
    """Offset of the step x -> p x + q D(x) on Gaussian data: q (I - alpha K) mu = q sigma^2 V^-1 mu, (...,
    d).

    Raises as `frozen_step_matrix`.

    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    (gain,) = _checks.tensors(data_coefficient=data_coefficient)
    law = _frozen(data, path, t, data_coefficient=gain)._components
    batch = _checks.broadcast(t=law.batch_shape, data_coefficient=gain.shape)
    means = law.base_means
    offset = law.variance_level().regression(gain, torch.zeros_like(gain), means, torch.zeros_like(means))
    return offset[..., 0, :].expand(*batch, -1)


def _frozen(data: Gaussian, path: Path, t: Tensor | float, **coefficients: Tensor) -> Gaussian:
    """The marginal at t, seen from the data, after the checks that both formulas of a frozen step share."""
    _checks.gaussian("data", data, Gaussian, "a step is affine in x for Gaussian data only")
    _checks.tensors(data=data._components.base_means, **coefficients)
    _checks.finite(constructor=False, **coefficients)
    t = times(data, path, t)
    marginal = data._seen_at(path._alpha_at(t), path._sigma_at(t))
    marginal._components.require_density()
    return marginal


def propagate_mean(matrix: Tensor, offset: Tensor, mean: Tensor) -> Tensor:
    """Mean after an affine step: A m + c for A (..., d, d), c and m (..., d).

    Raises ValueError for shapes that do not fit and non-finite values, TypeError for mixed dtypes.

    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    matrix, offset, mean = _checks.tensors(matrix=matrix, offset=offset, mean=mean)
    size = _checks.square("matrix", matrix)
    _checks.event("offset", offset, size)
    _checks.event("mean", mean, size)
    _checks.broadcast(matrix=matrix.shape[:-2], offset=offset.shape[:-1], mean=mean.shape[:-1])
    _checks.finite(matrix=matrix, offset=offset, mean=mean)
    return (matrix @ mean[..., None])[..., 0] + offset


def propagate_covariance(matrix: Tensor, covariance: Tensor, noise_variance: Tensor | float) -> Tensor:
    """Covariance after an affine step with noise: A C A^T + v I, (..., d, d), exactly symmetric.

    matrix, covariance: (..., d, d); noise_variance: (...,), at least 0.

    Raises ValueError for shapes that do not fit, non-finite values, a covariance that is not symmetric or not
    positive semidefinite, a negative variance; TypeError for mixed dtypes.

    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    matrix, covariance, variance = _checks.tensors(matrix=matrix, covariance=covariance, noise_variance=noise_variance)
    size = _checks.square("matrix", matrix)
    _checks.covariance("covariance", covariance, size)
    _checks.broadcast(matrix=matrix.shape[:-2], covariance=covariance.shape[:-2], noise_variance=variance.shape)
    _checks.finite(matrix=matrix)
    _checks.nonnegative(noise_variance=variance)
    return add_identity(symmetric(matrix @ covariance @ matrix.mT), variance)
