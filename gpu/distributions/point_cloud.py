"""Weighted points, each blurred by the same isotropic Gaussian: the law of a data set."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._components import Components
from gpu.distributions._entropy import mixture_entropy
from gpu.distributions._law import Law
from gpu.distributions._spectrum import Spectrum

__all__ = ["PointCloud"]


@dataclass(frozen=True, eq=False, init=False, repr=False)
class PointCloud(Law):
    """sum_m w_m N(y_m, variance I) on R^d.

    points: (*B, M, d); weights: (*B, M), None for uniform; variance: (*B,), at least 0; batch axes broadcast. At
    variance 0 it has no density, but it diffuses into point clouds that have one; its posterior has the points
    E[x_0 | x_t, m] (the same points at variance 0) and one shared variance.

    Raises ValueError for non-finite values, wrong shapes, negative weights or weights that do not sum to 1;
    TypeError for mixed or other dtypes (a variance of exactly 0.0 goes with both).

    Catalogue: M22 (McAllester, arXiv 2301.11108), P22 (Lai et al., arXiv 2510.21890).
    """

    def __init__(self, points: Tensor, weights: Tensor | None = None, variance: Tensor | float = 0.0) -> None:
        if not isinstance(variance, Tensor) and variance == 0 and not isinstance(variance, bool):
            (points,) = _checks.tensors(points=points)
            variance = points.new_zeros(())
        points, variance = _checks.tensors(points=points, variance=variance)
        size = _checks.event("points", points)
        _checks.cloud("points", points)
        if weights is None:
            weights = torch.full_like(points[..., 0], 1 / points.shape[-2])
        else:
            _, weights = _checks.tensors(points=points, weights=weights)
            _checks.weights("weights", weights)
            _checks.components(points.shape[-2], weights=weights.shape)
        batch = _checks.broadcast(points=points.shape[:-2], weights=weights.shape[:-1], variance=variance.shape)
        _checks.finite(constructor=True, points=points)
        _checks.nonnegative(constructor=True, variance=variance)
        structure = Spectrum.isotropic(size, variance[..., None])
        weights, points = weights.expand(*batch, -1), points.expand(*batch, -1, -1)
        object.__setattr__(self, "_components", Components(weights, points, structure))

    @property
    def points(self) -> Tensor:
        """The points, (*batch_shape, M, d)."""
        return self._components.means().expand(*self.batch_shape, -1, -1)

    @property
    def weights(self) -> Tensor:
        """The weights, (*batch_shape, M)."""
        return self._components.weights.expand(*self.batch_shape, -1)

    @property
    def variance(self) -> Tensor:
        """The shared variance, (*batch_shape,)."""
        return self._components.covariances()[..., 0, 0, 0].expand(self.batch_shape)

    def entropy(self) -> Tensor:
        """-int p log p dx in nats by quadrature, d = 1 only, (*batch_shape,).

        Absolute error under 1e-12, plus the rounding of the result.

        Raises ValueError for d > 1: the entropy of a mixture has no closed form and is offered for d = 1; and
        at variance 0.

        Catalogue: M20 (McAllester, arXiv 2301.11108), P28 (Lai et al., arXiv 2510.21890).
        """
        return mixture_entropy(self._components)
