"""The equations with the marginals of a path: one family backward and one forward in time, over the noise level."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions._law import Law
from reference.fields._levels import state, velocity_coefficients
from reference.fields.analytic import Data
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import descent
from reference.reverse._euler import euler_products

__all__ = ["forward_drift", "reverse_diffusion", "reverse_drift", "reverse_step"]


def reverse_drift(data: Data, path: Path, x: Array, t: Real, *, noise_level: Real) -> Array:
    """Drift f x - (1 + l^2)/2 g^2 score of the reverse equation with noise level l >= 0 (t runs down).

    l = 0 is the probability-flow ODE, l = 1 Anderson's reverse SDE; every member has the marginals p_t.
    Formed as velocity - (l^2/2) g^2 score, since f x and g^2/2 score nearly cancel near pure noise.
    Shapes: x (..., d) -> (..., d).  Domain: open where alpha vanishes (f and g^2 diverge).
    Raises: TypeError, ValueError; ValueError where p_t has no density.
    Catalogue: P53 (Lai et al., arXiv 2510.21890); M36 for Brownian (McAllester, arXiv 2301.11108).
    """
    law, path, point, time, level = _state(data, path, x, t, noise_level)
    excess = (0.5 * level**2 * path.diffusion_squared(time))[..., None]
    velocity, score = _velocity_and_score(law, path, point, time)
    return np.asarray(velocity - excess * score)


def forward_drift(data: Data, path: Path, x: Array, t: Real, *, noise_level: Real) -> Array:
    """Drift f x - (1 - l^2)/2 g^2 score of the forward equation with noise level l >= 0 (t runs up).

    With the diffusion l g it carries p_0 through the marginals p_t: l = 1 is the noising itself, l = 0 the
    probability-flow ODE. Up to l = 1 it is formed as l^2 f x + (1 - l^2) velocity: neither the score's rounding at
    l = 1 nor the cancellation of f x with g^2/2 score near pure noise enters. Beyond, where those weights differ in
    sign, it is velocity + l^2/2 g^2 score or f x + (l^2 - 1)/2 g^2 score, entry by entry that with the smaller terms.
    Shapes: x (..., d) -> (..., d).  Domain: open where alpha vanishes (f and g^2 diverge).
    Raises: TypeError, ValueError; ValueError where p_t has no density.
    Catalogue: M39 (McAllester, arXiv 2301.11108), there for Brownian; P53 (Lai et al., arXiv 2510.21890).
    """
    law, path, point, time, level = _state(data, path, x, t, noise_level)
    velocity, score = _velocity_and_score(law, path, point, time)
    linear = path.drift(time)[..., None] * point
    weight, beyond = (level**2)[..., None], ((level - 1.0) * (level + 1.0))[..., None]
    pull = (0.5 * path.diffusion_squared(time))[..., None] * score
    smaller = np.abs(linear) + np.abs(beyond * pull) < np.abs(velocity) + np.abs(weight * pull)
    outer = np.where(smaller, linear + beyond * pull, velocity + weight * pull)
    return np.where(beyond > 0.0, outer, weight * linear - beyond * velocity)


def reverse_diffusion(path: Path, t: Real, *, noise_level: Real) -> Array:
    """Diffusion coefficient l g of the reverse equation with noise level l >= 0.

    Shapes: t (...) -> (...).  Domain: open where alpha vanishes.
    Catalogue: P53 (Lai et al., arXiv 2510.21890); M36 for Brownian (McAllester, arXiv 2301.11108).
    """
    checked = checked_path("path", path)
    level = _checks.nonnegative("noise_level", noise_level)
    time = _checks.time_in_domain(checked, t, open_right=checked._signal_vanishes)
    _checks.broadcast(t=time.shape, noise_level=level.shape)
    return np.asarray(level * np.sqrt(checked.diffusion_squared(time)))


def reverse_step(
    data: Data, path: Path, x: Array, noise: Array, *, t_start: Real, t_end: Real, noise_level: Real
) -> Array:
    """One Euler-Maruyama step of the reverse equation from t_start down to t_end.

    x - h reverse_drift + l g sqrt(h) noise at t_start, h = t_start - t_end; the noise is standard normal.
    On Brownian with l = 1: x + h (E[x_0 | x] - x)/t_start + sqrt(h) noise.
    Formed as a combination of the component means and x, since h times the drift nearly cancels x on a long step.
    Shapes: x and noise (..., d), times and noise_level (...) -> (..., d).
    Domain: t_start > t_end, open where alpha vanishes at t_start.
    Raises: TypeError, ValueError; ValueError where p_start has no density.
    Catalogue: M4r, M36 (McAllester, arXiv 2301.11108), there for Brownian; P53 (Lai et al., arXiv 2510.21890).
    """
    checked = checked_path("path", path)
    _checks.time_in_domain(checked, t_start, name="t_start", open_right=checked._signal_vanishes)
    law, _, point, start, level = _state(data, checked, x, t_start, noise_level)
    draw = _checks.event("noise", _checks.real("noise", noise), law.event_size)
    shapes = {"data": law.batch_shape, "x": point.shape[:-1], "noise": draw.shape[:-1], "noise_level": level.shape}
    start, end = descent(checked, start, t_end, **shapes)
    data_product, signal, identity = euler_products(checked, end, start, level)
    noised = law._components.formed().diffuse(checked.alpha(start), checked.sigma(start))
    spread = level * np.sqrt((start - end) * checked.diffusion_squared(start))
    moved = noised.field(point, mean=data_product, covariance=signal, identity=identity)
    return np.asarray(moved + spread[..., None] * draw)


def _state(
    data: object, path: object, x: object, t: object, noise_level: Real
) -> tuple[Law, Path, Array, Array, Array]:
    law, checked, point, time = state(data, path, x, t)
    level = _checks.nonnegative("noise_level", noise_level)
    _checks.broadcast(data=law.batch_shape, x=point.shape[:-1], t=time.shape, noise_level=level.shape)
    return law, checked, point, time, level


def _velocity_and_score(law: Law, path: Path, point: Array, time: Array) -> tuple[Array, Array]:
    """E[alpha' x_0 + sigma' eps | x_t] and the gradient of log p_t, neither through the other."""
    mean, signal, spread = velocity_coefficients(path, time)
    noised = law._components.formed().diffuse(path.alpha(time), path.sigma(time))
    return noised.field(point, mean=mean, covariance=signal, identity=spread), noised.score(point)
