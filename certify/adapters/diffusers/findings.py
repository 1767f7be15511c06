"""What is wrong and where, in a maintainer's words: the causes that were traced, and a script for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from certify.adapters.diffusers.scheduler import SchedulerSolver
from certify.adapters.diffusers.scripts import SCRIPTS, generic
from certify.sampler_laws import Judgement

__all__ = ["explain"]

Applies = Callable[[SchedulerSolver, str, Judgement], bool]


@dataclass(frozen=True)
class Cause:
    """A traced cause: to which failures it applies, what to say, and which script shows it."""

    applies: Applies
    sentence: str
    script: Callable[[SchedulerSolver, Judgement], str]


def _failing(judgement: Judgement) -> set[str]:
    return set(judgement.evidence.get("failing_step_counts", ()))


def _option(solver: SchedulerSolver, name: str) -> object:
    return solver.options.get(name)


def _fixed(name: str) -> Callable[[SchedulerSolver, Judgement], str]:
    return lambda solver, _: (
        SCRIPTS[name].replace("{name}", solver.name).replace("{spacing}", str(_option(solver, "timestep_spacing")))
    )


def _third(solver: SchedulerSolver, _: Judgement) -> str:
    algorithm = str(_option(solver, "algorithm_type"))
    rate = 2.0 if algorithm.startswith("sde") else 1.0
    data = algorithm.endswith("++")
    return (
        SCRIPTS["third-weight"]
        .replace("{algorithm}", algorithm)
        .replace("{prediction}", "sample" if data else "epsilon")
        .replace("{scale}", "alpha" if data else "-alpha * s.sigmas[51].item()")
        .replace("{rate}", str(rate))
        .replace("{sign}", str(-rate if data else 1.0))
    )


def _duplicates(solver: SchedulerSolver, judgement: Judgement) -> str:
    steps = judgement.case.get("steps", 1000)
    count = max([steps] if isinstance(steps, int) else [1000], default=1000)
    options = {**solver.constructor_options(None), "prediction_type": "sample"}
    options.pop("use_flow_sigmas", None)
    return SCRIPTS["dpm-duplicates"].replace("{options}", repr(options)).replace("{count}", str(max(count, 999)))


def _flow(solver: SchedulerSolver, _: Judgement) -> str:
    return SCRIPTS["flow-timesteps"].replace("{final}", str(_option(solver, "final_sigmas_type")))


def _is(name: str, **options: object) -> Callable[[SchedulerSolver], bool]:
    def matches(solver: SchedulerSolver) -> bool:
        found = [_option(solver, key) for key in options]
        wanted = [value if isinstance(value, tuple) else (value,) for value in options.values()]
        return solver.name == name and all(one in any_of for one, any_of in zip(found, wanted, strict=True))

    return matches


_DPM = "DPMSolverMultistepScheduler"
_INTEGRAL_LAWS = ("sampler.conforms", "sampler.order", "sampler.output_law")


def _grid(*conditions: str) -> Callable[[str, Judgement], bool]:
    laws = ("sampler.grid", "sampler.step_counts")
    return lambda law, judgement: law in laws and bool(_failing(judgement) & set(conditions))


def _spacing(spacing: str) -> Callable[[SchedulerSolver], bool]:
    return lambda solver: _option(solver, "timestep_spacing") == spacing


CAUSES: tuple[Cause, ...] = (
    Cause(
        lambda solver, law, judgement: (
            _is(_DPM, algorithm_type="sde-dpmsolver", solver_order=3)(solver)
            and (law == "sampler.finite" or judgement.case.get("raised") == "UnboundLocalError")
        ),
        "multistep_dpm_solver_third_order_update has no branch for sde-dpmsolver, so solver_order=3 ends in "
        "UnboundLocalError at the first step of full order",
        _fixed("sde-third-missing"),
    ),
    Cause(
        lambda solver, law, _: (
            _is("DDPMScheduler", variance_type="fixed_large_log")(solver)
            and law not in ("sampler.grid", "sampler.step_counts")
        ),
        "with variance_type='fixed_large_log' _get_variance returns log(beta), and step() takes the square root of "
        "that negative number: every sample is NaN",
        _fixed("ddpm-large-log"),
    ),
    Cause(
        lambda solver, law, judgement: (
            _is("DDIMScheduler", timestep_spacing=("linspace", "trailing"))(solver)
            and (_grid("chain", "end")(law, judgement) or law == "sampler.output_law")
        ),
        "step() goes to t - num_train_timesteps // n whatever the spacing, which is not the next timestep of a "
        "linspace grid, nor of a trailing grid whose step count does not divide num_train_timesteps",
        _fixed("ddim-previous"),
    ),
    Cause(
        lambda solver, law, _: (
            _is(_DPM, solver_order=3, algorithm_type="sde-dpmsolver++")(solver) and law in _INTEGRAL_LAWS
        ),
        "the third-order update of sde-dpmsolver++ weights D2 by (1 - e^{-2h} - 2h)/(2h)^2 - 1/2, which tends to -1 "
        "for small h where the integral gives 1 - 1/h + (1 - e^{-2h})/(2h^2), which tends to 0: the method has order 1",
        _third,
    ),
    Cause(
        lambda solver, law, _: (
            _is(_DPM, solver_order=3, algorithm_type=("dpmsolver", "dpmsolver++"))(solver) and law in _INTEGRAL_LAWS
        ),
        "the third-order multistep update weights D2 by half of what the integral gives (D2 is h^2/2 times the second "
        "derivative of the network's answer, its weight belongs to h^2 times it), so solver_order=3 has order 2",
        _third,
    ),
    Cause(
        lambda solver, law, _: (
            _is("DDPMScheduler", variance_type="fixed_large", timestep_spacing="trailing")(solver)
            and law in ("sampler.conforms", "sampler.output_law")
        ),
        "with variance_type='fixed_large' and a last timestep above 0 (trailing) the last step adds noise of variance "
        "1 - alphas_cumprod[t] to the finished sample, because noise is left out at t = 0 only",
        _fixed("ddpm-large-end"),
    ),
    Cause(
        lambda solver, law, _: _is("EulerAncestralDiscreteScheduler")(solver) and law == "sampler.finite",
        "sigma_down = sqrt(sigma_to^2 - sigma_up^2) cancels in float32 and its argument can be negative for large "
        "sigma_from / sigma_to (squaredcos_cap_v2, few steps): NaN; sigma_to^2 / sigma_from is the same, and safe",
        _fixed("ancestral-root"),
    ),
    Cause(
        lambda solver, law, _: _is("DDIMScheduler", eta=1.0)(solver) and law == "sampler.finite",
        "sqrt(1 - alpha_prod_t_prev - std_dev_t^2) cancels in float32 and its argument can be negative at eta=1 for a "
        "noisy first timestep (squaredcos_cap_v2, 5 steps): NaN",
        _fixed("ddim-root"),
    ),
    Cause(
        lambda solver, law, judgement: (
            solver.prediction == "flow_prediction"
            and (_grid("timestep", "progress")(law, judgement) or law == "sampler.finite")
        ),
        "with use_flow_sigmas the timesteps 1000 sigma are truncated to integers, so the network is told another level "
        "than its input has, and with final_sigmas_type='sigma_min' the last sigma is taken from the beta table, where "
        "it can be above the one before it",
        _flow,
    ),
    Cause(
        lambda solver, law, judgement: (
            solver.name == _DPM
            and solver.prediction != "flow_prediction"
            and (_grid("progress")(law, judgement) or law == "sampler.finite")
            and judgement.case.get("steps") != 61
        ),
        "at n close to num_train_timesteps the schedule repeats a noise level (leading: all timesteps are 0 at n = T; "
        "linspace and trailing: two are equal), and a step between equal levels divides by h = 0 or runs off the table",
        _duplicates,
    ),
    Cause(
        lambda solver, law, judgement: (
            _is("EulerDiscreteScheduler", final_sigmas_type="sigma_min")(solver) and _grid("progress")(law, judgement)
        ),
        "final_sigmas_type='sigma_min' appends the level of timestep 0 to a grid that ends at timestep 0 already, so "
        "the last network call moves nothing and n steps are n - 1",
        _fixed("euler-noop"),
    ),
    Cause(
        lambda solver, law, judgement: (
            _spacing("trailing")(solver)
            and (_grid("count")(law, judgement) or (law == "sampler.finite" and judgement.case.get("steps") == 61))
        ),
        "np.arange(T, 0, -T / n) has n + 1 entries for some n (61, 103, ...), because n (T / n) < T in float64: the "
        "schedule ends with timestep -1",
        _fixed("trailing-count"),
    ),
)


def _causes(solver: SchedulerSolver, law: str, judgement: Judgement) -> Iterator[Cause]:
    return (cause for cause in CAUSES if cause.applies(solver, law, judgement))


def explain(solver: SchedulerSolver, law: str, judgement: Judgement) -> tuple[str, str]:
    """The sentence and the script for a judgement; a pass has the law's own sentence and no script."""
    if judgement.word != "fail":
        return judgement.explanation, ""
    causes = list(_causes(solver, law, judgement))
    if causes:
        sentence = "; ".join(dict.fromkeys(cause.sentence for cause in causes))
        return f"{sentence} ({judgement.explanation})", causes[0].script(solver, judgement)
    count = judgement.case.get("steps", 10)
    run_options = {name: solver.options[name] for name in solver.capability.run_options}
    script = generic(solver.name, solver.constructor_options(None), count, run_options)
    return judgement.explanation, script
