"""Laws of the losses of linear models: explicit, implicit and denoising score matching, and how they differ."""

from __future__ import annotations

import numpy as np

from properties import budget
from properties.arbiter import evolution as evolution_twins
from properties.arbiter.measured import as_measured, precisely
from properties.arbiter.numbers import truth
from properties.cases.score_matching import LinearModel
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import arguments, judge, path_arguments, size_of, spectral
from properties.laws._measured import measured, vanishes
from properties.laws.score_matching._models import (
    Modelled,
    denoising_truth,
    explicit_truth,
    implicit_truth,
    points_of,
)
from properties.protocol import Findings, Floats, Implementation


@law(
    "score_matching.linear_arbiter",
    statement="the implicit and the denoising loss of a linear model are exact for any law at any level, near their "
    "optima too",
    catalogue=("P29", "P30"),
    family="linear_model",
    route="arbiter",
)
def linear_arbiter(implementation: Implementation, case: LinearModel) -> Findings:
    at, by_norm = Modelled(implementation, case), spectral(implementation, case.data)
    undiffused = at.module.implicit_score_matching(at.data, at.matrix, at.offset)
    return tuple(
        judge(f"score_matching.{name}", value, known, implementation, by_norm)
        for name, value, known in (
            ("implicit_score_matching", at.implicit(), implicit_truth(case, at.alpha, at.sigma)),
            ("implicit_score_matching", undiffused, implicit_truth(case, 1, 0)),
            ("denoising_score_matching", at.denoising(), denoising_truth(case)),
        )
    )


@law(
    "score_matching.explicit_arbiter",
    statement="the explicit loss of a linear model is exact for any Gaussian, near its optimum too",
    catalogue=("P29",),
    family="gaussian_linear_model",
    route="arbiter",
)
def explicit_arbiter(implementation: Implementation, case: LinearModel) -> Findings:
    at, by_norm = Modelled(implementation, case), spectral(implementation, case.data)
    undiffused = at.module.explicit_score_matching(at.data, at.matrix, at.offset)
    quantity = "score_matching.explicit_score_matching"
    return (
        judge(quantity, at.explicit(), explicit_truth(case, at.alpha, at.sigma), implementation, by_norm),
        judge(quantity, undiffused, explicit_truth(case, 1, 0), implementation, by_norm),
    )


@law(
    "score_matching.losses_are_expectations",
    statement="the losses of a linear model are the averages of the pointwise losses over points that have the moments "
    "of the law and of its noise",
    catalogue=("P29", "P30"),
    family="moderate_linear_model",
    route="quadrature",
)
def losses_are_expectations(implementation: Implementation, case: LinearModel) -> Findings:
    at, lift, lower = Modelled(implementation, case), implementation.lift, implementation.lower
    trace, totals, scales = float(np.trace(case.matrix)), [0.0, 0.0], [0.0, 0.0]
    for weight, mean, spread in zip(case.data.weights, case.data.means, case.data.full_covariances(), strict=True):
        # x_0 and the noise at once; a component without spread has its own points.
        root = np.linalg.cholesky(spread + 1e-300 * np.eye(at.size))
        steps = np.sqrt(2.0 * at.size) * np.block(
            [[root.T, np.zeros_like(root)], [np.zeros_like(root), np.eye(at.size)]]
        )
        points = np.concatenate([steps, -steps]) + np.append(mean, np.zeros(at.size))
        data, noise = points[:, : at.size], points[:, at.size :]
        places = at.alpha * data + at.sigma * noise
        values = places @ case.matrix.T + case.offset
        sizes = np.abs(places) @ np.abs(case.matrix.T) + np.abs(case.offset)
        implicit = lower(at.module.implicit_loss_at(lift(values), lift(np.full(len(values), trace))))
        level = lift(np.full(len(values), at.sigma))
        denoising = lower(at.module.denoising_loss_at(lift(values), lift(noise), sigma=level))
        totals[0] += weight * float(implicit.mean())
        totals[1] += weight * float(denoising.mean())
        scales[0] += weight * float(np.sum(sizes**2, axis=1).mean() + np.abs(np.diagonal(case.matrix)).sum())
        scales[1] += weight * float(np.sum((sizes + np.abs(noise) / at.sigma) ** 2, axis=1).mean())
    findings = []
    for name, own, known, total, scale in (
        ("implicit", at.implicit(), implicit_truth(case, at.alpha, at.sigma), totals[0], scales[0]),
        ("denoising", at.denoising(), denoising_truth(case), totals[1], scales[1]),
    ):
        allowed = 4.0 * scale + float(size_of(known, True)[0])
        findings += [
            residual(quantity, float(lower(own)) - total, allowed, implementation, budget.NORMWISE)
            for quantity in (f"score_matching.{name}_score_matching", f"score_matching.{name}_loss_at")
        ]
    return tuple(findings)


