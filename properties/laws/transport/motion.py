"""Laws of transport that share no formula with it: what is pushed where, and along which velocity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from properties import budget
from properties.cases.draw import rounded
from properties.cases.transport import TransportPair
from properties.law import law
from properties.laws._compare import exact, residual
from properties.laws._differences import differentiated, time_derivative
from properties.laws.transport._pairs import Pair, Sizes, norm
from properties.protocol import Finding, Findings, Floats, Implementation


@law(
    "transport.pushes_forward",
    statement="the optimal map and the flow from 0 to 1 push first to second, the interpolations stand there at both "
    "ends, means move to means, and pieces of the flow compose",
    catalogue=("P95", "P96"),
    family="moderate_transport_pair",
    route="composition",
)
def pushes_forward(implementation: Implementation, case: TransportPair) -> Findings:
    at, lift = Pair(implementation, case), implementation.lift
    first, second = case.covariance_first, case.covariance_second
    findings: list[Finding] = []

    def vanishes(quantity: str, value: Floats, scale: float) -> None:
        findings.append(residual(f"transport.{quantity}", value, scale, implementation, budget.NORMWISE))

    sizes = Sizes(case)
    transport, flow = at.plain("optimal_transport_matrix"), at.whole_flow
    for name, matrix in (("optimal_transport_matrix", transport), ("interpolation_flow_matrix", flow)):
        scale = 2.0 * norm(matrix @ first) * sizes.matrix(matrix) + norm(second)
        vanishes(name, matrix @ first @ matrix.T - second, scale)
    first_leg = at.plain("interpolation_flow_matrix", t_start=lift(0.0), t_end=at.t)
    second_leg = at.plain("interpolation_flow_matrix", t_start=at.t, t_end=lift(1.0))
    scale = 2.0 * norm(first_leg) * sizes.matrix(second_leg) + sizes.matrix(flow)
    vanishes("interpolation_flow_matrix", second_leg @ first_leg - flow, scale)
    centre = lift(case.mean_first)
    reach = norm(case.mean_first) + norm(case.mean_second)
    vanishes("optimal_transport_map", at.plain("optimal_transport_map", centre) - case.mean_second, reach)
    moved = at.plain("interpolation_flow_map", centre, t_start=lift(0.0), t_end=lift(1.0))
    vanishes("interpolation_flow_map", moved - case.mean_second, (1.0 + norm(flow)) * reach)
    for name in ("interpolation_law", "displacement_law"):
        for t, mean, covariance in (
            (0.0, case.mean_first, first),
            (1.0, case.mean_second, second),
        ):
            end = at.call(name, lift(t))
            own = norm(covariance) if name == "interpolation_law" or t == 0.0 else 2.0 * sizes.covariance
            vanishes(name, at.number(end.mean) - mean, norm(mean))
            vanishes(name, at.number(end.covariance) - covariance, own + norm(covariance))
    return tuple(findings)


def time_length(case: TransportPair) -> float:
    """The time in which covariances of the interpolations change: how far their roots in complex time are away."""
    values = np.linalg.eigvals(np.linalg.solve(case.covariance_first, case.covariance_second)).real
    roots = np.sqrt(np.maximum(values, 1e-12))
    poles = [abs(case.t - 1.0 / (1.0 + 1j * root)) for root in roots]
    return float(min(case.t, 1.0 - case.t, *poles))


@law(
    "transport.flow_follows_the_velocity",
    statement="the derivative of the flow map in its end is the velocity where it arrives",
    catalogue=("P95",),
    family="moderate_transport_pair",
    route="finite difference",
)
def flow_follows_the_velocity(implementation: Implementation, case: TransportPair) -> Findings:
    at, lower = Pair(implementation, case), implementation.lower
    sizes = Sizes(case)
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    times = {"t_start": at.t_end, "t_end": at.t}
    matrix = at.plain("interpolation_flow_matrix", **times)

    def arrived(times: Any) -> Any:
        return at.call("interpolation_flow_map", at.x, t_start=at.t_end, t_end=times)

    rounding = unit * sizes.image(matrix)
    slope, bound = time_derivative(implementation, arrived, case.t, time_length(case), rounding)
    image = at.call("interpolation_flow_map", at.x, **times)
    velocity = lower(at.call("interpolation_velocity", image, at.t))
    jacobian, _ = jacobian_of(at, lambda x: at.call("interpolation_velocity", x, at.t), lower(image))
    own = (1.0 + norm(jacobian)) * (rounding + unit * sizes.grade * norm(lower(image)))
    natural = norm(velocity) + float(np.sqrt(np.trace(case.covariance_first)))
    return (differentiated("transport.interpolation_flow_map", slope - velocity, bound + own, natural, implementation),)


def jacobian_of(at: Pair, velocity: Callable[[Any], Any], centre: Floats) -> tuple[Floats, Floats]:
    """The matrix of an affine velocity (d, d) and its value (d,) at a centre, from differences over whole units."""
    dtype = at.implementation.dtype
    step = 2.0 ** round(np.log2(float(np.sqrt(np.trace(at.case.covariance_first)))))
    middle = rounded(centre, dtype)
    places = rounded(
        np.concatenate([middle + step * np.eye(at.size), middle - step * np.eye(at.size), middle[None]]), dtype
    )
    values = at.number(velocity(at.place(places)))
    span = places[: at.size] - places[at.size : 2 * at.size]
    matrix = (values[: at.size] - values[at.size : -1]).T / np.diagonal(span)
    return matrix, values[-1]


@law(
    "transport.moments_follow_the_velocity",
    statement="means and covariances of the interpolation, of McCann's and of the Schroedinger bridge move as their "
    "velocity or drift b makes them: m' = b(m), C' = B C + C B^T, plus the variance for the bridge",
    catalogue=("P95", "P96", "P98"),
    family="moderate_transport_pair",
    route="finite difference",
)
def moments_follow_the_velocity(implementation: Implementation, case: TransportPair) -> Findings:
    at = Pair(implementation, case)
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    option, zero = {"variance": at.variance}, np.zeros((at.size, at.size))
    sizes = Sizes(case)
    noise = case.variance * np.eye(at.size)
    rows: tuple[tuple[Any, ...], ...] = (
        ("interpolation_law", "interpolation_velocity", {}, zero),
        ("displacement_law", "displacement_velocity", {}, zero),
        ("schroedinger_bridge_law", "schroedinger_bridge_drift", option, noise),
    )
    findings: list[Finding] = []
    for name, field, options, added in rows:
        rounding = unit * max(sizes.reach, sizes.covariance)

        def both(times: Any, name: str = name, options: Any = options) -> Any:
            between = at.call(name, times, **options)
            mean, covariance = at.number(between.mean), at.number(between.covariance)
            return implementation.lift(np.concatenate([mean[..., None, :], covariance], axis=-2))

        slopes, bounds = time_derivative(implementation, both, case.t, time_length(case), rounding)
        between = at.call(name, at.t, **options)
        centre, covariance = at.number(between.mean), at.number(between.covariance)

        def moving(x: Any, field: str = field, options: Any = options) -> Any:
            return at.call(field, x, at.t, **options)

        matrix, value = jacobian_of(at, moving, centre)
        turned = matrix @ covariance
        step = float(np.sqrt(np.trace(case.covariance_first)))
        # A Jacobian over a unit is off by its values' roundings over that unit.
        own = unit * 8.0 * sizes.image(matrix) * (1.0 + norm(covariance) / step)
        own += unit * norm(matrix) * (sizes.covariance + norm(centre))
        natural = norm(turned) + norm(value) + norm(covariance)
        findings += [
            differentiated(f"transport.{name}", slopes[0] - value, bounds[0] + own, natural, implementation),
            differentiated(
                f"transport.{field}", slopes[1:] - turned - turned.T - added, bounds[1:] + own, natural, implementation
            ),
        ]
    return tuple(findings)


@law(
    "transport.straight_lines",
    statement="along the lines from x to its image the velocity of McCann's interpolation and that of the second "
    "rectified flow are the image less x, so that one Euler step is exact",
    catalogue=("P96", "P97"),
    family="moderate_transport_pair",
    route="composition",
)
def straight_lines(implementation: Implementation, case: TransportPair) -> Findings:
    at, lift = Pair(implementation, case), implementation.lift
    images = (
        at.plain("optimal_transport_map", at.x),
        at.plain("interpolation_flow_map", at.x, t_start=lift(0.0), t_end=lift(1.0)),
    )
    sizes, findings = Sizes(case), []
    matrices = (at.plain("optimal_transport_matrix"), at.whole_flow)
    for name, image, matrix in zip(("displacement_velocity", "reflow_velocity"), images, matrices, strict=True):
        place = rounded((1.0 - case.t) * case.x + case.t * image, implementation.dtype)
        velocity = at.plain(name, at.place(place), at.t)
        partly = np.asarray(np.linalg.inv((1.0 - case.t) * np.eye(at.size) + case.t * matrix), dtype=np.float64)
        rate = np.asarray((matrix - np.eye(at.size)) @ partly)
        scale = (1.0 + norm(partly)) * (sizes.image(rate) + sizes.image(matrix))
        start = at.plain(name, at.x, lift(0.0))
        findings += [
            residual(f"transport.{name}", error, scale, implementation, budget.NORMWISE)
            for error in (velocity - (image - case.x), case.x + start - image)
        ]
    return tuple(findings)


@law(
    "transport.commuting_is_optimal",
    statement="where the covariances commute the flow of the independent coupling is the optimal transport, with no "
    "Brenier defect and the displacement W2^2, and the rectified velocity is McCann's",
    catalogue=("P95", "P96", "P97"),
    family="commuting_transport_pair",
    route="closed form",
)
def commuting_is_optimal(implementation: Implementation, case: TransportPair) -> Findings:
    at = Pair(implementation, case)
    flow, transport = at.whole_flow, at.plain("optimal_transport_matrix")
    sizes = Sizes(case)
    scale = sizes.matrix(flow) + sizes.matrix(transport)
    distance = at.number(implementation.module.divergences.wasserstein2_squared(at.first, at.second))
    spread = float(np.trace(case.covariance_first) + np.trace(case.covariance_second))
    apart = norm(case.mean_second - case.mean_first) ** 2
    reach = 4.0 * (spread + apart + norm(case.mean_first) ** 2 + norm(case.mean_second) ** 2)
    velocities = (at.plain(name, at.x, at.t) for name in ("reflow_velocity", "displacement_velocity"))
    rates = sizes.grade * sizes.image(transport)
    rows = (
        ("interpolation_flow_matrix", flow - transport, scale),
        ("brenier_defect", at.number(at.module.brenier_defect(at.place(flow))), 2.0 * sizes.matrix(flow)),
        ("flow_displacement", at.plain("flow_displacement") - distance, reach),
        ("reflow_velocity", np.subtract(*velocities), rates),
    )
    return (
        *(residual(f"transport.{name}", value, size, implementation, budget.NORMWISE) for name, value, size in rows),
        exact("transport.optimal_transport_matrix", bool(np.array_equal(transport, transport.T))),
    )
