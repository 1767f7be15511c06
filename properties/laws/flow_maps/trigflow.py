"""TrigFlow: the exact network, what is made of it, and its vanishing tangent."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import map_models as twins
from properties.arbiter.numbers import truth
from properties.cases.draw import rounded
from properties.cases.flow_maps import TrigPoint
from properties.law import law
from properties.laws._compare import entrywise, residual, truncated
from properties.laws._data import arguments, judge
from properties.laws._differences import step_for, time_derivative
from properties.laws._flow import norm_size
from properties.laws.flow_maps._call import norm
from properties.protocol import Findings, Floats, Implementation


def network_output(implementation: Implementation, case: TrigPoint) -> Any:
    """The exact F."""
    lift = implementation.lift
    data = case.data.build(implementation)
    return implementation.module.flow_maps.trigflow_network_output(
        data, lift(case.x), lift(case.angle), sigma_data=lift(case.sigma_data)
    )


@law(
    "flow_maps.trigflow_arbiter",
    statement="the exact network, the consistency function of an output and back, the target, the velocity and the "
    "tangent are exact",
    catalogue=("P110",),
    family="trig_point",
    route="arbiter",
)
def trigflow_arbiter(implementation: Implementation, case: TrigPoint) -> Findings:
    flow_maps, lift, size = implementation.module.flow_maps, implementation.lift, case.data.size
    first, second, x, angle = (lift(value) for value in (case.first, case.second, case.x, case.angle))
    scale = {"sigma_data": lift(case.sigma_data)}
    lists = (case.first.tolist(), case.second.tolist(), case.x.tolist())
    parts = truth(twins.trigflow, *lists, case.angle, case.sigma_data).split(size, size, size, size)
    derivative = (case.first - case.second).tolist()
    derivative = rounded(np.array(derivative), implementation.dtype)
    tangent = truth(
        twins.trigflow_tangent, lists[0], derivative.tolist(), lists[2], lists[1], case.angle, case.sigma_data
    )
    exactly = truth(twins.trigflow_network, *arguments(case.data), lists[2], case.angle, case.sigma_data)
    rows = (
        ("trigflow_consistency", flow_maps.trigflow_consistency(first, x, angle, **scale), parts[0]),
        (
            "trigflow_network_from_consistency",
            flow_maps.trigflow_network_from_consistency(first, x, angle, **scale),
            parts[1],
        ),
        ("trigflow_network_target", flow_maps.trigflow_network_target(first, second, angle, **scale), parts[2]),
        ("trigflow_velocity", flow_maps.trigflow_velocity(first, **scale), parts[3]),
        (
            "trigflow_tangent",
            flow_maps.trigflow_tangent(first, lift(derivative), x, second, angle, **scale),
            tangent,
        ),
    )
    output = network_output(implementation, case)
    return (
        judge("flow_maps.trigflow_network_output", output, exactly, implementation, size > 1),
        *(entrywise(f"flow_maps.{name}", value, part, implementation) for name, value, part in rows),
    )


@law(
    "flow_maps.trigflow_agrees",
    statement="with the exact network f is the denoiser, the target at the posterior means of data and noise is that "
    "network, and an output is read back from its f",
    catalogue=("P110",),
    family="trig_point",
    route="composition",
)
def trigflow_agrees(implementation: Implementation, case: TrigPoint) -> Findings:
    flow_maps, lift, lower = implementation.module.flow_maps, implementation.lift, implementation.lower
    angle, x, scale = lift(case.angle), lift(case.x), {"sigma_data": lift(case.sigma_data)}
    output = network_output(implementation, case)
    cosine, sine = np.cos(case.angle), np.sin(case.angle) * case.sigma_data
    denoiser = lower(
        case.data.build(implementation)
        .posterior(x, lift(rounded(cosine, implementation.dtype)), lift(rounded(sine, implementation.dtype)))
        .mean
    )
    noise = (case.x - cosine * denoiser) / sine
    aim = flow_maps.trigflow_consistency(output, x, angle, **scale)
    target = lower(
        flow_maps.trigflow_network_target(
            lift(rounded(denoiser, implementation.dtype)), lift(rounded(noise, implementation.dtype)), angle, **scale
        )
    )
    back = lower(flow_maps.trigflow_network_from_consistency(aim, x, angle, **scale))
    known = truth(twins.trigflow_network, *arguments(case.data), case.x.tolist(), case.angle, case.sigma_data)
    own = norm_size(known)
    reach = float(norm(case.x) + norm(denoiser))
    # The posterior sees levels that were rounded, which x - cos x_0 feels in units of the noise that is left.
    whole = sine * own + reach
    posterior = whole * (1.0 + 1.0 / np.sin(case.angle))
    network = lower(output)
    return (
        residual("flow_maps.trigflow_consistency", lower(aim) - denoiser, posterior, implementation, budget.NORMWISE),
        residual(
            "flow_maps.trigflow_network_target",
            target - network,
            own + posterior / sine,
            implementation,
            budget.NORMWISE,
        ),
        residual(
            "flow_maps.trigflow_network_from_consistency",
            back - network,
            own + whole / sine,
            implementation,
            budget.NORMWISE,
        ),
    )


def trajectory(case: TrigPoint, angles: Floats) -> tuple[Floats, Floats]:
    """Where the flow of Gaussian data carries x to, and its image at angle 0, in plain floats."""
    assert case.data.covariances is not None
    values, basis = np.linalg.eigh(case.data.covariances[0])
    mean = case.data.means[0]

    def spread(angle: Floats) -> Floats:
        return np.asarray(
            np.sqrt(np.cos(angle)[..., None] ** 2 * values + (case.sigma_data * np.sin(angle)[..., None]) ** 2)
        )

    here = np.array(case.angle)
    whitened = ((case.x - np.cos(here) * mean) @ basis) / spread(here)
    places = np.cos(angles)[..., None] * mean + (spread(angles) * whitened) @ basis.T
    return places, mean + (np.sqrt(values) * whitened) @ basis.T


@law(
    "flow_maps.trigflow_tangent_vanishes",
    statement="along a trajectory dx/dangle = sigma_data F of the exact network, and the tangent of the exact "
    "consistency function is 0",
    catalogue=("P110", "P102"),
    family="moderate_gaussian_trig_point",
    route="finite difference",
)
def trigflow_tangent_vanishes(implementation: Implementation, case: TrigPoint) -> Findings:
    flow_maps, lift, lower = implementation.module.flow_maps, implementation.lift, implementation.lower
    scale = {"sigma_data": lift(case.sigma_data)}
    output = network_output(implementation, case)
    velocity = lower(flow_maps.trigflow_velocity(output, **scale))
    step = step_for(implementation, 0.1) * 0.25
    unit = budget.UNIT_ROUNDOFF[implementation.dtype]
    ahead, behind = (trajectory(case, np.array(case.angle + sign * step))[0] for sign in (1.0, -1.0))
    wide = [trajectory(case, np.array(case.angle + sign * 2.0 * step))[0] for sign in (1.0, -1.0)]
    coarse, fine = (wide[0] - wide[1]) / (4.0 * step), (ahead - behind) / (2.0 * step)
    slope = (4.0 * fine - coarse) / 3.0
    reach = float(norm(case.x) + norm(case.data.means))
    known = truth(twins.trigflow_network, *arguments(case.data), case.x.tolist(), case.angle, case.sigma_data)
    speed = 64.0 * unit * norm_size(known) * case.sigma_data
    bound = budget.FINITE_DIFFERENCE_SAFETY * norm(fine - coarse) ** 2 / (1.0 + reach)
    bound += 0.1 * norm(fine - coarse) + 32.0 * 2.0**-53 * reach * 100.0 / step + speed

    def network(angles: Any) -> Any:
        turned = lower(angles)
        places, image = trajectory(case, turned)
        places, image = rounded(places, implementation.dtype), rounded(image, implementation.dtype)
        return flow_maps.trigflow_network_from_consistency(lift(image), lift(places), angles, **scale)

    rounding = 64.0 * unit * reach / (np.sin(case.angle) * case.sigma_data)
    change, change_bound = time_derivative(implementation, network, case.angle, 0.1, rounding)
    exact_network = network(lift(np.array([case.angle])))
    there = lift(rounded(slope, implementation.dtype))
    tangent = lower(
        flow_maps.trigflow_tangent(
            lift(lower(exact_network)[0]),
            lift(rounded(change, implementation.dtype)),
            lift(case.x),
            there,
            lift(case.angle),
            **scale,
        )
    )
    size = norm(velocity) + norm(change) * case.sigma_data + reach
    allowed = bound + norm(change_bound) * case.sigma_data + 256.0 * unit * size / np.sin(case.angle)
    return (
        truncated("flow_maps.trigflow_velocity", norm(velocity - slope), bound),
        truncated("flow_maps.trigflow_tangent", norm(tangent), allowed),
    )
