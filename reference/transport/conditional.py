"""Velocities of a conditional Gaussian path, and the flow-matching losses of an affine model."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._law import Law
from reference.distributions._linear_algebra import apply, eigensystem
from reference.fields._levels import gaussian_or_line, velocity_coefficients
from reference.fields.analytic import Data
from reference.paths._base import Path, checked_path
from reference.score_matching import explicit_score_matching
from reference.score_matching._affine import affine_model, mean_square
from reference.transport._pairs import unit_time

__all__ = [
    "conditional_velocity",
    "conditional_velocity_matching",
    "minimal_variance_velocity",
    "velocity_matching",
]


def conditional_velocity(
    x: Array, *, mean: Array, scale: Real, mean_derivative: Array, scale_derivative: Real
) -> Array:
    """Velocity m' + (s'/s) (x - m) of the flow that carries eps ~ N(0, I) to m(t) + s(t) eps.

    Shapes: x, mean, mean_derivative (..., d), scale and scale_derivative (...) -> (..., d).  Domain: scale > 0.
    Catalogue: P93 (Lai et al., arXiv 2510.21890; Lipman et al., arXiv 2210.02747).
    """
    point = _checks.event("x", _checks.real("x", x))
    centre = _checks.event("mean", _checks.real("mean", mean), point.shape[-1])
    drift = _checks.event("mean_derivative", _checks.real("mean_derivative", mean_derivative), point.shape[-1])
    spread, growth = _checks.positive("scale", scale), _checks.real("scale_derivative", scale_derivative)
    _checks.broadcast(
        x=point.shape[:-1],
        mean=centre.shape[:-1],
        scale=spread.shape,
        mean_derivative=drift.shape[:-1],
        scale_derivative=growth.shape,
    )
    return np.asarray(drift + (growth / spread)[..., None] * (point - centre))


def minimal_variance_velocity(x: Array, clean: Array, t: Real, *, sigma_min: Real) -> Array:
    """Velocity ((1 - s) x - x_0)/(s + (1 - s) t) given the clean x_0, s = sigma_min, at our time t (noise at 1).

    The path x_t = (1 - t) x_0 + (s + (1 - s) t) eps leaves deviation s around the data at t = 0. In data time
    r = 1 - t the published field is (x_1 - (1 - s) x)/(1 - (1 - s) r), x_1 the data: our velocity is its negative.
    Shapes: x, clean (..., d), t and sigma_min (...) -> (..., d).
    Domain: t in [0, 1], sigma_min in [0, 1], not both 0.
    Catalogue: P93 (Lai et al., arXiv 2510.21890; Lipman et al., arXiv 2210.02747).
    """
    point = _checks.event("x", _checks.real("x", x))
    source = _checks.event("clean", _checks.real("clean", clean), point.shape[-1])
    time, least = unit_time(t), _checks.nonnegative("sigma_min", sigma_min)
    _checks.broadcast(x=point.shape[:-1], clean=source.shape[:-1], t=time.shape, sigma_min=least.shape)
    if np.any(least > 1.0):
        raise ValueError(f"sigma_min: expected values in [0, 1], got {float(least.max())!r}")
    scale = least + (1.0 - least) * time
    if np.any(scale == 0.0):
        raise ValueError("t, sigma_min: expected t in (0, 1] where sigma_min is 0, got t 0.0")
    return np.asarray(((1.0 - least)[..., None] * point - source) / scale[..., None])


def conditional_velocity_matching(data: Data, path: Path, matrix: Array, offset: Array, t: Real) -> Array:
    r"""Loss E |A x_t + b - (alpha' x_0 + sigma' eps)|^2 of an affine velocity, of any data law.

    E |(alpha A - alpha' I) x_0 + b|^2 + |sigma A - sigma' I|_F^2: the summed square, without a factor 1/2. It exceeds
    velocity_matching by fields.velocity_loss_floor, which no model changes.
    Shapes: matrix (..., d, d), offset (..., d), t (...) broadcast with the data's batch -> (...).
    Domain: the closed domain, without a clean end where sigma' diverges.
    Catalogue: P93 (Lai et al., arXiv 2510.21890; Lipman et al., arXiv 2210.02747).
    """
    checked = checked_path("path", path)
    time = _checks.time_in_domain(checked, t, open_left=checked._noise_rate_diverges)
    law, slope, shift = affine_model(data, matrix, offset, t=time.shape)
    clean = mean_square(law, _carried(slope, checked.alpha(time), checked.alpha_derivative(time)), shift)
    noise = _carried(slope, checked.sigma(time), checked.sigma_derivative(time))
    return np.asarray(clean + np.sum(noise**2, axis=(-2, -1)))


def velocity_matching(data: Data, path: Path, matrix: Array, offset: Array, t: Real) -> Array:
    r"""Loss E |A x_t + b - v(x_t, t)|^2 of an affine velocity against the marginal one.

    Gaussian data: |(A - M) V^(1/2)|_F^2 + |A alpha mu + b - alpha' mu|^2, M = (alpha alpha' S + sigma sigma' I) V^-1,
    V = alpha^2 S + sigma^2 I. Other data on the line: (g^4/2) times the explicit score-matching objective of the score
    that A x + b amounts to, exact to 1e-10 of itself or of (g^4/4) sum_k w_k/V_k.
    Shapes: matrix (..., d, d), offset (..., d), t (...) broadcast with the data's batch -> (...).
    Domain: wherever p_t has a density; for data that is not Gaussian open where sigma or alpha vanishes.
    Raises ValueError for a mixture with d > 1.
    Catalogue: P93 (Lai et al., arXiv 2510.21890; Lipman et al., arXiv 2210.02747).
    """
    checked = checked_path("path", path)
    time = _checks.time_in_domain(checked, t)
    law, slope, shift = affine_model(data, matrix, offset, t=time.shape)
    if not isinstance(gaussian_or_line(law), Gaussian):
        return _on_the_line(law, checked, slope, shift, time)
    _, signal, noise = velocity_coefficients(checked, time)
    values, vectors = eigensystem(law.covariance)
    variances = (checked.alpha(time) ** 2)[..., None] * values + (checked.sigma(time) ** 2)[..., None]
    if not np.all(variances > 0.0):
        raise ValueError(
            "covariance: expected a positive definite alpha^2 S + sigma^2 I, got smallest eigenvalue "
            f"{float(variances.min()):.6g}"
        )
    deviations = np.sqrt(variances)
    exact = (signal[..., None] * values + noise[..., None]) / deviations
    error = (slope @ vectors) * deviations[..., None, :] - vectors * exact[..., None, :]
    carried = _carried(slope, checked.alpha(time), checked.alpha_derivative(time))
    return np.asarray(np.sum(error**2, axis=(-2, -1)) + np.sum((apply(carried, law.mean) + shift) ** 2, axis=-1))


# --------------------------------------------------------------------------------------------- private


def _carried(matrix: Array, level: Array, rate: Array) -> Array:
    """Level times A less rate times I."""
    return np.asarray(level[..., None, None] * matrix - rate[..., None, None] * np.eye(matrix.shape[-1]))


def _on_the_line(law: Law, path: Path, matrix: Array, offset: Array, time: Array) -> Array:
    """The loss as a loss of scores: A x + b - v = g^2/2 [score - (f x - A x - b)/(g^2/2)]."""
    inside = path._time_between_ends(time)
    half = 0.5 * path.diffusion_squared(inside)
    model = (path.drift(inside)[..., None, None] - matrix) / half[..., None, None]
    noised: Any = law.diffuse(path.alpha(inside), path.sigma(inside))
    return np.asarray(2.0 * half**2 * explicit_score_matching(noised, model, -offset / half[..., None]))
