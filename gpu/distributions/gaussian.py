"""The Gaussian law."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._components import Components
from gpu.distributions._law import Law
from gpu.distributions._structure import full

__all__ = ["Gaussian"]


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Gaussian(Law):
    """N(mean, covariance) on R^d.

    mean: (*B, d); covariance: (*B, d, d), symmetric bit for bit, positive semidefinite; batch axes broadcast. A
    singular covariance has no density, but diffuses into laws that have one. The covariance is eigendecomposed
    here, once.

    Raises ValueError for non-finite values, wrong shapes, covariances not symmetric or not positive
    semidefinite; TypeError for other dtypes than one of float32 and float64.

    Catalogue: P22 (Lai et al., arXiv 2510.21890); the analytic families of McAllester, arXiv 2301.11108.
    """

    def __init__(self, mean: Tensor, covariance: Tensor) -> None:
        mean, covariance = _checks.tensors(mean=mean, covariance=covariance)
        size = _checks.event("mean", mean)
        _checks.covariance("covariance", covariance, size)
        batch = _checks.broadcast(mean=mean.shape[:-1], covariance=covariance.shape[:-2])
        _checks.finite(constructor=True, mean=mean)
        structure = full(covariance[..., None, :, :])
        mean = mean.expand(*batch, size)
        weights = torch.ones_like(mean[..., :1])
        components = Components(weights, mean[..., None, :], structure)
        object.__setattr__(self, "_components", components)

    def entropy(self) -> Tensor:
        """1/2 log |2 pi e V| in nats, (*batch_shape,).

        Raises ValueError where the covariance is singular.

        Catalogue: P28, P47 (Lai et al., arXiv 2510.21890).
        """
        law = self._components
        law.require_density()
        level = law.variance_level()
        constant = law.size * (1 + math.log(2 * math.pi))
        return ((constant + level.log_determinant()[..., 0]) / 2).expand(self.batch_shape)
