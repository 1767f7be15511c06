"""The exact map of any data on the line, and of Gaussian data: its two identities, its semigroup, its density."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import reverse
from properties.arbiter.numbers import truth
from properties.cases.draw import rounded
from properties.cases.families import FieldStep
from properties.law import law
from properties.laws._compare import residual, truncated
from properties.laws._data import smallest_scale
from properties.laws._differences import differentiated, jacobian, step_for, time_scale
from properties.laws._flow import norm_size
from properties.laws.flow_maps._call import (
    built,
    gaussian_place,
    levels_at,
    map_noise,
    norm,
    on_map,
    velocity_noise,
    ways,
)
from properties.laws.likelihood.flow import quantile_error
from properties.protocol import Finding, Findings, Floats, Implementation


@law(
    "flow_maps.line_arbiter",
    statement="on the line the map and the consistency function keep cumulative probability",
    catalogue=("P101", "P103"),
    family="line_map_step",
    route="arbiter",
)
def line_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    findings: list[Finding] = []
    starts, ends = (np.array(times) for times in zip(*ways(case), strict=True))
    places = lift(np.full((2, 1), case.x[0]))
    images = lower(on_map(implementation, "oracle_map", case, places, starts, ends))[:, 0]
    for start, end, image in zip(starts, ends, images, strict=True):
        error, bound = quantile_error(implementation, case, float(case.x[0]), float(start), float(end), float(image))
        findings.append(truncated("flow_maps.oracle_map", error, bound))
    data, path = built(implementation, case)
    image = float(
        lower(
            module.flow_maps.consistency_function(data, path, lift(case.x), lift(case.noisy), t_min=lift(case.clean))
        )[0]
    )
    error, bound = quantile_error(implementation, case, float(case.x[0]), case.noisy, case.clean, image)
    return (*findings, truncated("flow_maps.consistency_function", error, bound))


def identities(implementation: Implementation, case: FieldStep) -> Findings:
    """Finite differences of the map in its place, its start and its end, all in one call, against what is stated."""
    module, lift, lower, size = implementation.module, implementation.lift, implementation.lower, case.data.size
    data, path = built(implementation, case)
    x, start, end = lift(case.x), case.noisy, case.clean
    image = lower(on_map(implementation, "oracle_map", case, x, start, end))
    noise = map_noise(implementation, case, start, end, image)
    levels = [levels_at(implementation, case, t) for t in (start, end)]
    lengths = [smallest_scale(case.data, *levels[0][:2])] * size
    lengths += [time_scale(case.path, t, level) for t, level in zip((start, end), levels, strict=True)]
    units: Floats = np.asarray(2.0 ** np.round(np.log2(lengths)), dtype=np.float64)

    def moved(offsets: Any) -> Any:
        at = rounded(np.array([*case.x, start, end]) + lower(offsets) * units, implementation.dtype)
        return on_map(implementation, "oracle_map", case, lift(at[:, :size]), at[:, size], at[:, size + 1])

    rates, bounds = jacobian(implementation, moved, np.zeros(size + 2), step_for(implementation, 1.0), noise)
    names = ("oracle_jacobian", "oracle_start_derivative", "oracle_end_derivative")
    stated = {name: lower(on_map(implementation, name, case, x, start, end)) for name in names}
    findings = []
    places: tuple[slice | int, ...] = (slice(size), size, size + 1)
    for name, columns in zip(names, places, strict=True):
        # In units of the length on which the map varies; a derivative is rounded too.
        value, seen = stated[name] * units[columns], rates[:, columns]
        rounding = budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype] * norm(seen)
        natural = max(norm(seen), 1e-3 * norm(image))
        bound = bounds[:, columns] + 4.0 * noise + rounding
        findings.append(differentiated(f"flow_maps.{name}", value - seen, bound, natural, implementation))
    before = module.fields.velocity(data, path, x, lift(start))
    after = module.fields.velocity(data, path, lift(image), lift(end))
    carried = lower(before) @ stated["oracle_jacobian"].T
    eulerian = module.flow_maps.eulerian_residual(lift(stated["oracle_start_derivative"]), lift(carried))
    lagrangian = module.flow_maps.lagrangian_residual(lift(stated["oracle_end_derivative"]), after)
    sizes = [velocity_noise(implementation, case, place, t) for place, t in ((x, start), (lift(image), end))]
    steep = norm(stated["oracle_jacobian"]) * (1.0 + size)
    limits = (8.0 * steep * sizes[0] + 8.0 * noise / lengths[-2], 8.0 * sizes[1] + 8.0 * noise / lengths[-1])
    return (
        *findings,
        truncated("flow_maps.eulerian_residual", norm(lower(eulerian)), limits[0]),
        truncated("flow_maps.lagrangian_residual", norm(lower(lagrangian)), limits[1]),
    )


IDENTITIES = (
    "the map's derivatives in place, start and end are what differences show, and both residuals of the Eulerian and "
    "the Lagrangian identity vanish"
)


@law(
    "flow_maps.line_identities",
    statement=f"on the line, {IDENTITIES}",
    catalogue=("P102",),
    family="line_map_step",
    route="finite difference",
)
def line_identities(implementation: Implementation, case: FieldStep) -> Findings:
    return identities(implementation, case)


@law(
    "flow_maps.gaussian_identities",
    statement=f"for Gaussian data, {IDENTITIES}",
    catalogue=("P102",),
    family="moderate_map_step",
    route="finite difference",
)
def gaussian_identities(implementation: Implementation, case: FieldStep) -> Findings:
    return identities(implementation, case)


@law(
    "flow_maps.semigroup",
    statement="the map from start to middle, then to end, is that from start to end",
    catalogue=("P101",),
    family="line_map_step",
    route="composition",
)
def semigroup(implementation: Implementation, case: FieldStep) -> Findings:
    lift, lower, (data, path) = implementation.lift, implementation.lower, built(implementation, case)
    start, end = case.noisy, case.clean
    middle = float(np.asarray(0.5 * (start + end), dtype=implementation.dtype))
    ends = np.array([middle, end])
    halfway, straight = lower(
        on_map(implementation, "oracle_map", case, lift(np.full((2, 1), case.x[0])), np.full(2, start), ends)
    )
    direct = float(straight[0])
    value = float(lower(on_map(implementation, "oracle_map", case, lift(halfway), middle, end))[0])
    _, own = quantile_error(implementation, case, float(case.x[0]), start, end, direct)
    _, first = quantile_error(implementation, case, float(case.x[0]), start, middle, float(halfway[0]))
    logs = [
        float(lower(data.diffuse(path.alpha(lift(t)), path.sigma(lift(t))).log_prob(lift(place))))
        for t, place in ((middle, halfway), (end, straight))
    ]
    # An error of the first leg is stretched by the second, by the ratio of the densities.
    return (truncated("flow_maps.oracle_map", value - direct, 3.0 * own + float(np.exp(logs[0] - logs[1])) * first),)


@law(
    "flow_maps.gaussian_consistency",
    statement="for Gaussian data the consistency function is the map to its end, and constant along trajectories",
    catalogue=("P103",),
    family="map_step",
    route="composition",
)
def gaussian_consistency(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = built(implementation, case)
    x, start, end = lift(case.x), case.noisy, case.clean
    middle = float(np.asarray(0.5 * (start + end), dtype=implementation.dtype))
    value = lower(module.flow_maps.consistency_function(data, path, x, lift(start), t_min=lift(end)))
    place = gaussian_place(case)
    scale = norm_size(truth(reverse.flow_map, *place, case.x.tolist(), start, end))
    image = lower(on_map(implementation, "oracle_map", case, x, start, end))
    halfway = on_map(implementation, "oracle_map", case, x, start, middle)
    later = lower(module.flow_maps.consistency_function(data, path, halfway, lift(middle), t_min=lift(end)))
    sizes = [
        norm_size(truth(reverse.flow_map, *place, point, *times))
        for point, times in ((case.x.tolist(), (start, middle)), (lower(halfway).tolist(), (middle, end)))
    ]
    stretch = norm(lower(on_map(implementation, "oracle_jacobian", case, halfway, middle, end)))
    return (
        residual("flow_maps.consistency_function", value - image, 2.0 * scale, implementation, budget.NORMWISE),
        residual(
            "flow_maps.consistency_function of the trajectory",
            later - value,
            scale + sizes[1] + stretch * sizes[0],
            implementation,
            budget.NORMWISE,
        ),
    )


@law(
    "flow_maps.density_is_carried",
    statement="p_start(x) = p_end(Psi(x)) |det J| for mixtures in the plane, whose map and Jacobian come from an "
    "integration",
    catalogue=("P101", "P100"),
    family="moderate_mixture_step",
    route="closed form",
    expectations=True,
)
def density_is_carried(implementation: Implementation, case: FieldStep) -> Findings:
    lift, lower = implementation.lift, implementation.lower
    data, path = built(implementation, case)
    x, start, end = lift(case.x), case.noisy, case.clean
    image = on_map(implementation, "oracle_map", case, x, start, end)
    slope = lower(on_map(implementation, "oracle_jacobian", case, x, start, end))
    marginals = [data.diffuse(path.alpha(lift(t)), path.sigma(lift(t))) for t in (start, end)]
    logs = [float(lower(marginal.log_prob(place))) for marginal, place in zip(marginals, (x, image), strict=True)]
    # The image is known to the integrator's accuracy, in units of the scales that the density sees.
    pull = norm(lower(marginals[1].score(image)))
    reach = norm(lower(image)) + smallest_scale(
        case.data, *(float(lower(f(lift(end)))) for f in (path.alpha, path.sigma))
    )
    condition = float(np.linalg.cond(slope))
    bound = budget.FLOW_INTEGRATION * (1.0 + abs(logs[0]) + abs(logs[1]) + pull * reach + condition)
    error = logs[0] - logs[1] - np.log(abs(np.linalg.det(slope)))
    return (truncated("flow_maps.oracle_map, oracle_jacobian", error, bound),)
