"""Laws of guidance by an observation y = H x_0 + N(0, R): the exact score, its substitutes, the exact posterior."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import distributions, paths
from properties.arbiter import guidance as twins
from properties.arbiter import labels as label_twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.guidance import Observation
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import (
    arguments,
    judge,
    path_arguments,
    rectangular,
    singular,
    size_of,
    smallest_scale,
    symmetric,
)
from properties.laws._differences import differentiated, jacobian, step_for
from properties.protocol import Findings, Floats, Implementation


def observed(
    implementation: Implementation, case: Observation, *, noise: bool = True
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """(data, path, x, t, y), and the keywords that say how y was observed."""
    lift = implementation.lift
    place = case.data.build(implementation), case.path.build(implementation), lift(case.x), lift(case.t)
    how = {"matrix": lift(case.matrix)}
    if noise:
        how["noise_covariance"] = lift(case.noise)
    return (*place, lift(case.observed)), how


def exact_arguments(case: Observation) -> tuple[Any, ...]:
    """The case as arguments of a twin."""
    at = case.x.tolist(), case.t, case.observed.tolist(), rectangular(case.matrix), symmetric(case.noise)
    return (*path_arguments(case.path), *arguments(case.data), *at)


def gain_rounding(case: Observation, means: Floats, covariances: Floats, slopes: Floats) -> tuple[float, float]:
    """What solves with M = H C H^T + R leave of an average over components, and of the spread of their images.

    The slope's ||J H^T M^-1|| ||M|| |M^-1 (y - H m)|, and the weights off by |M^-1 (y - H m)|^2 ||M||, times how far
    apart the components are after the observation (budget.GAIN_ROUTE).
    """
    places, terms = [], []
    for mean, covariance, slope in zip(means, covariances, slopes, strict=True):
        middle = case.matrix @ covariance @ case.matrix.T + case.noise
        pulled = np.linalg.solve(middle, case.observed - case.matrix @ mean)
        gain, norm = slope @ case.matrix.T @ np.linalg.inv(middle), float(np.linalg.norm(middle, 2))
        places.append(mean + slope @ case.matrix.T @ pulled)
        length = float(np.linalg.norm(pulled))
        terms.append((norm * length * float(np.linalg.norm(gain, 2)), norm * length**2))
    direct, of_weights = (max(each) for each in zip(*terms, strict=True))
    spread = float(np.linalg.norm(np.ptp(np.array(places), axis=0)))
    return budget.GAIN_ROUTE * (direct + of_weights * spread), budget.GAIN_ROUTE * of_weights * spread**2


def widened(part: Truth, extra: float) -> Truth:
    """The truth with more beside its normwise condition sums."""
    return replace(part, norm_kappas=tuple(kappa + extra for kappa in part.norm_kappas))


def score_truth(case: Observation) -> Truth:
    """The arbiter's observation score; beside its condition stand the labels' gradients (budget.LABEL_GRADIENTS)."""
    score = truth(twins.observation_score, *exact_arguments(case))
    count, size = case.data.means.shape
    alpha, sigma = (float(level.mid()) for level in truth(paths.levels, *path_arguments(case.path), case.t).values)
    covariances = case.data.full_covariances()
    marginals = alpha**2 * covariances + sigma**2 * np.eye(size)
    slopes = alpha * covariances @ np.linalg.inv(marginals)
    places = case.data.means + np.einsum("kij,kj->ki", slopes, case.x - alpha * case.data.means)
    extra, _ = gain_rounding(case, places, sigma**2 / alpha * slopes, slopes)
    if count > 1:
        gradients = truth(labels, *exact_arguments(case)[:6]).split(count, count * size)[1]
        extra += budget.LABEL_GRADIENTS * math.hypot(*gradients.magnitudes)
    return widened(score, extra)


def labels(*arguments: Any) -> list[Any]:
    """The shares r_k of the components given x_t, and their gradients' parts r_k grad log r_k."""
    logs, gradients = label_twins.labels(*arguments)
    shares = [log.exp() for log in logs]
    return [shares, [[share * each for each in row] for share, row in zip(shares, gradients, strict=True)]]


def conditioned_truth(case: Observation) -> list[Truth]:
    """The arbiter's mean and covariance of x_0 given y."""
    size = case.data.size
    how = case.observed.tolist(), rectangular(case.matrix), symmetric(case.noise)
    mean, covariance = truth(twins.conditioned, *arguments(case.data), *how).split(size, size * size)
    covariances = case.data.full_covariances()
    extra = gain_rounding(case, case.data.means, covariances, covariances)
    return [widened(part, each) for part, each in zip((mean, covariance), extra, strict=True)]


