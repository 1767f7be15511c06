r"""What an error of the denoiser is in the other predictions, and the loss that no prediction can go below.

At a fixed noisy point an error dD of the denoiser is an error of (error scale) |dD| in another prediction.  A
regression on the conditional target (eps for the noise, -eps/sigma for the score, alpha' x_0 + sigma' eps for the
velocity, ...) therefore ends at the floor (error scale)^2 E|x_0 - E[x_0 | x_t]|^2.
The expectation is closed for Gaussian data, and a quadrature for any other law on the line (d = 1), whose relative
accuracy on moderate data is 1e-10.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._components import Components, Evaluation
from reference.distributions._law import Law
from reference.fields._levels import checked_law, gaussian_or_line
from reference.fields._line import expectation_on_the_line
from reference.fields._point import positive_level, variance_preserving
from reference.fields.analytic import Data
from reference.paths._base import Path, checked_path

__all__ = [
    "edm_output_error_scale",
    "edm_output_loss_floor",
    "minimum_mean_squared_error",
    "noise_error_scale",
    "noise_loss_floor",
    "score_error_scale",
    "score_loss_floor",
    "v_prediction_error_scale",
    "v_prediction_loss_floor",
    "velocity_error_scale",
    "velocity_loss_floor",
]


# ---------------------------------------------------------------------------------------- error scales


def noise_error_scale(*, alpha: Real, sigma: Real) -> Array:
    """Error of the noise prediction per error of the denoiser, alpha/sigma.

    Shapes: levels (...) -> (...).  Domain: sigma > 0.
    Catalogue: P23 (Lai et al., arXiv 2510.21890).
    """
    signal, noise = _noisy_levels(alpha, sigma)
    return np.asarray(signal / noise)


def score_error_scale(*, alpha: Real, sigma: Real) -> Array:
    """Error of the score per error of the denoiser, alpha/sigma^2.

    Shapes: levels (...) -> (...).  Domain: sigma > 0.
    Catalogue: P23 (Lai et al., arXiv 2510.21890).
    """
    signal, noise = _noisy_levels(alpha, sigma)
    return np.asarray(signal / noise / noise)


def velocity_error_scale(*, alpha: Real, half_log_snr_derivative: Real) -> Array:
    """Error of the velocity per error of the denoiser, alpha |lambda'|.

    Shapes: (...) -> (...).
    Catalogue: P23 (Lai et al., arXiv 2510.21890).
    """
    signal = _checks.nonnegative("alpha", alpha)
    rate = _checks.real("half_log_snr_derivative", half_log_snr_derivative)
    _checks.broadcast(alpha=signal.shape, half_log_snr_derivative=rate.shape)
    return np.asarray(signal * np.abs(rate))


def v_prediction_error_scale(*, alpha: Real, sigma: Real) -> Array:
    """Error of the v-prediction per error of the denoiser, sqrt(SNR + 1) = 1/sigma.

    Shapes: levels (...) -> (...).  Domain: sigma > 0.  Raises unless alpha^2 + sigma^2 = 1 within 8 u.
    Catalogue: P23 (Lai et al., arXiv 2510.21890).
    """
    _, noise = variance_preserving(*np.broadcast_arrays(*_noisy_levels(alpha, sigma)))
    return np.asarray(1.0 / noise)


def edm_output_error_scale(*, alpha: Real, sigma: Real, sigma_data: Real) -> Array:
    """Error of EDM's output F per error of the denoiser, 1/c_out = sqrt(sigma^2 + alpha^2 s^2)/(sigma s).

    Shapes: levels and s = sigma_data > 0 (...) -> (...).  Domain: sigma > 0.
    Catalogue: P23 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    signal, noise = _noisy_levels(alpha, sigma)
    s = _checks.positive("sigma_data", sigma_data)
    _checks.broadcast(alpha=signal.shape, sigma=noise.shape, sigma_data=s.shape)
    return np.asarray(np.hypot(noise, signal * s) / (noise * s))


# ---------------------------------------------------------------------------------------------- floors


