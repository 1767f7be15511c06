"""The best variance for a step: what it is, that it is best, what it lies between, and what others cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import bounds as twins
from properties.arbiter import elbo as elbo_twins
from properties.arbiter.linear_algebra import trace
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.draw import rounded
from properties.cases.families import FieldStep
from properties.law import law
from properties.laws._compare import exact, normwise, truncated
from properties.laws._data import judge, spectral
from properties.laws._measured import measured, vanishes
from properties.laws.elbo.terms import Step, step_of, variances
from properties.laws.transitions import scalars
from properties.protocol import Findings, Implementation

QUANTITY = "elbo.optimal_step_variance"

BOUNDED_ABOVE = ("VPLinear", "Trigonometric", "VE", "EDM", "Brownian")
"""Paths on which a direction of variance at most 1 does not narrow toward noise: those of alpha^2 + sigma^2 = 1, and
those of alpha = 1, on which none does."""


def _truth(step: Step) -> Truth:
    return truth(twins.optimal_step_variance, step.path, step.clean, step.noisy, step.covariance)


def _computed(implementation: Implementation, step: Step) -> Any:
    return implementation.module.elbo.optimal_step_variance(*step.call, **step.times)


@law(
    "elbo.optimal_variance_arbiter",
    statement="The best one variance for a step is the bridge's and the denoiser's mean uncertainty.",
    catalogue=("P39", "P40"),
    family="gaussian_step",
    route="arbiter",
)
def optimal_variance_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    step = step_of(implementation, case)
    by_norm = spectral(implementation, case.data)
    return (judge(QUANTITY, _computed(implementation, step), _truth(step), implementation, by_norm),)


@law(
    "elbo.optimal_variance_by_bayes",
    statement="The best covariance for a step is that of the reverse kernel by Bayes' rule on the two times alone, "
    "(V_clean^-1 + k^2/b I)^-1; the best one variance is its mean.",
    catalogue=("P39", "P40"),
    family="gaussian_step",
    route="closed form",
)
@precisely
def optimal_variance_by_bayes(implementation: Implementation, case: FieldStep) -> Findings:
    step = step_of(implementation, case)
    by_norm = spectral(implementation, case.data)
    matrix = twins.reversed_step_covariance(*(lift(v) for v in (step.path, step.clean, step.noisy, step.covariance)))
    mean = replace(_truth(step), values=(trace(matrix) / step.size,))
    optimal = truth(elbo_twins.optimal_step_covariance, step.path, step.clean, step.noisy, step.covariance)
    by_bayes = replace(optimal, values=tuple(entry for row in matrix for entry in row))
    computed = implementation.module.elbo.optimal_step_covariance(*step.call, **step.times)
    return (
        judge(QUANTITY, _computed(implementation, step), mean, implementation, by_norm),
        normwise("elbo.optimal_step_covariance", computed, by_bayes, implementation),
    )


@law(
    "elbo.optimal_variance_is_best",
    statement="Two variances cost d/2 (log(v/w) + v*/v - v*/w) more one than the other: least at v*.",
    catalogue=("P39", "P42"),
    family="gaussian_step",
    route="composition",
)
@precisely
def optimal_variance_is_best(implementation: Implementation, case: FieldStep) -> Findings:
    step = step_of(implementation, case)
    by_norm = spectral(implementation, case.data)
    (best,) = measured(_computed(implementation, step), _truth(step), implementation, normwise=by_norm)

    def term(variance: float) -> Measured:
        computed = implementation.module.elbo.fixed_variance_term(
            *step.call, **step.times, variance=implementation.lift(variance)
        )
        where = (step.path, step.clean, step.noisy, step.covariance)
        known = truth(elbo_twins.fixed_variance_term, *where, variance)
        return measured(computed, known, implementation, normwise=by_norm)[0]

    near, wide = variances(step, implementation.dtype)
    excess = best / near - best / wide + (as_measured(near) / wide).log()
    difference = term(near) - term(wide)
    return (
        vanishes(
            QUANTITY,
            as_measured(0.5 * step.size) * excess - difference,
            implementation,
            tolerance=budget.NORMWISE if by_norm else budget.ENTRYWISE,
        ),
    )


@law(
    "elbo.variance_bounds",
    statement="The best variance, and every direction of the best covariance, is at least the bridge's, and at most "
    "the kernel's where the data's variance is at most 1 (on VP paths; on alpha = 1 always).",
    catalogue=("P40",),
    family="gaussian_step",
    route="composition",
)
@precisely
def variance_bounds(implementation: Implementation, case: FieldStep) -> Findings:
    assert case.data.covariances is not None
    # A power of two takes the trace, and so every direction's variance, to 1 or less without rounding.
    power = 2.0 ** -max(0.0, np.ceil(np.log2(np.trace(case.data.covariances[0]))))
    step = step_of(implementation, replace(case, data=replace(case.data, covariances=power * case.data.covariances)))
    found = scalars(implementation, case.path, step.clean, step.noisy)
    lower, upper = (float(found[name].value.mid()) for name in ("bridge_variance", "kernel_variance"))
    (mean,) = measured(_computed(implementation, step), _truth(step), implementation, normwise=True)
    computed = implementation.module.elbo.optimal_step_covariance(*step.call, **step.times)
    known = truth(elbo_twins.optimal_step_covariance, step.path, step.clean, step.noisy, step.covariance)
    entries = measured(computed, known, implementation, normwise=True)
    eigenvalues = np.linalg.eigvalsh(implementation.lower(computed))
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    slack = unit * (float(np.linalg.norm([float(entry.allowance.mid()) for entry in entries])))
    edges = unit * sum(float(found[name].allowance.mid()) for name in ("bridge_variance", "kernel_variance"))
    room = slack + edges + unit * float(mean.allowance.mid())
    values = [*eigenvalues.tolist(), float(mean.value.mid())]
    capped = case.path.name not in BOUNDED_ABOVE or max(values) <= upper + room
    bounded = min(values) >= lower - room and capped
    return tuple(exact(name, bounded) for name in (QUANTITY, "elbo.optimal_step_covariance"))


SMALL = 2.0**-5
"""A step of the half log-SNR in which the leading terms are seen, or the case's own where that is smaller; and half
of it. Steps below a thirtieth of that have too few digits in float32."""


@law(
    "elbo.small_steps",
    statement="As a step shrinks, what the bridge's variance costs falls faster than the step's diffusion term, by "
    "half at half the step; the forward variance's cost tends to q^2/4, at half the step half as far from it.",
    catalogue=("M9", "P42"),
    family="moderate_gaussian_step",
    route="composition",
)
def small_steps(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift_value, lower = implementation.module.elbo, implementation.lift, implementation.lower
    step = step_of(implementation, case)
    data, path = step.call
    here = float(lower(path.half_log_snr(step.times["noisy"])))
    largest = min(SMALL, float(lower(path.half_log_snr_difference(**step.times))))
    shares, rests = [], []
    if largest < SMALL / 30.0:
        return ()
    for size in (largest, 0.5 * largest):
        level = float(rounded(here + size, implementation.dtype))
        clean = path.time_at_half_log_snr(lift_value(level))
        times = {"clean": clean, "noisy": step.times["noisy"]}
        gap, term = (float(lower(each(data, path, **times))) for each in (module.variance_gap, module.diffusion_term))
        # The drop of the times as they came out: they are rounded.
        drop = -np.expm1(-2.0 * float(lower(path.half_log_snr_difference(**times))))
        shares.append(gap / term)
        rests.append(float(lower(module.forward_variance_gap(path, **times))) / (0.25 * drop**2) - 1.0)
    return (
        truncated("elbo.variance_gap", shares[0] / shares[1] - 2.0, budget.ORDER_WINDOW),
        truncated("elbo.diffusion_term", shares[0] / shares[1] - 2.0, budget.ORDER_WINDOW),
        truncated("elbo.forward_variance_gap", rests[0] / rests[1] - 2.0, budget.ORDER_WINDOW),
    )