@law(
    "guidance.observation_arbiter",
    statement="the score of an observation is that of the joint law of (y, x_t) less that of x_t; the law of x_0 given "
    "y is the regression of the joint law, component by component with the weights of the evidence",
    catalogue=("P90",),
    family="moderate_observation",
    route="arbiter",
)
def observation_arbiter(implementation: Implementation, case: Observation) -> Findings:
    guidance = implementation.module.guidance
    place, how = observed(implementation, case)
    law_given = guidance.conditioned_law(place[0], place[4], **how)
    mean, covariance = conditioned_truth(case)
    return (
        judge("observation_score", guidance.observation_score(*place, **how), score_truth(case), implementation, True),
        judge("conditioned_law mean", law_given.mean, mean, implementation, True),
        judge("conditioned_law covariance", law_given.covariance, covariance, implementation, True),
    )


@law(
    "guidance.substitutes_arbiter",
    statement="DPS and PiGDM put R and r^2 H H^T + R where H Cov H^T + R belongs; a normalised step divides by the "
    "residual's length",
    catalogue=("P90",),
    family="observation",
    route="arbiter",
)
def substitutes_arbiter(implementation: Implementation, case: Observation) -> Findings:
    guidance, lift, size = implementation.module.guidance, implementation.lift, case.data.size
    place, how = observed(implementation, case)
    dps, pigdm, step = truth(twins.substitutes, *exact_arguments(case), case.variance, case.step).split(
        size, size, size
    )
    _, alone = observed(implementation, case, noise=False)
    return (
        judge("dps_score", guidance.dps_score(*place, **how), dps, implementation, True),
        judge(
            "pigdm_score",
            guidance.pigdm_score(*place, **how, variance=lift(case.variance)),
            pigdm,
            implementation,
            True,
        ),
        judge(
            "dps_normalized_step",
            guidance.dps_normalized_step(*place, **alone, step=lift(case.step)),
            step,
            implementation,
            True,
        ),
    )


@law(
    "guidance.exact_posterior_path",
    statement="the score of the data plus the score of the observation is the score of the noised law of x_0 given y",
    catalogue=("P90",),
    family="moderate_observation",
    route="composition",
)
def exact_posterior_path(implementation: Implementation, case: Observation) -> Findings:
    module, lower = implementation.module, implementation.lower
    place, how = observed(implementation, case)
    data, path, x, t, y = place
    given = module.guidance.conditioned_law(data, y, **how)
    alpha, sigma = path.alpha(t), path.sigma(t)
    together = lower(given.diffuse(alpha, sigma).score(x))
    own = lower(data.diffuse(alpha, sigma).score(x))
    added = lower(module.guidance.observation_score(*place, **how))
    numbers = [float(lower(level)) for level in (alpha, sigma)]
    parts = score_truth(case), truth(distributions.density, *arguments(case.data), case.x.tolist(), *numbers)
    sizes = size_of(parts[0], True)[0], size_of(parts[1].split(1, case.x.size, case.x.size**2)[1], True)[0]
    # The law given y was rounded: its score moves with its moments as it does with x, |hessian| of both.
    mean, covariance = (float(size_of(part, True)[0]) for part in conditioned_truth(case))
    noised = given.diffuse(alpha, sigma)
    floor = max(float(np.linalg.eigvalsh(lower(noised.covariance))[0]) * 1e-3, numbers[1] ** 2)
    reach = float(np.linalg.norm(case.x)) + numbers[0] * float(np.linalg.norm(lower(given.mean)))
    moved = numbers[0] * mean / floor + numbers[0] ** 2 * covariance * reach / floor**2
    return (
        residual(
            "observation_score",
            together - own - added,
            np.full(case.x.shape, sizes[0] + sizes[1] + moved),
            implementation,
            budget.NORMWISE,
        ),
    )


