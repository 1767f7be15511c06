"""Two paths at equal half log-SNR: one is the other, rescaled."""

from __future__ import annotations

import numpy as np

from properties import budget
from properties.arbiter import fields as field_twins
from properties.arbiter import paths as twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import rounded
from properties.cases.families import PathPair
from properties.cases.specs import PathSpec
from properties.law import law
from properties.laws._compare import entrywise
from properties.laws._data import arguments, path_arguments
from properties.laws._measured import measured, vanishes
from properties.protocol import Findings, Floats, Implementation


@law(
    "paths.arbiter_equivalence",
    statement="The equivalent time has the same half log-SNR; the equivalent scale is the ratio of the levels.",
    catalogue=("P25",),
    family="path_pair",
    route="arbiter",
)
def arbiter_equivalence(implementation: Implementation, case: PathPair) -> Findings:
    module = implementation.module.paths
    path, other, t = case.path.build(implementation), case.other.build(implementation), implementation.lift(case.t)
    arguments = (*path_arguments(case.path), *path_arguments(case.other), case.t)
    return (
        entrywise(
            "paths.equivalent_time",
            module.equivalent_time(path, other, t),
            truth(twins.equivalent_time, *arguments),
            implementation,
        ),
        entrywise(
            "paths.equivalent_scale",
            module.equivalent_scale(path, other, t),
            truth(twins.equivalent_scale, *arguments),
            implementation,
        ),
    )


@law(
    "paths.equivalent_levels",
    statement="At the equivalent time both levels of the other path are the equivalent scale times this path's.",
    catalogue=("P25",),
    family="path_pair",
    route="composition",
)
@precisely
def equivalent_levels(implementation: Implementation, case: PathPair) -> Findings:
    module, lift = implementation.module.paths, implementation.lift
    path, other = case.path.build(implementation), case.other.build(implementation)
    here, there = path_arguments(case.path), path_arguments(case.other)
    arguments = (*here, *there, case.t)
    time_result = module.equivalent_time(path, other, lift(case.t))
    (time,) = measured(time_result, truth(twins.equivalent_time, *arguments), implementation)
    (scale,) = measured(
        module.equivalent_scale(path, other, lift(case.t)), truth(twins.equivalent_scale, *arguments), implementation
    )
    time_float = float(implementation.lower(time_result))
    methods_here = truth(twins.methods, *here, case.t).split(*(1 for _ in twins.METHODS))
    methods_there = truth(twins.methods, *there, time_float).split(*(1 for _ in twins.METHODS))
    residuals = []
    for place, level in enumerate(("alpha", "sigma")):
        (this,) = measured(getattr(path, level)(lift(case.t)), methods_here[place], implementation)
        (that,) = measured(getattr(other, level)(time_result), methods_there[place], implementation)
        slope = abs(methods_there[place + 2].values[0])
        that = Measured(that.value, that.allowance + slope * time.allowance)
        residuals.append(that - scale * this)
    return (
        vanishes("paths.equivalent_time", residuals, implementation),
        vanishes("paths.equivalent_scale", residuals, implementation),
    )


@law(
    "paths.equivalent_fields",
    statement="The denoiser is the same at equivalent times and scaled places; the score is divided by the scale.",
    catalogue=("P25",),
    family="path_pair",
    route="composition",
)
@precisely
def equivalent_fields(implementation: Implementation, case: PathPair) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    path, other = case.path.build(implementation), case.other.build(implementation)
    data = case.data.build(implementation)
    joint = (*path_arguments(case.path), *path_arguments(case.other), case.t)
    time_result = module.paths.equivalent_time(path, other, lift(case.t))
    scale_result = module.paths.equivalent_scale(path, other, lift(case.t))
    (time,) = measured(time_result, truth(twins.equivalent_time, *joint), implementation)
    (scale,) = measured(scale_result, truth(twins.equivalent_scale, *joint), implementation)
    there, factor = float(lower(time_result)), float(lower(scale_result))
    place = rounded(factor * case.x, implementation.dtype)
    # The other side is seen at a scale, a time and a place that are themselves a little off.
    off = 1 + sum((number.allowance / abs(number.value) for number in (time, scale)), as_measured(0.0).value)
    here_truths, there_truths = (
        _field_truth(case, case.path, case.x, case.t),
        _field_truth(case, case.other, place, there),
    )
    findings = []
    for index, name in enumerate(("score", "denoiser")):
        field = getattr(module.fields, name)
        this = measured(
            field(data, path, lift(case.x), lift(case.t)),
            here_truths[index],
            implementation,
            normwise=True,
        )
        exactly = there_truths[index]
        that = [
            Measured(value.value, value.allowance + off * kappa)
            for value, kappa in zip(
                measured(field(data, other, lift(place), time_result), exactly, implementation, normwise=True),
                exactly.norm_kappas,
                strict=True,
            )
        ]
        if name == "score":
            that = [scale * value for value in that]
        residuals = [a - b for a, b in zip(this, that, strict=True)]
        findings += [
            vanishes(quantity, residuals, implementation, tolerance=budget.NORMWISE, field=name)
            for quantity in ("paths.equivalent_time", "paths.equivalent_scale")
        ]
    return tuple(findings)


def _field_truth(case: PathPair, path: PathSpec, x: Floats, t: float) -> list[Truth]:
    """The truths of score and denoiser."""
    size = case.data.size
    exactly = truth(
        field_twins.all_fields, *path_arguments(path), *arguments(case.data), np.asarray(x).tolist(), t, False
    )
    score, _, denoiser, *_ = exactly.split(size, size, size, size, size * size, size * size)
    return [score, denoiser]
