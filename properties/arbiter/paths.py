"""Twins of the paths and of the discrete tables, from the definitions of the levels alone.

A path is its two levels alpha(t) and sigma(t); everything else follows from them: derivatives are coefficients of
truncated power series in t (automatic differentiation, so that no derivative is worked out by hand), the drift is
alpha'/alpha, the diffusion (sigma^2)' - 2 f sigma^2, the half log-SNR log(alpha/sigma), and differences of it are
subtracted. ``parameters`` are the constructor's values in the order of the fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb, arb_series

Number = Any
"""An ``arb`` or an ``arb_series``; python-flint ships no type information."""

METHODS = (
    "alpha",
    "sigma",
    "alpha_derivative",
    "sigma_derivative",
    "half_log_snr",
    "half_log_snr_derivative",
    "drift",
    "diffusion_squared",
)


def levels(name: str, parameters: Sequence[Any], t: Number) -> tuple[Number, Number]:
    """Alpha and sigma at t (P8, P12, P17, M1), which may be a power series.

    VP: alpha = exp(-B/2), sigma = sqrt(1 - exp(-B)), B = b0 t + (b1 - b0) t^2 / 2; sub-VP: the same alpha,
    sigma = 1 - exp(-B); VE: sigma = smin (smax/smin)^t, or the root of sigma^2(t) - sigma^2(0).
    """
    if name in ("VPLinear", "SubVP"):
        first, last = parameters[0], parameters[1]
        exponent = t * first + t * t * ((last - first) / 2)
        lost = 1 - (-exponent).exp()
        return (exponent * arb(-0.5)).exp(), lost.sqrt() if name == "VPLinear" else lost
    if name == "VE":
        low, high, subtract = parameters
        sigma = (t * (high / low).log()).exp() * low
        return t * 0 + 1, (sigma * sigma - low * low).sqrt() if subtract else sigma
    if name == "FlowMatching":
        return 1 - t, t
    if name == "Trigonometric":
        angle = t * (arb.pi() / 2)
        return angle.cos(), angle.sin()
    if name in ("EDM", "Brownian"):
        return t * 0 + 1, t if name == "EDM" else t.sqrt()
    raise ValueError(f"levels: no path of the name {name!r}")


def methods(name: str, parameters: Sequence[Any], t: Number) -> list[Number]:
    """Every method of `METHODS` at t, in that order."""
    alpha, sigma = levels(name, parameters, arb_series([t, 1], prec=2))
    log_ratio = alpha.log() - sigma.log()
    drift = alpha.derivative()[0] / alpha[0]
    diffusion_squared = (sigma * sigma).derivative()[0] - 2 * drift * sigma[0] ** 2
    return [
        alpha[0],
        sigma[0],
        alpha[1],
        sigma[1],
        log_ratio[0],
        log_ratio[1],
        drift,
        diffusion_squared,
    ]


def alpha(name: str, parameters: Sequence[Any], t: Number) -> Number:
    """The signal's coefficient."""
    return levels(name, parameters, t)[0]


def sigma(name: str, parameters: Sequence[Any], t: Number) -> Number:
    """The noise's coefficient."""
    return levels(name, parameters, t)[1]


def half_log_snr(name: str, parameters: Sequence[Any], t: Number) -> Number:
    """log(alpha / sigma)."""
    signal, noise = levels(name, parameters, t)
    return (signal / noise).log()


def half_log_snr_difference(name: str, parameters: Sequence[Any], clean: Number, noisy: Number) -> Number:
    """lambda(clean) - lambda(noisy), subtracted: the precision pays for the cancellation."""
    return half_log_snr(name, parameters, clean) - half_log_snr(name, parameters, noisy)


def noise_to_signal(name: str, parameters: Sequence[Any], t: Number) -> Number:
    """Sigma / alpha (P13)."""
    signal, noise = levels(name, parameters, t)
    return noise / signal


def time_at_half_log_snr(name: str, parameters: Sequence[Any], value: Number) -> Number:
    """The time where the half log-SNR is ``value``: solved for each path (P12), then certified by the definition.

    Raises:
        ArithmeticError: the solution does not have the half log-SNR that was asked for.
    """
    ratio = (-value).exp()
    if name in ("VPLinear", "SubVP"):
        first, last = parameters[0], parameters[1]
        half = ratio / 2
        exponent = (1 + ratio**2).log() if name == "VPLinear" else 2 * (half + (1 + half**2).sqrt()).log()
        time = 2 * exponent / (first + (first**2 + 2 * (last - first) * exponent).sqrt())
    elif name == "VE":
        low, high, subtract = parameters
        level = (ratio**2 + low**2).sqrt() if subtract else ratio
        time = (level / low).log() / (high / low).log()
    elif name == "FlowMatching":
        time = ratio / (1 + ratio)
    elif name == "Trigonometric":
        time = ratio.atan() * 2 / arb.pi()
    else:
        time = ratio if name == "EDM" else ratio**2
    if not (half_log_snr(name, parameters, time) - value).contains(0):
        raise ArithmeticError(f"time_at_half_log_snr: {name} at {value} failed its definition")
    return time


def equivalent_time(
    name: str, parameters: Sequence[Any], other: str, other_parameters: Sequence[Any], t: Number
) -> Number:
    """The other path's time of equal half log-SNR (P25)."""
    return time_at_half_log_snr(other, other_parameters, half_log_snr(name, parameters, t))


def equivalent_scale(
    name: str, parameters: Sequence[Any], other: str, other_parameters: Sequence[Any], t: Number
) -> Number:
    """Sigma of the other path over sigma of this one, at the equivalent times (P25)."""
    there = equivalent_time(name, parameters, other, other_parameters, t)
    return sigma(other, other_parameters, there) / sigma(name, parameters, t)


def closed_diffusion_squared(name: str, parameters: Sequence[Any], t: Number) -> Number:
    """g^2 as the textbooks print it, path by path (P9)."""
    if name in ("VPLinear", "SubVP"):
        first, last = parameters[0], parameters[1]
        beta = first + (last - first) * t
        exponent = first * t + (last - first) * t**2 / 2
        return beta if name == "VPLinear" else beta * (1 - (-2 * exponent).exp())
    if name == "VE":
        low, high, _ = parameters
        return 2 * low**2 * (high / low) ** (2 * t) * (high / low).log()
    if name == "FlowMatching":
        return 2 * t / (1 - t)
    if name == "Trigonometric":
        return arb.pi() * (arb.pi() * t / 2).tan()
    return 2 * t if name == "EDM" else arb(1)
