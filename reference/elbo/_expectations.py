"""Minimum mean squared errors of Gaussian data and of laws on the line, at many levels at once."""

from __future__ import annotations

import numpy as np

from reference._checks import Array
from reference.distributions import Gaussian, GaussianMixture
from reference.divergences._mixtures import Mixtures
from reference.elbo._arguments import squared_errors, total
from reference.fields import minimum_mean_squared_error
from reference.fields._levels import checked_law, gaussian_or_line
from reference.paths import EDM
from reference.paths._base import Path

__all__ = ["errors_on_a_grid", "errors_on_the_line", "noise_to_signal"]


def errors_on_a_grid(data: object, path: Path, grid: Array) -> Array:
    """E |x_0 - E[x_0 | x_t]|^2 at times (n,), shape (*batch, n)."""
    law = gaussian_or_line(checked_law(data))
    if isinstance(law, Gaussian):
        values = law._components.formed().covariance.eigenvalues[..., 0, :]
        return total(squared_errors(values[..., None, :], path, grid))
    laws = Mixtures.of(law, law.batch_shape)
    count = len(laws.means)
    errors = errors_on_the_line(
        laws.rows(np.repeat(np.arange(count), len(grid))), np.tile(noise_to_signal(path, grid), count)
    )
    return errors.reshape(*law.batch_shape, len(grid))


def noise_to_signal(path: Path, time: Array) -> Array:
    """Quotient sigma/alpha on the closed domain, infinite where alpha vanishes."""
    with np.errstate(divide="ignore"):
        return np.asarray(path.sigma(time) / path.alpha(time))


def errors_on_the_line(laws: Mixtures, ratio: Array) -> Array:
    """The errors of N laws, each at its own ratio sigma/alpha (N,), which may be infinite.

    Each is measured in units of sigma/alpha or of the law's own deviation, whichever is less, so that the absolute
    accuracy of the quadrature is one relative to the error.
    """
    mean = np.sum(laws.weights * laws.means, axis=-1, keepdims=True)
    variance = np.sum(laws.weights * (laws.variances + (laws.means - mean) ** 2), axis=-1)
    known = (variance > 0.0) & np.isfinite(ratio)
    unit = np.where(known, np.minimum(ratio, np.sqrt(variance)), 1.0)[:, None]
    law = GaussianMixture.diagonal(
        laws.weights, ((laws.means - mean) / unit)[..., None], (laws.variances / unit**2)[..., None]
    )
    time = np.where(known, ratio / unit[:, 0], 1.0)
    errors = unit[:, 0] ** 2 * minimum_mean_squared_error(law, EDM(), time)
    return np.where(known, errors, variance)
