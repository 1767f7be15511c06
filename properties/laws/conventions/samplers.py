"""Laws of the samplers' parameters: three etas, churn, and score_sde's flow step."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import conventions as twins
from properties.arbiter import paths
from properties.arbiter.numbers import Truth, truth
from properties.cases.conventions import DiscreteStep, EtaStep
from properties.cases.draw import rounded
from properties.law import law
from properties.laws._arguments import second_of_two
from properties.laws._compare import entrywise, exact, residual, truncated
from properties.laws._data import path_arguments, size_of
from properties.protocol import Findings, Implementation

DDIM, SDE = "ddim_eta_from_sde_eta", "sde_eta_from_ddim_eta"
LEVEL, STRENGTH = "noise_level_from_sde_eta", "sde_eta_from_noise_level"
FLOW = "score_sde_flow_step"


def length(implementation: Implementation, case: EtaStep) -> float:
    """The step in half log-SNR, as a value of the dtype."""
    exactly = truth(paths.half_log_snr_difference, *path_arguments(case.step.path), case.step.clean, case.step.noisy)
    return float(rounded(float(exactly.values[0].mid()), implementation.dtype))


def etas(implementation: Implementation, case: EtaStep) -> dict[str, tuple[Any, Truth]]:
    """Every converter of an eta, as computed and as it must be."""
    module, lift, step = implementation.module.conventions, implementation.lift, length(implementation, case)
    eta, options = lift(case.eta), {"half_log_snr_step": lift(step)}
    # No zero of a square root: its slope is infinite there.
    return {
        DDIM: (
            getattr(module, DDIM)(eta, **options),
            truth(twins.ddim_eta_of_sde_eta, case.eta, step) if case.eta > 0.0 else Truth((0 * ZERO,), (0.0,), (0.0,)),
        ),
        SDE: (getattr(module, SDE)(eta, **options), truth(twins.sde_eta_of_ddim_eta, case.eta, step)),
        LEVEL: (getattr(module, LEVEL)(eta), truth(_root, case.eta)),
        STRENGTH: (getattr(module, STRENGTH)(eta), truth(_square, case.eta)),
    }


ZERO = truth(lambda x: x, 0.0).values[0]


def _root(x: Any) -> Any:
    return x.sqrt()


def _square(x: Any) -> Any:
    return x * x


@law(
    "conventions.eta_arbiter",
    statement="an eta of DDIM and one of the reverse equation are those of equal noise over the step, the noise level "
    "is the root of the latter, and churn is cut at sqrt(2) - 1",
    catalogue=("P62", "P64", "P66", "P67"),
    family="eta_step",
    route="arbiter",
)
def eta_arbiter(implementation: Implementation, case: EtaStep) -> Findings:
    findings = [
        entrywise(f"conventions.{name}", computed, exactly, implementation)
        for name, (computed, exactly) in etas(implementation, case).items()
    ]
    churn = implementation.module.conventions.churn_factor(implementation.lift(case.churn), steps=case.steps)
    exactly = truth(twins.churn_factor, case.churn, case.steps)
    return (*findings, entrywise("conventions.churn_factor", churn, exactly, implementation))


@law(
    "conventions.eta_is_the_same_noise",
    statement="both families of samplers add the noise of the same deviation over the step when their etas are "
    "converted, 0 and 1 stay, and a noise level is the root that returns",
    catalogue=("P64", "P66", "P67"),
    family="eta_step",
    route="composition",
)
def eta_is_the_same_noise(implementation: Implementation, case: EtaStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    path, step = case.step.path.build(implementation), length(implementation, case)
    found = etas(implementation, case)

    def deviation(family: str, strength: Any) -> float:
        times = {"t_start": lift(case.step.noisy), "t_end": lift(case.step.clean)}
        return float(lower(module.solvers.noise_standard_deviation(path, **times, family=family, strength=strength)))

    pairs = {
        DDIM: (deviation("ddim", found[DDIM][0]), deviation("frozen_denoiser", lift(case.eta))),
        SDE: (deviation("frozen_denoiser", found[SDE][0]), deviation("ddim", lift(case.eta))),
    }
    place = path_arguments(case.step.path)
    wrong = size_of(truth(paths.methods, *place, case.step.clean))[1] / float(lower(path.sigma(lift(case.step.clean))))
    gap = truth(paths.half_log_snr_difference, *place, case.step.clean, case.step.noisy)
    wrong = wrong + size_of(gap)[0] / step
    findings = []
    for name, (own, other) in pairs.items():
        value = float(lower(found[name][0]))
        # A deviation grows like the root of h and at most in proportion to eta; eta is as wrong as its own sizes say.
        of_eta = size_of(found[name][1])[0] / value if value > 0.0 else 1.0
        findings.append(
            residual(f"conventions.{name}", own - other, (own + other) * (2.0 + 2.0 * wrong + of_eta), implementation)
        )
        if case.eta in (0.0, 1.0):
            scale = size_of(found[name][1])[0]
            findings.append(residual(f"conventions.{name}", value - case.eta, scale, implementation))
    again = float(lower(getattr(module.conventions, STRENGTH)(found[LEVEL][0])))
    findings += [
        residual(f"conventions.{name}", again - case.eta, 4.0 * case.eta, implementation) for name in (LEVEL, STRENGTH)
    ]
    return tuple(findings)


@law(
    "conventions.churn_is_the_samplers",
    statement="EDM's stochastic step with churn is its step without from (1 + churn_factor) sigma, with noise of the "
    "variance between the two levels",
    catalogue=("P62",),
    family="eta_step",
    route="composition",
)
def churn_is_the_samplers(implementation: Implementation, case: EtaStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    factor = float(lower(module.conventions.churn_factor(lift(case.churn), steps=case.steps)))
    single = np.dtype(implementation.dtype).type
    sigma = float(single(1.0 + 0.5 * case.eta))
    raised = float(single(sigma) * (single(1.0) + single(factor)))
    path, after = module.EDM(), 0.5 * sigma

    def gains(churn: float, level: float) -> tuple[float, float, float]:
        solver = module.solvers.EDMStochastic(case.steps, churn=churn)
        run = module.solvers.gaussian_gains(solver, path, lift([level, after]), variance=lift(0.75))
        drawn = lower(run.noise)
        return float(lower(run.start)), float(lower(run.mean)), float(np.sqrt(np.sum(drawn**2)))

    churned, plain = gains(case.churn, sigma), gains(0.0, raised)
    added = plain[0] * np.sqrt((raised - sigma) * (raised + sigma))
    # raised - sigma was rounded to a value of the dtype beside sigma.
    slack = 64.0 * (1.0 + sigma / np.sqrt(max((raised - sigma) * (raised + sigma), 1e-30) if added > 0.0 else 1.0))
    quantity = "conventions.churn_factor"
    return (
        residual(quantity, churned[0] - plain[0], 64.0, implementation),
        residual(quantity, churned[1] - plain[1], 64.0, implementation),
        residual(quantity, churned[2] - added, slack, implementation),
        exact(quantity, (factor == 0.0) == (case.churn == 0.0), factor=factor),
    )


@law(
    "conventions.flow_step_arbiter",
    statement="score_sde's flow step is x less the discretised drift plus half of beta times the score",
    catalogue=("P53",),
    family="discrete_step",
    route="arbiter",
)
def flow_step_arbiter(implementation: Implementation, case: DiscreteStep) -> Findings:
    exactly = truth(twins.score_sde_flow_step, case.score.tolist(), case.x.tolist(), case.beta)
    return (entrywise(f"conventions.{FLOW}", _flow_step(implementation, case), exactly, implementation),)


def _flow_step(implementation: Implementation, case: DiscreteStep) -> Any:
    lift = implementation.lift
    return getattr(implementation.module.conventions, FLOW)(lift(case.score), lift(case.x), beta=lift(case.beta))


@law(
    "conventions.flow_step_follows_the_flow",
    statement="to first order in beta score_sde's flow step is the flow's, x + beta/2 (x + score), with a remainder of "
    "at most half of beta^2 times x",
    catalogue=("P53", "P64"),
    family="discrete_step",
    route="closed form",
)
def flow_step_follows_the_flow(implementation: Implementation, case: DiscreteStep) -> Findings:
    moved = implementation.lower(_flow_step(implementation, case))
    straight = case.x + case.beta / 2.0 * (case.x + case.score)
    # 1 - sqrt(1 - b) - b/2 = b^2/(2 (1 + sqrt(1 - b))^2), between b^2/8 and b^2/2.
    size = np.abs(case.x) * (1.0 + case.beta) + case.beta * np.abs(case.score)
    unit, least = budget.UNIT_ROUNDOFF[implementation.dtype], budget.SMALLEST_NORMAL[implementation.dtype]
    rounding = budget.ENTRYWISE.constant * 4.0 * unit * size + least
    excess = np.abs(moved - straight - 0.3125 * case.beta**2 * case.x)
    bound = 0.1875 * case.beta**2 * np.abs(case.x) + rounding
    return (truncated(f"conventions.{FLOW}", excess, bound),)


@law(
    "conventions.batches_of_etas",
    statement="of a batch of etas, steps and churns each is converted as it is alone",
    catalogue=("P62", "P64", "P66", "P67"),
    family="eta_step",
    route="composition",
)
def batches_of_etas(implementation: Implementation, case: EtaStep) -> Findings:
    return eta_arbiter(second_of_two(implementation), case)


@law(
    "conventions.batches_of_flow_steps",
    statement="of a batch of betas each has the flow step that it has alone",
    catalogue=("P53",),
    family="discrete_step",
    route="composition",
)
def batches_of_flow_steps(implementation: Implementation, case: DiscreteStep) -> Findings:
    return flow_step_arbiter(second_of_two(implementation), case)
