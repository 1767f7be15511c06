"""The arbiter's transitions: conditioning a joint law gives the printed formulas."""

from __future__ import annotations

from flint import arb

from properties.arbiter import transitions
from properties.arbiter.measured import precisely


@precisely
def test_brownian_bridge_is_the_printed_one() -> None:
    clean, noisy = arb("0.3"), arb("1.7")
    conditioned = transitions.scalars("Brownian", [], clean, noisy)
    printed = transitions.brownian(clean, noisy)
    assert all((a - b).contains(0) for a, b in zip(conditioned, printed, strict=True))


@precisely
def test_reverse_step_of_a_unit_gaussian_on_a_variance_preserving_path() -> None:
    # x stays standard normal: the pair is correlated by the ratio of the alphas, k.
    path = [arb("0.1"), arb(20), arb(1)]
    clean, noisy, x = arb("0.2"), arb("0.6"), arb("1.5")
    factor = transitions.scalars("VPLinear", path, clean, noisy)[0]
    mean, covariance = transitions.reverse_step("VPLinear", path, "gaussian", [[arb(0)], [[arb(1)]]], [x], clean, noisy)
    assert (mean[0] - factor * x).contains(0)
    assert (covariance[0] - (1 - factor * factor)).contains(0)
