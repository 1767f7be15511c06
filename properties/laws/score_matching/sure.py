"""Laws of Stein's unbiased estimate of risk: unbiased over the noise, for linear and for bent denoisers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from properties import budget
from properties.arbiter import fields as field_twins
from properties.arbiter.numbers import truth
from properties.cases.score_matching import LinearModel, LossPoint
from properties.cases.specs import PathSpec
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import arguments, path_arguments, size_of
from properties.laws.score_matching._models import Modelled, points_of
from properties.protocol import Finding, Findings, Implementation

SPACING, REACH = 0.125, 9.0
"""The trapezoidal rule in the standardised noise: the tails leave 1e-18, tanh(x + sigma z) with sigma <= 1 less."""


@law(
    "score_matching.sure_is_unbiased",
    statement="over the noise SURE averages to the mean squared error at any clean point, for a linear denoiser in any "
    "dimension and a bent one on the line",
    catalogue=("P32",),
    family="loss_point",
    route="quadrature",
)
def sure_is_unbiased(implementation: Implementation, case: LossPoint) -> Findings:
    module, lift, lower = implementation.module.score_matching, implementation.lift, implementation.lower
    size = len(case.x)
    lengths = float(np.linalg.norm(case.direction) * np.linalg.norm(case.jacobian_product)) + 1.0
    matrix = 0.5 * np.eye(size) + np.outer(case.direction, case.jacobian_product) / lengths
    noises = np.sqrt(size) * np.concatenate([np.eye(size), -np.eye(size)])
    observed = lower(lift(case.x + case.sigma * noises))
    bent_sigma = min(case.sigma, 1.0)
    nodes = np.arange(-REACH, REACH + SPACING / 2, SPACING)[:, None]
    places = lower(lift(case.x[:1] + bent_sigma * nodes))
    weights = SPACING * np.exp(-0.5 * nodes[:, 0] ** 2) / np.sqrt(2.0 * np.pi)
    even = np.full(len(observed), 1.0 / len(observed))
    findings: list[Finding] = []
    for points, sigma, denoised, divergence, clean, shares in (
        (observed, case.sigma, observed @ matrix.T, np.full(len(observed), np.trace(matrix)), case.x, even),
        (places, bent_sigma, np.tanh(places), 1.0 - np.tanh(places[:, 0]) ** 2, case.x[:1], weights),
    ):
        level = lower(lift(sigma))
        estimates = lower(
            module.sure(lift(denoised), lift(points), lift(divergence), sigma=lift(np.full(len(points), float(level))))
        )
        errors = np.sum((denoised - clean) ** 2, axis=1)
        # SURE and the error differ by a fluctuation that averages away; its terms count by absolute value, and the
        # observations are right to roundings of x + sigma z that the denoiser's slope passes on.
        sizes = np.abs(denoised) + np.abs(points) + np.abs(clean) + sigma
        terms = np.sum(sizes**2, axis=1) + 2.0 * sigma**2 * (np.abs(divergence) + size)
        scale = 4.0 * (1.0 + float(np.linalg.norm(matrix))) * float(shares @ terms)
        findings.append(residual("score_matching.sure", shares @ (estimates - errors), scale, implementation))
    return tuple(findings)


@law(
    "score_matching.sure_of_a_score",
    statement="SURE of the denoiser y + sigma^2 s, whose divergence is d + sigma^2 div s, is the score's own",
    catalogue=("P32",),
    family="loss_point",
    route="composition",
)
def sure_of_a_score(implementation: Implementation, case: LossPoint) -> Findings:
    module, lift, lower = implementation.module.score_matching, implementation.lift, implementation.lower
    size, square = len(case.x), case.sigma**2
    denoised = module.denoiser_target(lift(case.x), lift(case.score), sigma=lift(case.sigma))
    divergence = lift(size + square * case.divergence)
    through = float(lower(module.sure(denoised, lift(case.x), divergence, sigma=lift(case.sigma))))
    direct = float(lower(module.sure_from_score(lift(case.score), lift(case.divergence), sigma=lift(case.sigma))))
    # D - y = sigma^2 s is formed by a subtraction here.
    pushed = square * np.abs(case.score)
    scale = 4.0 * float(pushed @ (pushed + np.abs(case.x))) + 8.0 * square * (size + square * abs(case.divergence))
    return tuple(
        residual(f"score_matching.{name}", through - direct, scale, implementation)
        for name in ("sure_from_score", "denoiser_target")
    )


@law(
    "score_matching.sure_of_the_exact_score",
    statement="averaged over observations of a Gaussian, SURE of its exact score is the denoiser's mean squared error",
    catalogue=("P32", "P24"),
    family="moderate_gaussian_linear_model",
    route="quadrature",
)
def sure_of_the_exact_score(implementation: Implementation, case: LinearModel) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    sigma = Modelled(implementation, case).sigma / Modelled(implementation, case).alpha
    sigma = float(lower(lift(sigma)))
    at = Modelled(implementation, replace(case, path=PathSpec("EDM"), t=sigma))
    covariance = case.data.full_covariances()[0] + sigma**2 * np.eye(at.size)
    points = points_of(case.data.means[0], covariance, implementation.dtype)
    count = len(points)
    score = at.marginal.score(lift(points))
    divergence = module.evolution.laplacian(at.data, at.path, lift(points), lift(np.full(count, sigma)))
    risks = lower(at.module.sure_from_score(score, divergence, sigma=lift(np.full(count, sigma))))
    error = float(lower(module.fields.minimum_mean_squared_error(at.data, at.path, at.t)))
    place = path_arguments(PathSpec("EDM"))
    known = truth(field_twins.minimum_mean_squared_error, *place, arguments(case.data)[1][1], sigma)
    # sigma^2 s and sigma^2 div s are at most what a score of size 1/sigma makes of them, times the law's condition.
    condition = float(np.linalg.cond(covariance))
    reach = 1.0 + (np.linalg.norm(points, axis=1).max() + np.linalg.norm(case.data.means[0])) / np.sqrt(
        np.trace(covariance)
    )
    scale = 4.0 * sigma**2 * at.size * condition * float(reach) + float(size_of(known, True)[0])
    return (
        residual("score_matching.sure_from_score", float(risks.mean()) - error, scale, implementation, budget.NORMWISE),
    )
