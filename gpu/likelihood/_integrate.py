"""Adaptive integration of many small ordinary differential equations at once, each with its own step size."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gpu.likelihood._dormand_prince import ERROR_3, ERROR_5, NODES, STAGES, WEIGHTS

__all__ = ["integrate"]

Derivative = Callable[[Tensor, Tensor], Tensor]
_FIRST_STEP, _STEPS_BETWEEN_LOOKS, _MOST_STEPS = 1e-3, 4, 100_000


def integrate(derivative: Derivative, state: Tensor, *, rtol: float, atol: float) -> Tensor:
    """y(1) for y' = derivative(s, y), y(0) = state (..., n), by the pair of order 8(5, 3).

    s: (...,). Every batch element has its own s and step size: steps are accepted where the weighted root
    mean square of the error estimate is at most 1, weights atol + rtol |y|. The host looks whether all have
    arrived once in a few steps, and never otherwise.

    Raises RuntimeError where 1e5 steps do not suffice.
    """
    position = torch.zeros_like(state[..., 0])
    step = torch.full_like(position, _FIRST_STEP)
    for count in range(_MOST_STEPS):
        if count % _STEPS_BETWEEN_LOOKS == 0 and bool((position >= 1).all()):
            return state
        remaining = 1 - position
        last = step >= remaining
        taken = torch.where(last, remaining, step)
        proposal, error = _step(derivative, position, state, taken, rtol, atol)
        accepted = error <= 1
        state = torch.where(accepted[..., None], proposal, state)
        position = torch.where(accepted, torch.where(last, torch.ones_like(position), position + taken), position)
        growth = 0.9 * error.clamp_min(1e-10) ** -0.125
        growth = torch.where(error.isfinite(), growth.clamp(0.2, 10.0), 0.2)
        step = torch.where(accepted & last, step, taken * torch.where(accepted, growth, growth.clamp_max(0.9)))
    raise RuntimeError(f"integrate: expected to arrive within {_MOST_STEPS} steps; loosen rtol and atol")


def _step(
    derivative: Derivative, position: Tensor, state: Tensor, step: Tensor, rtol: float, atol: float
) -> tuple[Tensor, Tensor]:
    """The state one step later (..., n), and the size of its error in units of the tolerance (...,)."""
    slopes: list[Tensor] = []
    for node, coefficients in zip(NODES, STAGES, strict=True):
        inner = state + step[..., None] * _combine(coefficients, slopes) if coefficients else state
        slopes.append(derivative(position + node * step, inner))
    proposal = state + step[..., None] * _combine(WEIGHTS, slopes)
    with torch.no_grad():
        scale = atol + rtol * torch.maximum(state.abs(), proposal.abs())
        fifth = (_combine(ERROR_5, slopes) / scale).square().mean(-1)
        third = (_combine(ERROR_3, slopes) / scale).square().mean(-1)
        combined = (fifth + 0.01 * third).sqrt()
        error = step * torch.where(combined > 0, fifth / combined, 0)
    return proposal, error


def _combine(coefficients: dict[int, float], slopes: list[Tensor]) -> Tensor:
    total = torch.zeros_like(slopes[0])
    for index, coefficient in coefficients.items():
        total = total + coefficient * slopes[index]
    return total
