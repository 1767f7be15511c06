"""UniPC: an exponential predictor, and a corrector that costs no evaluation."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.solvers._arguments import OUTPUTS
from gpu.solvers._solver import Evaluation, Memory, Solver, Step, combined, grid, latest, up_to
from gpu.solvers.exponential import exponential_adams_weights, unipc_weights
from gpu.solvers.weights import StepWeights

__all__ = ["SASolver", "UniPC"]


class _PredictorCorrector(Solver):
    """A multistep predictor whose step is done again, with its own normals, once the output at its end is known."""

    @abstractmethod
    def _predictor_nodes(self) -> int:
        """The nodes of the predictor at full order."""

    @abstractmethod
    def _corrector_nodes(self) -> int:
        """The nodes of the corrector before the end of its step, 0 for none."""

    @abstractmethod
    def _weights(self, path: Path, times: Tensor, *, corrector: bool) -> StepWeights:
        """The weights on times (..., m + 1)."""

    @property
    def history(self) -> int:
        """The evaluations before the start that predictor or corrector use."""
        return max(self._predictor_nodes() - 1, self._corrector_nodes())

    @property
    def startup_order(self) -> int:
        """At most 2, or 3 with a corrector, which lifts the order of the first step too."""
        return min(self.order, 3 if self._corrector_nodes() else 2)

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        model, path, x, start, end = at[:5]
        output = model(x, start)
        state = self._corrected(path, x, start, output, at.memory)
        known = latest(at.memory, self._predictor_nodes() - 1)
        outputs = [*(evaluation.output for evaluation in known), output]
        weights = self._weights(path, grid(known, start, end), corrector=False)
        ended = combined(weights, state, outputs, at.noise[0] if self.draws else None)
        return ended, Evaluation(start, state, output, at.noise if self.draws else None)

    def _corrected(self, path: Path, x: Tensor, start: Tensor, output: Tensor, memory: Memory) -> Tensor:
        """The state at the start from the step that led to it, now with the output at the predicted point."""
        known = latest(memory, self._corrector_nodes())
        if not known or (self.draws and known[-1].noise is None):
            return x
        weights = self._weights(path, grid(known[:-1], known[-1].time, start), corrector=True)
        outputs = [*(evaluation.output for evaluation in known), output]
        drawn = known[-1].noise
        return combined(weights, known[-1].state, outputs, drawn[0] if self.draws and drawn is not None else None)


@dataclass(frozen=True)
class UniPC(_PredictorCorrector):
    """UniP-p on p = 1 to 3 nodes, and with the corrector UniC-p of the step before as the next one begins.

    The corrector takes the evaluation at the predicted point and asks for no other; the last step stays predicted.
    Order p, or p + 1 with the corrector. A run may begin at alpha = 0 on the denoiser, but not with the corrector of
    bh1, whose B is infinite there.

    Raises ValueError for other numbers of nodes, outputs and variants.

    Catalogue: P74 (Lai et al., arXiv 2510.21890).
    """

    nodes: int
    output: Literal["denoiser", "noise"] = "denoiser"
    variant: Literal["bh1", "bh2"] = "bh2"
    corrector: bool = True
    family = "unipc"

    def __post_init__(self) -> None:
        up_to("nodes", self.nodes, 3)
        _checks.option("output", self.output, OUTPUTS)
        _checks.option("variant", self.variant, ("bh1", "bh2"))
        _checks.flag("corrector", self.corrector)

    @property
    def order(self) -> int:
        """The number of nodes, and one more with the corrector."""
        return self.nodes + int(self.corrector)

    def _predictor_nodes(self) -> int:
        return self.nodes

    def _corrector_nodes(self) -> int:
        return self.nodes if self.corrector else 0

    def _weights(self, path: Path, times: Tensor, *, corrector: bool) -> StepWeights:
        return unipc_weights(path, times, output=self.output, variant=self.variant, corrector=corrector)


@dataclass(frozen=True)
class SASolver(_PredictorCorrector):
    """SA-Solver of the denoiser: exponential Adams predictor and corrector in the reverse family of one noise level.

    corrector_order counts its nodes, the end of the step among them (0 for none, otherwise 2 to 4); it adds the same
    normals as the predictor did. Where noise is drawn the order is that of the covariance on Gaussian data, 2 at most.

    Raises ValueError for other orders and a noise level below 0.

    Catalogue: P67, P73, P74 (Lai et al., arXiv 2510.21890).
    """

    predictor_order: int = 2
    corrector_order: int = 2
    noise_level: float = 0.0
    family = "sa_solver"
    output = "denoiser"

    def __post_init__(self) -> None:
        up_to("predictor_order", self.predictor_order, 4)
        if _checks.count("corrector_order", self.corrector_order, minimum=0):
            up_to("corrector_order", self.corrector_order, 4, least=2)
        _checks.parameter("noise_level", self.noise_level, zero_allowed=True)

    @property
    def order(self) -> int:
        """The corrector's, where there is one, at most one above the predictor's; at most 2 where noise is drawn."""
        limits = [self.predictor_order + 1, self.corrector_order] if self.corrector_order else [self.predictor_order]
        return min(*limits, 2) if self.draws else min(limits)

    @property
    def draws(self) -> int:
        """1, or 0 where the noise level is 0."""
        return int(self.noise_level > 0)

    def _predictor_nodes(self) -> int:
        return self.predictor_order

    def _corrector_nodes(self) -> int:
        return max(self.corrector_order - 1, 0)

    def _weights(self, path: Path, times: Tensor, *, corrector: bool) -> StepWeights:
        return exponential_adams_weights(path, times, noise_level=self.noise_level, implicit=corrector)
