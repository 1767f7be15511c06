"""Laws of the weights of single steps: phi functions, exponential Adams rules, DDIM, noise and the ancestral split."""

from __future__ import annotations

import math

import numpy as np

from properties.arbiter import solver_weights as twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import truth
from properties.cases.solver_nodes import PhiPoint, SigmaNodes, SolverNodes, WeightedStep
from properties.law import law
from properties.laws._compare import entrywise, exact, residual
from properties.laws._data import path_arguments
from properties.laws._measured import measured, vanishes
from properties.laws.solvers import _weights as rules
from properties.protocol import Finding, Findings, Implementation

FAMILIES = ("ddim", "frozen_denoiser", "frozen_noise")
"""The three noises that are called eta."""


@law(
    "solvers.phi_arbiter",
    statement="phi_k(z) is the sum of z^n/(n + k)!",
    catalogue=("P74",),
    family="phi_point",
    route="arbiter",
)
def phi_arbiter(implementation: Implementation, case: PhiPoint) -> Findings:
    found = implementation.module.solvers.phi(case.order, implementation.lift(case.z))
    return (entrywise("solvers.phi", found, truth(twins.phi, case.order, case.z), implementation, order=case.order),)


@law(
    "solvers.phi_recurrence",
    statement="z phi_{k+1}(z) = phi_k(z) - 1/k!",
    catalogue=("P74",),
    family="phi_point",
    route="composition",
)
@precisely
def phi_recurrence(implementation: Implementation, case: PhiPoint) -> Findings:
    def at(order: int) -> Measured:
        computed = implementation.module.solvers.phi(order, implementation.lift(case.z))
        return measured(computed, truth(twins.phi, order, case.z), implementation)[0]

    lower, upper, start = at(case.order), at(case.order + 1), at(0)
    first = as_measured(1) / math.factorial(case.order)
    return (
        vanishes("solvers.phi", upper * case.z - (lower - first), implementation, order=case.order),
        vanishes("solvers.phi", start - as_measured(case.z).exp(), implementation, order=0),
    )


@law(
    "solvers.weighted_step_arbiter",
    statement="a weighted step is state x + sum_j outputs_j M_j + noise z",
    catalogue=("P58",),
    family="weighted_step",
    route="arbiter",
)
def weighted_step_arbiter(implementation: Implementation, case: WeightedStep) -> Findings:
    solvers, lift = implementation.module.solvers, implementation.lift
    weights = solvers.StepWeights(state=lift(case.state), outputs=lift(case.weights), noise=lift(case.noise))
    normal = None if case.noise == 0.0 else lift(case.normal)
    found = solvers.weighted_step(weights, lift(case.x), lift(case.outputs), normal)
    places = [part.tolist() for part in (case.weights, case.x, case.outputs, case.normal)]
    return (
        entrywise(
            "solvers.weighted_step", found, truth(twins.weighted_step, case.state, case.noise, *places), implementation
        ),
    )


@law(
    "solvers.weighted_step_draws",
    statement="without a draw the step is the mean of the steps with it and with its opposite; a rule that draws asks "
    "for its draw",
    catalogue=("P58",),
    family="weighted_step",
    route="composition",
)
def weighted_step_draws(implementation: Implementation, case: WeightedStep) -> Findings:
    solvers, lift, lower = implementation.module.solvers, implementation.lift, implementation.lower
    parts = {"state": lift(case.state), "outputs": lift(case.weights)}
    still, stirred = (solvers.StepWeights(**parts, noise=lift(level)) for level in (0.0, 1.0))
    alone = lower(solvers.weighted_step(still, lift(case.x), lift(case.outputs)))
    both = [
        lower(solvers.weighted_step(stirred, lift(case.x), lift(case.outputs), lift(sign * case.normal)))
        for sign in (1.0, -1.0)
    ]
    size = np.abs(case.state * case.x) + np.abs(case.weights) @ np.abs(case.outputs) + np.abs(case.normal)
    rows = (both[0] + both[1] - 2.0 * alone, both[0] - both[1] - 2.0 * case.normal)
    try:
        solvers.weighted_step(stirred, lift(case.x), lift(case.outputs))
    except ValueError:
        asked = True
    else:
        asked = False
    return (
        *(residual("solvers.weighted_step", row, 4.0 * size, implementation) for row in rows),
        exact("solvers.weighted_step", asked),
    )


