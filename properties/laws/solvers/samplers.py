"""Laws of `sample` and of what solvers declare: a walk is its steps, and asks for what it says."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import solvers as twins
from properties.arbiter.numbers import truth
from properties.cases.draw import rounded
from properties.cases.families import FieldPoint
from properties.cases.solver_runs import SolverRun, SolverSpec, normals
from properties.law import law
from properties.laws._compare import exact, residual, truncated
from properties.laws._data import judge, path_arguments
from properties.laws._fields import all_truths, judged_by_norm
from properties.laws.solvers._runs import gain, last_of, normal_of, worst_condition
from properties.laws.solvers._walks import bent_model, levels, same_walk, sampled, stepped, tolerance
from properties.laws.solvers.identities import longer, rule
from properties.protocol import Findings, Floats, Implementation

STRENGTHS = ("eta", "noise_level", "churn")
"""The options that turn a solver's noise off where they are 0."""


def declared_draws(solver: SolverSpec) -> int:
    """How many normals a step of the rule needs by its definition."""
    options = dict(solver.options)
    if solver.name == "Ancestral":
        return 1
    if solver.name == "PredictorCorrector":
        return int(options["corrections"]) + (1 if options["noise_level"] != 0.0 else 0)
    noisy = any(options.get(name, 0.0) != 0.0 for name in STRENGTHS)
    return (2 if solver.name == "DPMSolverSDE" else 1) if noisy else 0


@law(
    "solvers.sample_is_the_affine_map",
    statement="on an anisotropic Gaussian a sampler moves every eigendirection of start, mean and normals by the gains "
    "of that direction's variance",
    catalogue=("P58", "P78"),
    family="solver_run",
    route="closed form",
)
def sample_is_the_affine_map(implementation: Implementation, case: SolverRun) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    solver, last = case.solver.build(implementation), last_of(case, implementation)
    drawn: list[Floats] = []
    source = normals(case.seed, implementation.dtype)

    def normal(shape: Any) -> Any:
        drawn.append(source(tuple(shape)))
        return lift(drawn[-1])

    path = case.path.build(implementation)
    model = module.solvers.exact_model(case.data.build(implementation), path, solver.output)
    ends = lower(module.solvers.sample(solver, model, path, lift(case.x), lift(case.times), normal=normal, last=last))
    assert case.data.covariances is not None
    variances, basis = np.linalg.eigh(case.data.covariances[0])
    rows = [case.x, np.broadcast_to(case.data.means[0], case.x.shape), *(z for draws in drawn for z in draws)]
    expected, sizes = np.zeros_like(case.x), np.zeros(len(case.x))
    for variance, direction in zip(variances, basis.T, strict=True):
        gains = gain(case, float(variance), last is not None)
        if len(gains.values) != len(rows):
            return (exact(f"solvers.{case.solver.name}.step", False, draws=len(rows) - 2),)
        parts = np.stack([row @ direction for row in rows])
        expected += np.outer(gains.values @ parts, direction)
        sizes += gains.scale @ np.stack([np.linalg.norm(row, axis=-1) for row in rows])
    # An eigenvalue is right to the norm of the covariance, not to itself.
    sizes *= float(variances[-1] / variances[0])
    findings = [
        residual("solvers.sample", error, size, implementation, budget.NORMWISE, solver=case.solver.name)
        for error, size in zip(ends - expected, sizes / np.sqrt(ends.shape[-1]), strict=True)
    ]
    return (max(findings, key=lambda finding: finding.measured),)


