"""The guided reverse equations of two commuting Gaussians, in one shared eigendirection.

With V = alpha^2 l + sigma^2 of either law, r = V_other/V_own and p = alpha/sqrt(V_own), the ratio r falls linearly in
p^2: r = 1 - (l_own - l_other) p^2.  In u = p/p_clean every integral of the solution is one of (r/r_clean)^a over a
power of u, bounded and finite on the closed domain.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reference._checks import Array, unit_roundoff
from reference._quadrature import integrate
from reference.paths._base import Path

__all__ = ["GuidedCoefficients", "guided_coefficients", "guided_state"]


class GuidedCoefficients(NamedTuple):
    """x_end = state x + unconditional mu_u + conditional mu_c + sqrt(noise) z, each (..., d) by direction."""

    state: Array
    unconditional: Array
    conditional: Array
    noise: Array


class _Levels(NamedTuple):
    """What one law's integrals need: its V at the clean end, V_other/V_own there, 1 less that, log(p_clean/p_noisy)."""

    variance: Array
    ratio: Array
    excess: Array
    decay: Array


def guided_coefficients(
    path: Path, clean: Array, noisy: Array, variance_u: Array, variance_c: Array, weight: Array, level: Array
) -> GuidedCoefficients:
    """Coefficients of the way down from ``noisy`` to ``clean`` with noise level l, all arguments of one shape (..., d).

    With theta = 1 + l^2, and w_own, w_other the weights w or 1 - w of the laws:
    state = (alpha_noisy/alpha_clean)^(l^2) prod (V_clean/V_noisy)^(w_own theta/2),
    mean's = w_own alpha_clean int (r/r_clean)^(-w_other theta/2) d(u^theta),
    noise = V_clean int (r/r_clean)^(-w_other theta) d(u^(2 l^2)), from u = p_noisy/p_clean to 1.
    """
    theta, signal = 1.0 + level**2, path.alpha(clean)
    state = guided_state(path, clean, noisy, variance_u, variance_c, weight, level)
    v_u, v_c = (_marginals(path, clean, noisy, variance) for variance in (variance_u, variance_c))
    gap = signal**2 * (variance_c - variance_u)
    drop = _noise_drop(path, clean, noisy)
    own_c = _Levels(v_c[0], v_u[0] / v_c[0], gap / v_c[0], 0.5 * np.log1p(drop / v_c[0]))
    own_u = _Levels(v_u[0], v_c[0] / v_u[0], -gap / v_u[0], 0.5 * np.log1p(drop / v_u[0]))
    return GuidedCoefficients(
        state,
        (1.0 - weight) * signal * _integral(own_u, -0.5 * weight * theta, theta),
        weight * signal * _integral(own_c, 0.5 * (weight - 1.0) * theta, theta),
        v_c[0] * _integral(own_c, (weight - 1.0) * theta, 2.0 * level**2),
    )


def guided_state(
    path: Path, clean: Array, noisy: Array, variance_u: Array, variance_c: Array, weight: Array, level: Array
) -> Array:
    """The state's coefficient alone, which asks for no integral."""
    theta, quotient = 1.0 + level**2, path._alpha_quotient(clean, noisy)
    v_u, v_c = (_marginals(path, clean, noisy, variance) for variance in (variance_u, variance_c))
    inner = (v_u[0] / v_u[1]) ** (1.0 - weight) * (v_c[0] / v_c[1]) ** weight
    return np.asarray((inner * quotient ** (2.0 * level**2 / theta)) ** (0.5 * theta))


def _marginals(path: Path, clean: Array, noisy: Array, variance: Array) -> tuple[Array, Array]:
    """V at both times; a singular one is refused."""
    values = tuple(path.alpha(t) ** 2 * variance + path.sigma(t) ** 2 for t in (clean, noisy))
    smallest = min(float(v.min(initial=np.inf)) for v in values)
    if not smallest > 0.0:
        raise ValueError(
            "unconditional, conditional: expected a positive definite alpha^2 S + sigma^2 I at both ends, got smallest "
            f"eigenvalue {smallest:.6g}"
        )
    return values[0], values[1]


def _noise_drop(path: Path, clean: Array, noisy: Array) -> Array:
    """The product alpha_clean^2 (sigma^2/alpha^2 at noisy less that at clean), inf where alpha vanishes."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        fall = np.where(clean < noisy, path._snr_drop(clean, noisy), 0.0)
        return np.where(fall > 0.0, (path.sigma(noisy) / path._alpha_quotient(clean, noisy)) ** 2 * fall, 0.0)


def _integral(own: _Levels, power: Array, exponent: Array) -> Array:
    """Integral of (r(u)/r(1))^power over v = u^exponent from its value at the noisy end to 1; 0 for exponent 0.

    r(u) = 1 - excess u^2.  Above v = 1/2 the variable is the distance 1 - v, so that r/r(1) - 1 =
    excess (1 - u^2)/r(1) keeps its digits; below it is -log u, of which every decade may count, up to where
    |excess| u^2 and then v itself are lost.
    """
    drawn = exponent > 0.0
    rate = np.where(drawn, exponent, 1.0)
    near = np.where(drawn, -np.expm1(-np.minimum(rate * own.decay, np.log(2.0))), 0.0)
    first = np.log(2.0) / rate
    last = np.minimum(own.decay, first + 0.5 * np.log(np.maximum(np.abs(own.excess), 1.0)) + 40.0 / rate)
    far = np.where(drawn, np.maximum(last - first, 0.0), 0.0)
    flat = [np.ravel(part) for part in np.broadcast_arrays(own.ratio, own.excess, power, rate, near, first, far)]

    def integrand(points: Array, which: NDArray[np.intp]) -> Array:
        row, lower = np.divmod(which, 2)
        ratio, excess, a, e, upper_span, begin, lower_span = (part[row, None] for part in flat)
        below = lower[:, None] == 1
        log_u = np.where(below, -(begin + lower_span * points), np.log1p(-upper_span * points) / e)
        change = -excess * np.expm1(2.0 * log_u) / ratio
        steep = change < -0.5
        away = np.log1p(np.where(steep, -excess, 0.0) * np.exp(2.0 * log_u)) - np.log(ratio)
        growth = a * np.where(steep, away, np.log1p(np.where(steep, 0.0, change)))
        return np.asarray(np.where(below, e, 1.0) * np.exp(growth + np.where(below, e * log_u, 0.0)))

    edges = np.broadcast_to(np.array([0.0, 0.125, 0.5, 1.0]), (2 * flat[0].size, 4))
    rounding = 16.0 * unit_roundoff * float(np.max(np.abs(flat[2] * np.log(flat[0])), initial=0.0))
    shares = integrate(integrand, edges, absolute=0.0, relative=2e-14 + rounding).reshape(*near.shape, 2)
    return np.asarray(near * shares[..., 0] + far * shares[..., 1])
