"""Discrete variance tables: Ho's beta_i, i = 1..T, on the last axis; x_i = alpha_i x_0 + sigma_i eps."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from reference import _checks
from reference._checks import Array, Real

__all__ = [
    "book_beta_from_ho_beta",
    "cosine_betas",
    "discrete_alpha",
    "discrete_half_log_snr",
    "discrete_sigma",
    "ho_beta_from_book_beta",
    "linear_betas",
    "rescale_zero_terminal_snr",
    "scaled_linear_betas",
]


# ---------------------------------------------------------------------------------------------- tables


def linear_betas(count: int, *, first: float = 1e-4, last: float = 0.02) -> Array:
    r"""Betas equally spaced from first to last, both included: (count,); count = 1 gives first alone.

    Raises: TypeError, ValueError for count < 1 or ends outside (0, 1).
    Catalogue: P14 (Lai et al., arXiv 2510.21890).
    """
    return _line(_checks.count("count", count), _beta("first", first), _beta("last", last))


def scaled_linear_betas(count: int, *, first: float = 0.00085, last: float = 0.012) -> Array:
    r"""Betas whose square roots are equally spaced: (count,); count = 1 gives first alone.

    Raises: TypeError, ValueError for count < 1 or ends outside (0, 1).
    Catalogue: P14 (Lai et al., arXiv 2510.21890).
    """
    start, end = math.sqrt(_beta("first", first)), math.sqrt(_beta("last", last))
    return _line(_checks.count("count", count), start, end) ** 2


def cosine_betas(count: int, *, offset: float = 0.008, maximum: float = 0.999) -> Array:
    r"""Betas of the cosine table, (count,): beta_i = min(1 - abar((i+1)/T)/abar(i/T), maximum), i = 0..T-1.

    abar(t) = cos^2 a(t), a(t) = (t + offset)/(1 + offset) pi/2.  With a < b neighbouring angles,
    1 - cos^2 b/cos^2 a = sin(b - a) sin(b + a)/cos^2 a, every angle beyond pi/4 measured from its zero.

    Raises: TypeError, ValueError for count < 1, offset <= 0 or maximum outside (0, 1).
    Catalogue: P15 (Lai et al., arXiv 2510.21890).
    """
    steps = _checks.count("count", count)
    shift = _checks.positive_parameter("offset", offset)
    unit = Fraction(math.pi) / (2 * steps * (1 + Fraction(shift)))  # angles are exact multiples, rounded once
    start = steps * Fraction(shift)

    def angles(multiples: list[Fraction]) -> Array:
        return np.array([float(unit * multiple) for multiple in multiples])

    angle = angles([start + i for i in range(steps)])
    complement = angles([Fraction(steps - i) for i in range(steps)])  # pi/2 - a
    angle_sum = angles([2 * (start + i) + 1 for i in range(steps)])
    sum_complement = angles([Fraction(2 * (steps - i) - 1) for i in range(steps)])  # pi - (a + b)
    cosine = np.where(complement < angle, np.sin(complement), np.cos(angle))
    sine_of_sum = np.where(sum_complement < angle_sum, np.sin(sum_complement), np.sin(angle_sum))
    betas: Array = math.sin(float(unit)) * sine_of_sum / cosine**2
    return np.minimum(betas, _beta("maximum", maximum))


def rescale_zero_terminal_snr(betas: Array) -> Array:
    r"""The table with sqrt(abar) shifted and scaled to end at 0: (..., T), last beta exactly 1.

    a_i <- (a_i - a_T) a_1/(a_1 - a_T) for a = sqrt(abar); the first beta stays.
    With d_i = 1 - sqrt(abar_T/abar_i) and s_i = sqrt(1 - beta_i), no difference is left over:
    beta_i <- beta_i (d_{i-1} + s_i d_i)/((1 + s_i) d_{i-1}^2).

    Raises: TypeError, ValueError for betas outside [0, 1), T < 2, or a last beta of 0.
    Catalogue: P16 (Lai et al., arXiv 2510.21890).
    """
    table = checked_betas(betas)
    if table.shape[-1] < 2:
        raise ValueError(f"betas: expected at least 2 entries on the last axis, got shape {table.shape}")
    if np.any(table[..., -1] == 0.0):
        raise ValueError("betas: expected a last entry > 0, got 0.0")
    signal = np.sqrt(1.0 - table)
    later = np.flip(log_products(np.flip(table[..., 1:], axis=-1)), axis=-1)  # log(abar_T/abar_i), i < T
    shortfall = np.concatenate([-np.expm1(0.5 * later), np.zeros_like(table[..., :1])], axis=-1)
    before, after = shortfall[..., :-1], shortfall[..., 1:]
    step = signal[..., 1:]
    rescaled = table.copy()
    rescaled[..., 1:] = table[..., 1:] * (before + step * after) / ((1.0 + step) * before**2)
    rescaled[..., -1] = 1.0
    return rescaled


# ---------------------------------------------------------------------------------------------- levels


def discrete_alpha(betas: Array) -> Array:
    r"""Signal levels alpha_i = sqrt(prod_{k<=i} (1 - beta_k)): (..., T) -> (..., T).

    Raises: TypeError, ValueError for betas outside [0, 1) (the last may be 1).
    Catalogue: P7 (Lai et al., arXiv 2510.21890).
    """
    return np.exp(0.5 * log_products(checked_betas(betas)))


def discrete_sigma(betas: Array) -> Array:
    r"""Noise levels sigma_i = sqrt(1 - prod_{k<=i} (1 - beta_k)): (..., T) -> (..., T).

    Raises: TypeError, ValueError for betas outside [0, 1) (the last may be 1).
    Catalogue: P7 (Lai et al., arXiv 2510.21890).
    """
    return np.sqrt(-np.expm1(log_products(checked_betas(betas))))


def discrete_half_log_snr(betas: Array) -> Array:
    r"""Half log-SNRs log(alpha_i/sigma_i): (..., T) -> (..., T).

    Raises: TypeError, ValueError for betas outside [0, 1), or a level with alpha = 0 or sigma = 0.
    Catalogue: P7, P14 (Lai et al., arXiv 2510.21890).
    """
    log_signal = log_products(checked_betas(betas))
    if np.any(log_signal == 0.0) or np.any(np.isneginf(log_signal)):
        raise ValueError("betas: expected every level to keep signal and noise, got alpha = 0 or sigma = 0")
    return 0.5 * (log_signal - np.log(-np.expm1(log_signal)))


# ------------------------------------------------------------------------------------------- notations


def book_beta_from_ho_beta(beta: Real) -> Array:
    r"""The book's beta (a standard deviation) of Ho's (a variance): sqrt(beta), any shape, beta in [0, 1].

    Raises: TypeError, ValueError for values outside [0, 1].
    Catalogue: P7 (Lai et al., arXiv 2510.21890).
    """
    return np.sqrt(_unit_interval("beta", beta))


def ho_beta_from_book_beta(beta: Real) -> Array:
    r"""Ho's beta (a variance) of the book's (a standard deviation): beta^2, any shape, beta in [0, 1].

    Raises: TypeError, ValueError for values outside [0, 1].
    Catalogue: P7 (Lai et al., arXiv 2510.21890).
    """
    return _unit_interval("beta", beta) ** 2


# --------------------------------------------------------------------------------------------- private


def _beta(name: str, value: float) -> float:
    """A Python float in (0, 1)."""
    number = _checks.positive_parameter(name, value)
    if number >= 1.0:
        raise ValueError(f"{name}: expected a value in (0, 1), got {number!r}")
    return number


def _unit_interval(name: str, value: Real) -> Array:
    array = _checks.nonnegative(name, value)
    if np.any(array > 1.0):
        raise ValueError(f"{name}: expected values in [0, 1], got {float(array.max())!r}")
    return array


def checked_betas(betas: Array) -> Array:
    """Betas (..., T) in [0, 1), the last of each table possibly 1."""
    table = _unit_interval("betas", _checks.event("betas", _checks.real("betas", betas)))
    if np.any(table[..., :-1] == 1.0):
        raise ValueError("betas: expected values below 1 before the last, got 1.0")
    return table


def _line(count: int, first: float, last: float) -> Array:
    """Equally spaced values as weighted means of the ends, which loses nothing next to a small end."""
    index = np.arange(count, dtype=np.float64)
    steps = max(count - 1, 1)
    return ((steps - index) * first + index * last) / steps


def log_products(betas: Array) -> Array:
    """Log of prod_{k<=i} (1 - beta_k) on the last axis: compensated running sums of log1p(-beta_k)."""
    with np.errstate(divide="ignore"):
        terms = np.log1p(-betas)
    # a beta of 1 ends the product at zero: from there on the sum is -inf, without a correction
    ended = np.logical_or.accumulate(np.isneginf(terms), axis=-1)
    terms = np.where(ended, 0.0, terms)
    total = np.zeros(betas.shape[:-1])
    lost = np.zeros(betas.shape[:-1])
    sums = np.empty_like(terms)
    for i in range(betas.shape[-1]):
        term = terms[..., i]
        larger = total + term
        shadow = larger - total
        lost = lost + ((total - (larger - shadow)) + (term - shadow))
        total = larger
        sums[..., i] = total + lost
    sums[ended] = -np.inf
    return sums
