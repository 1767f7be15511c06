"""Integrals over time by a rule of the laws' own, uniform in the half log-SNR, and what quadratures may be wrong by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from properties import budget
from properties.cases.specs import PathSpec
from properties.protocol import Floats, Implementation

NODES = (20, 30)
"""Gauss-Legendre nodes; the difference of the two sums estimates the error of the coarser."""


def half_log_snr_ends(
    implementation: Implementation, path: PathSpec, clean: float, noisy: float
) -> tuple[float, float]:
    """The half log-SNR at the noisier and at the cleaner time."""
    built = path.build(implementation)
    low, high = (float(implementation.lower(built.half_log_snr(implementation.lift(t)))) for t in (noisy, clean))
    return low, high


def time_integral(
    implementation: Implementation, path: PathSpec, rate: Callable[[Any], Any], clean: float, noisy: float
) -> tuple[float, float]:
    """The integral of a rate (lifted times (n,) -> (n,)) from clean to noisy, and an estimate of its error."""
    built, lift, lower = path.build(implementation), implementation.lift, implementation.lower
    low, high = half_log_snr_ends(implementation, path, clean, noisy)
    sums = []
    for count in NODES:
        nodes, weights = np.polynomial.legendre.leggauss(count)
        times = built.time_at_half_log_snr(lift(low + (high - low) * 0.5 * (1.0 + nodes)))
        slopes = np.abs(lower(built.half_log_snr_derivative(times)))
        sums.append(float(0.5 * (high - low) * weights @ (lower(rate(times)) / slopes)))
    return sums[1], abs(sums[1] - sums[0])


def even_times(
    implementation: Implementation, path: PathSpec, clean: float, noisy: float, count: int
) -> tuple[Floats, Floats]:
    """(half log-SNRs, times) of ``count`` even steps from noisy to clean, both (count + 1,)."""
    low, high = half_log_snr_ends(implementation, path, clean, noisy)
    levels = np.linspace(low, high, count + 1)
    built = path.build(implementation)
    times = implementation.lower(built.time_at_half_log_snr(implementation.lift(levels)))
    times[0], times[-1] = noisy, clean
    return levels, times


def own_levels(implementation: Implementation, path: PathSpec, t: float) -> tuple[float, float]:
    """The implementation's alpha and sigma."""
    built, lifted = path.build(implementation), implementation.lift(t)
    return float(implementation.lower(built.alpha(lifted))), float(implementation.lower(built.sigma(lifted)))


def stated(implementation: Implementation, value: float) -> float:
    """The stated accuracy of an expectation by quadrature."""
    return float(budget.EXPECTATION[implementation.dtype] * (1.0 + abs(value)))
