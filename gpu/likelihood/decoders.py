"""Decoders of x_0 from x_t at the clean end: the exact posterior of Gaussian data, and a simpler one in its place.

Arguments, shapes and errors as in `gpu.likelihood.pointwise`; w = sigma^2/V and r = alpha^2 l/V are the shares of noise
and data in V.
"""

from __future__ import annotations

import math

from torch import Tensor

from gpu import _checks
from gpu._logarithms import log_of_product
from gpu.distributions import Gaussian
from gpu.likelihood._arguments import directions_of, noisy_time, numbers, place
from gpu.likelihood._levels import Level, squares_of
from gpu.paths import Path

__all__ = ["decoder_surrogate_at", "posterior_entropy", "reconstruction_at"]

_LOG_TWO_PI = math.log(2 * math.pi)


def reconstruction_at(data: Gaussian, path: Path, x0: Tensor, *, t_start: Tensor | float) -> Tensor:
    """E[-log p(x_0|x_start) | x_0] = 1/2 sum [log(2 pi l w) + w a^2/l + r] in nats, (...,).

    Raises ValueError where the data covariance is singular or sigma is 0.

    Catalogue: M12, M16 (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    x0, t = place(data, x0, t_start=t_start)
    noisy_time(path, t_start=t)
    data._components.require_density()
    return reconstruction(Level.at(directions, path, t), squares_of(directions, x0))


def reconstruction(level: Level, squares: Tensor) -> Tensor:
    """The same at a level."""
    errors = level.noise_share * squares / level.variances + level.data_share + _LOG_TWO_PI
    return (log_of_product(level.posterior_variances()) + errors.sum(-1)) / 2


def posterior_entropy(data: Gaussian, path: Path, *, t_start: Tensor | float) -> Tensor:
    """h(x_0|x_start) = 1/2 sum log(2 pi e l w) in nats, (...,).

    Raises ValueError where the data covariance is singular or sigma is 0.

    Catalogue: M18 (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    (t,) = numbers(data, t_start=t_start)
    noisy_time(path, t_start=t)
    data._components.require_density()
    return entropy_of_posterior(Level.at(directions, path, t))


def entropy_of_posterior(level: Level) -> Tensor:
    """The same at a level."""
    return (log_of_product(level.posterior_variances()) + level.variances.shape[-1] * (1 + _LOG_TWO_PI)) / 2


def decoder_surrogate_at(data: Gaussian, path: Path, x0: Tensor, *, t_start: Tensor | float, covariance: str) -> Tensor:
    """E[-log N(x_0; D, C) | x_0] in nats, (...,), for a Gaussian decoder about the denoiser D = E[x_0|x_start].

    covariance: "isotropic", C = (sigma^2/alpha^2) I; "posterior", C = Cov[x_0|x_start], which for Gaussian data is the
    exact decoder. Inside the open domain. Raises ValueError for others, and for "posterior" where the data covariance
    is singular.

    Catalogue: M16 (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    _checks.option("covariance", covariance, ("isotropic", "posterior"))
    x0, t = place(data, x0, t_start=t_start)
    noisy_time(path, signal=True, t_start=t)
    level, squares = Level.at(directions, path, t), squares_of(directions, x0)
    if covariance == "posterior":
        data._components.require_density()
        return reconstruction(level, squares)
    return data.event_size * (_LOG_TWO_PI / 2 - path._half_log_snr_at(t)) + level.noise_error(squares) / 2
