"""UniPC: a predictor, and a corrector that costs no evaluation.  Zhao et al., arXiv 2302.04867."""

from __future__ import annotations

from dataclasses import dataclass

from reference import _checks
from reference._checks import Array
from reference.solvers._leg import Evaluation, Leg, Memory
from reference.solvers._nodes import outputs_of
from reference.solvers._steps import after, moved, recent
from reference.solvers.exponential import unipc_weights
from reference.solvers.protocol import Solver

__all__ = ["UniPC"]


@dataclass(frozen=True)
class UniPC(Solver):
    r"""UniPC-p, p = ``nodes``: UniP-p, and UniC-p on the step before once the evaluation at its end is there.

    The corrector uses the evaluation at the predicted state; so the state at t_start is moved, its evaluation is not
    repeated, and the last step of a run stays uncorrected.  Order p + 1, p without corrector.  The first step is
    UniPC-1: its local error O(h^3) caps the run at order 3 (O(h^2) and 2 without corrector).
    Domain: nodes 1..3; sigma > 0 at t_end for p > 1 (end with ``last``); alpha = 0 at the first time of a denoiser
    (with corrector: "bh2" only).
    Catalogue: P74, P79 (Lai et al., arXiv 2510.21890).
    """

    nodes: int
    output: str = "denoiser"
    variant: str = "bh2"
    corrector: bool = True
    family = "unipc"

    def __post_init__(self) -> None:
        if _checks.count("nodes", self.nodes) > 3:
            raise ValueError(f"nodes: expected 1, 2 or 3, got {self.nodes}")
        outputs_of(self.output)
        _checks.option("variant", self.variant, ("bh1", "bh2"))
        _checks.instance("corrector", self.corrector, bool)

    @property
    def order(self) -> int:  # type: ignore[override]
        return self.nodes + self.corrector

    @property
    def startup_order(self) -> int:
        return min(self.order, 2 + self.corrector)

    @property
    def history(self) -> int:
        return self.nodes - 1 + self.corrector

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        output, state = leg.evaluated(leg.x, leg.t_start), leg.x
        before = recent(leg.memory, self.history)
        if self.corrector and before:
            seen = (*before, Evaluation(leg.t_start, leg.x, output))
            weights = unipc_weights(
                leg.path, after(before, leg.t_start), output=self.output, variant=self.variant, corrector=True
            )
            state = moved(weights, before[-1].state, seen, None)
        now = Evaluation(leg.t_start, state, output)
        nodes = (*recent(before, self.nodes - 1), now)
        weights = unipc_weights(leg.path, after(nodes, leg.t_end), output=self.output, variant=self.variant)
        return moved(weights, state, nodes, None), (*before, now)
