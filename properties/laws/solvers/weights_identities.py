"""Laws of rules that are one rule under several names, of the three etas, and of batches of rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties.arbiter import solver_weights as twins
from properties.arbiter import transitions
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import truth
from properties.cases.solver_nodes import SigmaNodes, SolverNodes
from properties.cases.specs import PathSpec
from properties.law import law
from properties.laws._compare import exact, residual
from properties.laws._data import path_arguments, size_of
from properties.laws._measured import measured, vanishes
from properties.laws.solvers import _weights as rules
from properties.laws.solvers.weights_multistep import VARIANTS
from properties.protocol import Finding, Findings, Floats, Implementation

LEVELS = (0.25, 0.5, 1.0, 1.5)
"""Noise levels whose squares no dtype rounds."""


def same(
    implementation: Implementation, first: rules.Rule, second: rules.Rule, path: PathSpec, times: Floats
) -> Finding:
    """Two rules have the same weights, one by one."""
    pairs = zip(*(_all(implementation, rule, path, times) for rule in (first, second)), strict=True)
    return vanishes(first.quantity, [left - right for left, right in pairs], implementation, other=second.name)


def _all(implementation: Implementation, rule: rules.Rule, path: PathSpec, times: Floats) -> list[Measured]:
    state, outputs, noise = rules.known(implementation, rule, path, times)
    return [state, *outputs, noise]


@law(
    "solvers.first_order_rules_are_one",
    statement="DDIM without noise is the first-order exponential rule, DEIS, PNDM and UniP of one node; with eta = 1 "
    "it is the denoiser's first-order rule of noise level 1",
    catalogue=("P65",),
    family="solver_nodes",
    route="composition",
)
@precisely
def first_order_rules_are_one(implementation: Implementation, case: SolverNodes) -> Findings:
    data, noise = (rules.exponential_adams(1, output) for output in rules.OUTPUTS)
    pairs = (
        (rules.ddim(0.0, "denoiser"), data),
        (rules.ddim(0.0, "noise"), noise),
        (rules.unipc(1, "denoiser", VARIANTS[case.order % 2]), data),
        (rules.unipc(1, "noise", VARIANTS[case.order % 2]), noise),
        (rules.deis(1, "noise_to_signal"), noise),
        (rules.deis(1, "time"), noise),
        (rules.pndm(1), noise),
        (rules.ddim(1.0, "denoiser"), rules.exponential_adams(1, "denoiser", 1.0)),
    )
    return tuple(same(implementation, *pair, case.path, case.times) for pair in pairs)


@law(
    "solvers.multistep_rules_are_one",
    statement="UniP-2 of bh2 is the midpoint rule, UniP-3 the exponential rule of three nodes, UniC-p of p >= 2 the "
    "implicit one through the same nodes; on EDM both variables of DEIS are the plain integrals in sigma",
    catalogue=("P72", "P73", "P74", "P75", "P77"),
    family="solver_nodes",
    route="composition",
)
@precisely
def multistep_rules_are_one(implementation: Implementation, case: SolverNodes) -> Findings:
    # Either output, and either variant, at half of the cases.
    output, variant = rules.OUTPUTS[case.order % 2], VARIANTS[case.order // 2 % 2]
    pairs = (
        (rules.unipc(2, output), rules.midpoint_multistep(output)),
        (rules.unipc(3, output, variant), rules.exponential_adams(3, output)),
        (rules.unipc(2, output, variant, corrector=True), rules.exponential_adams(3, output, implicit=True)),
        (rules.unipc(3, output, variant, corrector=True), rules.exponential_adams(4, output, implicit=True)),
    )
    return tuple(same(implementation, *pair, case.path, case.times) for pair in pairs)


@law(
    "solvers.sigma_is_the_time_of_edm",
    statement="on EDM the weights of DEIS in either variable are the plain integrals of the polynomials in sigma",
    catalogue=("P75", "P77"),
    family="sigma_nodes",
    route="composition",
)
@precisely
def sigma_is_the_time_of_edm(implementation: Implementation, case: SigmaNodes) -> Findings:
    nodes = len(case.sigmas) - 1
    alone = implementation.module.solvers.linear_multistep_weights(implementation.lift(case.sigmas))
    weights = measured(alone, truth(twins.linear_multistep, case.sigmas.tolist()), implementation)
    findings: list[Finding] = []
    for variable in ("time", "noise_to_signal"):
        rule = rules.deis(nodes, variable)
        _, outputs, _ = rules.known(implementation, rule, rules.EDM, case.sigmas)
        rows = [found - weight for found, weight in zip(outputs, weights, strict=True)]
        findings.append(vanishes(rule.quantity, rows, implementation, **rules.detail(rule)))
    return tuple(findings)


def noise_of(implementation: Implementation, path: PathSpec, times: Floats, family: str, strength: float) -> Measured:
    """One of the three noises of the last step, with its allowance."""
    lift, (start, end) = implementation.lift, times[-2:].tolist()
    found = implementation.module.solvers.noise_standard_deviation(
        path.build(implementation), t_start=lift(start), t_end=lift(end), family=family, strength=lift(strength)
    )
    told = truth(twins.noise_standard_deviation, *path_arguments(path), start, end, family, rules.chosen(strength))
    return measured(found, told, implementation)[0]


@law(
    "solvers.three_etas",
    statement="each noise is its own rule's; all vanish at 0, and DDIM's and the frozen denoiser's meet again at 1",
    catalogue=("P66", "P67", "P67b"),
    family="solver_nodes",
    route="composition",
)
@precisely
def three_etas(implementation: Implementation, case: SolverNodes) -> Findings:
    level = LEVELS[case.order - 1]

    def noise(family: str, strength: float) -> Measured:
        return noise_of(implementation, case.path, case.times, family, strength)

    def drawn(rule: rules.Rule) -> Measured:
        return rules.known(implementation, rule, case.path, case.times)[2]

    rows = (
        noise("ddim", case.share) - drawn(rules.ddim(case.share, "denoiser")),
        noise("frozen_denoiser", level**2) - drawn(rules.exponential_adams(1, "denoiser", level)),
        noise("frozen_noise", level**2) - drawn(rules.exponential_adams(1, "noise", level)),
        noise("ddim", 1.0) - noise("frozen_denoiser", 1.0),
        *(noise(family, 0.0) for family in ("ddim", "frozen_denoiser", "frozen_noise")),
    )
    return (vanishes("solvers.noise_standard_deviation", rows, implementation),)


@law(
    "solvers.eta_1_is_the_bridge",
    statement="DDIM with eta = 1 is the ancestral step: the mean and the variance of the bridge at D",
    catalogue=("P64", "P65", "P37"),
    family="solver_nodes",
    route="composition",
)
@precisely
def eta_1_is_the_bridge(implementation: Implementation, case: SolverNodes) -> Findings:
    noisy, clean = case.times[-2:].tolist()
    path, lift = case.path.build(implementation), implementation.lift
    told = truth(transitions.scalars, *path_arguments(case.path), clean, noisy).split(1, 1, 1, 1, 1)[2:]
    state, data, variance = (
        measured(
            getattr(implementation.module.transitions, name)(path, clean=lift(clean), noisy=lift(noisy)),
            part,
            implementation,
        )[0]
        for name, part in zip(("bridge_state_weight", "bridge_data_weight", "bridge_variance"), told, strict=True)
    )
    rule = rules.ddim(1.0, "denoiser")
    found = rules.known(implementation, rule, case.path, case.times)
    rows = (found[0] - state, found[1][0] - data, found[2].square() - variance)
    return (vanishes(rule.quantity, rows, implementation),)


@law(
    "solvers.ancestral_split",
    statement="down^2 + up^2 = sigma_e^2; up is DDIM's noise on EDM for eta in [0, 1], and down sigma_e^2/sigma_s at 1",
    catalogue=("P66",),
    family="sigma_nodes",
    route="composition",
)
@precisely
def ancestral_split(implementation: Implementation, case: SigmaNodes) -> Findings:
    lift, (start, end) = implementation.lift, case.sigmas[-2:].tolist()

    def split(eta: float) -> list[Measured]:
        found = implementation.module.solvers.ancestral_sigmas(
            sigma_start=lift(start), sigma_end=lift(end), eta=lift(eta)
        )
        told = truth(twins.ancestral_sigmas, start, end, rules.chosen(eta)).split(1, 1)
        return [measured(value, part, implementation)[0] for value, part in zip(found, told, strict=True)]

    down, up = split(case.eta)
    share = min(case.eta, 1.0)
    rows = [
        down.square() + up.square() - as_measured(end).square(),
        split(share)[1] - noise_of(implementation, rules.EDM, case.sigmas, "ddim", share),
        split(1.0)[0] * start - as_measured(end).square(),
    ]
    return (vanishes("solvers.ancestral_sigmas", rows, implementation),)


@law(
    "solvers.batches_of_weights",
    statement="a batch of steps has the weights that each step has alone, and the options have the defaults they name",
    catalogue=("P58",),
    family="moderate_solver_nodes",
    route="composition",
)
def batches_of_weights(implementation: Implementation, case: SolverNodes) -> Findings:
    lower, order = implementation.lower, case.order
    few, data = min(order, 3), "denoiser"
    findings: list[Finding] = []
    for rule in (
        rules.exponential_adams(order, data),
        rules.ddim(0.0, data),
        rules.midpoint_multistep(data),
        rules.unipc(few, data),
        rules.deis(order, "time"),
        rules.pndm(order),
    ):
        times = case.times[-rule.count :]
        both = np.stack([0.5 * times, times])
        many = rules.weights(implementation, replace(rule, options=()), case.path, both)
        shapes = [lower(part).shape for part in (many.state, many.outputs, many.noise)]
        if shapes != [(2,), (2, rule.nodes), (2,)]:
            findings.append(exact(f"{rule.quantity} of a batch", False, shapes=shapes))
            continue
        found = np.concatenate([lower(many.state)[1:], lower(many.outputs)[1], lower(many.noise)[1:]])
        alone = lower(rules.flat(implementation, rules.weights(implementation, rule, case.path, times)))
        size = 2.0 * size_of(rules.exactly(rule, case.path, times))
        findings.append(residual(f"{rule.quantity} of a batch", found - alone, size, implementation))
    return (*findings, *_scalars(implementation, case))


def _steps(implementation: Implementation, case: SolverNodes) -> tuple[Any, Any]:
    """A step of two batch entries whose weights, states, outputs and draws all differ, and of the second alone."""
    solvers, lift = implementation.module.solvers, implementation.lift
    state, draw = np.array([0.5, case.times[-2]]), np.array([1.0, case.share])
    places = np.stack([0.5 * case.times, case.times])
    x, outputs = places[:, :2], places[:, 1:, None] * case.times[:2]

    def step(entry: Any) -> Any:
        weights = solvers.StepWeights(
            state=lift(state[entry]), outputs=lift(places[entry][..., :-1]), noise=lift(draw[entry])
        )
        return solvers.weighted_step(weights, lift(x[entry]), lift(outputs[entry]), lift(places[entry][..., -2:]))

    return step(slice(None)), step(1)


def _scalars(implementation: Implementation, case: SolverNodes) -> Findings:
    """The functions of numbers, two at once: the second is what it is alone."""
    solvers, lift, lower = implementation.module.solvers, implementation.lift, implementation.lower
    path = case.path.build(implementation)
    start, end = (np.array([0.5 * time, time]) for time in case.times[-2:].tolist())
    sigmas = np.stack([0.5 * case.times, case.times])
    noise = {"family": "frozen_denoiser", "strength": lift(case.share)}
    rows: tuple[tuple[str, Any, Any], ...] = (
        ("phi", solvers.phi(case.order, lift(-start)), solvers.phi(case.order, lift(-start[1]))),
        (
            "noise_standard_deviation",
            solvers.noise_standard_deviation(path, t_start=lift(start), t_end=lift(end), **noise),
            solvers.noise_standard_deviation(path, t_start=lift(start[1]), t_end=lift(end[1]), **noise),
        ),
        *(
            ("ancestral_sigmas", many, alone)
            for many, alone in zip(
                solvers.ancestral_sigmas(sigma_start=lift(start), sigma_end=lift(end)),
                solvers.ancestral_sigmas(sigma_start=lift(start[1]), sigma_end=lift(end[1]), eta=lift(1.0)),
                strict=True,
            )
        ),
        (
            "linear_multistep_weights",
            solvers.linear_multistep_weights(lift(sigmas)),
            solvers.linear_multistep_weights(lift(sigmas[1])),
        ),
        ("weighted_step", *_steps(implementation, case)),
    )
    findings = []
    for name, many, alone in rows:
        values, single = lower(many), lower(alone)
        if values.shape != (2, *single.shape):
            findings.append(exact(f"solvers.{name} of a batch", False, shape=values.shape))
            continue
        # A batch may go through other instructions, which round in other places.
        findings.append(
            residual(f"solvers.{name} of a batch", values[1] - single, 2.0 * np.abs(single), implementation)
        )
    return tuple(findings)
