"""Twins of the scalings of networks and of the weights of losses, from the moments and slopes that define them.

Data of variance s^2 per dimension and noise of level sigma give a joint law of (x_0, x) with Cov = s^2 and
Var x = s^2 + sigma^2. EDM's skip is the slope of the regression of x_0 on x, its output the deviation of what that
leaves, its input one over the deviation of x. A weight follows from that of the denoiser by the slope of the prediction
in the denoiser at fixed x.
"""

from __future__ import annotations

from typing import Any

from flint import arb, arb_series

from properties.arbiter import floors, paths
from properties.arbiter.numbers import squared

Number = Any
Vector = list[Number]

PREDICTIONS = ("denoiser", "noise", "score", "velocity", "v_prediction")


def scalings(sigma: Number, sigma_data: Number) -> list[Number]:
    """Skip, output, input, conditioning and loss weight, in this order (P82)."""
    power, total = sigma_data**2, sigma_data**2 + sigma**2
    skip = power / total
    left = power - skip * power
    return [skip, left.sqrt(), 1 / total.sqrt(), sigma.root(4).log(), 1 / left]


def consistency_scalings(sigma: Number, sigma_data: Number, sigma_min: Number) -> list[Number]:
    """Skip and output of a consistency model: its numerators see sigma - sigma_min (P83)."""
    above = sigma - sigma_min
    return [sigma_data**2 / (above**2 + sigma_data**2), above * sigma_data / (sigma**2 + sigma_data**2).sqrt()]


def consistency_target_variance(sigma: Number, sigma_data: Number, sigma_min: Number) -> Number:
    """Var((x_0 - c_skip x)/c_out) of x_0 - c_skip x = (1 - c_skip) x_0 - c_skip sigma eps (P83)."""
    skip, out = consistency_scalings(sigma, sigma_data, sigma_min)
    return (squared(1 - skip) * sigma_data**2 + (skip * sigma) ** 2) / out**2


def denoiser_from_network(network: Vector, x: Vector, sigma: Number, sigma_data: Number) -> Vector:
    """The regression of x_0 on x, and the deviation of what it leaves times the output (P82)."""
    skip, out, *_ = scalings(sigma, sigma_data)
    return [skip * place + out * value for value, place in zip(network, x, strict=True)]


def network_target(x0: Vector, x: Vector, sigma: Number, sigma_data: Number) -> Vector:
    """What the regression leaves of x_0, over its deviation (P82)."""
    skip, out, *_ = scalings(sigma, sigma_data)
    return [(clean - skip * place) / out for clean, place in zip(x0, x, strict=True)]


def half_log_snr_weight(weight: Number, density: Number, rate: Number) -> Number:
    """E_t[w ...] = int w p dt = int w p |dt/dlambda| dlambda (P84)."""
    return weight * density / abs(rate)


def equal_loss_weight(weight: Number, first: Number, second: Number) -> Number:
    """The new weight times second^2 is the old one times first^2, whatever the denoiser's error is (P84)."""
    return weight * first**2 / second**2


def elbo_weights(name: str, parameters: list[Any], t: Number, preserving: bool) -> list[Number]:
    """The bound's weights per unit of time, for `PREDICTIONS` in order (P84): -1/2 dSNR/dt of |x_0 - D|^2, and that
    over the squared slope of each prediction in D at fixed x; the last only on variance-preserving paths.
    """
    alpha, sigma = paths.levels(name, parameters, arb_series([t, 1], prec=2))
    ratio = alpha * alpha / (sigma * sigma)
    rate = -ratio.derivative()[0] / 2
    levels = (alpha[0], sigma[0], alpha[1], sigma[1], arb(1))
    wanted = PREDICTIONS if preserving else PREDICTIONS[:-1]
    return [rate / floors.error_scale(prediction, *levels) ** 2 for prediction in wanted]


def min_snr_weights(alpha: Number, sigma: Number, gamma: Number) -> list[Number]:
    """Of the denoiser min(SNR, gamma); of the noise and of v that over the squares of their slopes alpha/sigma and
    sqrt(SNR + 1) (P84).
    """
    snr = (alpha / sigma) ** 2
    weight = min(snr, gamma)
    return [weight, weight / snr, weight / (snr + 1)]
