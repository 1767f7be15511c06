"""Laws of what a network is asked for: CTM's inner network, and networks of the length of a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.arbiter import conventions as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.conventions import FORMS, TrajectoryPoint
from properties.cases.draw import rounded
from properties.law import law
from properties.laws._arguments import second_of_two
from properties.laws._compare import entrywise, exact, residual
from properties.laws._data import size_of
from properties.protocol import Findings, Implementation

OUTPUT, INNER = "ctm_output_from_inner", "ctm_inner_from_output"
START, END = "start_derivative_from_step_network", "end_derivative_from_step_network"


def shifted(implementation: Implementation, case: TrajectoryPoint, name: str, value: Any, form: str) -> Any:
    """One of the two converters."""
    lift = implementation.lift
    return getattr(implementation.module.conventions, name)(
        value,
        lift(case.x),
        sigma_start=lift(case.sigma_start),
        sigma_end=lift(case.sigma_end),
        sigma_min=lift(case.sigma_min),
        sigma_data=lift(case.sigma_data),
        form=form,
    )


def exactly(case: TrajectoryPoint, values: list[float], form: str, sign: int) -> Truth:
    """The arbiter's shift of the given answer."""
    levels = (case.sigma_start, case.sigma_end, case.sigma_min, case.sigma_data)
    return truth(twins.trajectory_shift, values, case.x.tolist(), *levels, form, sign)


@law(
    "conventions.trajectory_arbiter",
    statement="CTM's g is the inner network and the share of x by which the code's skip differs from s/t",
    catalogue=("P105",),
    family="trajectory_point",
    route="arbiter",
)
def trajectory_arbiter(implementation: Implementation, case: TrajectoryPoint) -> Findings:
    value, given = implementation.lift(case.inner), case.inner.tolist()
    return (
        *(
            entrywise(
                f"conventions.{name}",
                shifted(implementation, case, name, value, case.form),
                exactly(case, given, case.form, sign),
                implementation,
            )
            for name, sign in ((OUTPUT, 1), (INNER, -1))
        ),
        *step_network_values(implementation, case),
    )


def step_network_values(implementation: Implementation, case: TrajectoryPoint) -> Findings:
    """The derivatives of u(x, t, r) = n(x, t, t - r), as sums of those of n."""
    module, lift = implementation.module.conventions, implementation.lift
    first, second = case.inner, case.x
    exact_sum = truth(lambda a, b: [u + v for u, v in zip(a, b, strict=True)], first.tolist(), second.tolist())
    return (
        entrywise(f"conventions.{START}", getattr(module, START)(lift(first), lift(second)), exact_sum, implementation),
        exact(
            f"conventions.{END}",
            implementation.lower(getattr(module, END)(lift(second))).tolist() == (-second).tolist(),
        ),
    )


@law(
    "conventions.trajectory_is_one_map",
    statement="(s/t) x + (1 - s/t) g is the code's map of its inner network in each of the three forms, g of the inner "
    "network of g is g, and in the euler form the two are one",
    catalogue=("P105",),
    family="trajectory_point",
    route="closed form",
)
def trajectory_is_one_map(implementation: Implementation, case: TrajectoryPoint) -> Findings:
    lift, lower = implementation.lift, implementation.lower
    start, end, low = case.sigma_start, case.sigma_end, case.sigma_min
    share = end / start
    root = np.hypot(end - low, case.sigma_data) / np.hypot(start - low, case.sigma_data)
    skips = {"euler": share, "variance": root, "euler_variance_mixed": (end + root) / (start + 1.0)}
    findings = []
    for form in FORMS:
        output = lower(shifted(implementation, case, OUTPUT, lift(case.inner), form))
        size = size_of(exactly(case, case.inner.tolist(), form, 1))
        ours = share * case.x + (1.0 - share) * output
        theirs = skips[form] * case.x + (1.0 - share) * case.inner
        # Levels enter the plain floats of both sides: a few double roundings of every term, which size counts thrice.
        scale = (1.0 - share) * size + 4.0 * (np.abs(case.x) + (1.0 - share) * np.abs(case.inner))
        findings.append(residual(f"conventions.{OUTPUT}", ours - theirs, scale, implementation))
        again = lower(shifted(implementation, case, INNER, lift(output), form))
        back = size + size_of(exactly(case, output.tolist(), form, -1))
        findings.append(residual(f"conventions.{INNER}", again - case.inner, back, implementation))
    plain = lower(shifted(implementation, case, OUTPUT, lift(case.inner), "euler"))
    findings.append(exact(f"conventions.{OUTPUT}", plain.tolist() == case.inner.tolist()))
    return tuple(findings)


@law(
    "conventions.step_network_is_differentiated",
    statement="for n = a t^2 + b t h + c h^2 the derivatives of n(t, t - r) in t and in r are those of its expansion "
    "in t and r, and a time shared by both ends takes their sum, dn/dt",
    catalogue=("P106",),
    family="trajectory_point",
    route="closed form",
)
def step_network_is_differentiated(implementation: Implementation, case: TrajectoryPoint) -> Findings:
    module, lift, lower = implementation.module.conventions, implementation.lift, implementation.lower
    t, r = case.sigma_start, case.sigma_end
    a, b, c = case.inner, case.x, np.full_like(case.x, case.sigma_data)
    in_time, in_step = (
        rounded(value, implementation.dtype) for value in (2 * a * t + b * (t - r), b * t + 2 * c * (t - r))
    )
    start = lower(getattr(module, START)(lift(in_time), lift(in_step)))
    end = lower(getattr(module, END)(lift(in_step)))
    # (a + b + c) t^2 - (b + 2 c) t r + c r^2.
    of_start, of_end = 2 * (a + b + c) * t - (b + 2 * c) * r, 2 * c * r - (b + 2 * c) * t
    scale = 4.0 * (np.abs(a) + np.abs(b) + np.abs(c)) * (t + r)
    return (
        residual(f"conventions.{START}", start - of_start, scale, implementation),
        residual(f"conventions.{END}", end - of_end, scale, implementation),
        residual(f"conventions.{END}", start + end - in_time, scale, implementation),
    )


@law(
    "conventions.batches_of_trajectories",
    statement="of a batch of levels and answers each is converted as it is alone",
    catalogue=("P105", "P106"),
    family="trajectory_point",
    route="composition",
)
def batches_of_trajectories(implementation: Implementation, case: TrajectoryPoint) -> Findings:
    return trajectory_arbiter(second_of_two(implementation), case)
