"""The straight interpolant x_t = (1 - t) x_0 + t x_1 of two independent Gaussians, and the flow of its velocity."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._factors import factor, root
from gpu.distributions import Gaussian
from gpu.evolution._arguments import checked

from ._pairs import Pair, Seen, apply, gaussian, pair, polar

__all__ = [
    "interpolation_flow_map",
    "interpolation_flow_matrix",
    "interpolation_law",
    "interpolation_velocity",
]


def interpolation_law(first: Gaussian, second: Gaussian, t: Tensor | float) -> Gaussian:
    """Law of (1 - t) x_0 + t x_1 for independent x_0 ~ first, x_1 ~ second: first stands at t = 0.

    N((1 - t) m_0 + t m_1, (1 - t)^2 S_0 + t^2 S_1). Raises ValueError outside [0, 1].

    Catalogue: P95 (Lai et al., arXiv 2510.21890).
    """
    laws, (time,) = timed(first, second, t=t)
    return gaussian(laws.mean(time), laws.covariance(time))


def interpolation_velocity(first: Gaussian, second: Gaussian, x: Tensor, t: Tensor | float) -> Tensor:
    """E[x_1 - x_0 | x_t = x] = t S_1 V^-1 (x - m_0) - (1 - t) S_0 V^-1 (x - m_1), (..., d).

    V = (1 - t)^2 S_0 + t^2 S_1. Formed from E[x_1 | x] while S_0 has more of V, else from E[x_0 | x]: at the ends the
    condition of V plays no part. Raises ValueError outside [0, 1] and where V is singular.

    Catalogue: P95 (Lai et al., arXiv 2510.21890).
    """
    laws, (place, time) = timed(first, second, x=x, t=t)
    at, part = Seen.at(laws, place, time, laws.covariance(time)), time[..., None]
    return at.rate(part * apply(laws.covariance_1, at.solved), (1 - part) * apply(laws.covariance_0, at.solved))


def interpolation_flow_matrix(
    first: Gaussian, second: Gaussian, *, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """Jacobian (V_end V_start^-1)^(1/2) of the interpolant's flow, (..., d, d), commuting covariances or not.

    V moves within S_0 and S_1, which one congruence makes diagonal, so that the velocities of all times commute. Formed
    as L (L^-1 V_end L^-T)^(1/2) L^-1, V_start = L L^T. It is symmetric only where the covariances commute.

    Raises ValueError for times outside [0, 1], in either order, and a singular V_start.

    Catalogue: P95 (Lai et al., arXiv 2510.21890).
    """
    laws, (start, end) = timed(first, second, t_start=t_start, t_end=t_end)
    return flow_matrix(laws, start, end)


def interpolation_flow_map(
    first: Gaussian, second: Gaussian, x: Tensor, *, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """Where the interpolant's flow carries x: m_end + (V_end V_start^-1)^(1/2) (x - m_start), (..., d).

    Raises as `interpolation_flow_matrix`.

    Catalogue: P95 (Lai et al., arXiv 2510.21890).
    """
    laws, (place, start, end) = timed(first, second, x=x, t_start=t_start, t_end=t_end)
    return laws.mean(end) + apply(flow_matrix(laws, start, end), place - laws.mean(start))


def flow_matrix(laws: Pair, start: Tensor, end: Tensor) -> Tensor:
    """L (L^-1 V_end L^-T)^(1/2) L^-1 for checked times."""
    lower = factor("the covariance at t_start", laws.covariance(start))
    half = torch.linalg.solve_triangular(lower, root(laws.covariance(end)), upper=False)
    _, stretch = polar(half.mT)
    matrix: Tensor = torch.linalg.solve_triangular(lower, lower @ stretch, upper=False, left=False)
    return matrix


def timed(first: Gaussian, second: Gaussian, **arguments: Tensor | float) -> tuple[Pair, list[Tensor]]:
    """The laws, a point x where there is one, and times in [0, 1] (and whatever else is named) after it."""
    vectors = {name: value for name, value in arguments.items() if name == "x"}
    numbers = {name: value for name, value in arguments.items() if name != "x"}
    values = checked(vectors, numbers)
    named = dict(zip((*vectors, *numbers), values, strict=True))
    laws, _ = pair(first, second, **numbers)
    _checks.tensors(first=laws.mean_0, **named)
    for name, value in named.items():
        if name == "x":
            _checks.event("x", value, laws.mean_0.shape[-1])
            _checks.broadcast(first=laws.mean_0.shape[:-1], x=value.shape[:-1])
        elif name in {"t", "t_start", "t_end"}:
            _checks.between(name, value, 0, 1, "a time between first and second")
    return laws, values
