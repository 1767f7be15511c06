"""TrigFlow: x = cos(angle) x_0 + sin(angle) sigma_data eps, the parameterisation of simplified consistency models."""

from __future__ import annotations

import math

from torch import Tensor

from gpu import _checks
from gpu.distributions._law import Law, require_law
from gpu.evolution._arguments import checked

__all__ = [
    "trigflow_consistency",
    "trigflow_network_from_consistency",
    "trigflow_network_output",
    "trigflow_network_target",
    "trigflow_tangent",
    "trigflow_velocity",
]


def trigflow_network_output(data: Law, x: Tensor, angle: Tensor | float, *, sigma_data: Tensor | float) -> Tensor:
    """The exact F = E[cos(angle) eps - sin(angle) x_0/sigma_data | x], (..., d): the velocity over sigma_data.

    Raises ValueError for angles outside [0, pi/2], sigma_data <= 0 and where x has no density.

    Catalogue: P110 (Lai et al., arXiv 2510.21890).
    """
    require_law("data", data)
    _, point, turn, scale = _checks.tensors(data=data.mean, x=x, angle=angle, sigma_data=sigma_data)
    _checks.event("x", point, data.event_size)
    shapes = {"data": data.batch_shape, "x": point.shape[:-1], "angle": turn.shape, "sigma_data": scale.shape}
    _checks.broadcast(**shapes)
    _circle(turn, scale)
    sine, cosine = turn.sin(), turn.cos().clamp_min(0)
    spread = sine * scale
    return data._observed(point, cosine.expand(spread.shape), spread).regression(-sine / scale, cosine * spread)


def trigflow_network_target(x0: Tensor, noise: Tensor, angle: Tensor | float, *, sigma_data: Tensor | float) -> Tensor:
    """cos(angle) eps - sin(angle) x_0/sigma_data, (..., d): the training target of F, eps standard normal.

    Catalogue: P110 (Lai et al., arXiv 2510.21890).
    """
    start, eps, turn, scale = checked({"x0": x0, "noise": noise}, {"angle": angle, "sigma_data": sigma_data})
    _circle(turn, scale)
    return turn.cos()[..., None] * eps - (turn.sin() / scale)[..., None] * start


def trigflow_velocity(network_output: Tensor, *, sigma_data: Tensor | float) -> Tensor:
    """sigma_data F, (..., d): dx/dangle of the probability flow.

    Catalogue: P110 (Lai et al., arXiv 2510.21890).
    """
    output, scale = checked({"network_output": network_output}, {"sigma_data": sigma_data})
    _checks.positive(sigma_data=scale)
    return scale[..., None] * output


def trigflow_consistency(
    network_output: Tensor, x: Tensor, angle: Tensor | float, *, sigma_data: Tensor | float
) -> Tensor:
    """cos(angle) x - sin(angle) sigma_data F, (..., d): the consistency function, x itself at angle 0.

    Catalogue: P110 (Lai et al., arXiv 2510.21890).
    """
    output, point, turn, scale = checked(
        {"network_output": network_output, "x": x}, {"angle": angle, "sigma_data": sigma_data}
    )
    _circle(turn, scale)
    return turn.cos()[..., None] * point - (turn.sin() * scale)[..., None] * output


def trigflow_network_from_consistency(
    consistency: Tensor, x: Tensor, angle: Tensor | float, *, sigma_data: Tensor | float
) -> Tensor:
    """(cos(angle) x - f)/(sin(angle) sigma_data), (..., d): the F of a consistency function's value f.

    Raises ValueError for angles outside (0, pi/2]. Ill-conditioned near angle 0.

    Catalogue: P110 (Lai et al., arXiv 2510.21890).
    """
    value, point, turn, scale = checked(
        {"consistency": consistency, "x": x}, {"angle": angle, "sigma_data": sigma_data}
    )
    _circle(turn, scale, open_start=True)
    return (turn.cos()[..., None] * point - value) / (turn.sin() * scale)[..., None]


def trigflow_tangent(
    network_output: Tensor,
    network_derivative: Tensor,
    x: Tensor,
    velocity: Tensor,
    angle: Tensor | float,
    *,
    sigma_data: Tensor | float,
) -> Tensor:
    """-cos(angle) (sigma_data F - v) - sin(angle) (x + sigma_data dF/dangle), (..., d): df/dangle on a trajectory.

    network_derivative: dF/dangle along the trajectory; velocity: dx/dangle. Zero for the exact consistency function.

    Catalogue: P110 (Lai et al., arXiv 2510.21890).
    """
    output, rate, point, speed, turn, scale = checked(
        {"network_output": network_output, "network_derivative": network_derivative, "x": x, "velocity": velocity},
        {"angle": angle, "sigma_data": sigma_data},
    )
    _circle(turn, scale)
    size = scale[..., None]
    return -turn.cos()[..., None] * (size * output - speed) - turn.sin()[..., None] * (point + size * rate)


def _circle(angle: Tensor, sigma_data: Tensor, *, open_start: bool = False) -> None:
    _checks.between("angle", angle, 0.0, math.pi / 2, "the quarter circle of TrigFlow", open_start=open_start)
    _checks.positive(sigma_data=sigma_data)
