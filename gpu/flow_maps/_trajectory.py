"""The probability flow of any data in any dimension, integrated for each point, with or without its Jacobian.

Between two times the flow depends on the path through alpha and sigma at both ends alone.  It is integrated over the
angle phi, tan phi = sigma/(alpha c), c^2 the mean variance of the data, for y = (x - alpha mean)/hypot(alpha c, sigma):
bounded, nearly still, and regular where alpha or sigma is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._components import Components
from gpu.distributions._law import Law
from gpu.likelihood._integrate import integrate
from gpu.paths import Path

__all__ = ["carried", "carried_with_jacobian"]

_TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-6}


def carried(data: Law, path: Path, x: Tensor, t_start: Tensor, t_end: Tensor) -> Tensor:
    """Psi(x), (..., d)."""
    start, rate, finish = _prepared(data, path, x, t_start, t_end)
    return finish(_integrated(lambda position, state: rate(position, state, None)[0], start))


def carried_with_jacobian(data: Law, path: Path, x: Tensor, t_start: Tensor, t_end: Tensor) -> tuple[Tensor, Tensor]:
    """Psi(x), (..., d), and its Jacobian (..., d, d), by the variational equation dJ/dphi = (dv/dy) J."""
    start, rate, finish = _prepared(data, path, x, t_start, t_end)
    size = x.shape[-1]
    unit = torch.eye(size, dtype=x.dtype, device=x.device).expand(*start.shape[:-1], size, size)

    def derivative(position: Tensor, state: Tensor) -> Tensor:
        columns = _matrices(state, size)
        velocity, growth = rate(position, state[..., :size], columns)
        return torch.cat((velocity, growth.flatten(-2)), -1)

    state = _integrated(derivative, torch.cat((start, unit.flatten(-2)), -1))
    # rows of the state are images of unit vectors: columns of the Jacobian
    scale = (finish.size_end / finish.size_start)[..., None, None]
    return finish(state[..., :size]), scale * _matrices(state, size).mT


class _Finish:
    """From y at the end back to x."""

    def __init__(self, mean: Tensor, alpha_end: Tensor, size_start: Tensor, size_end: Tensor) -> None:
        self.mean, self.alpha_end, self.size_start, self.size_end = mean, alpha_end, size_start, size_end

    def __call__(self, y: Tensor) -> Tensor:
        return self.alpha_end[..., None] * self.mean + self.size_end[..., None] * y


_Rate = Callable[[Tensor, Tensor, Tensor | None], tuple[Tensor, Tensor]]


def _prepared(data: Law, path: Path, x: Tensor, t_start: Tensor, t_end: Tensor) -> tuple[Tensor, _Rate, _Finish]:
    """The start y, the rates of y and of vectors that it carries, and the way back to x."""
    batch = _checks.broadcast(data=data.batch_shape, x=x.shape[:-1], t_start=t_start.shape, t_end=t_end.shape)
    ends = [(path._alpha_at(t).expand(batch), path._sigma_at(t).expand(batch)) for t in (t_start, t_end)]
    for alpha, sigma in ends:
        data._seen_at(alpha, sigma)._components.require_density()
    law: Components = data._components.data()
    mean, variance = law.mean().detach(), law.covariance().detach().diagonal(dim1=-2, dim2=-1).mean(-1)
    scale = torch.where(variance > 0, variance, 1).sqrt().expand(batch)
    centred = replace(law, base_means=law.base_means - mean[..., None, :])
    first, last = (torch.atan2(sigma, alpha * scale) for alpha, sigma in ends)
    sizes = [torch.hypot(alpha * scale, sigma) for alpha, sigma in ends]
    turn = last - first

    def rate(position: Tensor, y: Tensor, columns: Tensor | None) -> tuple[Tensor, Tensor]:
        angle = first + position * turn
        sine, cosine = angle.sin(), angle.cos()
        view = centred.at(cosine / scale, sine).seen_from(y)
        rates = -sine / scale, sine * cosine
        values = view.level.regression(*rates, view.law.base_means, view.x[..., None, :])
        shares = view.responsibilities[..., None]
        velocity = (shares * values).sum(-2)
        if columns is None:
            return turn[..., None] * velocity, y
        scores = view.component_scores()
        scores = scores - (shares * scores).sum(-2, keepdim=True)
        moved = columns.movedim(-2, 0)[..., None, :]
        inside = view.level.regression(*rates, torch.zeros_like(view.law.base_means), moved)
        between = (values - velocity[..., None, :]) * (scores * moved).sum(-1, keepdim=True)
        growth = (shares * (inside + between)).sum(-2).movedim(0, -2)
        return turn[..., None] * velocity, turn[..., None, None] * growth

    start = (x - ends[0][0][..., None] * mean) / sizes[0][..., None]
    return start, rate, _Finish(mean, ends[1][0], sizes[0], sizes[1])


def _matrices(state: Tensor, size: int) -> Tensor:
    """The matrices (..., d, d) behind the first d numbers of a state."""
    return state[..., size:].reshape(*state.shape[:-1], size, size)


def _integrated(derivative: Callable[[Tensor, Tensor], Tensor], state: Tensor) -> Tensor:
    tolerance = _TOLERANCE[state.dtype]
    return integrate(derivative, state, rtol=tolerance, atol=tolerance)