@law(
    "score_matching.explicit_is_an_expectation",
    statement="the explicit loss is the average of 1/2 |A x + b - score|^2 over points with the Gaussian's moments",
    catalogue=("P29",),
    family="moderate_gaussian_linear_model",
    route="quadrature",
)
def explicit_is_an_expectation(implementation: Implementation, case: LinearModel) -> Findings:
    at, lower = Modelled(implementation, case), implementation.lower
    covariance = at.alpha**2 * case.data.full_covariances()[0] + at.sigma**2 * np.eye(at.size)
    points = points_of(at.alpha * case.data.means[0], covariance, implementation.dtype)
    score = lower(at.marginal.score(implementation.lift(points)))
    gap = points @ case.matrix.T + case.offset - score
    sizes = _score_sizes(points, at.alpha * case.data.means[0], covariance)
    sizes = sizes + np.abs(points) @ np.abs(case.matrix.T) + np.abs(case.offset)
    scale = 4.0 * float(np.mean(np.linalg.norm(gap, axis=1) * np.linalg.norm(sizes, axis=1)))
    known = explicit_truth(case, at.alpha, at.sigma)
    # Where the model is the score itself the gap is all rounding, and its square is what is left.
    floor = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype] * float(np.mean(np.sum(sizes**2, 1)))
    error = float(lower(at.explicit())) - 0.5 * float(np.mean(np.sum(gap**2, axis=1)))
    return (
        residual(
            "score_matching.explicit_score_matching",
            error,
            scale + floor + float(size_of(known, True)[0]),
            implementation,
            budget.NORMWISE,
        ),
    )


def _score_sizes(points: Floats, mean: Floats, covariance: Floats) -> Floats:
    """What a Gaussian's score at the points may be wrong by, in units: its condition times its terms."""
    precision = np.linalg.inv(covariance)
    condition = float(np.linalg.cond(covariance))
    terms = (np.abs(points) + np.abs(mean)) @ np.abs(precision)
    return np.asarray(terms + condition * np.linalg.norm((points - mean) @ precision, axis=1)[:, None])


@law(
    "score_matching.losses_differ_by_constants",
    statement="explicit = implicit + J/2 and denoising = explicit + (d/sigma^2 - J)/2, whatever the model",
    catalogue=("P29", "P30"),
    family="moderate_gaussian_linear_model",
    route="composition",
)
@precisely
def losses_differ_by_constants(implementation: Implementation, case: LinearModel) -> Findings:
    at, by_norm = Modelled(implementation, case), case.data.size > 1
    place, moments = path_arguments(case.path), arguments(case.data)[1]
    information_truth = truth(evolution_twins.fisher_information, *place, *moments, case.t)
    information = implementation.module.evolution.fisher_information(at.data, at.path, at.t)
    explicit, implicit, denoising, fisher = (
        measured(value, known, implementation, normwise=by_norm)[0]
        for value, known in (
            (at.explicit(), explicit_truth(case, at.alpha, at.sigma)),
            (at.implicit(), implicit_truth(case, at.alpha, at.sigma)),
            (at.denoising(), denoising_truth(case)),
            (information, information_truth),
        )
    )
    half = as_measured(0.5)
    # The level's own sigma, right to two units, stands in d/sigma^2.
    noise = as_measured(at.sigma)
    noise = type(noise)(noise.value, 2 * noise.value)
    first = implicit + half * fisher - explicit
    second = explicit + half * (as_measured(float(at.size)) / noise.square() - fisher) - denoising
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    return (
        *(
            vanishes(f"score_matching.{name}", first, implementation, size=explicit, tolerance=tolerance)
            for name in ("explicit_score_matching", "implicit_score_matching")
        ),
        vanishes(
            "score_matching.denoising_score_matching", second, implementation, size=denoising, tolerance=tolerance
        ),
    )
