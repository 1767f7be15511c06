"""Laws of flow matching: conditional velocities, the losses of affine velocities, and the direction of time."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import transport as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import rounded
from properties.cases.families import FieldPoint
from properties.cases.specs import PathSpec
from properties.cases.transport import Conditional, VelocityModel
from properties.law import law
from properties.laws._compare import entrywise, exact, residual, truncated
from properties.laws._data import arguments, judge, path_arguments, rectangular, size_of, spectral
from properties.laws._fields import all_truths
from properties.laws.evolution._time import stated
from properties.protocol import Findings, Implementation

LOSSES = ("conditional_velocity_matching", "velocity_matching")


def losses(implementation: Implementation, case: VelocityModel, names: tuple[str, ...] = LOSSES) -> list[Any]:
    """transport.<name>(data, path, matrix, offset, t)."""
    lift = implementation.lift
    call = (case.data.build(implementation), case.path.build(implementation), lift(case.matrix), lift(case.offset))
    return [getattr(implementation.module.transport, name)(*call, lift(case.t)) for name in names]


def loss_truths(case: VelocityModel, names: tuple[str, ...] = LOSSES) -> list[Truth]:
    """Their truths; the second is that of Gaussian data."""
    kind, parameters = arguments(case.data)
    model = (rectangular(case.matrix), case.offset.tolist(), case.t)
    known = [truth(twins.conditional_matching, *path_arguments(case.path), kind, parameters, *model)]
    if len(names) > 1:
        known.append(truth(twins.matching, *path_arguments(case.path), *parameters, *model))
    return known


@law(
    "transport.conditional_matching_arbiter",
    statement="the conditional flow-matching loss of an affine velocity is exact for any law",
    catalogue=("P93",),
    family="velocity_model",
    route="arbiter",
)
def conditional_matching_arbiter(implementation: Implementation, case: VelocityModel) -> Findings:
    (value,), (known,) = losses(implementation, case, LOSSES[:1]), loss_truths(case, LOSSES[:1])
    return (judge(f"transport.{LOSSES[0]}", value, known, implementation, spectral(implementation, case.data)),)


@law(
    "transport.matching_arbiter",
    statement="both flow-matching losses of an affine velocity are exact for any Gaussian, near their optimum too",
    catalogue=("P93",),
    family="gaussian_velocity_model",
    route="arbiter",
)
def matching_arbiter(implementation: Implementation, case: VelocityModel) -> Findings:
    return tuple(
        judge(f"transport.{name}", value, known, implementation, True)
        for name, value, known in zip(LOSSES, losses(implementation, case), loss_truths(case), strict=True)
    )


@law(
    "transport.matching_differs_by_the_floor",
    statement="the conditional loss exceeds the marginal one by the velocity's loss floor, whatever the model",
    catalogue=("P93",),
    family="moderate_gaussian_velocity_model",
    route="composition",
)
def matching_differs_by_the_floor(implementation: Implementation, case: VelocityModel) -> Findings:
    data, path = case.data.build(implementation), case.path.build(implementation)
    conditional, marginal = (float(implementation.lower(value)) for value in losses(implementation, case))
    floor = float(
        implementation.lower(implementation.module.fields.velocity_loss_floor(data, path, implementation.lift(case.t)))
    )
    known = [float(size_of(part, True)[0]) for part in loss_truths(case)]
    # The floor is no larger than the conditional loss, and moves by no more of itself than that loss's kappa.
    scale = 2.0 * known[0] + known[1] + 4.0 * floor
    error = conditional - marginal - floor
    return tuple(residual(f"transport.{name}", error, scale, implementation, budget.NORMWISE) for name in LOSSES)


@law(
    "transport.line_matching_differs_by_the_floor",
    statement="for any law on the line, too, the two losses differ by the velocity's loss floor",
    catalogue=("P93",),
    family="line_velocity_model",
    route="composition",
    expectations=True,
)
def line_matching_differs_by_the_floor(implementation: Implementation, case: VelocityModel) -> Findings:
    data, path, t = case.data.build(implementation), case.path.build(implementation), implementation.lift(case.t)
    conditional, marginal = (float(implementation.lower(value)) for value in losses(implementation, case))
    floor = float(implementation.lower(implementation.module.fields.velocity_loss_floor(data, path, t)))
    noise = float(implementation.lower(path.diffusion_squared(t))) / float(implementation.lower(path.sigma(t)))
    slack = stated(implementation, abs(conditional) + floor + noise**2)
    return tuple(truncated(f"transport.{name}", conditional - marginal - floor, slack) for name in LOSSES)


@law(
    "transport.conditional_arbiter",
    statement="the velocity of m + s eps is m' + (s'/s)(x - m); that of Lipman's path in our direction of time is "
    "((1 - s) x - x_0)/(s + (1 - s) t)",
    catalogue=("P93",),
    family="conditional_velocities",
    route="arbiter",
)
def conditional_arbiter(implementation: Implementation, case: Conditional) -> Findings:
    module, lift = implementation.module.transport, implementation.lift
    numbers = {"scale": lift(case.scale), "scale_derivative": lift(case.rate)}
    vectors = {"mean": lift(case.mean), "mean_derivative": lift(case.mean_rate)}
    plain = [vector.tolist() for vector in (case.x, case.mean, case.mean_rate)]
    known = truth(twins.conditional_velocity, plain[0], plain[1], case.scale, plain[2], case.rate)
    lipman = truth(twins.minimal_variance_velocity, plain[0], plain[1], case.t, case.least)
    return (
        entrywise(
            "transport.conditional_velocity",
            module.conditional_velocity(lift(case.x), **vectors, **numbers),
            known,
            implementation,
        ),
        entrywise(
            "transport.minimal_variance_velocity",
            module.minimal_variance_velocity(lift(case.x), lift(case.mean), lift(case.t), sigma_min=lift(case.least)),
            lipman,
            implementation,
        ),
    )


@law(
    "transport.conditional_follows_its_path",
    statement="on x = m + s eps the conditional velocity is m' + s' eps, and on Lipman's path (1 - s) eps - x_0, the "
    "negative of the published field at the time 1 - t",
    catalogue=("P93", "P94"),
    family="conditional_velocities",
    route="composition",
)
def conditional_follows_its_path(implementation: Implementation, case: Conditional) -> Findings:
    module, lift, lower = implementation.module.transport, implementation.lift, implementation.lower
    dtype = implementation.dtype
    x = rounded(case.mean + case.scale * case.noise, dtype)
    velocity = lower(
        module.conditional_velocity(
            lift(x),
            mean=lift(case.mean),
            scale=lift(case.scale),
            mean_derivative=lift(case.mean_rate),
            scale_derivative=lift(case.rate),
        )
    )
    ratio = abs(case.rate / case.scale)
    scale = 2.0 * (np.abs(case.mean_rate) + ratio * (np.abs(x) + np.abs(case.mean)) + np.abs(case.rate * case.noise))
    level = case.least + (1.0 - case.least) * case.t
    place = rounded((1.0 - case.t) * case.mean + level * case.noise, dtype)
    lipman = lower(
        module.minimal_variance_velocity(lift(place), lift(case.mean), lift(case.t), sigma_min=lift(case.least))
    )
    # In the published direction: r = 1 - t, x_1 the data, (x_1 - (1 - s) x)/(1 - (1 - s) r).
    published = (case.mean - (1.0 - case.least) * place) / (1.0 - (1.0 - case.least) * (1.0 - case.t))
    own = 8.0 * (np.abs(case.noise) + np.abs(case.mean) + (np.abs(place) + np.abs(case.mean)) / level)
    lower_level = 4.0 * (np.abs(place) + np.abs(case.mean)) / level**2
    return (
        residual(
            "transport.conditional_velocity",
            velocity - case.mean_rate - case.rate * case.noise,
            scale,
            implementation,
        ),
        residual(
            "transport.minimal_variance_velocity",
            lipman - ((1.0 - case.least) * case.noise - case.mean),
            own,
            implementation,
        ),
        residual("transport.minimal_variance_velocity", lipman + published, own + lower_level, implementation),
    )


@law(
    "transport.matching_has_one_optimum",
    statement="averaged over x_0 given x_t the conditional velocity is the marginal one; in data's time it is its "
    "negative, the velocity of the interpolation from noise to data",
    catalogue=("P93", "P94"),
    family="moderate_gaussian_field_point",
    route="composition",
)
def matching_has_one_optimum(implementation: Implementation, case: FieldPoint) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path, x, t = case.data.build(implementation), case.path.build(implementation), lift(case.x), lift(case.t)
    alpha, sigma, slope, rise = (
        float(lower(method(t))) for method in (path.alpha, path.sigma, path.alpha_derivative, path.sigma_derivative)
    )
    denoised = lower(module.fields.denoiser(data, path, x, t))
    dtype = implementation.dtype
    # The conditional velocity is affine in x_0, so that its average is its value at E x_0.
    value = lower(
        module.transport.conditional_velocity(
            x,
            mean=lift(rounded(alpha * denoised, dtype)),
            scale=lift(sigma),
            mean_derivative=lift(rounded(slope * denoised, dtype)),
            scale_derivative=lift(rise),
        )
    )
    known = {name: float(size_of(part, True)[0]) for name, part in all_truths(case).items()}
    ratio = abs(rise / sigma)
    weight = abs(slope) + ratio * alpha
    places = float(np.linalg.norm(case.x)) + alpha * float(np.linalg.norm(denoised))
    reach = weight * known["denoiser"] + 4.0 * ratio * places
    error = value - lower(module.fields.velocity(data, path, x, t))
    findings = [
        residual(
            "transport.conditional_velocity", error, reach + 2.0 * known["velocity"], implementation, budget.NORMWISE
        )
    ]
    flow, normal = module.FlowMatching(), module.Gaussian(lift(np.zeros(case.data.size)), lift(np.eye(case.data.size)))
    share = float(rounded(0.25 + 0.5 * min(1.0, max(0.0, case.t)), dtype))
    times = module.transport.data_time_from_time(lift(share)), module.transport.time_from_data_time(lift(share))
    ours = module.fields.velocity(data, flow, x, lift(share))
    theirs = module.transport.interpolation_velocity(normal, data, x, times[0])
    own = all_truths(FieldPoint(PathSpec("FlowMatching"), case.data, case.x, share))["velocity"]
    scale = 8.0 * float(size_of(own, True)[0])
    pairs = (
        ("data_time_velocity_from_velocity", module.transport.data_time_velocity_from_velocity(ours), theirs),
        ("velocity_from_data_time", module.transport.velocity_from_data_time(theirs), ours),
    )
    findings += [
        residual(f"transport.{name}", lower(first) - lower(second), scale, implementation, budget.NORMWISE)
        for name, first, second in pairs
    ]
    return (*findings, *_round_trips(implementation, case, share, times))


def _round_trips(implementation: Implementation, case: FieldPoint, share: float, times: tuple[Any, Any]) -> Findings:
    """1 - t is its own inverse, and so is the sign."""
    module, lift, lower = implementation.module.transport, implementation.lift, implementation.lower
    expected = float(rounded(1.0 - share, implementation.dtype))
    velocity = lower(module.velocity_from_data_time(lift(case.x)))
    other = lower(module.data_time_velocity_from_velocity(lift(case.x)))
    return (
        *(
            exact(f"transport.{name}", float(lower(value)) == expected)
            for name, value in zip(("data_time_from_time", "time_from_data_time"), times, strict=True)
        ),
        exact("transport.velocity_from_data_time", bool(np.array_equal(velocity, -case.x))),
        exact("transport.data_time_velocity_from_velocity", bool(np.array_equal(other, -case.x))),
    )
