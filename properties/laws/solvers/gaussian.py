"""Laws of what a solver does to Gaussian data: its gains against the arbiter, and the law that it delivers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from properties import budget
from properties.arbiter import samplers
from properties.arbiter.numbers import truth
from properties.cases.solver_runs import SolverRun, SolverSpec
from properties.cases.walks import SigmaWalk
from properties.law import law
from properties.laws._compare import exact, residual
from properties.laws._data import arguments, symmetric, symmetric_findings
from properties.laws._flow import norm_size
from properties.laws.solvers._runs import flat_gains, gain, last_of, worst_condition
from properties.laws.solvers._walks import levels
from properties.protocol import Finding, Findings, Implementation

OTHER_VARIANCE = 0.7
"""That of the direction beside the one that is judged."""


def gains_against_the_arbiter(
    implementation: Implementation, case: SolverRun, *, exact_start: bool = False
) -> Findings:
    """Every gain of the run alone, in the units of all that its rule adds up, at an entry of a batch."""
    lift, lower, solver = implementation.lift, implementation.lower, case.solver.build(implementation)
    last = last_of(case, implementation)
    found = implementation.module.solvers.gaussian_gains(
        solver,
        case.path.build(implementation),
        lift(case.times),
        variance=lift(np.array([OTHER_VARIANCE, case.variance])),
        last=last,
        exact_start=exact_start,
    )
    start, mean, noise = (lower(part) for part in (found.start, found.mean, found.noise))
    expected = gain(case, case.variance, last is not None, solver.history if exact_start else 0)
    name, draws = f"solvers.{case.solver.name}.step", len(expected.scale) - 2
    shapes = exact(
        "solvers.gaussian_gains", (start.shape, mean.shape, noise.shape) == ((2,), (2,), (2, draws)), draws=draws
    )
    if not shapes.passed:
        return (shapes,)
    computed = [float(start[1]), float(mean[1]), *noise[1].tolist()]
    findings = [
        residual(name, error, scale, implementation, budget.NORMWISE, gain=place, **dict(case.solver.options))
        for place, (error, scale) in enumerate(zip(expected.exactly.errors(computed), expected.scale, strict=True))
    ]
    return (shapes, max(findings, key=_measured))


def _measured(finding: Finding) -> float:
    return float("inf") if np.isnan(finding.measured) else finding.measured


@law(
    "solvers.first_order_gains",
    statement="DDIM, ancestral sampling, Euler-Maruyama and its corrector are the affine maps of their definitions",
    catalogue=("P58", "P64", "P66", "P53", "P63", "P78"),
    family="first_order_run",
    route="arbiter",
)
def first_order_gains(implementation: Implementation, case: SolverRun) -> Findings:
    return gains_against_the_arbiter(implementation, case)


@law(
    "solvers.runge_kutta_gains",
    statement="Euler, Heun and the midpoint rule in a variable, and EDM's sampler with churn, are the affine maps of "
    "their definitions",
    catalogue=("P58", "P61", "P62", "P69", "P78", "P81"),
    family="runge_kutta_run",
    route="arbiter",
)
def runge_kutta_gains(implementation: Implementation, case: SolverRun) -> Findings:
    return gains_against_the_arbiter(implementation, case)


@law(
    "solvers.dpm_solver_gains",
    statement="single-step DPM-Solvers are the affine maps of variation of constants with a line through two answers",
    catalogue=("P58", "P70", "P72", "P66", "P78"),
    family="dpm_solver_run",
    route="arbiter",
)
def dpm_solver_gains(implementation: Implementation, case: SolverRun) -> Findings:
    return gains_against_the_arbiter(implementation, case)


@law(
    "solvers.multistep_gains",
    statement="multistep rules, cold start included, are the affine maps of the polynomials through the latest answers",
    catalogue=("P58", "P67", "P72", "P73", "P75", "P76", "P77", "P78"),
    family="multistep_run",
    route="arbiter",
)
def multistep_gains(implementation: Implementation, case: SolverRun) -> Findings:
    return gains_against_the_arbiter(implementation, case)


@law(
    "solvers.corrected_gains",
    statement="UniPC and SA-Solver correct a step with the answer at its predicted end, once, and with the same normal",
    catalogue=("P58", "P74", "P78"),
    family="corrected_run",
    route="arbiter",
)
def corrected_gains(implementation: Implementation, case: SolverRun) -> Findings:
    return gains_against_the_arbiter(implementation, case)


@law(
    "solvers.exact_start_gains",
    statement="with its memory filled on the exact flow at times uniform in half log-SNR before the first, a multistep "
    "rule is at full order from its first step on",
    catalogue=("P58", "P78", "P79"),
    family="remembering_run",
    route="arbiter",
)
def exact_start_gains(implementation: Implementation, case: SolverRun) -> Findings:
    return gains_against_the_arbiter(implementation, case, exact_start=True)


STOCHASTIC: dict[str, Callable[[float], SolverSpec]] = {
    "ancestral": lambda _: SolverSpec("Ancestral", (("variance", "bridge"),)),
    "ddim": lambda level: SolverSpec("DDIM", (("eta", level),)),
    "frozen_denoiser": lambda level: SolverSpec(
        "ExponentialAdams", (("nodes", 1), ("output", "denoiser"), ("noise_level", level))
    ),
    "euler_maruyama": lambda level: SolverSpec("EulerMaruyama", (("noise_level", level),)),
}
"""The solver that each rule of `reverse.sampled_law` is, at a noise level."""


@law(
    "solvers.sampling_law_is_the_sampled_law",
    statement="the law that a first-order sampler delivers from the exact marginal is that of reverse.sampled_law",
    catalogue=("P58", "P59"),
    family="solver_run",
    route="closed form",
)
def sampling_law_is_the_sampled_law(implementation: Implementation, case: SolverRun) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), case.path.build(implementation)
    level = (case.seed % 5) / 4.0
    rule, make = list(STOCHASTIC.items())[case.seed % len(STOCHASTIC)]
    spec, name = make(level), "solvers.sampling_law"
    delivered = module.solvers.sampling_law(spec.build(implementation), data, path, lift(case.times))
    expected = module.reverse.sampled_law(data, path, lift(case.times), rule=rule, noise_level=lift(level))
    mean_size, spread_size = _law_sizes(implementation, replace(case, solver=spec, last=False))
    mean = lower(delivered.mean) - lower(expected.mean)
    # A size stands for the norm, of which every entry gets its share.
    covariance = lower(delivered.covariance) - lower(expected.covariance)
    return (
        residual(name, mean, mean_size / np.sqrt(mean.size), implementation, budget.NORMWISE, rule=rule),
        residual(name, covariance, spread_size / len(covariance), implementation, budget.NORMWISE, rule=rule),
        *symmetric_findings(name, delivered.covariance, implementation, semidefinite=True),
    )


def _law_sizes(implementation: Implementation, case: SolverRun) -> tuple[float, float]:
    """What mean and covariance of the delivered law may lose: every gain's own share, direction by direction."""
    assert case.data.covariances is not None
    alphas, sigmas = levels(implementation, case)
    variances = np.linalg.eigvalsh(case.data.covariances[0])
    mean = float(np.linalg.norm(case.data.means[0]))
    grown = 1.0 + worst_condition(case.path, tuple(case.times.tolist()))
    centre, spread = 0.0, 0.0
    for variance in variances.tolist():
        gains = gain(case, variance, False)
        before = alphas[0] ** 2 * variance + sigmas[0] ** 2
        values = np.abs(gains.values)
        centre += mean * float(gains.scale[0] * alphas[0] + gains.scale[1] + grown * values[0] * alphas[0])
        spread += 2.0 * before * float(values[0] * gains.scale[0]) + grown * before * float(values[0] ** 2)
        spread += 2.0 * float(values[2:] @ gains.scale[2:])
    # An eigenvalue is right to the norm of the covariance, not to itself.
    return centre * float(variances[-1] / variances[0]), spread * float(variances[-1] / variances[0])


