"""Two things that ODE likelihoods in use replace: the exact divergence by a probe's, the exact prior by N(0, I)."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.fields._levels import state, velocity_coefficients
from reference.fields.analytic import Data
from reference.paths._base import Path, checked_path
from reference.reverse import flow_coefficients, gaussian_components

__all__ = ["hutchinson_divergence", "prior_mismatch_bias"]


def hutchinson_divergence(data: Data, path: Path, x: Array, t: Real, direction: Array) -> Array:
    r"""u^T (dv/dx) u for a probe u, v the probability-flow velocity; its mean over E u u^T = I is the divergence.

    By components: sum_k r_k u^T (alpha alpha' S_k + sigma sigma' I) V_k^-1 u
    - g^2/2 alpha^2 Var_r(u . e_k), where sigma^2 e_k are the components' denoisers; no end of the path diverges.
    Shapes: x and direction (..., d), t (...) -> (...).  Domain: wherever p_t has a density.
    Raises: TypeError, ValueError.
    Catalogue: P55 (Lai et al., arXiv 2510.21890).
    """
    law, path, point, time = state(data, path, x, t)
    probe = _checks.event("direction", _checks.real("direction", direction), law.event_size)
    _checks.broadcast(data=law.batch_shape, x=point.shape[:-1], t=time.shape, direction=probe.shape[:-1])
    mean, signal, spread = velocity_coefficients(path, time)
    noised = law._components.formed().diffuse(path.alpha(time), path.sigma(time))
    at = noised.evaluate(point)
    fields = noised.component_fields(probe, mean=np.zeros_like(mean), covariance=signal, identity=spread)
    within = at.average(np.sum(probe[..., None, :] * fields, axis=-1), 0)
    between = at.average(np.sum(probe[..., None, :] * at.centred_deviations, axis=-1) ** 2, 0)
    return np.asarray(within + path.alpha(time) * mean * between)


def prior_mismatch_bias(data: Gaussian, path: Path, x: Array, *, t_start: Real, t_end: Real) -> Array:
    r"""What a likelihood that ends at N(0, I) adds: log N(y; 0, I) - log p_end(y), y where the flow carries x.

    1/2 sum_j [log V_j + r_j^2/V_j - y_j^2] in the eigenbasis, V = alpha^2 l + sigma^2 at t_end, r = y - m, m its mean.
    Where p_end is close to N(0, I) the last two are -(V - 1) r^2/V - m (r + y), V - 1 = alpha^2 l - (1 - sigma^2).
    Shapes: x (..., d), times (...) -> (...).  Domain: the closed domain, either order, both V positive definite.
    Raises: TypeError for other data, ValueError for a singular V.
    Catalogue: P55 (Lai et al., arXiv 2510.21890).
    """
    components, checked = gaussian_components(data), checked_path("path", path)
    point = _checks.event("x", _checks.real("x", x), components.event_size)
    start = _checks.time_in_domain(checked, t_start, name="t_start")
    end = _checks.time_in_domain(checked, t_end, name="t_end")
    _checks.broadcast(data=data.batch_shape, x=point.shape[:-1], t_start=start.shape, t_end=end.shape)
    law, values = components.covariance, components.covariance.eigenvalues
    stretches, shifts = flow_coefficients(checked, start[..., None], end[..., None], values)
    residual = point[..., None, :] - checked.alpha(start)[..., None, None] * components.means
    moved = stretches * law.to_eigenbasis(residual)
    centres = law.to_eigenbasis(components.means)
    means = checked.alpha(end)[..., None, None] * centres
    carried = stretches * law.to_eigenbasis(point[..., None, :]) + shifts * centres
    excess = checked.alpha(end)[..., None, None] ** 2 * values - checked._variance_deficit(end)[..., None, None]
    variances = checked.alpha(end)[..., None, None] ** 2 * values + checked.sigma(end)[..., None, None] ** 2
    if not np.all(variances > 0.0):
        raise ValueError(
            "covariance: expected a positive definite alpha^2 S + sigma^2 I at t_end, got smallest eigenvalue "
            f"{float(variances.min()):.6g}"
        )
    near = excess > -0.5
    logs = np.where(near, np.log1p(np.where(near, excess, 0.0)), np.log(variances))
    scaled = moved * (moved / variances)
    close = np.abs(excess) * scaled + np.abs(means * (moved + carried)) < scaled + carried**2
    squares = np.where(close, -excess * scaled - means * (moved + carried), scaled - carried**2)
    return np.asarray(0.5 * np.sum((logs + squares)[..., 0, :], axis=-1))
