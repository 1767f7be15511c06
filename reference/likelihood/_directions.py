"""Closed forms for Gaussian data, direction by direction of the covariance's eigenbasis.

In direction j the data have variance l, x_0 lies a from the mean, and V = alpha^2 l + sigma^2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reference._checks import Array
from reference._special import linear_minus_log1p
from reference.distributions._law import Law
from reference.distributions._linear_algebra import log_product
from reference.paths._base import Path

__all__ = ["Level", "Step", "Terms", "level", "mean_squares", "places", "rotated", "step", "variances"]


def variances(law: Law) -> Array:
    """Eigenvalues l of the covariance (..., d)."""
    return law._components.formed().covariance.eigenvalues[..., 0, :]


def places(law: Law, x0: Array) -> Array:
    """Coordinates a of x_0 less the mean in the eigenbasis, (..., d)."""
    components = law._components.formed()
    return components.covariance.to_eigenbasis(x0[..., None, :] - components.means)[..., 0, :]


def rotated(model: Law, matrix: Array) -> Array:
    """U^T M, U the eigenvectors of a law's covariance, for matrices (..., d, d)."""
    basis = model._components.formed().covariance
    return np.swapaxes(basis.to_eigenbasis(np.swapaxes(matrix, -1, -2)), -1, -2)


def mean_squares(model: Law, law: Law) -> Array:
    """E a^2 = u^T (S + (m - m_model)(m - m_model)^T) u along a model's eigenvectors, over another law's points."""
    spread = rotated(model, np.swapaxes(rotated(model, law.covariance), -1, -2))
    return np.asarray(np.diagonal(spread, axis1=-2, axis2=-1) + places(model, law.mean) ** 2)


class Terms(NamedTuple):
    """A sum 1/2 sum_j (log factor_j + rest_j), kept apart so that sums of several take one logarithm of a product."""

    factors: Array
    rests: Array

    def plus(self, *others: Terms) -> Terms:
        """The sum, direction by direction."""
        total = self
        for other in others:
            shape = np.broadcast_shapes(total.rests.shape[:-1], other.rests.shape[:-1])
            joined = [
                np.concatenate([np.broadcast_to(part, (*shape, part.shape[-1])) for part in parts], axis=-1)
                for parts in zip(total, other, strict=True)
            ]
            total = Terms(*joined)
        return total

    def value(self) -> Array:
        """1/2 [log prod factors + sum rests]; the product neither over- nor underflows."""
        log_mantissa, exponent = log_product(self.factors)
        return np.asarray(0.5 * (np.sum(self.rests, axis=-1) + log_mantissa + np.log(2.0) * exponent))


class Level(NamedTuple):
    """alpha^2, sigma^2 (..., 1) and the marginal variances V (..., d) at one time."""

    signal: Array
    noise: Array
    marginal: Array
    variances: Array

    def squared_errors(self, squares: Array) -> Array:
        """E[(x_0 - D)^2 | x_0] = sigma^2 (sigma^2 a^2 + alpha^2 l^2)/V^2, from a^2."""
        return self.noise * self.scaled_squared_errors(squares)

    def scaled_squared_errors(self, squares: Array) -> Array:
        """The same over sigma^2."""
        return (self.noise * squares + self.signal * self.variances**2) / self.marginal**2

    def divergences(self, squares: Array) -> Array:
        """log(1 + alpha^2 l/sigma^2) + alpha^2 (a^2 - l)/V, as a sum of terms none of which is negative."""
        share = self.signal * self.variances / self.marginal
        logarithm = np.log1p(self.signal * self.variances / self.noise)
        return linear_minus_log1p(-share, -logarithm) + self.signal * squares / self.marginal

    def divergence(self, squares: Array) -> Terms:
        """KL(N(alpha x_0, sigma^2 I) || p_t)."""
        return Terms(
            1.0 + self.signal * self.variances / self.noise,
            self.signal * (squares - self.variances) / self.marginal,
        )

    def reconstruction(self, squares: Array) -> Terms:
        """E[-log p(x_0 | x_t) | x_0]: the posterior's variance is l sigma^2/V."""
        return Terms(
            2.0 * np.pi * self.variances * (self.noise / self.marginal),
            (self.noise * squares + self.signal * self.variances**2) / (self.marginal * self.variances),
        )

    def information(self) -> Terms:
        """I(x_0; x_t)."""
        return Terms(1.0 + self.signal * self.variances / self.noise, np.zeros_like(self.marginal))

    def posterior_entropy(self) -> Terms:
        """h(x_0 | x_t)."""
        return Terms(2.0 * np.pi * np.e * self.variances * (self.noise / self.marginal), np.zeros_like(self.marginal))


def level(path: Path, time: Array, values: Array) -> Level:
    """The level of a path at times (...), for variances (..., d)."""
    signal, noise = path.alpha(time)[..., None] ** 2, path.sigma(time)[..., None] ** 2
    marginal = signal * values + noise
    return Level(signal, noise, marginal, np.broadcast_to(values, marginal.shape))


class Step(NamedTuple):
    """Two levels, and drop = 1 - SNR_noisy/SNR_clean (..., 1)."""

    clean: Level
    noisy: Level
    drop: Array

    @property
    def excess(self) -> Array:
        """What 1 + SNR l gains between the levels, relatively: r = (SNR_clean - SNR_noisy) l sigma_noisy^2/V_noisy."""
        clean, noisy = self.clean, self.noisy
        return (clean.signal / clean.noise) * self.drop * noisy.variances * (noisy.noise / noisy.marginal)

    @property
    def _weight(self) -> Array:
        return self.drop * (self.clean.signal / self.clean.marginal) * (self.noisy.noise / self.noisy.marginal)

    def losses(self, squares: Array) -> Array:
        """Twice the integral of mse_y dSNR/2 between the levels, as a sum of terms none of which is negative.

        log(1 + r) + (a^2 - l) drop alpha_c^2 sigma_n^2/(V_c V_n), r the excess; with q = r/(1 + r),
        [log(1 + r) - q] + q alpha_n^2 l/V_n + a^2 drop alpha_c^2 sigma_n^2/(V_c V_n).
        """
        clean, noisy = self.clean, self.noisy
        share = self.drop * clean.signal * clean.variances / clean.marginal
        kept = noisy.signal * noisy.variances / noisy.marginal
        return linear_minus_log1p(-share, -np.log1p(self.excess)) + share * kept + self._weight * squares

    def loss(self, squares: Array) -> Terms:
        """Integral of mse_y dSNR/2 between the levels."""
        return Terms(1.0 + self.excess, (squares - self.clean.variances) * self._weight)

    def information(self) -> Terms:
        """Integral of mmse dSNR/2 between the levels."""
        return Terms(1.0 + self.excess, np.zeros_like(self.noisy.marginal))


def step(path: Path, start: Array, end: Array, values: Array) -> Step:
    """Two times (...) of a path, start < end, for variances (..., d)."""
    return Step(level(path, start, values), level(path, end, values), path._snr_drop(start, end)[..., None])
