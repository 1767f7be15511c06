"""Twins of EDM's output: like every prediction a linear combination of the pair (E[x_0|x], E[eps|x]).

What EDM's network learns is F = (x_0 - c_skip z)/c_out with z = x_0 + nu eps, nu = sigma/alpha. Written in x_0 and eps,
with s = sigma_data and w = sigma^2 + alpha^2 s^2, it is F = (sigma x_0 - alpha s^2 eps)/(s sqrt(w)), and with
x = alpha x_0 + sigma eps this gives the pair back.
"""

from __future__ import annotations

from typing import Any

from properties.arbiter import conversions, distributions, paths

Number = Any
Vector = list[Number]
Pair = tuple[Number, Number]


def coefficients(alpha: Number, sigma: Number, sigma_data: Number) -> Pair:
    """(a, b) of F = a x_0 + b eps (P20)."""
    size = sigma_data * (sigma * sigma + alpha * alpha * sigma_data * sigma_data).sqrt()
    return sigma / size, -alpha * sigma_data * sigma_data / size


def pair(output: Number, x: Number, alpha: Number, sigma: Number, sigma_data: Number) -> Pair:
    """(x_0, eps) by Cramer's rule from x = alpha x_0 + sigma eps and F = a x_0 + b eps (P20)."""
    a, b = coefficients(alpha, sigma, sigma_data)
    determinant = alpha * b - sigma * a
    return (b * x - sigma * output) / determinant, (alpha * output - a * x) / determinant


def convert(
    source: str,
    target: str,
    prediction: Vector,
    x: Vector,
    alpha: Number,
    sigma: Number,
    slope: Number,
    rise: Number,
    sigma_data: Number,
) -> Vector:
    """``target`` from ``source`` at x, one of the two "edm_output"; slope and rise are alpha' and sigma' (P20)."""
    levels = (alpha, sigma, slope, rise)
    places = list(zip(prediction, x, strict=True))
    if source == "edm_output":
        return [conversions.read(target, *pair(*place, alpha, sigma, sigma_data), *levels) for place in places]
    a, b = coefficients(alpha, sigma, sigma_data)
    return [a * data + b * noise for data, noise in (conversions.pair(source, *place, *levels) for place in places)]


def printed_denoiser(output: Vector, x: Vector, sigma: Number, sigma_data: Number) -> Vector:
    """D = c_skip x + c_out F on alpha = 1, with the two functions of sigma as EDM's paper prints them (P20)."""
    total = sigma**2 + sigma_data**2
    skip, out = sigma_data**2 / total, sigma * sigma_data / total.sqrt()
    return [skip * place + out * value for value, place in zip(output, x, strict=True)]


def printed_output(denoiser: Vector, x: Vector, sigma: Number, sigma_data: Number) -> Vector:
    """F = (D - c_skip x)/c_out on alpha = 1, as printed (P20)."""
    total = sigma**2 + sigma_data**2
    skip, out = sigma_data**2 / total, sigma * sigma_data / total.sqrt()
    return [(value - skip * place) / out for value, place in zip(denoiser, x, strict=True)]


def edm_output(
    name: str, path: list[Any], kind: str, parameters: list[Any], x: Vector, t: Number, sigma_data: Number
) -> Vector:
    """E[F | x_t = x] of the posterior (P20)."""
    alpha, sigma = paths.levels(name, path, t)
    a, b = coefficients(alpha, sigma, sigma_data)
    denoised = distributions.denoiser_at(distributions.level(kind, parameters, x, alpha, sigma))
    return [a * data + b * (place - alpha * data) / sigma for data, place in zip(denoised, x, strict=True)]
