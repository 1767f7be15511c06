"""The one-dimensional probability flow as the monotone map between equal quantiles."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._law import Law
from gpu.paths import Path

__all__ = ["quantile_map"]

_ITERATIONS = 100


def quantile_map(data: Law, path: Path, x: Tensor, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """Where the probability-flow ODE takes x in one dimension: F_end^-1(F_start(x)), (..., 1), for any
    mixture.

    With the components split into those left and right of x, F_end(y) = F_start(x) reads sum_right w
    Phi(z_end) - sum_left w Phi(-z_end) = the same at the start: only small tails are compared, in logarithms,
    so both far tails and the gaps between components are accurate. Solved by a fixed number of Newton steps,
    bisected where they leave the bracket of the component maps m_end + s_end z_start.

    Raises ValueError for d > 1, times outside the domain, a component of variance 0 at either end, non-finite
    x, shapes that do not fit; TypeError for mixed dtypes.

    Catalogue: P56 (Lai et al., arXiv 2510.21890), M34 (McAllester, arXiv 2301.11108).
    """
    _checks.one_dimensional("quantile_map", data.event_size, "the flow is a map of quantiles on the line only")
    _, x, t_start, t_end = _checks.tensors(data=data._components.base_means, x=x, t_start=t_start, t_end=t_end)
    _checks.event("x", x, 1)
    _checks.broadcast(data=data.batch_shape, x=x.shape[:-1], t_start=t_start.shape, t_end=t_end.shape)
    _checks.time_in_domain(path, t_start=t_start, t_end=t_end)
    _checks.finite(x=x)
    ends = []
    for t in (t_start, t_end):
        law = data._seen_at(path._alpha_at(t), path._sigma_at(t))._components
        law.require_density()
        ends.append((law.means()[..., 0], law.covariances()[..., 0, 0].sqrt()))
    (mean, deviation), (mean_end, deviation_end) = ends
    weights = data._components.weights

    standard = (x - mean) / deviation
    images = mean_end + deviation_end * standard
    right = standard.detach() < 0
    goal = _Balance(weights, right, standard)
    low, high = images.detach().amin(-1), images.detach().amax(-1)

    def residual(y: Tensor, goal: _Balance) -> tuple[Tensor, Tensor]:
        return _Balance(weights, right, (y[..., None] - mean_end) / deviation_end).against(goal, deviation_end)

    with torch.no_grad():
        y = (low + high) / 2
        for iteration in range(_ITERATIONS):
            value, slope = residual(y, goal)
            low, high = torch.where(value <= 0, y, low), torch.where(value >= 0, y, high)
            newton = y - value / slope
            middle = (low + high) / 2
            inside = (newton >= low) & (newton <= high)
            y = middle if iteration % 4 == 3 and iteration < _ITERATIONS // 2 else torch.where(inside, newton, middle)
    value, slope = residual(y, goal)
    return (y - value / slope.detach())[..., None]


class _Balance:
    """Log of the mass right-hand components have left of a point, and left-hand components right of it."""

    def __init__(self, weights: Tensor, right: Tensor, standard: Tensor) -> None:
        self.standard = standard
        self.log_weights = torch.where(weights > 0, torch.where(weights > 0, weights, 1).log(), -math.inf)
        self.right = right
        self.logs = self.log_weights + torch.special.log_ndtr(torch.where(right, standard, -standard))
        self.lower = _masked_log_sum_exp(self.logs, right)
        self.upper = _masked_log_sum_exp(self.logs, ~right)

    def surplus(self) -> tuple[Tensor, Tensor]:
        """Whether lower exceeds upper, and the logarithm of the absolute difference of their masses."""
        positive = self.lower >= self.upper
        larger = torch.where(positive, self.lower, self.upper)
        smaller = torch.where(positive, self.upper, self.lower)
        gap = torch.where(smaller.isinf(), -math.inf, smaller - larger)
        equal = gap == 0
        return positive, torch.where(equal, -math.inf, larger + torch.where(equal, -1, gap).expm1().neg().log())

    def against(self, goal: _Balance, deviation: Tensor) -> tuple[Tensor, Tensor]:
        """A function of the point that increases through 0 where its balance is the goal's, and its slope."""
        positive, log_surplus = goal.surplus()
        with_surplus = torch.logaddexp(torch.where(positive, self.upper, self.lower), log_surplus)
        value = torch.where(positive, self.lower - with_surplus, with_surplus - self.upper)
        log_density = self.log_weights - self.standard.square() / 2 - math.log(2 * math.pi) / 2 - deviation.log()
        of_right = torch.logsumexp(torch.where(self.right, log_density, -math.inf), -1)
        of_left = torch.logsumexp(torch.where(self.right, -math.inf, log_density), -1)
        slope = torch.where(
            positive,
            (of_right - self.lower).exp() + (of_left - with_surplus).exp(),
            (of_right - with_surplus).exp() + (of_left - self.upper).exp(),
        )
        return value, slope


def _masked_log_sum_exp(logs: Tensor, mask: Tensor) -> Tensor:
    """Log-sum-exp over the last axis of the entries that a mask keeps; -inf, with derivative 0, for none."""
    kept = torch.where(mask, logs, -math.inf)
    some = (kept > -math.inf).any(-1)
    safe = torch.where(some[..., None], kept, 0)
    return torch.where(some, torch.logsumexp(safe, -1), -math.inf)
