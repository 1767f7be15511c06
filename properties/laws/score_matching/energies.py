"""Laws of energy-based models: the gradients of the mean log likelihood, and the score of an energy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import score_matching as twins
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import Truth, flatten, lift, truth
from properties.cases.score_matching import EnergyPair, LinearModel
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import arguments, judge, spectral, symmetric_findings
from properties.laws.score_matching._models import Modelled, points_of
from properties.protocol import Findings, Implementation


def gradients(implementation: Implementation, case: EnergyPair) -> tuple[Any, Any]:
    """The gradients in h and in P."""
    module, data, model = (
        implementation.module.score_matching,
        *(spec.build(implementation) for spec in (case.data, case.model)),
    )
    return module.energy_gradient_linear(data, model), module.energy_gradient_quadratic(data, model)


def gradient_truths(case: EnergyPair) -> list[Truth]:
    """The closed forms, split into the two."""
    size = case.data.size
    return truth(twins.energy_gradients, *arguments(case.data), *arguments(case.model)[1]).split(size, size * size)


def judged(implementation: Implementation, case: EnergyPair, known: list[Truth]) -> Findings:
    """Both gradients against the truth: means entrywise, second moments in norm."""
    linear, quadratic = gradients(implementation, case)
    name = "score_matching.energy_gradient_quadratic"
    return (
        judge("score_matching.energy_gradient_linear", linear, known[0], implementation, False),
        judge(name, quadratic, known[1], implementation, case.data.size > 1 or spectral(implementation, case.data)),
        *symmetric_findings(name, quadratic, implementation, semidefinite=False),
    )


@law(
    "score_matching.energy_arbiter",
    statement="the likelihood's gradients are the differences of the data's and the model's moments",
    catalogue=("P34",),
    family="energy_pair",
    route="arbiter",
)
def energy_arbiter(implementation: Implementation, case: EnergyPair) -> Findings:
    return judged(implementation, case, gradient_truths(case))


@law(
    "score_matching.energy_slopes",
    statement="the likelihood's gradients are its differences in h and P: E_data log p of exp(h.x - x^T P x/2)/Z",
    catalogue=("P34",),
    family="energy_pair",
    route="finite difference",
)
@precisely
def energy_slopes(implementation: Implementation, case: EnergyPair) -> Findings:
    kind, parameters = arguments(case.data)
    slopes = twins.energy_slopes(kind, lift(parameters), *(lift(part) for part in arguments(case.model)[1]))
    # The differences give values; the condition sums are those of the closed forms.
    known = [
        replace(part, values=tuple(flatten(values))) for part, values in zip(gradient_truths(case), slopes, strict=True)
    ]
    return judged(implementation, case, known)


@law(
    "score_matching.score_of_an_energy",
    statement="the score of a Gaussian is minus the gradient P x - h of its energy",
    catalogue=("P34",),
    family="moderate_gaussian_linear_model",
    route="closed form",
)
def score_of_an_energy(implementation: Implementation, case: LinearModel) -> Findings:
    at, lower = Modelled(implementation, case), implementation.lower
    covariance = at.alpha**2 * case.data.full_covariances()[0] + at.sigma**2 * np.eye(at.size)
    mean, precision = at.alpha * case.data.means[0], np.linalg.inv(covariance)
    points = points_of(mean, covariance, implementation.dtype)
    slopes = implementation.lift(points @ precision.T - precision @ mean)
    score = lower(at.module.score_from_energy_gradient(slopes))
    terms = (np.abs(points) + np.abs(mean)) @ np.abs(precision)
    scale = 4.0 * float(np.linalg.cond(covariance)) * terms
    value = score - lower(at.marginal.score(implementation.lift(points)))
    return (residual("score_matching.score_from_energy_gradient", value, scale, implementation, budget.NORMWISE),)
