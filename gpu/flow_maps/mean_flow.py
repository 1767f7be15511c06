"""The velocity averaged over a trajectory, u = (x - Psi)/(t_start - t_end), and the identities that train it."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.distributions._law import Law
from gpu.evolution._arguments import checked
from gpu.fields.analytic import velocity as field_velocity
from gpu.flow_maps._arguments import different_times, journey, numbers
from gpu.flow_maps._gaussian import Affine, Trip
from gpu.flow_maps.oracle import oracle_jacobian, oracle_map
from gpu.paths import Path

__all__ = [
    "average_velocity",
    "average_velocity_matrix",
    "combined_average_velocity",
    "mean_flow_adaptive_weight",
    "mean_flow_target",
    "mean_flow_target_from_end",
    "mean_flow_total_derivative",
    "shortcut_target",
]

_FINE, _COARSE = 16, 8  # Gauss nodes


def average_velocity(data: Law, path: Path, x: Tensor, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """u(x) = (x - Psi(x))/(t_start - t_end), (..., d), and the velocity where the times agree.

    Gaussian data: in closed form, accurate for times close together. Others: the quotient, or the average of the
    velocity over 16 Gauss nodes of the trajectory where that is the more accurate of the two, as its distance from 8
    nodes and the rounding of the quotient tell.

    Raises as `oracle_map`.

    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    if isinstance(data, Gaussian):
        trip = Trip.between(data, path, t_start, t_end)
        return trip.apply(trip.average_velocity(), x)
    point, start, end = journey(data, path, x, t_start, t_end)
    gap = (start - end)[..., None]
    still = gap == 0
    image = oracle_map(data, path, point, t_start=start, t_end=end)
    divisor = torch.where(still, 1, gap)
    quotient = (point - image) / divisor
    fine, coarse = (_averaged(data, path, point, start, end, count) for count in (_FINE, _COARSE))
    rounding = 4 * _checks.unit_roundoff(point.dtype) * (point.abs() + image.abs()) / divisor.abs()
    return torch.where(still | ((fine - coarse).detach().abs() < rounding.detach()), fine, quotient)


