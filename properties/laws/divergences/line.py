"""f-divergences of two laws on the line: expectations by quadrature, against enclosed integrals and closed forms.

Where either density is far below the other, a general f sees a ratio that may leave floating point; the functions
here keep f(u) and u f(1/u) small there, as those with names do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import information as twins
from properties.arbiter.integrals import Line, line, working_precision
from properties.arbiter.numbers import lift
from properties.cases.bounds import LinePair
from properties.cases.specs import DataSpec
from properties.law import law
from properties.laws._compare import exact, truncated
from properties.laws._data import arguments
from properties.laws._line import nodes_of
from properties.laws.elbo.continuous_line import near
from properties.protocol import Findings, Floats, Implementation

Function = Callable[[Floats], Floats]


def self_information(ratio: Floats) -> Floats:
    """U log u, 0 at 0."""
    return np.asarray(ratio * np.log(np.where(ratio > 0.0, ratio, 1.0)))


def hellinger(ratio: Floats) -> Floats:
    """(sqrt u - 1)^2."""
    return np.asarray((np.sqrt(ratio) - 1.0) ** 2)


def triangular(ratio: Floats) -> Floats:
    """(u - 1)^2 / (u + 1): between the squared Hellinger distance and twice that."""
    return np.asarray((ratio - 1.0) ** 2 / (ratio + 1.0))


def jensen_shannon(ratio: Floats) -> Floats:
    """1/2 [u log u - (1 + u) log((1 + u)/2)]."""
    return np.asarray(0.5 * (self_information(ratio) - (1.0 + ratio) * np.log(0.5 * (1.0 + ratio))))


def variation(ratio: Floats) -> Floats:
    """|u - 1| / 2."""
    return np.asarray(0.5 * np.abs(ratio - 1.0))


def log_density(data: DataSpec, places: Floats) -> Floats:
    """Log p on the line, by the largest component."""
    variances = data.full_covariances()[:, 0, 0]
    logs = np.log(data.weights) - 0.5 * ((places[:, None] - data.means[:, 0]) ** 2 / variances + np.log(variances))
    largest = logs.max(axis=1)
    sums = np.exp(logs - largest[:, None]).sum(axis=1)
    return np.asarray(largest + np.log(sums) - 0.5 * np.log(2.0 * np.pi))


def by_trapezoid(case: LinePair, function: Function) -> float:
    """E_q f(p/q) by the trapezoidal rule."""
    centres = np.concatenate([case.first.means[:, 0], case.second.means[:, 0]])
    deviations = np.sqrt(np.concatenate([each.full_covariances()[:, 0, 0] for each in (case.first, case.second)]))
    at = nodes_of(centres, deviations, 16.0)
    first, second = (log_density(each, at.places) for each in (case.first, case.second))
    # Where q has left floating point so have all but p f'(infinity), which the tails of these f hold as well.
    high = np.maximum(first, second)
    p, q = np.exp(first - high), np.exp(second - high)
    values = np.where(q >= p, q * function(p / np.maximum(q, 1e-300)), _reversed(function, p, q))
    return float(at.spacing * (np.exp(high) * values).sum())


def _reversed(function: Function, p: Floats, q: Floats) -> Floats:
    """Q f(p/q) where p is the larger: p g(q/p) with g(v) = v f(1/v), whose limit at 0 is f's slope at infinity."""
    share = np.maximum(q, 1e-300) / np.maximum(p, 1e-300)
    return np.asarray(p * share * function(1.0 / share))


def _laws(implementation: Implementation, case: LinePair) -> tuple[Any, Any]:
    return case.first.build(implementation), case.second.build(implementation)


def _undiffused(data: DataSpec) -> Line:
    kind, parameters = arguments(data)
    return line(kind, lift(parameters), lift(1.0), lift(0.0))


