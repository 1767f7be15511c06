"""Twins of the converters between conventions, from what each quantity is said to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb

from properties.arbiter.tables import cumulative_products

Number = Any
Vector = list[Number]

LEVELS = ("snr", "log_snr", "noise_to_signal", "signal_to_noise")


def half_log_snr(quantity: str, value: Number) -> Number:
    """log(alpha/sigma) of one of `LEVELS` (P13, P48)."""
    if quantity == "log_snr":
        return value / 2
    return {"snr": value.sqrt(), "signal_to_noise": value, "noise_to_signal": 1 / value}[quantity].log()


def of_half_log_snr(quantity: str, value: Number) -> Number:
    """One of `LEVELS` of a half log-SNR, through alpha = e^lambda and sigma = 1 (P13, P48)."""
    signal = value.exp()
    return {"snr": signal * signal, "log_snr": 2 * value, "noise_to_signal": 1 / signal, "signal_to_noise": signal}[
        quantity
    ]


def alpha_bar(alpha: Number) -> Number:
    """The share of the signal's power (P7)."""
    return alpha * alpha


def levels_of_alpha_bar(share: Number) -> list[Number]:
    """Alpha and sigma of a share of the power (P7)."""
    return [share.sqrt(), (1 - share).sqrt()]


def ddim_previous_levels(betas: Sequence[Number], previous: int, to_one: bool) -> list[Number]:
    """Alpha and sigma of the entry that a step goes to, or of the final level below the table (P64)."""
    kept = cumulative_products(betas)
    share = (arb(1) if to_one else kept[0]) if previous < 0 else kept[previous]
    return levels_of_alpha_bar(share)


def posterior_log_variance(betas: Sequence[Number]) -> Vector:
    """Log of the variance of x_{i-1} given x_i and x_0, precisions added; its first entry is the second (P50)."""
    kept = cumulative_products(betas)
    found = []
    for beta, before in zip(betas[1:], kept, strict=False):
        precision = 1 / (1 - before) + (1 - beta) / beta
        found.append(-precision.log())
    return [found[0], *found]


def fixed_large_variance(betas: Sequence[Number]) -> Vector:
    """The betas, the posterior variance of entry 1 at entry 0 (P42)."""
    return [posterior_log_variance(betas[:2])[0].exp(), *betas[1:]]


def rescaled_linear_betas(count: int) -> Vector:
    """Evenly spaced from 1e-4 to 0.02, in units of count/1000 (P14)."""
    first, last = (arb(end) / 10000 * 1000 / count for end in (1, 200))
    return [first + (last - first) * arb(index) / max(count - 1, 1) for index in range(count)]


def cosine_levels(t: Number, offset: Number) -> list[Number]:
    """Cos of (t + offset)/(1 + offset) quarter turns over its value at 0, and the rest of the power (P15)."""

    def angle(time: Number) -> Number:
        return (time + offset) / (1 + offset) * arb.pi() / 2

    if t == 0:
        return [arb(1), arb(0)]
    alpha = angle(t).cos() / angle(arb(0)).cos()
    return [alpha, (1 - alpha * alpha).sqrt()]


def ddim_eta_of_sde_eta(eta: Number, step: Number) -> Number:
    """The share of the bridge's deviation that makes the noise sqrt(1 - e^(-2 eta h)) (P66)."""
    return ((1 - (-2 * eta * step).exp()) / (1 - (-2 * step).exp())).sqrt()


def sde_eta_of_ddim_eta(eta: Number, step: Number) -> Number:
    """The other way about: e^(-2 eta' h) = 1 - eta^2 (1 - e^(-2h)) (P66)."""
    return -(1 - eta**2 * (1 - (-2 * step).exp())).log() / (2 * step)


def churn_factor(churn: Number, steps: int) -> Number:
    """The smaller of churn/N and sqrt(2) - 1 (P62)."""
    return min(churn / steps, arb(2).sqrt() - 1)


def score_sde_flow_step(score: Vector, x: Vector, beta: Number) -> Vector:
    """X less the discretised drift sqrt(1 - beta) x - x, plus half of beta times the score (P53)."""
    return [
        place - ((1 - beta).sqrt() * place - place) + beta * slope / 2 for slope, place in zip(score, x, strict=True)
    ]


def nats(bits: Number, dimensions: int, scale: Number) -> Number:
    """2^(-bits d) is a probability of a cell, whose volume is scale^-d (P51)."""
    return dimensions * (bits * arb(2).log() - scale.log())


def trajectory_skip(form: str, start: Number, end: Number, lowest: Number, data: Number) -> Number:
    """The weight of x in the map of CTM's code (P105)."""
    root = (((end - lowest) ** 2 + data**2) / ((start - lowest) ** 2 + data**2)).sqrt()
    return {"euler": end / start, "variance": root, "euler_variance_mixed": (end + root) / (start + 1)}[form]


def trajectory_shift(
    inner: Vector, x: Vector, start: Number, end: Number, lowest: Number, data: Number, form: str, sign: int
) -> Vector:
    """G = G + k x, or G = g - k x: both maps are one, c x + (1 - s/t) G = (s/t) x + (1 - s/t) g (P105)."""
    share = end / start
    weight = (trajectory_skip(form, start, end, lowest, data) - share) / (1 - share)
    return [value + sign * weight * place for value, place in zip(inner, x, strict=True)]
