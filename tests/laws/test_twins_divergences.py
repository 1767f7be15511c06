"""The arbiter's divergences: closed forms against expectations, and hand-made cases."""

from __future__ import annotations

from typing import Any

from flint import arb

from properties.arbiter import divergences
from properties.arbiter.measured import precisely


def pair() -> tuple[Any, ...]:
    """Two Gaussians in two dimensions whose covariances do not commute."""
    first = [[arb(2), arb("0.5")], [arb("0.5"), arb(1)]]
    second = [[arb(1), arb("-0.3")], [arb("-0.3"), arb(3)]]
    return [arb(1), arb(0)], first, [arb(0), arb("-0.5")], second


@precisely
def test_closed_forms_are_the_expectations() -> None:
    for closed, route in (
        (divergences.kl_divergence, divergences.kl_by_cubature),
        (divergences.fisher_divergence, divergences.fisher_by_cubature),
        (divergences.wasserstein2_squared, divergences.wasserstein2_by_map),
    ):
        assert abs(closed(*pair()) - route(*pair())) < 1e-60


@precisely
def test_line_integrals_are_the_closed_forms() -> None:
    numbers = (arb(1), arb(2), arb("-0.5"), arb("0.3"))
    matrices = ([numbers[0]], [[numbers[1]]], [numbers[2]], [[numbers[3]]])
    names = (divergences.kl_divergence, divergences.fisher_divergence, divergences.wasserstein2_squared)
    for value, closed in zip(divergences.line_integrals(*numbers), names, strict=True):
        assert abs(value - closed(*matrices)) < 1e-60


@precisely
def test_wasserstein_of_diagonals_is_by_hand() -> None:
    zero = [arb(0), arb(0)]
    first, second = ([[arb(a), arb(0)], [arb(0), arb(b)]] for a, b in ((4, 1), (9, 16)))
    assert (divergences.wasserstein2_squared(zero, first, zero, second) - 10).contains(0)
