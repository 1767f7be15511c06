"""The negative ELBO of a whole chain: an exact identity on Gaussian data, whatever the grid."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from properties import budget
from properties.arbiter import elbo as twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.families import Chain
from properties.law import law
from properties.laws._compare import exact
from properties.laws._data import judge, path_arguments, spectral, symmetric
from properties.laws._measured import measured, vanishes
from properties.protocol import Findings, Implementation

VARIANCES = ("optimal", "bridge")


def _inputs(case: Chain, times: list[float]) -> tuple[Any, ...]:
    assert case.data.covariances is not None
    return list(path_arguments(case.path)), times, case.data.means[0].tolist(), symmetric(case.data.covariances[0])


def _computed(implementation: Implementation, case: Chain, times: list[float], variance: str) -> Any:
    data, path = case.data.build(implementation), case.path.build(implementation)
    return implementation.module.elbo.negative_elbo(data, path, implementation.lift(times), variance=variance)


def _truth(case: Chain, times: list[float], variance: str) -> Truth:
    return truth(twins.negative_elbo, *_inputs(case, times), variance)


def _bound(implementation: Implementation, case: Chain, times: list[float], variance: str) -> Measured:
    computed = _computed(implementation, case, times, variance)
    by_norm = spectral(implementation, case.data)
    return measured(computed, _truth(case, times, variance), implementation, normwise=by_norm)[0]


@law(
    "elbo.arbiter_chain",
    statement="The negative ELBO is the sum of its terms, and equals entropy plus KL(p_T || N(0, I)) plus the gaps.",
    catalogue=("P44",),
    family="chain",
    route="arbiter",
)
@precisely
def arbiter_chain(implementation: Implementation, case: Chain) -> Findings:
    times = case.times.tolist()
    by_norm = spectral(implementation, case.data)
    findings = []
    for variance in VARIANCES:
        computed, exactly = _computed(implementation, case, times, variance), _truth(case, times, variance)
        in_one = twins.negative_elbo_in_one(*(lift(value) for value in (*_inputs(case, times), variance)))
        for value in (exactly.values[0], in_one):
            part = replace(exactly, values=(value,))
            findings.append(judge("elbo.negative_elbo", computed, part, implementation, by_norm))
    return tuple(findings)


@law(
    "elbo.identity",
    statement="With the optimal covariances the bound is the data's entropy plus KL(p_T || N(0, I)) as the "
    "implementation computes them; the bridge variance adds the sum of its gaps.",
    catalogue=("P44",),
    family="chain",
    route="composition",
)
@precisely
def identity(implementation: Implementation, case: Chain) -> Findings:
    module, lift_value = implementation.module, implementation.lift
    times = case.times.tolist()
    path_arguments_, _, mean, covariance = _inputs(case, times)
    data, path = case.data.build(implementation), case.path.build(implementation)
    size, by_norm = case.data.size, spectral(implementation, case.data)
    end = lift_value(times[-1])
    marginal = data.diffuse(path.alpha(end), path.sigma(end))
    standard = module.Gaussian(lift_value([0.0] * size), lift_value(_unit(size)))
    (entropy,) = measured(data.entropy(), truth(twins.entropy, covariance), implementation, normwise=by_norm)
    kl = module.divergences.kl_divergence(marginal, standard)
    kl_truth = truth(twins.terminal_kl, path_arguments_, times[-1], mean, covariance)
    # KL is of the normwise class: four times the entrywise constant.
    allowed = budget.NORMWISE.constant / budget.ENTRYWISE.constant
    (mismatch,) = measured(kl, kl_truth, implementation, normwise=True)
    mismatch = Measured(mismatch.value, mismatch.allowance * (1.0 if by_norm else allowed))
    total = entropy + mismatch
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    optimal = _bound(implementation, case, times, "optimal")
    bridge = _bound(implementation, case, times, "bridge")
    gaps = as_measured(0.0)
    for clean, noisy in pairwise(times):
        gap = module.elbo.variance_gap(data, path, clean=lift_value(clean), noisy=lift_value(noisy))
        exactly = truth(twins.variance_gap, path_arguments_, clean, noisy, covariance)
        gaps = gaps + measured(gap, exactly, implementation, normwise=by_norm)[0]
    return (
        vanishes("elbo.negative_elbo", optimal - total, implementation, size=total, tolerance=tolerance),
        vanishes("elbo.variance_gap", bridge - total - gaps, implementation, size=gaps, tolerance=tolerance),
    )


def _unit(size: int) -> list[list[float]]:
    return [[float(row == column) for column in range(size)] for row in range(size)]


@law(
    "elbo.refinement",
    statement="With optimal covariances the bound telescopes: times between do not change it. With the bridge variance "
    "a finer grid has the smaller bound, and no grid's is below the optimal one.",
    catalogue=("P44",),
    family="chain",
    route="composition",
)
@precisely
def refinement(implementation: Implementation, case: Chain) -> Findings:
    times = case.times.tolist()
    if len(times) < 2:
        return ()
    coarse = [times[0], times[-1]]
    by_norm = spectral(implementation, case.data)
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    fine_optimal = _bound(implementation, case, times, "optimal")
    fine_bridge, coarse_bridge = (_bound(implementation, case, grid, "bridge") for grid in (times, coarse))
    coarse_optimal = _bound(implementation, case, coarse, "optimal")
    unit = tolerance.constant * budget.UNIT_ROUNDOFF[implementation.dtype]

    def not_below(larger: Measured, smaller: Measured) -> bool:
        gap = larger - smaller
        return bool(gap.value + unit * gap.allowance >= 0)

    return (
        vanishes(
            "elbo.negative_elbo", coarse_optimal - fine_optimal, implementation, size=fine_optimal, tolerance=tolerance
        ),
        exact("elbo.negative_elbo", not_below(coarse_bridge, fine_bridge)),
        exact("elbo.negative_elbo", not_below(fine_bridge, fine_optimal)),
    )
