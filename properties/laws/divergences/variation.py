"""The total variation of two Gaussians on the line, or of equal covariance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import information as twins
from properties.arbiter.divergences import kl_divergence
from properties.arbiter.linear_algebra import dot, matvec, solve, vector_subtract
from properties.arbiter.measured import Measured, precisely
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.draw import rounded
from properties.cases.families import GaussianPair
from properties.law import law
from properties.laws._compare import exact, truncated
from properties.laws._data import allowance, judge, symmetric
from properties.laws._measured import measured, vanishes
from properties.laws.divergences.gaussians import computed, moments
from properties.protocol import Finding, Findings, Implementation

QUANTITY = "divergences.total_variation"


def exactly(case: GaussianPair) -> Truth:
    """The truth on the line, or of two Gaussians whose covariances are one argument twice."""
    first, second = moments(case)
    if len(case.mean_p) > 1:
        shared = symmetric(case.covariance_p)
        return truth(twins.total_variation_of_shift, case.mean_p.tolist(), shared, case.mean_q.tolist())
    return truth(
        twins.total_variation, first[0].tolist(), symmetric(first[1]), second[0].tolist(), symmetric(second[1])
    )


def _by_norm(case: GaussianPair) -> bool:
    return len(case.mean_p) > 1


def _equal(case: GaussianPair) -> bool:
    return bool(np.array_equal(case.mean_p, case.mean_q) and np.array_equal(case.covariance_p, case.covariance_q))


def _nothing(implementation: Implementation, case: GaussianPair) -> Finding:
    """From a law to itself: 0, and nothing to be conditioned by."""
    return exact(QUANTITY, float(implementation.lower(_value(implementation, case))) == 0.0, what="itself")


def _value(implementation: Implementation, case: GaussianPair) -> Any:
    return computed(implementation, "total_variation", *moments(case))


@law(
    "divergences.total_variation_arbiter",
    statement="The total variation is the difference of cumulative functions between the crossings of the densities; "
    "for equal covariances an error function of the whitened distance.",
    catalogue=("P1",),
    family="line_gaussian_pair",
    route="arbiter",
)
def total_variation_arbiter(implementation: Implementation, case: GaussianPair) -> Findings:
    if _equal(case):
        return (_nothing(implementation, case),)
    return (judge(QUANTITY, _value(implementation, case), exactly(case), implementation, _by_norm(case)),)


def _onto_the_line(case: GaussianPair) -> list[Any]:
    """Numbers of the two laws, projected on S^-1 (m_p - m_q) where there are several dimensions: that loses nothing."""
    if len(case.mean_p) == 1:
        numbers = (case.mean_p[0], case.covariance_p[0, 0], case.mean_q[0], case.covariance_q[0, 0])
        return [lift(float(value)) for value in numbers]
    first, second, shared = (lift(value.tolist()) for value in (case.mean_p, case.mean_q, case.covariance_p))
    axis = solve(shared, vector_subtract(first, second))
    variance = dot(axis, matvec(shared, axis))
    return [dot(axis, first), variance, dot(axis, second), variance]


@law(
    "divergences.total_variation_integral",
    statement="The total variation is 1 less the integral of the lower density, along the direction that tells the two "
    "apart.",
    catalogue=("P1",),
    family="line_gaussian_pair",
    route="quadrature",
)
@precisely
def total_variation_integral(implementation: Implementation, case: GaussianPair) -> Findings:
    if _equal(case):
        return (_nothing(implementation, case),)
    enclosure = twins.total_variation_by_quadrature(*_onto_the_line(case))
    error = float(implementation.lower(_value(implementation, case))) - float(enclosure.mid())
    own = float(allowance(exactly(case), implementation, _by_norm(case))[0])
    return (truncated(QUANTITY, error, own + float(enclosure.rad())),)


@law(
    "divergences.total_variation_bounds",
    statement="The total variation is symmetric, 0 from a law to itself, the same in other units, at most 1, at most "
    "sqrt(KL/2) (Pinsker) and sqrt(1 - e^-KL) (Bretagnolle and Huber), and no less than that of a coordinate or of the "
    "two laws noised alike.",
    catalogue=("P1",),
    family="line_gaussian_pair",
    route="composition",
)
@precisely
def total_variation_bounds(implementation: Implementation, case: GaussianPair) -> Findings:
    if _equal(case):
        return (_nothing(implementation, case),)
    known, tolerance = exactly(case), budget.NORMWISE if _by_norm(case) else budget.ENTRYWISE

    def value(pair: GaussianPair, part: Truth = known) -> Measured:
        return measured(_value(implementation, pair), part, implementation, normwise=_by_norm(pair))[0]

    here = value(case)
    turned = GaussianPair(case.mean_q, case.covariance_q, case.mean_p, case.covariance_p)
    doubled = GaussianPair(2.0 * case.mean_p, 4.0 * case.covariance_p, 2.0 * case.mean_q, 4.0 * case.covariance_q)
    itself = replace(case, mean_q=case.mean_p, covariance_q=case.covariance_p)
    (mean_p, covariance_p), (mean_q, covariance_q) = moments(case)
    by_twin = truth(kl_divergence, mean_p.tolist(), symmetric(covariance_p), mean_q.tolist(), symmetric(covariance_q))
    divergence = float(by_twin.values[0].mid())
    unit = tolerance.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    coordinate = GaussianPair(mean_p[:1], covariance_p[:1, :1], mean_q[:1], covariance_q[:1, :1])
    least = 0.0
    for told_less in (coordinate, _noised(case, implementation.dtype)):
        if not _equal(told_less):
            part = value(told_less, exactly(told_less))
            least = max(least, float(part.value.mid()) - unit * float(part.allowance.mid()))
    room = unit * float(here.allowance.mid()) + budget.SMALLEST_NORMAL[implementation.dtype]
    size = float(here.value.mid())
    bounded = 0.0 <= size <= 1.0 and size <= min(np.sqrt(0.5 * divergence), np.sqrt(-np.expm1(-divergence))) + room
    return (
        vanishes(QUANTITY, [here - value(turned), here - value(doubled)], implementation, tolerance=tolerance),
        _nothing(implementation, itself),
        exact(QUANTITY, bounded, value=size, divergence=divergence),
        exact(QUANTITY, least <= size + room, what="processed"),
    )


def _noised(case: GaussianPair, dtype: str) -> GaussianPair:
    """Both laws with noise of the variance of the first coordinate."""
    noise = case.covariance_p[0, 0] * np.eye(len(case.mean_p))
    wider = (rounded(covariance + noise, dtype) for covariance in (case.covariance_p, case.covariance_q))
    return GaussianPair(case.mean_p, next(wider), case.mean_q, next(wider))
