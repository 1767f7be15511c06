"""Finitely many weighted points, bare or blurred by one shared isotropic variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference import _checks
from reference._checks import Array, Real

from ._components import Components
from ._covariances import Diagonal
from ._law import Law
from ._linear_algebra import frozen
from .mixture import mixture_entropy

__all__ = ["PointCloud"]


@dataclass(frozen=True, eq=False, repr=False, init=False)
class PointCloud(Law):
    """sum_m w_m N(y_m, variance I): points (*B, M, d), weights (*B, M) or None (uniform), variance (*B,).

    At variance 0 it is discrete: it has no density, and log_prob, score, hessian and entropy say so.
    It diffuses into a PointCloud. Its posterior is a PointCloud too: over the same points at variance 0, in
    general over the posterior means of the components, with their shared posterior variance.
    Raises ValueError or TypeError for anything else.
    Catalogue: P22 (Lai et al., arXiv 2510.21890); M22 (McAllester, arXiv 2301.11108).
    """

    def __init__(self, points: Array, weights: Array | None = None, variance: Real = 0.0) -> None:
        places = _checks.event("points", _checks.real("points", points))
        if places.ndim < 2 or places.shape[-2] < 1:
            raise ValueError(f"points: expected shape (..., M, d) with M >= 1, got {places.shape}")
        count, size = places.shape[-2:]
        shares = np.full(count, 1.0 / count) if weights is None else _checks.mixture_weights("weights", weights, count)
        blur = _checks.nonnegative("variance", variance)
        batch = _checks.broadcast(points=places.shape[:-2], weights=shares.shape[:-1], variance=blur.shape)
        self._hold(
            Components(
                frozen(np.broadcast_to(shares, (*batch, count))),
                frozen(np.broadcast_to(places, (*batch, count, size))),
                Diagonal(np.broadcast_to(frozen(blur)[..., None, None], (*batch, count, size))),
                np.ones(()),
                np.zeros(()),
            )
        )

    @property
    def points(self) -> Array:
        """y_m (*batch_shape, M, d)."""
        return self._components.formed().means

    @property
    def weights(self) -> Array:
        """w_m (*batch_shape, M)."""
        return self._components.formed().weights

    @property
    def variance(self) -> Array:
        """The shared variance (*batch_shape)."""
        values = self._components.formed().covariance.eigenvalues[..., 0, 0]
        return np.broadcast_to(values, self.batch_shape)

    def entropy(self) -> Array:
        """Differential entropy in nats (*batch_shape), d = 1, variance > 0, by quadrature to 1e-10 absolute.

        Raises ValueError for d > 1 (the entropy of a mixture has no closed form) and at variance 0.
        Catalogue: P28 (Lai et al., arXiv 2510.21890); M20 (McAllester, arXiv 2301.11108).
        """
        return mixture_entropy(self._components)
