"""Gaussian data in the one eigenbasis that its covariance S shares with all marginals V = alpha^2 S + sigma^2 I."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.distributions._linear_algebra import outer, symmetrized
from reference.fields._levels import checked_law

__all__ = ["congruence", "gaussian_components", "marginal", "per_direction", "spectral"]

_flow_hint = "the flow of a mixture has no closed form; for d = 1 see likelihood.quantile_map"


def gaussian_components(data: object, *, hint: str = _flow_hint) -> Components:
    """The single component of Gaussian data, formed; other data are refused."""
    return _checks.instance("data", checked_law(data), Gaussian, hint=hint)._components.formed()


def per_direction(scalar: Array) -> Array:
    """A scalar per batch entry (...) as one that broadcasts with eigenvalues (..., 1, d)."""
    return np.asarray(scalar)[..., None, None]


def marginal(components: Components, alpha: Array, sigma: Array) -> Array:
    """Eigenvalues alpha^2 l + sigma^2 (..., 1, d) of V at levels (...); a singular V is refused."""
    variances = per_direction(alpha) ** 2 * components.covariance.eigenvalues + per_direction(sigma) ** 2
    if not np.all(variances > 0.0):
        raise ValueError(
            "covariance: expected a positive definite alpha^2 S + sigma^2 I, got smallest eigenvalue "
            f"{float(variances.min()):.6g}"
        )
    return variances


def spectral(components: Components, values: Array) -> Array:
    """The matrix (..., d, d) with eigenvalues (..., 1, d) in the data's eigenbasis, symmetric bit for bit."""
    return components.covariance.with_eigenvalues(values).matrix[..., 0, :, :]


def congruence(components: Components, values: Array, covariance: Array) -> Array:
    """A C A for the A with eigenvalues (..., 1, d) in the data's eigenbasis U: U (a a^T * U^T C U) U^T."""
    law = components.covariance
    turned = law.to_eigenbasis(np.swapaxes(law.to_eigenbasis(covariance), -1, -2))
    scaled = outer(values, values)[..., 0, :, :] * turned
    return symmetrized(law.from_eigenbasis(np.swapaxes(law.from_eigenbasis(scaled), -1, -2)))
