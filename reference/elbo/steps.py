"""The terms of one reverse step: exact denoiser or a given one, with a choice of variances."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference._special import linear_minus_log1p
from reference.distributions import Gaussian
from reference.elbo._arguments import data_step, direction_axis, point, squared_errors, step, total
from reference.paths._base import Path, checked_path
from reference.transitions import bridge_variance

__all__ = [
    "diffusion_term",
    "diffusion_term_at",
    "diffusion_weight",
    "excess",
    "fixed_variance_term",
    "forward_variance_gap",
    "forward_variance_term_at",
    "noise_term_at",
    "variance_gap",
]


# --------------------------------------------------------------------------------- given predictions


def diffusion_weight(path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Weight of a step's squared error: (SNR_clean - SNR_noisy)/2, formed without the difference.

    Shapes: times (...) -> (...).  Domain: clean < noisy, sigma_clean > 0.
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: P41 (Lai et al., arXiv 2510.21890); M9 (McAllester, arXiv 2301.11108) for Brownian.
    """
    early, late = step(path, clean, noisy)
    return 0.5 * (path.alpha(early) / path.sigma(early)) ** 2 * path._snr_drop(early, late)


def diffusion_term_at(path: Path, x0: Array, denoised: Array, *, clean: Real, noisy: Real) -> Array:
    r"""KL of a step with the bridge variance: diffusion_weight |x_0 - denoised|^2.

    Shapes: x0 and denoised (..., d), times (...) -> (...).  Domain: clean < noisy, sigma_clean > 0.
    Raises: TypeError, ValueError for times outside the domain or not ordered, or shapes that do not fit.
    Catalogue: P41 (Lai et al., arXiv 2510.21890); M9 (McAllester, arXiv 2301.11108) for Brownian.
    """
    data = point("x0", x0)
    estimate = point("denoised", denoised, data.shape[-1])
    early, late = step(path, clean, noisy)
    _checks.broadcast(x0=data.shape[:-1], denoised=estimate.shape[:-1], clean=early.shape, noisy=late.shape)
    return diffusion_weight(path, clean=early, noisy=late) * total((data - estimate) ** 2)


def noise_term_at(path: Path, true_noise: Array, noise: Array, *, clean: Real, noisy: Real) -> Array:
    r"""The same term in predictions of the noise: 1/2 (e^{2 (lambda_clean - lambda_noisy)} - 1) |eps - noise|^2.

    The weight is q/(1 - q), q = 1 - SNR_noisy/SNR_clean, so that no large exponent is rounded.
    Shapes: true_noise and noise (..., d), times (...) -> (...).
    Domain: clean < noisy, sigma_clean > 0 and alpha_noisy > 0 (elsewhere the half log-SNR diverges).
    Raises: TypeError, ValueError for times outside the domain or not ordered, or shapes that do not fit.
    Catalogue: P41 (Lai et al., arXiv 2510.21890).
    """
    truth = point("true_noise", true_noise)
    estimate = point("noise", noise, truth.shape[-1])
    early, late = _between_ends(path, clean, noisy)
    _checks.broadcast(true_noise=truth.shape[:-1], noise=estimate.shape[:-1], clean=early.shape, noisy=late.shape)
    left = (path._alpha_quotient(early, late) * path._sigma_quotient(early, late)) ** 2
    return np.asarray(0.5 * (path._snr_drop(early, late) / left) * total((truth - estimate) ** 2))


def forward_variance_term_at(path: Path, x0: Array, denoised: Array, *, clean: Real, noisy: Real) -> Array:
    r"""Distance of the means of a step in its forward variance: 1/2 q SNR_noisy |x_0 - denoised|^2.

    q = 1 - SNR_noisy/SNR_clean; on the Brownian path D/(2 t^2) |x_0 - denoised|^2 for the step D = t_noisy - t_clean.
    The KL of the bridge from such a step is this plus d times forward_variance_gap.
    Shapes: x0 and denoised (..., d), times (...) -> (...).  Domain: the closed domain, clean < noisy.
    Raises: TypeError, ValueError for times outside the domain or not ordered, or shapes that do not fit.
    Catalogue: M9 (McAllester, arXiv 2301.11108).
    """
    data = point("x0", x0)
    estimate = point("denoised", denoised, data.shape[-1])
    checked = checked_path("path", path)
    early, late = _checks.ordered(checked, clean, noisy)
    _checks.broadcast(x0=data.shape[:-1], denoised=estimate.shape[:-1], clean=early.shape, noisy=late.shape)
    weight = 0.5 * (checked.alpha(late) / checked.sigma(late)) ** 2 * checked._snr_drop(early, late)
    return np.asarray(weight * total((data - estimate) ** 2))


