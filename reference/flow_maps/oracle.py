r"""The exact flow map Psi of the probability-flow ODE, and its derivatives in the point and in either time.

Gaussian data in closed form; other data on the line by quantiles; other data in d >= 2 by integrating the ODE.
Two identities tie the derivatives to the velocity v of the path:
Eulerian d Psi/d t_start + J v(x, t_start) = 0, Lagrangian d Psi/d t_end = v(Psi, t_end).
"""

from __future__ import annotations

import numpy as np

from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.fields import velocity
from reference.fields.analytic import Data
from reference.flow_maps._arguments import Travel, flow_arguments, moved_by, vectors
from reference.flow_maps._coefficients import affine, end_coefficients, rate_coefficients
from reference.flow_maps._trajectory import carried
from reference.likelihood import quantile_map
from reference.paths._base import Path
from reference.reverse import flow_coefficients, flow_map, flow_matrix, gaussian_components

__all__ = [
    "eulerian_residual",
    "lagrangian_residual",
    "oracle_end_derivative",
    "oracle_jacobian",
    "oracle_map",
    "oracle_start_derivative",
]


def oracle_map(data: Data, path: Path, x: Array, *, t_start: Real, t_end: Real) -> Array:
    """Psi(x): where the probability-flow ODE carries x from t_start to t_end, exactly.

    Gaussian data: m_end + V_end^(1/2) V_start^(-1/2) (x - m_start). d = 1: F_end^-1(F_start(x)). Elsewhere the ODE at
    rtol 1e-12, about 1e-11 of the result.
    Shapes: x (..., d), times (...) -> (..., d).  Domain: the closed domain, either order, a density at both times.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P101 (Lai et al., arXiv 2510.21890).
    """
    travel = flow_arguments(data, path, x, t_start, t_end)
    law, checked, point, start, end = travel
    if isinstance(law, Gaussian):
        return flow_map(law, checked, point, t_start=start, t_end=end)
    if law.event_size == 1:
        return quantile_map(data, checked, point, t_start=start, t_end=end)
    return carried(travel, np.empty((*travel.shape, law.event_size, 0)))[0]


def oracle_jacobian(data: Data, path: Path, x: Array, *, t_start: Real, t_end: Real) -> Array:
    """Jacobian J of the exact flow map at x.

    Gaussian data: V_end^(1/2) V_start^(-1/2), whatever x. d = 1: p_start(x)/p_end(Psi(x)). Elsewhere the variational
    equation dJ/dt = (dv/dx) J along the trajectory at rtol 1e-12; it is then not symmetric in general.
    Shapes: x (..., d), times (...) -> (..., d, d).  Domain: that of oracle_map.
    Raises: TypeError, ValueError outside the domain.
    Ill-conditioned on the line far out in the tails, where the logarithms of both densities are large.
    Catalogue: P101, P102 (Lai et al., arXiv 2510.21890).
    """
    travel = flow_arguments(data, path, x, t_start, t_end)
    law, checked, point, start, end = travel
    size = law.event_size
    if isinstance(law, Gaussian):
        matrix = flow_matrix(law, checked, t_start=start, t_end=end)
        return np.array(np.broadcast_to(matrix, (*travel.shape, size, size)))
    if size == 1:
        return _density_quotient(travel, quantile_map(data, checked, point, t_start=start, t_end=end))
    return carried(travel, np.broadcast_to(np.eye(size), (*travel.shape, size, size)))[1]


def oracle_start_derivative(data: Data, path: Path, x: Array, *, t_start: Real, t_end: Real) -> Array:
    """Derivative of Psi(x) in t_start: -J v(x, t_start), the Eulerian identity.

    Gaussian data: -V_end^(1/2) V_start^(-1/2) v(x, t_start) in closed form.
    Shapes: x (..., d), times (...) -> (..., d).  Domain: that of oracle_map.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P102 (Lai et al., arXiv 2510.21890).
    """
    travel = flow_arguments(data, path, x, t_start, t_end)
    law, checked, point, start, end = travel
    if not isinstance(law, Gaussian):
        jacobian = oracle_jacobian(data, checked, point, t_start=start, t_end=end)
        return -moved_by(jacobian, velocity(data, checked, point, start))
    components = gaussian_components(law)
    values = components.covariance.eigenvalues
    stretch, _ = flow_coefficients(checked, start[..., None], end[..., None], values)
    slope, pull = rate_coefficients(checked, start[..., None], values, name="t_start")
    return affine(components, point, (-stretch * slope, -stretch * pull))


def oracle_end_derivative(data: Data, path: Path, x: Array, *, t_start: Real, t_end: Real) -> Array:
    """Derivative of Psi(x) in t_end: v(Psi(x), t_end), the Lagrangian identity.

    Gaussian data: one map a x + b mu in closed form; other data: the velocity at the image.
    Shapes: x (..., d), times (...) -> (..., d).  Domain: that of oracle_map.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P102 (Lai et al., arXiv 2510.21890).
    """
    travel = flow_arguments(data, path, x, t_start, t_end)
    law, checked, point, start, end = travel
    if not isinstance(law, Gaussian):
        return velocity(data, checked, oracle_map(data, checked, point, t_start=start, t_end=end), end)
    components = gaussian_components(law)
    values = components.covariance.eigenvalues
    return affine(components, point, end_coefficients(checked, start[..., None], end[..., None], values))


def eulerian_residual(start_derivative: Array, jacobian_product: Array) -> Array:
    """What a map misses of the Eulerian identity: d Psi/d t_start + J v(x, t_start), zero for a flow map.

    ``jacobian_product`` is J v(x, t_start).
    Shapes: both (..., d) -> (..., d).  Raises: TypeError, ValueError.
    Catalogue: P102 (Lai et al., arXiv 2510.21890).
    """
    derivative, product = vectors(start_derivative=start_derivative, jacobian_product=jacobian_product)
    return np.asarray(derivative + product)


def lagrangian_residual(end_derivative: Array, velocity: Array) -> Array:
    """What a map misses of the Lagrangian identity: d Psi/d t_end - v(Psi, t_end), zero for a flow map.

    ``velocity`` is v(Psi, t_end).
    Shapes: both (..., d) -> (..., d).  Raises: TypeError, ValueError.
    Catalogue: P102 (Lai et al., arXiv 2510.21890).
    """
    derivative, rate = vectors(end_derivative=end_derivative, velocity=velocity)
    return np.asarray(derivative - rate)


def _density_quotient(travel: Travel, image: Array) -> Array:
    """p_start(x)/p_end(Psi(x)) as a 1 x 1 matrix, the slope of a monotone map between two densities."""
    law, path, point, start, end = travel
    before = law.diffuse(path.alpha(start), path.sigma(start)).log_prob(point)
    after = law.diffuse(path.alpha(end), path.sigma(end)).log_prob(image)
    return np.asarray(np.exp(before - after)[..., None, None])
