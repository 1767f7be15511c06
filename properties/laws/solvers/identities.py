"""Laws of solvers that are the same rule in other words: equal to rounding on a model that no rule is affine on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from properties.cases.draw import rounded
from properties.cases.solver_runs import SolverRun, SolverSpec
from properties.law import law
from properties.laws.solvers._walks import bent_model, levels, same_walk, sampled, tolerance
from properties.protocol import Finding, Findings, Floats, Implementation


def rule(name: str, **options: Any) -> SolverSpec:
    """A solver and its options."""
    return SolverSpec(name, tuple(options.items()))


def agree(implementation: Implementation, case: SolverRun, first: SolverSpec, *others: SolverSpec) -> list[Finding]:
    """The same end from every rule, each as wrong as its own terms may make it."""
    x = case.x[:2]
    size = tolerance(implementation, case, first, x)
    expected = sampled(implementation, case, first, x)
    return [
        same_walk(
            f"solvers.{other.name}.step",
            sampled(implementation, case, other, x) - expected,
            size + tolerance(implementation, case, other, x),
            implementation,
            **{"as": first.name, **dict(other.options)},
        )
        for other in others
    ]


def some(options: Sequence[Any], count: int, seed: int) -> list[Any]:
    """So many of the options, another choice with every seed: a case is to be cheap."""
    return [options[(seed + place * (1 + len(options) // count)) % len(options)] for place in range(count)]


DETERMINISTIC_DDIM = (
    rule("DDIM", eta=0.0, output="noise"),
    rule("DPMSolver", order=1, output="noise"),
    rule("DPMSolver", order=1, output="denoiser"),
    rule("ExponentialAdams", nodes=1, output="denoiser", noise_level=0.0),
    rule("ExponentialAdams", nodes=1, output="noise", noise_level=0.0),
    rule("DEIS", order=1, variable="time"),
    rule("DEIS", order=1, variable="noise_to_signal"),
    rule("LMS", order=1),
    rule("PNDM", nodes=1, start="adams"),
    rule("UniPC", nodes=1, output="denoiser", variant="bh1", corrector=False),
    rule("Euler", variable="noise_to_signal"),
    rule("Euler", variable="signal_to_noise"),
    rule("AncestralEuler", eta=0.0),
)


@law(
    "solvers.ddim_by_many_names",
    statement="DPM-Solver-1, exponential Adams of one node, DEIS-1, LMS-1, UniP-1 and Euler in sigma/alpha or "
    "alpha/sigma are DDIM; on the flow-matching path Euler in time is, too",
    catalogue=("P65", "P25"),
    family="solver_run",
    route="composition",
)
def ddim_by_many_names(implementation: Implementation, case: SolverRun) -> Findings:
    others = some(DETERMINISTIC_DDIM, 3, case.seed)
    if case.path.name in ("FlowMatching", "EDM"):
        # Straight in the data and the noise: the velocity is eps - x_0, or eps.
        others.append(rule("Euler", variable="time"))
    return tuple(agree(implementation, case, rule("DDIM", eta=0.0), *others))


@law(
    "solvers.ancestral_by_many_names",
    statement="ancestral sampling is DDIM at eta = 1 and the exact reverse SDE with a frozen denoiser; k-diffusion's "
    "ancestral split of any eta is DDIM of that eta; all with the same normals",
    catalogue=("P65", "P66", "P64", "P67"),
    family="solver_run",
    route="composition",
)
def ancestral_by_many_names(implementation: Implementation, case: SolverRun) -> Findings:
    ancestral = (
        rule("DDIM", eta=1.0),
        rule("DDIM", eta=1.0, output="noise"),
        rule("ExponentialAdams", nodes=1, output="denoiser", noise_level=1.0),
        rule("AncestralEuler", eta=1.0),
        rule("SASolver", predictor_order=1, corrector_order=0, noise_level=1.0),
    )
    share = (1 + case.seed % 7) / 8.0
    return (
        *agree(implementation, case, rule("Ancestral", variance="bridge"), *some(ancestral, 2, case.seed)),
        *agree(implementation, case, rule("DDIM", eta=share), rule("AncestralEuler", eta=share)),
    )


@law(
    "solvers.second_order_identities",
    statement="DPM-Solver-2 at r = 1 is Heun in sigma/alpha and ++2S at r = 1 Heun in alpha/sigma; k-diffusion's "
    "stochastic solvers without noise are ++2S; ++2M is UniP-2 with B = e^z - 1, in both forms",
    catalogue=("P71", "P72", "P74", "P70"),
    family="solver_run",
    route="composition",
)
def second_order_identities(implementation: Implementation, case: SolverRun) -> Findings:
    ratio = (3 + case.seed % 5) / 8.0
    pairs = [
        (
            rule("Heun", variable="noise_to_signal"),
            rule("DPMSolver", order=2, output="noise", r1=1.0, variant="midpoint"),
        ),
        (
            rule("Heun", variable="signal_to_noise"),
            rule("DPMSolver", order=2, output="denoiser", r1=1.0, variant="midpoint"),
        ),
        (
            rule("DPMSolver", order=2, output="denoiser", r1=0.5, variant="midpoint"),
            rule("DPMSolverAncestral", eta=0.0),
        ),
        (
            rule("DPMSolver", order=2, output="denoiser", r1=ratio, variant="midpoint"),
            rule("DPMSolverSDE", eta=0.0, r=ratio),
        ),
    ]
    pairs += [
        (
            rule("MidpointMultistep", output=form, noise_level=0.0),
            rule("UniPC", nodes=2, output=form, variant="bh2", corrector=False),
        )
        for form in ("denoiser", "noise")
    ]
    return tuple(finding for pair in some(pairs, 2, case.seed) for finding in agree(implementation, case, *pair))


@law(
    "solvers.multistep_identities",
    statement="LMS is DEIS in sigma/alpha of the same order, SA-Solver without its corrector is exponential Adams at "
    "the same noise level, and Euler-Maruyama without noise is Euler in time",
    catalogue=("P75", "P77", "P67", "P53"),
    family="solver_run",
    route="composition",
)
def multistep_identities(implementation: Implementation, case: SolverRun) -> Findings:
    order, level = 1 + case.seed % 4, (case.seed % 5) / 4.0
    nodes = min(order, 3)
    pairs = (
        (rule("DEIS", order=order, variable="noise_to_signal"), rule("LMS", order=order)),
        (
            rule("ExponentialAdams", nodes=nodes, output="denoiser", noise_level=level),
            rule("SASolver", predictor_order=nodes, corrector_order=0, noise_level=level),
        ),
        (rule("Euler", variable="time"), rule("EulerMaruyama", noise_level=0.0)),
    )
    return tuple(finding for pair in some(pairs, 2, case.seed) for finding in agree(implementation, case, *pair))


@law(
    "solvers.three_nodes_are_one_polynomial",
    statement="with a full memory UniP-3, of either B, is exponential Adams of three nodes: where the weights are "
    "solved for, B cancels",
    catalogue=("P73", "P74"),
    family="solver_run",
    route="composition",
)
def three_nodes_are_one_polynomial(implementation: Implementation, case: SolverRun) -> Findings:
    case = replace(case, times=longer(case.times, 4, implementation.dtype))
    output = ("denoiser", "noise")[case.seed % 2]
    adams = rule("ExponentialAdams", nodes=3, output=output, noise_level=0.0)
    expected = _from_memory(implementation, case, adams)
    size = 2.0 * tolerance(implementation, case, adams, case.x[:2])
    others = (rule("UniPC", nodes=3, output=output, variant=each, corrector=False) for each in ("bh1", "bh2"))
    return tuple(
        same_walk(
            "solvers.UniPC.step",
            _from_memory(implementation, case, other) - expected,
            size,
            implementation,
            **dict(other.options),
        )
        for other in others
    )


def _from_memory(implementation: Implementation, case: SolverRun, solver: SolverSpec) -> Floats:
    """One step from the third time to the fourth; the memory is a walk of DDIM's."""
    module, lift = implementation.module, implementation.lift
    built, path = solver.build(implementation), case.path.build(implementation)
    model = bent_model(path, built.output)
    walk = replace(case, times=case.times[:3])
    states = sampled(implementation, walk, rule("DDIM", eta=0.0), case.x[:2], trajectory=True)
    memory = tuple(
        module.solvers.Evaluation(lift(t), lift(x), model(lift(x), lift(t)), None)
        for t, x in zip(case.times[:2].tolist(), states[:2], strict=True)
    )
    start, end = case.times[2:4].tolist()
    moved, _ = built.step(model, path, lift(states[2]), t_start=lift(start), t_end=lift(end), memory=memory)
    return implementation.lower(moved)