@law(
    "solvers.sample_is_its_steps",
    statement="sample is the composition of step with the memory handed on; its trajectory has every state, and no "
    "entry of a batch hears of another",
    catalogue=("P79", "P58"),
    family="solver_run",
    route="composition",
)
def sample_is_its_steps(implementation: Implementation, case: SolverRun) -> Findings:
    states, memory = stepped(implementation, case, case.solver, case.x)
    walked = np.stack([implementation.lower(state) for state in states])
    trajectory = sampled(implementation, case, case.solver, case.x, trajectory=True)
    end = sampled(implementation, case, case.solver, case.x)
    source = normals(case.seed, implementation.dtype)

    def own_normal(shape: Any) -> Any:
        """The draws of the whole batch, of which the one entry sees its own."""
        return implementation.lift(source((shape[0], *case.x.shape))[:, 1])

    alone = sampled(implementation, case, case.solver, case.x[1], normal=own_normal)
    size = tolerance(implementation, case, case.solver, case.x)
    name, detail = "solvers.sample", {"solver": case.solver.name}
    if trajectory.shape != walked.shape:
        return (exact(name, False, shape=trajectory.shape, expected=walked.shape),)
    # EDM's sampler asks at the raised noise, and remembers that.
    last = implementation.lower(memory[-1].time)
    return (
        exact(name, bool(np.array_equal(trajectory[0], case.x))),
        same_walk(name, walked[-1] - trajectory[-1], size, implementation, **detail),
        exact(name, bool(np.allclose(walked, trajectory, rtol=1e-3, atol=1e-3)), **detail),
        same_walk(name, end - trajectory[-1], size, implementation, **detail),
        same_walk(name, alone - end[1], size[1], implementation, **detail),
        exact(
            f"solvers.{case.solver.name}.step",
            bool(np.all(last == case.times[-2])) or case.solver.name == "EDMStochastic",
            memory=len(memory),
        ),
    )


@law(
    "solvers.asks_for_what_it_declares",
    statement="a step draws the normals that it declares and none where its noise is off, and a sampler asks for them "
    "once a step; a run evaluates the model as often as declared, first at the step's start",
    catalogue=("P81", "P74", "P64"),
    family="solver_run",
    route="enumeration",
)
def asks_for_what_it_declares(implementation: Implementation, case: SolverRun) -> Findings:
    lift = implementation.lift
    solver, path = case.solver.build(implementation), case.path.build(implementation)
    bent = bent_model(path, solver.output)
    asked: list[float] = []
    shapes: list[tuple[int, ...]] = []

    def model(x: Any, t: Any) -> Any:
        asked.append(float(np.max(implementation.lower(lift(0.0) + t))))
        return bent(x, t)

    normal = normal_of(case, implementation, shapes)
    implementation.module.solvers.sample(solver, model, path, lift(case.x), lift(case.times), normal=normal)
    steps, draws = len(case.times) - 1, declared_draws(case.solver)
    calls = steps * solver.evaluations
    if case.solver.name == "PNDM" and case.solver["start"] == "runge_kutta":
        calls += 3 * min(steps, solver.history)
    name = f"solvers.{case.solver.name}.step"
    findings = [
        exact(name, solver.draws == draws, draws=solver.draws, expected=draws),
        exact("solvers.sample", shapes == [(draws, *case.x.shape)] * (steps if draws else 0), shapes=str(shapes)),
        exact(name, len(asked) == calls, calls=len(asked), expected=calls),
    ]
    if case.solver.name != "EDMStochastic" and calls == steps * solver.evaluations:
        firsts = asked[:: solver.evaluations]
        findings.append(exact(name, bool(np.array_equal(firsts, case.times[:-1])), asked=str(asked)))
    return tuple(findings)


@law(
    "solvers.start_and_last",
    statement="a start rule walks until the memory is full and a last rule the last step; both hand the memory on",
    catalogue=("P79", "P81"),
    family="solver_run",
    route="composition",
)
def start_and_last(implementation: Implementation, case: SolverRun) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    case = replace(case, times=longer(case.times, 5, implementation.dtype))
    spec = (
        rule("ExponentialAdams", nodes=2 + case.seed % 2, output="denoiser", noise_level=0.0),
        rule("MidpointMultistep", output="noise", noise_level=0.0),
        rule("DEIS", order=2 + case.seed % 3, variable="noise_to_signal"),
    )[case.seed % 3]
    solver, path = spec.build(implementation), case.path.build(implementation)
    start = rule("DPMSolver", order=2, output=solver.output).build(implementation)
    last = rule("DDIM", output=solver.output).build(implementation)
    model = bent_model(path, solver.output)
    x, memory = lift(case.x), ()
    pairs = list(pairwise(case.times.tolist()))
    for place, (first, end) in enumerate(pairs):
        used = last if place == len(pairs) - 1 else start if len(memory) < solver.history else solver
        here = module.solvers.Evaluation(lift(first), x, model(x, lift(first)), None)
        x, _ = used.step(model, path, x, t_start=lift(first), t_end=lift(end), memory=memory)
        memory = (*memory, here)[-solver.history :]
    ends = sampled(implementation, case, spec, case.x, start=start, last=last)
    # The start is of two stages: its terms are no larger than those of two steps of the rule.
    size = 4.0 * tolerance(implementation, case, spec, case.x)
    return (same_walk("solvers.sample", ends - lower(x), size, implementation, solver=spec.name),)


