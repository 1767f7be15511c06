r"""McAllester's non-variational analysis for one x_0: an equality for every point, no bound.

KL_y(t) = KL(N(alpha x_0, sigma^2 I) || p_t) falls from the clean end to the noisy one at the rate of the denoiser's
squared error mse_y(t) = E[|x_0 - D(x_t)|^2 | x_0]; with SNR = alpha^2/sigma^2, dKL_y = mse_y dSNR/2.
Closed forms for Gaussian data in any dimension; any other law on the line (d = 1) by quadrature, over log(sigma/alpha)
and over the noise, to 1e-10 (1 + |f|). In nats.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian, PointCloud
from reference.distributions._law import Law
from reference.fields._levels import gaussian_or_line
from reference.fields.analytic import Data
from reference.likelihood import _directions
from reference.likelihood._arguments import interval, noisy_time, place, with_density
from reference.likelihood._expectations import Indices, log_noise_to_signal, log_noise_to_signal_range, over_levels
from reference.likelihood._line import Mixtures, Noised
from reference.paths._base import Path, checked_path

__all__ = [
    "atom_negative_log_likelihood",
    "decoder_surrogate_at",
    "divergence_at",
    "divergence_rate_at",
    "pointwise_integral",
    "pointwise_negative_log_likelihood",
    "reconstruction_at",
    "smoothed_negative_log_likelihood",
    "squared_error_at",
]


# -------------------------------------------------------------------------------------------- at one time


def squared_error_at(data: Data, path: Path, x0: Array, t: Real) -> Array:
    r"""mse_y(t) = E[|x_0 - D(x_t)|^2 | x_0], the squared error of the exact denoiser averaged over the noise.

    Gaussian data: sum_j sigma^2 (sigma^2 a_j^2 + alpha^2 l_j^2)/(alpha^2 l_j + sigma^2)^2, a = U^T (x_0 - mean).
    Shapes: x0 (..., d), t (...) -> (...).  Domain: the closed domain, wherever p_t has a density.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M11 (McAllester, arXiv 2301.11108).
    """
    checked = checked_path("path", path)
    time = _checks.time_in_domain(checked, t)
    law, point = place(data, x0, t=time.shape)
    if np.any(path.sigma(time) == 0.0):
        with_density(gaussian_or_line(law))
    if isinstance(law, Gaussian):
        values, at = _directions.variances(law), _directions.places(law, point)
        return np.asarray(_directions.level(checked, time, values).squared_errors(at**2).sum(axis=-1))
    noised, log_nu, shape = _noised(law, checked, point, time)
    errors = np.exp(2.0 * log_nu) * noised.squared_error()
    return np.where(checked.sigma(time) > 0.0, errors.reshape(shape), 0.0)


def divergence_at(data: Data, path: Path, x0: Array, t: Real) -> Array:
    r"""KL_y(t) = KL(N(alpha x_0, sigma^2 I) || p_t) >= 0, with full relative accuracy near pure noise.

    Gaussian data: 1/2 sum_j [log(1 + alpha^2 l_j/sigma^2) + alpha^2 (a_j^2 - l_j)/(alpha^2 l_j + sigma^2)].
    Shapes: x0 (..., d), t (...) -> (...).  Domain: sigma > 0; 0 at alpha = 0.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M6, M12 (McAllester, arXiv 2301.11108).
    """
    checked, time = noisy_time(path, t)
    law, point = place(data, x0, t=time.shape)
    if isinstance(law, Gaussian):
        values, at = _directions.variances(law), _directions.places(law, point)
        return np.asarray(0.5 * _directions.level(checked, time, values).divergences(at**2).sum(axis=-1))
    noised, _, shape = _noised(law, checked, point, time)
    return np.where(checked.alpha(time) > 0.0, noised.divergence().reshape(shape), 0.0)


def divergence_rate_at(data: Data, path: Path, x0: Array, t: Real) -> Array:
    r"""d/dt KL_y(t) = -g^2/2 (alpha^2/sigma^4) mse_y(t); with respect to SNR it is mse_y/2.

    Shapes: x0 (..., d), t (...) -> (...).  Domain: sigma > 0 and alpha > 0.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M11, M19p (McAllester, arXiv 2301.11108).
    """
    checked, time = noisy_time(path, t, open_right=True)
    law, point = place(data, x0, t=time.shape)
    signal, noise = checked.alpha(time) ** 2, checked.sigma(time) ** 2
    half_diffusion = 0.5 * checked.diffusion_squared(time)
    if isinstance(law, Gaussian):
        values, at = _directions.variances(law), _directions.places(law, point)
        scaled = _directions.level(checked, time, values).scaled_squared_errors(at**2).sum(axis=-1)
        return np.asarray(-half_diffusion * (signal / noise) * scaled)
    noised, _, shape = _noised(law, checked, point, time)
    return np.asarray(-(half_diffusion / noise) * noised.squared_error().reshape(shape))


def reconstruction_at(data: Data, path: Path, x0: Array, *, t_start: Real) -> Array:
    r"""E[-log p(x_0 | x_start) | x_0], by the density of the exact posterior.

    Gaussian data: 1/2 sum_j [log(2 pi c_j) + (sigma^2 a_j^2 + alpha^2 l_j^2)/(V_j l_j)], c_j = l_j sigma^2/V_j.
    It tends to -infinity as sigma does to 0, as d/2 log(2 pi e sigma^2/alpha^2).
    Shapes: x0 (..., d), t_start (...) -> (...).  Domain: sigma > 0, data with a density.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M12, M16 (McAllester, arXiv 2301.11108).
    """
    checked, time = noisy_time(path, t_start, name="t_start")
    law, point = place(data, x0, t_start=time.shape)
    with_density(gaussian_or_line(law))
    if isinstance(law, Gaussian):
        values, at = _directions.variances(law), _directions.places(law, point)
        return _directions.level(checked, time, values).reconstruction(at**2).value()
    noised, log_nu, shape = _noised(law, checked, point, time)
    return np.asarray((noised.reconstruction() + log_nu).reshape(shape))


def decoder_surrogate_at(data: Data, path: Path, x0: Array, *, t_start: Real, covariance: str) -> Array:
    r"""E[-log of a Gaussian decoder at x_0 | x_0] with the exact denoiser D as its mean.

    covariance="isotropic": N(D, (sigma/alpha)^2 I), which is d/2 log(2 pi nu^2) + mse_y/(2 nu^2), nu = sigma/alpha.
    covariance="posterior": N(D, Cov[x_0 | x_start]), exact for Gaussian data.
    They miss reconstruction_at by O(nu^4) and O(nu^6); averaged over the data both are at least h(x_0 | x_start).
    Shapes: x0 (..., d), t_start (...) -> (...).  Domain: sigma > 0 and alpha > 0; a density for "posterior".
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M16 (McAllester, arXiv 2301.11108).
    """
    choice = _checks.option("covariance", covariance, ("isotropic", "posterior"))
    checked, time = noisy_time(path, t_start, name="t_start", open_right=True)
    law, point = place(data, x0, t_start=time.shape)
    gaussian_or_line(law)
    if choice == "posterior":
        with_density(law)
        if isinstance(law, Gaussian):
            return reconstruction_at(data, checked, point, t_start=time)
        noised, log_nu, shape = _noised(law, checked, point, time)
        return np.asarray((noised.surrogate() + log_nu).reshape(shape))
    if isinstance(law, Gaussian):
        at = _directions.places(law, point)
        level = _directions.level(checked, time, _directions.variances(law))
        scaled = level.signal * level.scaled_squared_errors(at**2)
        spread = np.broadcast_to(2.0 * np.pi * (level.noise / level.signal), scaled.shape)
        return _directions.Terms(spread, scaled).value()
    noised, log_nu, shape = _noised(law, checked, point, time)
    return np.asarray((0.5 * (np.log(2.0 * np.pi) + noised.squared_error()) + log_nu).reshape(shape))


# ------------------------------------------------------------------------------------- between two times


def pointwise_integral(data: Data, path: Path, x0: Array, *, t_start: Real, t_end: Real) -> Array:
    r"""Integral of mse_y dSNR/2 from t_start to t_end: what a denoiser's squared errors contribute to -log p(x_0).

    Equal to KL_y(t_start) - KL_y(t_end). Gaussian data: each direction integrated in closed form, a sum of terms of
    one sign; other laws by quadrature over time and noise. The same on every path, at the same SNRs.
    Shapes: x0 (..., d), times (...) -> (...).  Domain: t_start < t_end, sigma > 0 at t_start.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M12, M41 (McAllester, arXiv 2301.11108).
    """
    checked, start, end = interval(path, t_start, t_end)
    law, point = place(data, x0, t_start=start.shape, t_end=end.shape)
    if isinstance(law, Gaussian):
        at = _directions.places(law, point)
        losses = _directions.step(checked, start, end, _directions.variances(law)).losses(at**2)
        return np.asarray(0.5 * losses.sum(axis=-1))
    shape = np.broadcast_shapes(law.batch_shape, point.shape[:-1], start.shape, end.shape)
    mixtures = Mixtures.around(gaussian_or_line(law), point, shape)
    low, high = log_noise_to_signal_range(checked, start, end, shape)
    return _integral(mixtures, low, mixtures.bounded(high)).reshape(shape)


def pointwise_negative_log_likelihood(data: Data, path: Path, x0: Array, *, t_start: Real, t_end: Real) -> Array:
    r"""-log p(x_0) = int mse_y dSNR/2 + KL_y(t_end) + E[-log p(x_0 | x_start) | x_0]; equality for every x_0.

    With the denoiser, divergence and reconstruction of a model in place of the data's it is -log p_model(x_0): a
    denoiser that is Bayes for some law gives the likelihood of that law.
    Gaussian data: the three closed forms, their logarithms taken as one of a product, since the first and the last
    are large of opposite signs at a clean t_start.
    Shapes: x0 (..., d), times (...) -> (...).  Domain: t_start < t_end, sigma > 0 at t_start, data with a density.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M12, M23b (McAllester, arXiv 2301.11108).
    """
    checked, start, end = interval(path, t_start, t_end)
    law, point = place(data, x0, t_start=start.shape, t_end=end.shape)
    with_density(gaussian_or_line(law))
    if isinstance(law, Gaussian):
        squares = _directions.places(law, point) ** 2
        step = _directions.step(checked, start, end, _directions.variances(law))
        parts = step.noisy.divergence(squares), step.clean.reconstruction(squares)
        return step.loss(squares).plus(*parts).value()
    return np.asarray(
        pointwise_integral(data, checked, point, t_start=start, t_end=end)
        + divergence_at(data, checked, point, end)
        + reconstruction_at(data, checked, point, t_start=start)
    )


def smoothed_negative_log_likelihood(data: Data, path: Path, x0: Array, *, t_start: Real, t_end: Real) -> Array:
    r"""E[-log p_start(x_start) | x_0] = d/2 log(2 pi e sigma_start^2) + int mse_y dSNR/2 + KL_y(t_end).

    It needs no density of the data, only its denoiser.
    Shapes: x0 (..., d), times (...) -> (...).  Domain: t_start < t_end, sigma > 0 at t_start.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M13 (McAllester, arXiv 2301.11108).
    """
    checked, start, end = interval(path, t_start, t_end)
    law, point = place(data, x0, t_start=start.shape, t_end=end.shape)
    gaussian_or_line(law)
    if isinstance(law, Gaussian):
        squares = _directions.places(law, point) ** 2
        step = _directions.step(checked, start, end, _directions.variances(law))
        entropy = np.broadcast_to(2.0 * np.pi * step.clean.noise, step.clean.marginal.shape)
        kernel = _directions.Terms(entropy, np.ones_like(entropy))
        return step.loss(squares).plus(step.noisy.divergence(squares), kernel).value()
    return np.asarray(
        0.5 * np.log(2.0 * np.pi * np.e * checked.sigma(start) ** 2)
        + pointwise_integral(data, checked, point, t_start=start, t_end=end)
        + divergence_at(data, checked, point, end)
    )


# ------------------------------------------------------------------------------------------ discrete data


def atom_negative_log_likelihood(data: PointCloud, path: Path, *, index: int, t_start: Real, t_end: Real) -> Array:
    r"""-log P_k of atom k: int mse_y dSNR/2 + KL_y(t_end) + E[-log P(y_k | x_start) | y_k], y_k the atom.

    Unlike a density's, no term diverges as t_start falls to 0: the integrand vanishes like exp(-gap^2 SNR/8), and so
    does the last term, which is exactly 0 at sigma = 0.
    Shapes: times (...) broadcast with the data's batch shape -> (...).
    Domain: the closed domain, t_start < t_end; distinct atoms on the line (d = 1, variance 0).
    Raises: TypeError unless the data is a PointCloud; ValueError for d > 1, a variance > 0, atoms that coincide, an
    atom of weight 0, or an index out of range.
    Catalogue: M22 (McAllester, arXiv 2301.11108).
    """
    law = _checks.instance("data", data, PointCloud)
    chosen = _checks.count("index", index, at_least=0)
    checked, start, end = interval(path, t_start, t_end, noiseless_start=True)
    points = _checked_atoms(law, chosen)
    shape = _checks.broadcast(data=law.batch_shape, t_start=start.shape, t_end=end.shape)
    mixtures = Mixtures.around(law, points[..., chosen, :], shape)
    high = mixtures.bounded(log_noise_to_signal(checked, end, shape))
    # At sigma = e^-4 of the closest gap, and below, integrand and last term are exp(-370).
    silent = np.minimum(np.log(mixtures.closest) - 4.0, high)
    low = log_noise_to_signal(checked, start, shape)
    low = np.where(np.isneginf(low), silent, low)
    total = _integral(mixtures, low, high) + mixtures.noised(np.exp(high)).divergence()
    return np.asarray((total + mixtures.noised(np.exp(low)).label_reconstruction(chosen)).reshape(shape))


def _checked_atoms(law: PointCloud, index: int) -> Array:
    """The atoms (*B, M, 1)."""
    if law.event_size != 1:
        raise ValueError(f"data: expected d = 1 (the expectation has no closed form), got d = {law.event_size}")
    if np.any(law.variance > 0.0):
        raise ValueError(f"data: expected variance 0 (a discrete law), got {float(law.variance.max())!r}")
    points = law.points
    if index >= points.shape[-2]:
        raise ValueError(f"index: expected less than {points.shape[-2]}, the number of atoms, got {index}")
    if np.any(law.weights[..., index] == 0.0):
        raise ValueError(f"index: expected an atom of weight > 0, got weight 0.0 at index {index}")
    if np.any(np.diff(np.sort(points[..., 0], axis=-1), axis=-1) == 0.0):
        raise ValueError("data: expected distinct atoms, got two that coincide")
    return points


# ---------------------------------------------------------------------------------------------- private


def _noised(law: Law, path: Path, x0: Array, time: Array) -> tuple[Noised, Array, tuple[int, ...]]:
    """A law on the line seen from x_0 in units of the noise, the log of those units (N,), and the batch shape."""
    shape = np.broadcast_shapes(law.batch_shape, x0.shape[:-1], time.shape)
    mixtures = Mixtures.around(gaussian_or_line(law), x0, shape)
    log_nu = mixtures.bounded(log_noise_to_signal(path, time, shape))
    log_nu = np.where(np.isneginf(log_nu), 0.0, log_nu)
    return mixtures.noised(np.exp(log_nu)), log_nu, shape


def _integral(mixtures: Mixtures, low: Array, high: Array) -> Array:
    """Integrals of mse_y/nu^2 dlog(nu) over [low, high], (N,)."""

    def integrand(nu: Array, which: Indices) -> Array:
        return mixtures.select(which).noised(nu).squared_error()

    return over_levels(integrand, low, high)
