"""TrigFlow: x = cos(angle) x_0 + sin(angle) sigma_data eps, with networks that see x/sigma_data and answer F.

The angle runs from 0 (data) to pi/2 (noise). It is the trigonometric path of data divided by sigma_data, whose time is
2 angle/pi. For a network of the velocity dx/dangle = sigma_data F; for one of the consistency function
f = cos(angle) x - sin(angle) sigma_data F. The two exact F differ.
"""

from __future__ import annotations

import math

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions._law import Law
from reference.fields._levels import checked_law
from reference.fields.analytic import Data
from reference.flow_maps._arguments import per_vector, vectors

__all__ = [
    "trigflow_consistency",
    "trigflow_network_from_consistency",
    "trigflow_network_output",
    "trigflow_network_target",
    "trigflow_tangent",
    "trigflow_velocity",
]


def trigflow_consistency(network_output: Array, x: Array, angle: Real, *, sigma_data: Real) -> Array:
    """Consistency function f = cos(angle) x - sin(angle) sigma_data F, the identity at angle 0.

    With the velocity's exact F it is the denoiser, with the consistency function's it is the flow map to angle 0.
    Shapes: network_output, x (..., d), angle and sigma_data (...) -> (..., d).  Domain: [0, pi/2], sigma_data > 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P110 (Lai et al., arXiv 2510.21890); sCM, arXiv 2410.11081.
    """
    (output, point), turn, scale = _arguments(angle, sigma_data, network_output=network_output, x=x)
    return per_vector(np.cos(turn)) * point - per_vector(np.sin(turn) * scale) * output


def trigflow_network_from_consistency(consistency: Array, x: Array, angle: Real, *, sigma_data: Real) -> Array:
    """The F of a consistency function's value: (cos(angle) x - f)/(sin(angle) sigma_data).

    Shapes: consistency, x (..., d), angle and sigma_data (...) -> (..., d).  Domain: (0, pi/2], sigma_data > 0.
    Raises: TypeError, ValueError outside the domain.
    Ill-conditioned near angle 0.
    Catalogue: P110 (Lai et al., arXiv 2510.21890); sCM, arXiv 2410.11081.
    """
    (value, point), turn, scale = _arguments(angle, sigma_data, consistency=consistency, x=x)
    if np.any(turn == 0.0):
        raise ValueError("angle: expected values in (0, pi/2], got 0.0")
    return (per_vector(np.cos(turn)) * point - value) / per_vector(np.sin(turn) * scale)


def trigflow_velocity(network_output: Array, *, sigma_data: Real) -> Array:
    """Velocity dx/dangle = sigma_data F of the probability-flow ODE.

    Shapes: network_output (..., d), sigma_data (...) -> (..., d).  Domain: sigma_data > 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P110 (Lai et al., arXiv 2510.21890); sCM, arXiv 2410.11081.
    """
    (output,), scale = vectors(network_output=network_output), _checks.positive("sigma_data", sigma_data)
    _checks.broadcast(network_output=output.shape[:-1], sigma_data=scale.shape)
    return per_vector(scale) * output


def trigflow_network_target(x0: Array, noise: Array, angle: Real, *, sigma_data: Real) -> Array:
    """Training target cos(angle) eps - sin(angle) x_0/sigma_data of F for the velocity.

    Its mean given x is the exact F; ``noise`` is standard normal.
    Shapes: x0, noise (..., d), angle and sigma_data (...) -> (..., d).  Domain: [0, pi/2], sigma_data > 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P110 (Lai et al., arXiv 2510.21890); sCM, arXiv 2410.11081.
    """
    (clean, normal), turn, scale = _arguments(angle, sigma_data, x0=x0, noise=noise)
    return per_vector(np.cos(turn)) * normal - per_vector(np.sin(turn) / scale) * clean


def trigflow_network_output(data: Data, x: Array, angle: Real, *, sigma_data: Real) -> Array:
    """The exact F = E[cos(angle) eps - sin(angle) x_0/sigma_data | x], the velocity over sigma_data.

    sum_k r_k V_k^-1 [cos sin (sigma_data^2 I - S_k) x - sin sigma_data^2 mu_k]/sigma_data,
    V_k = cos^2 S_k + sin^2 sigma_data^2 I.
    Shapes: x (..., d), angle and sigma_data (...) -> (..., d).  Domain: [0, pi/2], wherever x has a density.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P110 (Lai et al., arXiv 2510.21890); sCM, arXiv 2410.11081.
    """
    law: Law = checked_law(data)
    (point,), turn, scale = _arguments(angle, sigma_data, x=x)
    _checks.event("x", point, law.event_size)
    batch = _checks.broadcast(data=law.batch_shape, x=point.shape[:-1], angle=turn.shape, sigma_data=scale.shape)
    turn, scale = np.broadcast_to(turn, batch), np.broadcast_to(scale, batch)
    cosine, sine = np.cos(turn), np.sin(turn)
    product = cosine * sine
    noised = law._components.formed().diffuse(cosine, sine * scale)
    return noised.field(point, mean=-sine * scale, covariance=-product / scale, identity=product * scale)


def trigflow_tangent(
    network_output: Array, network_derivative: Array, x: Array, velocity: Array, angle: Real, *, sigma_data: Real
) -> Array:
    """Derivative of the consistency function along a trajectory, zero for the exact one.

    df/dangle = -cos(angle) (sigma_data F - dx/dangle) - sin(angle) (x + sigma_data dF/dangle), with dF/dangle the
    derivative of F along the trajectory and ``velocity`` dx/dangle.
    Shapes: the four vectors (..., d), angle and sigma_data (...) -> (..., d).  Domain: [0, pi/2], sigma_data > 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P110 (Lai et al., arXiv 2510.21890); sCM, arXiv 2410.11081.
    """
    named = {"network_output": network_output, "network_derivative": network_derivative, "x": x, "velocity": velocity}
    (output, derivative, point, rate), turn, scale = _arguments(angle, sigma_data, **named)
    length = per_vector(scale)
    outward = per_vector(np.sin(turn)) * (point + length * derivative)
    return -per_vector(np.cos(turn)) * (length * output - rate) - outward


def _arguments(angle: object, sigma_data: object, **points: object) -> tuple[tuple[Array, ...], Array, Array]:
    """Vectors, an angle of the first quarter turn, and the data's standard deviation."""
    arrays = vectors(**points)
    turn, scale = _checks.real("angle", angle), _checks.positive("sigma_data", sigma_data)
    outside = (turn < 0.0) | (turn > 0.5 * math.pi)
    if np.any(outside):
        raise ValueError(f"angle: expected values in [0, pi/2], got {float(turn[outside].flat[0])!r}")
    batch = np.broadcast_shapes(*(array.shape[:-1] for array in arrays))
    _checks.broadcast(x=batch, angle=turn.shape, sigma_data=scale.shape)
    return arrays, turn, scale
