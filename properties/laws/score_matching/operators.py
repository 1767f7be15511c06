"""Laws of generalized score matching: an operator, its adjoint, and the loss that needs no score."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.cases.score_matching import LinearModel
from properties.law import law
from properties.laws._compare import residual
from properties.laws.score_matching._models import Modelled, points_of
from properties.protocol import Finding, Findings, Floats, Implementation


class Averages:
    """A linear field g = A x + b at points that have a diffused Gaussian's moments, beside the exact score there."""

    def __init__(self, implementation: Implementation, case: LinearModel) -> None:
        at, lower = Modelled(implementation, case), implementation.lower
        covariance = at.alpha**2 * case.data.full_covariances()[0] + at.sigma**2 * np.eye(at.size)
        mean = at.alpha * case.data.means[0]
        self.points = points_of(mean, covariance, implementation.dtype)
        self.score = lower(at.marginal.score(implementation.lift(self.points)))
        self.field = lower(implementation.lift(self.points @ case.matrix.T + case.offset))
        self.divergence = np.full(len(self.points), float(np.trace(case.matrix)))
        self.sigma = np.full(len(self.points), at.sigma)
        # What each may be wrong by, in units: the sizes of the terms that it is added up from.
        precision = np.linalg.inv(covariance)
        condition = float(np.linalg.cond(covariance))
        slope = (np.abs(self.points) + np.abs(mean)) @ np.abs(precision)
        self.score_size = slope + condition * np.linalg.norm(self.score, axis=1)[:, None]
        self.field_size = np.abs(self.points) @ np.abs(case.matrix.T) + np.abs(case.offset)
        self.divergence_size = np.full(len(self.points), float(np.abs(np.diagonal(case.matrix)).sum()))


def _dot(first: Floats, second: Floats) -> Floats:
    return np.asarray(np.sum(first * second, axis=1))


@law(
    "score_matching.adjoints",
    statement="E[(x + sigma^2 s).g] = E[x.g - sigma^2 div g]: the denoiser's operator and its adjoint agree on average",
    catalogue=("P33",),
    family="moderate_gaussian_linear_model",
    route="quadrature",
)
def adjoints(implementation: Implementation, case: LinearModel) -> Findings:
    module, lift, lower = implementation.module.score_matching, implementation.lift, implementation.lower
    at = Averages(implementation, case)
    targets = lower(module.denoiser_target(lift(at.points), lift(at.score), sigma=lift(at.sigma)))
    adjoint = lower(module.denoiser_adjoint(lift(at.points), lift(at.field), lift(at.divergence), sigma=lift(at.sigma)))
    square = at.sigma**2
    scale = 4.0 * np.mean(
        _dot(np.abs(at.points) + square[:, None] * at.score_size, at.field_size) + square * at.divergence_size
    )
    value = float(np.mean(_dot(targets, at.field) - adjoint))
    return tuple(
        residual(f"score_matching.{name}", value, float(scale), implementation, budget.NORMWISE)
        for name in ("denoiser_target", "denoiser_adjoint")
    )


@law(
    "score_matching.generalized_losses",
    statement="1/2|g|^2 less the adjoint averages to 1/2 E|g - target|^2 - 1/2 E|target|^2, for the gradient (target "
    "the score, adjoint -div g) and for the denoiser",
    catalogue=("P33", "P29"),
    family="moderate_gaussian_linear_model",
    route="quadrature",
)
def generalized_losses(implementation: Implementation, case: LinearModel) -> Findings:
    module, lift, lower = implementation.module.score_matching, implementation.lift, implementation.lower
    at = Averages(implementation, case)
    level = lift(at.sigma)
    square = at.sigma[:, None] ** 2
    adjoint = module.denoiser_adjoint(lift(at.points), lift(at.field), lift(at.divergence), sigma=level)
    target = lower(module.denoiser_target(lift(at.points), lift(at.score), sigma=level))
    denoiser_sizes = np.abs(at.points) + square * at.score_size
    rows: tuple[tuple[Any, Floats, Floats, Floats], ...] = (
        (lift(-at.divergence), at.score, at.score_size, at.divergence_size),
        (
            adjoint,
            target,
            denoiser_sizes,
            _dot(np.abs(at.points), at.field_size) + at.sigma**2 * at.divergence_size,
        ),
    )
    findings: list[Finding] = []
    for dual, wanted, sizes, dual_sizes in rows:
        losses = lower(module.generalized_loss_at(lift(at.field), dual))
        gap = at.field - wanted
        value = float(np.mean(losses - 0.5 * _dot(gap, gap) + 0.5 * _dot(wanted, wanted)))
        # The squares of the target cancel between the two means; what is left is bilinear in field and target.
        scale = 4.0 * np.mean(_dot(at.field_size, at.field_size + sizes) + dual_sizes)
        rounding = np.mean(_dot(wanted, wanted) + _dot(gap, gap))
        findings.append(
            residual(
                "score_matching.generalized_loss_at", value, float(scale + rounding), implementation, budget.NORMWISE
            )
        )
    return tuple(findings)
