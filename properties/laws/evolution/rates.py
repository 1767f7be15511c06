"""Laws of the rates of a density and its score at a place, and of the derivatives in space that drive them."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.cases.families import FieldPoint
from properties.law import law
from properties.laws._data import allowance, judge
from properties.laws._differences import differentiated, jacobian, step_for, time_derivative, time_scale
from properties.laws._evolution import Moving
from properties.laws._fields import all_truths
from properties.laws.evolution._rates import NAMES, by_norm, call, floors, truths
from properties.protocol import Finding, Findings, Floats, Implementation


@law(
    "evolution.arbiter",
    statement="the rates of log density and score, the Laplacian of log p and its gradient, and the divergence of the "
    "velocity are exact",
    catalogue=("P26", "P27", "M33"),
    family="off_centre_point",
    route="arbiter",
)
def arbiter(implementation: Implementation, case: FieldPoint) -> Findings:
    known, floor = truths(case), floors(implementation, case)
    return tuple(
        judge(
            f"evolution.{name}",
            call(implementation, name, case),
            known[name],
            implementation,
            by_norm(implementation, name, case),
            floor[name],
        )
        for name in NAMES
    )


@law(
    "evolution.time_differences",
    statement="log_density_rate and score_rate are the derivatives in time of log p_t and of its score at a fixed "
    "place",
    catalogue=("P26", "M33"),
    family="evolving_point",
    route="finite difference",
)
def time_differences(implementation: Implementation, case: FieldPoint) -> Findings:
    at, known = Moving(implementation, case), truths(case)
    length = time_scale(case.path, case.t, at.levels[:4])
    slope, slope_bound = at.log_prob_derivative()
    turn, turn_bound = time_derivative(
        implementation, lambda times: at.marginal(times).score(at.x), case.t, length, at.score_error
    )
    findings: list[Finding] = []
    for name, derivative, bound, natural in (
        ("log_density_rate", slope, slope_bound, at.rate),
        ("score_rate", turn, turn_bound, float(np.linalg.norm(at.score)) / length),
    ):
        rate = implementation.lower(call(implementation, name, case))
        rounding = allowance(known[name], implementation, at.size > 1).reshape(np.shape(derivative))
        size = max(natural, float(np.linalg.norm(rate)))
        findings.append(differentiated(f"evolution.{name}", rate - derivative, bound + rounding, size, implementation))
    return tuple(findings)


@law(
    "evolution.space_differences",
    statement="the Laplacian is the divergence of the score, its gradient the derivative of it, and the divergence of "
    "the velocity is one",
    catalogue=("P26", "P27"),
    family="evolving_point",
    route="finite difference",
)
def space_differences(implementation: Implementation, case: FieldPoint) -> Findings:
    module, at, known = implementation.module, Moving(implementation, case), truths(case)
    step, size = step_for(implementation, at.length), at.size
    unit = at.length**-2.0
    errors = {name: allowance(known[name], implementation, size > 1) for name in NAMES}
    velocity_error = allowance(all_truths(case)["velocity"], implementation, size > 1)

    def divergence(function: Any, noise: Floats) -> tuple[Floats, Floats]:
        slopes, bounds = jacobian(implementation, function, case.x, step, noise)
        return np.trace(slopes), np.trace(bounds)

    fields = {
        "laplacian": divergence(lambda places: at.marginal(at.t).score(places), at.score_error),
        "laplacian_gradient": jacobian(
            implementation,
            lambda places: module.evolution.laplacian(at.data, at.path, places, at.t),
            case.x,
            step,
            errors["laplacian"][0],
        ),
        "velocity_divergence": divergence(
            lambda places: module.fields.velocity(at.data, at.path, places, at.t), velocity_error
        ),
    }
    naturals = {
        "laplacian": size * unit,
        "laplacian_gradient": size * unit / at.length,
        "velocity_divergence": size * (abs(at.drift) + at.diffusion * unit),
    }
    findings: list[Finding] = []
    for name, (derivative, bound) in fields.items():
        own = implementation.lower(call(implementation, name, case))
        rounding = errors[name].reshape(np.shape(derivative))
        natural = max(naturals[name], float(np.linalg.norm(own)))
        findings.append(
            differentiated(f"evolution.{name}", own - derivative, bound + rounding, natural, implementation)
        )
    return tuple(findings)
