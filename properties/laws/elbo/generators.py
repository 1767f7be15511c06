"""The bounds of a generator chain: the law it draws from, its negative ELBO, and the gap to the data's entropy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import elbo as elbo_twins
from properties.arbiter import generators as twins
from properties.arbiter.divergences import log_density
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.bounds import GeneratorChain
from properties.cases.draw import rounded
from properties.cases.specs import DataSpec
from properties.law import law
from properties.laws._compare import exact
from properties.laws._data import judge, path_arguments, symmetric, symmetric_findings
from properties.laws._measured import measured, vanishes
from properties.protocol import Findings, Implementation

NAMES = ("model_gap", "model_negative_elbo", "model_negative_elbo_at")


def _law(data: DataSpec) -> tuple[Any, Any]:
    assert data.covariances is not None
    return data.means[0].tolist(), symmetric(data.covariances[0])


def arguments(case: GeneratorChain) -> tuple[Any, ...]:
    """The case as the twins of `model_bounds` take it."""
    path = list(path_arguments(case.path))
    return path, case.times.tolist(), *_law(case.data), *_law(case.model), case.x0.tolist(), case.variance


def computed(implementation: Implementation, case: GeneratorChain) -> tuple[Any, Any, Any]:
    """(gap, averaged negative ELBO, negative ELBO of x_0)."""
    module, lift_value = implementation.module.elbo, implementation.lift
    data, model, path = (each.build(implementation) for each in (case.data, case.model, case.path))
    times, options = lift_value(case.times), {"variance": case.variance}
    return (
        module.model_gap(data, model, path, times, **options),
        module.model_negative_elbo(data, model, path, times, **options),
        computed_at(implementation, case),
    )


def computed_at(implementation: Implementation, case: GeneratorChain) -> Any:
    """The negative ELBO of x_0."""
    lift_value = implementation.lift
    model, path = case.model.build(implementation), case.path.build(implementation)
    times, x0 = lift_value(case.times), lift_value(case.x0)
    return implementation.module.elbo.model_negative_elbo_at(x0, model, path, times, variance=case.variance)


def drawn(implementation: Implementation, case: GeneratorChain) -> Any:
    """The generator's law of x_0."""
    model, path = case.model.build(implementation), case.path.build(implementation)
    times = implementation.lift(case.times)
    return implementation.module.elbo.model_law(model, path, times, variance=case.variance)


def law_truths(case: GeneratorChain) -> list[Truth]:
    """The truths of the mean and covariance of `drawn`."""
    path, times, _, _, mean, covariance, _, variance = arguments(case)
    size = len(mean)
    return truth(twins.model_law, path, times, mean, covariance, variance).split(size, size * size)


def tolerance_of(case: GeneratorChain) -> budget.ToleranceClass:
    return budget.ENTRYWISE if case.data.size == 1 else budget.NORMWISE


@law(
    "elbo.generator_arbiter",
    statement="The law of a generator chain, its negative ELBO (averaged, and of one point) and its gap are those of "
    "the joint laws of the chain under the data and the generator.",
    catalogue=("M8", "M8c"),
    family="generator_chain",
    route="arbiter",
)
def generator_arbiter(implementation: Implementation, case: GeneratorChain) -> Findings:
    by_norm = case.data.size > 1
    parts = truth(twins.model_bounds, *arguments(case)).split(1, 1, 1)
    generated = drawn(implementation, case)
    return (
        *(
            judge(f"elbo.{name}", value, part, implementation, by_norm)
            for name, value, part in zip(NAMES, computed(implementation, case), parts, strict=True)
        ),
        *(
            judge("elbo.model_law", value, part, implementation, by_norm)
            for value, part in zip((generated.mean, generated.covariance), law_truths(case), strict=True)
        ),
        *symmetric_findings("elbo.model_law", generated.covariance, implementation, semidefinite=True),
    )


@law(
    "elbo.generator_expectations",
    statement="The negative ELBO of a generator chain is E[log q(z_1 .. z_n | x_0) - log p(x_0, z_1 .. z_n)], kernel "
    "by kernel, over the data or at one point; with E log data(x_0) it is the gap.",
    catalogue=("M8", "M8c"),
    family="moderate_generator_chain",
    route="quadrature",
)
@precisely
def generator_expectations(implementation: Implementation, case: GeneratorChain) -> Findings:
    given = arguments(case)
    # The expectations give values; the condition sums are those of the joint laws.
    parts = truth(twins.model_bounds, *given).split(1, 1, 1)
    values = twins.expected_bounds(*(lift(argument) for argument in given))
    return tuple(
        judge(f"elbo.{name}", result, replace(part, values=(value,)), implementation, case.data.size > 1)
        for name, result, part, value in zip(NAMES, computed(implementation, case), parts, values, strict=True)
    )


@law(
    "elbo.generator_terms",
    statement="The gap is KL at the noisy end, and the expected KL of every step and of the decoder.",
    catalogue=("M8",),
    family="generator_chain",
    route="quadrature",
)
@precisely
def generator_terms(implementation: Implementation, case: GeneratorChain) -> Findings:
    (part, _, _) = truth(twins.model_bounds, *arguments(case)).split(1, 1, 1)
    path, times, mean, covariance, model_mean, model_covariance, _, variance = (lift(a) for a in arguments(case))
    terms = twins.step_divergences(path, times, mean, covariance, model_mean, model_covariance, variance)
    value = sum(terms[1:], terms[0])
    gap, _, _ = computed(implementation, case)
    nothing_below = all(bool(term.mid() >= 0) for term in terms)
    return (
        judge("elbo.model_gap", gap, replace(part, values=(value,)), implementation, case.data.size > 1),
        exact("elbo.model_gap", nothing_below),
    )


