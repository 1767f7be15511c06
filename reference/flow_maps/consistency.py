"""Consistency functions, and the losses of consistency distillation and training at the exact function.

``clean`` and ``noisy`` are the two neighbouring times of a training pair; ``t_min`` is the time to which the
consistency function leads.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.fields import denoiser
from reference.fields._levels import checked_law
from reference.fields.analytic import Data
from reference.flow_maps._arguments import per_vector, vectors
from reference.flow_maps._coefficients import variance_at
from reference.flow_maps.oracle import oracle_map
from reference.paths._base import Path, checked_path
from reference.reverse import gaussian_components
from reference.transitions._arguments import ordered_times, state_and_times

__all__ = [
    "consistency_distillation_loss",
    "consistency_distillation_point",
    "consistency_function",
    "consistency_offset_weight",
    "consistency_training_excess",
    "consistency_training_loss",
    "consistency_training_point",
]

_hint = "the loss has a closed form for Gaussian data only"


def consistency_function(data: Data, path: Path, x: Array, t: Real, *, t_min: Real) -> Array:
    """The exact consistency function f(x, t) = Psi(x) from t to t_min, constant along trajectories.

    At t_min > 0 it leads to the noised law there, not to the data.
    Shapes: x (..., d), times (...) -> (..., d).  Domain: the closed domain, a density at both times.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P103 (Lai et al., arXiv 2510.21890).
    """
    law, checked, point = checked_law(data), checked_path("path", path), _checks.event("x", _checks.real("x", x))
    time, least = (_checks.time_in_domain(checked, value, name=name) for name, value in (("t", t), ("t_min", t_min)))
    _checks.broadcast(data=law.batch_shape, x=point.shape[:-1], t=time.shape, t_min=least.shape)
    return oracle_map(data, checked, point, t_start=time, t_end=least)


# ---------------------------------------------------------------------------------------- training pairs


def consistency_offset_weight(path: Path, *, clean: Real, noisy: Real) -> Array:
    """Weight c of x_0 in x_clean = (sigma_clean/sigma_noisy) x_noisy + c x_0 at a shared noise.

    alpha_clean - alpha_noisy sigma_clean/sigma_noisy = alpha_clean (1 - e^{-(lambda_clean - lambda_noisy)}).
    Shapes: times (...) -> (...).  Domain: the closed domain, clean < noisy; alpha_clean at sigma_clean = 0.
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    early, late = ordered_times(path, clean, noisy)
    return _offset_weight(path, early, late)


def consistency_training_point(path: Path, x0: Array, noise: Array, t: Real) -> Array:
    """The point alpha x_0 + sigma eps of consistency training, whose pair shares x_0 and eps.

    Shapes: x0, noise (..., d), t (...) -> (..., d).  Domain: the closed domain.
    Raises: TypeError, ValueError.
    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    checked, (data_point, normal) = checked_path("path", path), vectors(x0=x0, noise=noise)
    time = _checks.time_in_domain(checked, t)
    _checks.broadcast(x0=data_point.shape[:-1], noise=normal.shape[:-1], t=time.shape)
    return per_vector(checked.alpha(time)) * data_point + per_vector(checked.sigma(time)) * normal


def consistency_distillation_point(data: Data, path: Path, x: Array, *, clean: Real, noisy: Real) -> Array:
    """The teacher's point (sigma_clean/sigma_noisy) x + c D(x, noisy): a DDIM step with the exact denoiser D.

    It is the mean, given x_noisy = x, of the point of consistency training.
    Shapes: x (..., d), times (...) -> (..., d).  Domain: the closed domain, clean < noisy.
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    _, point, early, late = state_and_times(data, path, x, clean, noisy)
    kept = path._sigma_quotient(early, late)
    return per_vector(kept) * point + per_vector(_offset_weight(path, early, late)) * denoiser(data, path, point, late)


# ------------------------------------------------------------------------------------------------- losses