@law(
    "guidance.bayes",
    statement="log p(x_0|y) - log p(x_0) - log N(y; H x_0, R) is one number, whatever x_0",
    catalogue=("P90",),
    family="moderate_observation",
    route="closed form",
)
def bayes(implementation: Implementation, case: Observation) -> Findings:
    module, lift, lower, size = implementation.module, implementation.lift, implementation.lower, case.data.size
    place, how = observed(implementation, case)
    data, y = place[0], place[4]
    if singular(case.data):
        # Without a density of its own the law is a set of weights: its noised density is the tilted sum over points.
        return _bayes_of_points(implementation, case, module.guidance.conditioned_law(data, y, **how))
    given = module.guidance.conditioned_law(data, y, **how)
    centre, spread = lower(given.mean), np.sqrt(np.diagonal(lower(given.covariance)))
    places = np.stack([centre, centre + spread, centre - 0.5 * spread * np.arange(1.0, size + 1.0)])
    points = lower(lift(places))
    posterior, prior = (lower(each.log_prob(lift(points))) for each in (given, data))
    gap = case.observed - points @ case.matrix.T
    forms = 0.5 * np.einsum("ni,ij,nj->n", gap, np.linalg.inv(case.noise), gap)
    value = posterior - prior + forms
    condition = float(np.linalg.cond(case.noise)) * float(
        max(np.linalg.cond(matrix) for matrix in case.data.full_covariances())
    )
    reach = float(np.linalg.norm(case.matrix)) * np.linalg.norm(points, axis=-1) + float(np.linalg.norm(case.observed))
    smallest = float(np.linalg.eigvalsh(case.noise)[0])
    scale = np.abs(posterior) + np.abs(prior) + condition * (forms + reach**2 / smallest + 1.0)
    return (residual("conditioned_law", value[1:] - value[0], scale[1:] + scale[0], implementation, budget.NORMWISE),)


def _bayes_of_points(implementation: Implementation, case: Observation, given: Any) -> Findings:
    gap = case.observed - case.data.means @ case.matrix.T
    logs = np.log(case.data.weights) - 0.5 * np.einsum("ni,ij,nj->n", gap, np.linalg.inv(case.noise), gap)
    shares = np.exp(logs - logs.max())
    shares = shares / shares.sum()
    condition = float(np.linalg.cond(case.noise)) * (1.0 + float(np.max(np.abs(logs))))
    return (
        residual(
            "conditioned_law",
            implementation.lower(given.mean) - shares @ case.data.means,
            np.full(case.data.size, condition * float(np.max(np.abs(case.data.means)))),
            implementation,
            budget.NORMWISE,
        ),
    )


@law(
    "guidance.substitutes_are_gradients",
    statement="DPS is -1/2 of the gradient of the whitened |y - H D|^2 and PiGDM at r = 0 the same; a normalised step "
    "is step/|y - H D| times the gradient of |y - H D|^2",
    catalogue=("P90",),
    family="moderate_observation",
    route="finite difference",
)
def substitutes_are_gradients(implementation: Implementation, case: Observation) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    guidance, fields = module.guidance, module.fields
    place, how = observed(implementation, case)
    data, path, x, t, _ = place
    sharp = np.linalg.inv(case.noise)

    def residuals(points: Any) -> Any:
        return case.observed - lower(fields.denoiser(data, path, points, t)) @ case.matrix.T

    def squares(points: Any) -> Any:
        gap = residuals(points)
        return lift(np.stack([np.einsum("ni,ij,nj->n", gap, sharp, gap), np.sum(gap**2, axis=-1)], axis=-1))

    gap = residuals(x[None])[0]
    norm = float(np.linalg.norm(gap))
    alpha, sigma = (float(lower(level(t))) for level in (path.alpha, path.sigma))
    terms = np.linalg.norm(case.observed) + np.linalg.norm(case.matrix) * (
        np.max(np.linalg.norm(case.data.means, axis=-1)) + np.linalg.norm(case.x) / max(alpha, 1e-3)
    )
    unit = budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype]
    noise = unit * terms * np.array([np.linalg.norm(sharp, 2) * (norm + unit * terms), norm + unit * terms])
    step = step_for(implementation, smallest_scale(case.data, alpha, sigma))
    slopes, bounds = jacobian(implementation, squares, case.x, step, noise)
    dps = lower(guidance.dps_score(*place, **how))
    at_zero = lower(guidance.pigdm_score(*place, **how, variance=lift(0.0)))
    _, alone = observed(implementation, case, noise=False)
    stepped = lower(guidance.dps_normalized_step(*place, **alone, step=lift(case.step)))
    rows = (
        ("dps_score", dps, -0.5 * slopes[0], 0.5 * bounds[0]),
        ("pigdm_score at 0", at_zero, -0.5 * slopes[0], 0.5 * bounds[0]),
        ("dps_normalized_step", stepped, case.step / norm * slopes[1], case.step / norm * bounds[1]),
    )
    return tuple(
        differentiated(
            quantity,
            value - expected,
            bound + unit * np.linalg.norm(value),
            float(np.linalg.norm(expected)),
            implementation,
        )
        for quantity, value, expected, bound in rows
    )
