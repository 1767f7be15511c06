"""The arbiter's reverse processes and likelihoods: moment equations, the semigroup, and the printed wrong family."""

from __future__ import annotations

import pytest
from flint import arb, arb_mat

from properties.arbiter import likelihood, paths, reverse
from properties.arbiter.measured import precisely

NAME = "VPLinear"


def path() -> list[arb]:
    return [arb("0.1"), arb(20), arb(1)]


def covariance() -> list[list[arb]]:
    return [[arb(2), arb("0.5")], [arb("0.5"), arb(1)]]


def variance_rate(noise_level: arb, drift_level: arb) -> tuple[arb, arb]:
    """(2 A V - l^2 g^2, dV/dt) on the line with S = 1.69, A of the family member ``drift_level``."""
    t, data = arb("0.4"), [[arb(0)], [[arb("1.69")]]]
    alpha, sigma, slope, rise, *_, diffusion = paths.methods(NAME, path(), t)
    matrix = reverse.reverse_drift(NAME, path(), "gaussian", data, [arb(1)], t, drift_level)[0]
    variance = alpha**2 * arb("1.69") + sigma**2
    rate = 2 * alpha * slope * arb("1.69") + 2 * sigma * rise
    return 2 * matrix * variance - noise_level**2 * diffusion, rate


@pytest.mark.parametrize("level", ["0", "0.5", "1", "2"])
@precisely
def test_every_noise_level_keeps_the_variance(level: str) -> None:
    moved, rate = variance_rate(arb(level), arb(level))

    assert (moved - rate).contains(0)


@precisely
def test_the_family_printed_with_one_plus_l_over_two_does_not() -> None:
    half = arb("0.5")
    moved, rate = variance_rate(half, half.sqrt())

    assert abs(moved - rate) > arb("0.1")


@precisely
def test_the_flow_is_a_semigroup_whose_square_is_the_ratio() -> None:
    times = [arb("0.9"), arb("0.5"), arb("0.1")]
    first, second, whole = (
        arb_mat(reverse.flow_matrix(NAME, path(), covariance(), start, end))
        for start, end in ((times[0], times[1]), (times[1], times[2]), (times[0], times[2]))
    )
    determinant = likelihood.flow_log_determinant(NAME, path(), covariance(), times[0], times[2])

    assert all(entry.contains(0) for entry in (second * first - whole).entries())
    assert (whole.det().log() - determinant).contains(0)


@precisely
def test_quantile_tails_of_a_gaussian_meet_on_its_flow() -> None:
    data = [[arb("0.5")], [[arb("1.69")]]]
    place = [arb("-2.5")]
    image = reverse.flow_map(NAME, path(), *data, place, arb("0.3"), arb("0.8"))[0]
    before, after = likelihood.quantile_tails(NAME, path(), "gaussian", data, place, arb("0.3"), arb("0.8"), image)

    assert (before - after).contains(0)
    assert before < arb("0.5")
