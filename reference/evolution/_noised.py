"""What the rates of a noised law share at a point, component by component."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reference._checks import Array, Real
from reference.distributions._components import Components, Evaluation
from reference.distributions._covariances import Covariance, LowRank
from reference.distributions._linear_algebra import apply, select
from reference.fields._levels import state, velocity_coefficients
from reference.fields.analytic import Data
from reference.paths._base import Path

__all__ = ["Noised", "divergences", "noised"]


def divergences(law: Components, signal: Array, spread: Array) -> Array:
    """h_k = tr[(alpha alpha' S_k + sigma sigma' I) V_k^-1], (..., K)."""
    alpha, sigma = law.levels_by_component
    values = law.covariance.eigenvalues
    marginal = alpha[..., None] ** 2 * values + sigma[..., None] ** 2
    return np.asarray(np.sum((signal[..., None, None] * values + spread[..., None, None]) / marginal, axis=-1))


@dataclass(frozen=True, eq=False)
class Noised:
    r"""A law at a time and a point, with G_k = alpha alpha' S_k + sigma sigma' I = V_k'/2.

    ``mean``, ``signal`` and ``spread`` are sigma (alpha' sigma - alpha sigma'), alpha alpha' and sigma sigma'.
    The velocities are v_k = V_k^-1 (mean mu_k + G_k x). Compared with the component c most responsible for x,
    s_k - s_c = alpha e_k and v_k - v_c = mean e_k, with the deviations e_k of an evaluation.
    """

    law: Components
    x: Array
    mean: Array
    signal: Array
    spread: Array

    @cached_property
    def at(self) -> Evaluation:
        return self.law.evaluate(self.x)

    @cached_property
    def velocities(self) -> Array:
        """v_k (..., K, d), coordinate by coordinate: f x - g^2/2 s_k where alpha >= sigma, else its two terms.

        In the first form nothing cancels that S_k does not decide, and an ill-conditioned S_k stays harmless; in
        the second f and g^2 may diverge.
        """
        alpha, sigma = (level[..., None] for level in self.law.levels_by_component)
        mean, signal = self.mean[..., None, None], self.signal[..., None, None]
        point, clean = self.x[..., None, :], alpha >= sigma
        divisor = np.where(clean, alpha, 1.0)
        flow = signal / divisor**2 * point + mean / divisor * self.at.scores
        solve = self.at.factor.solve
        return np.where(clean, flow, mean * solve(self.law.means) + self.stretched(solve(point)))

    @cached_property
    def divergences(self) -> Array:
        """h_k = div v_k (..., K)."""
        return divergences(self.law, self.signal, self.spread)

    def stretched(self, vectors: Array) -> Array:
        """G_k y_k for one vector a component, (..., K, d)."""
        product = _times(self.law.covariance, vectors)
        return self.signal[..., None, None] * product + self.spread[..., None, None] * vectors

    @cached_property
    def precision_differences(self) -> Array:
        """(V_c^-1 - V_k^-1)/alpha^2 = V_k^-1 (S_k - S_c) V_c^-1 (..., K, d, d), never subtracted."""
        lead = np.argmax(self.at.responsibilities, axis=-1)
        matrices = self.law.covariance.matrix
        differences = matrices - select(matrices, lead, 2)[..., None, :, :]
        inner = differences @ select(self.at.factor.inverse(), lead, 2)[..., None, :, :]
        return np.stack([self.at.factor.solve(inner[..., j]) for j in range(self.law.event_size)], axis=-1)

    @cached_property
    def traces(self) -> Array:
        """Traces of the precision differences, (..., K)."""
        return np.asarray(np.trace(self.precision_differences, axis1=-2, axis2=-1))


def noised(data: Data, path: Path, x: Array, t: Real) -> Noised:
    """The checked arguments of a rate, as a law at a point."""
    law, checked, point, time = state(data, path, x, t)
    mean, signal, spread = velocity_coefficients(checked, time)
    components = law._components.formed().diffuse(checked.alpha(time), checked.sigma(time))
    return Noised(components, point, mean, signal, spread)


def _times(covariance: Covariance, vectors: Array) -> Array:
    """S y; a low-rank S is not formed, since its rounding would leave the range of its factors."""
    if isinstance(covariance, LowRank):
        tall = covariance.factors
        return apply(tall, apply(np.swapaxes(tall, -1, -2), vectors)) + covariance.variances[..., None] * vectors
    return apply(covariance.matrix, vectors)