def forward_variance_gap(path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""KL of the bridge from the same mean with the forward variance, per dimension: 1/2 (-q - log(1 - q)).

    q = 1 - SNR_noisy/SNR_clean; a series in q where the step is short, and log(1 - q) from the half log-SNRs.
    Shapes: times (...) -> (...).  Domain: clean < noisy, sigma_clean > 0 and alpha_noisy > 0 (q < 1).
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: M9 (McAllester, arXiv 2301.11108).
    """
    early, late = _between_ends(path, clean, noisy)
    log_ratio = np.asarray(-2.0 * path._difference(early, late))
    return 0.5 * linear_minus_log1p(-path._snr_drop(early, late), log_ratio)


# ------------------------------------------------------------------------------------ exact denoiser


def diffusion_term(data: Gaussian, path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""A step with the bridge variance and the exact denoiser, averaged: diffusion_weight sum_j mmse_j.

    Shapes: times (...) broadcast with the data's batch shape -> (...).
    Domain: clean < noisy, sigma_clean > 0.
    Raises: TypeError unless the data is Gaussian; ValueError for times outside the domain or not ordered.
    Catalogue: P41 (Lai et al., arXiv 2510.21890).
    """
    values, early, late = data_step(data, path, clean, noisy)
    return 0.5 * total(excess(values, path, early, late))


def fixed_variance_term(data: Gaussian, path: Path, *, clean: Real, noisy: Real, variance: Real) -> Array:
    r"""A step with covariance v I, averaged: sum_j 1/2 [log(v/b) + v*_j/v - 1], v*_j = b + c_0^2 mmse_j.

    Summed as (e - log(1 + e)) + log(v*_j/b) with e = v*_j/v - 1, both never negative; c_0 is
    bridge_data_weight.
    Shapes: times and variance (...) broadcast with the data's batch shape -> (...).
    Domain: clean < noisy, sigma_clean > 0, variance > 0.
    Raises: TypeError unless the data is Gaussian; ValueError outside the domain.
    Catalogue: P42 (Lai et al., arXiv 2510.21890).
    """
    values, early, late = data_step(data, path, clean, noisy)
    chosen = _checks.positive("variance", variance)
    _checks.broadcast(data=data.batch_shape, clean=early.shape, noisy=late.shape, variance=chosen.shape)
    growth = excess(values, path, early, late)
    bridge = direction_axis(bridge_variance(path, clean=early, noisy=late))
    optimal = bridge * (1.0 + growth)
    spread = direction_axis(chosen)
    mismatch = linear_minus_log1p((optimal - spread) / spread, np.log(optimal / spread))
    return 0.5 * total(mismatch + np.log1p(growth))


def variance_gap(data: Gaussian, path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Excess of a step with the bridge variance over the optimal one: sum_j 1/2 (r_j - 1 - log r_j).

    r_j = v*_j/b; r_j - 1 = (SNR_clean - SNR_noisy) mmse_j is formed directly, so that r_j ~ 1 loses nothing.
    Shapes: times (...) broadcast with the data's batch shape -> (...).
    Domain: clean < noisy, sigma_clean > 0.
    Raises: TypeError unless the data is Gaussian; ValueError for times outside the domain or not ordered.
    Catalogue: P42, P44 (Lai et al., arXiv 2510.21890).
    """
    values, early, late = data_step(data, path, clean, noisy)
    return 0.5 * total(linear_minus_log1p(excess(values, path, early, late)))


# ------------------------------------------------------------------------------------------- helpers


def excess(values: Array, path: Path, clean: Array, noisy: Array) -> Array:
    """r_j - 1 = (SNR_clean - SNR_noisy) mmse_j, (..., d)."""
    weight = diffusion_weight(path, clean=clean, noisy=noisy)
    return 2.0 * direction_axis(weight) * squared_errors(values, path, noisy)


def _between_ends(path: Path, clean: Real, noisy: Real) -> tuple[Array, Array]:
    """The times of a step at both of which the half log-SNR is finite."""
    checked = checked_path("path", path)
    return _checks.ordered(
        checked, clean, noisy, open_left=checked._noise_vanishes, open_right=checked._signal_vanishes
    )
