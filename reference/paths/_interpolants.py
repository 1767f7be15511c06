"""Paths on [0, 1] that run from pure data to pure noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reference._checks import Array
from reference.paths._base import Path

__all__ = ["FlowMatching", "Trigonometric"]


class _Interpolant(Path):
    """alpha(0) = 1, sigma(0) = 0, alpha(1) = 0, sigma(1) = 1 exactly."""

    @property
    def domain(self) -> tuple[float, float]:
        return 0.0, 1.0

    @property
    def _noise_vanishes(self) -> bool:
        return True

    @property
    def _signal_vanishes(self) -> bool:
        return True

    @property
    def _noise_rate_diverges(self) -> bool:
        return False


@dataclass(frozen=True)
class FlowMatching(_Interpolant):
    r"""Straight interpolation: alpha = 1 - t, sigma = t, f = -1/(1 - t), g^2 = 2t/(1 - t).

    lambda = log((1 - t)/t),  lambda' = -1/(t (1 - t)),  t(lambda) = 1/(1 + e^lambda).

    Domain [0, 1]; f and g^2 on [0, 1), lambda and lambda' on (0, 1).  Ill-conditioned in t near 1.
    Catalogue: P9, P11 (Lai et al., arXiv 2510.21890).
    """

    def _alpha(self, t: Array) -> Array:
        return 1.0 - t

    def _sigma(self, t: Array) -> Array:
        return np.positive(t)

    def _alpha_derivative(self, t: Array) -> Array:
        return np.full_like(t, -1.0)

    def _sigma_derivative(self, t: Array) -> Array:
        return np.ones_like(t)

    def _half_log_snr(self, t: Array) -> Array:
        return np.log1p(-t) - np.log(t)

    def _half_log_snr_derivative(self, t: Array) -> Array:
        return -1.0 / (t * (1.0 - t))

    def _drift(self, t: Array) -> Array:
        return -1.0 / (1.0 - t)

    def _diffusion_squared(self, t: Array) -> Array:
        return 2.0 * t / (1.0 - t)

    def _difference(self, clean: Array, noisy: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.log1p((noisy - clean) / (clean * (1.0 - noisy)))

    def _time(self, ratio: Array) -> Array:
        return ratio / (1.0 + ratio)

    def _alpha_at_noise_to_signal(self, ratio: Array) -> Array:
        return 1.0 / (1.0 + ratio)

    def _variance_deficit(self, t: Array) -> Array:
        return (1.0 - t) * (1.0 + t)


@dataclass(frozen=True)
class Trigonometric(_Interpolant):
    r"""Quarter turn: alpha = cos(pi t/2), sigma = sin(pi t/2), f = -(pi/2) tan(pi t/2), g^2 = pi tan(pi t/2).

    lambda = -log tan(pi t/2),  lambda' = -pi/sin(pi t),  t(lambda) = (2/pi) atan(e^{-lambda}).
    Times beyond 1/2 are measured from 1, so that alpha(1) = 0 exactly.

    Domain [0, 1]; f and g^2 on [0, 1), lambda and lambda' on (0, 1).  Ill-conditioned in t near 1.
    Catalogue: P9, P11 (Lai et al., arXiv 2510.21890).
    """

    def _alpha(self, t: Array) -> Array:
        return _quarter_cosine(t)

    def _sigma(self, t: Array) -> Array:
        return _quarter_sine(t)

    def _alpha_derivative(self, t: Array) -> Array:
        return -0.5 * math.pi * _quarter_sine(t)

    def _sigma_derivative(self, t: Array) -> Array:
        return 0.5 * math.pi * _quarter_cosine(t)

    def _half_log_snr(self, t: Array) -> Array:
        return np.log(_quarter_cosine(t) / _quarter_sine(t))

    def _half_log_snr_derivative(self, t: Array) -> Array:
        return -0.5 * math.pi / (_quarter_sine(t) * _quarter_cosine(t))

    def _drift(self, t: Array) -> Array:
        return -0.5 * math.pi * _quarter_sine(t) / _quarter_cosine(t)

    def _diffusion_squared(self, t: Array) -> Array:
        return math.pi * _quarter_sine(t) / _quarter_cosine(t)

    def _difference(self, clean: Array, noisy: Array) -> Array:
        # tan b / tan a - 1 = sin(b - a) / (sin a cos b)
        with np.errstate(divide="ignore"):
            return np.log1p(_quarter_sine(noisy - clean) / (_quarter_sine(clean) * _quarter_cosine(noisy)))

    def _time(self, ratio: Array) -> Array:
        return np.arctan(ratio) / (0.5 * math.pi)

    def _alpha_at_noise_to_signal(self, ratio: Array) -> Array:
        return 1.0 / np.hypot(1.0, ratio)

    def _variance_deficit(self, t: Array) -> Array:
        return _quarter_cosine(t) ** 2


def _quarter_sine(t: Array) -> Array:
    """sin(pi t/2) on [0, 1], with the argument reduced exactly."""
    return np.where(t <= 0.5, np.sin(0.5 * math.pi * t), np.cos(0.5 * math.pi * (1.0 - t)))


def _quarter_cosine(t: Array) -> Array:
    """cos(pi t/2) on [0, 1], with the argument reduced exactly: zero at t = 1."""
    return np.where(t <= 0.5, np.cos(0.5 * math.pi * t), np.sin(0.5 * math.pi * (1.0 - t)))