def consistency_distillation_loss(data: Gaussian, path: Path, *, clean: Real, noisy: Real, t_min: Real) -> Array:
    """E |f(x_DDIM, clean) - f(x_noisy, noisy)|^2 of the exact f, x_noisy ~ p_noisy: the teacher's discretisation error.

    In an eigendirection of variance l, with F the factor of the DDIM step and A = sqrt(V_clean/V_noisy) that of the
    flow, (V_min/V_clean) V_noisy (A - F)^2, where A - F = l (c sigma_noisy/V_noisy)^2/(A + F) cancels nothing.
    Of fourth order in the step.
    Shapes: times (...) broadcast with the data's batch -> (...).  Domain: the closed domain, t_min <= clean < noisy.
    Raises TypeError unless the data is Gaussian, ValueError outside the domain and for a singular V_clean.
    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    variances, weight, early, late, carried = _pair(data, path, clean, noisy, t_min)
    before, after = variance_at(path, early, variances, name="clean"), variance_at(path, late, variances, name="noisy")
    signal = per_vector(path.alpha(early) * path.alpha(late)) * variances
    taken = (signal + per_vector(path.sigma(early) * path.sigma(late))) / after
    lost = variances * per_vector((weight * path.sigma(late)) ** 2) / after**2 / (np.sqrt(before / after) + taken)
    return np.asarray(np.sum(carried * after * lost**2, axis=-1))


def consistency_training_loss(data: Gaussian, path: Path, *, clean: Real, noisy: Real, t_min: Real) -> Array:
    """E |f(x_clean, clean) - f(x_noisy, noisy)|^2 of the exact f over pairs that share x_0 and eps.

    The distillation loss plus the excess of consistency training; of second order in the step.
    Shapes: times (...) broadcast with the data's batch -> (...).  Domain: the closed domain, t_min <= clean < noisy.
    Raises TypeError unless the data is Gaussian, ValueError outside the domain and for a singular V_clean.
    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    distilled = consistency_distillation_loss(data, path, clean=clean, noisy=noisy, t_min=t_min)
    return np.asarray(distilled + consistency_training_excess(data, path, clean=clean, noisy=noisy, t_min=t_min))


def consistency_training_excess(data: Gaussian, path: Path, *, clean: Real, noisy: Real, t_min: Real) -> Array:
    """What training pays beyond distillation: c^2 tr(J Cov[x_0 | x_noisy] J^T), J the Jacobian of f at clean.

    sum_j c^2 (V_min/V_clean) sigma_noisy^2 l_j/V_noisy; of second order in the step.
    Shapes: times (...) broadcast with the data's batch -> (...).  Domain: the closed domain, t_min <= clean < noisy.
    Raises TypeError unless the data is Gaussian, ValueError outside the domain and for a singular V_clean.
    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    variances, weight, _, late, carried = _pair(data, path, clean, noisy, t_min)
    posterior = per_vector(path.sigma(late)) ** 2 * variances / variance_at(path, late, variances, name="noisy")
    return np.asarray(np.sum(carried * per_vector(weight) ** 2 * posterior, axis=-1))


# ------------------------------------------------------------------------------------------------ private


def _offset_weight(path: Path, early: Array, late: Array) -> Array:
    """Unchecked alpha_clean (1 - e^{-h})."""
    return np.asarray(-path.alpha(early) * np.expm1(-path._difference(early, late)))


def _pair(
    data: Gaussian, path: Path, clean: Real, noisy: Real, t_min: Real
) -> tuple[Array, Array, Array, Array, Array]:
    """Variances (..., d) of the data, the weight c, the times of the pair, and V_min/V_clean (..., d)."""
    components, (early, late) = gaussian_components(data, hint=_hint), ordered_times(path, clean, noisy)
    lowest = _checks.time_in_domain(path, t_min, name="t_min")
    shapes = {"clean": early.shape, "noisy": late.shape, "t_min": lowest.shape}
    _checks.broadcast(data=components.batch_shape, **shapes)
    _checks.below(equal_allowed=True, t_min=lowest, clean=early)
    variances = components.covariance.eigenvalues[..., 0, :]
    least = per_vector(path.alpha(lowest)) ** 2 * variances + per_vector(path.sigma(lowest)) ** 2
    return (
        variances,
        _offset_weight(path, early, late),
        early,
        late,
        least / variance_at(path, early, variances, name="clean"),
    )
