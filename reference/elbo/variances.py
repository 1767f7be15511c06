"""Which variance a reverse step should have, and the loss that learns it."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian, GaussianMixture, PointCloud
from reference.elbo._arguments import step
from reference.fields import minimum_mean_squared_error
from reference.fields._levels import checked_law
from reference.paths._base import Path, checked_path
from reference.transitions import bridge_data_weight, bridge_variance, reverse_step_covariance

__all__ = ["hybrid_loss", "interpolated_variance", "optimal_step_covariance", "optimal_step_variance"]


def optimal_step_covariance(data: Gaussian, path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Covariance that minimises a step: b I + bridge_data_weight^2 Cov[x_0 | x_noisy], (..., d, d).

    Shapes: times (...) broadcast with the data's batch shape.  Domain: the closed domain, clean < noisy.
    Raises: TypeError unless the data is Gaussian; ValueError for times outside the domain or not ordered.
    Catalogue: P39, P40 (Lai et al., arXiv 2510.21890).
    """
    _checks.instance("data", data, Gaussian)
    return reverse_step_covariance(data, path, data.mean, clean=clean, noisy=noisy)


def optimal_step_variance(
    data: Gaussian | GaussianMixture | PointCloud, path: Path, *, clean: Real, noisy: Real
) -> Array:
    r"""Isotropic variance that minimises a step: b + c_0^2 mmse/d, c_0 = bridge_data_weight (Analytic-DPM).

    Gaussian data in closed form; any other law for d = 1, with fields.minimum_mean_squared_error.
    Shapes: times (...) broadcast with the data's batch shape -> (...).  Domain: the closed domain, clean < noisy.
    Raises: TypeError; ValueError for times outside the domain or not ordered, and for d > 1 unless the data is
    Gaussian.
    Catalogue: P39, P40 (Lai et al., arXiv 2510.21890).
    """
    law, checked = checked_law(data), checked_path("path", path)
    early, late = _checks.ordered(checked, clean, noisy)
    _checks.broadcast(data=law.batch_shape, clean=early.shape, noisy=late.shape)
    error = minimum_mean_squared_error(data, checked, late) / law.event_size
    weight = bridge_data_weight(checked, clean=early, noisy=late)
    return bridge_variance(checked, clean=early, noisy=late) + weight**2 * error


def interpolated_variance(path: Path, fraction: Real, *, clean: Real, noisy: Real) -> Array:
    r"""Learned variance exp(f log beta + (1 - f) log beta~) between bridge (f = 0) and kernel variance (f = 1).

    q sigma_noisy^{2 f} sigma_clean^{2 (1 - f)}, q = 1 - SNR_noisy/SNR_clean.
    Shapes: fraction f and times (...) -> (...).  Domain: clean < noisy, sigma_clean > 0; any real fraction.
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: P50 (Lai et al., arXiv 2510.21890).
    """
    early, late = step(path, clean, noisy)
    share = _checks.real("fraction", fraction)
    _checks.broadcast(fraction=share.shape, clean=early.shape, noisy=late.shape)
    # From the nearer end, so that the exponent of sigma_clean/sigma_noisy is known to its last bit.
    bridge_side = share < 0.5
    anchor = np.where(bridge_side, path.sigma(early), path.sigma(late)) ** 2
    exponent = np.where(bridge_side, -2.0 * share, 2.0 * (1.0 - share))
    return np.asarray(path._snr_drop(early, late) * anchor * path._sigma_quotient(early, late) ** exponent)


def hybrid_loss(simple: Real, bound: Real, *, weight: Real = 0.001) -> Array:
    r"""Loss that learns mean and variance together: L_simple + weight L_bound.

    Shapes: (...) each, broadcasting.  Domain: weight >= 0.
    Raises: TypeError, ValueError for a negative weight or shapes that do not fit.
    Catalogue: P50 (Lai et al., arXiv 2510.21890).
    """
    one, other = _checks.real("simple", simple), _checks.real("bound", bound)
    share = _checks.nonnegative("weight", weight)
    _checks.broadcast(simple=one.shape, bound=other.shape, weight=share.shape)
    return np.asarray(one + share * other)
