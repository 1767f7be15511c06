"""The two ends of a bound: the prior term at the noisy end and the decoder term at the clean end."""

from __future__ import annotations

import math

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference._special import linear_minus_log1p
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import eigensystem
from reference.elbo._arguments import (
    Moments,
    direction_axis,
    point,
    require_density,
    squared_errors,
    time_with_noise,
    total,
)
from reference.paths._base import Path, checked_path

__all__ = [
    "exact_reconstruction",
    "positive_errors",
    "prior_mismatch_at",
    "prior_term",
    "prior_term_at",
    "reconstruction_term",
]


# ---------------------------------------------------------------------------------------- noisy end


def prior_term_at(path: Path, x0: Array, *, t_end: Real) -> Array:
    r"""Prior term of one x_0: KL(N(alpha x_0, sigma^2 I) || N(0, I)) at t_end.

    1/2 [alpha^2 |x_0|^2 + d (sigma^2 - 1 - log sigma^2)].
    Accurate as sigma^2 approaches 1.  Shapes: x0 (..., d), t_end (...) -> (...).  Domain: sigma > 0.
    Raises: TypeError, ValueError for t_end outside the domain or shapes that do not fit.
    Catalogue: P43 (Lai et al., arXiv 2510.21890).
    """
    data = point("x0", x0)
    time = time_with_noise(path, t_end)
    _checks.broadcast(x0=data.shape[:-1], t_end=time.shape)
    return _prior(path, time, total(data**2), data.shape[-1])


def prior_term(data: Moments, path: Path, *, t_end: Real) -> Array:
    r"""Prior term averaged over the data: 1/2 [alpha^2 (|m|^2 + tr S) + d (sigma^2 - 1 - log sigma^2)].

    For any data law with mean m and covariance S.  Accurate as sigma^2 approaches 1.
    Shapes: t_end (...) broadcasts with the data's batch shape -> (...).  Domain: sigma > 0.
    Raises: TypeError, ValueError for t_end outside the domain or shapes that do not fit.
    Catalogue: P43 (Lai et al., arXiv 2510.21890).
    """
    time = time_with_noise(path, t_end)
    _checks.broadcast(data=data.batch_shape, t_end=time.shape)
    second_moment = total(data.mean**2) + np.trace(data.covariance, axis1=-2, axis2=-1)
    return _prior(path, time, second_moment, data.event_size)


def prior_mismatch_at(path: Path, x0: Array, *, t_end: Real, mean: Array, variance: Real) -> Array:
    r"""Prior term of one x_0 for another Gaussian prior: KL(N(alpha x_0, sigma^2 I) || N(m, v I)) at t_end.

    1/2 [|alpha x_0 - m|^2/v + d (sigma^2/v - 1 - log(sigma^2/v))].
    Accurate as sigma^2 approaches v.  Shapes: x0 and mean (..., d), t_end and variance (...) -> (...).
    Domain: sigma > 0, variance > 0.
    Raises: TypeError, ValueError for t_end outside the domain, a variance that is not positive, or shapes that do
    not fit.
    Catalogue: M29 (McAllester, arXiv 2301.11108); P43 (Lai et al., arXiv 2510.21890).
    """
    data = point("x0", x0)
    centre = point("mean", mean, data.shape[-1])
    time, spread = time_with_noise(path, t_end), _checks.positive("variance", variance)
    _checks.broadcast(x0=data.shape[:-1], t_end=time.shape, mean=centre.shape[:-1], variance=spread.shape)
    noise_variance = path.sigma(time) ** 2
    shift = total((direction_axis(path.alpha(time)) * data - centre) ** 2) / spread
    mismatch = linear_minus_log1p((noise_variance - spread) / spread, np.log(noise_variance / spread))
    return np.asarray(0.5 * (shift + data.shape[-1] * mismatch))


# ---------------------------------------------------------------------------------------- clean end


def reconstruction_term(data: Gaussian, path: Path, *, t_start: Real, variance: Real | None = None) -> Array:
    r"""Decoder term E[-log p(x_0 | x_start)], averaged over the data.

    Gaussian decoder N(D, v I): d/2 log(2 pi v) + sum_j mmse_j/(2v).  variance=None is the exact posterior:
    1/2 log|2 pi e Cov[x_0 | x_start]|.
    Shapes: t_start and variance (...) broadcast with the data's batch shape -> (...).
    Domain: the closed domain for a variance > 0; sigma > 0 and a positive definite covariance for None.
    Raises: TypeError unless the data is Gaussian; ValueError outside the domain.
    Catalogue: P43 (Lai et al., arXiv 2510.21890).
    """
    _checks.instance("data", data, Gaussian)
    values, _ = eigensystem(data.covariance)
    if variance is None:
        time = time_with_noise(path, t_start, name="t_start")
        _checks.broadcast(data=data.batch_shape, t_start=time.shape)
        return exact_reconstruction(values, path, time)
    time, chosen = (
        _checks.time_in_domain(checked_path("path", path), t_start, name="t_start"),
        _checks.positive("variance", variance),
    )
    _checks.broadcast(data=data.batch_shape, t_start=time.shape, variance=chosen.shape)
    error = total(squared_errors(values, path, time))
    return 0.5 * (data.event_size * np.log(2.0 * math.pi * chosen) + error / chosen)


# ------------------------------------------------------------------------------------------ helpers


def exact_reconstruction(values: Array, path: Path, time: Array) -> Array:
    """Entropy of the posterior at a time, from the eigenvalues of the data covariance."""
    return 0.5 * total(np.log(2.0 * math.pi * math.e * positive_errors(values, path, time)))


def positive_errors(values: Array, path: Path, time: Array) -> Array:
    """mmse_j at a time, where none of them vanishes."""
    errors = squared_errors(values, path, time)
    require_density("data", values, errors)
    return errors


def _prior(path: Path, time: Array, second_moment: Array, size: int) -> Array:
    excess_variance = -path._variance_deficit(time)
    spread = linear_minus_log1p(np.asarray(excess_variance), 2.0 * np.log(path.sigma(time)))
    return 0.5 * (path.alpha(time) ** 2 * second_moment + size * spread)
