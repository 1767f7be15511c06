"""Laws of what a rule is exact on: polynomials through its nodes, constants, the marginal variance, the last level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import paths
from properties.arbiter import solver_weights as twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import lift, truth
from properties.cases.solver_nodes import SigmaNodes, SolverNodes
from properties.law import law
from properties.laws._compare import entrywise, exact, residual, truncated
from properties.laws._data import path_arguments, size_of
from properties.laws._measured import measured, vanishes
from properties.laws.solvers import _weights as rules
from properties.laws.solvers.weights_multistep import VARIANTS
from properties.protocol import Finding, Findings, Floats, Implementation

QUADRATURE_NODES = (40, 60)
"""Gauss and Legendre's in the root of t: the two differ by less than their rounding wherever the step is moderate."""


def solved(case: SolverNodes) -> list[tuple[rules.Rule, float]]:
    """The rules whose every weight is solved for, and their noise levels."""
    order, level = case.order, case.noise_level
    found = []
    for output in rules.OUTPUTS:
        found.append((rules.exponential_adams(order, output, level), level))
        if order > 1:
            found.append((rules.exponential_adams(order, output, level, implicit=True), level))
        if order == 3:
            found += [(rules.unipc(3, output, variant), 0.0) for variant in VARIANTS]
        if order in (2, 3):
            found += [(rules.unipc(order, output, variant, corrector=True), 0.0) for variant in VARIANTS]
    return found


def remainders(
    outputs: Sequence[Measured], places: Sequence[Any], integral: Callable[[int], Any]
) -> tuple[Measured, ...]:
    """sum_j w_j place_j^k less the integral, for every k below the number of nodes."""
    found = []
    terms = list(outputs)
    for power in range(len(outputs)):
        found.append(sum(terms, as_measured(0)) - integral(power))
        terms = [term * place for term, place in zip(terms, places, strict=True)]
    return tuple(found)


@law(
    "solvers.weights_integrate_polynomials",
    statement="a rule through n nodes integrates (lambda - lambda_start)^k exactly for every k < n",
    catalogue=("P65", "P67", "P67b", "P73", "P74"),
    family="moderate_solver_nodes",
    route="quadrature",
)
@precisely
def weights_integrate_polynomials(implementation: Implementation, case: SolverNodes) -> Findings:
    name, parameters = path_arguments(case.path)
    parameters = lift(parameters)
    findings: list[Finding] = []
    for rule, level in solved(case):
        times = lift(case.times[-rule.count :].tolist())
        levels = [paths.half_log_snr(name, parameters, time) for time in times]
        output = dict(rule.options)["output"]

        def integral(power: int, times: Any = times, output: str = output, level: float = level) -> Any:
            return twins.integrated_power(name, parameters, times, output, lift(level), power)

        _, outputs, _ = rules.known(implementation, rule, case.path, case.times)
        places = [value - levels[-2] for value in levels[: rule.nodes]]
        found = remainders(outputs, places, integral)
        findings.append(vanishes(rule.quantity, found, implementation, **rules.detail(rule)))
    return tuple(findings)


@law(
    "solvers.ratio_weights_integrate_polynomials",
    statement="polynomials in sigma/alpha, or in sigma, through n nodes are integrated exactly up to the power n - 1",
    catalogue=("P75", "P77"),
    family="moderate_solver_nodes",
    route="closed form",
)
@precisely
def ratio_weights_integrate_polynomials(implementation: Implementation, case: SolverNodes) -> Findings:
    name, parameters = path_arguments(case.path)
    rule = rules.deis(case.order, "noise_to_signal")
    times = lift(case.times[-rule.count :].tolist())
    ratios = [paths.noise_to_signal(name, lift(parameters), time) for time in times]
    alpha = paths.alpha(name, lift(parameters), times[-1])
    _, outputs, _ = rules.known(implementation, rule, case.path, case.times)
    sigmas = case.times[-rule.count :]
    alone = implementation.module.solvers.linear_multistep_weights(implementation.lift(sigmas))
    weights = measured(alone, truth(twins.linear_multistep, sigmas.tolist()), implementation)
    findings: list[Finding] = []
    for quantity, found, places, scale in (
        (rule.quantity, outputs, ratios, alpha),
        ("solvers.linear_multistep_weights", weights, times, as_measured(1).value),
    ):

        def integral(power: int, places: Sequence[Any] = places, scale: Any = scale) -> Any:
            return scale * (places[-1] ** (power + 1) - places[-2] ** (power + 1)) / (power + 1)

        rows = remainders(found, places[:-1], integral)
        findings.append(vanishes(quantity, rows, implementation, nodes=rule.nodes))
    return tuple(findings)


