"""The order that every rule attains: from an exact start, from its own, and of the covariance where it draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import reference
from certify import tolerances
from certify.orders.problems import BLOCKS, Block, nodes
from certify.orders.walks import walked
from certify.sampler_laws.order import measured_order

__all__ = ["COUNTS", "FLOOR", "QUICK_COUNTS", "Row", "attained", "measured"]

Array = NDArray[np.float64]

COUNTS, QUICK_COUNTS = (40, 80, 160, 320), (40, 80, 160)
# Ten times what 320 steps were seen to gather in rounding, and the accuracy of the ODE solution in the plane.
FLOOR = 3e-12


@dataclass(frozen=True)
class Row:
    """The orders of one rule.

    ``exact`` and ``cold`` have the errors of every problem over the step counts, from an exact start and from the
    rule's own; a rule without memory has no start to make, and ``cold`` is empty.
    ``covariance``: the errors of the output law's covariance instead, for a rule that draws.
    """

    name: str
    family: str
    claimed: int
    startup: int
    counts: tuple[int, ...]
    exact: Mapping[str, tuple[float, ...]]
    cold: Mapping[str, tuple[float, ...]]
    covariance: tuple[float, ...] = ()

    def orders(self, errors: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
        """The fitted orders; None where no two errors are above the floor: exact to rounding."""
        return {name: measured_order(values, FLOOR) for name, values in errors.items()}

    @property
    def covariance_order(self) -> float | None:
        return measured_order(self.covariance, FLOOR)

    @property
    def passed(self) -> bool:
        """Whether every order is attained: the claimed one, and from the rule's own start the one claimed for that."""
        claims = [(order, self.claimed) for order in self.orders(self.exact).values()]
        claims += [(order, self.startup) for order in self.orders(self.cold).values()]
        if self.covariance:
            claims.append((self.covariance_order, self.startup))
        return all(order is None or order >= claim - tolerances.ORDER_SLACK for order, claim in claims)


def attained(
    solvers: Mapping[str, Any], counts: Sequence[int] = COUNTS, *, watch: Callable[[str], None] = lambda _: None
) -> tuple[Row, ...]:
    """A row a solver; ``watch`` hears of each name before it is measured."""

    def told() -> Iterator[Row]:
        for name, solver in solvers.items():
            watch(name)
            yield measured(name, solver, counts)

    return tuple(told())


def measured(name: str, solver: Any, counts: Sequence[int]) -> Row:
    """The orders of one solver."""
    startup = min(solver.order, solver.startup_order)
    row = Row(name, solver.family, solver.order, startup, tuple(counts), {}, {})
    if solver.draws:
        return replace(row, covariance=tuple(_covariance_error(solver, count) for count in counts))
    exact, cold = _errors(solver, counts)
    return replace(row, exact=exact, cold=cold)


# ---------------------------------------------------------------------------------------------- private


def _path(solver: Any) -> Any:
    """The path that a solver is made for."""
    return reference.EDM() if isinstance(solver, reference.solvers.EDMStochastic) else reference.VPLinear()


def _errors(solver: Any, counts: Sequence[int]) -> tuple[dict[str, tuple[float, ...]], dict[str, tuple[float, ...]]]:
    """Errors of every problem over the step counts, from the exact start and from the rule's own.

    Relative to the exact states: root mean squares over the points of a problem.
    """
    ends = walked(solver, _path(solver), counts)

    def errors(states: tuple[Array, ...], block: Block) -> tuple[float, ...]:
        exact = ends.truth[:, block.entries]
        return tuple(float(np.linalg.norm(end[:, block.entries] - exact) / np.linalg.norm(exact)) for end in states)

    exact, cold = ({block.name: errors(states, block) for block in BLOCKS} for states in (ends.exact, ends.cold))
    return exact, cold if solver.history else {}


def _covariance_error(solver: Any, count: int) -> float:
    """Error of the covariance that the rule leaves of a Gaussian, relative to the exact one."""
    path = _path(solver)
    # EDM's sampler spreads its churn over a stated number of steps
    rule = replace(solver, steps=count) if isinstance(solver, reference.solvers.EDMStochastic) else solver
    times = path.time_at_half_log_snr(nodes(count))
    block = BLOCKS[0].law
    data = reference.Gaussian(block.means[0], block.covariances[0])
    found = reference.solvers.sampling_law(rule, data, path, times).covariance
    exact = data.diffuse(path.alpha(times[-1]), path.sigma(times[-1])).covariance
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))