@law(
    "solvers.exponential_adams_arbiter",
    statement="the weights are alpha_e theta int e^{-theta (h - u)} L_j(u) du of the denoisers, -sigma_e theta int "
    "e^{h - u} L_j(u) du of the noises, with the state and the noise of the linear part",
    catalogue=("P65", "P67", "P67b", "P73"),
    family="solver_nodes",
    route="arbiter",
)
def exponential_adams_arbiter(implementation: Implementation, case: SolverNodes) -> Findings:
    asked = [rules.exponential_adams(case.order, output, case.noise_level) for output in rules.OUTPUTS]
    if case.order > 1:
        asked += [
            rules.exponential_adams(case.order, output, case.noise_level, implicit=True) for output in rules.OUTPUTS
        ]
    return tuple(rules.against_the_arbiter(implementation, rule, case) for rule in asked)


@law(
    "solvers.ddim_arbiter",
    statement="DDIM takes x to alpha_e D + sqrt(sigma_e^2 - v^2) noise + v z with v = eta times the bridge's deviation",
    catalogue=("P64", "P65"),
    family="solver_nodes",
    route="arbiter",
)
def ddim_arbiter(implementation: Implementation, case: SolverNodes) -> Findings:
    return tuple(
        rules.against_the_arbiter(implementation, rules.ddim(case.share, output), case) for output in rules.OUTPUTS
    )


def noise_finding(implementation: Implementation, case: SolverNodes, family: str, strength: float) -> Finding:
    """One of the three noises against the arbiter."""
    lift, (start, end) = implementation.lift, case.times[-2:].tolist()
    found = implementation.module.solvers.noise_standard_deviation(
        case.path.build(implementation), t_start=lift(start), t_end=lift(end), family=family, strength=lift(strength)
    )
    told = truth(twins.noise_standard_deviation, *path_arguments(case.path), start, end, family, rules.chosen(strength))
    return entrywise("solvers.noise_standard_deviation", found, told, implementation, family=family, strength=strength)


@law(
    "solvers.noise_arbiter",
    statement="the noise of a step of strength eta is eta sigma_e sqrt(1 - e^{-2h}) of DDIM, sigma_e sqrt(1 - "
    "e^{-2 eta h}) with the denoiser frozen, sqrt(eta) sigma_e sqrt(e^{2h} - 1) with the noise frozen",
    catalogue=("P66", "P67", "P67b"),
    family="solver_nodes",
    route="arbiter",
)
def noise_arbiter(implementation: Implementation, case: SolverNodes) -> Findings:
    return (
        *(noise_finding(implementation, case, family, case.share) for family in FAMILIES),
        *(noise_finding(implementation, case, family, case.noise_level) for family in FAMILIES[1:]),
    )


@law(
    "solvers.ancestral_sigmas_arbiter",
    statement="up = min(sigma_e, eta sqrt(sigma_e^2 (sigma_s^2 - sigma_e^2)/sigma_s^2)) and down = "
    "sqrt(sigma_e^2 - up^2)",
    catalogue=("P66",),
    family="sigma_nodes",
    route="arbiter",
)
def ancestral_sigmas_arbiter(implementation: Implementation, case: SigmaNodes) -> Findings:
    lift, (start, end) = implementation.lift, case.sigmas[-2:].tolist()
    found = implementation.module.solvers.ancestral_sigmas(
        sigma_start=lift(start), sigma_end=lift(end), eta=lift(case.eta)
    )
    told = truth(twins.ancestral_sigmas, start, end, rules.chosen(case.eta)).split(1, 1)
    names = ("down", "up")
    return (
        exact("solvers.ancestral_sigmas", len(found) == 2, results=len(found)),
        *(
            entrywise("solvers.ancestral_sigmas", value, part, implementation, which=name)
            for value, part, name in zip(found, told, names, strict=True)
        ),
    )
