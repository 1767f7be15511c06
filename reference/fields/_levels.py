"""Path coefficients in the form that stays finite over the whole closed domain."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._law import Law
from reference.paths._base import Path, checked_path

__all__ = ["checked_law", "gaussian_or_line", "state", "velocity_coefficients"]


def checked_law(data: object, name: str = "data") -> Law:
    """A data law of this package, else TypeError."""
    return _checks.instance(name, data, Law, hint="Gaussian, GaussianMixture or PointCloud")


def gaussian_or_line(law: Law, name: str = "data") -> Law:
    """The law, when its expectations are within reach: Gaussian in any dimension, anything on the line."""
    if not isinstance(law, Gaussian) and law.event_size != 1:
        raise ValueError(
            f"{name}: expected a Gaussian, or any law with d = 1 (elsewhere the expectation has no closed form), got a "
            f"{type(law).__name__} with d = {law.event_size}; likelihood.monte_carlo_integral works in any dimension"
        )
    return law


def state(data: object, path: object, x: object, t: object) -> tuple[Law, Path, Array, Array]:
    """The checked arguments of an analytic field: event sizes agree, batch axes broadcast."""
    law, checked = checked_law(data), checked_path("path", path)
    point = _checks.event("x", _checks.real("x", x), law.event_size)
    time = _checks.time_in_domain(checked, t)
    _checks.broadcast(data=law.batch_shape, x=point.shape[:-1], t=time.shape)
    return law, checked, point, time


def velocity_coefficients(path: Path, t: Real) -> tuple[Array, Array, Array]:
    """The products sigma (alpha' sigma - alpha sigma'), alpha alpha', sigma sigma' on the closed domain.

    Where alpha >= sigma they are -alpha g^2/2, alpha^2 f and g^2/2 + sigma^2 f, since sigma' may diverge at
    sigma = 0; elsewhere they come from the derivatives, since f and g^2 may diverge at alpha = 0.
    """
    time = np.asarray(t, dtype=np.float64)
    alpha, sigma = path.alpha(time), path.sigma(time)
    clean = alpha >= sigma
    mean, signal, noise = np.empty_like(alpha), np.empty_like(alpha), np.empty_like(alpha)

    a, s = alpha[clean], sigma[clean]
    drift, half_diffusion = path.drift(time[clean]), 0.5 * path.diffusion_squared(time[clean])
    mean[clean], signal[clean] = -a * half_diffusion, a**2 * drift
    noise[clean] = half_diffusion + s**2 * drift

    a, s = alpha[~clean], sigma[~clean]
    da, ds = path.alpha_derivative(time[~clean]), np.array(path.sigma_derivative(time[~clean]))
    # Under a constant signal sigma' = -sigma lambda': it shares sigma's own rounding, which V_k has too.
    flat = da == 0.0
    ds[flat] = -s[flat] * path.half_log_snr_derivative(time[~clean][flat])
    mean[~clean], signal[~clean], noise[~clean] = s * (da * s - a * ds), a * da, s * ds
    return mean, signal, noise
