"""Laws of the velocities that lower divergences, and of densities carried by affine flows."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import transport as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import rounded
from properties.cases.transport import AffineFlow, LawPair
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import arguments, judge, rectangular, size_of, smallest_scale, spectral
from properties.laws._differences import differentiated, jacobian, step_for
from properties.protocol import Finding, Findings, Implementation

VELOCITIES = ("reverse_divergence_velocity", "forward_divergence_velocity")
LARGEST_LOG_RATIO = {"float64": 300.0, "float32": 40.0}


def velocity_truths(case: LawPair) -> list[Truth]:
    """The two velocities at the case's place."""
    known = truth(twins.divergence_velocities, arguments(case.target), arguments(case.law), case.x.tolist())
    return known.split(case.target.size, case.target.size)


def log_ratio(implementation: Implementation, case: LawPair, x: Any) -> Any:
    """Log p_target - log p at places, by the laws themselves."""
    target, present = case.target.build(implementation), case.law.build(implementation)
    return target.log_prob(x) - present.log_prob(x)


def tractable(implementation: Implementation, case: LawPair) -> int:
    """How many of the velocities the dtype can hold."""
    ratio = float(implementation.lower(log_ratio(implementation, case, implementation.lift(case.x))))
    return 2 if abs(ratio) < LARGEST_LOG_RATIO[implementation.dtype] else 1


def velocities(implementation: Implementation, case: LawPair, count: int) -> list[Any]:
    """transport.<name>(target, law, x)."""
    call = (case.target.build(implementation), case.law.build(implementation), implementation.lift(case.x))
    return [getattr(implementation.module.transport, name)(*call) for name in VELOCITIES[:count]]


@law(
    "transport.divergence_velocities_arbiter",
    statement="the velocities that lower KL(p | target) and KL(target | p) are the difference of scores and p_target/p "
    "times it",
    catalogue=("P99",),
    family="law_pair",
    route="arbiter",
)
def divergence_velocities_arbiter(implementation: Implementation, case: LawPair) -> Findings:
    count = tractable(implementation, case)
    by_norm = spectral(implementation, case.target) or spectral(implementation, case.law)
    values, known = velocities(implementation, case, count), velocity_truths(case)[:count]
    return tuple(
        judge(f"transport.{name}", value, part, implementation, by_norm)
        for name, value, part in zip(VELOCITIES, values, known, strict=False)
    )


@law(
    "transport.divergence_velocities_are_gradients",
    statement="they are the gradients of minus the first variations: of log p_target/p, and of p_target/p",
    catalogue=("P99",),
    family="law_pair",
    route="finite difference",
)
def divergence_velocities_are_gradients(implementation: Implementation, case: LawPair) -> Findings:
    count, dtype = tractable(implementation, case), implementation.dtype
    known, values = velocity_truths(case), velocities(implementation, case, count)
    lift, lower = implementation.lift, implementation.lower
    size = min(smallest_scale(each, 1.0, 0.0) for each in (case.target, case.law))
    at = float(lower(log_ratio(implementation, case, lift(case.x))))
    pulls = [
        float(np.linalg.norm(lower(each.build(implementation).score(lift(case.x))))) for each in (case.target, case.law)
    ]
    step = step_for(implementation, min(size, 1.0 / max(*pulls, 1e-300)))
    # Log densities of a size of their quadratic forms.
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[dtype]
    terms = sum(
        (pull * scale) ** 2 + 10.0 + pull * float(np.linalg.norm(case.x))
        for pull, scale in zip(pulls, (size, size), strict=True)
    )

    def relative(places: Any) -> Any:
        # p_target/p over its value here, which float32 could not hold.
        return lift(np.exp(lower(log_ratio(implementation, case, places)) - at))

    findings: list[Finding] = []
    for name, value, part, field, factor in (
        (VELOCITIES[0], 0, known[0], lambda places: log_ratio(implementation, case, places), 1.0),
        (VELOCITIES[1], 1, known[1], relative, np.exp(at) if count > 1 else 1.0),
    ):
        if value >= count:
            continue
        slope, bound = jacobian(implementation, field, case.x, step, unit * terms)
        velocity = lower(values[value]) / factor
        own = unit * float(size_of(part, True)[0]) / factor
        natural = float(np.linalg.norm(velocity)) + 1.0 / size
        findings.append(differentiated(f"transport.{name}", slope - velocity, bound + own, natural, implementation))
    return tuple(findings)


def flow_log_prob(implementation: Implementation, case: AffineFlow, x: Any) -> Any:
    """transport.affine_flow_log_prob(base, matrices, offsets, x)."""
    lift = implementation.lift
    base = case.base.build(implementation)
    return implementation.module.transport.affine_flow_log_prob(base, lift(case.matrices), lift(case.offsets), x)


def flow_truth(case: AffineFlow) -> Truth:
    """The log density behind the layers."""
    matrices = [rectangular(matrix) for matrix in case.matrices]
    return truth(twins.affine_flow_log_prob, *arguments(case.base), matrices, case.offsets.tolist(), case.x.tolist())


@law(
    "transport.affine_flow_arbiter",
    statement="the log density behind affine layers is that of the law that they push the base to",
    catalogue=("P100",),
    family="affine_flow",
    route="arbiter",
)
def affine_flow_arbiter(implementation: Implementation, case: AffineFlow) -> Findings:
    value = flow_log_prob(implementation, case, implementation.lift(case.x))
    return (judge("transport.affine_flow_log_prob", value, flow_truth(case), implementation, True),)


@law(
    "transport.affine_flow_changes_variables",
    statement="it is the base's log density before the layers less their log determinants, as change_of_variables says",
    catalogue=("P100",),
    family="affine_flow",
    route="composition",
)
def affine_flow_changes_variables(implementation: Implementation, case: AffineFlow) -> Findings:
    module, lift, lower = implementation.module.transport, implementation.lift, implementation.lower
    z = case.x
    for matrix, offset in zip(case.matrices[::-1], case.offsets[::-1], strict=True):
        z = np.linalg.solve(matrix, z - offset)
    before = rounded(z, implementation.dtype)
    density = case.base.build(implementation).log_prob(lift(before))
    logs = float(sum(np.linalg.slogdet(matrix)[1] for matrix in case.matrices))
    total = module.change_of_variables(density, lift(rounded(logs, implementation.dtype)))
    plain = float(lower(density)) - float(rounded(logs, implementation.dtype))
    value = float(lower(flow_log_prob(implementation, case, lift(case.x))))
    known = float(size_of(flow_truth(case), True)[0])
    pull = float(np.linalg.norm(lower(case.base.build(implementation).score(lift(before)))))
    condition = float(np.prod([np.linalg.cond(matrix) for matrix in case.matrices]))
    reach = float(np.linalg.norm(before)) + float(np.linalg.norm(case.offsets))
    scale = 2.0 * known + abs(float(lower(density))) + abs(logs) + 4.0 * condition * pull * reach
    return (
        residual("transport.affine_flow_log_prob", value - float(lower(total)), scale, implementation, budget.NORMWISE),
        residual("transport.change_of_variables", float(lower(total)) - plain, abs(plain) + abs(logs), implementation),
    )
