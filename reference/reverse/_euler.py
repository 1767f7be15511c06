"""One Euler-Maruyama step of the reverse equations, as products of levels that do not cancel."""

from __future__ import annotations

import math

import numpy as np

from reference._checks import Array
from reference._special import linear_minus_log1p
from reference.fields._levels import velocity_coefficients
from reference.paths import EDM, Brownian, FlowMatching, SubVP, Trigonometric
from reference.paths._base import Path
from reference.paths._vp import _LinearRate

__all__ = ["euler_factors", "euler_products", "signal_gap"]


def euler_products(path: Path, clean: Array, noisy: Array, level: Array) -> tuple[Array, Array, Array]:
    """Coefficients a, b, c of the step's mean x - h reverse_drift = sum_k r_k V_k^-1 [a mu_k + (b S_k + c I) x].

    With h = noisy - clean, all levels at ``noisy`` (where alpha > 0) and l = level:
    a = (1 + l^2)/2 h alpha g^2,  b = alpha (alpha - h alpha'),  c = sigma (sigma - h sigma') - l^2/2 h g^2.
    """
    length, alpha = noisy - clean, path.alpha(noisy)
    half_drawn = 0.5 * length * path.diffusion_squared(noisy)
    data = (1.0 + level**2) * alpha * half_drawn
    signal = alpha**2 * (1.0 - length * path.drift(noisy))
    if isinstance(path, Brownian):
        # g^2 = 2 sigma sigma' = 1: at l = 1 only ``clean`` is left
        return data, signal, 0.5 * ((1.0 - level) * (1.0 + level) * noisy + (1.0 + level**2) * clean)
    return data, signal, _noise_tangent(path, clean, noisy) - level**2 * half_drawn


def euler_factors(path: Path, clean: Array, noisy: Array, level: Array, variances: Array) -> tuple[Array, Array]:
    """A and B of the step's mean A x + B mu in a direction of variance l.

    B = a/V; A is 1 - h J near 1, with the slope J = (alpha alpha' l + sigma sigma' + noise_level^2/2 g^2)/V of the
    reverse drift, and (b l + c)/V elsewhere.
    """
    _, signal_rate, noise_rate = velocity_coefficients(path, noisy)
    data, signal, identity = euler_products(path, clean, noisy, level)
    marginal = path.alpha(noisy) ** 2 * variances + path.sigma(noisy) ** 2
    slope = (signal_rate * variances + noise_rate + 0.5 * level**2 * path.diffusion_squared(noisy)) / marginal
    change = (noisy - clean) * slope
    factor = np.where(np.abs(change) < 0.5, 1.0 - change, (signal * variances + identity) / marginal)
    return factor, data / marginal


def signal_gap(path: Path, clean: Array, noisy: Array) -> Array:
    """How far the tangent of alpha misses at ``clean``: alpha(noisy) - h alpha'(noisy) - alpha(clean).

    Zero where alpha is linear in t, of second order in h elsewhere.
    """
    length = noisy - clean
    if isinstance(path, _LinearRate):
        # alpha = e^{-B/2}: with y = (B_noisy - B_clean)/2 the tangent gains y + slope h^2/4, alpha gains e^y - 1
        growth = 0.5 * path._integral_between(clean, noisy)
        bend = 0.25 * (path.beta_max - path.beta_min) * length**2
        near = path._alpha(noisy) * (bend - _beyond_linear(np.minimum(growth, 1.0)))
        far = path._alpha(noisy) * (1.0 + growth + bend) - path._alpha(clean)
        return np.where(growth < 1.0, near, far)
    if isinstance(path, Trigonometric):
        # cos a + x sin a - cos(a - x) = cos a (1 - cos x) + sin a (x - sin x)
        turn = 0.5 * math.pi * length
        return path._alpha(noisy) * _versine(turn) + path._sigma(noisy) * _less_its_sine(turn)
    return np.zeros(np.broadcast_shapes(np.shape(clean), np.shape(noisy)))


# ------------------------------------------------------------------------------------------- private


def _noise_tangent(path: Path, clean: Array, noisy: Array) -> Array:
    """The product sigma (sigma - h sigma') at ``noisy``; the difference cancels where sigma is nearly linear in t."""
    length, sigma = noisy - clean, path.sigma(noisy)
    if isinstance(path, EDM | FlowMatching):
        return sigma * path.sigma(clean)
    if isinstance(path, SubVP):
        # sigma = 1 - e^{-B}: e^{-B} [(e^B - 1 - B) + (B - h beta)], B - h beta = clean beta - slope noisy^2/2
        integral, rate = path._integral(noisy), path._rate(noisy)
        linear = clean * rate - 0.5 * (path.beta_max - path.beta_min) * noisy**2
        near = np.exp(-integral) * (_beyond_linear(np.minimum(integral, 1.0)) + linear)
        far = 1.0 - np.exp(-integral) * (1.0 + length * rate)
        return np.asarray(sigma * np.where(integral < 1.0, near, far))
    if isinstance(path, Trigonometric):
        # sin a - x cos a, a = b + x: sin b (cos x + x sin x) + cos b [x (1 - cos x) - (x - sin x)]
        turn = 0.5 * math.pi * length
        across = path.sigma(clean) * (np.cos(turn) + turn * np.sin(turn))
        along = path.alpha(clean) * (turn * _versine(turn) - _less_its_sine(turn))
        return np.asarray(sigma * (across + along))
    _, _, spread = velocity_coefficients(path, noisy)
    return np.asarray(sigma**2 - length * spread)


def _beyond_linear(y: Array) -> Array:
    """The remainder e^y - 1 - y for 0 <= y <= 1."""
    return linear_minus_log1p(np.expm1(y), y)


def _versine(x: Array) -> Array:
    """The difference 1 - cos x."""
    return np.asarray(2.0 * np.sin(0.5 * x) ** 2)


def _less_its_sine(x: Array) -> Array:
    """The difference x - sin x = x^3/6 (1 - x^2/20 (1 - x^2/42 (...))) on [0, pi/2], with full relative accuracy."""
    tail = np.ones_like(x)
    for k in reversed(range(2, 14)):
        tail = 1.0 - x**2 / (2 * k * (2 * k + 1)) * tail
    return x**3 / 6.0 * tail
