"""Classifier guidance: the score of the condition, and what it adds to each prediction."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.score_matching._vectors import vectors

__all__ = [
    "classifier_score",
    "guided_mean_from_classifier",
    "guided_noise_from_classifier",
    "guided_score_from_classifier",
]


def classifier_score(unconditional_score: Array, conditional_score: Array) -> Array:
    """Gradient in x_t of log P(condition | x_t): s_c - s_u, by Bayes' rule.

    For two scores that are given; where the labels are those of a mixture, fields.label_score has no cancellation.
    Shapes: (..., d) each -> (..., d).
    Catalogue: P85 (Lai et al., arXiv 2510.21890).
    """
    first, second = vectors(unconditional_score=unconditional_score, conditional_score=conditional_score)
    return np.asarray(second - first)


def guided_score_from_classifier(score: Array, classifier_score: Array, *, scale: Real) -> Array:
    """Score guided by a classifier: s + scale grad log P(condition | x_t); scale 1 is the conditional score.

    Shapes: score and classifier_score (..., d), scale (...) -> (..., d).
    Catalogue: P85 (Lai et al., arXiv 2510.21890).
    """
    strength = _checks.real("scale", scale)
    first, second = vectors({"scale": strength.shape}, score=score, classifier_score=classifier_score)
    return np.asarray(first + strength[..., None] * second)


def guided_mean_from_classifier(mean: Array, variance: Real, classifier_score: Array, *, scale: Real) -> Array:
    """Mean of a reverse step guided by a classifier: mean + scale variance grad log P(condition | x_t).

    A first-order statement: the step's law is tilted by the classifier linearised at the point where its gradient was
    taken. With the exact classifier of Gaussian data the mean of the exact conditional step differs from it.
    Shapes: mean and classifier_score (..., d); variance (..., d), the diagonal of the step's covariance, or a number
    for all coordinates; scale (...) -> (..., d).
    Raises: TypeError, ValueError; ValueError for variance < 0.
    Catalogue: P85 (Lai et al., arXiv 2510.21890).
    """
    strength, spread = _checks.real("scale", scale), _checks.nonnegative("variance", variance)
    first, second = vectors({"scale": strength.shape}, mean=mean, classifier_score=classifier_score)
    if spread.ndim:
        _checks.event("variance", spread, first.shape[-1])
        shapes = {"mean": first.shape[:-1], "classifier_score": second.shape[:-1], "scale": strength.shape}
        _checks.broadcast(**shapes, variance=spread.shape[:-1])
    return np.asarray(first + strength[..., None] * spread * second)


def guided_noise_from_classifier(noise: Array, classifier_score: Array, *, sigma: Real, scale: Real) -> Array:
    """Noise prediction guided by a classifier: noise - scale sigma grad log P(condition | x_t).

    Shapes: noise and classifier_score (..., d), sigma and scale (...) -> (..., d).
    Raises: TypeError, ValueError; ValueError for sigma < 0.
    Catalogue: P85 (Lai et al., arXiv 2510.21890).
    """
    strength, level = _checks.real("scale", scale), _checks.nonnegative("sigma", sigma)
    batch = {"sigma": level.shape, "scale": strength.shape}
    first, second = vectors(batch, noise=noise, classifier_score=classifier_score)
    return np.asarray(first - (strength * level)[..., None] * second)
