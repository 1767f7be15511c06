r"""The average velocity u = (x - Psi(x))/(t - r) of a trajectory from t = t_start to r = t_end, and what it obeys.

MeanFlow identity u = v - (t - r) du/dt, with du/dt the derivative along the trajectory at fixed r; the same from the
other end u = v(Psi, r) + (t - r) du/dr; additivity (t - r) u = (t - q) u(t to q) + (q - r) u(q to r).
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.fields import velocity as exact_velocity
from reference.fields.analytic import Data
from reference.flow_maps._arguments import Travel, different_times, flow_arguments, moved_by, per_vector, vectors
from reference.flow_maps._coefficients import affine, average_coefficients
from reference.flow_maps.oracle import oracle_jacobian, oracle_map
from reference.paths._base import Path, checked_path
from reference.reverse import gaussian_components
from reference.reverse._arguments import travel as checked_times
from reference.reverse._gaussian import spectral

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

_coarse, _fine = np.polynomial.legendre.leggauss(12), np.polynomial.legendre.leggauss(24)
_map_error = 1e-14  # of a map on the line; a map by integration is worse, which only favours the quotient


def average_velocity(data: Data, path: Path, x: Array, *, t_start: Real, t_end: Real) -> Array:
    """u(x) = (x - Psi(x))/(t_start - t_end), the velocity averaged over the trajectory; at equal times the velocity.

    Gaussian data: in closed form, without the difference. Other data: the quotient, or the average of the velocity by
    24 Gauss nodes over the trajectory, whichever errs less (the quadrature by its distance from 12 nodes).
    Shapes: x (..., d), times (...) -> (..., d).  Domain: the closed domain, either order, a density at both times.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    travel = flow_arguments(data, path, x, t_start, t_end)
    law, checked, point, start, end = travel
    if not isinstance(law, Gaussian):
        return _averaged(data, travel)
    components = gaussian_components(law)
    values = components.covariance.eigenvalues
    return affine(components, point, average_coefficients(checked, start[..., None], end[..., None], values))


def average_velocity_matrix(data: Gaussian, path: Path, *, t_start: Real, t_end: Real) -> Array:
    """Jacobian (I - V_end^(1/2) V_start^(-1/2))/(t_start - t_end) of the average velocity of Gaussian data, symmetric.

    At equal times the Jacobian of the velocity.
    Shapes: times (...) -> (..., d, d).  Domain: the closed domain, either order of travel.
    Raises TypeError for other data, ValueError where V_start is singular.
    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    components, checked = gaussian_components(data), checked_path("path", path)
    start, end = checked_times(checked, t_start, t_end, data=components.batch_shape)
    slopes, _ = average_coefficients(checked, start[..., None], end[..., None], components.covariance.eigenvalues)
    return spectral(components, slopes)


# ------------------------------------------------------------------------------------------ the identities


def mean_flow_total_derivative(
    data: Data, path: Path, x: Array, tangent: Array, *, t_start: Real, t_end: Real
) -> Array:
    """du/dt = (d u/d t_start) + J_u tangent, the derivative of u along (tangent, 1) at fixed t_end.

    (v - u)/(t_start - t_end) + J_u (tangent - v) with v = v(x, t_start) and J_u the Jacobian of u; for the tangent v
    itself the first term alone.
    Shapes: x, tangent (..., d), times (...) -> (..., d).  Domain: that of average_velocity, the times different.
    Raises: TypeError, ValueError outside the domain.
    Ill-conditioned where the times nearly agree: the rounding of v - u is divided by their difference.
    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    travel = flow_arguments(data, path, x, t_start, t_end)
    law, checked, point, start, end = travel
    direction = _checks.event("tangent", _checks.real("tangent", tangent), law.event_size)
    _checks.broadcast(x=travel.shape, tangent=direction.shape[:-1])
    different_times(start, end)
    length = per_vector(start - end)
    rate = exact_velocity(data, checked, point, start)
    average = average_velocity(data, checked, point, t_start=start, t_end=end)
    return (rate - average) / length + _tangent_image(data, travel, direction - rate)


def mean_flow_target(velocity: Array, total_derivative: Array, *, t_start: Real, t_end: Real) -> Array:
    """MeanFlow's regression target v - (t_start - t_end) du/dt, which is u at the fixed point.

    In training v is the conditional velocity in both places, the target and the tangent of du/dt: the target is linear
    in it, so its mean given x is the same.
    Shapes: velocity, total_derivative (..., d), times (...) -> (..., d).  Raises: TypeError, ValueError.
    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    (rate, derivative), length = _step(t_start, t_end, velocity=velocity, total_derivative=total_derivative)
    return rate - length * derivative


def mean_flow_target_from_end(velocity: Array, end_derivative: Array, *, t_start: Real, t_end: Real) -> Array:
    """The target from the other end, v(Psi, t_end) + (t_start - t_end) du/dt_end.

    ``velocity`` is v at the image Psi(x), t_end.
    Shapes: velocity, end_derivative (..., d), times (...) -> (..., d).  Raises: TypeError, ValueError.
    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    (rate, derivative), length = _step(t_start, t_end, velocity=velocity, end_derivative=end_derivative)
    return rate + length * derivative


