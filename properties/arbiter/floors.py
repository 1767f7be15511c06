"""Twins of error scales and loss floors: a target a x_0 + b eps, its slope in x_0 at fixed x, and what x leaves of it.

Targets by name, with s = sigma_data: x_0 itself, eps, the score's -eps/sigma, the velocity's alpha' x_0 + sigma' eps,
v's alpha eps - sigma x_0, and EDM's F.
"""

from __future__ import annotations

from typing import Any

from flint import arb, arb_mat

from properties.arbiter import distributions, edm, paths

Number = Any
Vector = list[Number]

TARGETS = ("denoiser", "noise", "score", "velocity", "v_prediction", "edm_output")


def target(
    name: str, alpha: Number, sigma: Number, slope: Number, rise: Number, sigma_data: Number
) -> tuple[Number, Number]:
    """(a, b) of the target a x_0 + b eps (P20)."""
    if name == "edm_output":
        return edm.coefficients(alpha, sigma, sigma_data)
    table = {
        "denoiser": (arb(1), arb(0)),
        "noise": (arb(0), arb(1)),
        "score": (arb(0), -1 / sigma),
        "velocity": (slope, rise),
        "v_prediction": (-sigma, alpha),
    }
    return table[name]


def error_scale(name: str, alpha: Number, sigma: Number, slope: Number, rise: Number, sigma_data: Number) -> Number:
    """|d(a x_0 + b eps)/d x_0| at fixed x = alpha x_0 + sigma eps: |a - b alpha/sigma| (P23)."""
    a, b = target(name, alpha, sigma, slope, rise, sigma_data)
    return abs(a - b * alpha / sigma)


def velocity_error_scale(alpha: Number, rate: Number) -> Number:
    """The same with d log(alpha/sigma)/dt given: at sigma = 1 and alpha' = 0 it is -sigma' (P23)."""
    return error_scale("velocity", alpha, arb(1), arb(0), -rate, arb(1))


def v_prediction_error_scale(alpha: Number, sigma: Number) -> Number:
    """The slope of v = (alpha x - x_0)/sigma in x_0, on alpha^2 + sigma^2 = 1 (P23)."""
    return abs(arb(-1) / sigma) + 0 * alpha


def loss_floor(
    wanted: str, name: str, path: list[Any], covariance: list[Vector], t: Number, sigma_data: Number
) -> Number:
    """E|target - E[target | x]|^2 of Gaussian data: the trace of the target's covariance given x, from the joint law of
    the two (P24), C = a alpha S + b sigma I their cross covariance: tr(a^2 S + b^2 I - C V^-1 C).
    """
    alpha, sigma, slope, rise, *_ = paths.methods(name, path, t)
    a, b = target(wanted, alpha, sigma, slope, rise, sigma_data)
    data, unit = arb_mat(covariance), distributions.identity(len(covariance))
    marginal = data * alpha**2 + unit * sigma**2
    cross = data * (a * alpha) + unit * (b * sigma)
    return (data * a**2 + unit * b**2 - cross * marginal.inv() * cross).trace()
