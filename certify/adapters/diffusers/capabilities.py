"""What each scheduler offers, as data: its options, the update it documents, and the order it claims.

An option's first value is the constructor's default. ``fixed`` holds what every subject of a class is built with:
clipping is off, because the data is unbounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from certify.recurrences import DPMSolver, ancestral, ddim, euler, euler_ancestral, heun
from certify.sampler_laws.subject import Schedule

__all__ = ["CAPABILITIES", "Capability", "Options", "dpm_orders"]

Options = Mapping[str, Any]
_SPACINGS = ("leading", "linspace", "trailing")
_SPACINGS_LINSPACE = ("linspace", "leading", "trailing")
_BETAS = ("linear", "scaled_linear", "squaredcos_cap_v2")
_PREDICTIONS = ("epsilon", "sample", "v_prediction")


@dataclass(frozen=True)
class Capability:
    """One scheduler class.

    ``walk`` says how the class accounts for its levels: "table" (a timestep and the one before it), "sigmas" (a list
    of noise-to-signal ratios, states scaled to alpha = 1), "pairs" (the same, every inner one twice) or "log-sigmas"
    (the list, on states that keep the variance). ``run_options`` are arguments of step(), not of the constructor.
    """

    name: str
    walk: Literal["table", "sigmas", "pairs", "log-sigmas"]
    options: Mapping[str, tuple[Any, ...]]
    recurrence: Callable[[Options, Schedule], Callable[..., Any]]
    order: Callable[[Options], int]
    noise_level: Callable[[Options], float]
    catalogue: tuple[str, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    run_options: tuple[str, ...] = ()
    allowed: Callable[[Options], bool] = lambda _: True


def dpm_orders(options: Options, count: int) -> tuple[int, ...]:
    """The order of each step as DPMSolverMultistepScheduler documents it: start-up, and lower orders at the end."""
    highest: int = options["solver_order"]
    few = count < 15
    orders = [min(highest, index + 1) for index in range(count)]
    if few and count > 1:
        orders[-2] = min(orders[-2], 2)
    if few or options["final_sigmas_type"] == "zero":
        orders[-1] = 1
    return tuple(orders)


def _dpm(options: Options, schedule: Schedule) -> DPMSolver:
    algorithm = options["algorithm_type"]
    return DPMSolver(
        orders=dpm_orders(options, len(schedule.moves)),
        form="data" if algorithm.endswith("++") else "noise",
        stochastic=algorithm.startswith("sde"),
        rule="midpoint" if options["solver_type"] == "midpoint" else "exact",
    )


def _dpm_order(options: Options) -> int:
    # In law, the reverse SDE with frozen polynomials has order 2 at most, whatever the degree: the answers along a path
    # are not smooth. Its authors claim 2.
    highest: int = options["solver_order"]
    return min(highest, 2) if options["algorithm_type"].startswith("sde") else highest


def _dpm_allowed(options: Options) -> bool:
    # The constructor refuses a final sigma of 0 for the noise forms, and convert_model_output has no flow
    # prediction for them; solver_type is the second-order rule and means nothing at other orders.
    noise_form = not options["algorithm_type"].endswith("++")
    if noise_form and (options["final_sigmas_type"] == "zero" or options["prediction_type"] == "flow_prediction"):
        return False
    if options["prediction_type"] == "flow_prediction" and options["timestep_spacing"] != "linspace":
        return False  # flow sigmas ignore the spacing
    return not (options["solver_order"] == 1 and options["solver_type"] == "heun")


def _ddpm(options: Options, schedule: Schedule) -> Callable[..., Any]:
    kind: Literal["small", "large"] = "large" if options["variance_type"].startswith("fixed_large") else "small"
    # The scheduler keeps the small variance at 1e-20 or more, so that its logarithm exists; at timestep 0 it draws
    # none.
    floor = 1e-20 if kind == "small" and schedule.times[-1] > 0.0 else 0.0

    def walk(start: Any, **arguments: Any) -> Any:
        return ancestral(start, variance=kind, floor=floor, **arguments)

    return walk


def _ddim(options: Options, schedule: Schedule) -> Callable[..., Any]:  # noqa: ARG001
    def walk(start: Any, **arguments: Any) -> Any:
        return ddim(start, eta=options["eta"], **arguments)

    return walk


CAPABILITIES: dict[str, Capability] = {
    capability.name: capability
    for capability in (
        Capability(
            name="DDIMScheduler",
            walk="table",
            options={
                "beta_schedule": _BETAS,
                "eta": (0.0, 0.5, 1.0),
                "prediction_type": _PREDICTIONS,
                "timestep_spacing": _SPACINGS,
            },
            fixed={"clip_sample": False},
            run_options=("eta",),
            recurrence=_ddim,
            order=lambda _: 1,
            noise_level=lambda options: float(options["eta"]),
            catalogue=("P58", "P60", "P64"),
        ),
        Capability(
            name="DDPMScheduler",
            walk="table",
            options={
                "beta_schedule": _BETAS,
                "prediction_type": _PREDICTIONS,
                "timestep_spacing": _SPACINGS,
                "variance_type": ("fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log"),
            },
            fixed={"clip_sample": False},
            recurrence=_ddpm,
            order=lambda _: 1,
            noise_level=lambda _: 1.0,
            catalogue=("P37", "P58"),
        ),
        Capability(
            name="EulerDiscreteScheduler",
            walk="sigmas",
            options={
                "beta_schedule": _BETAS,
                "final_sigmas_type": ("zero", "sigma_min"),
                "prediction_type": _PREDICTIONS,
                "timestep_spacing": _SPACINGS_LINSPACE,
            },
            recurrence=lambda *_: euler,
            order=lambda _: 1,
            noise_level=lambda _: 0.0,
            catalogue=("P58", "P61"),
        ),
        Capability(
            name="EulerAncestralDiscreteScheduler",
            walk="sigmas",
            options={
                "beta_schedule": _BETAS,
                "prediction_type": ("epsilon", "v_prediction"),
                "timestep_spacing": _SPACINGS_LINSPACE,
            },
            recurrence=lambda *_: euler_ancestral,
            order=lambda _: 1,
            noise_level=lambda _: 1.0,
            catalogue=("P58", "P66"),
        ),
        Capability(
            name="HeunDiscreteScheduler",
            walk="pairs",
            options={
                "beta_schedule": _BETAS,
                "prediction_type": _PREDICTIONS,
                "timestep_spacing": _SPACINGS_LINSPACE,
            },
            recurrence=lambda *_: heun,
            order=lambda _: 2,
            noise_level=lambda _: 0.0,
            catalogue=("P62", "P81"),
        ),
        Capability(
            name="DPMSolverMultistepScheduler",
            walk="log-sigmas",
            options={
                "algorithm_type": ("dpmsolver++", "dpmsolver", "sde-dpmsolver++", "sde-dpmsolver"),
                "beta_schedule": _BETAS,
                "final_sigmas_type": ("zero", "sigma_min"),
                "prediction_type": (*_PREDICTIONS, "flow_prediction"),
                "solver_order": (2, 1, 3),
                "solver_type": ("midpoint", "heun"),
                "timestep_spacing": _SPACINGS_LINSPACE,
            },
            recurrence=_dpm,
            order=_dpm_order,
            noise_level=lambda options: float(options["algorithm_type"].startswith("sde")),
            catalogue=("P65", "P67", "P67b", "P70", "P72", "P73"),
            allowed=_dpm_allowed,
        ),
    )
}
