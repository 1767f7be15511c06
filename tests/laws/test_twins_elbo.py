"""The arbiter's ELBO: the sum of the terms is the exact identity, the terms are expectations of divergences."""

from __future__ import annotations

from typing import Any

import pytest
from flint import arb

from properties.arbiter import elbo
from properties.arbiter.linear_algebra import identity, scale
from properties.arbiter.measured import precisely


def setting() -> tuple[Any, ...]:
    """A path, increasing times, a mean and a covariance."""
    path = ["VPLinear", [arb("0.1"), arb(20), arb(1)]]
    times = [arb("0.05"), arb("0.2"), arb("0.7"), arb(1)]
    return path, times, [arb(1), arb(-2)], [[arb(2), arb("0.5")], [arb("0.5"), arb("0.25")]]


@pytest.mark.parametrize("variance", ["optimal", "bridge"])
@precisely
def test_sum_of_terms_is_entropy_and_prior_mismatch(variance: str) -> None:
    arguments = (*setting(), variance)
    assert abs(elbo.negative_elbo(*arguments) - elbo.negative_elbo_in_one(*arguments)) < 1e-60


@precisely
def test_terms_are_expected_divergences() -> None:
    path, times, mean, covariance = setting()
    clean, noisy, variance = times[1], times[2], arb("0.3")
    step = elbo.expected_step(path, clean, noisy, mean, covariance, scale(variance, identity(2)))
    assert abs(step - elbo.fixed_variance_term(path, clean, noisy, covariance, variance)) < 1e-60
    optimal = elbo.optimal_step_covariance(path, clean, noisy, covariance)
    best = elbo.expected_step(path, clean, noisy, mean, covariance, optimal)
    assert abs(best - elbo.optimal_term(path, clean, noisy, covariance)) < 1e-60


@precisely
def test_prior_term_is_the_expected_divergence() -> None:
    path, times, mean, covariance = setting()
    direct = elbo.prior_term(path, times[-1], mean, covariance)
    assert abs(direct - elbo.expected_prior(path, times[-1], mean, covariance)) < 1e-60
