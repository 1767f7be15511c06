"""SA-Solver: stochastic Adams, predictor and corrector.  Xue et al., arXiv 2309.05019."""

from __future__ import annotations

from dataclasses import dataclass

from reference import _checks
from reference._checks import Array
from reference.solvers._leg import Evaluation, Leg, Memory
from reference.solvers._steps import after, moved, recent
from reference.solvers.exponential import exponential_adams_weights
from reference.solvers.protocol import Solver

__all__ = ["SASolver"]


@dataclass(frozen=True)
class SASolver(Solver):
    r"""Exponential Adams-Bashforth on the denoiser, and Adams-Moulton on the step before with that step's own normal.

    The predictor uses ``predictor_order`` evaluations; the corrector, from 2, the one at the end of the step and the
    ``corrector_order`` - 1 before it, 0 is none.  It takes the evaluation at the predicted state, so the last step of a
    run stays uncorrected.  A step whose normal the memory does not hold is not corrected where the rule draws.
    Order min(predictor_order + 1, corrector_order) at noise level 0, predictor_order without corrector; the first step
    leaves 3 with a corrector, 2 without.  At other noise levels the covariance has order 2 at most.
    Domain: predictor_order 1..4, corrector_order 0 or 2..4; sigma > 0 at t_end for predictor_order > 1 (end with
    ``last``).
    Catalogue: P67, P73, P79 (Lai et al., arXiv 2510.21890).
    """

    predictor_order: int = 2
    corrector_order: int = 2
    noise_level: float = 0.0
    family = "sa_solver"
    output = "denoiser"

    def __post_init__(self) -> None:
        if _checks.count("predictor_order", self.predictor_order) > 4:
            raise ValueError(f"predictor_order: expected 1..4, got {self.predictor_order}")
        if _checks.count("corrector_order", self.corrector_order, at_least=0) not in {0, 2, 3, 4}:
            raise ValueError(f"corrector_order: expected 0 or 2..4, got {self.corrector_order}")
        self._keep_nonnegative("noise_level")

    @property
    def order(self) -> int:  # type: ignore[override]
        full = self.predictor_order
        if self.corrector_order:
            full = min(full + 1, self.corrector_order)
        return min(full, 2) if self.draws else full

    @property
    def startup_order(self) -> int:
        return min(self.order, 3 if self.corrector_order else 2)

    @property
    def history(self) -> int:
        return max(self.predictor_order - 1, self.corrector_order - 1)

    @property
    def draws(self) -> int:
        return int(self.noise_level > 0.0)

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        output, state = leg.evaluated(leg.x, leg.t_start), leg.x
        before = recent(leg.memory, self.history)
        known = self.draws == 0 or (len(before) > 0 and before[-1].noise is not None)
        used = recent(before, self.corrector_order - 1) if self.corrector_order else ()
        if used and known:
            weights = exponential_adams_weights(
                leg.path, after(used, leg.t_start), noise_level=self.noise_level, implicit=True
            )
            seen = (*used, Evaluation(leg.t_start, leg.x, output))
            state = moved(weights, used[-1].state, seen, used[-1].noise if self.draws else None)
        now = Evaluation(leg.t_start, state, output, leg.noise)
        nodes = (*recent(before, self.predictor_order - 1), now)
        weights = exponential_adams_weights(leg.path, after(nodes, leg.t_end), noise_level=self.noise_level)
        return moved(weights, state, nodes, leg.noise), (*before, now)
