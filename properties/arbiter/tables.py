"""Twins of the discrete beta tables, in Ho's notation: beta is a variance, the product of 1 - beta multiplies x_0^2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from flint import arb

Number = Any
"""An ``arb``; python-flint ships no type information."""


def evenly_spaced(count: int, first: Number, last: Number) -> list[Number]:
    """The given number of values from first to last; a single one is the first."""
    return [first + (last - first) * arb(index) / max(count - 1, 1) for index in range(count)]


def linear_betas(count: int, first: Number, last: Number) -> list[Number]:
    """Betas evenly spaced, both ends included (P14)."""
    return evenly_spaced(count, first, last)


def scaled_linear_betas(count: int, first: Number, last: Number) -> list[Number]:
    """Betas whose square roots are evenly spaced (P14)."""
    return [root**2 for root in evenly_spaced(count, first.sqrt(), last.sqrt())]


def retained_share(index: int, count: int, offset: Number) -> Number:
    """a(index) / a(0) with a(i) = cos^2(pi/2 (i/count + offset)/(1 + offset)) (P15)."""

    def angle(place: int) -> Number:
        return (arb(place) / count + offset) / (1 + offset) * arb.pi() / 2

    return (angle(index).cos() / angle(0).cos()) ** 2


def cosine_betas(count: int, offset: Number, maximum: Number) -> list[Number]:
    """beta_i = min(1 - a(i + 1)/a(i), maximum), a(i) = cos^2(pi/2 (i/count + offset)/(1 + offset)) (P15)."""
    kept = [retained_share(index, count, offset) for index in range(count + 1)]
    betas = [1 - after / before for before, after in pairwise(kept)]
    return [min(maximum, beta) for beta in betas]


MAKERS: dict[str, Callable[..., list[Number]]] = {
    "linear_betas": linear_betas,
    "scaled_linear_betas": scaled_linear_betas,
    "cosine_betas": cosine_betas,
}


def cumulative_products(betas: Sequence[Number]) -> list[Number]:
    """The products of 1 - beta up to each index."""
    products, product = [], arb(1)
    for beta in betas:
        product = product * (1 - beta)
        products.append(product)
    return products


def discrete_alpha(betas: Sequence[Number]) -> list[Number]:
    """The square roots of the products (P7)."""
    return [product.sqrt() for product in cumulative_products(betas)]


def discrete_sigma(betas: Sequence[Number]) -> list[Number]:
    """The square roots of one minus the products (P7)."""
    return [(1 - product).sqrt() for product in cumulative_products(betas)]


def discrete_half_log_snr(betas: Sequence[Number]) -> list[Number]:
    """Half the log of product / (1 - product) (P7)."""
    return [(product / (1 - product)).log() / 2 for product in cumulative_products(betas)]


def rescale_zero_terminal_snr(betas: Sequence[Number]) -> list[Number]:
    """Betas of the alphas shifted to end at 0 and scaled to keep the first (P16)."""
    alphas = discrete_alpha(betas)
    first, last = alphas[0], alphas[-1]
    shifted = [(alpha - last) * first / (first - last) for alpha in alphas]
    ratios = [shifted[0], *(after / before for before, after in pairwise(shifted))]
    return [1 - ratio**2 for ratio in ratios[:-1]] + [arb(1)]
