"""The evolution equations of densities, their logarithms and their scores, at given values.

f is the drift coefficient of dx = f x dt + g dw and g^2 the squared diffusion, with the batch shape; vectors are
(..., d) and scalars (...), broadcasting.
Raises TypeError, ValueError for shapes that do not fit or values that are not finite.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions._linear_algebra import apply

__all__ = [
    "continuity_rate",
    "fokker_planck_rate",
    "ito_density_rate",
    "score_fokker_planck_rate",
]


def fokker_planck_rate(score: Array, laplacian: Real, x: Array, *, drift: Real, diffusion_squared: Real) -> Array:
    """Right-hand side of the Fokker-Planck equation of log p: -f d - f x.s + g^2/2 (lap log p + |s|^2).

    Shapes: score and x (..., d), laplacian, drift and diffusion_squared (...) -> (...).  Domain: g^2 >= 0.
    Ill-conditioned near pure noise, where the terms of f and of g^2 cancel.
    Catalogue: P26 (Lai et al., arXiv 2510.21890); M33 (McAllester, arXiv 2301.11108) for Brownian.
    """
    s, point, f, half = _equation(score, x, drift, diffusion_squared)
    trace = _checks.real("laplacian", laplacian)
    _checks.broadcast(
        score=s.shape[:-1], x=point.shape[:-1], drift=f.shape, diffusion_squared=half.shape, laplacian=trace.shape
    )
    return np.asarray(half * (trace + _dot(s, s)) - f * (s.shape[-1] + _dot(point, s)))


def score_fokker_planck_rate(
    score: Array, hessian: Array, laplacian_gradient: Array, x: Array, *, drift: Real, diffusion_squared: Real
) -> Array:
    """Right-hand side of the score's equation, grad [g^2/2 (div s + |s|^2) - f x.s].

    g^2/2 (grad lap log p + 2 H s) - f (s + H x), H the Hessian of log p.
    Shapes: score, laplacian_gradient and x (..., d), hessian (..., d, d), drift and diffusion_squared (...)
    -> (..., d).  Domain: g^2 >= 0.
    Ill-conditioned near pure noise, where the terms of f and of g^2 cancel.
    Catalogue: P26 (Lai et al., arXiv 2510.21890).
    """
    s, point, f, half = _equation(score, x, drift, diffusion_squared)
    size = s.shape[-1]
    bend = _checks.square("hessian", hessian, size)
    slope = _checks.event("laplacian_gradient", _checks.real("laplacian_gradient", laplacian_gradient), size)
    _checks.broadcast(
        score=s.shape[:-1],
        hessian=bend.shape[:-2],
        laplacian_gradient=slope.shape[:-1],
        x=point.shape[:-1],
        drift=f.shape,
        diffusion_squared=half.shape,
    )
    return np.asarray(half[..., None] * (slope + 2.0 * apply(bend, s)) - f[..., None] * (s + apply(bend, point)))


def continuity_rate(score: Array, velocity: Array, velocity_divergence: Real) -> Array:
    """Rate d/dt log p at a fixed point under the continuity equation: -div v - v.s.

    Along the flow itself the rate is -div v.
    Shapes: score and velocity (..., d), velocity_divergence (...) -> (...).
    Catalogue: P27 (Lai et al., arXiv 2510.21890).
    """
    s = _checks.event("score", _checks.real("score", score))
    v = _checks.event("velocity", _checks.real("velocity", velocity), s.shape[-1])
    divergence = _checks.real("velocity_divergence", velocity_divergence)
    _checks.broadcast(score=s.shape[:-1], velocity=v.shape[:-1], velocity_divergence=divergence.shape)
    return np.asarray(-divergence - _dot(v, s))


def ito_density_rate(
    density: Real,
    density_gradient: Array,
    density_laplacian: Real,
    *,
    drift: Array,
    drift_divergence: Real,
    variance: Real,
    variance_gradient: Array,
    variance_laplacian: Real,
) -> Array:
    r"""Rate d/dt p of the Ito equation dx = mu dt + sigma dB with state-dependent variance v = sigma(x)^2.

    -div(mu p) + lap(v p)/2 = -p div mu - mu . grad p + (v lap p + 2 grad v . grad p + p lap v)/2.
    With a constant v it is -div(mu p - v grad p/2); otherwise that shorter form is wrong.
    Shapes: drift, density_gradient and variance_gradient (..., d), the rest (...) -> (...).
    Domain: density >= 0, variance >= 0.
    Catalogue: M2, M32 (McAllester, arXiv 2301.11108).
    """
    slope = _checks.event("density_gradient", _checks.real("density_gradient", density_gradient))
    mu = _checks.event("drift", _checks.real("drift", drift), slope.shape[-1])
    tilt = _checks.event("variance_gradient", _checks.real("variance_gradient", variance_gradient), slope.shape[-1])
    p, v = _checks.nonnegative("density", density), _checks.nonnegative("variance", variance)
    bend = _checks.real("density_laplacian", density_laplacian)
    spread = _checks.real("drift_divergence", drift_divergence)
    curvature = _checks.real("variance_laplacian", variance_laplacian)
    _checks.broadcast(
        density=p.shape,
        density_gradient=slope.shape[:-1],
        density_laplacian=bend.shape,
        drift=mu.shape[:-1],
        drift_divergence=spread.shape,
        variance=v.shape,
        variance_gradient=tilt.shape[:-1],
        variance_laplacian=curvature.shape,
    )
    transport = p * spread + _dot(mu, slope)
    return np.asarray(0.5 * (v * bend + 2.0 * _dot(tilt, slope) + p * curvature) - transport)


# ------------------------------------------------------------------------------------------- private


def _equation(score: Array, x: Array, drift: Real, diffusion_squared: Real) -> tuple[Array, Array, Array, Array]:
    """Score, point, f and g^2/2."""
    s = _checks.event("score", _checks.real("score", score))
    point = _checks.event("x", _checks.real("x", x), s.shape[-1])
    f = _checks.real("drift", drift)
    return s, point, f, np.asarray(0.5 * _checks.nonnegative("diffusion_squared", diffusion_squared))


def _dot(left: Array, right: Array) -> Array:
    return np.asarray(np.sum(left * right, axis=-1))
