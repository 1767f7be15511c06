"""A Langevin step at a level of the path, on Gaussian data."""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import add_identity, symmetric
from gpu.paths import Path

__all__ = ["corrector_covariance", "corrector_mean"]


def corrector_mean(data: Gaussian, path: Path, mean: Tensor, t: Tensor | float, *, step: Tensor | float) -> Tensor:
    """Mean m - eta V^-1 (m - alpha mu) after x + eta score + sqrt(2 eta) z at level t, (..., d); step eta > 0.

    Raises TypeError for data that are not Gaussian; ValueError for times outside the domain and a singular V.

    Catalogue: P63 (Lai et al., arXiv 2510.21890), P35.
    """
    directions, time, rate = _rate(data, path, t, step)
    (centre,) = directions.tensors(mean=mean)
    _checks.event("mean", centre, data.event_size)
    _checks.broadcast(data=data.batch_shape, mean=centre.shape[:-1], t=rate.shape[:-1])
    _checks.finite(mean=centre)
    target = path._alpha_at(time)[..., None] * directions.mean
    return directions.vectors((1 - rate) * directions.coordinates(centre) + rate * target)


def corrector_covariance(
    data: Gaussian, path: Path, covariance: Tensor, t: Tensor | float, *, step: Tensor | float
) -> Tensor:
    """Covariance A C A^T + 2 eta I after the same step, A = I - eta V^-1: (..., d, d), exactly symmetric.

    Raises as `corrector_mean`, and ValueError for a C that is not symmetric or not positive semidefinite.

    Catalogue: P63 (Lai et al., arXiv 2510.21890), P35.
    """
    directions, _, rate = _rate(data, path, t, step)
    spread, length = directions.tensors(covariance=covariance, step=step)
    _checks.covariance("covariance", spread, data.event_size)
    _checks.broadcast(data=data.batch_shape, covariance=spread.shape[:-2], t=rate.shape[:-1])
    matrix = directions.matrix(1 - rate)
    return add_identity(symmetric(matrix @ spread @ matrix), 2 * length)


def _rate(data: Gaussian, path: Path, t: Tensor | float, step: Tensor | float) -> tuple[Directions, Tensor, Tensor]:
    """The directions, the time, and the eigenvalues of eta V^-1 (..., d)."""
    directions = Directions.of(data)
    time, length = directions.tensors(t=t, step=step)
    _checks.broadcast(data=data.batch_shape, t=time.shape, step=length.shape)
    _checks.time_in_domain(path, t=time)
    _checks.positive(step=length)
    return directions, time, length[..., None] / directions.marginal(path, time)
