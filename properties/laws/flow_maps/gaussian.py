"""The flow of Gaussian data, its derivatives, and the velocity averaged along it, against the arbiter."""

from __future__ import annotations

import numpy as np

from properties import budget
from properties.arbiter import flow_maps as twins
from properties.arbiter.numbers import truth
from properties.cases.draw import rounded
from properties.cases.families import FieldPoint, FieldStep
from properties.law import law
from properties.laws._compare import residual, truncated
from properties.laws._data import allowance, judge, symmetric_findings
from properties.laws._fields import all_truths
from properties.laws._flow import norm_size
from properties.laws.flow_maps._call import built, gaussian_place, map_noise, norm, on_map, velocity_noise, ways
from properties.protocol import Finding, Findings, Implementation

NAMES = (
    "oracle_map",
    "oracle_jacobian",
    "oracle_start_derivative",
    "oracle_end_derivative",
    "average_velocity",
    "average_velocity_matrix",
)


@law(
    "flow_maps.gaussian_arbiter",
    statement="the map, its three derivatives, and the displacement over the time are exact on Gaussian data, for "
    "times far apart or nearly equal, in either order",
    catalogue=("P101", "P102", "P106"),
    family="map_step",
    route="arbiter",
)
def gaussian_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    lift, size = implementation.lift, case.data.size
    findings: list[Finding] = []
    for start, end in ways(case):
        exactly = truth(twins.maps, *gaussian_place(case), case.x.tolist(), start, end)
        parts = exactly.split(size, size * size, size, size, size, size * size)
        times = {"t_start": lift(start), "t_end": lift(end)}
        for name, part in zip(NAMES, parts, strict=True):
            if name == "average_velocity_matrix":
                value = implementation.module.flow_maps.average_velocity_matrix(*built(implementation, case), **times)
                findings += symmetric_findings(f"flow_maps.{name}", value, implementation, semidefinite=False)
            else:
                value = on_map(implementation, name, case, lift(case.x), start, end)
            findings.append(judge(f"flow_maps.{name}", value, part, implementation, size > 1))
    return tuple(findings)


@law(
    "flow_maps.average_at_equal_times",
    statement="the average velocity over no time is the velocity, and its matrix that of the velocity's slope",
    catalogue=("P106", "P20"),
    family="map_step",
    route="composition",
)
def average_at_equal_times(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = built(implementation, case)
    t, x = lift(case.noisy), lift(case.x)
    average = lower(module.flow_maps.average_velocity(data, path, x, t_start=t, t_end=t))
    scale = 2.0 * norm_size(all_truths(case_at(case))["velocity"])
    difference = average - lower(module.fields.velocity(data, path, x, t))
    return (residual("flow_maps.average_velocity", difference, scale, implementation, budget.NORMWISE),)


def case_at(case: FieldStep) -> FieldPoint:
    """The case at its noisy time."""
    return FieldPoint(case.path, case.data, case.x, case.noisy)


@law(
    "flow_maps.average_matrix_is_a_slope",
    statement="two average velocities differ by their matrix times the difference of the places",
    catalogue=("P106",),
    family="moderate_map_step",
    route="composition",
)
def average_matrix_is_a_slope(implementation: Implementation, case: FieldStep) -> Findings:
    lift, lower = implementation.lift, implementation.lower
    times = {"t_start": lift(case.noisy), "t_end": lift(case.clean)}
    matrix = lower(implementation.module.flow_maps.average_velocity_matrix(*built(implementation, case), **times))
    places = np.stack([case.x, rounded(0.5 - case.x[::-1], implementation.dtype)])
    first, second = lower(on_map(implementation, "average_velocity", case, lift(places), case.noisy, case.clean))
    length = case.noisy - case.clean
    noise = sum(map_noise(implementation, case, case.noisy, case.clean, length * each) for each in (first, second))
    error = norm(first - second - matrix @ (places[0] - places[1]))
    return (truncated("flow_maps.average_velocity_matrix", error, 2.0 * noise / length),)


@law(
    "flow_maps.total_derivative_arbiter",
    statement="du/dt along (tangent, 1) is what the definition of u gives",
    catalogue=("P106",),
    family="moderate_map_step",
    route="arbiter",
)
def total_derivative_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    tangent = rounded(case.x[::-1].copy() + 0.5, implementation.dtype)
    place = [*gaussian_place(case), case.x.tolist()]
    exactly = truth(twins.total_derivative, *place, tangent.tolist(), case.noisy, case.clean)
    value = module.flow_maps.mean_flow_total_derivative(
        *built(implementation, case), lift(case.x), lift(tangent), t_start=lift(case.noisy), t_end=lift(case.clean)
    )
    # It is stated as a difference of two velocities over the time: each may be wrong by its own rounding.
    length, own = case.noisy - case.clean, allowance(exactly, implementation, True)[0]
    average = lower(on_map(implementation, "average_velocity", case, lift(case.x), case.noisy, case.clean))
    image = lower(on_map(implementation, "oracle_map", case, lift(case.x), case.noisy, case.clean))
    rounding = velocity_noise(implementation, case, lift(case.x), case.noisy)
    rounding += budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype] * norm(average)
    rounding += map_noise(implementation, case, case.noisy, case.clean, image) / length
    errors = exactly.errors([float(each) for each in lower(value)])
    return (truncated("flow_maps.mean_flow_total_derivative", norm(errors), own + rounding / length),)