def minimum_mean_squared_error(data: Data, path: Path, t: Real) -> Array:
    """E |x_0 - E[x_0 | x_t]|^2 = E tr Cov[x_0 | x_t], the floor of a denoiser's loss.

    Gaussian data: sum_j l_j sigma^2/(alpha^2 l_j + sigma^2), l_j the eigenvalues of S; any other law on the line
    by quadrature.
    Shapes: t (...) -> (...), broadcast with the data's batch.  Domain: the closed domain; 0 at sigma = 0.
    Raises ValueError for a law that is no Gaussian in d > 1: its expectation has no closed form.
    Catalogue: P22, P24 (Lai et al., arXiv 2510.21890).
    """
    law, checked, time = _level(data, path, t, open_left=False)
    sigma = checked.sigma(time)
    batch = np.broadcast_shapes(law.batch_shape, sigma.shape)
    noisy = np.broadcast_to(sigma > 0.0, batch)
    # Without noise nothing is left to estimate; any other level will do in its place.
    alpha, spread = np.where(noisy, checked.alpha(time), 1.0), np.where(noisy, sigma, 1.0)
    errors = _error_per_noise(law, alpha, spread)
    return np.asarray(np.where(noisy, spread**2 * errors, 0.0))


def noise_loss_floor(data: Data, path: Path, t: Real) -> Array:
    """E |eps - E[eps | x_t]|^2 = SNR E tr Cov[x_0 | x_t] = d - sigma^2 E|score|^2.

    Gaussian data: sum_j alpha^2 l_j/(alpha^2 l_j + sigma^2); any other law on the line by quadrature.
    Shapes: t (...) -> (...), broadcast with the data's batch.  Domain: sigma > 0.
    Raises ValueError for a law that is no Gaussian in d > 1.
    Catalogue: P24 (Lai et al., arXiv 2510.21890).
    """
    law, checked, time = _level(data, path, t)
    alpha, sigma = checked.alpha(time), checked.sigma(time)
    return np.asarray(alpha**2 * _error_per_noise(law, alpha, sigma))


def score_loss_floor(data: Data, path: Path, t: Real) -> Array:
    """E |-eps/sigma - score|^2 = (alpha^2/sigma^4) E tr Cov[x_0 | x_t] = d/sigma^2 - E|score|^2.

    Gaussian data: sum_j (alpha/sigma)^2 l_j/(alpha^2 l_j + sigma^2); any other law on the line by quadrature.
    Shapes: t (...) -> (...), broadcast with the data's batch.  Domain: sigma > 0.
    Raises ValueError for a law that is no Gaussian in d > 1.
    Catalogue: P24 (Lai et al., arXiv 2510.21890).
    """
    law, checked, time = _level(data, path, t)
    alpha, sigma = checked.alpha(time), checked.sigma(time)
    return np.asarray((alpha / sigma) ** 2 * _error_per_noise(law, alpha, sigma))


def velocity_loss_floor(data: Data, path: Path, t: Real) -> Array:
    """E |alpha' x_0 + sigma' eps - velocity|^2 = (alpha lambda')^2 E tr Cov[x_0 | x_t].

    Gaussian data: sum_j W^2 l_j/(alpha^2 l_j + sigma^2), W = alpha sigma' - alpha' sigma = -alpha sigma lambda',
    which stays finite where alpha vanishes; any other law on the line by quadrature.
    Shapes: t (...) -> (...), broadcast with the data's batch.  Domain: sigma > 0.
    Raises ValueError for a law that is no Gaussian in d > 1.
    Catalogue: P24 (Lai et al., arXiv 2510.21890).
    """
    law, checked, time = _level(data, path, t)
    alpha, sigma = checked.alpha(time), checked.sigma(time)
    turn = alpha * checked.sigma_derivative(time) - checked.alpha_derivative(time) * sigma  # W, a sum: alpha' <= 0
    return np.asarray(turn**2 * _error_per_noise(law, alpha, sigma))