@law(
    "solvers.deis_by_quadrature",
    statement="sum_j w_j (t_j - t_start)^k is alpha_e int (t - t_start)^k rho lambda' dt over the step, by Gauss and "
    "Legendre, for every k below the number of nodes",
    catalogue=("P75",),
    family="moderate_solver_nodes",
    route="quadrature",
)
def deis_by_quadrature(implementation: Implementation, case: SolverNodes) -> Findings:
    rule = rules.deis(case.order, "time")
    sizes = size_of(rules.exactly(rule, case.path, case.times))[1:-1]
    return tuple(_moments(implementation, case, rule, budget.ENTRYWISE.constant * sizes))


def _moments(implementation: Implementation, case: SolverNodes, rule: rules.Rule, sizes: Floats) -> Iterator[Finding]:
    """sum_j w_j (t_j - t_start)^k beside its integral; ``sizes`` are what the weights may be wrong by, in units u."""
    path, (start, end) = case.path.build(implementation), case.times[-2:].tolist()
    weights = implementation.lower(rules.weights(implementation, rule, case.path, case.times).outputs)
    places = case.times[-rule.count : -1] - start
    for power in range(rule.nodes):
        coarse, fine = (_integral(implementation, path, start, end, power, count) for count in QUADRATURE_NODES)
        own = budget.QUADRATURE_ROUNDINGS * fine[1]
        rounding = budget.UNIT_ROUNDOFF[implementation.dtype] * (float(sizes @ np.abs(places) ** power) + own)
        error = float(weights @ places**power) - fine[0]
        yield truncated(rule.quantity, error, abs(coarse[0] - fine[0]) + rounding, power=power)


@cache
def _rule(count: int) -> tuple[Floats, Floats]:
    """Gauss and Legendre's places and shares."""
    return np.polynomial.legendre.leggauss(count)


def _integral(
    implementation: Implementation, path: Any, start: float, end: float, power: int, count: int
) -> tuple[float, float]:
    """alpha_e int (t - t_start)^k rho' dt with rho' = -rho lambda', in the root of t, where no path has a branch point;
    and the sum of the sizes of its terms.
    """
    lift, lower = implementation.lift, implementation.lower
    places, shares = _rule(count)
    reach = 0.5 * (np.sqrt(end) - np.sqrt(start))
    roots = np.sqrt(start) + reach * (places + 1.0)
    times = np.clip(np.asarray(roots**2, dtype=implementation.dtype).astype(np.float64), end, start)
    ratio = lower(path.sigma(lift(times))) / lower(path.alpha(lift(times)))
    slope = -ratio * lower(path.half_log_snr_derivative(lift(times)))
    terms = float(lower(path.alpha(lift(end)))) * reach * shares * 2.0 * roots * slope * (times - start) ** power
    return float(np.sum(terms)), float(np.sum(np.abs(terms)))


