r"""DPM-Solver multistep, orders 1 to 3, in its data and noise forms, deterministic and stochastic.

One derivation for all. With u the half log-SNR travelled since the step began, h its whole, and the network's answer
replaced by a polynomial p(u) through the latest answers,

    data form:   x' = (sigma'/sigma) e^{-(c-1) h} x + alpha' \int_0^h c e^{-c (h-u)} p(u) du + noise
    noise form:  x' = (alpha'/alpha) x - c sigma' \int_0^h e^{h-u} p(u) du + noise

with c = 1 for the probability-flow ODE and c = 2 for the reverse SDE; its noise has the standard deviation
sigma' sqrt(1 - e^{-2h}) in the data form (P67) and sigma' sqrt(e^{2h} - 1) in the noise form (P67b).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from certify.oracles import Data
from certify.recurrences.levels import Level, Move, Normal

__all__ = ["DPMSolver", "exponential_moments"]

Array = NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)


def exponential_moments(rate: float, length: float) -> tuple[float, float, float]:
    r"""\int_0^h e^{-r (h-u)} u^j du for j = 0, 1, 2, by Gauss-Legendre: no cancellation at any r h of either sign.

    Accurate to rounding for |r h| < 40, which a single step never reaches.
    """
    points = 0.5 * length * (_NODES + 1.0)
    weights = 0.5 * length * _WEIGHTS * np.exp(-rate * (length - points))
    return float(weights.sum()), float(weights @ points), float(weights @ points**2)


@dataclass(frozen=True)
class DPMSolver:
    """A member of the family, callable like the other recurrences.

    ``orders`` is the order used in each step: the start-up and lower final orders are the caller's to say.
    ``rule`` is "exact" (the polynomial is integrated exactly; named heun for order 2 by its authors) or "midpoint"
    (order 2 only: the polynomial is evaluated in the middle of the step, as in DPM-Solver++ 2M).

    Catalogue: P65, P67, P67b, P70, P72, P73 (Lai et al., arXiv 2510.21890).
    """

    orders: tuple[int, ...]
    form: Literal["data", "noise"] = "data"
    stochastic: bool = False
    rule: Literal["exact", "midpoint"] = "midpoint"

    def __call__(self, start: Array, *, data: Data, moves: Sequence[Move], normal: Normal) -> Array:
        x = start
        history: list[tuple[float, Array]] = []
        for order, (noisy, clean) in zip(self.orders, moves, strict=False):
            predict = data.denoiser if self.form == "data" else data.noise
            history.insert(0, (noisy.half_log_snr, predict(x, *noisy)))
            x = self._step(x, history[:order], noisy, clean)
            if self.stochastic:
                x = x + self._deviation(noisy, clean) * normal(x.shape)
        return x

    def _step(self, x: Array, history: list[tuple[float, Array]], noisy: Level, clean: Level) -> Array:
        if clean.sigma == 0.0:
            # h is infinite: all weight falls on the end of the step, and only the data form has a limit there.
            return clean.alpha * history[0][1]
        rate = 2.0 if self.stochastic else 1.0
        length = clean.half_log_snr - noisy.half_log_snr
        if self.form == "data":
            moments = exponential_moments(rate, length)
            weight = clean.alpha * rate
            state = clean.sigma / noisy.sigma * math.exp(-(rate - 1.0) * length) * x
        else:
            moments = exponential_moments(-1.0, length)
            weight = -clean.sigma * rate
            state = clean.alpha / noisy.alpha * x
        return state + weight * self._integral(history, moments, length)

    def _integral(
        self, history: list[tuple[float, Array]], moments: tuple[float, float, float], length: float
    ) -> Array:
        """Integral of the weight times the Newton interpolant of the history, u = 0 at the newest answer."""
        newest = history[0][1]
        result = moments[0] * newest
        if len(history) == 1:
            return result
        steps = [history[index][0] - history[index + 1][0] for index in range(len(history) - 1)]
        first = (newest - history[1][1]) / steps[0]
        if len(history) == 2:
            return result + first * (0.5 * length * moments[0] if self.rule == "midpoint" else moments[1])
        second = (history[1][1] - history[2][1]) / steps[1]
        curvature = (first - second) / (steps[0] + steps[1])
        # p(u) = newest + u first + u (u + step_0) curvature
        return result + first * moments[1] + curvature * (moments[2] + steps[0] * moments[1])

    def _deviation(self, noisy: Level, clean: Level) -> float:
        if clean.sigma == 0.0:
            return 0.0
        length = clean.half_log_snr - noisy.half_log_snr
        exponent = -2.0 * length if self.form == "data" else 2.0 * length
        return clean.sigma * math.sqrt(abs(math.expm1(exponent)))
