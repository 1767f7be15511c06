"""Which representation a covariance gets: a spectrum, or matrices while they are being differentiated."""

from __future__ import annotations

from torch import Tensor

from gpu.distributions._dense import Dense
from gpu.distributions._linear_algebra import add_identity, is_differentiated, symmetric
from gpu.distributions._spectrum import Spectrum

__all__ = ["full", "low_rank"]


def full(covariances: Tensor) -> Spectrum | Dense:
    """Covariances (*C, d, d) as they stand; in one dimension they are variances."""
    if covariances.shape[-1] == 1:
        return Spectrum.diagonal(covariances[..., 0])
    return Dense(covariances) if is_differentiated(covariances) else Spectrum.full(covariances)


def low_rank(factors: Tensor, variances: Tensor) -> Spectrum | Dense:
    """F F^T + v I for factors (*C, d, r) and variances (*C,)."""
    if is_differentiated(factors, variances):
        return Dense(add_identity(symmetric(factors @ factors.mT), variances))
    return Spectrum.of_factors(factors, variances)