@law(
    "solvers.constants_are_transported",
    statement="every rule takes a constant denoiser to alpha_e D and, where it adds no noise, a constant noise to "
    "sigma_e noise",
    catalogue=("P64", "P65", "P67", "P72", "P74", "P75", "P76"),
    family="solver_nodes",
    route="closed form",
)
@precisely
def constants_are_transported(implementation: Implementation, case: SolverNodes) -> Findings:
    name, parameters = path_arguments(case.path)
    start, end = (paths.levels(name, lift(parameters), time) for time in lift(case.times[-2:].tolist()))
    order, level, few = case.order, case.noise_level, min(case.order, 3)
    # Either output, and either variant, at half of the cases.
    output, variant = rules.OUTPUTS[order % 2], VARIANTS[order // 2 % 2]
    asked = (
        rules.exponential_adams(order, output, level),
        *(rules.ddim(case.share, each) for each in rules.OUTPUTS),
        rules.midpoint_multistep(output, level),
        rules.unipc(few, output, variant),
        rules.unipc(few, output, variant, corrector=True),
        rules.deis(order, "noise_to_signal"),
        rules.pndm(order),
    )
    findings: list[Finding] = []
    for rule in asked:
        state, outputs, noise = rules.known(implementation, rule, case.path, case.times)
        whole = sum(outputs, as_measured(0))
        data = dict(rule.options).get("output") == "denoiser"
        rows = [state * start[0] + (whole if data else 0) - end[0]]
        if noise.value == 0:
            rows.append(state * start[1] + (0 if data else whole) - end[1])
        findings.append(vanishes(rule.quantity, rows, implementation, **rules.detail(rule)))
    return tuple(findings)


@law(
    "solvers.marginals_are_kept",
    statement="given x_0 a step keeps the law N(alpha x_0, sigma^2): with the denoiser at x_0 the variances of the "
    "state and of the draw add to sigma_e^2",
    catalogue=("P64", "P67", "P72"),
    family="solver_nodes",
    route="closed form",
)
@precisely
def marginals_are_kept(implementation: Implementation, case: SolverNodes) -> Findings:
    name, parameters = path_arguments(case.path)
    sigma, sigma_end = (paths.sigma(name, lift(parameters), time) for time in lift(case.times[-2:].tolist()))
    asked = [
        rules.exponential_adams(case.order, "denoiser", case.noise_level),
        rules.midpoint_multistep("denoiser", case.noise_level),
        rules.ddim(case.share, "denoiser"),
        rules.ddim(case.share, "noise"),
    ]
    findings: list[Finding] = []
    for rule in asked:
        state, outputs, noise = rules.known(implementation, rule, case.path, case.times)
        kept = state * sigma if dict(rule.options)["output"] == "denoiser" else state * sigma + outputs[0]
        row = kept.square() + noise.square() - sigma_end**2
        findings.append(vanishes(rule.quantity, row, implementation, **rules.detail(rule)))
    return tuple(findings)


@law(
    "solvers.the_last_step_may_end_at_the_data",
    statement="where sigma_e = 0 the denoiser's first-order rules return D itself and add no noise, and what is an "
    "integral over sigma/alpha stays finite",
    catalogue=("P61", "P64", "P65", "P75", "P76"),
    family="noiseless_end",
    route="closed form",
)
@precisely
def the_last_step_may_end_at_the_data(implementation: Implementation, case: SolverNodes) -> Findings:
    lift_, lower, path = implementation.lift, implementation.lower, case.path.build(implementation)
    findings: list[Finding] = []
    for rule in (
        rules.exponential_adams(1, "denoiser", case.noise_level),
        rules.ddim(case.share, "denoiser"),
        rules.unipc(1, "denoiser"),
    ):
        found = lower(rules.flat(implementation, rules.weights(implementation, rule, case.path, case.times)))
        only = np.array([0.0, 1.0, 0.0])
        findings.append(residual(rule.quantity, found - only, only, implementation, **rules.detail(rule)))
    explicit = rules.exponential_adams(case.order, "noise", case.noise_level)
    findings += [
        rules.against_the_arbiter(implementation, rule, case)
        for rule in (
            replace(explicit, twin=twins.exponential_adams_at_the_data),
            rules.ddim(case.share, "noise"),
            rules.deis(case.order, "noise_to_signal"),
            rules.pndm(case.order),
        )
    ]
    in_time = rules.deis(case.order, "time")
    weights = np.abs(lower(rules.weights(implementation, in_time, case.path, case.times).outputs))
    findings += _moments(implementation, case, in_time, budget.QUADRATURE_ROUNDINGS * weights)
    for family in ("ddim", "frozen_denoiser"):
        added = implementation.module.solvers.noise_standard_deviation(
            path,
            t_start=lift_(float(case.times[-2])),
            t_end=lift_(0.0),
            family=family,
            strength=lift_(case.share),
        )
        findings.append(exact("solvers.noise_standard_deviation", float(lower(added)) == 0.0, family=family))
    return tuple(findings)


@law(
    "solvers.the_first_step_may_start_from_noise",
    statement="where alpha_s = 0 a first-order step in the denoiser ends at alpha_e D and what "
    "it keeps or draws of the noise",
    catalogue=("P64", "P65", "P67"),
    family="all_noise_start",
    route="arbiter",
)
def the_first_step_may_start_from_noise(implementation: Implementation, case: SolverNodes) -> Findings:
    end, noise_level, eta = float(case.times[-1]), rules.chosen(case.noise_level), rules.chosen(case.share)
    told = truth(twins.denoiser_step_from_noise, *path_arguments(case.path), end, noise_level, eta).split(3, 3)
    asked = (rules.exponential_adams(1, "denoiser", case.noise_level), rules.ddim(case.share, "denoiser"))
    return tuple(
        entrywise(
            rule.quantity,
            rules.flat(implementation, rules.weights(implementation, rule, case.path, case.times)),
            part,
            implementation,
            **rules.detail(rule),
        )
        for rule, part in zip(asked, told, strict=True)
    )


@law(
    "solvers.equal_steps_on_edm",
    statement="where sigma is the time and its steps are equal, PNDM's weights are the Adams and Bashforth integrals",
    catalogue=("P76", "P77"),
    family="sigma_nodes",
    route="composition",
)
@precisely
def equal_steps_on_edm(implementation: Implementation, case: SigmaNodes) -> Findings:
    nodes = len(case.sigmas) - 1
    # Multiples of a power of 2, so that the steps are equal to the last bit.
    scale = 2.0 ** round(float(np.log2(case.sigmas[0])))
    sigmas = scale * np.arange(nodes + int(case.eta * 4.0), int(case.eta * 4.0) - 1, -1.0)
    alone = implementation.module.solvers.linear_multistep_weights(implementation.lift(sigmas))
    weights = measured(alone, truth(twins.linear_multistep, sigmas.tolist()), implementation)
    _, outputs, _ = rules.known(implementation, rules.pndm(nodes), rules.EDM, sigmas)
    rows = [found - weight for found, weight in zip(outputs, weights, strict=True)]
    return (vanishes("solvers.pndm_weights", rows, implementation, nodes=nodes),)
