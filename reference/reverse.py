"""The reverse equations of a path: the family over its noise level, exact flow maps, and affine step laws."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.distributions._linear_algebra import apply, symmetrized
from reference.fields._levels import checked_law, state, velocity_coefficients
from reference.fields.analytic import Data
from reference.paths._base import Path, checked_path

__all__ = [
    "flow_map",
    "flow_matrix",
    "frozen_step_matrix",
    "frozen_step_offset",
    "propagate_covariance",
    "propagate_mean",
    "reverse_diffusion",
    "reverse_drift",
]


# ------------------------------------------------------------------------------------ the reverse family


def reverse_drift(data: Data, path: Path, x: Array, t: Real, *, noise_level: Real) -> Array:
    """Drift f x - (1 + l^2)/2 g^2 score of the reverse equation with noise level l >= 0 (t runs down).

    l = 0 is the probability-flow ODE, l = 1 Anderson's reverse SDE; every member has the marginals p_t.
    Formed as velocity - (l^2/2) g^2 score, since f x and g^2/2 score nearly cancel near pure noise.
    Shapes: x (..., d) -> (..., d).  Domain: open where alpha vanishes (f and g^2 diverge).
    Raises: TypeError, ValueError; ValueError where p_t has no density.
    Catalogue: P53 (Lai et al., arXiv 2510.21890); M36 for Brownian (McAllester, arXiv 2301.11108).
    """
    law, path, point, time = state(data, path, x, t)
    level = _checks.nonnegative("noise_level", noise_level)
    _checks.broadcast(data=law.batch_shape, x=point.shape[:-1], t=time.shape, noise_level=level.shape)
    excess = (0.5 * level**2 * path.diffusion_squared(time))[..., None]
    mean, signal, spread = velocity_coefficients(path, time)
    alpha, sigma = path.alpha(time), path.sigma(time)
    noised = law._components.formed().diffuse(alpha, sigma)
    flow = noised.field(point, mean=mean, covariance=signal, identity=spread)
    return np.asarray(flow - excess * noised.score(point))


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


# -------------------------------------------------------------------------------------- exact flow maps


def flow_matrix(data: Gaussian, path: Path, *, t_start: Real, t_end: Real) -> Array:
    """Jacobian V_end^(1/2) V_start^(-1/2) of the flow map of Gaussian data, symmetric (the V commute).

    Shapes: times (...) -> (..., d, d).  Domain: the closed domain, either order of travel.
    Raises TypeError for other data, ValueError where V_start is singular.
    Catalogue: P54 (Lai et al., arXiv 2510.21890); M34 for Brownian (McAllester, arXiv 2301.11108).
    """
    components = gaussian_components(data)
    start, end = _times(components, checked_path("path", path), t_start, t_end)
    stretches, _ = flow_coefficients(path, start[..., None], end[..., None], components.covariance.eigenvalues)
    return components.covariance.with_eigenvalues(stretches).matrix[..., 0, :, :]


def flow_map(data: Gaussian, path: Path, x: Array, *, t_start: Real, t_end: Real) -> Array:
    """Where the probability-flow ODE of Gaussian data carries x from t_start to t_end.

    m_end + V_end^(1/2) V_start^(-1/2) (x - m_start), m = alpha mu, V = alpha^2 S + sigma^2 I.
    Formed in the two terms A x + B mu, where B is small whenever the levels nearly agree.
    Shapes: x (..., d) -> (..., d).  Domain: the closed domain, either order of travel.
    Raises TypeError for other data (for d = 1 see likelihood.quantile_map), ValueError for singular V_start.
    Catalogue: P54 (Lai et al., arXiv 2510.21890); M34 for Brownian (McAllester, arXiv 2301.11108).
    """
    components = gaussian_components(data)
    point = _checks.event("x", _checks.real("x", x), components.event_size)
    start, end = _times(components, checked_path("path", path), t_start, t_end, x=point.shape[:-1])
    law = components.covariance
    stretches, shifts = flow_coefficients(path, start[..., None], end[..., None], law.eigenvalues)
    moved = stretches * law.to_eigenbasis(point[..., None, :]) + shifts * law.to_eigenbasis(components.means)
    return law.from_eigenbasis(moved)[..., 0, :]


def flow_coefficients(path: Path, start: Array, end: Array, variances: Array) -> tuple[Array, Array]:
    """A and B of the flow x -> A x + B mu in an eigendirection of variance l, V = alpha^2 l + sigma^2.

    A = sqrt(V_end/V_start),  B = alpha_end - A alpha_start
    = (alpha_end^2 sigma_start^2 - alpha_start^2 sigma_end^2) / (V_start (alpha_end + A alpha_start)),
    in which l has cancelled; the difference is -+ alpha^2(clean) sigma^2(noisy) (1 - SNR_noisy/SNR_clean).
    Times (...) and variances (..., d) broadcast.
    """
    alpha, sigma = path.alpha(start)[..., None], path.sigma(start)[..., None]
    alpha_end, sigma_end = path.alpha(end)[..., None], path.sigma(end)[..., None]
    variance = alpha**2 * variances + sigma**2
    if not np.all(variance > 0.0):
        raise ValueError(
            "covariance: expected a positive definite alpha^2 S + sigma^2 I at t_start, "
            f"got smallest eigenvalue {float(variance.min()):.6g}"
        )
    stretch = np.sqrt((alpha_end**2 * variances + sigma_end**2) / variance)
    clean, noisy = np.minimum(start, end), np.maximum(start, end)
    with np.errstate(divide="ignore", invalid="ignore"):
        drop = np.where(clean < noisy, path._snr_drop(clean, noisy), 0.0)
    size = path.alpha(clean) ** 2 * path.sigma(noisy) ** 2 * drop
    difference = np.where(end > start, -size, size)[..., None]
    scale = variance * (alpha_end + stretch * alpha)
    shift = np.divide(difference, scale, out=np.zeros_like(difference / variance), where=scale > 0.0)
    return stretch, shift


# ----------------------------------------------------------------------------------- frozen-step algebra


def frozen_step_matrix(
    data: Gaussian, path: Path, t: Real, *, state_coefficient: Real, data_coefficient: Real
) -> Array:
    """Matrix p I + q K of the step x -> p x + q D(x) + noise on Gaussian data, K = alpha S V^-1.

    Shapes: t and coefficients (...) -> (..., d, d), symmetric.  Domain: wherever V is positive definite.
    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    components, alpha, _, marginal = _frozen(data, path, t)
    keep = _checks.real("state_coefficient", state_coefficient)[..., None, None]
    draw = _checks.real("data_coefficient", data_coefficient)[..., None, None]
    gain = alpha * components.covariance.eigenvalues / marginal
    return components.covariance.with_eigenvalues(keep + draw * gain).matrix[..., 0, :, :]


