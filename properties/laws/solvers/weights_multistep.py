"""Laws of the weights of multistep rules against the arbiter."""

from __future__ import annotations

from properties.arbiter import solver_weights as twins
from properties.arbiter.numbers import truth
from properties.cases.solver_nodes import SigmaNodes, SolverNodes
from properties.law import law
from properties.laws._compare import entrywise
from properties.laws.solvers import _weights as rules
from properties.protocol import Findings, Implementation

VARIANTS = ("bh1", "bh2")


@law(
    "solvers.midpoint_multistep_arbiter",
    statement="the first-order rule of the field extrapolated to the middle of the step: M_0 + h/(2 h_prev) "
    "(M_0 - M_-1), deterministic or with noise",
    catalogue=("P72",),
    family="solver_nodes",
    route="arbiter",
)
def midpoint_multistep_arbiter(implementation: Implementation, case: SolverNodes) -> Findings:
    return tuple(
        rules.against_the_arbiter(implementation, rules.midpoint_multistep(output, level), case)
        for output in rules.OUTPUTS
        for level in dict.fromkeys((0.0, case.noise_level))
    )


@law(
    "solvers.unipc_arbiter",
    statement="UniP and UniC weigh the differences (M_j - M_0)/r_j with the rho of sum_j rho_j r_j^(i-1) = "
    "i! z phi_{i+1}(z)/B, and with 1/2 where there is one",
    catalogue=("P74",),
    family="solver_nodes",
    route="arbiter",
)
def unipc_arbiter(implementation: Implementation, case: SolverNodes) -> Findings:
    order = min(case.order, 3)
    return tuple(
        rules.against_the_arbiter(implementation, rules.unipc(order, output, variant, corrector=corrector), case)
        for output in rules.OUTPUTS
        for variant in VARIANTS
        for corrector in (False, True)
    )


@law(
    "solvers.deis_arbiter",
    statement="the weights are alpha_e int L_j d(sigma/alpha) of polynomials in sigma/alpha",
    catalogue=("P75",),
    family="solver_nodes",
    route="arbiter",
)
def deis_arbiter(implementation: Implementation, case: SolverNodes) -> Findings:
    return (rules.against_the_arbiter(implementation, rules.deis(case.order, "noise_to_signal"), case),)


@law(
    "solvers.deis_in_time_arbiter",
    statement="the weights are alpha_e int L_j d(sigma/alpha) of polynomials in t",
    catalogue=("P75",),
    family="solver_nodes",
    route="arbiter",
)
def deis_in_time_arbiter(implementation: Implementation, case: SolverNodes) -> Findings:
    return (rules.against_the_arbiter(implementation, rules.deis(case.order, "time"), case),)


@law(
    "solvers.linear_multistep_arbiter",
    statement="the weights are int L_j d sigma of the polynomials in sigma through the nodes",
    catalogue=("P77",),
    family="sigma_nodes",
    route="arbiter",
)
def linear_multistep_arbiter(implementation: Implementation, case: SigmaNodes) -> Findings:
    found = implementation.module.solvers.linear_multistep_weights(implementation.lift(case.sigmas))
    told = truth(twins.linear_multistep, case.sigmas.tolist())
    return (entrywise("solvers.linear_multistep_weights", found, told, implementation, nodes=len(case.sigmas) - 1),)


@law(
    "solvers.pndm_arbiter",
    statement="Adams and Bashforth's average of the noises over equal steps, transferred by DDIM",
    catalogue=("P76",),
    family="solver_nodes",
    route="arbiter",
)
def pndm_arbiter(implementation: Implementation, case: SolverNodes) -> Findings:
    return (rules.against_the_arbiter(implementation, rules.pndm(case.order), case),)
