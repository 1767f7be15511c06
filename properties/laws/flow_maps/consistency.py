"""Consistency training and distillation: points, losses of the exact function, and their orders in the step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from properties import budget
from properties.arbiter import flow_maps as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import rounded
from properties.cases.families import FieldStep
from properties.cases.flow_maps import ConsistencyStep
from properties.law import law
from properties.laws._compare import entrywise, residual, truncated
from properties.laws._data import arguments, judge, path_arguments
from properties.laws._flow import norm_size
from properties.laws.flow_maps._call import built, norm
from properties.protocol import Findings, Floats, Implementation

LOSSES = ("consistency_distillation_loss", "consistency_training_loss", "consistency_training_excess")


def losses(implementation: Implementation, case: ConsistencyStep) -> dict[str, float]:
    """The three losses of a pair."""
    lift, (data, path) = implementation.lift, built(implementation, case.step)
    times = {"clean": lift(case.step.clean), "noisy": lift(case.step.noisy), "t_min": lift(case.t_min)}
    return {
        name: float(implementation.lower(getattr(implementation.module.flow_maps, name)(data, path, **times)))
        for name in LOSSES
    }


def loss_truths(case: ConsistencyStep) -> list[Truth]:
    """Their truths."""
    covariance = arguments(case.step.data)[1][1]
    times = (case.step.clean, case.step.noisy, case.t_min)
    return truth(twins.consistency_losses, *path_arguments(case.step.path), covariance, *times).split(1, 1, 1)


@law(
    "flow_maps.consistency_points_arbiter",
    statement="the weight of x_0, the point of training and the teacher's point are exact for every data law",
    catalogue=("P104",),
    family="field_step",
    route="arbiter",
)
def consistency_points_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    flow_maps, lift = implementation.module.flow_maps, implementation.lift
    data, path = built(implementation, case)
    clean, noisy, x = lift(case.clean), lift(case.noisy), lift(case.x)
    noise = case.x[::-1].copy()
    place = path_arguments(case.path)
    return (
        entrywise(
            "flow_maps.consistency_offset_weight",
            flow_maps.consistency_offset_weight(path, clean=clean, noisy=noisy),
            truth(twins.offset_weight, *place, case.clean, case.noisy),
            implementation,
        ),
        entrywise(
            "flow_maps.consistency_training_point",
            flow_maps.consistency_training_point(path, x, lift(noise), clean),
            truth(twins.training_point, *place, case.x.tolist(), noise.tolist(), case.clean),
            implementation,
        ),
        judge(
            "flow_maps.consistency_distillation_point",
            flow_maps.consistency_distillation_point(data, path, x, clean=clean, noisy=noisy),
            truth(twins.distillation_point, *place, *arguments(case.data), case.x.tolist(), case.clean, case.noisy),
            implementation,
            case.data.size > 1,
        ),
    )


@law(
    "flow_maps.offset_weight_is_its_quotient",
    statement="the point of training at the clean time is that at the noisy time, scaled by the noise, plus c x_0",
    catalogue=("P104",),
    family="moderate_consistency_step",
    route="composition",
)
def offset_weight_is_its_quotient(implementation: Implementation, case: ConsistencyStep) -> Findings:
    flow_maps, lift, lower = implementation.module.flow_maps, implementation.lift, implementation.lower
    path, x0, noise = case.step.path.build(implementation), case.step.x, case.step.x[::-1] + 1.0
    noise = rounded(noise, implementation.dtype)
    clean, noisy = lift(case.step.clean), lift(case.step.noisy)
    near, far = (lower(flow_maps.consistency_training_point(path, lift(x0), lift(noise), t)) for t in (clean, noisy))
    ratio = float(lower(path.sigma(clean))) / float(lower(path.sigma(noisy)))
    weight = float(lower(flow_maps.consistency_offset_weight(path, clean=clean, noisy=noisy)))
    scale = 8.0 * (norm(near) + norm(far) + norm(x0) + norm(noise))
    error = near - ratio * far - weight * x0
    return (residual("flow_maps.consistency_offset_weight", error, scale, implementation, budget.NORMWISE),)


@law(
    "flow_maps.consistency_losses_arbiter",
    statement="distillation, training and their difference are the mean squares that define them, for steps down to a "
    "relative 1e-10",
    catalogue=("P104",),
    family="consistency_step",
    route="arbiter",
)
def consistency_losses_arbiter(implementation: Implementation, case: ConsistencyStep) -> Findings:
    values, by_norm = losses(implementation, case), case.step.data.size > 1
    return tuple(
        judge(f"flow_maps.{name}", implementation.lift(np.array(value)), part, implementation, by_norm)
        for (name, value), part in zip(values.items(), loss_truths(case), strict=True)
    )


def sigma_points(size: int) -> Floats:
    """Places (2 n, n) whose plain average integrates cubic polynomials of n standard normals exactly."""
    return np.asarray(np.sqrt(float(size)) * np.concatenate([np.eye(size), -np.eye(size)]))


@law(
    "flow_maps.consistency_losses_are_averages",
    statement="the losses are averages of |f(x_clean) - f(x_noisy)|^2 over pairs of (x_0, noise), and the teacher's "
    "point is the mean of the student's",
    catalogue=("P104",),
    family="moderate_consistency_step",
    route="cubature",
)
def consistency_losses_are_averages(implementation: Implementation, case: ConsistencyStep) -> Findings:
    flow_maps, lift, lower = implementation.module.flow_maps, implementation.lift, implementation.lower
    data, path = built(implementation, case.step)
    size, spec = case.step.data.size, case.step.data
    assert spec.covariances is not None
    normals = sigma_points(2 * size)
    values, basis = np.linalg.eigh(spec.covariances[0])
    x0 = lift(spec.means[0] + normals[:, :size] * np.sqrt(values) @ basis.T)
    noise = lift(normals[:, size:])
    clean, noisy, least = (lift(t) for t in (case.step.clean, case.step.noisy, case.t_min))
    at_clean, at_noisy = (flow_maps.consistency_training_point(path, x0, noise, t) for t in (clean, noisy))
    teacher = flow_maps.consistency_distillation_point(data, path, at_noisy, clean=clean, noisy=noisy)
    student, aim = (
        lower(flow_maps.consistency_function(data, path, place, clean, t_min=least)) for place in (at_clean, teacher)
    )
    here = lower(flow_maps.consistency_function(data, path, at_noisy, noisy, t_min=least))
    stated = losses(implementation, case)
    # The points and the maps are rounded at their own size, and their differences squared.
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    condition = float(values[-1] / values[0]) ** 0.5
    sizes = np.linalg.norm(np.abs(student) + np.abs(here) + np.abs(lower(at_noisy)), axis=-1)
    rows = {LOSSES[0]: aim - here, LOSSES[1]: student - here, LOSSES[2]: student - aim}
    findings = []
    for name, gaps in rows.items():
        lengths = np.linalg.norm(gaps, axis=-1)
        error = unit * condition * sizes
        bound = float(np.mean(2.0 * lengths * error + error**2)) + unit * condition * stated[name]
        findings.append(truncated(f"flow_maps.{name}", float(np.mean(lengths**2)) - stated[name], bound))
    return tuple(findings)


@law(
    "flow_maps.consistency_orders",
    statement="halving the step divides the distillation loss by 16 and the training loss and its excess by 4",
    catalogue=("P104",),
    family="moderate_consistency_step",
    route="limit",
)
def consistency_orders(implementation: Implementation, case: ConsistencyStep) -> Findings:
    noisy, gap = case.step.noisy, 2.0**-9 * case.step.noisy
    # A step that is short for the levels too: a path's noise may turn within a small share of the time.
    rows = []
    for share in (1.0, 0.5):
        clean = float(np.asarray(noisy - share * gap, dtype=implementation.dtype))
        step = replace(case.step, clean=clean)
        rows.append(losses(implementation, ConsistencyStep(step, min(case.t_min, 0.9 * noisy))))
    findings = []
    for name, order in zip(LOSSES, (4.0, 2.0, 2.0), strict=True):
        measured = float(np.log2(rows[0][name] / rows[1][name]))
        findings.append(truncated(f"flow_maps.{name} order", measured - order, budget.ORDER_WINDOW))
    return tuple(findings)


@law(
    "flow_maps.excess_completes",
    statement="the training loss is the distillation loss plus the excess, never less than either",
    catalogue=("P104",),
    family="consistency_step",
    route="composition",
)
def excess_completes(implementation: Implementation, case: ConsistencyStep) -> Findings:
    values = losses(implementation, case)
    distillation, training, excess = values.values()
    scale = sum(norm_size(part) for part in loss_truths(case))
    return (
        residual(
            "flow_maps.consistency_training_loss",
            training - distillation - excess,
            scale,
            implementation,
            budget.NORMWISE,
        ),
        residual(
            "flow_maps.consistency_training_excess",
            min(excess, distillation, 0.0),
            scale,
            implementation,
            budget.NORMWISE,
        ),
    )
