"""Exact fields of a noised data law: arguments (data, path, x, t), x (..., d), t with the batch shape."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian, GaussianMixture, PointCloud
from reference.fields._levels import state, velocity_coefficients
from reference.fields._point import variance_preserving
from reference.paths._base import Path

__all__ = [
    "denoiser",
    "denoiser_jacobian",
    "noise",
    "posterior_covariance",
    "posterior_third_cumulant",
    "score",
    "v_prediction",
    "velocity",
]

Data = Gaussian | GaussianMixture | PointCloud


def score(data: Data, path: Path, x: Array, t: Real) -> Array:
    """Gradient of log p_t at x: -sum_k r_k V_k^-1 (x - m_k), never formed through the denoiser.

    Shapes: x (..., d) -> (..., d).  Domain: wherever p_t has a density (ValueError elsewhere).
    Catalogue: P22 (Lai et al., arXiv 2510.21890); M30 (McAllester, arXiv 2301.11108).
    """
    law, path, point, time = state(data, path, x, t)
    return law.diffuse(path.alpha(time), path.sigma(time)).score(point)


def noise(data: Data, path: Path, x: Array, t: Real) -> Array:
    """E[eps | x_t = x] = -sigma score, never formed through the denoiser.

    Shapes: x (..., d) -> (..., d).  Domain: wherever p_t has a density (ValueError elsewhere).
    Catalogue: P20, P22 (Lai et al., arXiv 2510.21890).
    """
    law, path, point, time = state(data, path, x, t)
    sigma = path.sigma(time)
    return -sigma[..., None] * law.diffuse(path.alpha(time), sigma).score(point)


def denoiser(data: Data, path: Path, x: Array, t: Real) -> Array:
    """E[x_0 | x_t = x] = sum_k r_k (sigma^2 V_k^-1 mu_k + alpha S_k V_k^-1 x).

    Never formed through the score.

    Shapes: x (..., d) -> (..., d).  Domain: wherever p_t has a density (ValueError elsewhere).
    Catalogue: P20, P22 (Lai et al., arXiv 2510.21890); M30 (McAllester, arXiv 2301.11108).
    """
    law, path, point, time = state(data, path, x, t)
    return law.posterior(point, path.alpha(time), path.sigma(time)).mean


def velocity(data: Data, path: Path, x: Array, t: Real) -> Array:
    """E[alpha' x_0 + sigma' eps | x_t = x] = f x - g^2/2 score, the probability-flow velocity.

    Formed as sum_k r_k V_k^-1 [sigma (alpha' sigma - alpha sigma') mu_k
    + (alpha alpha' S_k + sigma sigma' I) x], which neither diverges at an end of the path nor cancels where
    f x and g^2/2 score nearly agree.
    Shapes: x (..., d) -> (..., d).  Domain: wherever p_t has a density (ValueError elsewhere).
    Catalogue: P20, P22 (Lai et al., arXiv 2510.21890).
    """
    law, path, point, time = state(data, path, x, t)
    mean, signal, spread = velocity_coefficients(path, time)
    noised = law._components.formed().diffuse(path.alpha(time), path.sigma(time))
    return noised.field(point, mean=mean, covariance=signal, identity=spread)


def v_prediction(data: Data, path: Path, x: Array, t: Real) -> Array:
    """E[alpha eps - sigma x_0 | x_t = x], the v of Salimans and Ho.

    Formed as sum_k r_k V_k^-1 [alpha sigma (I - S_k) x - sigma mu_k].
    Shapes: x (..., d) -> (..., d).  Domain: wherever p_t has a density.
    Raises ValueError where alpha^2 + sigma^2 = 1 does not hold within 8 u.
    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    law, path, point, time = state(data, path, x, t)
    alpha, sigma = variance_preserving(path.alpha(time), path.sigma(time))
    noised = law._components.formed().diffuse(alpha, sigma)
    return noised.field(point, mean=-sigma, covariance=-alpha * sigma, identity=alpha * sigma)


def posterior_covariance(data: Data, path: Path, x: Array, t: Real) -> Array:
    """Cov[x_0 | x_t = x] (..., d, d) by the law of total covariance over the components.

    sum_k r_k (C_k + (D_k - D)(D_k - D)^T), C_k = sigma^2 S_k V_k^-1; symmetric bit for bit.
    Shapes: x (..., d) -> (..., d, d).  Domain: wherever p_t has a density (ValueError elsewhere).
    Catalogue: P21, P22 (Lai et al., arXiv 2510.21890); M31 (McAllester, arXiv 2301.11108).
    """
    law, path, point, time = state(data, path, x, t)
    return law.posterior(point, path.alpha(time), path.sigma(time)).covariance


def denoiser_jacobian(data: Data, path: Path, x: Array, t: Real) -> Array:
    """Jacobian of the denoiser in x: (alpha / sigma^2) Cov[x_0 | x_t = x], symmetric positive semidefinite.

    Shapes: x (..., d) -> (..., d, d).  Domain: open where sigma vanishes.
    Catalogue: P21 (Lai et al., arXiv 2510.21890); M31 (McAllester, arXiv 2301.11108).
    """
    law, path, point, time = state(data, path, x, t)
    time = _checks.time_in_domain(path, time, open_left=path._noise_vanishes)
    alpha, sigma = path.alpha(time), path.sigma(time)
    weight = (alpha / sigma**2)[..., None, None]
    return np.asarray(weight * law.posterior(point, alpha, sigma).covariance)


def posterior_third_cumulant(data: Data, path: Path, x: Array, t: Real) -> Array:
    """E[(x_0 - D)(x_0 - D)(x_0 - D) | x_t = x] (..., d, d, d), from the components.

    sum_k r_k [d_k d_k d_k + C_k d_k symmetrised], d_k = D_k - D; equal to (sigma^6/alpha^3) times the third
    derivative of log p_t, and symmetric bit for bit in its three axes.
    Shapes: x (..., d) -> (..., d, d, d).  Domain: wherever p_t has a density (ValueError elsewhere).
    Catalogue: P21 (Lai et al., arXiv 2510.21890).
    """
    law, path, point, time = state(data, path, x, t)
    noised = law._components.formed().diffuse(path.alpha(time), path.sigma(time))
    return noised.posterior_third_cumulant(point)
