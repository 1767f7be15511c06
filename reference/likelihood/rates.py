r"""One sample's rate of the path divergence, g^2/2 (alpha^2/sigma^4) |x_0 - D|^2, from three predictions."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real

__all__ = ["rate_from_denoiser", "rate_from_noise", "rate_from_score"]


def rate_from_denoiser(denoiser: Array, x0: Array, *, alpha: Real, sigma: Real, diffusion_squared: Real) -> Array:
    r"""g^2/2 (alpha^2/sigma^4) |x_0 - D|^2; |x_0 - D|^2/(2 t^2) in Brownian time.

    Shapes: denoiser and x0 (..., d), levels (...) -> (...).  Domain: sigma > 0, alpha >= 0, diffusion_squared >= 0.
    Raises: TypeError, ValueError.
    Catalogue: M40 (McAllester, arXiv 2301.11108).
    """
    squares, shape = _squared_distance("denoiser", denoiser, "x0", x0)
    signal, noise = _checks.nonnegative("alpha", alpha), _checks.positive("sigma", sigma)
    diffusion = _checks.nonnegative("diffusion_squared", diffusion_squared)
    _checks.broadcast(denoiser=shape, alpha=signal.shape, sigma=noise.shape, diffusion_squared=diffusion.shape)
    return np.asarray(0.5 * diffusion * (signal / noise**2) ** 2 * squares)


def rate_from_noise(noise: Array, true_noise: Array, *, sigma: Real, diffusion_squared: Real) -> Array:
    r"""g^2/(2 sigma^2) |eps - noise|^2; |eps - noise|^2/(2t) in Brownian time.

    Shapes: noise and true_noise (..., d), levels (...) -> (...).  Domain: sigma > 0, diffusion_squared >= 0.
    Raises: TypeError, ValueError.
    Catalogue: M40 (McAllester, arXiv 2301.11108).
    """
    squares, shape = _squared_distance("noise", noise, "true_noise", true_noise)
    level = _checks.positive("sigma", sigma)
    diffusion = _checks.nonnegative("diffusion_squared", diffusion_squared)
    _checks.broadcast(noise=shape, sigma=level.shape, diffusion_squared=diffusion.shape)
    return np.asarray(0.5 * (diffusion / level**2) * squares)


def rate_from_score(score: Array, conditional_score: Array, *, diffusion_squared: Real) -> Array:
    r"""g^2/2 |s - s_cond|^2, s_cond = -(x - alpha x_0)/sigma^2; |s - s_cond|^2/2 in Brownian time.

    Shapes: score and conditional_score (..., d), diffusion_squared (...) -> (...).  Domain: diffusion_squared >= 0.
    Raises: TypeError, ValueError.
    Catalogue: M40 (McAllester, arXiv 2301.11108).
    """
    squares, shape = _squared_distance("score", score, "conditional_score", conditional_score)
    diffusion = _checks.nonnegative("diffusion_squared", diffusion_squared)
    _checks.broadcast(score=shape, diffusion_squared=diffusion.shape)
    return np.asarray(0.5 * diffusion * squares)


def _squared_distance(
    first_name: str, first: object, second_name: str, second: object
) -> tuple[Array, tuple[int, ...]]:
    """|first - second|^2 and its batch shape."""
    left = _checks.event(first_name, _checks.real(first_name, first))
    right = _checks.event(second_name, _checks.real(second_name, second), left.shape[-1])
    shape = _checks.broadcast(**{first_name: left.shape[:-1], second_name: right.shape[:-1]})
    return np.asarray(np.sum((left - right) ** 2, axis=-1)), shape
