"""The normal law on R^d."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference import _checks
from reference._checks import Array

from ._components import Components
from ._covariances import Dense
from ._law import Law
from ._linear_algebra import frozen, log_product

__all__ = ["Gaussian"]


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Gaussian(Law):
    """N(mean, covariance) with mean (*B, d) and covariance (*B, d, d), batch axes broadcasting.

    The covariance is symmetric bit for bit and positive semidefinite; a singular one has no density, but
    diffuses and is a valid data law.
    Raises ValueError or TypeError for anything else.
    Catalogue: P22 (Lai et al., arXiv 2510.21890).
    """

    def __init__(self, mean: Array, covariance: Array) -> None:
        centre = _checks.event("mean", _checks.real("mean", mean))
        matrix = _checks.covariance("covariance", covariance, centre.shape[-1])
        batch = _checks.broadcast(mean=centre.shape[:-1], covariance=matrix.shape[:-2])
        size = centre.shape[-1]
        self._hold(
            Components(
                np.ones((*batch, 1)),
                frozen(np.broadcast_to(centre, (*batch, size)))[..., None, :],
                Dense(frozen(np.broadcast_to(matrix, (*batch, size, size)))[..., None, :, :]),
                np.ones(()),
                np.zeros(()),
            )
        )

    def entropy(self) -> Array:
        """Differential entropy in nats (*batch_shape): 1/2 log |2 pi e V|.

        Raises ValueError for a singular covariance.
        Catalogue: P28 (Lai et al., arXiv 2510.21890).
        """
        components = self._components
        factor = components.covariance.factor(*components.levels_by_component)
        log_mantissa, exponent = log_product(2.0 * np.pi * np.e * factor.pivots)
        return np.broadcast_to(0.5 * (log_mantissa + np.log(2.0) * exponent)[..., 0], self.batch_shape)
