"""Trajectories of the probability-flow ODE of any data in any dimension, and their tangents, by integration."""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import solve_ivp

from reference._checks import Array
from reference.distributions._components import Components
from reference.flow_maps._arguments import Travel, per_vector

__all__ = ["carried"]

_relative, _absolute = 1e-12, 1e-14
_smallest_relative = 100.0 * float(np.finfo(np.float64).eps)  # what the integrator accepts


def carried(travel: Travel, tangents: Array) -> tuple[Array, Array]:
    """The end of the trajectory (..., d), and the tangents (..., d, k) that its Jacobian carries along, k >= 0.

    DOP853 for u = x/hypot(alpha, sigma) over the angle phi = atan2(sigma, alpha): there every path is the quarter turn
    alpha = cos phi, sigma = sin phi, and no velocity diverges. All points share one integration, whose control bounds
    the error of every point by rtol = 1e-12 a step.
    """
    law, path, shape = travel.law, travel.path, travel.shape
    levels = [(path.alpha(time), path.sigma(time)) for time in (travel.start, travel.end)]
    angles = [np.broadcast_to(np.arctan2(sigma, alpha), shape) for alpha, sigma in levels]
    radii = [np.broadcast_to(np.hypot(sigma, alpha), shape) for alpha, sigma in levels]
    size, count = law.event_size, tangents.shape[-1]
    initial = np.empty((*shape, size, 1 + count))
    initial[..., 0] = travel.point / per_vector(radii[0])
    initial[..., 1:] = tangents
    components, sweep = law._components.formed(), angles[1] - angles[0]
    if initial.size == 0:
        return initial[..., 0], initial[..., 1:]

    def rates(progress: float, flat: Array) -> Array:
        state = flat.reshape(initial.shape)
        turned = _turning(components, state, angles[0] + progress * sweep)
        return np.asarray((sweep[..., None, None] * turned).reshape(-1))

    tightening = math.sqrt(initial.size)
    solution = solve_ivp(
        rates,
        (0.0, 1.0),
        initial.reshape(-1),
        method="DOP853",
        t_eval=(1.0,),
        rtol=max(_relative / tightening, _smallest_relative),
        atol=_absolute / tightening,
    )
    if not solution.success:
        raise ArithmeticError(f"the ODE solver failed between t_start and t_end: {solution.message}")
    final = solution.y[:, -1].reshape(initial.shape)
    return per_vector(radii[1]) * final[..., 0], (radii[1] / radii[0])[..., None, None] * final[..., 1:]


def _turning(components: Components, state: Array, angle: Array) -> Array:
    """Velocity of u, and the velocity's Jacobian times the tangents, on the path (cos phi, sin phi).

    v = sum_k r_k V_k^-1 [cos sin (I - S_k) u - sin mu_k], and with deviations e_k = (s_k - s_c)/cos
    Jacobian = cos sin (sum_k r_k (I - S_k) V_k^-1 - Cov_r(e)).
    """
    alpha, sigma = np.cos(angle), np.sin(angle)
    noised, product, u = components.diffuse(alpha, sigma), alpha * sigma, state[..., 0]
    at = noised.evaluate(u)
    fields = noised.component_fields(u, mean=-sigma, covariance=-product, identity=product)
    velocity = at.average(fields, 1)
    if state.shape[-1] == 1:
        return velocity[..., None]
    law, (cosine, sine) = components.covariance, noised.levels_by_component
    ratios = (1.0 - law.eigenvalues) / (cosine[..., None] ** 2 * law.eigenvalues + sine[..., None] ** 2)
    within = at.average(law.with_eigenvalues(ratios).matrix, 2)
    jacobian = product[..., None, None] * (within - at.deviation_covariance)
    return np.concatenate([velocity[..., None], jacobian @ state[..., 1:]], axis=-1)
