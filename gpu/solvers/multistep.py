"""Multistep rules: one evaluation a step, and a polynomial through it and those before.

A first step of their own has a local error of O(h^2), which caps the order of any of them at 2.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.solvers._arguments import OUTPUTS, Nodes
from gpu.solvers._solver import Evaluation, Solver, Step, combined, grid, latest, up_to
from gpu.solvers.exponential import exponential_adams_weights, midpoint_multistep_weights
from gpu.solvers.quadratures import deis_weights, linear_multistep_weights, pndm_weights
from gpu.solvers.runge_kutta import middle_in_time
from gpu.solvers.weights import StepWeights

__all__ = ["DEIS", "LMS", "PNDM", "ExponentialAdams", "MidpointMultistep"]

_MOST = 4


class _Multistep(Solver):
    """A rule given by its weights on the times of the known outputs, the start among them, and the end."""

    @property
    def startup_order(self) -> int:
        """At most 2."""
        return min(self.order, 2)

    @abstractmethod
    def _weights(self, path: Path, times: Tensor) -> StepWeights:
        """The weights on times (..., m + 1)."""

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        model, path, x, start, end = at[:5]
        now = Evaluation(start, x, model(x, start), at.noise if self.draws else None)
        known = latest(at.memory, self.history)
        weights = self._weights(path, grid(known, start, end))
        outputs = [evaluation.output for evaluation in (*known, now)]
        return combined(weights, x, outputs, at.noise[0] if self.draws else None), now


class _OfNoiseLevel(_Multistep):
    """A multistep rule of the reverse family of one noise level."""

    output: str
    noise_level: float

    def __post_init__(self) -> None:
        _checks.option("output", self.output, OUTPUTS)
        _checks.parameter("noise_level", self.noise_level, zero_allowed=True)

    @property
    def draws(self) -> int:
        """1, or 0 where the noise level is 0."""
        return int(self.noise_level > 0)


@dataclass(frozen=True)
class ExponentialAdams(_OfNoiseLevel):
    """Exponential Adams-Bashforth in the half log-SNR on 1 to 4 nodes; three of the denoiser are DPM-Solver++ 3M.

    More than one node of the denoiser do not reach sigma = 0: give `sample` a `last` solver. Where noise is drawn the
    order is that of the covariance on Gaussian data, 2 at most: a polynomial sees the noise of earlier steps only.

    Raises ValueError for other numbers of nodes, another output and a noise level below 0.

    Catalogue: P65, P67, P67b, P73 (Lai et al., arXiv 2510.21890).
    """

    nodes: int
    output: Literal["denoiser", "noise"] = "denoiser"
    noise_level: float = 0.0
    family = "exponential_adams"

    def __post_init__(self) -> None:
        super().__post_init__()
        up_to("nodes", self.nodes, _MOST)

    @property
    def order(self) -> int:
        """The number of nodes, at most 2 where noise is drawn."""
        return min(self.nodes, 2) if self.draws else self.nodes

    @property
    def history(self) -> int:
        """All nodes but the start."""
        return self.nodes - 1

    def _weights(self, path: Path, times: Tensor) -> StepWeights:
        return exponential_adams_weights(path, times, output=self.output, noise_level=self.noise_level)


@dataclass(frozen=True)
class MidpointMultistep(_OfNoiseLevel):
    """The first-order step on the output extrapolated to mid-step: DPM-Solver++ 2M, and its SDE form.

    The second step and later ones do not reach sigma = 0. Order 2, which where noise is drawn is that of the
    covariance on Gaussian data.

    Raises ValueError for another output and a noise level below 0.

    Catalogue: P67, P72 (Lai et al., arXiv 2510.21890).
    """

    output: Literal["denoiser", "noise"] = "denoiser"
    noise_level: float = 0.0
    family = "midpoint_multistep"
    order = 2

    @property
    def history(self) -> int:
        """1."""
        return 1

    def _weights(self, path: Path, times: Tensor) -> StepWeights:
        if times.shape[-1] == 2:
            return exponential_adams_weights(path, times, output=self.output, noise_level=self.noise_level)
        return midpoint_multistep_weights(path, times, output=self.output, noise_level=self.noise_level)


@dataclass(frozen=True)
class DEIS(_Multistep):
    """A polynomial of the noise in t ("time") or in sigma/alpha ("noise_to_signal"), integrated exactly; order 1 to 4.

    Raises ValueError for other orders and another variable.

    Catalogue: P75 (Lai et al., arXiv 2510.21890).
    """

    order: int
    variable: Literal["time", "noise_to_signal"] = "time"
    family = "deis"
    output = "noise"

    def __post_init__(self) -> None:
        up_to("order", self.order, _MOST)
        _checks.option("variable", self.variable, ("time", "noise_to_signal"))

    @property
    def history(self) -> int:
        """One less than the order."""
        return self.order - 1

    def _weights(self, path: Path, times: Tensor) -> StepWeights:
        return deis_weights(path, times, variable=self.variable)


@dataclass(frozen=True)
class LMS(_Multistep):
    """Linear multistep on d(x/alpha)/d(sigma/alpha) = noise, on any path; order 1 to 4.

    x_e/alpha_e = x/alpha_s + sum_j w_j e_j with `linear_multistep_weights` of sigma/alpha.

    Raises ValueError for other orders.

    Catalogue: P77 (Lai et al., arXiv 2510.21890).
    """

    order: int
    family = "lms"
    output = "noise"

    def __post_init__(self) -> None:
        up_to("order", self.order, _MOST)

    @property
    def history(self) -> int:
        """One less than the order."""
        return self.order - 1

    def _weights(self, path: Path, times: Tensor) -> StepWeights:
        nodes = Nodes.of(path, times, signal_at_start=True)
        shares = nodes.alpha_end[..., None] * linear_multistep_weights(path._noise_to_signal_at(nodes.times))
        state = nodes.rounded(nodes.alpha_ratio)
        return StepWeights(state, nodes.rounded(shares), 0 * state)


@dataclass(frozen=True)
class PNDM(_Multistep):
    """The DDIM step of an Adams-Bashforth average of the noise, on 1 to 4 nodes of equal steps in t.

    start: "adams" begins with fewer nodes, "runge_kutta" (4 nodes) with pseudo Runge-Kutta steps of four evaluations,
    their middle in t and their transfers DDIM steps. The averages ignore how sigma/alpha moves inside a step: the order
    is at most 2, unless sigma/alpha is linear in t (EDM, where they are the Adams and Runge-Kutta rules in sigma).

    Raises ValueError for other numbers of nodes and another start.

    Catalogue: P76 (Lai et al., arXiv 2510.21890).
    """

    nodes: int = 4
    start: Literal["adams", "runge_kutta"] = "adams"
    family = "pndm"
    output = "noise"

    def __post_init__(self) -> None:
        up_to("nodes", self.nodes, _MOST)
        _checks.option("start", self.start, ("adams", "runge_kutta"))
        if self.start == "runge_kutta" and self.nodes != _MOST:
            raise ValueError(f'nodes: expected 4 for the start "runge_kutta", got {self.nodes}')

    @property
    def order(self) -> int:
        """2, or 1 on one node."""
        return min(self.nodes, 2)

    @property
    def history(self) -> int:
        """All nodes but the start."""
        return self.nodes - 1

    def _weights(self, path: Path, times: Tensor) -> StepWeights:
        return pndm_weights(path, times)

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        model, path, x, start, end = at[:5]
        if self.start == "adams" or len(at.memory) >= self.history:
            return super()._advance(at)
        middle = middle_in_time(grid((), start, end))
        first = model(x, start)
        second = model(_transfer(path, x, start, middle, first), middle)
        third = model(_transfer(path, x, start, middle, second), middle)
        fourth = model(_transfer(path, x, start, end, third), end)
        mean = (first + 2 * (second + third) + fourth) / 6
        return _transfer(path, x, start, end, mean), Evaluation(start, x, first, None)


def _transfer(path: Path, x: Tensor, start: Tensor, end: Tensor, noise: Tensor) -> Tensor:
    """The deterministic DDIM step with the given noise."""
    return combined(pndm_weights(path, grid((), start, end)), x, (noise,))
