"""Euler, Heun and the midpoint rule on the probability-flow ODE, in four variables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.solvers._arguments import Nodes
from gpu.solvers._solver import Evaluation, Solver, Step, grid, surely, vector

__all__ = ["Euler", "Heun", "Midpoint", "Variable"]

Variable = Literal["time", "noise_to_signal", "signal_to_noise", "half_log_snr"]


class _Form(ABC):
    """An equation d(scaled x)/d(variable) = slope: x_end = state x + gain slope for a slope held over a step."""

    output: str

    @abstractmethod
    def step(self, path: Path, times: Tensor) -> tuple[Tensor, Tensor]:
        """State and gain of a step between two times (..., 2), in float64."""

    @abstractmethod
    def middle(self, nodes: Nodes) -> Tensor:
        """The time at the middle of the variable, (...), in float64."""


class _Time(_Form):
    """dx/dt = velocity."""

    output = "velocity"

    def step(self, path: Path, times: Tensor) -> tuple[Tensor, Tensor]:
        nodes = Nodes.of(path, times, most=2)
        return torch.ones_like(nodes.end), nodes.end - nodes.start

    def middle(self, nodes: Nodes) -> Tensor:
        return middle_in_time(nodes.times)


class _NoiseToSignal(_Form):
    """d(x/alpha)/d(sigma/alpha) = noise."""

    output = "noise"

    def step(self, path: Path, times: Tensor) -> tuple[Tensor, Tensor]:
        nodes = Nodes.of(path, times, most=2, signal_at_start=True)
        return nodes.alpha_ratio, -nodes.noise_scale * nodes.lost

    def middle(self, nodes: Nodes) -> Tensor:
        ratio = nodes.path._noise_to_signal_at(nodes.times).mean(-1)
        return nodes.path._time_in_domain_at_noise_to_signal(ratio)


class _SignalToNoise(_Form):
    """d(x/sigma)/d(alpha/sigma) = denoiser."""

    output = "denoiser"

    def step(self, path: Path, times: Tensor) -> tuple[Tensor, Tensor]:
        nodes = Nodes.of(path, times, most=2)
        return nodes.sigma_ratio, nodes.alpha_end * nodes.lost

    def middle(self, nodes: Nodes) -> Tensor:
        path = nodes.path
        total = (path._alpha_at(nodes.times) / path._sigma_at(nodes.times)).sum(-1)
        return path._time_in_domain_at_noise_to_signal(2 / total)


class _HalfLogSNR(_Form):
    """dx/dlambda = velocity/lambda'."""

    output = "velocity"

    def step(self, path: Path, times: Tensor) -> tuple[Tensor, Tensor]:
        nodes = Nodes.of(path, times, most=2, noise_at_end=True, signal_at_start=True)
        return torch.ones_like(nodes.step), nodes.step

    def middle(self, nodes: Nodes) -> Tensor:
        return at_share(nodes, 0.5)


_FORMS: dict[str, _Form] = {
    "time": _Time(),
    "noise_to_signal": _NoiseToSignal(),
    "signal_to_noise": _SignalToNoise(),
    "half_log_snr": _HalfLogSNR(),
}


def middle_in_time(times: Tensor) -> Tensor:
    """The time at the middle of a step (..., 2)."""
    return times[..., 1] + (times[..., 0] - times[..., 1]) / 2


def at_share(nodes: Nodes, share: float) -> Tensor:
    """The time at lambda_start + share h of a step, in float64."""
    ratio = nodes.path._noise_to_signal_at(nodes.start) * nodes.kept.pow(share)
    return nodes.path._time_in_domain_at_noise_to_signal(ratio)


class _RungeKutta(Solver):
    """A rule that holds slopes of one of the four equations."""

    variable: Variable

    def _form(self) -> _Form:
        _checks.option("variable", self.variable, tuple(_FORMS))
        return _FORMS[self.variable]

    def __post_init__(self) -> None:
        self._form()

    @property
    def output(self) -> str:
        """The field that the equation asks for."""
        return self._form().output

    def _start(self, at: Step) -> tuple[Tensor, Evaluation]:
        """The slope at the start, and its evaluation."""
        output = at.model(at.x, at.start)
        return self._slope(at.path, output, at.start), Evaluation(at.start, at.x, output)

    def _slope(self, path: Path, output: Tensor, t: Tensor) -> Tensor:
        """The slope that an output of the model stands for."""
        if self.variable != "half_log_snr":
            return output
        return output / vector(path.half_log_snr_derivative(t.double()), output)

    def _inside(self, at: Step) -> None:
        """A variable that is infinite at sigma = 0 has no slope and no middle there."""
        if self.variable == "signal_to_noise":
            _checks.time_in_domain(at.path, open_start=at.path._sigma_vanishes, t_end=at.end)

    def _moved(self, path: Path, x: Tensor, start: Tensor, end: Tensor, slope: Tensor) -> Tensor:
        state, gain = self._form().step(path, grid((), start, end))
        return vector(state, x) * x + vector(gain, x) * slope


@dataclass(frozen=True)
class Euler(_RungeKutta):
    """One slope a step. variable: "time" (dx/dt = velocity), "noise_to_signal" (d(x/alpha)/d(sigma/alpha) = noise),
    "signal_to_noise" (d(x/sigma)/d(alpha/sigma) = denoiser), "half_log_snr" (dx/dlambda = velocity/lambda').

    Raises ValueError for another variable.

    Catalogue: P65, P69 (Lai et al., arXiv 2510.21890).
    """

    variable: Variable = "time"
    family = "euler"
    order = 1

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        slope, evaluation = self._start(at)
        return self._moved(at.path, at.x, at.start, at.end, slope), evaluation


@dataclass(frozen=True)
class Heun(_RungeKutta):
    """The mean of the slopes at both ends, the second at Euler's point; variables as those of `Euler`.

    In "noise_to_signal" this is EDM's rule: a step to sigma = 0 is Euler's, and the model is not asked there.

    Raises ValueError for another variable.

    Catalogue: P69, P71, P81 (Lai et al., arXiv 2510.21890).
    """

    variable: Variable = "time"
    family = "heun"
    order = 2

    @property
    def evaluations(self) -> int:
        """2."""
        return 2

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        model, path, x, start, end = at[:5]
        self._inside(at)
        slope, evaluation = self._start(at)
        predicted = self._moved(path, x, start, end, slope)
        clean = path._sigma_at(end) == 0
        free = self.variable == "noise_to_signal" and path._sigma_vanishes
        if free and surely(clean):
            return predicted, evaluation
        there = torch.where(clean, start, end) if free else end
        second = self._slope(path, model(predicted, there), there)
        ended = self._moved(path, x, start, end, (slope + second) / 2)
        return (torch.where(clean[..., None], predicted, ended) if free else ended), evaluation


@dataclass(frozen=True)
class Midpoint(_RungeKutta):
    """The slope at the middle of the step in the variable, at Euler's point there; variables as those of `Euler`.

    Raises ValueError for another variable.

    Catalogue: P69, P71 (Lai et al., arXiv 2510.21890).
    """

    variable: Variable = "time"
    family = "midpoint"
    order = 2

    @property
    def evaluations(self) -> int:
        """2."""
        return 2

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        model, path, x, start, end = at[:5]
        self._inside(at)
        slope, evaluation = self._start(at)
        middle = self._form().middle(Nodes.of(path, grid((), start, end), most=2)).to(x.dtype)
        half = self._moved(path, x, start, middle, slope)
        second = self._slope(path, model(half, middle), middle)
        return self._moved(path, x, start, end, second), evaluation
