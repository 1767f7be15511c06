"""Multistep rules: one evaluation a step, a polynomial through earlier ones.

Without memory the first step has order 1 and a local error O(h^2), which caps the order of the whole run at 2 (P79).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.paths._base import Path
from reference.solvers._leg import Evaluation, Leg, Memory
from reference.solvers._nodes import outputs_of
from reference.solvers._steps import after, moved, recent
from reference.solvers.exponential import exponential_adams_weights, midpoint_multistep_weights
from reference.solvers.polynomial import deis_weights, linear_multistep_weights, pndm_weights
from reference.solvers.protocol import Solver
from reference.solvers.weights import StepWeights

__all__ = ["DEIS", "LMS", "PNDM", "ExponentialAdams", "MidpointMultistep"]

_MOST = 4


class _Multistep(Solver):
    """A rule that is weights over the latest evaluations."""

    @abstractmethod
    def _weights(self, path: Path, times: Array) -> StepWeights:
        """Weights over the nodes of ``times``, at most ``history`` + 1 of them and t_end."""

    @property
    def startup_order(self) -> int:
        return min(self.order, 2)

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        nodes = (*recent(leg.memory, self.history), leg.first())
        return moved(self._weights(leg.path, after(nodes, leg.t_end)), leg.x, nodes, leg.noise), nodes


class _OfNoiseLevel(_Multistep):
    """A multistep rule of the reverse family: deterministic at noise level 0."""

    noise_level: float

    @property
    def draws(self) -> int:
        return int(self.noise_level > 0.0)

    def _check(self) -> None:
        self._keep_nonnegative("noise_level")
        outputs_of(self.output)


@dataclass(frozen=True)
class ExponentialAdams(_OfNoiseLevel):
    r"""Exponential Adams-Bashforth in the half log-SNR over ``nodes`` evaluations; 3 of the denoiser: DPM-Solver++ 3M.

    Order ``nodes``.  With noise_level > 0 one draw a step, and the covariance is of order min(nodes, 2): a polynomial
    through earlier states sees what earlier steps drew, not what this one draws.
    Domain: nodes 1..4; sigma > 0 at t_end for more than one node beside the denoiser (end with ``last``).
    Catalogue: P65, P67, P67b, P73 (Lai et al., arXiv 2510.21890).
    """

    nodes: int
    output: str = "denoiser"
    noise_level: float = 0.0
    family = "exponential_adams"

    def __post_init__(self) -> None:
        _node_count("nodes", self.nodes)
        self._check()

    @property
    def order(self) -> int:  # type: ignore[override]
        return min(self.nodes, 2) if self.draws else self.nodes

    @property
    def history(self) -> int:
        return self.nodes - 1

    def _weights(self, path: Path, times: Array) -> StepWeights:
        return exponential_adams_weights(path, times, output=self.output, noise_level=self.noise_level)


@dataclass(frozen=True)
class MidpointMultistep(_OfNoiseLevel):
    r"""DPM-Solver++ 2M and its stochastic form: the first-order step on the output guessed half way.

    Order 2, of the covariance too where it draws.
    Domain: sigma > 0 at t_end once there is memory (end with ``last``).
    Catalogue: P67, P72 (Lai et al., arXiv 2510.21890); Lu et al., arXiv 2211.01095.
    """

    output: str = "denoiser"
    noise_level: float = 0.0
    family = "midpoint_multistep"
    order = 2

    def __post_init__(self) -> None:
        self._check()

    @property
    def history(self) -> int:
        return 1

    def _weights(self, path: Path, times: Array) -> StepWeights:
        rule = midpoint_multistep_weights if times.shape[-1] == 3 else exponential_adams_weights
        return rule(path, times, output=self.output, noise_level=self.noise_level)


@dataclass(frozen=True)
class DEIS(_Multistep):
    r"""DEIS: a polynomial in t ("time") or in sigma/alpha ("noise_to_signal") through the noise, integrated exactly.

    Domain: order 1..4; alpha > 0 at all times; reaches sigma = 0.
    Catalogue: P75 (Lai et al., arXiv 2510.21890); Zhang and Chen, arXiv 2204.13902.
    """

    order: int
    variable: str = "time"
    family = "deis"
    output = "noise"

    def __post_init__(self) -> None:
        _node_count("order", self.order)
        _checks.option("variable", self.variable, ("time", "noise_to_signal"))

    @property
    def history(self) -> int:
        return self.order - 1

    def _weights(self, path: Path, times: Array) -> StepWeights:
        return deis_weights(path, times, variable=self.variable)


@dataclass(frozen=True)
class LMS(_Multistep):
    r"""Linear multistep on d(x/alpha)/d(sigma/alpha) = E[eps | x_t], in the levels sigma/alpha of the nodes.

    Domain: order 1..4; alpha > 0 at all times; reaches sigma = 0.
    Catalogue: P77 (Lai et al., arXiv 2510.21890).
    """

    order: int
    family = "lms"
    output = "noise"

    def __post_init__(self) -> None:
        _node_count("order", self.order)

    @property
    def history(self) -> int:
        return self.order - 1

    def _weights(self, path: Path, times: Array) -> StepWeights:
        grid = _checks.time_in_domain(path, times, name="times", open_right=path._signal_vanishes)
        alpha, end = path.alpha(grid), path.alpha(grid[..., -1])
        outputs = end[..., None] * linear_multistep_weights(path.sigma(grid) / alpha)
        return StepWeights(end / alpha[..., -2], outputs, np.zeros_like(end))


@dataclass(frozen=True)
class PNDM(_Multistep):
    r"""PNDM: the DDIM step on an Adams-Bashforth or Runge-Kutta average of the noise.

    ``start`` says how it starts itself: "adams" by fewer nodes (the first step is DDIM), "runge_kutta" by a
    pseudo Runge-Kutta step (four evaluations, middle in t, each transfer a DDIM step) until there are nodes - 1.
    The averages ignore how sigma/alpha moves inside the step, so the order is 2 at most.
    Domain: nodes 1..4, four for "runge_kutta"; equal steps; alpha > 0 at t_start; "runge_kutta" evaluates at t_end.
    Catalogue: P76 (Lai et al., arXiv 2510.21890); Liu et al., arXiv 2202.09778.
    """

    nodes: int = 4
    start: str = "adams"
    family = "pndm"
    output = "noise"

    def __post_init__(self) -> None:
        _node_count("nodes", self.nodes)
        if _checks.option("start", self.start, ("adams", "runge_kutta")) == "runge_kutta" and self.nodes != 4:
            raise ValueError(f"nodes: expected 4 for a Runge-Kutta start, got {self.nodes}")

    @property
    def order(self) -> int:  # type: ignore[override]
        return min(self.nodes, 2)

    @property
    def history(self) -> int:
        return self.nodes - 1

    def _weights(self, path: Path, times: Array) -> StepWeights:
        return pndm_weights(path, times)

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        if self.start == "adams" or len(leg.memory) >= self.history:
            return super()._advance(leg)
        middle = 0.5 * (leg.t_start + leg.t_end)

        def transfer(field: Array, t: Real) -> Array:
            here = (Evaluation(leg.t_start, leg.x, field),)
            return moved(pndm_weights(leg.path, after(here, t)), leg.x, here, None)

        first = leg.evaluated(leg.x, leg.t_start)
        second = leg.evaluated(transfer(first, middle), middle)
        third = leg.evaluated(transfer(second, middle), middle)
        fourth = leg.evaluated(transfer(third, leg.t_end), leg.t_end)
        average = (first + 2.0 * second + 2.0 * third + fourth) / 6.0
        return transfer(average, leg.t_end), (*leg.memory, Evaluation(leg.t_start, leg.x, first))


def _node_count(name: str, value: int) -> None:
    """1 to 4 evaluations."""
    if _checks.count(name, value) > _MOST:
        raise ValueError(f"{name}: expected at most {_MOST}, got {value}")
