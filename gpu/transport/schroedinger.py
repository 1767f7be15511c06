"""Entropic transport between Gaussians, and the Schroedinger bridge whose reference is a Brownian motion."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._factors import root
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import add_identity

from ._pairs import Pair, Seen, apply, gaussian, polar
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
    near, far = root(laws.covariance_0), root(laws.covariance_1)
    of_start, of_end = _pull(near, far, noise), _pull(far, near, noise)
    cross = of_start @ laws.covariance_1
    at = Seen.at(laws, place, time, _covariance(laws, cross, time, noise))
    part, level = at.part, noise[..., None] * at.solved
    own, other = apply(laws.covariance_0, at.solved), apply(laws.covariance_1, at.solved)
    middle = apply(cross + cross.mT, at.solved) + level
    to_end, to_start = at.lengths
    # (1 - t)^2 S_0 V^-1 and t^2 S_1 V^-1 as what is left of I, for C^T = Q S_0 and C = P S_1.
    kept_first = at.rest(part * (part * other + (1 - part) * middle), to_end)
    kept_second = at.rest((1 - part) * ((1 - part) * own + part * middle), to_start)
    return at.rate(
        part * other + apply(of_end, kept_first), (1 - part) * own + part * level + apply(of_start, kept_second)
    )


def _noised(first: Gaussian, second: Gaussian, **arguments: Tensor | float) -> tuple[Pair, list[Tensor]]:
    """The laws and the checked arguments, the last of them a variance above 0."""
    laws, values = timed(first, second, **arguments)
    _checks.positive(variance=values[-1])
    return laws, values


def _cross(laws: Pair, variance: Tensor) -> Tensor:
    """C = P S_1."""
    return _pull(root(laws.covariance_0), root(laws.covariance_1), variance) @ laws.covariance_1


def _pull(near: Tensor, far: Tensor, variance: Tensor) -> Tensor:
    """P = 2 F (K + variance I)^-1 F^T, symmetric; K is the stretch of [2 R^T F; variance I], F and R roots."""
    product = far.mT @ near
    floor = add_identity(torch.zeros_like(product), variance)
    _, stretch = polar(torch.cat((2 * product.expand_as(floor), floor), -2))
    lower = torch.linalg.cholesky_ex(add_identity(stretch, variance))[0]
    half = torch.linalg.solve_triangular(lower, near.mT.expand_as(stretch), upper=False)
    pull: Tensor = 2 * half.mT @ half
    return pull


def _covariance(laws: Pair, cross: Tensor, t: Tensor, variance: Tensor) -> Tensor:
    """(1 - t)^2 S_0 + t^2 S_1 + t (1 - t) (C + C^T + variance I)."""
    middle = t * (1 - t)
    return add_identity(laws.covariance(t) + middle[..., None, None] * (cross + cross.mT), middle * variance)
