"""Laws of multistep rules that remember the output at alpha = 0, whose half log-SNR is -infinity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from properties import budget
from properties.arbiter import paths
from properties.arbiter import solver_weights as twins
from properties.arbiter.numbers import truth
from properties.cases.solver_nodes import SolverNodes
from properties.cases.solver_runs import SolverRun
from properties.law import law
from properties.laws._compare import entrywise, exact, residual
from properties.laws._data import path_arguments
from properties.laws.solvers import _weights as rules
from properties.laws.solvers._runs import flat_gains, gain
from properties.laws.solvers.weights_multistep import VARIANTS
from properties.protocol import Finding, Findings, Implementation

MOST_TIMES = 4
"""Of implicit rules and of UniPC."""
LEVELS_AND_CONDITIONS = 3.0
"""More than |alpha| + t |alpha'|, and as much of sigma, at any time of flow matching or of the trigonometric path."""


def remembering(case: SolverNodes, output: str) -> Iterator[tuple[rules.Rule, rules.Rule]]:
    """The rules that take all times of the case, and the exponential rule of the same order that each then is."""

    def adams(level: float, *, implicit: bool = False) -> rules.Rule:
        nodes = len(case.times) if implicit else case.order
        rule = rules.exponential_adams(nodes, output, level, implicit=implicit)
        return replace(rule, twin=twins.exponential_adams_from_noise)

    stirred = adams(case.noise_level)
    yield stirred, stirred
    if case.order == 2:
        yield rules.midpoint_multistep(output, case.noise_level), stirred
    if len(case.times) <= MOST_TIMES:
        corrected = adams(case.noise_level, implicit=True)
        yield corrected, corrected
        for corrector in (False, True):
            # Nothing is left of the 1/2, nor of the variants, which are other only where it is.
            for variant in VARIANTS:
                yield rules.unipc(case.order, output, variant, corrector=corrector), adams(0.0, implicit=corrector)


@law(
    "solvers.the_history_may_start_from_noise",
    statement="a node where alpha = 0 lies infinitely far away in half log-SNR: with the denoiser its weight is 0 and "
    "every rule is the exponential one through the other nodes; with the noise it is refused",
    catalogue=("P65", "P67", "P72", "P73", "P74"),
    family="history_from_noise",
    route="arbiter",
)
def the_history_may_start_from_noise(implementation: Implementation, case: SolverNodes) -> Findings:
    return (
        *(_against(implementation, case, rule, same) for rule, same in remembering(case, "denoiser")),
        *(
            exact(rule.quantity, _refuses(implementation, rule, case), **rules.detail(rule))
            for rule, _ in remembering(case, "noise")
        ),
    )


def _against(implementation: Implementation, case: SolverNodes, rule: rules.Rule, same: rules.Rule) -> Finding:
    found = rules.flat(implementation, rules.weights(implementation, rule, case.path, case.times))
    told = rules.exactly(same, case.path, case.times)
    return entrywise(rule.quantity, found, told, implementation, **rules.detail(rule))


def _refuses(implementation: Implementation, rule: rules.Rule, case: SolverNodes) -> bool:
    try:
        rules.weights(implementation, rule, case.path, case.times)
    except ValueError:
        return True
    return False


@law(
    "solvers.a_run_forgets_the_output_at_pure_noise",
    statement="a multistep run from alpha = 0 first draws sigma_1 x + alpha_1 mu, or new noise for x, and then is the "
    "run from there that remembers nothing",
    catalogue=("P65", "P72", "P73", "P74", "P78"),
    family="run_from_noise",
    route="composition",
)
def a_run_forgets_the_output_at_pure_noise(implementation: Implementation, case: SolverRun) -> Findings:
    found = implementation.module.solvers.gaussian_gains(
        case.solver.build(implementation),
        case.path.build(implementation),
        implementation.lift(case.times),
        variance=implementation.lift(case.variance),
    )
    computed, name = flat_gains(implementation, found), f"solvers.{case.solver.name}.step"
    alpha, sigma = (
        float(level.mid()) for level in truth(paths.levels, *path_arguments(case.path), float(case.times[1])).values
    )
    rest = gain(replace(case, times=case.times[1:]), case.variance, last=False)
    (start, mean, *drawn), (of_start, of_mean, *of_drawn) = rest.values, rest.scale
    stirred = dict(case.solver.options).get("noise_level", 0.0) != 0.0
    own = LEVELS_AND_CONDITIONS * of_start
    # Drawn anew, or kept: the first step's share of the noise is all of sigma_1.
    head, size = ([0.0, sigma * start], [0.0, own]) if stirred else ([sigma * start], [own])
    expected = np.array([head[0], mean + alpha * start, *head[1:], *drawn])
    scale = np.array([size[0], of_mean + own, *size[1:], *of_drawn])
    if computed.shape != expected.shape:
        return (exact(name, False, outputs=computed.shape, expected=expected.shape),)
    detail = dict(case.solver.options)
    return tuple(
        residual(name, error, allowed, implementation, budget.NORMWISE, gain=place, **detail)
        for place, (error, allowed) in enumerate(zip(computed - expected, scale, strict=True))
    )
