"""Pointwise formulas of CTM, MeanFlow, progressive distillation and their schedules."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import map_models as twins
from properties.arbiter.numbers import truth
from properties.cases.families import FieldPoint
from properties.cases.flow_maps import MapPoint
from properties.law import law
from properties.laws._arguments import in_double
from properties.laws._compare import entrywise, exact, residual, truncated
from properties.laws._data import path_arguments
from properties.laws._fields import all_truths, judged_by_norm
from properties.laws._flow import norm_size
from properties.laws.flow_maps._call import norm
from properties.protocol import Findings, Floats, Implementation


@law(
    "flow_maps.models_arbiter",
    statement="the pointwise formulas of CTM, MeanFlow, progressive distillation and distribution matching are exact",
    catalogue=("P102", "P105", "P106", "P107", "P109"),
    family="map_point",
    route="arbiter",
)
def models_arbiter(implementation: Implementation, case: MapPoint) -> Findings:
    flow_maps, lift, size = implementation.module.flow_maps, implementation.lift, len(case.x)
    first, second, x = (lift(vector) for vector in (case.first, case.second, case.x))
    times = {"t_start": lift(case.start), "t_end": lift(case.end)}
    lists = (case.first.tolist(), case.second.tolist(), case.x.tolist())
    ctm = truth(twins.ctm, lists[0], lists[2], case.start, case.end).split(size, size, size, 1)
    flow = truth(twins.mean_flow, *lists[:2], case.start, case.middle, case.end).split(size, size, size, size)
    ends = truth(twins.residuals, *lists[:2]).split(size, size)
    alpha, sigma, alpha_end, sigma_end = (lift(level) for level in case.levels)
    levels = {"alpha_start": alpha, "sigma_start": sigma, "alpha_end": alpha_end, "sigma_end": sigma_end}
    path = case.path.build(implementation)
    stops = {"t_start": lift(case.noisy), "t_middle": lift(case.between), "t_end": lift(case.clean)}
    rows = (
        ("ctm_output", flow_maps.ctm_output(first, x, **times), ctm[0]),
        ("ctm_flow_map", flow_maps.ctm_flow_map(first, x, **times), ctm[1]),
        ("ctm_output_from_velocity", flow_maps.ctm_output_from_velocity(first, x, t=lift(case.start)), ctm[2]),
        ("ctm_loss_weight", flow_maps.ctm_loss_weight(**times), ctm[3]),
        ("mean_flow_target", flow_maps.mean_flow_target(first, second, **times), flow[0]),
        ("mean_flow_target_from_end", flow_maps.mean_flow_target_from_end(first, second, **times), flow[1]),
        (
            "combined_average_velocity",
            flow_maps.combined_average_velocity(first, second, t_middle=lift(case.middle), **times),
            flow[2],
        ),
        ("shortcut_target", flow_maps.shortcut_target(first, second), flow[3]),
        ("eulerian_residual", flow_maps.eulerian_residual(first, second), ends[0]),
        ("lagrangian_residual", flow_maps.lagrangian_residual(first, second), ends[1]),
        (
            "progressive_target",
            flow_maps.progressive_target(x, first, **levels),
            truth(twins.progressive_target, lists[2], lists[0], list(case.levels)),
        ),
        (
            "progressive_target_from_denoisers",
            flow_maps.progressive_target_from_denoisers(first, second, path, **stops),
            truth(
                twins.progressive_target_from_denoisers,
                *path_arguments(case.path),
                *lists[:2],
                case.noisy,
                case.between,
                case.clean,
            ),
        ),
        (
            "distribution_matching_gradient",
            flow_maps.distribution_matching_gradient(
                first, second, lift(case.jacobian), alpha=alpha, weight=lift(case.constant)
            ),
            truth(twins.matching_sample, *lists[:2], case.jacobian.tolist(), case.levels[0], case.constant),
        ),
    )
    return tuple(entrywise(f"flow_maps.{name}", value, part, implementation) for name, value, part in rows)


@law(
    "flow_maps.schedules_arbiter",
    statement="MeanFlow's weight, the pair's weight, the pseudo-Huber metric and its constant, and the ratio of easy "
    "consistency tuning are exact",
    catalogue=("P106", "P111"),
    family="map_point",
    route="arbiter",
)
def schedules_arbiter(implementation: Implementation, case: MapPoint) -> Findings:
    flow_maps, lift = implementation.module.flow_maps, implementation.lift
    numbers = (case.loss, case.power, case.constant, case.stage, case.base, case.gain, case.rate)
    parts = truth(twins.schedules, case.x.tolist(), case.start, *numbers, case.end, case.start).split(1, 1, 1, 1)
    ratio = flow_maps.consistency_ratio(
        lift(case.start), stage=lift(case.stage), base=lift(case.base), gain=lift(case.gain), rate=lift(case.rate)
    )
    values = (
        (
            "mean_flow_adaptive_weight",
            flow_maps.mean_flow_adaptive_weight(lift(case.loss), power=lift(case.power), constant=lift(case.constant)),
        ),
        (
            "consistency_pair_weight",
            flow_maps.consistency_pair_weight(clean=lift(case.end), noisy=lift(case.start)),
        ),
        ("pseudo_huber", flow_maps.pseudo_huber(lift(case.x), constant=lift(case.constant))),
        ("consistency_ratio", ratio),
    )
    findings = [
        entrywise(f"flow_maps.{name}", value, part, implementation)
        for (name, value), part in zip(values, parts, strict=True)
    ]
    double = in_double(implementation)
    dimensions = 3 * 32 * 32 * int(1.0 + case.stage)
    constant = double.lower(double.module.flow_maps.pseudo_huber_constant(dimensions))
    exactly = truth(twins.huber_constant, dimensions)
    return (*findings, entrywise("flow_maps.pseudo_huber_constant", constant, exactly, double))


def ddim(x: Floats, data: Floats, levels: tuple[float, ...]) -> Floats:
    """One DDIM step with a given denoiser output, in plain floats."""
    alpha, sigma, alpha_end, sigma_end = levels
    return np.asarray(alpha_end * data + sigma_end * (x - alpha * data) / sigma)


@law(
    "flow_maps.models_invert",
    statement="an output mixes back to its image and its loss weight turns errors of the output into errors of the "
    "map; a DDIM step with the progressive target lands where the teacher did; x - t u is the output",
    catalogue=("P105", "P106", "P107"),
    family="map_point",
    route="composition",
)
def models_invert(implementation: Implementation, case: MapPoint) -> Findings:
    flow_maps, lift, lower = implementation.module.flow_maps, implementation.lift, implementation.lower
    first, second, x = (lift(vector) for vector in (case.first, case.second, case.x))
    times = {"t_start": lift(case.start), "t_end": lift(case.end)}
    unit = budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype]
    length = case.start - case.end
    reach = float(norm(case.x) + norm(case.first) + norm(case.second))
    output, other = (flow_maps.ctm_output(image, x, **times) for image in (first, second))
    back = lower(flow_maps.ctm_flow_map(output, x, **times))
    weight = float(lower(flow_maps.ctm_loss_weight(**times)))
    gaps = [norm(a - b) for a, b in ((lower(output), lower(other)), (case.first, case.second))]
    velocity = lift(np.asarray((case.x - case.first) / length, dtype=implementation.dtype).astype(float))
    direct = lower(flow_maps.ctm_output_from_velocity(velocity, x, t=lift(case.start)))
    alpha, sigma, alpha_end, sigma_end = (lift(level) for level in case.levels)
    target = flow_maps.progressive_target(
        x, first, alpha_start=alpha, sigma_start=sigma, alpha_end=alpha_end, sigma_end=sigma_end
    )
    landed = ddim(case.x, lower(target), case.levels)
    path = case.path.build(implementation)
    stops = [case.noisy, case.between, case.clean]
    levels = [[float(lower(level(lift(t)))) for level in (path.alpha, path.sigma)] for t in stops]
    halfway = ddim(case.x, case.first, (*levels[0], *levels[1]))
    final = ddim(halfway, case.second, (*levels[1], *levels[2]))
    named = dict(zip(("t_start", "t_middle", "t_end"), (lift(t) for t in stops), strict=True))
    teacher = lower(flow_maps.progressive_target_from_denoisers(first, second, path, **named))
    once = ddim(case.x, teacher, (*levels[0], *levels[2]))
    steep = 1.0 + levels[1][1] / levels[0][1] + levels[2][1] / levels[1][1] + levels[0][0] / levels[0][1]
    gap = case.levels[2] * case.levels[1] - case.levels[3] * case.levels[0]
    far = case.start / length
    return (
        truncated("flow_maps.ctm_flow_map", norm(back - case.first), unit * far * reach),
        truncated(
            "flow_maps.ctm_loss_weight", weight * gaps[0] ** 2 - gaps[1] ** 2, unit * far * (reach + gaps[1]) ** 2
        ),
        truncated("flow_maps.ctm_output", norm(direct - lower(output)), unit * far * reach),
        truncated("flow_maps.progressive_target", norm(landed - case.first), unit * reach / gap),
        truncated("flow_maps.progressive_target_from_denoisers", norm(once - final), unit * steep * reach),
    )


@law(
    "flow_maps.schedules_mean",
    statement="h (h + 2 c) = |x|^2 for the pseudo-Huber h, MeanFlow's weight undoes its power, a pair's weight its "
    "gap, the constant grows like sqrt(d), and the ratio nears 1 as the stages pass",
    catalogue=("P106", "P111"),
    family="map_point",
    route="closed form",
)
def schedules_mean(implementation: Implementation, case: MapPoint) -> Findings:
    flow_maps, lift, lower = implementation.module.flow_maps, implementation.lift, implementation.lower

    def number(value: Any) -> float:
        return float(lower(value))

    metric = number(flow_maps.pseudo_huber(lift(case.x), constant=lift(case.constant)))
    square = float(np.sum(case.x**2))
    weight = number(
        flow_maps.mean_flow_adaptive_weight(lift(case.loss), power=lift(case.power), constant=lift(case.constant))
    )
    undone = weight * (case.loss + case.constant) ** case.power
    pair = number(flow_maps.consistency_pair_weight(clean=lift(case.end), noisy=lift(case.start)))
    options = {"base": lift(case.base), "gain": lift(case.gain), "rate": lift(case.rate)}
    ratios = [
        number(flow_maps.consistency_ratio(lift(case.start), stage=lift(case.stage + step), **options))
        for step in (0.0, 1.0)
    ]
    # 1 - ratio is divided by the base from one stage to the next, wherever the ratio is above 0.
    falls = (1.0 - ratios[1]) * case.base - (1.0 - ratios[0]) if ratios[0] > 0.0 else 0.0
    double = in_double(implementation)
    constants = [float(double.lower(double.module.flow_maps.pseudo_huber_constant(d))) for d in (7, 28)]
    steep = 1.0 + case.power * (1.0 + abs(np.log(case.loss + case.constant)))
    return (
        residual(
            "flow_maps.pseudo_huber", metric * (metric + 2.0 * case.constant) - square, 4.0 * square, implementation
        ),
        residual("flow_maps.mean_flow_adaptive_weight", undone - 1.0, steep, implementation),
        residual(
            "flow_maps.consistency_pair_weight",
            pair * (case.start - case.end) - 1.0,
            1.0 + (case.start + case.end) / (case.start - case.end),
            implementation,
        ),
        residual("flow_maps.consistency_ratio", falls, 4.0 * (1.0 + case.base), implementation),
        exact("flow_maps.consistency_ratio rises", 0.0 <= ratios[0] <= ratios[1] <= 1.0),
        residual("flow_maps.pseudo_huber_constant", constants[1] - 2.0 * constants[0], 2.0 * constants[1], double),
    )


@law(
    "flow_maps.output_is_a_denoiser",
    statement="x - t v is the denoiser where sigma = t and alpha is 1 or 1 - t",
    catalogue=("P105",),
    family="straight_point",
    route="composition",
)
def output_is_a_denoiser(implementation: Implementation, case: FieldPoint) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), case.path.build(implementation)
    x, t = lift(case.x), lift(case.t)
    velocity = module.fields.velocity(data, path, x, t)
    output = lower(module.flow_maps.ctm_output_from_velocity(velocity, x, t=t))
    known = all_truths(case)
    denoiser = lower(module.fields.denoiser(data, path, x, t))
    scale = norm_size(known["denoiser"]) + case.t * norm_size(known["velocity"]) + norm(case.x)
    by_norm = judged_by_norm(implementation, "denoiser", case)
    return (
        residual(
            "flow_maps.ctm_output_from_velocity",
            norm(output - denoiser),
            scale,
            implementation,
            budget.NORMWISE if by_norm else budget.ENTRYWISE,
        ),
    )
