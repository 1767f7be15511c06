"""`certify.assert_matches` accepts what is right, refuses what is subtly wrong, and says what it saw."""

from __future__ import annotations

import numpy as np
import pytest

from certify.formulas import FORMULAS
from certify.matches import assert_matches


def bridge_variance(alpha_clean: float, sigma_clean: float, alpha_noisy: float, sigma_noisy: float) -> float:
    ratio = alpha_noisy / alpha_clean
    return (sigma_noisy**2 - ratio**2 * sigma_clean**2) * sigma_clean**2 / sigma_noisy**2


def mixture_score(x, alpha, sigma, weights, means, covariances):
    variances = alpha**2 * covariances + sigma**2 * np.eye(len(x))
    scores = np.stack([-np.linalg.solve(v, x - alpha * m) for v, m in zip(variances, means, strict=True)])
    logits = np.log(weights) - 0.5 * np.linalg.slogdet(variances)[1]
    logits = logits + 0.5 * np.einsum("kd,kd->k", scores, x - alpha * means)
    mass = np.exp(logits - logits.max())
    return mass @ scores / mass.sum()


def test_a_right_function_passes_by_name_and_by_position() -> None:
    assert_matches(bridge_variance, "transitions.bridge_variance")
    assert_matches(lambda a, s, b, r: bridge_variance(a, s, b, r) + 0.0, "transitions.bridge_variance")
    assert_matches(mixture_score, "fields.score")
    assert_matches(lambda noise, x, alpha, sigma: -noise / sigma, "fields.score_from_noise")


@pytest.mark.parametrize(
    ("wrong", "formula"),
    [
        (lambda a, s, b, r: r**2 - (b / a) ** 2 * s**2, "transitions.bridge_variance"),
        (lambda a, s, b, r: np.sqrt(bridge_variance(a, s, b, r)), "transitions.bridge_variance"),
        (lambda a, s, b, r: bridge_variance(a, s, b, r) * (1.0 + 1e-12), "transitions.bridge_variance"),
        (lambda noise, x, alpha, sigma: -noise / sigma**2, "fields.score_from_noise"),
        (lambda x, a, s, w, m, c: mixture_score(x, s, a, w, m, c), "fields.score"),
        (lambda mean_p, covariance_p, mean_q, covariance_q: 0.0, "divergences.kl_divergence"),
    ],
)
def test_a_wrong_function_is_refused_with_the_worst_case(wrong, formula: str) -> None:
    with pytest.raises(AssertionError, match="expected at most"):
        assert_matches(wrong, formula)


def test_single_precision_is_named() -> None:
    with pytest.raises(AssertionError, match="float64"):
        assert_matches(lambda *levels: np.float32(bridge_variance(*levels)), "transitions.bridge_variance")


def test_an_unknown_formula_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"transitions\.bridge_variance"):
        assert_matches(bridge_variance, "transitions.bridge")


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_formula_has_a_twin_that_answers(formula: str) -> None:
    """A function that returns NaN is refused for NaN, which needs drawn arguments and an exact answer."""
    with pytest.raises(AssertionError):
        assert_matches(lambda *arguments: np.nan, formula, cases=1)
