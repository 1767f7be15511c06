"""Guided predictions: a classifier's gradient added to one, or two of them extrapolated."""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu.guidance._arguments import numbers, vectors_and_numbers

__all__ = [
    "classifier_score",
    "guided",
    "guided_ho_salimans",
    "guided_mean_from_classifier",
    "guided_noise_from_classifier",
    "guided_score_from_classifier",
    "ho_salimans_from_weight",
    "mean_flow_guided_velocity",
    "weight_from_ho_salimans",
    "weight_from_mean_flow",
]

Number = Tensor | float

# -------------------------------------------------------------------------------------- with a classifier


def classifier_score(unconditional_score: Tensor, conditional_score: Tensor) -> Tensor:
    """Gradient of log p(condition | x_t): conditional less unconditional score, (..., d).

    Raises ValueError for shapes that do not fit and non-finite values, TypeError for mixed dtypes.
    Catalogue: P85 (Lai et al., arXiv 2510.21890).
    """
    first, second = vectors_and_numbers(
        {"unconditional_score": unconditional_score, "conditional_score": conditional_score}
    )
    return second - first


def guided_score_from_classifier(score: Tensor, classifier_score: Tensor, *, scale: Number) -> Tensor:
    """Score + scale times the classifier's gradient, (..., d); scale 1 conditions.

    Raises as `classifier_score`.
    Catalogue: P85 (Lai et al., arXiv 2510.21890).
    """
    base, gradient, factor = vectors_and_numbers({"score": score, "classifier_score": classifier_score}, scale=scale)
    return base + factor * gradient


def guided_mean_from_classifier(mean: Tensor, variance: Number, classifier_score: Tensor, *, scale: Number) -> Tensor:
    """Mean of a reverse step moved by scale variance times the classifier's gradient, (..., d).

    variance: the diagonal (..., d) of the step's covariance, or one number for all coordinates. Linear in the gradient,
    hence the conditional step's mean to first order only.

    Raises as `classifier_score`, and ValueError for a negative variance.
    Catalogue: P85 (Lai et al., arXiv 2510.21890).
    """
    centre, spread = _checks.tensors(mean=mean, variance=variance)
    _checks.event("mean", centre)
    vectors = {"mean": mean, "classifier_score": classifier_score}
    vectors["variance"] = spread if spread.dim() > 0 else spread.expand(centre.shape[-1:])
    centre, gradient, diagonal, factor = vectors_and_numbers(vectors, scale=scale)
    _checks.nonnegative(variance=diagonal)
    return centre + factor * (diagonal * gradient)


def guided_noise_from_classifier(noise: Tensor, classifier_score: Tensor, *, sigma: Number, scale: Number) -> Tensor:
    """Noise prediction - scale sigma times the classifier's gradient, (..., d).

    Raises as `classifier_score`, and ValueError for a negative sigma.
    Catalogue: P85 (Lai et al., arXiv 2510.21890).
    """
    vectors = {"noise": noise, "classifier_score": classifier_score}
    base, gradient, level, factor = vectors_and_numbers(vectors, sigma=sigma, scale=scale)
    _checks.nonnegative(sigma=level)
    return base - factor * (level * gradient)


# ------------------------------------------------------------------------------------ without a classifier


def guided(unconditional: Tensor, conditional: Tensor, *, weight: Number) -> Tensor:
    """(1 - w) unconditional + w conditional, (..., d), of any prediction; w = 1 is the conditional one.

    Raises as `classifier_score`.
    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    vectors = {"unconditional": unconditional, "conditional": conditional}
    first, second, share = vectors_and_numbers(vectors, weight=weight)
    return (1 - share) * first + share * second


def guided_ho_salimans(unconditional: Tensor, conditional: Tensor, *, strength: Number) -> Tensor:
    """(1 + strength) conditional - strength unconditional, (..., d); strength 0 is the conditional prediction.

    Raises as `classifier_score`.
    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    vectors = {"unconditional": unconditional, "conditional": conditional}
    first, second, excess = vectors_and_numbers(vectors, strength=strength)
    return (1 + excess) * second - excess * first


def weight_from_ho_salimans(strength: Number) -> Tensor:
    """The weight w = 1 + strength, (...).

    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    return 1 + numbers(strength=strength)[0]


def ho_salimans_from_weight(weight: Number) -> Tensor:
    """The strength w - 1, (...).

    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    return numbers(weight=weight)[0] - 1


def weight_from_mean_flow(*, omega: Number, kappa: Number) -> Tensor:
    """The weight w = omega/(1 - kappa) of MeanFlow's guided field, (...); kappa below 1.

    Raises ValueError for kappa of 1 or more.
    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    first, second = numbers(omega=omega, kappa=kappa)
    _checks.smaller(kappa=second, one=second.new_ones(()))
    return first / (1 - second)


def mean_flow_guided_velocity(
    velocity: Tensor, unconditional: Tensor, conditional: Tensor, *, omega: Number, kappa: Number
) -> Tensor:
    """MeanFlow's omega velocity + (1 - omega - kappa) unconditional + kappa conditional, (..., d).

    velocity: that of the condition, or its sample eps - x_0; conditional: the guided network's own answer.

    Raises as `classifier_score`.
    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    vectors = {"velocity": velocity, "unconditional": unconditional, "conditional": conditional}
    target, without, own, first, second = vectors_and_numbers(vectors, omega=omega, kappa=kappa)
    return first * target + (1 - first - second) * without + second * own
