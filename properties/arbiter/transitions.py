"""Twins of the kernels between two times, each by conditioning a joint Gaussian law.

Given x_0, (x_clean, x_noisy) is Gaussian with covariance [[c^2, k c^2], [k c^2, n^2]] I: c and n are the two sigmas
and k = alpha_noisy/alpha_clean. Without x_0 the same holds component by component with V = alpha^2 S + sigma^2 I in
the places of c^2 and n^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from properties.arbiter import distributions, paths

Number = Any
"""An ``arb``; python-flint ships no type information."""


def scalars(name: str, parameters: Sequence[Any], clean: Number, noisy: Number) -> list[Number]:
    """[kernel alpha, kernel variance, bridge state weight, bridge data weight, bridge variance] (P10, P37, M1, M3)."""
    alpha_clean, sigma_clean = paths.levels(name, parameters, clean)
    alpha_noisy, sigma_noisy = paths.levels(name, parameters, noisy)
    factor = alpha_noisy / alpha_clean
    variance = sigma_noisy * sigma_noisy - factor * factor * sigma_clean * sigma_clean
    weight = factor * sigma_clean * sigma_clean / (sigma_noisy * sigma_noisy)
    remaining = sigma_clean * sigma_clean - weight * factor * sigma_clean * sigma_clean
    return [factor, variance, weight, alpha_clean - weight * alpha_noisy, remaining]


def bridge_mean(
    name: str, parameters: Sequence[Any], clean: Number, noisy: Number, data: Sequence[Any], x: Sequence[Any]
) -> list[Number]:
    """The mean of x_clean given x_noisy = x and x_0 (P37, M3)."""
    _, _, state_weight, data_weight, _ = scalars(name, parameters, clean, noisy)
    return [state_weight * place + data_weight * origin for place, origin in zip(x, data, strict=True)]


def brownian(clean: Number, noisy: Number) -> list[Number]:
    """`scalars` of Brownian motion as McAllester has them, with D = noisy - clean: 1, D, 1 - D/noisy, D/noisy,
    D (noisy - D)/noisy (M1, M3).
    """
    gap = noisy - clean
    share = gap / noisy
    return [noisy / noisy, gap, 1 - share, share, gap * (noisy - gap) / noisy]


def reverse_step(
    name: str,
    path: Sequence[Any],
    kind: str,
    parameters: list[Any],
    x: Sequence[Any],
    clean: Number,
    noisy: Number,
) -> list[Any]:
    """[mean (d), covariance (d d)] of x_clean given x_noisy = x, from the joint law of the two times (P39, M4)."""
    alpha_clean, sigma_clean = paths.levels(name, path, clean)
    alpha_noisy, sigma_noisy = paths.levels(name, path, noisy)
    factor = alpha_noisy / alpha_clean
    unit = distributions.identity(len(x))
    shares = distributions.level(kind, parameters, list(x), alpha_noisy, sigma_noisy).responsibilities
    means, covariances = [], []
    for _, mean, parts in distributions.components(kind, parameters):
        data = distributions.matrix(kind, parts, len(x))
        before = data * alpha_clean**2 + unit * (sigma_clean * sigma_clean)
        after = data * alpha_noisy**2 + unit * (sigma_noisy * sigma_noisy)
        gain = before * after.inv() * factor
        offset = distributions.column([place - alpha_noisy * m for place, m in zip(x, mean, strict=True)])
        moves = (gain * offset).entries()
        means.append([alpha_clean * m + move for m, move in zip(mean, moves, strict=True)])
        covariances.append(before - gain * before * factor)
    within = distributions.total(shares, covariances)
    return [distributions.average(shares, means), (within + distributions.spread(shares, means)).entries()]


def mean_from_noise(
    name: str, parameters: Sequence[Any], clean: Number, noisy: Number, noise: Sequence[Any], x: Sequence[Any]
) -> list[Number]:
    """The bridge's mean at x_0 = (x - sigma noise)/alpha (P38)."""
    alpha, sigma = paths.levels(name, parameters, noisy)
    data = [(place - sigma * eps) / alpha for eps, place in zip(noise, x, strict=True)]
    return bridge_mean(name, parameters, clean, noisy, data, x)


def variance_excesses(
    name: str,
    path: Sequence[Any],
    kind: str,
    parameters: list[Any],
    x: Sequence[Any],
    clean: Number,
    noisy: Number,
) -> list[Number]:
    """[forward, bridge] leading terms of the KL of a step with a wrong variance (M4b, M4c).

    A Gaussian of covariance v (I + E) has KL tr(E^2)/4 to second order against one of covariance v I. To first order in
    q = 1 - SNR_noisy/SNR_clean, E is q sigma^2 H against the forward kernel's variance, with H the Hessian of log p,
    and q SNR Cov against the bridge's, with Cov that of x_0 given x.
    """
    alpha_clean, sigma_clean = paths.levels(name, path, clean)
    alpha, sigma = paths.levels(name, path, noisy)
    drop = 1 - (alpha * sigma_clean / (alpha_clean * sigma)) ** 2
    seen = distributions.level(kind, parameters, list(x), alpha, sigma)
    squares = []
    for matrix, factor in (
        (distributions.hessian_at(seen), sigma**2),
        (distributions.covariance_at(seen), (alpha / sigma) ** 2),
    ):
        shares = [drop * factor * entry for entry in matrix]
        # A product, not a power: an enclosure of 0 has no logarithm to take a power by.
        squares.append(sum((share * share for share in shares), factor * 0) / 4)
    return squares
