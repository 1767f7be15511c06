"""Laws of EDM's output along a path."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import edm as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.specs import DataSpec
from properties.cases.steps import EDMFieldPoint
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import arguments, judge, path_arguments, size_of
from properties.laws._fields import all_truths, call, conditions, levels
from properties.protocol import Findings, Implementation


def output_truth(case: EDMFieldPoint) -> Truth:
    """The arbiter's EDM output."""
    point = case.point
    place = (*path_arguments(point.path), *arguments(point.data), point.x.tolist(), point.t)
    return truth(twins.edm_output, *place, case.sigma_data)


def output(implementation: Implementation, case: EDMFieldPoint) -> Any:
    """fields.edm_output(data, path, x, t, sigma_data=...)."""
    point, lift = case.point, implementation.lift
    data, path = point.data.build(implementation), point.path.build(implementation)
    return implementation.module.fields.edm_output(
        data, path, lift(point.x), lift(point.t), sigma_data=lift(case.sigma_data)
    )


@law(
    "fields.edm_output_arbiter",
    statement="EDM's output along a path is the posterior mean of its target",
    catalogue=("P20",),
    family="edm_field_point",
    route="arbiter",
)
def edm_output_arbiter(implementation: Implementation, case: EDMFieldPoint) -> Findings:
    by_norm = case.point.data.size > 1
    return (judge("edm_output", output(implementation, case), output_truth(case), implementation, by_norm),)


@law(
    "fields.edm_output_agrees",
    statement="s sqrt(w) F = sigma D - alpha s^2 noise with the denoiser and the noise of the same point, "
    "w = sigma^2 + alpha^2 s^2",
    catalogue=("P20",),
    family="edm_field_point",
    route="closed form",
)
def edm_output_agrees(implementation: Implementation, case: EDMFieldPoint) -> Findings:
    point, size = case.point, case.sigma_data
    by_norm = point.data.size > 1
    alpha, sigma = levels(implementation, point)
    scale = size * math.hypot(sigma, alpha * size)
    truths = all_truths(point)
    found = {name: implementation.lower(call(implementation, name, point)) for name in ("denoiser", "noise")}
    own = implementation.lower(output(implementation, case))
    wrong = conditions(point.path, point.t)
    weights = {"denoiser": sigma, "noise": alpha * size**2}
    # Levels are the implementation's own, right to some units: each term is counted with what its level multiplies.
    levels_wrong = wrong["alpha"] + wrong["sigma"]
    allowed = scale * (size_of(output_truth(case), by_norm) + (1.0 + levels_wrong) * np.abs(own))
    for name, weight in weights.items():
        allowed = allowed + weight * (size_of(truths[name], by_norm) + levels_wrong * np.abs(found[name]))
    value = scale * own - weights["denoiser"] * found["denoiser"] + weights["noise"] * found["noise"]
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    return (residual("edm_output", value, allowed, implementation, tolerance),)


@law(
    "fields.edm_output_rests",
    statement="data N(0, s^2 I) leave EDM's network nothing to learn: its output is 0, as for N(0, I) with s = 1",
    catalogue=("P20",),
    family="edm_field_point",
    route="closed form",
)
def edm_output_rests(implementation: Implementation, case: EDMFieldPoint) -> Findings:
    size = case.point.data.size
    findings = []
    for wanted in (case.sigma_data, 1.0):
        # Few bits, so that s^2 is a value of the dtype too.
        mantissa, exponent = math.frexp(wanted)
        spread = math.ldexp(round(256.0 * mantissa), exponent - 8)
        resting = DataSpec("gaussian", np.ones(1), np.zeros((1, size)), covariances=spread**2 * np.eye(size)[None])
        at = EDMFieldPoint(replace(case.point, data=resting), spread)
        own = implementation.lower(output(implementation, at))
        scale = size_of(output_truth(at), size > 1)
        tolerance = budget.NORMWISE if size > 1 else budget.ENTRYWISE
        findings.append(residual("edm_output", own, scale, implementation, tolerance))
    return tuple(findings)
