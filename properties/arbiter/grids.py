"""Twins of the grids: each an even spacing in some variable, or an integer formula in exact rationals."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from properties.arbiter import paths
from properties.arbiter.tables import evenly_spaced

Number = Any
"""An ``arb``; python-flint ships no type information."""


def karras_sigmas(count: int, sigma_min: Number, sigma_max: Number, rho: Number) -> list[Number]:
    """Evenly spaced in sigma^(1/rho), from sigma_max down to sigma_min (P18)."""
    roots = evenly_spaced(count, sigma_max ** (1 / rho), sigma_min ** (1 / rho))
    return [root**rho for root in roots]


def geometric_sigmas(count: int, sigma_min: Number, sigma_max: Number) -> list[Number]:
    """Evenly spaced in log sigma, from sigma_max down to sigma_min (P17)."""
    return [level.exp() for level in evenly_spaced(count, sigma_max.log(), sigma_min.log())]


def uniform_times(count: int, t_start: Number, t_end: Number) -> list[Number]:
    """Evenly spaced in t, in the order of travel."""
    return evenly_spaced(count, t_start, t_end)


def uniform_half_log_snr_times(
    name: str, parameters: Sequence[Any], count: int, t_start: Number, t_end: Number
) -> list[Number]:
    """The times of half log-SNRs that are evenly spaced from t_start's to t_end's."""
    first, last = (paths.half_log_snr(name, parameters, t) for t in (t_start, t_end))
    return [paths.time_at_half_log_snr(name, parameters, level) for level in evenly_spaced(count, first, last)]


def flow_shift(t: Number, shift: Number) -> Number:
    """Shift t / (1 + (shift - 1) t) (P19)."""
    return shift * t / (1 + (shift - 1) * t)


def leading_timesteps(count: int, training_steps: int, offset: int) -> list[int]:
    """Multiples of floor(T/N) from the largest down, plus the offset."""
    return [offset + index * (training_steps // count) for index in reversed(range(count))]


def trailing_timesteps(count: int, training_steps: int) -> list[int]:
    """round(T - k T/N) - 1, halves to even."""
    return [round(training_steps - Fraction(index * training_steps, count)) - 1 for index in range(count)]


def linspace_timesteps(count: int, training_steps: int) -> list[int]:
    """round(k (T-1)/(N-1)) from the largest down, halves to even; a single one is T - 1."""
    if count == 1:
        return [training_steps - 1]
    return [round(Fraction(index * (training_steps - 1), count - 1)) for index in reversed(range(count))]