def average_velocity_matrix(data: Gaussian, path: Path, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """(I - V_end^(1/2) V_start^(-1/2))/(t_start - t_end), (..., d, d), symmetric: the Jacobian of u.

    At equal times the Jacobian of the velocity. Raises TypeError for data that are not Gaussian, ValueError for times
    outside the domain and a singular V_start.

    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    trip = Trip.between(data, path, t_start, t_end)
    return trip.directions.matrix(trip.average_velocity().of_point)


def mean_flow_total_derivative(
    data: Law, path: Path, x: Tensor, tangent: Tensor, *, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """du/dt along (tangent, 1) at fixed t_end, (..., d): (v - u)/(t_start - t_end) + J_u (tangent - v).

    Ill-conditioned where the times nearly agree: the rounding of v - u is divided by their difference.

    Raises as `oracle_map`, and ValueError where the times agree.

    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    point, start, end = journey(data, path, x, t_start, t_end)
    _, direction = _checks.tensors(x=point, tangent=tangent)
    _checks.event("tangent", direction, data.event_size)
    shapes = {"data": data.batch_shape, "x": point.shape[:-1], "tangent": direction.shape[:-1]}
    _checks.broadcast(**shapes, t_start=start.shape, t_end=end.shape)
    _checks.finite(tangent=direction)
    different_times(start, end)
    gap = (start - end)[..., None]
    if isinstance(data, Gaussian):
        trip = Trip.between(data, path, start, end)
        mean, now = trip.average_velocity(), trip.velocity(trip.t_start)
        steps = trip.t_start[..., None] - trip.t_end[..., None]
        slopes = Affine((now.of_point - mean.of_point) / steps, (now.of_mean - mean.of_mean) / steps)
        speeds = trip.apply(now, point)
        turn = trip.directions.vectors(mean.of_point * trip.directions.coordinates(direction - speeds))
        return trip.apply(slopes, point) + turn
    speed = field_velocity(data, path, point, start)
    mean_speed = average_velocity(data, path, point, t_start=start, t_end=end)
    aside = direction - speed
    jacobian = oracle_jacobian(data, path, point, t_start=start, t_end=end)
    turned = aside - (jacobian * aside[..., None, :]).sum(-1)
    return (speed - mean_speed + turned) / gap


def mean_flow_target(
    velocity: Tensor, total_derivative: Tensor, *, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """MeanFlow's regression target v - (t_start - t_end) du/dt, (..., d), u itself at the fixed point.

    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    speed, rate, start, end = checked(
        {"velocity": velocity, "total_derivative": total_derivative}, {"t_start": t_start, "t_end": t_end}
    )
    return speed - (start - end)[..., None] * rate


def mean_flow_target_from_end(
    velocity: Tensor, end_derivative: Tensor, *, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """v(Psi, t_end) + (t_start - t_end) du/dt_end, (..., d): the target from the other end.

    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    speed, rate, start, end = checked(
        {"velocity": velocity, "end_derivative": end_derivative}, {"t_start": t_start, "t_end": t_end}
    )
    return speed + (start - end)[..., None] * rate


def combined_average_velocity(
    first: Tensor,
    second: Tensor,
    *,
    t_start: Tensor | float,
    t_middle: Tensor | float,
    t_end: Tensor | float,
) -> Tensor:
    """((t_start - t_middle) first + (t_middle - t_end) second)/(t_start - t_end), (..., d): u over two legs.

    second: at the image of the first leg. Raises ValueError where t_start and t_end agree.

    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    one, other, start, middle, end = checked(
        {"first": first, "second": second}, {"t_start": t_start, "t_middle": t_middle, "t_end": t_end}
    )
    different_times(start, end)
    whole = start - end
    return ((start - middle) / whole)[..., None] * one + ((middle - end) / whole)[..., None] * other


def shortcut_target(first: Tensor, second: Tensor) -> Tensor:
    """(first + second)/2, (..., d): u over two equal legs, the target of a shortcut model.

    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    one, other = checked({"first": first, "second": second}, {})
    return (one + other) / 2


def mean_flow_adaptive_weight(loss: Tensor | float, *, power: Tensor | float, constant: Tensor | float) -> Tensor:
    """1/(loss + constant)^power, (...,): MeanFlow's weight of a squared error, held constant in differentiation.

    Raises ValueError unless loss >= 0, constant > 0 and power >= 0.

    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    value, exponent, floor = numbers(loss=loss, power=power, constant=constant)
    _checks.nonnegative(loss=value, power=exponent)
    _checks.positive(constant=floor)
    return (value + floor).pow(-exponent)


def _averaged(data: Law, path: Path, x: Tensor, start: Tensor, end: Tensor, count: int) -> Tensor:
    """The average over the times from t_start to t_end of the velocity on the trajectory of x."""
    nodes, weights = _gauss(count, x)
    batch = _checks.broadcast(data=data.batch_shape, x=x.shape[:-1], t_start=start.shape, t_end=end.shape)
    axes = (slice(None), *(None,) * len(batch))
    first, length = start.expand(batch), (end - start).expand(batch)
    times = first + nodes[axes] * length
    point = x.expand(*batch, x.shape[-1])
    places = oracle_map(data, path, point, t_start=first, t_end=times)
    return (weights[(*axes, None)] * field_velocity(data, path, places, times)).sum(0)


def _gauss(count: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Gauss-Legendre nodes and weights on (0, 1), the eigenvalues and first components of Jacobi's matrix."""
    order = torch.arange(1, count, dtype=torch.float64)
    side = order / (4 * order.square() - 1).sqrt()
    values, vectors = torch.linalg.eigh(torch.diag(side, 1) + torch.diag(side, -1))
    return ((1 + values) / 2).to(like), vectors[0].square().to(like)
