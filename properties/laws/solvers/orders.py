"""Laws of the orders that solvers declare: measured on a nonlinear flow that is known exactly, and on covariances."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.cases.solver_runs import OrderRun
from properties.law import law
from properties.laws._compare import exact, truncated
from properties.laws.solvers._walks import answer
from properties.protocol import Finding, Findings, Floats, Implementation

COUNTS = (6, 12, 24)
"""Steps between the two levels: the errors of the last three doublings tell the order."""
START, END = -1.0, 1.0
"""Half log-SNR: much earlier, a cold start hides behind a tiny alpha; on so short a way few steps are many."""
SPREAD = 0.3
"""The variance of the two components at -1 and 1."""
PLACES = np.array([-2.0, -0.9, 0.1, 0.4, 0.8, 1.7])
"""Where the flows start, in standard deviations of the noise and the signal."""


class Twins:
    """Two equal Gaussians of variance S at -1 and 1, on a path: D = (alpha S x + sigma^2 tanh(alpha x/V))/V with
    V = alpha^2 S + sigma^2.
    """

    def __init__(self, implementation: Implementation, path: Any) -> None:
        self.implementation, self.path = implementation, path

    def times(self, count: int, earlier: int = 0) -> Any:
        """Times uniform in half log-SNR, with a few of the same spacing before the start."""
        levels = START + (END - START) / count * np.arange(-earlier, count + 1)
        return self.path.time_at_half_log_snr(self.implementation.lift(levels))

    def levels(self, t: Any) -> tuple[float, float]:
        alpha, sigma = (float(self.implementation.lower(level(t))) for level in (self.path.alpha, self.path.sigma))
        return alpha, sigma

    def flow(self, x: Floats, start: Any, end: Any) -> Floats:
        """The exact flow, quantile to quantile (P56), by bisection."""
        before, after = self.levels(start), self.levels(end)
        return np.array([_quantile(_below(place, *before), *after) for place in x.tolist()])

    def model(self, output: str) -> Any:
        """The exact field."""
        lift, lower, path = self.implementation.lift, self.implementation.lower, self.path

        def field(x: Any, t: Any) -> Any:
            alpha, sigma = path.alpha(t)[..., None], path.sigma(t)[..., None]
            total = alpha * alpha * SPREAD + sigma * sigma
            side = lift(np.tanh(lower(alpha * x / total)))
            return answer(path, output, (alpha * SPREAD * x + sigma * sigma * side) / total, x, t)

        return field

    def error(self, solver: Any, count: int, exact_start: bool) -> float:
        """The mean distance of the rule's ends from the flow's."""
        solvers, lift, lower = self.implementation.module.solvers, self.implementation.lift, self.implementation.lower
        earlier = solver.history if exact_start else 0
        times, model = self.times(count, earlier), self.model(solver.output)
        x = PLACES * np.hypot(*self.levels(times[earlier]))
        memory = []
        for place in range(earlier):
            state = lift(self.flow(x, times[earlier], times[place])[:, None])
            memory.append(solvers.Evaluation(times[place], state, model(state, times[place]), None))
        ends = solvers.sample(solver, model, self.path, lift(x[:, None]), times[earlier:], memory=tuple(memory))
        return float(np.mean(np.abs(lower(ends)[:, 0] - self.flow(x, times[earlier], times[-1]))))


def _below(x: float, alpha: float, sigma: float) -> float:
    """The probability of the marginal below x."""
    scale = math.sqrt(2.0 * (alpha**2 * SPREAD + sigma**2))
    return 0.5 + 0.25 * (math.erf((x - alpha) / scale) + math.erf((x + alpha) / scale))


def _quantile(probability: float, alpha: float, sigma: float) -> float:
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if _below(middle, alpha, sigma) > probability else (middle, high)
    return 0.5 * (low + high)


def measured_orders(errors: Sequence[float]) -> tuple[float, float]:
    """(the order between the last two errors, the same or what the last two orders tend to, if more)."""
    first, last = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))[-2:]
    return float(last), float(max(last, 2.0 * last - first))


def order_finding(quantity: str, errors: Sequence[float], claimed: int, floor: float, **detail: Any) -> Finding:
    """How far the errors fall short of the claim; nothing is seen where they are rounding."""
    if errors[-1] <= floor:
        return Finding(quantity, 0.0, budget.TRUNCATED.constant, budget.TRUNCATED.name, vacuous=True, detail=detail)
    last, tends_to = measured_orders(errors)
    return truncated(
        quantity, max(claimed - tends_to, 0.0), budget.ORDER_SHORTFALL, order=last, claimed=claimed, **detail
    )


def standard(implementation: Implementation, index: int, *, draws: bool) -> tuple[str, Any]:
    """The solver of the table at an index, among those that draw or do not, and whose order the dtype can see."""
    table = implementation.module.solvers.standard_solvers()
    names = [
        name
        for name, solver in sorted(table.items())
        if (solver.draws > 0) == draws and (implementation.dtype == "float64" or solver.order <= 2)
    ]
    name = names[index % len(names)]
    return name, table[name]


def rounding(implementation: Implementation) -> float:
    """Errors that are rounding: a walk's terms are of size one, and a few hundred are added up."""
    return 400.0 * budget.UNIT_ROUNDOFF[implementation.dtype]