def v_prediction_loss_floor(data: Data, path: Path, t: Real) -> Array:
    """E |alpha eps - sigma x_0 - v_prediction|^2 = E tr Cov[x_0 | x_t]/sigma^2.

    Gaussian data: sum_j l_j/(alpha^2 l_j + sigma^2); any other law on the line by quadrature.
    Shapes: t (...) -> (...), broadcast with the data's batch.  Domain: sigma > 0.
    Raises ValueError unless alpha^2 + sigma^2 = 1 within 8 u, and for a law that is no Gaussian in d > 1.
    Catalogue: P24 (Lai et al., arXiv 2510.21890).
    """
    law, checked, time = _level(data, path, t)
    alpha, sigma = variance_preserving(checked.alpha(time), checked.sigma(time))
    return _error_per_noise(law, alpha, sigma)


def edm_output_loss_floor(data: Data, path: Path, t: Real, *, sigma_data: Real) -> Array:
    """E |(x_0 - c_skip x_t/alpha)/c_out - edm_output|^2 = E tr Cov[x_0 | x_t]/c_out^2.

    Gaussian data: sum_j (w/s^2) l_j/(alpha^2 l_j + sigma^2), w = sigma^2 + alpha^2 s^2, s = sigma_data; any other
    law on the line by quadrature.  1 per dimension for data of variance s^2.
    Shapes: t and sigma_data (...) -> (...), broadcast with the data's batch.  Domain: sigma > 0.
    Raises ValueError for a law that is no Gaussian in d > 1.
    Catalogue: P24 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    law, checked, time = _level(data, path, t)
    s = _checks.positive("sigma_data", sigma_data)
    _checks.broadcast(data=law.batch_shape, t=time.shape, sigma_data=s.shape)
    alpha, sigma = checked.alpha(time), checked.sigma(time)
    scale = np.hypot(sigma / s, alpha) ** 2
    return np.asarray(scale * _error_per_noise(law, alpha, sigma))


# --------------------------------------------------------------------------------------------- private


def _noisy_levels(alpha: Real, sigma: Real) -> tuple[Array, Array]:
    signal, noise = _checks.levels(alpha, sigma)
    return signal, positive_level("sigma", noise)


def _level(data: object, path: object, t: Real, *, open_left: bool = True) -> tuple[Law, Path, Array]:
    """The checked arguments of a floor; ``open_left`` refuses a clean end without noise."""
    law, checked = checked_law(data), checked_path("path", path)
    time = _checks.time_in_domain(checked, t, open_left=open_left and checked._noise_vanishes)
    _checks.broadcast(data=law.batch_shape, t=time.shape)
    return law, checked, time


def _error_per_noise(law: Law, alpha: Array, sigma: Array) -> Array:
    """E tr Cov[x_0 | x_t]/sigma^2 at sigma > 0: sum_j l_j/(alpha^2 l_j + sigma^2) for Gaussian data."""
    if isinstance(law, Gaussian):
        eigenvalues = law._components.formed().covariance.eigenvalues[..., 0, :]
        return np.asarray(np.sum(_linear_error(eigenvalues, alpha[..., None], sigma[..., None]), axis=-1))
    gaussian_or_line(law)
    linear = _linear_error(law.covariance[..., 0, 0], alpha, sigma)
    # Relative to the best linear estimate, so that the quadrature's absolute accuracy serves every level.
    unit = np.where(linear > 0.0, linear, 1.0)
    units = unit.reshape(-1)

    def relative_error(noised: Components, at: Evaluation, which: NDArray[np.intp]) -> Array:
        within = _linear_error(noised.covariance.eigenvalues[..., 0], *noised.levels_by_component)
        between = noised.sigma**2 * at.deviation_covariance[..., 0, 0]
        return np.asarray((at.average(within, 0) + between) / units[which][:, None])

    return np.asarray(linear * expectation_on_the_line(law, alpha, sigma, relative_error))


def _linear_error(variance: Array, alpha: Array, sigma: Array) -> Array:
    """Error variance of the best linear estimate over sigma^2: l/(alpha^2 l + sigma^2), sigma^2 never formed."""
    ratio = variance / sigma
    return np.asarray(ratio / (alpha**2 * ratio + sigma))
