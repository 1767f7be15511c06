"""Laws of the renormalised likelihood: an integral over all of time without a boundary term."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import integrals
from properties.arbiter import nonvariational as twins
from properties.arbiter.numbers import lift as lifted
from properties.arbiter.numbers import truth
from properties.cases.integrals import BrownianPoint
from properties.law import law
from properties.laws._compare import residual, truncated
from properties.laws._data import arguments, judge, size_of, spectral
from properties.laws.likelihood._terms import NODES, WEIGHTS, accuracy, expected, gaussian, summed, undiffused
from properties.protocol import Findings, Implementation

END = 1e-10
"""Where head and tail are cut off, relative to the variances: their own next terms are as small."""


POINTWISE = (
    "renormalized_integrand_at",
    "implicit_squared_error_rate_at",
    "renormalized_negative_log_likelihood",
)


def call(implementation: Implementation, case: BrownianPoint, names: tuple[str, ...]) -> dict[str, Any]:
    """The named functions at a case."""
    likelihood, lift = implementation.module.likelihood, implementation.lift
    data, x0, t = case.data.build(implementation), lift(case.x0), lift(case.t)
    variance = {"reference_variance": lift(case.reference_variance)}
    calls: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
        "renormalized_integrand_at": ((data, x0, t), variance),
        "implicit_squared_error_rate_at": ((data, x0, t), {}),
        "renormalized_negative_log_likelihood": ((data, x0), variance),
        "renormalized_entropy": ((data,), variance),
    }
    return {name: getattr(likelihood, name)(*calls[name][0], **calls[name][1]) for name in names}


@law(
    "likelihood.renormalized_arbiter",
    statement="for Gaussian data the renormalised integrand and the implicit rate are formed of the squared error, and "
    "the renormalised likelihood and entropy are those of the data, whatever the reference variance",
    catalogue=("M17", "M18r", "M21"),
    family="gaussian_brownian_point",
    route="arbiter",
)
def renormalized_arbiter(implementation: Implementation, case: BrownianPoint) -> Findings:
    mean, covariance = gaussian(case.data)
    by_norm = spectral(implementation, case.data)
    x0, variance = case.x0.tolist(), case.reference_variance
    integrand, implicit = truth(twins.renormalized, mean, covariance, x0, case.t, variance).split(1, 1)
    base, pointwise, averaged = truth(twins.renormalized_pieces, mean, covariance, x0, variance).split(1, 1, 1)
    exactly = truth(twins.negative_log_likelihood, mean, covariance, x0).values[0]
    truths = {
        "renormalized_integrand_at": integrand,
        "implicit_squared_error_rate_at": implicit,
        "renormalized_negative_log_likelihood": summed(exactly, base, pointwise),
        "renormalized_entropy": summed(truth(twins.entropy, covariance).values[0], base, averaged),
    }
    found = call(implementation, case, tuple(truths))
    return tuple(judge(name, found[name], part, implementation, by_norm) for name, part in truths.items())


@law(
    "likelihood.implicit_rate_is_the_rate",
    statement="in Brownian time the implicit form, which sees only log p_t, is minus divergence_rate_at, which sees "
    "only the denoiser; twice it less d c/(t (t + c)) is the renormalised integrand",
    catalogue=("M21", "M17", "M11"),
    family="gaussian_brownian_point",
    route="composition",
)
def implicit_rate_is_the_rate(implementation: Implementation, case: BrownianPoint) -> Findings:
    likelihood, lower = implementation.module.likelihood, implementation.lower
    mean, covariance = gaussian(case.data)
    by_norm = spectral(implementation, case.data)
    found = call(implementation, case, POINTWISE[:2])
    data, x0, t = case.data.build(implementation), implementation.lift(case.x0), implementation.lift(case.t)
    rate = float(lower(likelihood.divergence_rate_at(data, implementation.module.Brownian(), x0, t)))
    inputs = (mean, covariance, case.x0.tolist(), case.t, case.reference_variance)
    integrand, implicit = (float(size_of(part, by_norm)[0]) for part in truth(twins.renormalized, *inputs).split(1, 1))
    computed = float(lower(found["implicit_squared_error_rate_at"]))
    variance = case.reference_variance
    counter = case.data.size * variance / (case.t * (case.t + variance))
    error = 2.0 * computed - counter - float(lower(found["renormalized_integrand_at"]))
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    return (
        residual("implicit_squared_error_rate_at", computed + rate, 2.0 * implicit, implementation, tolerance),
        residual("renormalized_integrand_at", error, integrand + 2.0 * implicit + counter, implementation, tolerance),
    )


@law(
    "likelihood.renormalized_on_the_line",
    statement="on the line too the integrand is formed of the squared error, and the likelihood is that of the data, "
    "at one reference variance as at three times it",
    catalogue=("M17", "M21"),
    family="line_brownian_point",
    route="arbiter",
    expectations=True,
)
def renormalized_on_the_line(implementation: Implementation, case: BrownianPoint) -> Findings:
    kind, parameters = arguments(case.data)
    with integrals.working_precision():
        t, variance = lifted(case.t), lifted(case.reference_variance)
        seen = integrals.on_path("Brownian", [], kind, parameters, case.t)
        share = integrals.mean_squared_error(seen, float(case.x0[0]), t * t) / t**2
        integrand = share - variance / (t * (t + variance))
        pointwise = -undiffused(case.data).density(lifted(float(case.x0[0]))).log()
    found = call(implementation, case, POINTWISE)
    likelihood, data = implementation.module.likelihood, case.data.build(implementation)
    other = likelihood.renormalized_negative_log_likelihood(
        data, implementation.lift(case.x0), reference_variance=implementation.lift(3.0 * case.reference_variance)
    )
    name = "renormalized_negative_log_likelihood"
    rows = (
        ("renormalized_integrand_at", found["renormalized_integrand_at"], integrand),
        ("implicit_squared_error_rate_at", found["implicit_squared_error_rate_at"], share / 2),
        (name, found[name], pointwise),
        (name, other, pointwise),
    )
    return tuple(expected(quantity, computed, value, implementation) for quantity, computed, value in rows)


@law(
    "likelihood.renormalized_entropy_on_the_line",
    statement="on the line the renormalised entropy is that of the data, whatever the reference variance",
    catalogue=("M18r",),
    family="line_brownian_point",
    route="arbiter",
    expectations=True,
)
def renormalized_entropy_on_the_line(implementation: Implementation, case: BrownianPoint) -> Findings:
    with integrals.working_precision():
        entropy = integrals.entropy(undiffused(case.data))
    name = "renormalized_entropy"
    return (expected(name, call(implementation, case, (name,))[name], entropy, implementation),)


@law(
    "likelihood.renormalized_integral",
    statement="the renormalised likelihood is d/2 log(2 pi e c) plus half the integral of its integrand, whose head "
    "tends to twice the Laplacian plus the squared gradient of log p plus d/c, and whose tail to "
    "(|x_0 - m|^2 - d c)/t^2",
    catalogue=("M17",),
    family="moderate_gaussian_brownian_point",
    route="quadrature",
    expectations=True,
)
def renormalized_integral(implementation: Implementation, case: BrownianPoint) -> Findings:
    likelihood, lift, lower = implementation.module.likelihood, implementation.lift, implementation.lower
    data, x0, variance = case.data.build(implementation), lift(case.x0), case.reference_variance
    assert case.data.covariances is not None
    size, covariance, offset = case.data.size, case.data.covariances[0], case.x0 - case.data.means[0]
    eigenvalues = np.linalg.eigvalsh(covariance)
    first, last = min(eigenvalues[0], variance) * END, max(eigenvalues[-1], variance) / END
    sums, terms = [], 0.0
    for count in (60, 120):
        edges = np.linspace(np.log(first), np.log(last), count + 1)
        half = 0.5 * np.diff(edges)[:, None]
        times = np.exp((0.5 * (edges[1:] + edges[:-1])[:, None] + half * NODES).ravel())
        values = lower(likelihood.renormalized_integrand_at(data, x0, lift(times), reference_variance=lift(variance)))
        shares = 0.5 * (half * WEIGHTS).ravel() * times * values
        sums.append(float(shares.sum()))
        terms = float(np.abs(shares).sum())
    pull = np.linalg.solve(covariance, offset)
    at_zero = float(pull @ pull) - 2.0 * float((1.0 / eigenvalues).sum()) + size / variance
    head, tail = 0.5 * first * at_zero, 0.5 * (float(offset @ offset) - size * variance) / last
    name = "renormalized_negative_log_likelihood"
    computed = float(
        lower(likelihood.renormalized_negative_log_likelihood(data, x0, reference_variance=lift(variance)))
    )
    base = 0.5 * size * np.log(2.0 * np.pi * np.e * variance)
    bound = abs(sums[1] - sums[0]) + accuracy(implementation, terms, base)
    return (truncated(name, computed - base - sums[1] - head - tail, bound),)
