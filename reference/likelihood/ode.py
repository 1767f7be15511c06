"""Log-likelihood by the change of variables along the probability-flow ODE."""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import solve_ivp

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.distributions._linear_algebra import log_product
from reference.fields._levels import checked_law
from reference.fields.analytic import Data
from reference.paths import Trigonometric, VPLinear
from reference.paths._base import Path, checked_path
from reference.reverse import flow_coefficients, gaussian_components

__all__ = ["flow_log_determinant", "ode_log_likelihood"]

_smallest_rtol = 100.0 * np.finfo(np.float64).eps  # what the integrator accepts


def ode_log_likelihood(
    data: Data, path: Path, x: Array, *, t_start: Real, t_end: Real, rtol: float = 1e-10, atol: float = 1e-12
) -> Array:
    """Log p at t_start of x, in nats, through the state that the ODE carries x to at t_end (either order).

    log p_start(x) = log p_end(Psi(x)) + int_start^end div v dt.
    Gaussian data: Psi and the integral in closed form. Mixtures and point clouds: both by DOP853 with the
    exact divergence, every point within rtol |y| + atol a step.
    Shapes: x (..., d), times (...) -> (...).  Domain: the closed domain, where p has a density at both ends.
    Catalogue: P55 (Lai et al., arXiv 2510.21890); M35 for Brownian (McAllester, arXiv 2301.11108).
    """
    law, checked = checked_law(data), checked_path("path", path)
    point = _checks.event("x", _checks.real("x", x), law.event_size)
    start = _checks.time_in_domain(checked, t_start, name="t_start")
    end = _checks.time_in_domain(checked, t_end, name="t_end")
    relative, absolute = _checks.positive_parameter("rtol", rtol), _checks.positive_parameter("atol", atol)
    shape = _checks.broadcast(data=law.batch_shape, x=point.shape[:-1], t_start=start.shape, t_end=end.shape)
    if isinstance(law, Gaussian):
        determinant = flow_log_determinant(law, checked, t_start=start, t_end=end)
        return _carried_log_prob(law, checked, point, start, end) + determinant
    point = np.broadcast_to(point, (*shape, law.event_size))
    levels = [np.broadcast_to(checked.alpha(time), shape) for time in (start, end)]
    noises = [np.broadcast_to(checked.sigma(time), shape) for time in (start, end)]
    angles = [np.arctan2(noise, level) for noise, level in zip(noises, levels, strict=True)]
    radius = np.hypot(noises[0], levels[0])
    state, gathered = _integrate(
        law._components.formed(), point / radius[..., None], angles[0], angles[1], relative, absolute
    )
    scale = np.hypot(noises[1], levels[1])
    at_end = law.diffuse(levels[1] / scale, noises[1] / scale).log_prob(state)
    return np.asarray(at_end + gathered - law.event_size * np.log(radius))


def _carried_log_prob(law: Gaussian, path: Path, x: Array, start: Array, end: Array) -> Array:
    """Log p_end of the point that the flow carries x to, -1/2 sum_j [y_j^2/v_j + log 2 pi v_j].

    y_j = sqrt(v_j/V_j) r_j are its coordinates less the mean's in the eigenbasis that all V = alpha^2 S + sigma^2 I
    share, r_j those of x - m_start, v and V the eigenvalues at the end and at the start. The point itself would
    not do: rounded beside its mean, it is off by many of the small standard deviations of a graded V_end.
    """
    components = gaussian_components(law)
    alpha, sigma = path.alpha(end)[..., None, None], path.sigma(end)[..., None, None]
    values = components.covariance.eigenvalues
    variances = alpha**2 * values + sigma**2
    residual = x[..., None, :] - path.alpha(start)[..., None, None] * components.means
    stretches, _ = flow_coefficients(path, start[..., None], end[..., None], values)
    moved = stretches * components.covariance.to_eigenbasis(residual)
    log_mantissa, exponent = log_product(2.0 * np.pi * variances)
    quadratic = np.sum(moved * (moved / variances), axis=-1)
    return np.asarray(-0.5 * (quadratic + log_mantissa + np.log(2.0) * exponent)[..., 0])


def _integrate(
    components: Components, state: Array, start: Array, end: Array, rtol: float, atol: float
) -> tuple[Array, Array]:
    """Carry u = x/hypot(alpha, sigma) from angle to angle, phi = atan2(sigma, alpha), with int div v dphi.

    In this variable every path is the same quarter turn alpha = cos phi, sigma = sin phi, and neither u nor
    its velocity diverges at an end. All points share one integration; its root-mean-square error control is
    tightened so that it bounds the error of every point.
    """
    shape, size = state.shape[:-1], components.event_size
    count = math.prod(shape) * (size + 1)
    if count == 0:
        return state, np.zeros(shape)
    sweep = end - start

    def rates(progress: float, flat: Array) -> Array:
        u = flat.reshape(*shape, size + 1)[..., :size]
        velocity, divergence = _turning(components, u, start + progress * sweep)
        together = np.concatenate([velocity, divergence[..., None]], axis=-1)
        return np.asarray((sweep[..., None] * together).reshape(-1))

    initial = np.concatenate([state, np.zeros((*shape, 1))], axis=-1).reshape(-1)
    tightening = math.sqrt(count)
    solution = solve_ivp(
        rates,
        (0.0, 1.0),
        initial,
        method="DOP853",
        t_eval=(1.0,),
        rtol=max(rtol / tightening, _smallest_rtol),
        atol=atol / tightening,
    )
    if not solution.success:
        raise ArithmeticError(f"the ODE solver failed between t_start and t_end: {solution.message}")
    final = solution.y[:, -1].reshape(*shape, size + 1)
    return final[..., :size], final[..., size]