@law(
    "solvers.picard_is_euler",
    statement="a sweep of Picard's iteration adds up the velocities at the old states; after k sweeps the first k "
    "steps are Euler's, and after as many sweeps as steps all of them",
    catalogue=("P80",),
    family="solver_run",
    route="composition",
)
def picard_is_euler(implementation: Implementation, case: SolverRun) -> Findings:
    solvers, lift, lower = implementation.module.solvers, implementation.lift, implementation.lower
    path, euler = case.path.build(implementation), rule("Euler", variable="time")
    model, times = bent_model(path, "velocity"), lift(case.times)
    exactly = sampled(implementation, case, euler, case.x, trajectory=True)
    steps = len(case.times) - 1
    sizes = np.stack(
        [
            tolerance(implementation, replace(case, times=case.times[: max(count, 1) + 1]), euler, case.x)
            for count in range(steps + 1)
        ]
    )
    states = lift(np.broadcast_to(case.x, exactly.shape).copy())
    findings = []
    for sweep in range(1, steps + 1):
        moves = [gap * lower(model(states[place], times[place])) for place, gap in enumerate(np.diff(case.times))]
        states = solvers.picard_sweep(model, path, states, times)
        added = case.x + np.concatenate([np.zeros((1, *case.x.shape)), np.cumsum(moves, axis=0)])
        swept = 4.0 * sizes[-1] * (1.0 + np.max(np.abs(added) / (np.abs(exactly) + sizes[-1])))
        findings.append(same_walk("solvers.picard_sweep", lower(states) - added, swept, implementation, sweep=sweep))
        known = slice(0, sweep + 1)
        # A sum of all steps from the start, where Euler adds one by one.
        size = 2.0 * np.cumsum(sizes, axis=0)[known]
        whole = lower(solvers.picard_sample(model, path, lift(case.x), times, sweeps=sweep))
        findings += [
            same_walk("solvers.picard_sweep", lower(states)[known] - exactly[known], size, implementation, sweep=sweep),
            same_walk("solvers.picard_sample", whole[known] - exactly[known], size, implementation, sweep=sweep),
        ]
    return tuple(findings)


@law(
    "solvers.inversion_loses_cosines",
    statement="DDIM toward noise and back multiplies centred Gaussian data by the product of cos^2 of the angles "
    "between the levels: the round trip is not the identity",
    catalogue=("P68", "P60"),
    family="solver_run",
    route="closed form",
)
def inversion_loses_cosines(implementation: Implementation, case: SolverRun) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    path, output = case.path.build(implementation), ("denoiser", "noise")[case.seed % 2]
    model = module.solvers.exact_model(case.data.build(implementation), path, output)
    alphas, sigmas = levels(implementation, case)
    assert case.data.covariances is not None
    variances, basis = np.linalg.eigh(case.data.covariances[0])
    # Data at the cleanest level, a few standard deviations from its mean.
    clean, mean = case.x * alphas[-1] / alphas[0], alphas[-1] * case.data.means[0]
    clean = rounded(clean, implementation.dtype)
    noisy = module.solvers.ddim_inversion(model, path, lift(clean), lift(case.times[::-1].copy()), output=output)
    solver = SolverSpec("DDIM", (("output", output),)).build(implementation)
    back = lower(module.solvers.sample(solver, model, path, noisy, lift(case.times)))
    angles = np.arctan2(np.array(sigmas)[:, None], np.array(alphas)[:, None] * np.sqrt(variances))
    factor = np.prod(np.cos(np.diff(angles, axis=0)) ** 2, axis=0)
    expected = mean + ((clean - mean) @ basis * factor) @ basis.T
    size = _inversion_size(case, clean, alphas, sigmas, variances)
    return (residual("solvers.ddim_inversion", back - expected, size, implementation, budget.NORMWISE),)


def _inversion_size(case: SolverRun, clean: Floats, alphas: Floats, sigmas: Floats, variances: Floats) -> float:
    """What both walks may lose: the terms of a step either way, its levels' conditions, and the spread of factors."""
    grown = 1.0 + worst_condition(case.path, tuple(case.times.tolist()))
    ratios = [
        max(alphas[i + 1] / alphas[i], sigmas[i + 1] / sigmas[i], alphas[i] / alphas[i + 1], sigmas[i] / sigmas[i + 1])
        for i in range(len(alphas) - 1)
    ]
    reach = float(np.linalg.norm(clean)) + float(np.linalg.norm(case.data.means[0]))
    spread = np.sqrt(float(variances[-1] / variances[0]))
    return float(4.0 * len(ratios) * grown * spread * reach * max(ratios) ** 2)


