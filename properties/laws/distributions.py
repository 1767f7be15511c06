"""Laws of the data laws: densities, their derivatives, moments and posteriors, against the arbiter and each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import distributions as twins
from properties.arbiter.numbers import truth
from properties.cases.families import DataPoint
from properties.cases.specs import DataSpec
from properties.law import law
from properties.laws import _line, _shape
from properties.laws._compare import exact, residual
from properties.laws._data import (
    LABELS,
    allowance,
    arguments,
    diagonal_of,
    judge,
    seen,
    singular,
    size_of,
    smallest_scale,
    spectral,
    symmetric_findings,
    vanishing,
)
from properties.laws._differences import differentiated, jacobian, step_for
from properties.protocol import Finding, Findings, Implementation

__all__ = ["_line", "_shape"]

FIELD_IDS = ("P22", "P21", "M30", "M31")


@law(
    "distributions.arbiter",
    statement="log_prob, score and hessian of a diffused law, and mean and covariance of its posterior, are exact",
    catalogue=FIELD_IDS,
    family="data_point",
    route="arbiter",
)
def arbiter(implementation: Implementation, case: DataPoint) -> Findings:
    size, label = case.data.size, LABELS[case.data.kind]
    x, marginal, posterior = seen(implementation, case)
    kind, parameters = arguments(case.data)
    exact_values = truth(twins.everything, kind, parameters, case.x.tolist(), case.alpha, case.sigma)
    log_prob, score, hessian, mean, covariance = exact_values.split(1, size, size * size, size, size * size)
    by_norm = spectral(implementation, case.data)
    returned = posterior.covariance
    return (
        judge(f"{label}.log_prob", marginal.log_prob(x), log_prob, implementation, by_norm),
        judge(f"{label}.score", marginal.score(x), score, implementation, by_norm),
        judge(f"{label}.hessian", marginal.hessian(x), hessian, implementation, size > 1),
        judge(f"{label}.posterior mean", posterior.mean, mean, implementation, size > 1),
        judge(
            f"{label}.posterior covariance",
            returned,
            covariance,
            implementation,
            size > 1,
            vanishing(case.data, implementation, 2),
        ),
        *symmetric_findings(f"{label}.hessian", marginal.hessian(x), implementation, semidefinite=False),
        *symmetric_findings(f"{label}.posterior covariance", returned, implementation, semidefinite=True),
    )


@law(
    "distributions.undiffused",
    statement="log_prob, score and hessian of a law as it was given are exact",
    catalogue=("P22",),
    family="data_point",
    route="arbiter",
)
def undiffused(implementation: Implementation, case: DataPoint) -> Findings:
    size, label = case.data.size, LABELS[case.data.kind]
    data, x = case.data.build(implementation), implementation.lift(case.x)
    if singular(case.data):
        return tuple(_refuses(f"{label}.{name}", getattr(data, name), x) for name in ("log_prob", "score", "hessian"))
    kind, parameters = arguments(case.data)
    log_prob, score, hessian = truth(twins.density, kind, parameters, case.x.tolist(), 1, 0).split(1, size, size * size)
    by_norm = spectral(implementation, case.data)
    return (
        judge(f"{label}.log_prob", data.log_prob(x), log_prob, implementation, by_norm),
        judge(f"{label}.score", data.score(x), score, implementation, by_norm),
        judge(f"{label}.hessian", data.hessian(x), hessian, implementation, size > 1),
    )


def _refuses(quantity: str, function: Any, *arguments: Any) -> Finding:
    """A law without a density says so with a ValueError."""
    try:
        function(*arguments)
    except ValueError:
        return exact(f"{quantity} refuses a singular law", True)
    return exact(f"{quantity} refuses a singular law", False)


@law(
    "distributions.moments",
    statement="mean and covariance, before and after diffusing, and the entropy of a Gaussian, are exact",
    catalogue=("P22",),
    family="data_point",
    route="arbiter",
)
def moments(implementation: Implementation, case: DataPoint) -> Findings:
    size, label = case.data.size, LABELS[case.data.kind]
    data, lift = case.data.build(implementation), implementation.lift
    kind, parameters = arguments(case.data)
    findings: list[Finding] = []
    levels = ((data, 1, 0), (data.diffuse(lift(case.alpha), lift(case.sigma)), case.alpha, case.sigma))
    for place, (distribution, alpha, sigma) in zip(("", "diffused "), levels, strict=True):
        mean, covariance = truth(twins.moments, kind, parameters, alpha, sigma).split(size, size * size)
        returned = distribution.covariance
        findings += [
            judge(f"{label}.{place}mean", distribution.mean, mean, implementation, False),
            judge(f"{label}.{place}covariance", returned, covariance, implementation, size > 1),
            *symmetric_findings(f"{label}.{place}covariance", returned, implementation, semidefinite=True),
        ]
        if not spectral(implementation, case.data):
            variances = np.diagonal(implementation.lower(returned))
            findings.append(
                judge(
                    f"{label}.{place}covariance diagonal",
                    lift(variances),
                    diagonal_of(covariance, size),
                    implementation,
                    False,
                )
            )
    if kind == "gaussian":
        entropy = truth(twins.gaussian_entropy, *parameters)
        by_norm = spectral(implementation, case.data)
        findings.append(judge("Gaussian.entropy", data.entropy(), entropy, implementation, by_norm))
    return tuple(findings)


@law(
    "distributions.score_is_gradient",
    statement="the score is the gradient of log_prob, and the hessian the Jacobian of the score",
    catalogue=FIELD_IDS,
    family="moderate_data_point",
    route="finite difference",
)
def score_is_gradient(implementation: Implementation, case: DataPoint) -> Findings:
    size, label = case.data.size, LABELS[case.data.kind]
    x, marginal, _ = seen(implementation, case)
    kind, parameters = arguments(case.data)
    truths = truth(twins.density, kind, parameters, case.x.tolist(), case.alpha, case.sigma).split(1, size, size * size)
    by_norm = spectral(implementation, case.data)
    log_prob, score, hessian = (
        allowance(part, implementation, norm) for part, norm in zip(truths, (by_norm, by_norm, size > 1), strict=True)
    )
    length = smallest_scale(case.data, case.alpha, case.sigma)
    step = step_for(implementation, length)
    gradient, gradient_bound = jacobian(implementation, marginal.log_prob, case.x, step, log_prob[0])
    slopes, slopes_bound = jacobian(implementation, marginal.score, case.x, step, score)
    score_error = implementation.lower(marginal.score(x)) - gradient
    hessian_error = implementation.lower(marginal.hessian(x)) - slopes
    sizes = [float(np.hypot.reduce(np.array(part.magnitudes))) for part in truths[1:]]
    return (
        differentiated(
            f"{label}.score", score_error, gradient_bound + score, max(sizes[0], 1.0 / length), implementation
        ),
        differentiated(
            f"{label}.hessian",
            hessian_error,
            slopes_bound + hessian.reshape(size, size),
            max(sizes[1], length**-2),
            implementation,
        ),
    )


@law(
    "distributions.tweedie",
    statement="alpha D = x + sigma^2 score, and alpha^2 Cov[x_0|x] = sigma^2 I + sigma^4 hessian, where D and Cov come "
    "from the components' posteriors",
    catalogue=FIELD_IDS,
    family="data_point",
    route="closed form",
)
def tweedie(implementation: Implementation, case: DataPoint) -> Findings:
    size, label, alpha, sigma = case.data.size, LABELS[case.data.kind], case.alpha, case.sigma
    x, marginal, posterior = seen(implementation, case)
    kind, parameters = arguments(case.data)
    truths = truth(twins.everything, kind, parameters, case.x.tolist(), alpha, sigma)
    _, score, hessian, mean, covariance = truths.split(1, size, size * size, size, size * size)
    lower = implementation.lower
    first = alpha * lower(posterior.mean) - case.x - sigma**2 * lower(marginal.score(x))
    second = alpha**2 * lower(posterior.covariance) - sigma**2 * (np.eye(size) + sigma**2 * lower(marginal.hessian(x)))
    by_norm = size > 1
    # The law itself is evaluated in float64; each of its terms is counted once more for that.
    first_scale = alpha * size_of(mean, by_norm) + sigma**2 * size_of(score, by_norm) + np.abs(case.x)
    second_scale = alpha**2 * size_of(covariance, by_norm) + sigma**4 * size_of(hessian, by_norm) + sigma**2
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    return (
        residual(f"{label}.posterior mean", first, first_scale, implementation, tolerance),
        residual(f"{label}.posterior covariance", second, second_scale, implementation, tolerance),
    )


@law(
    "distributions.posterior_is_a_law",
    statement="the posterior's weights are the responsibilities, and its own mean and covariance are their average",
    catalogue=("P22",),
    family="data_point",
    route="arbiter",
)
def posterior_is_a_law(implementation: Implementation, case: DataPoint) -> Findings:
    label = LABELS[case.data.kind]
    _, _, posterior = seen(implementation, case)
    if case.data.kind == "gaussian":
        return (exact(f"{label}.posterior keeps its family", type(posterior).__name__ == "Gaussian"),)
    kind, parameters = arguments(case.data)
    size, count = case.data.size, len(case.data.weights)
    truths = truth(twins.posterior, kind, parameters, case.x.tolist(), case.alpha, case.sigma)
    weights = truths.split(size, size * size, count)[-1]
    returned = implementation.lower(posterior.weights)
    return (
        judge(
            f"{label}.posterior weights",
            posterior.weights,
            weights,
            implementation,
            spectral(implementation, case.data),
            vanishing(case.data, implementation, 0),
        ),
        residual(f"{label}.posterior weights sum", returned.sum() - 1.0, float(count), implementation),
        exact(f"{label}.posterior keeps its family", label.startswith(type(posterior).__name__)),
    )


@law(
    "distributions.composition",
    statement="diffusing twice is diffusing once by (alpha_2 alpha_1, sqrt(alpha_2^2 sigma_1^2 + sigma_2^2))",
    catalogue=("P8", "P10"),
    family="data_point",
    route="composition",
)
def composition(implementation: Implementation, case: DataPoint) -> Findings:
    size, label, lift = case.data.size, LABELS[case.data.kind], implementation.lift
    # The second level keeps half of the signal and adds as much noise as the first; both factors are exact.
    alpha, sigma = 0.5, case.sigma
    marginal = case.data.build(implementation).diffuse(lift(case.alpha), lift(case.sigma))
    twice = marginal.diffuse(lift(alpha), lift(sigma))
    kind, parameters = arguments(case.data)
    truths = truth(_composed, kind, parameters, case.x.tolist(), case.alpha, case.sigma, alpha, sigma)
    log_prob, score, hessian = truths.split(1, size, size * size)
    x, by_norm = lift(case.x), spectral(implementation, case.data)
    return (
        judge(f"{label}.diffuse log_prob", twice.log_prob(x), log_prob, implementation, by_norm),
        judge(f"{label}.diffuse score", twice.score(x), score, implementation, by_norm),
        judge(f"{label}.diffuse hessian", twice.hessian(x), hessian, implementation, size > 1),
    )


def _composed(kind: str, parameters: Any, x: Any, alpha: Any, sigma: Any, then_alpha: Any, then_sigma: Any) -> Any:
    level = (then_alpha * alpha, ((then_alpha * sigma) ** 2 + then_sigma**2).sqrt())
    return twins.density(kind, parameters, x, *level)


@law(
    "distributions.equivariance",
    statement="turning the axes and the components round and scaling space by 4 does so to every field",
    catalogue=("P22",),
    family="data_point",
    route="composition",
)
def equivariance(implementation: Implementation, case: DataPoint) -> Findings:
    size, label = case.data.size, LABELS[case.data.kind]
    x, marginal, posterior = seen(implementation, case)
    image = replace(case, data=scaled_and_reversed(case.data), x=4.0 * case.x[::-1], sigma=4.0 * case.sigma)
    image_x, image_marginal, image_posterior = seen(implementation, image)
    kind, parameters = arguments(case.data)
    truths = truth(twins.everything, kind, parameters, case.x.tolist(), case.alpha, case.sigma)
    log_prob, score, _, mean, _ = truths.split(1, size, size * size, size, size * size)
    lower, by_norm = implementation.lower, spectral(implementation, case.data)
    constant = size * np.log(4.0)
    values = (
        lower(image_marginal.log_prob(image_x)) + constant - lower(marginal.log_prob(x)),
        4.0 * lower(image_marginal.score(image_x))[::-1] - lower(marginal.score(x)),
        lower(image_posterior.mean)[::-1] / 4.0 - lower(posterior.mean),
    )
    classes = (by_norm, by_norm, size > 1)
    return tuple(
        residual(
            f"{label}.{name}",
            value,
            2.0 * size_of(part, norm) + offset,
            implementation,
            budget.NORMWISE if norm else budget.ENTRYWISE,
        )
        for name, value, part, norm, offset in zip(
            ("log_prob", "score", "posterior mean"),
            values,
            (log_prob, score, mean),
            classes,
            (constant, 0.0, 0.0),
            strict=True,
        )
    )


def scaled_and_reversed(data: DataSpec) -> DataSpec:
    """The law of 4 x with axes and components in the opposite order; every number stays a value of its dtype."""
    variances, covariances, factors = data.variances, data.covariances, data.factors
    if variances is not None:
        order = (slice(None, None, -1),) * variances.ndim
        variances = 16.0 * variances[order]
    return replace(
        data,
        weights=data.weights[::-1].copy(),
        means=4.0 * data.means[::-1, ::-1],
        variances=variances,
        covariances=None if covariances is None else 16.0 * covariances[::-1, ::-1, ::-1],
        factors=None if factors is None else 4.0 * factors[::-1, ::-1],
    )
