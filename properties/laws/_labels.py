"""Laws of the label of a mixture's component given a noised place: its probability and the gradient of its log."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import labels as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.families import FieldPoint
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import (
    allowance,
    arguments,
    judge,
    path_arguments,
    size_of,
    smallest_scale,
    spectral,
)
from properties.laws._differences import differentiated, jacobian, step_for
from properties.laws._fields import all_truths, call, levels
from properties.protocol import Findings, Implementation

Truths = tuple[Truth, Truth]


def label_truths(case: FieldPoint) -> Truths:
    """The arbiter's log probabilities and their gradients."""
    count, size = len(case.data.weights), case.data.size
    values = truth(twins.labels, *path_arguments(case.path), *arguments(case.data), case.x.tolist(), case.t)
    logs, gradients = values.split(count, count * size)
    return logs, gradients


@law(
    "fields.labels_arbiter",
    statement="the log probability of every label, near certainty and far below it, and its gradient in x are exact",
    catalogue=("M42",),
    family="labelled_field_point",
    route="arbiter",
)
def labels_arbiter(implementation: Implementation, case: FieldPoint) -> Findings:
    by_norm = spectral(implementation, case.data)
    logs, gradients = label_truths(case)
    return (
        judge(
            "label_log_probability",
            call(implementation, "label_log_probability", case),
            logs,
            implementation,
            by_norm,
        ),
        judge(
            "label_score",
            call(implementation, "label_score", case),
            gradients,
            implementation,
            by_norm,
            # A label whose share underflowed pulls at nothing.
            budget.VANISHING_SHARE[implementation.dtype] * float(np.max(gradients.magnitudes)),
        ),
    )


@law(
    "fields.labels_are_gradients",
    statement="label_score is the gradient of label_log_probability",
    catalogue=("M42",),
    family="moderate_labelled_field_point",
    route="finite difference",
)
def labels_are_gradients(implementation: Implementation, case: FieldPoint) -> Findings:
    data, path = case.data.build(implementation), case.path.build(implementation)
    t, fields = implementation.lift(case.t), implementation.module.fields
    by_norm = spectral(implementation, case.data)
    logs, gradients = label_truths(case)
    step = step_for(implementation, smallest_scale(case.data, *levels(implementation, case)))
    slopes, bound = jacobian(
        implementation,
        lambda x: fields.label_log_probability(data, path, x, t),
        case.x,
        step,
        allowance(logs, implementation, by_norm),
    )
    own = implementation.lower(call(implementation, "label_score", case))
    own_bound = allowance(gradients, implementation, by_norm).reshape(own.shape)
    # Where one label is certain its gradient is nothing: the natural size is that of the components' own scores.
    natural = max(float(np.linalg.norm(own)), float(np.linalg.norm(slopes)))
    return (differentiated("label_score", own - slopes, bound + own_bound, natural, implementation),)


def component_scores(implementation: Implementation, case: FieldPoint) -> Any:
    """The score of every component by itself, as a Gaussian's."""
    path, lift = case.path.build(implementation), implementation.lift
    laws = implementation.module.Gaussian(lift(case.data.means), lift(case.data.full_covariances()))
    return implementation.lower(implementation.module.fields.score(laws, path, lift(case.x), lift(case.t)))


@law(
    "fields.labels_balance",
    statement="the labels' probabilities sum to 1, their scores weighted by these to 0, and a label's score added to "
    "the law's score is the component's own",
    catalogue=("M42",),
    family="moderate_labelled_field_point",
    route="composition",
)
def labels_balance(implementation: Implementation, case: FieldPoint) -> Findings:
    logs_truth, gradients_truth = label_truths(case)
    by_norm = spectral(implementation, case.data)
    logs = implementation.lower(call(implementation, "label_log_probability", case))
    gradients = implementation.lower(call(implementation, "label_score", case))
    shares = np.exp(logs)
    log_sizes = size_of(logs_truth, by_norm) + 1.0
    sizes = size_of(gradients_truth, by_norm).reshape(gradients.shape)
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    balance = (shares[:, None] * gradients).sum(axis=0)
    balance_size = (shares[:, None] * (sizes + log_sizes[:, None] * np.abs(gradients))).sum(axis=0)
    score = implementation.lower(call(implementation, "score", case))
    score_size = size_of(all_truths(case)["score"], by_norm)
    components = component_scores(implementation, case)
    # The covariance of a low-rank component is formed here, rounded: the component's score is right in norm only.
    condition = max(float(np.linalg.cond(covariance)) for covariance in _seen_covariances(implementation, case))
    scale = sizes + score_size + np.linalg.norm(components, axis=-1, keepdims=True) * (2.0 + condition)
    guided = gradients + score - components
    return (
        residual("label_log_probability", shares.sum() - 1.0, (shares * log_sizes).sum(), implementation, tolerance),
        residual("label_score", balance, balance_size, implementation, tolerance),
        residual("label_score", guided, scale, implementation, budget.NORMWISE),
    )


def _seen_covariances(implementation: Implementation, case: FieldPoint) -> Any:
    alpha, sigma = levels(implementation, case)
    return alpha**2 * case.data.full_covariances() + sigma**2 * np.eye(case.data.size)
