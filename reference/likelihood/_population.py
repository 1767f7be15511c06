"""Averages over a law on the line and its noise, label by label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference._checks import Array
from reference.distributions._law import Law
from reference.likelihood._expectations import Indices
from reference.likelihood._line import Mixtures, Noised

__all__ = ["Population"]


@dataclass(frozen=True, eq=False)
class Population:
    """The labels' weights (N, K), and the law, or a model of it, seen from each of its components: (K, N K).

    Functions of levels nu (M,) and of the law (M,) that each belongs to give (M,). Label by label their integrands have
    steps only; the posterior's variance, for one, has bumps, which quadrature can miss.
    """

    weights: Array
    seen: Mixtures
    model: Mixtures

    @classmethod
    def of(cls, law: Law, shape: tuple[int, ...], model: Law | None = None) -> Population:
        components = law._components.formed()
        count = components.means.shape[-2]
        weights = np.broadcast_to(components.weights, (*shape, count)).reshape(-1, count)
        seen = Mixtures.from_components(law, law, shape)
        return cls(weights, seen, seen if model is None else Mixtures.from_components(model, law, shape))

    @property
    def narrowest(self) -> Array:
        """The smallest variance of a component, (N,)."""
        return np.asarray(self.seen.narrowest.reshape(self.weights.shape)[:, 0])

    @property
    def extent(self) -> Array:
        """How far the laws reach from any of the components, (N,)."""
        extent = np.maximum(self.seen.extent, self.model.extent)
        return np.asarray(extent.reshape(self.weights.shape).max(axis=-1))

    def bounded(self, log_nu: Array) -> Array:
        """The given log nu (N,), an infinite one (no signal) replaced by one at which the signal is lost."""
        size = self.weights.shape[1]
        levels = [
            law.bounded(np.repeat(log_nu, size)).reshape(-1, size).max(axis=-1) for law in (self.seen, self.model)
        ]
        return np.asarray(np.maximum(*levels))

    def squared_error(self, nu: Array, which: Indices) -> Array:
        """E|x_0 - D|^2/nu^2, D the model's denoiser."""
        return self._average(self._noised(self.model, nu, which).squared_error(), which)

    def squared_score(self, nu: Array, which: Indices) -> Array:
        """nu^2 E|score|^2, the score the model's."""
        return self._average(self._noised(self.model, nu, which).squared_score(), which)

    def squared_difference(self, nu: Array, which: Indices) -> Array:
        """E|D - D_model|^2/nu^2."""
        laws = (self._noised(law, nu, which) for law in (self.seen, self.model))
        own, other = laws
        return self._average(own.squared_difference(other), which)

    def _noised(self, mixtures: Mixtures, nu: Array, which: Indices) -> Noised:
        size = self.weights.shape[1]
        rows = (which[:, None] * size + np.arange(size)).ravel()
        return mixtures.select(rows).noised(np.repeat(nu, size))

    def _average(self, values: Array, which: Indices) -> Array:
        return np.asarray((self.weights[which] * values.reshape(which.size, -1)).sum(axis=-1))
