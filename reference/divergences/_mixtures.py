"""Batches of one-dimensional mixtures, laid out for quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from reference._checks import Array
from reference._quadrature import gaussian_edges
from reference.distributions._law import Law

__all__ = ["Mixtures"]


@dataclass(frozen=True)
class Mixtures:
    """N mixtures of K Gaussians on the line: weights, means and variances (N, K)."""

    weights: Array
    means: Array
    variances: Array

    @classmethod
    def of(cls, law: Law, batch: tuple[int, ...]) -> Self:
        """The laws of a batch shape to which the law's own broadcasts, flattened."""
        return cls(*law._components.formed().on_the_line(batch))

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Some of the mixtures."""
        return type(self)(self.weights[chosen], self.means[chosen], self.variances[chosen])

    @property
    def log_weights(self) -> Array:
        """Logarithms of the weights, -inf at 0."""
        with np.errstate(divide="ignore"):
            return np.log(self.weights)

    def log_prob(self, points: Array, which: NDArray[np.intp]) -> Array:
        """Log density of the mixture ``which`` (P,) at its row of points (P, n)."""
        variances = self.variances[which][:, None]
        residuals = points[..., None] - self.means[which][:, None]
        terms = self.log_weights[which][:, None] - 0.5 * (residuals**2 / variances + np.log(2.0 * np.pi * variances))
        return np.asarray(logsumexp(terms, axis=-1))

    def edges(self, *, reach: float = 40.0) -> Array:
        """First panels of a quadrature over the mixtures (N, E)."""
        return gaussian_edges(self.means, np.sqrt(self.variances), reach=reach)
