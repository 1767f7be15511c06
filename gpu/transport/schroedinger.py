"""Entropic transport between Gaussians, and the Schroedinger bridge whose reference is a Brownian motion."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._factors import factor, root
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import add_identity

from ._pairs import Pair, apply, gaussian, polar
from .interpolation import timed

__all__ = [
    "entropic_coupling",
    "entropic_cross_covariance",
    "schroedinger_bridge_drift",
    "schroedinger_bridge_law",
]


def entropic_cross_covariance(first: Gaussian, second: Gaussian, *, variance: Tensor | float) -> Tensor:
    """C = E[(x_0 - m_0)(x_1 - m_1)^T] of the entropic coupling, (..., d, d), singular covariances included.

    2 F (K + variance I)^-1 F^T S_1 with S_0 = F F^T and K = (4 F^T S_1 F + variance^2 I)^(1/2), in which nothing
    cancels. It tends to S_0 T, T the optimal transport, as the variance falls, and to 0 as it grows.

    variance: (...), above 0 (ValueError elsewhere), that of the Brownian reference over the whole time.

    Catalogue: P98 (Lai et al., arXiv 2510.21890).
    """
    laws, (noise,) = _noised(first, second, variance=variance)
    return _cross(laws, noise)


def entropic_coupling(first: Gaussian, second: Gaussian, *, variance: Tensor | float) -> Gaussian:
    """The joint law of (x_0, x_1) on R^(2d): the coupling of least E|x_1 - x_0|^2/2 + variance KL(. || product).

    N((m_0, m_1), [[S_0, C], [C^T, S_1]]). Raises ValueError unless the variance is above 0.

    Catalogue: P98 (Lai et al., arXiv 2510.21890).
    """
    laws, (noise,) = _noised(first, second, variance=variance)
    cross = _cross(laws, noise)
    own, other = (covariance.expand_as(cross) for covariance in (laws.covariance_0, laws.covariance_1))
    upper, lower = (torch.cat(row, -1) for row in ((own, cross), (cross.mT, other)))
    return gaussian(torch.cat((laws.mean_0, laws.mean_1), -1), torch.cat((upper, lower), -2))


def schroedinger_bridge_law(
    first: Gaussian, second: Gaussian, t: Tensor | float, *, variance: Tensor | float
) -> Gaussian:
    """Law at time t of the bridge (1 - t) x_0 + t x_1 + sqrt(variance t (1 - t)) z over the entropic coupling.

    N((1 - t) m_0 + t m_1, (1 - t)^2 S_0 + t^2 S_1 + t (1 - t) (C + C^T + variance I)).
    Raises ValueError outside [0, 1] and unless the variance is above 0.

    Catalogue: P98 (Lai et al., arXiv 2510.21890).
    """
    laws, (time, noise) = _noised(first, second, t=t, variance=variance)
    return gaussian(laws.mean(time), _covariance(laws, _cross(laws, noise), time, noise))


def schroedinger_bridge_drift(
    first: Gaussian, second: Gaussian, x: Tensor, t: Tensor | float, *, variance: Tensor | float
) -> Tensor:
    """Drift b of the bridge dX = b dt + sqrt(variance) dW from first to second, E[x_1 - x | x_t = x]/(1 - t), (..., d).

    With A = t S_1 + (1 - t) C^T, B = (1 - t) S_0 + t C + variance t I and V the covariance of x_t, which is
    t A + (1 - t) B: A V^-1 (x - m_0) - B V^-1 (x - m_1), finite at t = 1 too.
    Raises ValueError outside [0, 1], where V is singular, and unless the variance is above 0.

    Catalogue: P98 (Lai et al., arXiv 2510.21890).
    """
    laws, (place, time, noise) = _noised(first, second, x=x, t=t, variance=variance)
    cross = _cross(laws, noise)
    part = time[..., None, None]
    toward = part * laws.covariance_1 + (1 - part) * cross.mT
    away = add_identity((1 - part) * laws.covariance_0 + part * cross, noise * time)
    lower = factor("the covariance of x_t", _covariance(laws, cross, time, noise))
    ahead, behind = (
        torch.cholesky_solve((place - mean)[..., None], lower)[..., 0] for mean in (laws.mean_0, laws.mean_1)
    )
    return apply(toward, ahead) - apply(away, behind)


def _noised(first: Gaussian, second: Gaussian, **arguments: Tensor | float) -> tuple[Pair, list[Tensor]]:
    """The laws and the checked arguments, the last of them a variance above 0."""
    laws, values = timed(first, second, **arguments)
    _checks.positive(variance=values[-1])
    return laws, values


def _cross(laws: Pair, variance: Tensor) -> Tensor:
    """2 F (K + variance I)^-1 F^T S_1; K is the stretch of [2 R^T F; variance I], S_1 = R R^T."""
    near, far = root(laws.covariance_0), root(laws.covariance_1)
    product = far.mT @ near
    floor = add_identity(torch.zeros_like(product), variance)
    _, stretch = polar(torch.cat((2 * product.expand_as(floor), floor), -2))
    lower = torch.linalg.cholesky_ex(add_identity(stretch, variance))[0]
    solved = torch.cholesky_solve(product.mT.expand_as(stretch), lower)
    return 2 * near @ solved @ far.mT


def _covariance(laws: Pair, cross: Tensor, t: Tensor, variance: Tensor) -> Tensor:
    """(1 - t)^2 S_0 + t^2 S_1 + t (1 - t) (C + C^T + variance I)."""
    middle = t * (1 - t)
    return add_identity(laws.covariance(t) + middle[..., None, None] * (cross + cross.mT), middle * variance)