@law(
    "solvers.sampling_law_with_churn",
    statement="the covariance that EDM's sampler delivers from any start is reverse.edm_stochastic_covariance",
    catalogue=("P62", "P58"),
    family="sigma_walk",
    route="closed form",
)
def sampling_law_with_churn(implementation: Implementation, case: SigmaWalk) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data = case.data.build(implementation)
    start = module.Gaussian(lift(case.data.means[0]), lift(case.start))
    window = {"churn_min": case.churn_min, "churn_max": case.churn_max}
    solver = module.solvers.EDMStochastic(
        steps=len(case.sigmas) - 1, churn=case.churn, noise_scale=case.noise_scale, **window
    )
    delivered = module.solvers.sampling_law(solver, data, module.EDM(), lift(case.sigmas), law=start)
    expected = module.reverse.edm_stochastic_covariance(
        data,
        lift(case.start),
        lift(case.sigmas),
        churn=lift(case.churn),
        noise_scale=lift(case.noise_scale),
        **window,
    )
    _, (_, covariance) = arguments(case.data)
    stirred = tuple(int(case.churn_min <= sigma <= case.churn_max) for sigma in case.sigmas[:-1])
    own = truth(
        samplers.edm_stochastic_covariance,
        covariance,
        symmetric(case.start),
        case.sigmas.tolist(),
        case.churn,
        case.noise_scale,
        stirred,
    )
    error = lower(delivered.covariance) - lower(expected)
    # The start's mean is the data's, and EDM's path keeps it.
    moved = lower(delivered.mean) - case.data.means[0]
    return (
        residual("solvers.sampling_law", error, 2.0 * norm_size(own) / len(error), implementation, budget.NORMWISE),
        residual(
            "solvers.sampling_law",
            moved,
            8.0 * float(np.linalg.norm(case.data.means[0])),
            implementation,
            budget.NORMWISE,
        ),
    )


