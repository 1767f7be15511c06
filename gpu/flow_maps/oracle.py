"""The exact flow map of the probability-flow ODE and its derivatives."""

from __future__ import annotations

from torch import Tensor

from gpu.distributions import Gaussian
from gpu.distributions._law import Law, require_law
from gpu.evolution._arguments import checked
from gpu.fields.analytic import velocity
from gpu.flow_maps._arguments import journey
from gpu.flow_maps._gaussian import Trip
from gpu.flow_maps._trajectory import carried, carried_with_jacobian
from gpu.likelihood.quantile import quantile_map
from gpu.paths import Path
from gpu.reverse.flow import flow_map, flow_matrix

__all__ = [
    "eulerian_residual",
    "lagrangian_residual",
    "oracle_end_derivative",
    "oracle_jacobian",
    "oracle_map",
    "oracle_start_derivative",
]


def oracle_map(data: Law, path: Path, x: Tensor, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """Psi(x), (..., d): where the probability flow takes x from t_start to t_end, in either order.

    Gaussian data: m_end + V_end^(1/2) V_start^(-1/2) (x - m_start). d = 1: F_end^-1(F_start(x)). Otherwise the ODE,
    for each point at tolerance 1e-12 (1e-6 in float32); its step sizes are read on the host: not for torch.compile
    or vmap.

    Raises ValueError for times outside the domain, a marginal without a density at either end, non-finite x, shapes
    that do not fit; TypeError for mixed dtypes.

    Catalogue: P101 (Lai et al., arXiv 2510.21890).
    """
    require_law("data", data)
    if isinstance(data, Gaussian):
        return flow_map(data, path, x, t_start=t_start, t_end=t_end)
    if data.event_size == 1:
        return quantile_map(data, path, x, t_start=t_start, t_end=t_end)
    return carried(data, path, *journey(data, path, x, t_start, t_end))


def oracle_jacobian(data: Law, path: Path, x: Tensor, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """The Jacobian of Psi at x, (..., d, d).

    Gaussian data: V_end^(1/2) V_start^(-1/2) wherever x is. d = 1: p_start(x)/p_end(Psi(x)). Otherwise the
    variational equation beside the ODE; the matrix is in general not symmetric.

    Raises as `oracle_map`.

    Catalogue: P101, P102 (Lai et al., arXiv 2510.21890).
    """
    point, start, end = journey(data, path, x, t_start, t_end)
    if isinstance(data, Gaussian):
        matrix = flow_matrix(data, path, t_start=start, t_end=end)
        return matrix + 0 * point[..., None]
    if data.event_size != 1:
        return carried_with_jacobian(data, path, point, start, end)[1]
    image = quantile_map(data, path, point, t_start=start, t_end=end)
    before, after = (
        data._observed(place, path._alpha_at(t), path._sigma_at(t)).log_prob()
        for place, t in ((point, start), (image, end))
    )
    return (before - after).exp()[..., None, None]


def oracle_start_derivative(
    data: Law, path: Path, x: Tensor, *, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """The derivative of Psi(x) in t_start, (..., d): -J v(x, t_start), the Eulerian identity.

    Raises as `oracle_map`.

    Catalogue: P102 (Lai et al., arXiv 2510.21890).
    """
    if isinstance(data, Gaussian):
        trip = Trip.between(data, path, t_start, t_end)
        speed, stretch = trip.velocity(trip.t_start), -trip.flow().of_point
        return trip.apply(speed._replace(of_point=stretch * speed.of_point, of_mean=stretch * speed.of_mean), x)
    point, start, end = journey(data, path, x, t_start, t_end)
    jacobian = oracle_jacobian(data, path, point, t_start=start, t_end=end)
    return -(jacobian * velocity(data, path, point, start)[..., None, :]).sum(-1)


def oracle_end_derivative(
    data: Law, path: Path, x: Tensor, *, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """The derivative of Psi(x) in t_end, (..., d): v(Psi(x), t_end), the Lagrangian identity.

    Raises as `oracle_map`.

    Catalogue: P102 (Lai et al., arXiv 2510.21890).
    """
    if isinstance(data, Gaussian):
        trip = Trip.between(data, path, t_start, t_end)
        return trip.apply(trip.end_velocity(), x)
    point, start, end = journey(data, path, x, t_start, t_end)
    return velocity(data, path, oracle_map(data, path, point, t_start=start, t_end=end), end)


def eulerian_residual(start_derivative: Tensor, jacobian_product: Tensor) -> Tensor:
    """What a map misses of the Eulerian identity, d Psi/d t_start + J v(x, t_start), (..., d).

    jacobian_product: (..., d), J v at the start.

    Catalogue: P102 (Lai et al., arXiv 2510.21890).
    """
    rate, product = checked({"start_derivative": start_derivative, "jacobian_product": jacobian_product}, {})
    return rate + product


def lagrangian_residual(end_derivative: Tensor, velocity: Tensor) -> Tensor:
    """What a map misses of the Lagrangian identity, d Psi/d t_end - v(Psi, t_end), (..., d).

    velocity: (..., d), at the image.

    Catalogue: P102 (Lai et al., arXiv 2510.21890).
    """
    rate, speed = checked({"end_derivative": end_derivative, "velocity": velocity}, {})
    return rate - speed
