"""The data laws that samplers are judged on, with exact networks and exact laws at every level.

A level is the pair (alpha, sigma) of x = alpha x_0 + sigma eps. The score is never formed through the denoiser, nor
the other way round. Float64 NumPy, written for speed inside a probe: no input checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri

__all__ = ["GAUSSIAN", "MIXTURE", "POINT_MASS", "AnalyticGaussian", "AnalyticMixture", "Data", "bures_distance"]

Array = NDArray[np.float64]


class Data(Protocol):
    """A data law: the exact denoiser E[x_0 | x] and the exact noise E[eps | x] at a level."""

    @property
    def dimension(self) -> int: ...

    def denoiser(self, x: Array, alpha: float, sigma: float) -> Array: ...

    def noise(self, x: Array, alpha: float, sigma: float) -> Array: ...


@dataclass(frozen=True)
class AnalyticGaussian:
    """N(mean, R diag(variances) R') in the plane, R the rotation by ``angle``.

    Given by its eigenbasis, so that everything at a level is exact to rounding however sharp a direction is. With
    variances 0 it is a point mass: a consistent sampler then carries alpha c + sigma eps from level to level.
    """

    mean: tuple[float, float]
    variances: tuple[float, float]
    angle: float = 0.0

    @property
    def dimension(self) -> int:
        return 2

    @property
    def basis(self) -> Array:
        """Eigenvectors, one a column."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.array([[cos, -sin], [sin, cos]])

    def _function(self, values: Array) -> Array:
        basis = self.basis
        return np.asarray((basis * values) @ basis.T)

    def marginal_variances(self, alpha: float, sigma: float) -> Array:
        """Eigenvalues of V = alpha^2 S + sigma^2 I."""
        return alpha**2 * np.asarray(self.variances) + sigma**2

    def marginal_mean(self, alpha: float) -> Array:
        return alpha * np.asarray(self.mean)

    def marginal_covariance(self, alpha: float, sigma: float) -> Array:
        return self._function(self.marginal_variances(alpha, sigma))

    def denoiser(self, x: Array, alpha: float, sigma: float) -> Array:
        """D = sigma^2 V^-1 mu + alpha S V^-1 x: the two-term form, which does not cancel (P22)."""
        weights = alpha * np.asarray(self.variances)
        total = self.marginal_variances(alpha, sigma)
        basis = self.basis
        coordinates = (sigma**2 * (np.asarray(self.mean) @ basis) + weights * (x @ basis)) / total
        return np.asarray(coordinates @ basis.T)

    def noise(self, x: Array, alpha: float, sigma: float) -> Array:
        """Eps = sigma V^-1 (x - alpha mu) (P22)."""
        basis = self.basis
        centred = (x - self.marginal_mean(alpha)) @ basis
        return np.asarray((sigma * centred / self.marginal_variances(alpha, sigma)) @ basis.T)

    def mean_propagator(self, start: tuple[float, float], end: tuple[float, float], noise_level: float) -> Array:
        """Phi of P57: how the reverse family of this noise level carries a deviation from start to end.

        Phi = (alpha_start / alpha_end)^(l^2) (V_end V_start^-1)^((1 + l^2)/2); at l = 0 the flow matrix of P54.
        """
        ratio = self.marginal_variances(*end) / self.marginal_variances(*start)
        return self._function((start[0] / end[0]) ** noise_level**2 * ratio ** ((1.0 + noise_level**2) / 2.0))


@dataclass(frozen=True)
class AnalyticMixture:
    """A mixture of Gaussians on the line, with its exact quantile map (P56)."""

    weights: tuple[float, ...]
    means: tuple[float, ...]
    variances: tuple[float, ...]

    @property
    def dimension(self) -> int:
        return 1

    def _components(self, alpha: float, sigma: float) -> tuple[Array, Array]:
        return alpha * np.asarray(self.means), alpha**2 * np.asarray(self.variances) + sigma**2

    def _responsibilities(self, x: Array, means: Array, variances: Array) -> Array:
        logits = np.log(self.weights) - 0.5 * np.log(variances) - 0.5 * (x - means) ** 2 / variances
        weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=-1, keepdims=True))

    def denoiser(self, x: Array, alpha: float, sigma: float) -> Array:
        means, variances = self._components(alpha, sigma)
        each = (sigma**2 * np.asarray(self.means) + alpha * np.asarray(self.variances) * x) / variances
        return np.asarray((self._responsibilities(x, means, variances) * each).sum(axis=-1, keepdims=True))

    def noise(self, x: Array, alpha: float, sigma: float) -> Array:
        means, variances = self._components(alpha, sigma)
        each = sigma * (x - means) / variances
        return np.asarray((self._responsibilities(x, means, variances) * each).sum(axis=-1, keepdims=True))

    def quantiles(self, probabilities: Array, alpha: float, sigma: float) -> Array:
        """X with F(x) = probability at the level, by bisection to the last bit but two; the upper half by symmetry."""
        means, variances = self._components(alpha, sigma)
        deviations = np.sqrt(variances)
        upper = probabilities > 0.5
        target = np.log(np.where(upper, 1.0 - probabilities, probabilities))
        sign = np.where(upper, -1.0, 1.0)[:, None]
        each = means + deviations * ndtri(probabilities)[:, None]
        low, high = each.min(axis=1) - 1e-9, each.max(axis=1) + 1e-9
        for _ in range(90):
            middle = 0.5 * (low + high)
            logs = log_ndtr(sign * (middle[:, None] - means) / deviations) + np.log(self.weights)
            peak = logs.max(axis=1)
            value = peak + np.log(np.exp(logs - peak[:, None]).sum(axis=1))
            below = np.where(upper, value > target, value < target)
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray(0.5 * (low + high))

    def distribution(self, x: Array, alpha: float, sigma: float) -> Array:
        """F(x) at the level."""
        means, variances = self._components(alpha, sigma)
        return np.asarray((np.asarray(self.weights) * ndtr((x[:, None] - means) / np.sqrt(variances))).sum(axis=1))


def bures_distance(first: tuple[Array, Array], second: tuple[Array, Array]) -> float:
    """Wasserstein-2 distance of two Gaussians given as (mean, covariance) (P2)."""
    root = _root(first[1])
    cross = root @ second[1] @ root
    # The nuclear-norm form of the cross term; both traces lose half the digits for equal laws, which is why this
    # distance serves as a diagnostic and as a comparison of errors far above rounding, never as an identity.
    spread = np.trace(first[1]) + np.trace(second[1]) - 2.0 * np.trace(_root(cross))
    return float(np.sqrt(np.sum((first[0] - second[0]) ** 2) + max(spread, 0.0)))


def _root(matrix: Array) -> Array:
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


# Not centred, not standardised, not aligned with the axes, and with one direction 30 times sharper than the other.
GAUSSIAN = AnalyticGaussian(mean=(0.4, -0.7), variances=(1.44, 0.0016), angle=0.6)
# Two modes of different weight and width: nonlinear denoiser, nothing symmetric.
MIXTURE = AnalyticMixture(weights=(0.35, 0.65), means=(-1.1, 0.8), variances=(0.09, 0.25))
POINT_MASS = AnalyticGaussian(mean=(1.0, -0.5), variances=(0.0, 0.0))
