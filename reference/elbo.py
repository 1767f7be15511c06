"""Terms of the variational bound on -log p(x_0) for Gaussian data, in nats, summed over dimensions.

A step runs from the time ``noisy`` to the time ``clean``; l_j are the eigenvalues of the data covariance,
mmse_j = l_j sigma^2/(alpha^2 l_j + sigma^2) those of Cov[x_0 | x_noisy], and b the bridge variance.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference._special import linear_minus_log1p
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import eigensystem
from reference.paths._base import Path, checked_path
from reference.transitions import bridge_variance, reverse_step_covariance

__all__ = [
    "diffusion_term",
    "diffusion_term_at",
    "diffusion_weight",
    "fixed_variance_term",
    "negative_elbo",
    "optimal_step_covariance",
    "prior_term",
    "prior_term_at",
    "reconstruction_term",
    "variance_gap",
]


class _Moments(Protocol):
    @property
    def event_size(self) -> int: ...

    @property
    def batch_shape(self) -> tuple[int, ...]: ...

    @property
    def mean(self) -> Array: ...

    @property
    def covariance(self) -> Array: ...


# -------------------------------------------------------------------------------------------- prior


def prior_term_at(path: Path, x0: Array, *, t_end: Real) -> Array:
    r"""Prior term of one x_0: KL(N(alpha x_0, sigma^2 I) || N(0, I)) at t_end.

    1/2 [alpha^2 |x_0|^2 + d (sigma^2 - 1 - log sigma^2)].
    Accurate as sigma^2 approaches 1.  Shapes: x0 (..., d), t_end (...) -> (...).  Domain: sigma > 0.
    Raises: TypeError, ValueError for t_end outside the domain or shapes that do not fit.
    Catalogue: P43 (Lai et al., arXiv 2510.21890).
    """
    data = _checks.event("x0", _checks.real("x0", x0))
    time = _time_with_noise(path, t_end)
    _checks.broadcast(x0=data.shape[:-1], t_end=time.shape)
    return _prior(path, time, _total(data**2), data.shape[-1])


def prior_term(data: _Moments, path: Path, *, t_end: Real) -> Array:
    r"""Prior term averaged over the data: 1/2 [alpha^2 (|m|^2 + tr S) + d (sigma^2 - 1 - log sigma^2)].

    For any data law with mean m and covariance S.  Accurate as sigma^2 approaches 1.
    Shapes: t_end (...) broadcasts with the data's batch shape -> (...).  Domain: sigma > 0.
    Raises: TypeError, ValueError for t_end outside the domain or shapes that do not fit.
    Catalogue: P43 (Lai et al., arXiv 2510.21890).
    """
    time = _time_with_noise(path, t_end)
    _checks.broadcast(data=data.batch_shape, t_end=time.shape)
    second_moment = _total(data.mean**2) + np.trace(data.covariance, axis1=-2, axis2=-1)
    return _prior(path, time, second_moment, data.event_size)


# ---------------------------------------------------------------------------------- diffusion steps


def diffusion_weight(path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Weight of a step's squared error: (SNR_clean - SNR_noisy)/2, formed without the difference.

    Shapes: times (...) -> (...).  Domain: clean < noisy, sigma_clean > 0.
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: P41 (Lai et al., arXiv 2510.21890); M9 (McAllester, arXiv 2301.11108) for Brownian.
    """
    early, late = _step(path, clean, noisy)
    return 0.5 * (path.alpha(early) / path.sigma(early)) ** 2 * path._snr_drop(early, late)


def diffusion_term_at(path: Path, x0: Array, denoised: Array, *, clean: Real, noisy: Real) -> Array:
    r"""KL of a step with the bridge variance: diffusion_weight |x_0 - denoised|^2.

    Shapes: x0 and denoised (..., d), times (...) -> (...).  Domain: clean < noisy, sigma_clean > 0.
    Raises: TypeError, ValueError for times outside the domain or not ordered, or shapes that do not fit.
    Catalogue: P41 (Lai et al., arXiv 2510.21890); M9 (McAllester, arXiv 2301.11108) for Brownian.
    """
    data = _checks.event("x0", _checks.real("x0", x0))
    estimate = _checks.event("denoised", _checks.real("denoised", denoised), data.shape[-1])
    early, late = _step(path, clean, noisy)
    _checks.broadcast(x0=data.shape[:-1], denoised=estimate.shape[:-1], clean=early.shape, noisy=late.shape)
    return diffusion_weight(path, clean=early, noisy=late) * _total((data - estimate) ** 2)