@law(
    "solvers.attains_its_order",
    statement="on levels uniform in half log-SNR, from an exact start, the errors of a deterministic rule fall with "
    "the order that it declares and no faster; from its own cold start, with the start-up order at least",
    catalogue=("P69", "P70", "P72", "P73", "P74", "P75", "P76", "P79"),
    family="order_run",
    route="closed form",
)
def attains_its_order(implementation: Implementation, case: OrderRun) -> Findings:
    name, solver = standard(implementation, case.index, draws=False)
    twins, floor = Twins(implementation, case.path.build(implementation)), rounding(implementation)
    errors = [twins.error(solver, count, case.exact_start) for count in COUNTS]
    quantity, detail = f"solvers.{type(solver).__name__}.step", {"solver": name, "exact_start": case.exact_start}
    if not case.exact_start:
        return (order_finding(quantity, errors, solver.startup_order, floor, **detail),)
    finding = order_finding(quantity, errors, solver.order, floor, **detail)
    above = measured_orders(errors)[0] - solver.order
    return (finding, exact(quantity, finding.vacuous or above <= budget.ORDER_EXCESS, above=above, **detail))


@law(
    "solvers.attains_its_weak_order",
    statement="the covariance that a stochastic rule delivers on Gaussian data converges with the order that it "
    "declares",
    catalogue=("P59", "P62", "P63"),
    family="order_run",
    route="closed form",
)
def attains_its_weak_order(implementation: Implementation, case: OrderRun) -> Findings:
    name, solver = standard(implementation, case.index, draws=True)
    lift, lower = implementation.lift, implementation.lower
    churned = type(solver).__name__ == "EDMStochastic"
    path = implementation.module.EDM() if churned else case.path.build(implementation)
    errors = []
    for count in COUNTS:
        # EDM's churn is shared by the steps of a run, whose number the rule must know.
        rule = replace(solver, steps=count) if churned else solver
        times = path.time_at_half_log_snr(lift(START + (END - START) / count * np.arange(count + 1)))
        gains = implementation.module.solvers.gaussian_gains(rule, path, times, variance=lift(SPREAD))
        before, after = (_variance(implementation, path, t) for t in (times[0], times[-1]))
        start, noise = float(lower(gains.start)), lower(gains.noise)
        errors.append(abs(start**2 * before + float(np.sum(noise**2)) - after))
    quantity = f"solvers.{type(solver).__name__}.step"
    return (order_finding(quantity, errors, solver.order, rounding(implementation), solver=name),)


def _variance(implementation: Implementation, path: Any, t: Any) -> float:
    alpha, sigma = (float(implementation.lower(level(t))) for level in (path.alpha, path.sigma))
    return alpha**2 * SPREAD + sigma**2


@law(
    "solvers.standard_solvers_are_whole",
    statement="the table has every family, its names are its own, and every entry declares what a solver declares",
    catalogue=("P69", "P70", "P72", "P73", "P74", "P75", "P76"),
    family="order_run",
    route="enumeration",
)
def standard_solvers_are_whole(implementation: Implementation, case: OrderRun) -> Findings:  # noqa: ARG001
    table = implementation.module.solvers.standard_solvers()
    families = {type(solver).__name__ for solver in table.values()}
    whole = all(
        solver.output in ("denoiser", "noise", "velocity", "score")
        and 0 <= solver.startup_order <= solver.order
        and solver.history >= 0
        and solver.evaluations >= 1
        for solver in table.values()
    )
    name = "solvers.standard_solvers"
    return (
        exact(name, families == set(FAMILIES), missing=str(sorted(set(FAMILIES) - families))),
        exact(name, whole),
        exact(name, len({repr(solver) for solver in table.values()}) == len(table)),
    )


FAMILIES = (
    "Ancestral",
    "AncestralEuler",
    "DDIM",
    "DEIS",
    "DPMSolver",
    "DPMSolverAncestral",
    "DPMSolverSDE",
    "EDMStochastic",
    "Euler",
    "EulerMaruyama",
    "ExponentialAdams",
    "Heun",
    "LMS",
    "Midpoint",
    "MidpointMultistep",
    "PNDM",
    "PredictorCorrector",
    "SASolver",
    "UniPC",
)
