"""MeanFlow: the average velocity's identities, which are what its training rests on."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.cases.draw import rounded
from properties.cases.families import FieldStep
from properties.law import law
from properties.laws._compare import truncated
from properties.laws._differences import differentiated, jacobian, step_for, time_scale
from properties.laws.flow_maps._call import built, levels_at, map_noise, norm, on_map, velocity_noise
from properties.protocol import Findings, Implementation

NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
COARSE_NODES, COARSE_WEIGHTS = np.polynomial.legendre.leggauss(16)


def mean_flow(implementation: Implementation, case: FieldStep) -> Findings:
    """The identities of u between two times that differ by a fair share of themselves."""
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    flow_maps, (data, path) = module.flow_maps, built(implementation, case)
    start, end, x = case.noisy, case.clean, lift(case.x)
    middle = float(rounded(0.5 * (start + end), implementation.dtype))
    times = {"t_start": lift(start), "t_end": lift(end)}
    u = lower(flow_maps.average_velocity(data, path, x, **times))
    image = on_map(implementation, "oracle_map", case, x, start, end)
    length = start - end
    noise = map_noise(implementation, case, start, end, lower(image))
    speed, there = (
        module.fields.velocity(data, path, x, lift(start)),
        module.fields.velocity(data, path, image, lift(end)),
    )
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    # u is a displacement over the time; each velocity has its own rounding, a start off by its own meets another flow.
    own = 2.0 * noise / length + unit * norm(u) + unit * norm(case.x) / length
    slope = norm(lower(on_map(implementation, "oracle_jacobian", case, x, start, end)))
    own += velocity_noise(implementation, case, x, start) + velocity_noise(implementation, case, image, end)
    change = flow_maps.mean_flow_total_derivative(data, path, x, speed, **times)
    target = lower(flow_maps.mean_flow_target(speed, change, **times))
    end_change = lift(rounded((u - lower(there)) / length, implementation.dtype))
    from_end = lower(flow_maps.mean_flow_target_from_end(there, end_change, **times))
    halfway = on_map(implementation, "oracle_map", case, x, start, middle)
    legs = [
        flow_maps.average_velocity(data, path, place, t_start=lift(a), t_end=lift(b))
        for place, a, b in ((x, start, middle), (halfway, middle, end))
    ]
    joined = lower(
        flow_maps.combined_average_velocity(*legs, t_start=lift(start), t_middle=lift(middle), t_end=lift(end))
    )
    shortcut = lower(flow_maps.shortcut_target(*legs))
    uneven = abs((start - middle) - (middle - end)) / length
    sizes = sum(norm(lower(leg)) for leg in legs)
    # The second leg starts where the first arrives, up to the map's rounding, which the flow carries on.
    halfway_noise = map_noise(implementation, case, start, middle, lower(halfway))
    onward = norm(lower(on_map(implementation, "oracle_jacobian", case, halfway, middle, end)))
    joint = 4.0 * own + 4.0 * (1.0 + onward) * halfway_noise / length + unit * sizes
    tilt = 1.0 + slope
    return (
        truncated("flow_maps.mean_flow_target", norm(target - u), 8.0 * tilt * own),
        truncated("flow_maps.mean_flow_target_from_end", norm(from_end - u), 8.0 * own),
        truncated("flow_maps.combined_average_velocity", norm(joined - u), joint),
        truncated("flow_maps.shortcut_target", norm(shortcut - u), joint + uneven * sizes),
    )


STATED = "u = v - (t - r) du/dt = v(Psi) + (t - r) du/dr, and two legs make one"


@law(
    "flow_maps.line_mean_flow",
    statement=f"on the line, {STATED}",
    catalogue=("P106",),
    family="line_map_step",
    route="composition",
    expectations=True,
)
def line_mean_flow(implementation: Implementation, case: FieldStep) -> Findings:
    return mean_flow(implementation, case)


@law(
    "flow_maps.gaussian_mean_flow",
    statement=f"for Gaussian data, {STATED}",
    catalogue=("P106",),
    family="moderate_map_step",
    route="composition",
)
def gaussian_mean_flow(implementation: Implementation, case: FieldStep) -> Findings:
    return mean_flow(implementation, case)


@law(
    "flow_maps.average_is_an_average",
    statement="u is the mean over the time of the velocity along the trajectory",
    catalogue=("P106",),
    family="line_map_step",
    route="quadrature",
)
def average_is_an_average(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = built(implementation, case)
    start, end = case.noisy, max(case.clean, 0.25 * case.noisy)
    nodes = np.concatenate([COARSE_NODES, NODES, [1.0]])
    times = rounded(0.5 * (start + end) + 0.5 * (end - start) * nodes, implementation.dtype)
    times[-1] = end
    starts = {"x": lift(np.full((len(nodes), 1), case.x[0])), "t_start": lift(np.full(len(nodes), start))}
    places = module.flow_maps.oracle_map(data, path, **starts, t_end=lift(times))
    speeds = lower(module.fields.velocity(data, path, places, lift(times)))[:, 0]
    coarse = 0.5 * float(COARSE_WEIGHTS @ speeds[: len(COARSE_NODES)])
    fine = 0.5 * float(WEIGHTS @ speeds[len(COARSE_NODES) : -1])
    size = float(np.max(np.abs(speeds)))
    u = float(lower(on_map(implementation, "average_velocity", case, lift(case.x), start, end))[0])
    noise = map_noise(implementation, case, start, end, lower(places)[-1]) / (start - end)
    rounding = budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype] * size + 4.0 * noise
    bound = abs(fine - coarse) + rounding
    return (truncated("flow_maps.average_velocity", u - fine, bound),)


@law(
    "flow_maps.total_derivative_is_a_derivative",
    statement="du/dt along (tangent, 1) is what differences of the average velocity show, and linear in the tangent: a "
    "conditional velocity may stand in its place",
    catalogue=("P106",),
    family="moderate_map_step",
    route="finite difference",
)
def total_derivative_is_a_derivative(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower, size = implementation.module, implementation.lift, implementation.lower, case.data.size
    flow_maps, (data, path) = module.flow_maps, built(implementation, case)
    start, end = case.noisy, case.clean
    tangent = rounded(case.x[::-1].copy() + 0.5, implementation.dtype)
    levels = levels_at(implementation, case, start)
    reach = norm(tangent) / (1.0 + norm(case.x))
    length = min(time_scale(case.path, start, levels), 0.5 * (start - end), 0.5 / (1e-300 + reach))
    size_of_u = norm(lower(on_map(implementation, "average_velocity", case, lift(case.x), start, end)))
    image = lower(on_map(implementation, "oracle_map", case, lift(case.x), start, end))
    noise = map_noise(implementation, case, start, end, image) / (start - end)

    def shifted(offsets: Any) -> Any:
        steps = lower(offsets)[:, 0]
        places = rounded(case.x + steps[:, None] * tangent, implementation.dtype)
        moved = rounded(start + steps, implementation.dtype)
        return flow_maps.average_velocity(data, path, lift(places), t_start=lift(moved), t_end=lift(end))

    rate, bound = jacobian(implementation, shifted, np.zeros(1), step_for(implementation, length), 4.0 * noise)
    ends = {"t_start": lift(start), "t_end": lift(end)}
    value = lower(flow_maps.mean_flow_total_derivative(data, path, lift(case.x), lift(tangent), **ends))
    shift = rounded(np.ones(size), implementation.dtype)
    tilted = [lift(rounded(tangent + sign * shift, implementation.dtype)) for sign in (1.0, -1.0)]
    others = [lower(flow_maps.mean_flow_total_derivative(data, path, lift(case.x), each, **ends)) for each in tilted]
    natural = norm(rate) + size_of_u / (2.0 * length)
    speed = velocity_noise(implementation, case, lift(case.x), start) + noise
    rounding = 8.0 * (speed / (start - end) + noise / length)
    # The differences' own values are rounded, where x and u are 0 too.
    seen = budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype] * norm(rate)
    sizes = sum(norm(each) for each in others)
    return (
        differentiated(
            "flow_maps.mean_flow_total_derivative",
            value - rate[:, 0],
            bound[:, 0] + rounding + seen,
            natural,
            implementation,
        ),
        truncated(
            "flow_maps.mean_flow_total_derivative in the tangent",
            norm(0.5 * (others[0] + others[1]) - value),
            rounding + budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype] * sizes,
        ),
    )
