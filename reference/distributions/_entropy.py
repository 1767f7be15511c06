"""Differential entropy of one-dimensional mixtures by adaptive quadrature."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reference._checks import Array
from reference._quadrature import gaussian_edges, integrate

__all__ = ["ABSOLUTE_ACCURACY", "entropy_on_the_line"]

ABSOLUTE_ACCURACY = 1e-10


def entropy_on_the_line(log_prob: Callable[[Array], Array], means: Array, deviations: Array) -> float:
    """-int p log p dx, from a log density on (n,), its K components' means and standard deviations."""

    def integrand(points: Array, _: NDArray[np.intp]) -> Array:
        log_density = log_prob(points.reshape(-1)).reshape(points.shape)
        return np.asarray(-np.exp(log_density) * log_density)

    return float(integrate(integrand, gaussian_edges(means, deviations), absolute=0.01 * ABSOLUTE_ACCURACY))
