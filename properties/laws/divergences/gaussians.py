"""Divergences of two Gaussians: KL, Fisher, squared 2-Wasserstein."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from properties import budget
from properties.arbiter import divergences as twins
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.families import GaussianPair
from properties.law import law
from properties.laws._compare import entrywise, exact, normwise
from properties.laws._data import symmetric
from properties.laws._measured import measured, vanishes
from properties.protocol import Finding, Findings, Floats, Implementation

DIVERGENCES = ("kl_divergence", "fisher_divergence", "wasserstein2_squared")
Moments = tuple[Floats, Floats]


def moments(case: GaussianPair) -> tuple[Moments, Moments]:
    """Mean and covariance of p and of q."""
    return (case.mean_p, case.covariance_p), (case.mean_q, case.covariance_q)


def computed(implementation: Implementation, name: str, first: Moments, second: Moments) -> Any:
    """The implementation's divergence of two Gaussians."""
    lift, make = implementation.lift, implementation.module.Gaussian
    laws = [make(lift(mean), lift(covariance)) for mean, covariance in (first, second)]
    return getattr(implementation.module.divergences, name)(*laws)


def exactly(twin: Callable[..., Any], first: Moments, second: Moments) -> Truth:
    """A twin at two Gaussians."""
    (mean_p, covariance_p), (mean_q, covariance_q) = first, second
    return truth(twin, mean_p.tolist(), symmetric(covariance_p), mean_q.tolist(), symmetric(covariance_q))


def judged(name: str, first: Moments, second: Moments, exact_value: Truth, implementation: Implementation) -> Finding:
    """One divergence against its truth: on the line entrywise, else normwise."""
    compare = entrywise if first[0].shape[-1] == 1 else normwise
    return compare(f"divergences.{name}", computed(implementation, name, first, second), exact_value, implementation)


@law(
    "divergences.arbiter",
    statement="KL, Fisher and squared 2-Wasserstein of two Gaussians, nearly equal or far apart, are the closed forms.",
    catalogue=("P1", "P2"),
    family="gaussian_pair",
    route="arbiter",
)
def arbiter(implementation: Implementation, case: GaussianPair) -> Findings:
    first, second = moments(case)
    return tuple(
        judged(name, first, second, exactly(getattr(twins, name), first, second), implementation)
        for name in DIVERGENCES
    )


@law(
    "divergences.expectations",
    statement="KL is E_p[log p - log q] and Fisher E_p|grad log p - grad log q|^2 by a cubature exact for them; the "
    "2-Wasserstein cost is that of the convex map that pushes p to q.",
    catalogue=("P1", "P2"),
    family="gaussian_pair",
    route="quadrature",
)
@precisely
def expectations(implementation: Implementation, case: GaussianPair) -> Findings:
    first, second = moments(case)
    routes = (twins.kl_by_cubature, twins.fisher_by_cubature, twins.wasserstein2_by_map)
    numbers = [lift(value.tolist()) for law_moments in (first, second) for value in law_moments]
    # The routes give values; the condition sums are those of the same function in its closed form.
    return tuple(
        judged(
            name,
            first,
            second,
            replace(exactly(getattr(twins, name), first, second), values=(route(*numbers),)),
            implementation,
        )
        for name, route in zip(DIVERGENCES, routes, strict=True)
    )


@law(
    "divergences.line_integrals",
    statement="On the line the divergences are their defining integrals, W2 that of the squared gap of quantiles.",
    catalogue=("P1", "P2"),
    family="gaussian_pair",
    route="quadrature",
)
def line_integrals(implementation: Implementation, case: GaussianPair) -> Findings:
    first, second = ((mean[:1], covariance[:1, :1]) for mean, covariance in moments(case))
    numbers = (float(value) for law_moments in (first, second) for value in (law_moments[0][0], law_moments[1][0, 0]))
    parts = truth(twins.line_integrals, *numbers).split(1, 1, 1)
    return tuple(
        judged(name, first, second, part, implementation) for name, part in zip(DIVERGENCES, parts, strict=True)
    )


@law(
    "divergences.invariance",
    statement="A law is at distance 0 from itself; relabelling axes changes nothing; doubling all lengths leaves KL, "
    "quarters Fisher and quadruples W2^2; W2 is symmetric; nothing is negative.",
    catalogue=("P1", "P2"),
    family="gaussian_pair",
    route="composition",
)
@precisely
def invariance(implementation: Implementation, case: GaussianPair) -> Findings:
    first, second = moments(case)
    size = first[0].shape[-1]
    order = np.roll(np.arange(size), 1)
    findings: list[Finding] = []
    for name, power in zip(DIVERGENCES, (1.0, 0.25, 4.0), strict=True):
        quantity = f"divergences.{name}"
        value_truth = exactly(getattr(twins, name), first, second)

        def value(p: Moments, q: Moments, factor: float = 1.0, name: str = name, known: Truth = value_truth) -> Any:
            result = implementation.lower(computed(implementation, name, p, q)) / factor
            return measured(implementation.lift(result), known, implementation, normwise=True)[0]

        base = value(first, second)
        relabelled = value(_relabel(first, order), _relabel(second, order))
        doubled = value(_double(first), _double(second), power)
        residuals = [relabelled - base, doubled - base]
        if name == "wasserstein2_squared":
            residuals.append(value(second, first) - base)
        tolerance = budget.ENTRYWISE if size == 1 else budget.NORMWISE
        findings += [
            vanishes(quantity, residual, implementation, tolerance=tolerance, size=base) for residual in residuals
        ]
        itself = float(implementation.lower(computed(implementation, name, first, first)))
        findings.append(exact(quantity, bool(base.value >= 0) and itself == 0.0, itself=itself))
    return tuple(findings)


def _relabel(law_moments: Moments, order: NDArray[np.intp]) -> Moments:
    mean, covariance = law_moments
    return mean[order], covariance[np.ix_(order, order)]


def _double(law_moments: Moments) -> Moments:
    return 2.0 * law_moments[0], 4.0 * law_moments[1]