def frozen_step_offset(data: Gaussian, path: Path, t: Real, *, data_coefficient: Real) -> Array:
    """Offset q (I - alpha K) mu = q sigma^2 V^-1 mu of the step x -> p x + q D(x) + noise on Gaussian data.

    Shapes: t and coefficient (...) -> (..., d).  Domain: wherever V is positive definite.
    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    components, _, sigma, marginal = _frozen(data, path, t)
    draw = _checks.real("data_coefficient", data_coefficient)[..., None, None]
    law = components.covariance
    return law.from_eigenbasis(draw * sigma**2 / marginal * law.to_eigenbasis(components.means))[..., 0, :]


def propagate_mean(matrix: Array, offset: Array, mean: Array) -> Array:
    """Mean A m + c after an affine step.

    Shapes: matrix (..., d, d), offset and mean (..., d) -> (..., d).
    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    centre = _checks.event("mean", _checks.real("mean", mean))
    shift = _checks.event("offset", _checks.real("offset", offset), centre.shape[-1])
    step = _square("matrix", matrix, centre.shape[-1])
    _checks.broadcast(matrix=step.shape[:-2], offset=shift.shape[:-1], mean=centre.shape[:-1])
    return apply(step, centre) + shift


def propagate_covariance(matrix: Array, covariance: Array, noise_variance: Real) -> Array:
    """Covariance A C A^T + v I after an affine step with noise variance v >= 0, symmetric bit for bit.

    Shapes: matrix and covariance (..., d, d), noise_variance (...) -> (..., d, d).
    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    spread = _checks.covariance("covariance", covariance)
    size = spread.shape[-1]
    step = _square("matrix", matrix, size)
    variance = _checks.nonnegative("noise_variance", noise_variance)
    _checks.broadcast(matrix=step.shape[:-2], covariance=spread.shape[:-2], noise_variance=variance.shape)
    carried = symmetrized(step @ spread @ np.swapaxes(step, -1, -2))
    return carried + variance[..., None, None] * np.eye(size)


# ---------------------------------------------------------------------------------------------- private


def gaussian_components(data: object) -> Components:
    """The single component of Gaussian data, formed; other data are refused."""
    hint = "the flow of a mixture has no closed form; for d = 1 see likelihood.quantile_map"
    return _checks.instance("data", checked_law(data), Gaussian, hint=hint)._components.formed()


def _times(
    components: Components, path: Path, t_start: Real, t_end: Real, **shapes: tuple[int, ...]
) -> tuple[Array, Array]:
    start = _checks.time_in_domain(path, t_start, name="t_start")
    end = _checks.time_in_domain(path, t_end, name="t_end")
    _checks.broadcast(data=components.batch_shape, t_start=start.shape, t_end=end.shape, **shapes)
    return start, end


def _frozen(data: Gaussian, path: Path, t: Real) -> tuple[Components, Array, Array, Array]:
    components, checked = gaussian_components(data), checked_path("path", path)
    time = _checks.time_in_domain(checked, t)
    _checks.broadcast(data=components.batch_shape, t=time.shape)
    alpha, sigma = checked.alpha(time)[..., None, None], checked.sigma(time)[..., None, None]
    marginal = alpha**2 * components.covariance.eigenvalues + sigma**2
    if not np.all(marginal > 0.0):
        raise ValueError(
            "covariance: expected a positive definite alpha^2 S + sigma^2 I, got smallest eigenvalue "
            f"{float(marginal.min()):.6g}"
        )
    return components, alpha, sigma, marginal


def _square(name: str, value: object, size: int) -> Array:
    matrix = _checks.event(name, _checks.real(name, value), size)
    if matrix.ndim < 2 or matrix.shape[-2] != size:
        raise ValueError(f"{name}: expected {size} x {size} matrices, got shape {matrix.shape}")
    return matrix