@law(
    "elbo.generator_identity",
    statement="The averaged negative ELBO is the data's entropy plus the gap, and the average of the pointwise one.",
    catalogue=("M8", "M8c"),
    family="moderate_generator_chain",
    route="composition",
)
@precisely
def generator_identity(implementation: Implementation, case: GeneratorChain) -> Findings:
    path, times, _, covariance, *model, _, variance = given = arguments(case)
    size, tolerance = case.data.size, tolerance_of(case)
    parts = truth(twins.model_bounds, *given).split(1, 1, 1)
    gap, bound, _ = (
        measured(value, part, implementation, normwise=True)[0]
        for value, part in zip(computed(implementation, case), parts, strict=True)
    )
    data = case.data.build(implementation)
    (own,) = measured(data.entropy(), truth(elbo_twins.entropy, covariance), implementation, normwise=True)
    # A cubature of 2d points, exact up to the rounding of the points, which both sides are told of.
    assert case.data.covariances is not None
    steps = np.sqrt(size) * np.linalg.cholesky(case.data.covariances[0]).T
    points = rounded(case.data.means[0] + np.concatenate([steps, -steps]), implementation.dtype)
    average = as_measured(0.0)
    for point in points:
        (value,) = measured(
            computed_at(implementation, replace(case, x0=point)),
            truth(twins.model_bound_at, path, times, *model, point.tolist(), variance),
            implementation,
            normwise=True,
        )
        average = average + value * (0.5 / size)
    return (
        vanishes("elbo.model_gap", bound - own - gap, implementation, size=gap, tolerance=tolerance),
        vanishes("elbo.model_negative_elbo", bound - own - gap, implementation, size=bound, tolerance=tolerance),
        vanishes("elbo.model_negative_elbo_at", average - bound, implementation, size=bound, tolerance=tolerance),
    )


@law(
    "elbo.generator_of_the_data",
    statement="A generator of the data's own denoiser has the negative ELBO of the data, with the optimal covariances "
    "or the bridge's variance; the forward kernel's variance costs more than the optimal covariances.",
    catalogue=("M8", "P44"),
    family="moderate_generator_chain",
    route="composition",
)
@precisely
def generator_of_the_data(implementation: Implementation, case: GeneratorChain) -> Findings:
    path, times, mean, covariance, _, _, _, variance = arguments(case)
    data, place = case.data.build(implementation), case.path.build(implementation)
    grid, tolerance = implementation.lift(case.times), tolerance_of(case)

    def ours(variance: str) -> Measured:
        value = implementation.module.elbo.model_negative_elbo(data, data, place, grid, variance=variance)
        known = truth(twins.model_negative_elbo, path, times, mean, covariance, mean, covariance, variance)
        return measured(value, known, implementation, normwise=True)[0]

    name, used = "elbo.model_negative_elbo", "optimal" if variance == "forward" else variance
    theirs = implementation.module.elbo.negative_elbo(data, place, grid, variance=used)
    known = truth(elbo_twins.negative_elbo, path, times, mean, covariance, used)
    difference = ours(used) - measured(theirs, known, implementation, normwise=True)[0]
    findings = [vanishes(name, difference, implementation, tolerance=tolerance)]
    if variance == "forward":
        excess = ours("forward") - ours("optimal")
        unit = tolerance.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
        findings.append(exact(name, bool(excess.value + unit * excess.allowance >= 0)))
    return tuple(findings)


@law(
    "elbo.generator_bound",
    statement="The negative ELBO of a point is at least -log p_gen(x_0), for every x_0; the gap is never negative.",
    catalogue=("M8", "M8c"),
    family="moderate_generator_chain",
    route="composition",
)
@precisely
def generator_bound(implementation: Implementation, case: GeneratorChain) -> Findings:
    parts = truth(twins.model_bounds, *arguments(case)).split(1, 1, 1)
    gap, _, bound = (
        measured(value, part, implementation, normwise=True)[0]
        for value, part in zip(computed(implementation, case), parts, strict=True)
    )
    generated = drawn(implementation, case)
    moments = (implementation.lower(generated.mean).tolist(), symmetric(implementation.lower(generated.covariance)))
    known = truth(log_density, case.x0.tolist(), *moments)
    (density,) = measured(generated.log_prob(implementation.lift(case.x0)), known, implementation, normwise=True)
    unit = tolerance_of(case).constant * budget.UNIT_ROUNDOFF[implementation.dtype]

    def not_negative(value: Measured) -> bool:
        return bool(value.value + unit * value.allowance >= 0)

    return (
        exact("elbo.model_negative_elbo_at", not_negative(bound + density)),
        exact("elbo.model_law", not_negative(bound + density)),
        exact("elbo.model_gap", not_negative(gap)),
    )


@law(
    "elbo.generator_of_exact_steps",
    statement="With the optimal covariances the generator draws from the exact posterior at z ~ N(0, I), whatever the "
    "times between; from pure noise that is the model itself.",
    catalogue=("M8", "P39"),
    family="generator_chain",
    route="closed form",
)
@precisely
def generator_of_exact_steps(implementation: Implementation, case: GeneratorChain) -> Findings:
    optimal = replace(case, variance="optimal")
    path, times, _, _, mean, covariance, _, _ = (lift(argument) for argument in arguments(optimal))
    mixed_mean, mixed_covariance = twins.posterior_under_prior(path, times[-1], mean, covariance)
    generated = drawn(implementation, optimal)
    moments = (mixed_mean, [entry for row in mixed_covariance for entry in row])
    return tuple(
        judge("elbo.model_law", value, replace(part, values=tuple(values)), implementation, case.data.size > 1)
        for value, part, values in zip(
            (generated.mean, generated.covariance), law_truths(optimal), moments, strict=True
        )
    )
