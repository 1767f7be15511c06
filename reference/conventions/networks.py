"""What flow-map networks of others return, and how their derivatives become those of a map of two times."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real

__all__ = [
    "ctm_inner_from_output",
    "ctm_output_from_inner",
    "end_derivative_from_step_network",
    "start_derivative_from_step_network",
]

_FORMS = ("euler", "variance", "euler_variance_mixed")


def start_derivative_from_step_network(time_derivative: Array, step_derivative: Array) -> Array:
    """Derivative in t, at fixed r, of u(x, t, r) = n(x, t, h) with h = t - r: dn/dt + dn/dh.

    With the product of dn/dx and the velocity it is MeanFlow's total derivative: its tangent is (v, 1, 0) for (x, t, r)
    and therefore (v, 1, 1) for (x, t, h).
    Shapes: (..., d) -> (..., d).
    Raises: TypeError, ValueError for shapes that do not fit.
    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    rate = _checks.event("time_derivative", _checks.real("time_derivative", time_derivative))
    slope = _checks.event("step_derivative", _checks.real("step_derivative", step_derivative), rate.shape[-1])
    _checks.broadcast(time_derivative=rate.shape[:-1], step_derivative=slope.shape[:-1])
    return np.asarray(rate + slope)


def end_derivative_from_step_network(step_derivative: Array) -> Array:
    """Derivative in r, at fixed t, of u(x, t, r) = n(x, t, h) with h = t - r: -dn/dh.

    Shapes: (..., d) -> (..., d).
    Raises: TypeError, ValueError for a bad argument.
    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    return -_checks.event("step_derivative", _checks.real("step_derivative", step_derivative))


def ctm_output_from_inner(
    inner: Array, x: Array, *, sigma_start: Real, sigma_end: Real, sigma_min: Real, sigma_data: Real, form: str
) -> Array:
    """CTM's g, of which the map is (s/t) x + (1 - s/t) g, from the inner network G of the code's map c x + (1 - s/t) G.

    With t = sigma_start, s = sigma_end, m = sigma_min, w(t) = (t - m)^2 + sigma_data^2: g = G + k x, where
    "euler":                 c = s/t, k = 0: the only form in which the inner network is g itself;
    "variance":              c = sqrt(w(s)/w(t)), k = (c - s/t)/(1 - s/t), formed for s -> t without that division;
    "euler_variance_mixed":  c = (s + sqrt(w(s)/w(t)))/(t + 1), k that of "variance" over t + 1.
    Shapes: inner and x (..., d), levels (...) -> (..., d).  Domain: 0 <= s <= t, t > 0, m >= 0, sigma_data > 0.
    Raises: TypeError, ValueError outside the domain, for another form or for shapes that do not fit.
    Catalogue: P105 (Lai et al., arXiv 2510.21890; Kim et al., arXiv 2310.02279).
    """
    field, state, weight = _inner("inner", inner, x, sigma_start, sigma_end, sigma_min, sigma_data, form)
    return np.asarray(field + weight * state)


def ctm_inner_from_output(
    output: Array, x: Array, *, sigma_start: Real, sigma_end: Real, sigma_min: Real, sigma_data: Real, form: str
) -> Array:
    """The inner network G = g - k x of CTM's g, inverse of ``ctm_output_from_inner``.

    Shapes: output and x (..., d), levels (...) -> (..., d).  Domain: 0 <= s <= t, t > 0, m >= 0, sigma_data > 0.
    Raises: TypeError, ValueError outside the domain, for another form or for shapes that do not fit.
    Catalogue: P105 (Lai et al., arXiv 2510.21890; Kim et al., arXiv 2310.02279).
    """
    field, state, weight = _inner("output", output, x, sigma_start, sigma_end, sigma_min, sigma_data, form)
    return np.asarray(field - weight * state)


# ---------------------------------------------------------------------------------------------- private


def _inner(
    name: str,
    network: Array,
    x: Array,
    sigma_start: Real,
    sigma_end: Real,
    sigma_min: Real,
    sigma_data: Real,
    form: str,
) -> tuple[Array, Array, Array]:
    """The network's output, x, and the weight k of x, shaped to multiply it."""
    choice = _checks.option("form", form, _FORMS)
    state = _checks.event("x", _checks.real("x", x))
    field = _checks.event(name, _checks.real(name, network), state.shape[-1])
    t, s = _checks.positive("sigma_start", sigma_start), _checks.nonnegative("sigma_end", sigma_end)
    m, spread = _checks.nonnegative("sigma_min", sigma_min), _checks.positive("sigma_data", sigma_data)
    _checks.broadcast(
        **{name: field.shape[:-1]},
        x=state.shape[:-1],
        sigma_start=t.shape,
        sigma_end=s.shape,
        sigma_min=m.shape,
        sigma_data=spread.shape,
    )
    if np.any(s > t):
        raise ValueError("sigma_end: expected at most sigma_start, got a larger one")
    if choice == "euler":
        return field, state, np.zeros(1)
    late, early = np.hypot(t - m, spread), np.hypot(s - m, spread)
    # c^2 - (s/t)^2 = (1 - s/t) [(m^2 + d^2)(t + s) - 2 s t m]/(t w(t)), so that 1 - s/t divides out
    excess = (m**2 + spread**2) * (t + s) - 2.0 * s * t * m
    weight = excess / (t * late**2 * (early / late + s / t))
    if choice == "euler_variance_mixed":
        weight = weight / (t + 1.0)
    return field, state, np.asarray(weight)[..., None]