@law(
    "divergences.jensen_shannon_arbiter",
    statement="The Jensen-Shannon divergence is h((p + q)/2) - (h(p) + h(q))/2.",
    catalogue=("P1",),
    family="line_pair",
    route="arbiter",
    expectations=True,
)
def jensen_shannon_arbiter(implementation: Implementation, case: LinePair) -> Findings:
    computed = implementation.module.divergences.jensen_shannon_divergence(*_laws(implementation, case))
    with working_precision():
        exactly = twins.jensen_shannon_divergence(_undiffused(case.first), _undiffused(case.second))
    quantity = "divergences.jensen_shannon_divergence"
    return (near(quantity, computed, float(exactly.mid()), implementation, float(exactly.rad())),)


@law(
    "divergences.f_divergences",
    statement="E_q f(p/q) is that by the trapezoidal rule; with its own f it is the Jensen-Shannon divergence, which "
    "is symmetric, 0 from a law to itself, at most log 2, and falls with noise; the squared Hellinger distance and the "
    "triangular discrimination hold each other.",
    catalogue=("P1",),
    family="line_similar_pair",
    route="quadrature",
    expectations=True,
)
def f_divergences(implementation: Implementation, case: LinePair) -> Findings:
    module, lower = implementation.module.divergences, implementation.lower
    p, q = _laws(implementation, case)
    shannon, back, itself = (float(lower(module.jensen_shannon_divergence(*pair))) for pair in ((p, q), (q, p), (p, p)))
    room = 4.0 * budget.EXPECTATION[implementation.dtype]
    name, symmetric = "divergences.f_divergence", "divergences.jensen_shannon_divergence"
    values = {function: float(lower(module.f_divergence(p, q, function))) for function in (hellinger, triangular)}
    findings = [
        near(name, module.f_divergence(p, q, function), by_trapezoid(case, function), implementation)
        for function in (hellinger, triangular, jensen_shannon)
    ]
    return (
        *findings,
        near(symmetric, shannon, by_trapezoid(case, jensen_shannon), implementation),
        truncated(symmetric, shannon - back, room),
        exact(symmetric, _noised(implementation, p, q) <= shannon + room),
        exact(symmetric, -room <= shannon <= np.log(2.0) + room and abs(itself) <= room),
        exact(name, values[hellinger] - room <= values[triangular] <= 2.0 * values[hellinger] + room),
    )


def _noised(implementation: Implementation, p: Any, q: Any) -> float:
    """The Jensen-Shannon divergence of the two laws noised alike."""
    one, half = implementation.lift(1.0), implementation.lift(0.5)
    laws = (each.diffuse(one, half) for each in (p, q))
    return float(implementation.lower(implementation.module.divergences.jensen_shannon_divergence(*laws)))


@law(
    "divergences.f_divergence_of_gaussians",
    statement="Of two Gaussians E_q f(p/q) is KL for f = u log u, the total variation for |u - 1|/2, and the squared "
    "Hellinger distance is 2 - 2 sqrt(2 s_p s_q/(s_p^2 + s_q^2)) exp(-(m_p - m_q)^2/(4 (s_p^2 + s_q^2))).",
    catalogue=("P1",),
    family="line_near_pair",
    route="closed form",
    expectations=True,
)
def f_divergence_of_gaussians(implementation: Implementation, case: LinePair) -> Findings:
    module, lower = implementation.module.divergences, implementation.lower
    p, q = _laws(implementation, case)
    mean_p, mean_q = (float(each.means[0, 0]) for each in (case.first, case.second))
    variance_p, variance_q = (float(each.full_covariances()[0, 0, 0]) for each in (case.first, case.second))
    together = variance_p + variance_q
    overlap = np.sqrt(2.0 * np.sqrt(variance_p * variance_q) / together)
    distance = 2.0 - 2.0 * overlap * np.exp(-((mean_p - mean_q) ** 2) / (4.0 * together))
    expected = (
        (self_information, float(lower(module.kl_divergence(p, q)))),
        (hellinger, float(distance)),
        (variation, float(lower(module.total_variation(p, q)))),
    )
    return tuple(
        near("divergences.f_divergence", module.f_divergence(p, q, function), value, implementation)
        for function, value in expected
    )