@law(
    "solvers.inversion_arbiter",
    statement="DDIM toward noise is the affine map of DDIM's own step with its ends exchanged",
    catalogue=("P68", "P58"),
    family="solver_run",
    route="arbiter",
)
def inversion_arbiter(implementation: Implementation, case: SolverRun) -> Findings:
    solvers, lift = implementation.module.solvers, implementation.lift
    path, output = case.path.build(implementation), ("denoiser", "noise")[case.seed % 2]
    data = implementation.module.Gaussian(lift([case.data.means[0][0]]), lift([[case.variance]]))
    model = solvers.exact_model(data, path, output)
    rising = case.times[::-1].copy()
    x, mean = float(case.x[0, 0]), float(case.data.means[0][0])
    exactly, terms = (
        truth(twins.inversion, *path_arguments(case.path), rising.tolist(), case.variance, x, mean, output, absolute)
        for absolute in (False, True)
    )
    end = solvers.ddim_inversion(model, path, lift([x]), lift(rising), output=output)
    grown = 1.0 + worst_condition(case.path, tuple(rising.tolist()))
    size = exactly.norm_kappas[0] + exactly.magnitudes[0] + grown * terms.magnitudes[0]
    error = exactly.errors(np.ravel(implementation.lower(end)).tolist())[0]
    return (residual("solvers.ddim_inversion", error, size, implementation, budget.NORMWISE, output=output),)


@law(
    "solvers.picard_contracts",
    statement="on equal steps the error of Picard's sweeps falls as (v T)^k / k!, with v the slope of the velocity and "
    "T the time",
    catalogue=("P80",),
    family="solver_run",
    route="closed form",
)
def picard_contracts(implementation: Implementation, case: SolverRun) -> Findings:
    solvers, lift, lower = implementation.module.solvers, implementation.lift, implementation.lower
    # A linear model, dx/dt = c x, on which the sweeps are binomial sums.
    slope, steps = 0.25 + (case.seed % 8) / 8.0, 12
    path = case.path.build(implementation)
    span = float(case.times[0] - case.times[-1]) / steps
    times = rounded(case.times[0] - span * np.arange(steps + 1), implementation.dtype)
    rate = slope / float(times[0] - times[-1])
    states = lift(np.broadcast_to(case.x, (steps + 1, *case.x.shape)).copy())
    exactly = np.cumprod(np.concatenate([[1.0], 1.0 + rate * np.diff(times)]))
    findings = []
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    for sweep in range(1, 5):
        states = solvers.picard_sweep(lambda x, _: rate * x, path, states, lift(times))
        errors = np.abs(lower(states) - exactly[:, None, None] * case.x)
        bound = slope ** (sweep + 1) / math.factorial(sweep + 1) * np.exp(slope)
        rounding = unit * steps * np.exp(slope)
        size = np.maximum(np.broadcast_to(np.abs(case.x), errors.shape), budget.SMALLEST_NORMAL[implementation.dtype])
        findings.append(truncated("solvers.picard_sweep", errors, (bound + rounding) * size, sweep=sweep))
        whole = lower(solvers.picard_sample(lambda x, _: rate * x, path, lift(case.x), lift(times), sweeps=sweep))
        error = np.abs(whole - lower(states))
        findings.append(truncated("solvers.picard_sample", error, rounding * size, sweep=sweep))
    return tuple(findings)


@law(
    "solvers.exact_model_is_the_field",
    statement="the exact model answers with the exact denoiser, noise, velocity or score of the data",
    catalogue=("P20", "P22"),
    family="moderate_gaussian_field_point",
    route="arbiter",
)
def exact_model_is_the_field(implementation: Implementation, case: FieldPoint) -> Findings:
    module, lift = implementation.module, implementation.lift
    data, path, exactly = case.data.build(implementation), case.path.build(implementation), all_truths(case)
    return tuple(
        judge(
            "solvers.exact_model",
            module.solvers.exact_model(data, path, name)(lift(case.x), lift(case.t)),
            exactly[name],
            implementation,
            judged_by_norm(implementation, name, case),
        )
        for name in ("denoiser", "noise", "velocity", "score")
    )