def longer(times: Floats, count: int, dtype: str) -> Floats:
    """The times, continued by fours of fives until there are ``count``."""
    result = times[:count].tolist()
    while len(result) < count:
        result.append(float(rounded(0.8 * result[-1], dtype)))
    return np.array(result)


@law(
    "solvers.edm_identities",
    statement="EDM's sampler without churn is Heun in sigma on the EDM path, whatever the noise's scale; with churn "
    "outside its window too",
    catalogue=("P62", "P81"),
    family="edm_run",
    route="composition",
)
def edm_identities(implementation: Implementation, case: SolverRun) -> Findings:
    window = {"churn_min": 0.0, "churn_max": np.inf}
    still = (
        rule("EDMStochastic", steps=3, churn=0.0, noise_scale=1.1, **window),
        rule("EDMStochastic", steps=3, churn=10.0, noise_scale=1.0, churn_min=2.0 * case.times[0], churn_max=np.inf),
    )
    heun = rule("Heun", variable="noise_to_signal")
    if case.seed % 2:
        case = replace(case, times=np.append(case.times, 0.0))
    return tuple(agree(implementation, case, heun, *still))


PATH_FREE = (
    rule("DDIM", eta=0.5),
    rule("Ancestral", variance="bridge"),
    rule("AncestralEuler", eta=0.5),
    rule("DPMSolver", order=3, output="noise", r1=0.25, r2=2.0 / 3.0),
    rule("DPMSolver", order=3, output="denoiser", r1=0.25, r2=2.0 / 3.0),
    rule("DPMSolverAncestral", eta=0.5),
    rule("DPMSolverSDE", eta=0.5, r=0.5),
    rule("ExponentialAdams", nodes=3, output="denoiser", noise_level=0.5),
    rule("MidpointMultistep", output="noise", noise_level=0.5),
    rule("LMS", order=3),
    rule("UniPC", nodes=3, output="noise", variant="bh1", corrector=True),
    rule("SASolver", predictor_order=2, corrector_order=2, noise_level=0.5),
    rule("Heun", variable="signal_to_noise"),
)


