"""Rates of divergences along a path: of two Gaussians, and of the path measures of a score that is wrong by A x + b."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.distributions._law import Law
from gpu.distributions._linear_algebra import add_identity
from gpu.evolution._affine import mean_square
from gpu.evolution._arguments import affine
from gpu.fields.analytic import times, velocity_rates
from gpu.paths import Path

__all__ = ["kl_rate", "path_divergence_rate"]


def kl_rate(data: Gaussian, other: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """d/dt KL(p_t||q_t) = -g^2/2 E_p|grad log p_t - grad log q_t|^2 <= 0 of two Gaussians on one path, (...,).

    With V_p = L L^T and g^2/2 = sigma W/alpha the expectation is a sum of squares of alpha^2 V_q^-1 (S_p - S_q) L^-T
    and alpha V_q^-1 (m_p - m_q), so it is accurate where the laws are close or drowned in noise.

    Batch shapes of the laws and t broadcast. Raises TypeError for other laws than Gaussians; ValueError for laws of
    two event sizes, times outside the domain and singular marginals.

    Catalogue: P28 (Lai et al., arXiv 2510.21890), M26 (McAllester, arXiv 2301.11108).
    """
    for name, law in {"data": data, "other": other}.items():
        _checks.gaussian(name, law, Gaussian, "the rate has a closed form for two Gaussian laws only")
    time = times(data, path, t)
    mean, far = _checks.tensors(data=data.mean, other=other.mean)
    _checks.event("the mean of other", far, data.event_size)
    _checks.broadcast(data=data.batch_shape, other=other.batch_shape, t=time.shape)
    alpha, variance = path._alpha_at(time), path._variance_at(time)
    data_rate, noise_rate = velocity_rates(path, time)
    spread = data.covariance - other.covariance
    delta = (mean - far)[..., None]
    root, wide = (_factor(name, law, alpha, variance) for name, law in (("data", data), ("other", other)))
    batch = _checks.broadcast(delta=delta.shape[:-2], root=root.shape[:-2], wide=wide.shape[:-2])
    root, wide, spread, delta = (value.expand(*batch, *value.shape[-2:]) for value in (root, wide, spread, delta))
    columns = torch.linalg.solve_triangular(root, torch.cholesky_solve(spread, wide).mT, upper=False)
    squares = alpha.square() * _squares(columns) + _squares(torch.cholesky_solve(delta, wide))
    return -(alpha * (alpha * noise_rate - data_rate * variance)) * squares


def path_divergence_rate(data: Law, path: Path, matrix: Tensor, offset: Tensor, t: Tensor | float) -> Tensor:
    """Rate g^2/2 E|A x_t + b|^2 >= 0 of the KL divergence of reverse processes whose scores differ by A x + b, (...,).

    E|A x_t + b|^2 = tr(A V A^T) + |A m + b|^2, a sum of squares over the components of any data law. matrix A:
    (..., d, d); offset b: (..., d); batch axes broadcast with t and the data's batch.

    Raises ValueError for times outside the domain or where alpha is 0, and shapes that do not fit.

    Catalogue: P52 (Lai et al., arXiv 2510.21890).
    """
    _, time = _checks.tensors(data=data.mean, t=t)
    _checks.time_in_domain(path, open_end=path._alpha_vanishes, t=time)
    matrix, offset = affine(data.mean, matrix, offset, data=data.batch_shape, t=time.shape)
    law = data._seen_at(path._alpha_at(time), path._sigma_at(time))._components
    return path._diffusion_squared_at(time) / 2 * mean_square(law, matrix, offset)


def _factor(name: str, law: Gaussian, alpha: Tensor, variance: Tensor) -> Tensor:
    """Lower Cholesky factor of alpha^2 S + sigma^2 I; NaN where there is none and values are not checked."""
    covariance = add_identity(alpha.square()[..., None, None] * law.covariance, variance)
    factor, failed = torch.linalg.cholesky_ex(covariance)
    _checks.factored(f"the covariance of {name}", covariance, factor, failed)
    return torch.where((failed == 0)[..., None, None], factor, torch.nan)


def _squares(matrix: Tensor) -> Tensor:
    return matrix.square().sum((-2, -1))
