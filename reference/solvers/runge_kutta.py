"""Runge-Kutta rules of the probability-flow equation in four of its clocks.

"time"             dx/dt = velocity
"noise_to_signal"  d(x/alpha)/d(sigma/alpha) = E[eps | x_t]; Heun's rule is EDM's
"signal_to_noise"  d(x/sigma)/d(alpha/sigma) = E[x_0 | x_t]
"half_log_snr"     dx/dlambda = velocity/lambda'
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.paths._base import Path
from reference.solvers._leg import Evaluation, Leg, Memory, Model, evaluate
from reference.solvers.protocol import Solver

__all__ = ["Euler", "Heun", "Midpoint"]

_OUTPUTS = {
    "time": "velocity",
    "noise_to_signal": "noise",
    "signal_to_noise": "denoiser",
    "half_log_snr": "velocity",
}


@dataclass(frozen=True)
class _RungeKutta(Solver):
    """A rule in one of the clocks."""

    variable: str = "time"

    def __post_init__(self) -> None:
        _checks.option("variable", self.variable, _OUTPUTS)

    @property
    def output(self) -> str:  # type: ignore[override]
        return _OUTPUTS[self.variable]

    def _slope(self, model: Model, path: Path, x: Array, t: Real) -> tuple[Array, Array]:
        """The model's output, and the derivative in the clock."""
        output = evaluate(model, x, t)
        if self.variable == "half_log_snr":
            return output, output / path.half_log_snr_derivative(t)[..., None]
        return output, output

    def _moved(self, path: Path, x: Array, slope: Array, start: Array, end: Array) -> Array:
        """One Euler step of the clock, whose linear part is exact."""
        state, weight = _transfer(path, self.variable, start, end)
        return np.asarray(state[..., None] * x + weight[..., None] * slope)

    @abstractmethod
    def _finish(self, model: Model, path: Path, x: Array, slope: Array, start: Array, end: Array) -> Array:
        """The end of a step from its first slope."""

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        path, start, end = leg.path, leg.t_start, leg.t_end
        output, slope = self._slope(leg.model, path, leg.x, start)
        return self._finish(leg.model, path, leg.x, slope, start, end), (Evaluation(leg.t_start, leg.x, output),)


@dataclass(frozen=True)
class Euler(_RungeKutta):
    r"""Euler's rule; in "noise_to_signal" and in "signal_to_noise" it is DDIM, in "time" it is not.

    Domain: descending times; alpha > 0 at t_start for "noise_to_signal", sigma > 0 there for "signal_to_noise", neither
    end for "half_log_snr".
    Catalogue: P65, P69 (Lai et al., arXiv 2510.21890).
    """

    family = "euler"
    order = 1

    def _finish(self, model: Model, path: Path, x: Array, slope: Array, start: Array, end: Array) -> Array:
        del model
        return self._moved(path, x, slope, start, end)


@dataclass(frozen=True)
class Heun(_RungeKutta):
    r"""Heun's rule: the mean of the slopes at both ends; in "noise_to_signal" it falls to Euler's where sigma_end = 0.

    Domain: as Euler's, and sigma > 0 at t_end for "signal_to_noise".
    Catalogue: P69, P71, P81 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """

    family = "heun"
    order = 2

    @property
    def evaluations(self) -> int:
        return 2

    def _finish(self, model: Model, path: Path, x: Array, slope: Array, start: Array, end: Array) -> Array:
        guess = self._moved(path, x, slope, start, end)
        if self.variable == "noise_to_signal":
            arrived = path.sigma(end) == 0.0
            if np.all(arrived):
                return guess
            if np.any(arrived):
                raise ValueError("t_end: expected sigma = 0 at all of the ends (an Euler step) or at none")
        if self.variable == "signal_to_noise":
            _checks.time_in_domain(path, end, name="t_end", open_left=path._noise_vanishes)
        _, later = self._slope(model, path, guess, end)
        return self._moved(path, x, 0.5 * (slope + later), start, end)


@dataclass(frozen=True)
class Midpoint(_RungeKutta):
    r"""The midpoint rule, the middle taken in the clock itself.

    Domain: as Euler's, and sigma > 0 at t_end for "signal_to_noise".
    Catalogue: P69 (Lai et al., arXiv 2510.21890).
    """

    family = "midpoint"
    order = 2

    @property
    def evaluations(self) -> int:
        return 2

    def _finish(self, model: Model, path: Path, x: Array, slope: Array, start: Array, end: Array) -> Array:
        middle = _middle(path, self.variable, start, end)
        _, between = self._slope(model, path, self._moved(path, x, slope, start, middle), middle)
        return self._moved(path, x, between, start, end)


# ---------------------------------------------------------------------------------------------- private


def _transfer(path: Path, variable: str, start: Array, end: Array) -> tuple[Array, Array]:
    """Weights of the state and of the slope in one Euler step of the clock."""
    if variable == "time":
        return np.ones(()), end - start
    if variable == "half_log_snr":
        return np.ones(()), path.half_log_snr_difference(clean=end, noisy=start)
    lost = -np.expm1(-path._difference(end, start))
    if variable == "signal_to_noise":
        return path._sigma_quotient(end, start), path.alpha(end) * lost
    _checks.time_in_domain(path, start, name="t_start", open_right=path._signal_vanishes)
    ratio = path._alpha_quotient(end, start)
    return 1.0 / ratio, -path.sigma(start) / ratio * lost


def _middle(path: Path, variable: str, start: Array, end: Array) -> Array:
    """The time half way in the clock."""
    if variable == "time":
        return np.asarray(0.5 * (start + end))
    if variable == "signal_to_noise":
        _checks.time_in_domain(path, end, name="t_end", open_left=path._noise_vanishes)
        snr, last = (path.alpha(t) / path.sigma(t) for t in (start, end))
        return path._time_at_noise_to_signal(2.0 / (snr + last))
    ratio, last = path._noise_to_signal(start), path._noise_to_signal(end)
    if variable == "noise_to_signal":
        return path._time_at_noise_to_signal(0.5 * (ratio + last))
    _checks.time_in_domain(path, end, name="t_end", open_left=path._noise_vanishes)
    return path._time_at_noise_to_signal(np.sqrt(ratio) * np.sqrt(last))