def _turning(components: Components, u: Array, angle: Array) -> tuple[Array, Array]:
    """Velocity and its divergence on the path (cos phi, sin phi).

    v = sum_k r_k V_k^-1 [cos sin (I - S_k) u - sin mu_k],
    div v = cos sin (sum_k r_k tr[(I - S_k) V_k^-1] - tr Cov_r(e)) = d f - 1/2 g^2 tr(Hessian of log p).
    """
    alpha, sigma = np.cos(angle), np.sin(angle)
    noised = components.diffuse(alpha, sigma)
    product = alpha * sigma
    fields = noised.component_fields(u, mean=-sigma, covariance=-product, identity=product)
    at = noised.evaluate(u)
    values = components.covariance.eigenvalues
    cosine, sine = noised.levels_by_component
    ratios = (1.0 - values) / (cosine[..., None] ** 2 * values + sine[..., None] ** 2)
    within = at.average(np.broadcast_to(ratios.sum(axis=-1), at.responsibilities.shape), 0)
    between = np.trace(at.deviation_covariance, axis1=-2, axis2=-1)
    return at.average(fields, 1), product * (within - between)


# ---------------------------------------------------------------------------------- Gaussian determinant


def flow_log_determinant(data: Gaussian, path: Path, *, t_start: Real, t_end: Real) -> Array:
    """Log determinant of the flow map of Gaussian data: log |V_end V_start^-1|/2, V = alpha^2 S + sigma^2 I.

    Shapes: times (...) -> (...).  Domain: the closed domain, either order, both V positive definite.
    Raises TypeError for other data, ValueError for a singular V.
    Catalogue: P55 (Lai et al., arXiv 2510.21890); M35 for Brownian (McAllester, arXiv 2301.11108).
    """
    components, checked = gaussian_components(data), checked_path("path", path)
    start = _checks.time_in_domain(checked, t_start, name="t_start")
    end = _checks.time_in_domain(checked, t_end, name="t_end")
    _checks.broadcast(data=components.batch_shape, t_start=start.shape, t_end=end.shape)
    start, end = np.broadcast_arrays(start, end)
    values = components.covariance.eigenvalues[..., 0, :]
    logs = _log_variance_ratio(checked, np.minimum(start, end), np.maximum(start, end), values)
    return np.asarray(np.where(end >= start, 0.5, -0.5) * logs.sum(axis=-1))


def _log_variance_ratio(path: Path, clean: Array, noisy: Array, values: Array) -> Array:
    """Logarithms of V_noisy/V_clean, V = alpha^2 l + sigma^2, for eigenvalues l (..., d), accurate near 0."""
    before = path.alpha(clean)[..., None] ** 2 * values + path.sigma(clean)[..., None] ** 2
    after = path.alpha(noisy)[..., None] ** 2 * values + path.sigma(noisy)[..., None] ** 2
    if not (np.all(before > 0.0) and np.all(after > 0.0)):
        raise ValueError(
            "covariance: expected a positive definite alpha^2 S + sigma^2 I at both times, got smallest "
            f"eigenvalue {float(min(before.min(), after.min())):.6g}"
        )
    change = _variance_change(path, clean, noisy, values, before) / before
    small = change > -0.5
    return np.where(small, np.log1p(np.where(small, change, 0.0)), np.log(after / before))


def _variance_change(path: Path, clean: Array, noisy: Array, values: Array, before: Array) -> Array:
    """V_noisy - V_clean without subtracting levels, from b = (alpha_noisy/alpha_clean)^2 - 1.

    On a variance-preserving path alpha_clean^2 b (l - 1). Elsewhere b V_clean + sigma_noisy^2 (1 - SNR ratio)
    or, near pure noise, where these two cancel, the difference of alpha^2 l - (1 - sigma^2).
    """
    signal, late_signal = path.alpha(clean)[..., None], path.alpha(noisy)[..., None]
    lost = np.expm1(2.0 * _log_signal_ratio(path, clean, noisy))[..., None]
    if isinstance(path, (VPLinear, Trigonometric)):
        return np.asarray(signal**2 * lost * (values - 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        drop = np.where(clean < noisy, path._snr_drop(clean, noisy), 0.0)[..., None]
    general = lost * before + path.sigma(noisy)[..., None] ** 2 * drop
    early = signal**2 * values - path._variance_deficit(clean)[..., None]
    late = late_signal**2 * values - path._variance_deficit(noisy)[..., None]
    noise_alone = path.sigma(clean)[..., None] ** 2 > 0.5
    near_one = noise_alone & (np.abs(early) < 0.5) & (np.abs(late) < 0.5)
    return np.where(near_one, late - early, general)


_nodes, _weights = np.polynomial.legendre.leggauss(14)


def _log_signal_ratio(path: Path, clean: Array, noisy: Array) -> Array:
    """Log of alpha_noisy/alpha_clean; above log(1/2) as the integral of f, since log a loses a near 1.

    f is analytic, and singular no nearer to the interval than its length: 14 Gauss nodes leave 1e-20.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = path.alpha(noisy) / path.alpha(clean)
        logarithm = np.log(ratio)
    close = ratio > 0.5
    middle, half = 0.5 * (clean + noisy), np.where(close, 0.5 * (noisy - clean), 0.0)
    inner = np.where(close, middle, path.domain[0])[..., None] + half[..., None] * _nodes
    integral = half * np.sum(_weights * path.drift(inner), axis=-1)
    return np.where(close | (clean == noisy), integral, logarithm)
