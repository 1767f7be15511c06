"""What a reverse step or chain does to the covariance of Gaussian data when it is not the exact one."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.paths import Brownian
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import descent
from reference.reverse._gaussian import gaussian_components, marginal, per_direction, spectral

__all__ = ["euler_maruyama_leading_bias", "step_variance_bias", "temperature_covariance"]

_hint = "the covariance has a closed form for Gaussian data only"


def step_variance_bias(data: Gaussian, path: Path, *, clean: Real, noisy: Real, variance: str) -> Array:
    """Covariance after one reverse step, less the exact one, when only the step's variance is not exact.

    The start has the exact law and the step the exact mean. With drop = 1 - SNR_noisy/SNR_clean, nu = sigma/alpha:
    "bridge"   (bridge_variance):  -(alpha_clean drop)^2 sigma_noisy^2 S V_noisy^-1, too little;
    "forward"  (kernel_variance/kernel_alpha^2):  +(alpha_clean drop nu_noisy^2)^2 alpha_noisy^2 V_noisy^-1, too much.
    On Brownian, D = noisy - clean, t = noisy: -(D/t)^2 t S (S + t I)^-1 and D^2 (S + t I)^-1.
    Shapes: times (...) -> (..., d, d), symmetric.
    Domain: the closed domain, clean < noisy; "forward" open where alpha vanishes.
    Raises TypeError unless the data is Gaussian, ValueError outside the domain or for another variance.
    Catalogue: M28 (McAllester, arXiv 2301.11108).
    """
    components, checked = gaussian_components(data, hint=_hint), checked_path("path", path)
    forward = _checks.option("variance", variance, ("forward", "bridge")) == "forward"
    early, late = _checks.ordered(checked, clean, noisy, open_right=forward and checked._signal_vanishes)
    _checks.broadcast(data=components.batch_shape, clean=early.shape, noisy=late.shape)
    sigma = checked.sigma(late)
    variances = marginal(components, checked.alpha(late), sigma)
    drop = checked._snr_drop(early, late)
    if forward:
        surplus = per_direction(drop * sigma**2 / checked._alpha_quotient(early, late))
        return spectral(components, surplus**2 / variances)
    weight = per_direction(checked.alpha(early) * drop * sigma)
    return -spectral(components, weight**2 * (components.covariance.eigenvalues / variances))


def euler_maruyama_leading_bias(data: Gaussian, *, t_start: Real, t_end: Real, noise_level: Real) -> Array:
    """Limit of (V_Euler-Maruyama - V_exact)/D at t_end, for steps of length D -> 0 from the exact law at t_start.

    On Brownian. With u = S + t I and k = (1 + l^2)/2 the bias b(u) solves db/du = (2 k b - k^2)/u, b(u_start) = 0:
    b = (k/2) [1 - (u_end/u_start)^{2k}].
    Shapes: times and noise_level (...) -> (..., d, d), symmetric.
    Domain: t_start > t_end >= 0 with S + t_end I positive definite (no limit of this form elsewhere).
    Raises TypeError unless the data is Gaussian, ValueError outside the domain.
    Catalogue: M37 (McAllester, arXiv 2301.11108).
    """
    components, start, end = _brownian(data, t_start, t_end)
    level = _checks.nonnegative("noise_level", noise_level)
    _checks.broadcast(data=components.batch_shape, t_start=start.shape, t_end=end.shape, noise_level=level.shape)
    values = components.covariance.eigenvalues
    later, earlier = values + per_direction(start), values + per_direction(end)
    if not np.all(earlier > 0.0):
        smallest = float(earlier.min())
        raise ValueError(
            f"covariance: expected a positive definite S + t_end I, got smallest eigenvalue {smallest:.6g}"
        )
    lost = per_direction(start - end) / later
    few = lost < 0.5
    log_ratio = np.where(few, np.log1p(-np.where(few, lost, 0.0)), np.log(earlier / later))
    strength = per_direction(0.5 * (1.0 + level**2))
    return spectral(components, -0.5 * strength * np.expm1(2.0 * strength * log_ratio))


def temperature_covariance(data: Gaussian, *, t_start: Real, t_end: Real, inverse_temperature: Real) -> Array:
    """Covariance at t_end when the reverse SDE runs with its noise scaled by 1/sqrt(beta), from the exact law.

    On Brownian, drift score and noise sqrt(D/beta): with u = S + t I, dV/du = 2 V/u - 1/beta, V(u_start) = u_start:
    V = u/beta + (1 - 1/beta) u^2/u_start = (u/u_start) [(t_start - t_end)/beta + u], u = u_end.
    Shapes: times and inverse_temperature (...) -> (..., d, d), symmetric.
    Domain: t_start > t_end >= 0, inverse_temperature > 0.
    Raises TypeError unless the data is Gaussian, ValueError outside the domain.
    Catalogue: M38 (McAllester, arXiv 2301.11108).
    """
    components, start, end = _brownian(data, t_start, t_end)
    beta = _checks.positive("inverse_temperature", inverse_temperature)
    shapes = {"t_start": start.shape, "t_end": end.shape, "inverse_temperature": beta.shape}
    _checks.broadcast(data=components.batch_shape, **shapes)
    values = components.covariance.eigenvalues
    later, earlier = values + per_direction(start), values + per_direction(end)
    return spectral(components, earlier / later * (per_direction((start - end) / beta) + earlier))


def _brownian(data: Gaussian, t_start: Real, t_end: Real) -> tuple[Components, Array, Array]:
    components = gaussian_components(data, hint=_hint)
    start, end = descent(Brownian(), t_start, t_end, data=components.batch_shape)
    return components, start, end