def diffusion_term(data: Gaussian, path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""A step with the bridge variance and the exact denoiser, averaged: diffusion_weight sum_j mmse_j.

    Shapes: times (...) broadcast with the data's batch shape -> (...).
    Domain: clean < noisy, sigma_clean > 0.
    Raises: TypeError unless the data is Gaussian; ValueError for times outside the domain or not ordered.
    Catalogue: P41 (Lai et al., arXiv 2510.21890).
    """
    values, early, late = _data_step(data, path, clean, noisy)
    return 0.5 * _total(_excess(values, path, early, late))


def optimal_step_covariance(data: Gaussian, path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Covariance that minimises a step: b I + bridge_data_weight^2 Cov[x_0 | x_noisy], (..., d, d).

    Shapes: times (...) broadcast with the data's batch shape.  Domain: the closed domain, clean < noisy.
    Raises: TypeError unless the data is Gaussian; ValueError for times outside the domain or not ordered.
    Catalogue: P39, P40 (Lai et al., arXiv 2510.21890).
    """
    _checks.instance("data", data, Gaussian)
    return reverse_step_covariance(data, path, data.mean, clean=clean, noisy=noisy)


def fixed_variance_term(data: Gaussian, path: Path, *, clean: Real, noisy: Real, variance: Real) -> Array:
    r"""A step with covariance v I, averaged: sum_j 1/2 [log(v/b) + v*_j/v - 1], v*_j = b + c_0^2 mmse_j.

    Summed as (e - log(1 + e)) + log(v*_j/b) with e = v*_j/v - 1, both never negative; c_0 is
    bridge_data_weight.
    Shapes: times and variance (...) broadcast with the data's batch shape -> (...).
    Domain: clean < noisy, sigma_clean > 0, variance > 0.
    Raises: TypeError unless the data is Gaussian; ValueError outside the domain.
    Catalogue: P42 (Lai et al., arXiv 2510.21890).
    """
    values, early, late = _data_step(data, path, clean, noisy)
    chosen = _checks.positive("variance", variance)
    _checks.broadcast(data=data.batch_shape, clean=early.shape, noisy=late.shape, variance=chosen.shape)
    excess = _excess(values, path, early, late)
    bridge = _direction_axis(bridge_variance(path, clean=early, noisy=late))
    optimal = bridge * (1.0 + excess)
    spread = _direction_axis(chosen)
    mismatch = linear_minus_log1p((optimal - spread) / spread, np.log(optimal / spread))
    return 0.5 * _total(mismatch + np.log1p(excess))


def variance_gap(data: Gaussian, path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Excess of a step with the bridge variance over the optimal one: sum_j 1/2 (r_j - 1 - log r_j).

    r_j = v*_j/b; r_j - 1 = (SNR_clean - SNR_noisy) mmse_j is formed directly, so that r_j ~ 1 loses nothing.
    Shapes: times (...) broadcast with the data's batch shape -> (...).
    Domain: clean < noisy, sigma_clean > 0.
    Raises: TypeError unless the data is Gaussian; ValueError for times outside the domain or not ordered.
    Catalogue: P42, P44 (Lai et al., arXiv 2510.21890).
    """
    values, early, late = _data_step(data, path, clean, noisy)
    return 0.5 * _total(linear_minus_log1p(_excess(values, path, early, late)))


# --------------------------------------------------------------------------- reconstruction and total


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
        time = _time_with_noise(path, t_start, name="t_start")
        _checks.broadcast(data=data.batch_shape, t_start=time.shape)
        return _exact_reconstruction(values, path, time)
    time, chosen = (
        _checks.time_in_domain(checked_path("path", path), t_start, name="t_start"),
        _checks.positive("variance", variance),
    )
    _checks.broadcast(data=data.batch_shape, t_start=time.shape, variance=chosen.shape)
    error = _total(_squared_errors(values, path, time))
    return 0.5 * (data.event_size * np.log(2.0 * math.pi * chosen) + error / chosen)


def negative_elbo(data: Gaussian, path: Path, times: Array, *, variance: str = "optimal") -> Array:
    r"""Negative ELBO averaged over the data: exact reconstruction at times[0] + steps + prior at times[-1].

    variance="optimal": steps sum_j 1/2 log r_j, and the whole is entropy + KL(p_T || N(0, I)) on every grid.
    variance="bridge": steps sum_j 1/2 (r_j - 1), larger by the sum of variance_gap.
    Shapes: times (n,) strictly increasing -> the data's batch shape.  Domain: sigma(times[0]) > 0.
    The reconstruction and the steps are large of opposite signs when times[0] is very clean: the rounding
    error is that of their sizes.
    Raises: TypeError unless the data is Gaussian; ValueError for times outside the domain or not increasing,
    a singular covariance, or an unknown variance.
    Catalogue: P44 (Lai et al., arXiv 2510.21890).
    """
    _checks.instance("data", data, Gaussian)
    choice = _checks.option("variance", variance, ("optimal", "bridge"))
    grid = _time_with_noise(path, _checks.increasing("times", times), name="times")
    values, _ = eigensystem(data.covariance)
    excess = _excess(values[..., None, :], path, grid[:-1], grid[1:])
    steps = np.log1p(excess) if choice == "optimal" else excess
    reconstruction = _exact_reconstruction(values, path, grid[0])
    return reconstruction + 0.5 * _total(_total(steps)) + prior_term(data, path, t_end=grid[-1])


# ------------------------------------------------------------------------------------------- private


def _time_with_noise(path: Path, t: object, *, name: str = "t_end") -> Array:
    checked = checked_path("path", path)
    return _checks.time_in_domain(checked, t, name=name, open_left=checked._noise_vanishes)


def _step(path: Path, clean: Real, noisy: Real) -> tuple[Array, Array]:
    checked = checked_path("path", path)
    return _checks.ordered(checked, clean, noisy, open_left=checked._noise_vanishes)


def _data_step(data: Gaussian, path: Path, clean: Real, noisy: Real) -> tuple[Array, Array, Array]:
    """Eigenvalues of the data covariance and the times of a step."""
    _checks.instance("data", data, Gaussian)
    early, late = _step(path, clean, noisy)
    _checks.broadcast(data=data.batch_shape, clean=early.shape, noisy=late.shape)
    return eigensystem(data.covariance)[0], early, late


def _total(values: Array) -> Array:
    """Sum over the last axis."""
    return np.asarray(np.sum(values, axis=-1))


def _direction_axis(batch: Array) -> Array:
    return np.asarray(batch)[..., None]


def _prior(path: Path, time: Array, second_moment: Array, size: int) -> Array:
    excess_variance = -path._variance_deficit(time)
    spread = linear_minus_log1p(np.asarray(excess_variance), 2.0 * np.log(path.sigma(time)))
    return 0.5 * (path.alpha(time) ** 2 * second_moment + size * spread)


def _squared_errors(values: Array, path: Path, time: Array) -> Array:
    """mmse_j at a time, (..., d)."""
    signal, noise = _direction_axis(path.alpha(time) ** 2), _direction_axis(path.sigma(time) ** 2)
    return values * noise / (signal * values + noise)


def _excess(values: Array, path: Path, clean: Array, noisy: Array) -> Array:
    """r_j - 1 = (SNR_clean - SNR_noisy) mmse_j, (..., d)."""
    weight = diffusion_weight(path, clean=clean, noisy=noisy)
    return 2.0 * _direction_axis(weight) * _squared_errors(values, path, noisy)


def _exact_reconstruction(values: Array, path: Path, time: Array) -> Array:
    """Entropy of the posterior at a time."""
    errors = _squared_errors(values, path, time)
    if np.any(errors <= 0.0):
        raise ValueError(
            "data: expected a positive definite covariance (a singular one has no density), got smallest "
            f"eigenvalue {float(values.min()):.6g}"
        )
    return 0.5 * _total(np.log(2.0 * math.pi * math.e * errors))
