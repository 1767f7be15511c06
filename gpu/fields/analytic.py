"""Exact fields of a data law along a path: score, noise, denoiser, velocity, and the moments of x_0 given
x_t.

All take (data, path, x, t): data a law of `gpu.distributions`, path one of `gpu.paths`, x (..., d), t times
with a batch shape; all batch axes broadcast (all levels by all points is t[:, None] by x[None]). They raise
ValueError for times outside the domain, non-finite x, shapes that do not fit and singular marginals,
TypeError for mixed dtypes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.distributions._components import View
from gpu.distributions._law import Law, require_law
from gpu.paths import Path
from gpu.paths._base import checked_path

__all__ = [
    "denoiser",
    "denoiser_jacobian",
    "minimum_mean_squared_error",
    "noise",
    "posterior_covariance",
    "posterior_third_cumulant",
    "score",
    "v_prediction",
    "velocity",
]


def times(data: Law, path: Path, t: Tensor | float, *, noisy: bool = False) -> Tensor:
    """Times of the data's dtype in the path's domain; `noisy` excludes the end where sigma is 0."""
    require_law("data", data)
    _, t = _checks.tensors(data=data.mean, t=t)
    return checked_path(path)._checked_time(t, open_start=noisy and path._sigma_vanishes)


def _observed(data: Law, path: Path, x: Tensor, t: Tensor) -> View:
    return data._observed(x, path._alpha_at(t), path._sigma_at(t))


def score(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Score of the marginal: grad log p_t(x), (..., d).

    Never formed through the denoiser.

    Catalogue: P20, P22 (Lai et al., arXiv 2510.21890), M30 (McAllester, arXiv 2301.11108).
    """
    return _observed(data, path, x, times(data, path, t)).score()


def noise(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Noise prediction: E[eps | x_t = x] = -sigma grad log p_t(x), (..., d).

    Never formed through the denoiser.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    view = _observed(data, path, x, times(data, path, t))
    return -view.law.sigma[..., None] * view.score()


def denoiser(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Denoiser: E[x_0 | x_t = x] = sum_k r_k (sigma^2 V_k^-1 mu_k + alpha S_k V_k^-1 x), (..., d).

    Never formed through the score.

    Catalogue: P20, P22 (Lai et al., arXiv 2510.21890), M30 (McAllester, arXiv 2301.11108).
    """
    view = _observed(data, path, x, times(data, path, t))
    one = torch.ones_like(view.law.alpha)
    return view.regression(one, torch.zeros_like(one))


def velocity_rates(path: Path, t: Tensor) -> tuple[Tensor, Tensor]:
    """The rates alpha' and sigma sigma' = (sigma^2)'/2, the latter finite where sigma itself grows like a
    square root.
    """
    if not path._sigma_derivative_diverges:
        return path._alpha_derivative_at(t), path._sigma_at(t) * path._sigma_derivative_at(t)
    start = path.domain[0]
    inside = t > start
    later = torch.where(inside, t, start + 1)
    growth = path._sigma_at(later) * path._sigma_derivative_at(later)
    first = path._diffusion_squared_at(torch.full_like(t, start)) / 2
    return path._alpha_derivative_at(t), torch.where(inside, growth, first)


def velocity(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Velocity of the probability-flow ODE: E[alpha' x_0 + sigma' eps | x_t = x], (..., d).

    sum_k r_k V_k^-1 [(alpha' sigma^2 - alpha sigma sigma') mu_k + (alpha alpha' S_k + sigma sigma' I) x]: it
    divides by neither alpha nor sigma and holds at both ends of the domain where the marginal has a density.

    Catalogue: P20 (Lai et al., arXiv 2510.21890), M34 (McAllester, arXiv 2301.11108).
    """
    t = times(data, path, t)
    return _observed(data, path, x, t).regression(*velocity_rates(path, t))


def v_prediction(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """v-prediction: alpha E[eps | x_t = x] - sigma E[x_0 | x_t = x], (..., d).

    Of variance-preserving paths: raises ValueError where alpha^2 + sigma^2 is not 1 within 8 u.

    Catalogue: P20 (Lai et al., arXiv 2510.21890).
    """
    view = _observed(data, path, x, times(data, path, t))
    alpha, sigma = view.law.alpha, view.law.sigma
    _checks.variance_preserving(alpha, sigma)
    return view.regression(-sigma, alpha * sigma)


def posterior_covariance(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Cov[x_0 | x_t = x] by the law of total covariance over components, (..., d, d), exactly symmetric.

    Catalogue: P21, P22 (Lai et al., arXiv 2510.21890), M31 (McAllester, arXiv 2301.11108).
    """
    return data.posterior(x, *_levels(path, times(data, path, t))).covariance


def denoiser_jacobian(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Jacobian of the denoiser in x: (alpha/sigma^2) Cov[x_0 | x_t = x], (..., d, d), exactly symmetric.

    Raises ValueError where sigma is 0.

    Catalogue: P21 (Lai et al., arXiv 2510.21890), M31 (McAllester, arXiv 2301.11108).
    """
    alpha, sigma = _levels(path, times(data, path, t, noisy=True))
    return (alpha / sigma.square())[..., None, None] * data.posterior(x, alpha, sigma).covariance


def posterior_third_cumulant(data: Law, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Third cumulant of x_0 given x_t = x, (..., d, d, d), symmetric in its three axes; 0 for Gaussian data.

    From components, not from (sigma^6/alpha^3) of the third derivatives of log p.

    Catalogue: P21 (Lai et al., arXiv 2510.21890).
    """
    view = _observed(data, path, x, times(data, path, t))
    return view.posterior_third_cumulant()


def minimum_mean_squared_error(data: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """E |x_0 - E[x_0 | x_t]|^2 = tr sigma^2 S V^-1 = sum_j l_j sigma^2/(alpha^2 l_j + sigma^2) for Gaussian
    data.

    t: (...,); the result has the common shape of t and the data's batch.

    Raises TypeError for other data: the mean over x has no closed form there.

    Catalogue: P24 (Lai et al., arXiv 2510.21890); the analytic families of McAllester, arXiv 2301.11108.
    """
    _checks.gaussian("data", data, Gaussian, "the mean over x has a closed form for Gaussian data only")
    law = data._seen_at(*_levels(path, times(data, path, t)))._components
    return law.variance_level().posterior().total_variance()[..., 0].expand(law.batch_shape)


def _levels(path: Path, t: Tensor) -> tuple[Tensor, Tensor]:
    return path._alpha_at(t), path._sigma_at(t)