@law(
    "solvers.half_log_snr_is_all_they_know",
    statement="a rule that does not name time moves x / sqrt(alpha^2 + sigma^2) alike on any two paths at times of "
    "equal half log-SNR",
    catalogue=("P25", "P65"),
    family="solver_run",
    route="composition",
)
def half_log_snr_is_all_they_know(implementation: Implementation, case: SolverRun) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    solver = PATH_FREE[case.seed % len(PATH_FREE)]
    path = case.path.build(implementation)
    times = lower(module.paths.equivalent_time(path, module.EDM(), lift(case.times)))
    if not np.all(np.diff(times) < 0.0):
        return ()
    other = replace(case, path=replace(case.path, name="EDM", parameters=()), times=times)
    (alphas, sigmas), (others, noises) = (levels(implementation, each) for each in (case, other))
    scales = np.hypot(alphas, sigmas), np.hypot(others, noises)
    x = rounded(case.x[:2], implementation.dtype)
    moved = rounded(x / scales[0][0] * scales[1][0], implementation.dtype)

    def at_unit(here: SolverRun, place: Floats, scale: float) -> Floats:
        # The normals are as they are: a rule scales them by its own sigma.
        return sampled(implementation, here, solver, place) / scale

    difference = at_unit(case, x, scales[0][-1]) - at_unit(other, moved, scales[1][-1])
    size = tolerance(implementation, case, solver, x) / scales[0][-1]
    size = size + tolerance(implementation, other, solver, moved) / scales[1][-1]
    # Equivalent times are rounded: half log-SNR moves by a few units of each path's own condition.
    return (same_walk(f"solvers.{solver.name}.step", difference, 4.0 * size, implementation, **dict(solver.options)),)
