"""Paths on [0, 1] that reach pure noise at t = 1: flow matching and the trigonometric path."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gpu.paths._base import Path
from gpu.paths._stable import unit_hypotenuse

__all__ = ["FlowMatching", "Trigonometric"]

_QUARTER_TURN = math.pi / 2


class _Interpolating(Path):
    """alpha(1) = 0 and sigma(0) = 0."""

    _sigma_vanishes = True
    _alpha_vanishes = True

    @property
    def domain(self) -> tuple[float, float]:
        """[0, 1]."""
        return 0.0, 1.0


@dataclass(frozen=True)
class FlowMatching(_Interpolating):
    """The straight path alpha = 1 - t, sigma = t on [0, 1]; f = -1/(1 - t), g^2 = 2 t/(1 - t).

    Catalogue: P9, P11 (Lai et al., arXiv 2510.21890).
    """

    def _alpha_at(self, t: Tensor) -> Tensor:
        return 1 - t

    def _sigma_at(self, t: Tensor) -> Tensor:
        return 1.0 * t

    def _variance_at(self, t: Tensor) -> Tensor:
        return t.square()

    def _variance_excess_at(self, t: Tensor) -> Tensor:
        return (t - 1) * (t + 1)

    def _alpha_derivative_at(self, t: Tensor) -> Tensor:
        return 0.0 * t - 1

    def _sigma_derivative_at(self, t: Tensor) -> Tensor:
        return 0.0 * t + 1

    def _half_log_snr_at(self, t: Tensor) -> Tensor:
        return torch.log1p(-t) - torch.log(t)

    def _half_log_snr_derivative_at(self, t: Tensor) -> Tensor:
        return -1 / (t * (1 - t))

    def _drift_at(self, t: Tensor) -> Tensor:
        return -1 / (1 - t)

    def _diffusion_squared_at(self, t: Tensor) -> Tensor:
        return 2 * t / (1 - t)

    def _time_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        return ratio / (1 + ratio)

    def _alpha_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        return 1 / (1 + ratio)

    def _difference_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return torch.log1p((noisy - clean) / (clean * (1 - noisy)))

    def _kernel_alpha_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return (1 - noisy) / (1 - clean)

    def _snr_drop_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        drop = (noisy - clean) / (noisy * (1 - clean))
        return drop * (2 - drop)

    def _power_changes_between(self, clean: Tensor, noisy: Tensor) -> tuple[Tensor, Tensor]:
        between = noisy - clean
        return -between * ((1 - clean) + (1 - noisy)), between * (clean + noisy)


@dataclass(frozen=True)
class Trigonometric(_Interpolating):
    """The circular path alpha = cos(pi t/2), sigma = sin(pi t/2) on [0, 1]; g^2 = pi tan(pi t/2).

    alpha(1) and sigma(0) are exactly 0: the cosine is taken as the sine of pi (1 - t)/2.
    Catalogue: P9, P11 (Lai et al., arXiv 2510.21890).
    """

    def _alpha_at(self, t: Tensor) -> Tensor:
        return _sine(1 - t)

    def _sigma_at(self, t: Tensor) -> Tensor:
        return _sine(t)

    def _variance_at(self, t: Tensor) -> Tensor:
        return _sine(t).square()

    def _variance_excess_at(self, t: Tensor) -> Tensor:
        return -_sine(1 - t).square()

    def _alpha_derivative_at(self, t: Tensor) -> Tensor:
        return -_QUARTER_TURN * _sine(t)

    def _sigma_derivative_at(self, t: Tensor) -> Tensor:
        return _QUARTER_TURN * _sine(1 - t)

    def _half_log_snr_at(self, t: Tensor) -> Tensor:
        return torch.log(_sine(1 - t)) - torch.log(_sine(t))

    def _half_log_snr_derivative_at(self, t: Tensor) -> Tensor:
        return -_QUARTER_TURN / (_sine(t) * _sine(1 - t))

    def _drift_at(self, t: Tensor) -> Tensor:
        return -_QUARTER_TURN * _sine(t) / _sine(1 - t)

    def _diffusion_squared_at(self, t: Tensor) -> Tensor:
        return math.pi * _sine(t) / _sine(1 - t)

    def _time_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        return torch.atan(ratio) / _QUARTER_TURN

    def _alpha_at_noise_to_signal(self, ratio: Tensor) -> Tensor:
        return 1 / unit_hypotenuse(ratio)

    def _difference_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return torch.log1p(_sine(noisy - clean) / (_sine(clean) * _sine(1 - noisy)))

    def _kernel_alpha_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        return _sine(1 - noisy) / _sine(1 - clean)

    def _snr_drop_between(self, clean: Tensor, noisy: Tensor) -> Tensor:
        drop = _sine(noisy - clean) / (_sine(noisy) * _sine(1 - clean))
        return drop * (2 - drop)

    def _power_changes_between(self, clean: Tensor, noisy: Tensor) -> tuple[Tensor, Tensor]:
        # sin^2 b - sin^2 a = sin(b - a) sin(b + a), the larger angle as that to a half turn
        total = torch.minimum(clean + noisy, (1 - clean) + (1 - noisy))
        rise = _sine(noisy - clean) * _sine(total)
        return -rise, rise


def _sine(t: Tensor) -> Tensor:
    """sin(pi t/2)."""
    return torch.sin(_QUARTER_TURN * t)