TO_THE_DATA = (
    SolverSpec("DDIM", (("eta", 0.0), ("output", "denoiser"))),
    SolverSpec("DDIM", (("eta", 0.5), ("output", "noise"))),
    SolverSpec("Ancestral", (("variance", "bridge"),)),
    SolverSpec("AncestralEuler", (("eta", 1.0),)),
    SolverSpec("Euler", (("variable", "noise_to_signal"),)),
    SolverSpec("Heun", (("variable", "noise_to_signal"),)),
    SolverSpec("DPMSolver", (("order", 1), ("output", "denoiser"))),
    SolverSpec("DPMSolverAncestral", (("eta", 1.0),)),
    SolverSpec("ExponentialAdams", (("nodes", 1), ("output", "denoiser"), ("noise_level", 0.5))),
)


@law(
    "solvers.last_step_is_the_denoiser",
    statement="a step to sigma = 0 gives alpha times the denoiser and no noise, whatever the rule: the variance is "
    "S^2 alpha^2/V, never S",
    catalogue=("P61", "P81", "P65"),
    family="run_to_the_data",
    route="closed form",
)
def last_step_is_the_denoiser(implementation: Implementation, case: SolverRun) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    path, case = case.path.build(implementation), replace(case, times=case.times[-2:])
    alphas, sigmas = levels(implementation, case)
    before = float(alphas[0] ** 2 * case.variance + sigmas[0] ** 2)
    exactly = gain(replace(case, solver=TO_THE_DATA[0]), case.variance, False).exactly
    data = module.Gaussian(lift(np.zeros(1)), lift([[case.variance]]))
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    findings = []
    for place in range(2):
        spec = TO_THE_DATA[(case.seed + 3 * place) % len(TO_THE_DATA)]
        solver, name = spec.build(implementation), f"solvers.{spec.name}.step"
        found = module.solvers.gaussian_gains(solver, path, lift(case.times), variance=lift(case.variance))
        computed = flat_gains(implementation, found)
        size = gain(replace(case, solver=spec), case.variance, False).scale
        errors = exactly.errors(computed[:2].tolist())
        findings += [
            residual(name, error, scale, implementation, budget.NORMWISE, **dict(spec.options))
            for error, scale in zip(errors, size, strict=False)
        ]
        findings.append(exact(name, not np.any(computed[2:]), noise=str(computed[2:])))
        delivered = module.solvers.sampling_law(solver, data, path, lift(case.times))
        value, wrong = float(exactly.values[0].mid()), float(size[0])
        # Where the gain is 0, what is squared is its error.
        square = unit * wrong**2
        findings.append(
            residual(
                "solvers.sampling_law",
                float(lower(delivered.covariance)[0, 0]) - value**2 * before,
                before * (4.0 * abs(value) * wrong + value**2 + square),
                implementation,
                budget.NORMWISE,
            )
        )
    return tuple(findings)
