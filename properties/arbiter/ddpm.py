"""Twins of steps on tables of betas (Ho's notation), of VDM's step, and of Euler-Maruyama's.

A step i of a table is x_i = sqrt(1 - beta_i) x_{i-1} + sqrt(beta_i) noise; given x_0, x_{i-1} has variance
P = 1 - prod_{k<i}(1 - beta_k), and x_{i-1} given x_i and x_0 follows by conditioning the joint law of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb

from properties.arbiter.tables import cumulative_products

Number = Any
Vector = list[Number]


def posterior(betas: Sequence[Number]) -> list[Vector]:
    """[variances (T), data weights (T), state weights (T)] of x_{i-1} given x_i and x_0 (P37)."""
    variances, data_weights, state_weights = [], [], []
    kept = [arb(1), *cumulative_products(betas)]
    for beta, before in zip(betas, kept, strict=False):
        prior, factor = 1 - before, (1 - beta).sqrt()
        gain = factor * prior / ((1 - beta) * prior + beta)
        variances.append(prior - gain * factor * prior)
        data_weights.append(before.sqrt() * (1 - gain * factor))
        state_weights.append(gain)
    return [variances, data_weights, state_weights]


def mean_from_noise(betas: Sequence[Number], noise: Vector, x: Vector, index: int) -> Vector:
    """The posterior mean with x_0 = (x - sqrt(1 - abar) noise)/sqrt(abar) put in (P38)."""
    kept = cumulative_products(betas)[index]
    _, data_weights, state_weights = posterior(betas)
    signal, spread = kept.sqrt(), (1 - kept).sqrt()
    return [
        state_weights[index] * place + data_weights[index] * (place - spread * eps) / signal
        for eps, place in zip(noise, x, strict=True)
    ]


def vdm_level(gamma: Number) -> tuple[Number, Number]:
    """(alpha^2, sigma^2) with sigma^2/alpha^2 = exp(gamma) and sum 1 (P48)."""
    ratio = gamma.exp()
    return 1 / (1 + ratio), ratio / (1 + ratio)


def vdm_step(noise: Vector, x: Vector, gamma_clean: Number, gamma_noisy: Number) -> list[Any]:
    """[mean (d), variance] of x_clean given x_noisy = x and x_0 = (x - sigma noise)/alpha, by conditioning (P48)."""
    (signal_clean, prior), (signal_noisy, spread) = vdm_level(gamma_clean), vdm_level(gamma_noisy)
    factor = (signal_noisy / signal_clean).sqrt()
    gain = factor * prior / spread
    mean = []
    for eps, place in zip(noise, x, strict=True):
        origin = (place - spread.sqrt() * eps) / signal_noisy.sqrt()
        centre = signal_clean.sqrt() * origin
        mean.append(centre + gain * (place - factor * centre))
    return [mean, prior - gain * factor * prior]


def euler_maruyama(x: Vector, noise: Vector, drift: Vector, diffusion: Number, step: Number) -> Vector:
    """The place plus drift step + diffusion dw, dw = sqrt(step) noise (M2)."""
    return [
        place + speed * step + diffusion * (step.sqrt() * eps)
        for place, eps, speed in zip(x, noise, drift, strict=True)
    ]
