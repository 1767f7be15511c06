r"""Expansions of the likelihood formulas at their two ends: much noise (SNR -> 0) and little (sigma/alpha -> 0)."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions._law import Law
from reference.distributions._linear_algebra import apply
from reference.fields._levels import checked_law
from reference.fields.analytic import Data
from reference.likelihood._arguments import noisy_time, place
from reference.paths._base import Path, checked_path

__all__ = ["boundary_reconstruction_at", "divergence_tail_at", "information_tail", "small_noise_bias_at"]


def divergence_tail_at(data: Data, path: Path, x0: Array, t: Real) -> Array:
    r"""Two terms of KL_y near pure noise: |x_0 - m|^2/(2T) + [tr C^2/4 - (x_0 - m)^T C (x_0 - m)/2]/T^2.

    T = sigma^2/alpha^2, m and C the mean and covariance of the data; what is left out is O(T^-3).
    Shapes: x0 (..., d), t (...) -> (...).  Domain: sigma > 0.
    Raises: TypeError, ValueError.
    Catalogue: M14 (McAllester, arXiv 2301.11108).
    """
    checked, time = noisy_time(path, t)
    law, point = place(data, x0, t=time.shape)
    snr = _snr(checked, time)
    shift, covariance = point - law.mean, law.covariance
    quadratic = np.sum(shift * apply(covariance, shift), axis=-1)
    return np.asarray(snr * (0.5 * np.sum(shift**2, axis=-1) + snr * (0.25 * _squared(covariance) - 0.5 * quadratic)))


def information_tail(data: Data, path: Path, t: Real) -> Array:
    r"""Two terms of I(x_0; x_t) near pure noise: tr C/(2T) - tr C^2/(4T^2), T = sigma^2/alpha^2.

    The average of divergence_tail_at over the data, C their covariance; what is left out is O(T^-3).
    Shapes: t (...) broadcasts with the data's batch shape -> (...).  Domain: sigma > 0.
    Raises: TypeError, ValueError.
    Catalogue: M14 (McAllester, arXiv 2301.11108).
    """
    law = checked_law(data)
    checked, time = noisy_time(path, t)
    _checks.broadcast(data=law.batch_shape, t=time.shape)
    snr, covariance = _snr(checked, time), law.covariance
    trace = np.trace(covariance, axis1=-2, axis2=-1)
    return np.asarray(snr * (0.5 * trace - 0.25 * snr * _squared(covariance)))


def small_noise_bias_at(data: Data, path: Path, x0: Array, t: Real) -> Array:
    r"""Leading term of E[-log p_z(z) | x_0] + log p(x_0), z = x_t/alpha: -nu^2 (laplacian + |gradient|^2/2) of log p.

    nu = sigma/alpha, laplacian and gradient of log p at x_0; what is left out is O(nu^4).
    Shapes: x0 (..., d), t (...) -> (...).  Domain: alpha > 0, data with a density.
    Raises: TypeError, ValueError; ValueError for data without a density.
    Catalogue: M15 (McAllester, arXiv 2301.11108).
    """
    checked = checked_path("path", path)
    time = _checks.time_in_domain(checked, t, open_right=checked._signal_vanishes)
    law, point = place(data, x0, t=time.shape)
    return np.asarray(-((checked.sigma(time) / checked.alpha(time)) ** 2) * _curvature(law, point))


def boundary_reconstruction_at(data: Data, path: Path, x0: Array, *, t_start: Real) -> Array:
    r"""Two terms of reconstruction_at for little noise: d/2 log(2 pi e nu^2) + nu^2 (laplacian + |gradient|^2/2).

    nu = sigma/alpha, laplacian and gradient of log p at x_0; what is left out is O(nu^4).
    Shapes: x0 (..., d), t_start (...) -> (...).  Domain: sigma > 0 and alpha > 0, data with a density.
    Raises: TypeError, ValueError; ValueError for data without a density.
    Catalogue: M16 (McAllester, arXiv 2301.11108).
    """
    checked, time = noisy_time(path, t_start, name="t_start", open_right=True)
    law, point = place(data, x0, t_start=time.shape)
    variance = (checked.sigma(time) / checked.alpha(time)) ** 2
    logarithm = 0.5 * law.event_size * np.log(2.0 * np.pi * np.e * variance)
    return np.asarray(logarithm + variance * _curvature(law, point))


# ---------------------------------------------------------------------------------------------- private


def _snr(path: Path, time: Array) -> Array:
    return np.asarray((path.alpha(time) / path.sigma(time)) ** 2)


def _squared(covariance: Array) -> Array:
    """Trace of C^2."""
    return np.asarray(np.sum(covariance**2, axis=(-2, -1)))


def _curvature(law: Law, x0: Array) -> Array:
    """Laplacian + |gradient|^2/2 of log p."""
    laplacian = np.trace(law.hessian(x0), axis1=-2, axis2=-1)
    return np.asarray(laplacian + 0.5 * np.sum(law.score(x0) ** 2, axis=-1))