def combined_average_velocity(first: Array, second: Array, *, t_start: Real, t_middle: Real, t_end: Real) -> Array:
    """The average velocity of two legs: ((t_start - t_middle) first + (t_middle - t_end) second)/(t_start - t_end).

    ``second`` is taken where the first leg arrives.
    Shapes: first, second (..., d), times (...) -> (..., d).  Domain: t_start and t_end different.
    Raises: TypeError, ValueError.
    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    arrays, middle = vectors(first=first, second=second), _checks.real("t_middle", t_middle)
    start, end = _checks.real("t_start", t_start), _checks.real("t_end", t_end)
    times = {"t_start": start.shape, "t_middle": middle.shape, "t_end": end.shape}
    _checks.broadcast(x=np.broadcast_shapes(*(array.shape[:-1] for array in arrays)), **times)
    different_times(start, end)
    weighted = per_vector(start - middle) * arrays[0] + per_vector(middle - end) * arrays[1]
    return weighted / per_vector(start - end)


def shortcut_target(first: Array, second: Array) -> Array:
    """Target (first + second)/2 of a shortcut model: the average velocity of two equal legs.

    ``second`` is taken where the first leg arrives.
    Shapes: first, second (..., d) -> (..., d).  Raises: TypeError, ValueError.
    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    before, after = vectors(first=first, second=second)
    return 0.5 * before + 0.5 * after


def mean_flow_adaptive_weight(loss: Real, *, power: Real, constant: Real) -> Array:
    """MeanFlow's weight 1/(loss + constant)^power of a squared error, held constant in differentiation.

    Shapes: all (...) -> (...).  Domain: loss >= 0, constant > 0, power >= 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P106 (Lai et al., arXiv 2510.21890); MeanFlow, arXiv 2505.13447.
    """
    error, floor = _checks.nonnegative("loss", loss), _checks.positive("constant", constant)
    exponent = _checks.nonnegative("power", power)
    _checks.broadcast(loss=error.shape, power=exponent.shape, constant=floor.shape)
    return np.asarray((error + floor) ** -exponent)


# ------------------------------------------------------------------------------------------------- private


def _step(t_start: Real, t_end: Real, **points: object) -> tuple[tuple[Array, ...], Array]:
    """Vectors, and t_start - t_end with an event axis."""
    arrays = vectors(**points)
    start, end = _checks.real("t_start", t_start), _checks.real("t_end", t_end)
    batch = np.broadcast_shapes(*(array.shape[:-1] for array in arrays))
    _checks.broadcast(x=batch, t_start=start.shape, t_end=end.shape)
    return arrays, per_vector(start - end)


def _averaged(data: Data, travel: Travel) -> Array:
    """The average velocity of data without a closed form."""
    _, path, point, start, end = travel
    length = per_vector(np.broadcast_to(start - end, travel.shape))
    image = oracle_map(data, path, point, t_start=start, t_end=end)
    still = length == 0.0
    quotient = (point - image) / np.where(still, 1.0, length)
    smooth, rough = (_over_the_trajectory(data, travel, rule) for rule in (_fine, _coarse))
    doubt = np.linalg.norm(smooth - rough, axis=-1, keepdims=True)
    size = np.linalg.norm(point, axis=-1, keepdims=True) + np.linalg.norm(image, axis=-1, keepdims=True)
    return np.where(still | (doubt * np.abs(length) <= _map_error * size), smooth, quotient)


def _over_the_trajectory(data: Data, travel: Travel, rule: tuple[Array, Array]) -> Array:
    """The velocity's average over the trajectory by one rule of quadrature on [-1, 1]."""
    nodes, weights = rule
    _, path, point, start, end = travel
    shape = travel.shape
    place = nodes.reshape(-1, *(1,) * len(shape))
    low, high = np.minimum(start, end), np.maximum(start, end)
    between = np.clip(np.broadcast_to(0.5 * (start + end), shape) + 0.5 * (start - end) * place, low, high)
    states = oracle_map(data, path, point, t_start=np.broadcast_to(start, between.shape), t_end=between)
    rates = exact_velocity(data, path, states, between)
    return np.asarray(np.tensordot(0.5 * weights, rates, axes=1))


def _tangent_image(data: Data, travel: Travel, tangent: Array) -> Array:
    """J_u times a tangent, J_u = (I - J)/(t_start - t_end)."""
    law, path, point, start, end = travel
    if isinstance(law, Gaussian):
        return moved_by(average_velocity_matrix(law, path, t_start=start, t_end=end), tangent)
    jacobian = oracle_jacobian(data, path, point, t_start=start, t_end=end)
    return (tangent - moved_by(jacobian, tangent)) / per_vector(start - end)
