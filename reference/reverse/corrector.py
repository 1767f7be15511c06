"""The Langevin corrector of a predictor-corrector sampler, on Gaussian data."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.paths._base import Path, checked_path
from reference.reverse._gaussian import congruence, gaussian_components, marginal, per_direction

__all__ = ["corrector_covariance", "corrector_mean"]


def corrector_mean(data: Gaussian, path: Path, mean: Array, t: Real, *, step: Real) -> Array:
    """Mean m - eta V^-1 (m - alpha mu) after one Langevin step x + eta score + sqrt(2 eta) z at level t.

    Shapes: mean (..., d), t and step (...) -> (..., d).  Domain: step > 0, wherever V is positive definite.
    Raises TypeError unless the data is Gaussian, ValueError where V is singular.
    Catalogue: P63 (Lai et al., arXiv 2510.21890).
    """
    centre = _checks.event("mean", _checks.real("mean", mean))
    components, alpha, rate = _langevin(data, path, t, step, mean=centre.shape[:-1])
    _checks.event("mean", centre, components.event_size)
    law = components.covariance
    residual = centre[..., None, :] - per_direction(alpha) * components.means
    return centre - law.from_eigenbasis(rate * law.to_eigenbasis(residual))[..., 0, :]


def corrector_covariance(data: Gaussian, path: Path, covariance: Array, t: Real, *, step: Real) -> Array:
    """Covariance (I - eta V^-1) C (I - eta V^-1) + 2 eta I after one Langevin step at level t.

    Shapes: covariance (..., d, d), t and step (...) -> (..., d, d), symmetric bit for bit.
    Domain: step > 0, wherever V is positive definite.
    Raises TypeError unless the data is Gaussian, ValueError where V is singular.
    Catalogue: P63 (Lai et al., arXiv 2510.21890).
    """
    spread = _checks.covariance("covariance", covariance)
    components, _, rate = _langevin(data, path, t, step, covariance=spread.shape[:-2])
    _checks.square("covariance", spread, components.event_size)
    noise = 2.0 * np.asarray(step)[..., None, None] * np.eye(components.event_size)
    return congruence(components, 1.0 - rate, spread) + noise


def _langevin(
    data: Gaussian, path: Path, t: Real, step: Real, **shapes: tuple[int, ...]
) -> tuple[Components, Array, Array]:
    """Components, alpha (...), and the eigenvalues of eta V^-1 (..., 1, d)."""
    components = gaussian_components(data, hint="the step is linear for Gaussian data only")
    checked = checked_path("path", path)
    time, length = _checks.time_in_domain(checked, t), _checks.positive("step", step)
    _checks.broadcast(data=components.batch_shape, **shapes, t=time.shape, step=length.shape)
    alpha = checked.alpha(time)
    return components, alpha, per_direction(length) / marginal(components, alpha, checked.sigma(time))
