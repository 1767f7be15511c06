"""Mutual information between clean and noisy data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from reference import _checks
from reference._checks import Array, Real
from reference._quadrature import gaussian_edges, integrate
from reference._special import linear_minus_log1p
from reference.distributions import Gaussian, GaussianMixture, PointCloud
from reference.distributions._law import Law
from reference.divergences._mixtures import Mixtures
from reference.fields._levels import checked_law, gaussian_or_line
from reference.paths._base import Path, checked_path

__all__ = ["mutual_information"]

_REACH = 30.0  # standard deviations; exp(-450) is left beyond


def mutual_information(data: Gaussian | GaussianMixture | PointCloud, path: Path, t: Real) -> Array:
    r"""I(x_0; x_t) = E KL(N(alpha x_0, sigma^2 I) || p_t) in nats.

    Gaussian data: 1/2 sum_j log(1 + SNR l_j), l_j the eigenvalues of its covariance.  Any other law for d = 1, by
    quadrature to 1e-10 (1 + I): where SNR v <= 1, v its variance, as 1/2 log(1 + SNR v) - KL(p_t || N(m_t, V_t)),
    both of which keep their relative accuracy as the noise grows; elsewhere as E[log N(x_t; x_0) - log p_t].
    Shapes: t (...) broadcasts with the data's batch shape -> (...).  Domain: sigma > 0.
    Raises: TypeError; ValueError for t outside the domain, and for d > 1 unless the data is Gaussian.
    Catalogue: M18 (McAllester, arXiv 2301.11108); P5 (Lai et al., arXiv 2510.21890).
    """
    law, checked = gaussian_or_line(checked_law(data)), checked_path("path", path)
    time = _checks.time_in_domain(checked, t, open_left=checked._noise_vanishes)
    batch = _checks.broadcast(data=law.batch_shape, t=time.shape)
    signal = np.asarray(checked.alpha(time) / checked.sigma(time))
    if isinstance(law, Gaussian):
        values = law._components.formed().covariance.eigenvalues[..., 0, :]
        return np.asarray(0.5 * np.sum(np.log1p(signal[..., None] ** 2 * values), axis=-1))
    return _on_the_line(law, np.broadcast_to(signal, batch).reshape(-1, 1), batch).reshape(batch)


def _on_the_line(law: Law, signal: Array, batch: tuple[int, ...]) -> Array:
    """The information of signal x_0 + eps, eps ~ N(0, 1), row by row of the flattened batch."""
    clean = Mixtures.of(law, batch)
    mean = np.broadcast_to(law.mean, (*batch, 1)).reshape(-1, 1)
    variance = np.broadcast_to(law.covariance[..., 0], (*batch, 1)).reshape(-1, 1)
    noised = Mixtures(clean.weights, signal * (clean.means - mean), 1.0 + signal**2 * clean.variances)
    scale = signal**2 * variance
    change = signal**2 * (clean.variances - variance) / (1.0 + scale)
    clear = scale[:, 0] > 1.0
    information = np.empty(len(clear))
    if np.any(clear):
        information[clear] = _entropy(noised.rows(clear)) - 0.5 * np.log(2.0 * np.pi * np.e)
    if not np.all(clear):
        gap = _divergence_from_gaussian(noised.rows(~clear), change[~clear], 1.0 + scale[~clear])
        information[~clear] = 0.5 * np.log1p(scale[~clear, 0]) - gap
    return information


def _entropy(law: Mixtures) -> Array:
    """-E log p, every component in its own standard coordinate: its place among the others is never rounded."""
    deviations = np.sqrt(law.variances)
    total = np.zeros(len(law.means))
    for k in range(law.means.shape[1]):
        own = deviations[:, k : k + 1]
        apart = law.means - law.means[:, k : k + 1]

        def integrand(points: Array, which: NDArray[np.intp], own: Array = own, apart: Array = apart) -> Array:
            scaled = own[which] * points
            log_density = Mixtures(law.weights, apart, law.variances).log_prob(scaled, which)
            return np.asarray(np.exp(-0.5 * points**2) * -log_density)

        edges = np.clip(gaussian_edges(apart / own, deviations / own), -_REACH, _REACH)
        total += law.weights[:, k] / np.sqrt(2.0 * np.pi) * integrate(integrand, edges)
    return total


def _divergence_from_gaussian(law: Mixtures, change: Array, variance: Array) -> Array:
    """KL(p || g) of centred mixtures from g = N(0, variance), component variances variance (1 + change).

    The integral of g phi(p/g), phi(r) = r log r - r + 1, which is nowhere negative.
    """

    def integrand(points: Array, which: NDArray[np.intp]) -> Array:
        place, shift, grown = points[..., None], law.means[which][:, None], change[which][:, None]
        quadratic = 0.5 * (place**2 * grown + (2.0 * place - shift) * shift) / law.variances[which][:, None]
        log_ratios = quadratic - 0.5 * np.log1p(grown)
        log_ratio = logsumexp(law.log_weights[which][:, None] + log_ratios, axis=-1)
        gains = np.sum(law.weights[which][:, None] * np.expm1(np.minimum(log_ratios, 1.0)), axis=-1)
        close = np.all(log_ratios < 1.0, axis=-1) & (np.abs(gains) < 0.5)
        small = np.where(close, gains, 0.0)
        series = small * np.log1p(small) - linear_minus_log1p(small)
        log_reference = -0.5 * (points**2 / variance[which] + np.log(2.0 * np.pi * variance[which]))
        far = np.exp(log_reference + log_ratio) * (log_ratio - 1.0) + np.exp(log_reference)
        return np.where(close, np.exp(log_reference) * series, far)

    means = np.concatenate([law.means, np.zeros_like(variance)], axis=-1)
    edges = gaussian_edges(means, np.sqrt(np.concatenate([law.variances, variance], axis=-1)))
    return integrate(integrand, edges)
