"""Laws of the KL divergence of two laws on one path: its rate, and the integral of that over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.arbiter import divergences
from properties.arbiter import evolution as twins
from properties.arbiter.numbers import Symmetric, Truth, truth
from properties.cases.evolution import LawPair, LawPairStep
from properties.cases.specs import DataSpec
from properties.law import law
from properties.laws._compare import exact, truncated
from properties.laws._data import allowance, arguments, judge, path_arguments
from properties.laws._differences import differentiated, time_derivative, time_scale
from properties.laws._fields import conditions
from properties.laws._line import nodes_of
from properties.laws.evolution._time import own_levels, stated, time_integral
from properties.laws.evolution.information import METHODS
from properties.protocol import Findings, Implementation


def kl_rate(implementation: Implementation, case: LawPair | LawPairStep, t: float) -> Any:
    """evolution.kl_rate(data, other, path, t)."""
    data, other, path = (spec.build(implementation) for spec in (case.data, case.other, case.path))
    return implementation.module.evolution.kl_rate(data, other, path, implementation.lift(t))


def kl_rate_truth(case: LawPair | LawPairStep, t: float) -> Truth:
    """The arbiter's rate of a KL divergence."""
    moments = (*arguments(case.data)[1], *arguments(case.other)[1])
    return truth(twins.kl_rate, *path_arguments(case.path), *moments, t)


def kl_integral(implementation: Implementation, case: LawPairStep) -> float:
    """evolution.kl_integral(data, other, path, clean=, noisy=)."""
    data, other, path = (spec.build(implementation) for spec in (case.data, case.other, case.path))
    times = {"clean": implementation.lift(case.clean), "noisy": implementation.lift(case.noisy)}
    return float(implementation.lower(implementation.module.evolution.kl_integral(data, other, path, **times)))


@law(
    "evolution.kl_rate_arbiter",
    statement="two Gaussians, nearly equal or far apart, near each other at g^2/2 times their Fisher divergence",
    catalogue=("P28", "M26"),
    family="gaussian_law_pair",
    route="arbiter",
)
def kl_rate_arbiter(implementation: Implementation, case: LawPair) -> Findings:
    rate = kl_rate(implementation, case, case.t)
    return (
        judge("evolution.kl_rate", rate, kl_rate_truth(case, case.t), implementation, case.data.size > 1),
        exact("evolution.kl_rate sign", bool(implementation.lower(rate) <= 0.0)),
    )


@law(
    "evolution.kl_differences",
    statement="kl_rate is the derivative in time of the KL divergence of two diffused Gaussians",
    catalogue=("P28", "M26"),
    family="gaussian_law_pair_step",
    route="finite difference",
)
def kl_differences(implementation: Implementation, case: LawPairStep) -> Findings:
    data, other, path = (spec.build(implementation) for spec in (case.data, case.other, case.path))
    t, size = implementation.lift(case.noisy), case.data.size
    levels = [float(implementation.lower(getattr(path, name)(t))) for name in METHODS]
    wrong = conditions(case.path, case.noisy)
    moments = [
        part
        for spec in (case.data, case.other)
        for part in _diffused(spec.means[0], spec.full_covariances()[0], *levels[:2])
    ]
    grown = 1.0 + max(wrong["alpha"], wrong["sigma"])
    noise = grown * allowance(truth(divergences.kl_divergence, *moments), implementation, size > 1)[0]
    length = time_scale(case.path, case.noisy, levels)

    def divergence(times: Any) -> Any:
        alpha, sigma = path.alpha(times), path.sigma(times)
        return implementation.module.divergences.kl_divergence(data.diffuse(alpha, sigma), other.diffuse(alpha, sigma))

    slope, bound = time_derivative(implementation, divergence, case.noisy, length, noise)
    rate = implementation.lower(kl_rate(implementation, case, case.noisy))
    rounding = allowance(kl_rate_truth(case, case.noisy), implementation, size > 1)[0]
    return (differentiated("evolution.kl_rate", rate - slope, bound + rounding, float(abs(rate)), implementation),)


def _diffused(mean: Any, covariance: Any, alpha: float, sigma: float) -> tuple[list[float], Symmetric]:
    spread = alpha**2 * covariance + sigma**2 * np.eye(len(mean))
    spread = (spread + spread.T) / 2.0
    return (alpha * mean).tolist(), Symmetric(spread.tolist(), float(np.linalg.norm(spread, 2)))


@law(
    "evolution.kl_integral_arbiter",
    statement="the integral of g^2/2 times the Fisher divergence of two Gaussians is what their KL divergence loses",
    catalogue=("P28", "M26"),
    family="gaussian_law_pair_step",
    route="arbiter",
    expectations=True,
)
def kl_integral_arbiter(implementation: Implementation, case: LawPairStep) -> Findings:
    moments = (*arguments(case.data)[1], *arguments(case.other)[1])
    known = truth(twins.kl_integral, *path_arguments(case.path), *moments, case.clean, case.noisy)
    error = kl_integral(implementation, case) - float(known.values[0].mid())
    bound = stated(implementation, known.magnitudes[0]) + allowance(known, implementation, True)[0]
    return (truncated("evolution.kl_integral", error, bound),)


@law(
    "evolution.kl_integral_adds_up",
    statement="the integral over time of kl_rate is what two Gaussians lose of their KL divergence",
    catalogue=("P28", "M26"),
    family="gaussian_law_pair_step",
    route="quadrature",
    expectations=True,
)
def kl_integral_adds_up(implementation: Implementation, case: LawPairStep) -> Findings:
    data, other, path = (spec.build(implementation) for spec in (case.data, case.other, case.path))

    def rate(times: Any) -> Any:
        return -implementation.module.evolution.kl_rate(data, other, path, times)

    total, step = time_integral(implementation, case.path, rate, case.clean, case.noisy)
    error = kl_integral(implementation, case) - total
    return (truncated("evolution.kl_integral", error, step + stated(implementation, total)),)


@law(
    "evolution.line_kl_integral",
    statement="the integral of g^2/2 times the Fisher divergence is what the KL divergence loses, for any two laws on "
    "the line",
    catalogue=("P28", "M26"),
    family="line_law_pair_step",
    route="quadrature",
    expectations=True,
)
def line_kl_integral(implementation: Implementation, case: LawPairStep) -> Findings:
    data, other = (spec.build(implementation) for spec in (case.data, case.other))
    found = kl_integral(implementation, case)
    ends = []
    for t in (case.clean, case.noisy):
        alpha, sigma = own_levels(implementation, case.path, t)
        level = (implementation.lift(alpha), implementation.lift(sigma))
        pair = (data.diffuse(*level), other.diffuse(*level))
        ends.append([_kl(implementation, pair, case.data, alpha, sigma, refine) for refine in (2.0, 4.0)])
    step = sum(abs(fine - coarse) for coarse, fine in ends)
    error = found - (ends[0][1] - ends[1][1])
    return (truncated("evolution.kl_integral", error, step + stated(implementation, ends[0][1])),)


def _kl(
    implementation: Implementation, pair: tuple[Any, Any], data: DataSpec, alpha: float, sigma: float, refine: float
) -> float:
    """E_p[log p - log q] by the trapezoidal rule."""
    deviations = np.sqrt(alpha**2 * data.full_covariances()[:, 0, 0] + sigma**2)
    at = nodes_of(alpha * data.means[:, 0], deviations, refine)
    places = implementation.lift(at.places[:, None])
    log_p, log_q = (implementation.lower(each.log_prob(places)) for each in pair)
    return float(at.spacing * (np.exp(log_p) @ (log_p - log_q)))
