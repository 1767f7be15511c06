"""Affine steps with a frozen denoiser on Gaussian data, and what an affine step does to mean and covariance."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.distributions._linear_algebra import apply, symmetrized
from reference.paths._base import Path, checked_path
from reference.reverse._gaussian import gaussian_components, marginal, per_direction, spectral

__all__ = ["frozen_step_matrix", "frozen_step_offset", "propagate_covariance", "propagate_mean"]


def frozen_step_matrix(
    data: Gaussian, path: Path, t: Real, *, state_coefficient: Real, data_coefficient: Real
) -> Array:
    """Matrix p I + q K of the step x -> p x + q D(x) + noise on Gaussian data, K = alpha S V^-1.

    Shapes: t and coefficients (...) -> (..., d, d), symmetric.  Domain: wherever V is positive definite.
    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    components, alpha, _, variances = _frozen(data, path, t)
    keep = per_direction(_checks.real("state_coefficient", state_coefficient))
    draw = per_direction(_checks.real("data_coefficient", data_coefficient))
    return spectral(components, keep + draw * (alpha * components.covariance.eigenvalues / variances))


def frozen_step_offset(data: Gaussian, path: Path, t: Real, *, data_coefficient: Real) -> Array:
    """Offset q (I - alpha K) mu = q sigma^2 V^-1 mu of the step x -> p x + q D(x) + noise on Gaussian data.

    Shapes: t and coefficient (...) -> (..., d).  Domain: wherever V is positive definite.
    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    components, _, sigma, variances = _frozen(data, path, t)
    draw = per_direction(_checks.real("data_coefficient", data_coefficient))
    law = components.covariance
    return law.from_eigenbasis(draw * sigma**2 / variances * law.to_eigenbasis(components.means))[..., 0, :]


def propagate_mean(matrix: Array, offset: Array, mean: Array) -> Array:
    """Mean A m + c after an affine step.

    Shapes: matrix (..., d, d), offset and mean (..., d) -> (..., d).
    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    centre = _checks.event("mean", _checks.real("mean", mean))
    shift = _checks.event("offset", _checks.real("offset", offset), centre.shape[-1])
    step = _checks.square("matrix", matrix, centre.shape[-1])
    _checks.broadcast(matrix=step.shape[:-2], offset=shift.shape[:-1], mean=centre.shape[:-1])
    return apply(step, centre) + shift


def propagate_covariance(matrix: Array, covariance: Array, noise_variance: Real) -> Array:
    """Covariance A C A^T + v I after an affine step with noise variance v >= 0, symmetric bit for bit.

    Shapes: matrix and covariance (..., d, d), noise_variance (...) -> (..., d, d).
    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    spread = _checks.covariance("covariance", covariance)
    size = spread.shape[-1]
    step = _checks.square("matrix", matrix, size)
    variance = _checks.nonnegative("noise_variance", noise_variance)
    _checks.broadcast(matrix=step.shape[:-2], covariance=spread.shape[:-2], noise_variance=variance.shape)
    carried = symmetrized(step @ spread @ np.swapaxes(step, -1, -2))
    return carried + variance[..., None, None] * np.eye(size)


def _frozen(data: Gaussian, path: Path, t: Real) -> tuple[Components, Array, Array, Array]:
    components, checked = gaussian_components(data), checked_path("path", path)
    time = _checks.time_in_domain(checked, t)
    _checks.broadcast(data=components.batch_shape, t=time.shape)
    alpha, sigma = checked.alpha(time), checked.sigma(time)
    return components, per_direction(alpha), per_direction(sigma), marginal(components, alpha, sigma)
