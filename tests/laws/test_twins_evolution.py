"""The arbiter's densities in motion: rates by differences at high precision, integrals by trapezoids, known numbers."""

from __future__ import annotations

from typing import Any

import pytest
from flint import arb

from properties.arbiter import distributions, divergences, evolution, line_scores, paths
from properties.arbiter.measured import precisely

STEP_BITS = 80
PATHS: dict[str, tuple[str, ...]] = {"VPLinear": ("0.1", "20", "1"), "SubVP": ("0.1", "20", "1"), "FlowMatching": ()}


def mixture() -> list[Any]:
    """A mixture in the plane, at the precision of the moment."""
    means = [[arb("-1.5"), arb(1)], [arb(1), arb("0.25")]]
    covariances = [[[arb("0.5"), arb("0.2")], [arb("0.2"), arb("0.3")]], [[arb(1), arb(0)], [arb(0), arb("0.1")]]]
    return [[arb("0.35"), arb("0.65")], means, covariances]


def line() -> list[Any]:
    return [[arb("0.35"), arb("0.65")], [[arb("-1.5")], [arb(1)]], [arb("0.16"), arb("0.49")]]


def parameters_of(name: str) -> list[arb]:
    return [arb(value) for value in PATHS[name]]


def log_prob_and_score(name: str, x: list[arb], t: arb) -> list[arb]:
    alpha, sigma = paths.levels(name, parameters_of(name), t)
    log_prob, score, _ = distributions.density("mixture", mixture(), x, alpha, sigma)
    return [log_prob, *score]


def trace_of_hessian(name: str, x: list[arb], t: arb) -> arb:
    alpha, sigma = paths.levels(name, parameters_of(name), t)
    hessian = distributions.density("mixture", mixture(), x, alpha, sigma)[2]
    return hessian[0] + hessian[3]


@pytest.mark.parametrize("name", PATHS)
@precisely
def test_rates_are_differences_in_time(name: str) -> None:
    step, t, x = arb(2) ** -STEP_BITS, arb("0.3"), [arb("0.3"), arb("-0.7")]
    log_rate, score_rate, *_ = evolution.rates(name, parameters_of(name), "mixture", mixture(), x, t)
    above, below = (log_prob_and_score(name, x, t + sign * step) for sign in (1, -1))
    slopes = [(high - low) / (2 * step) for high, low in zip(above, below, strict=True)]

    for found, slope in zip([log_rate, *score_rate], slopes, strict=True):
        assert abs(found - slope) < arb(2) ** -100


@pytest.mark.parametrize("name", PATHS)
@precisely
def test_laplacian_is_the_trace_of_the_hessian_and_its_gradient_its_difference(name: str) -> None:
    step, t, x = arb(2) ** -STEP_BITS, arb("0.3"), [arb("0.3"), arb("-0.7")]
    _, _, laplacian, gradient, _ = evolution.rates(name, parameters_of(name), "mixture", mixture(), x, t)

    assert (laplacian - trace_of_hessian(name, x, t)).contains(0)
    for axis in range(2):
        above, below = (
            trace_of_hessian(name, [x[i] + sign * step * int(i == axis) for i in range(2)], t) for sign in (1, -1)
        )
        assert abs(gradient[axis] - (above - below) / (2 * step)) < arb(2) ** -100


@precisely
def test_fisher_information_and_entropy_rate_of_a_gaussian() -> None:
    name, t = "VPLinear", arb("0.3")
    mean, covariance = mixture()[1][0], mixture()[2][0]
    step = arb(2) ** -STEP_BITS

    def entropy(time: arb) -> arb:
        return distributions.gaussian_entropy(
            *evolution.gaussian_level(name, parameters_of(name), mean, covariance, time)
        )

    information = evolution.fisher_information(name, parameters_of(name), mean, covariance, t)
    _, spread = evolution.gaussian_level(name, parameters_of(name), mean, covariance, t)
    trace = (spread[0][0] + spread[1][1]) / (spread[0][0] * spread[1][1] - spread[0][1] ** 2)
    rate = evolution.entropy_rate(name, parameters_of(name), mean, covariance, t)

    assert (information - trace).contains(0)
    assert abs(rate - (entropy(t + step) - entropy(t - step)) / (2 * step)) < arb(2) ** -100


@precisely
def test_kl_rate_is_the_difference_and_the_fisher_divergence() -> None:
    name, t, step = "FlowMatching", arb("0.3"), arb(2) ** -STEP_BITS
    (first, second), (narrow, wide) = mixture()[1], mixture()[2]
    rate = evolution.kl_rate(name, [], first, narrow, second, wide, t)
    kls = [evolution.kl_at(name, [], first, narrow, second, wide, t + sign * step) for sign in (1, -1)]
    levels = [evolution.gaussian_level(name, [], *law, t) for law in ((first, narrow), (second, wide))]
    fisher = divergences.fisher_by_cubature(*levels[0], *levels[1])

    assert abs(rate - (kls[0] - kls[1]) / (2 * step)) < arb(2) ** -100
    assert abs(rate + t / (1 - t) * fisher) < arb(2) ** -200


@precisely
def test_girsanov_integrates_its_rate() -> None:
    name, matrix, offset = "VPLinear", [[arb("0.3"), arb("0.2")], [arb("-0.1"), arb("0.4")]], [arb(1), arb("-0.5")]
    clean, noisy = arb("0.2"), arb("0.7")
    arguments = (name, parameters_of(name), "mixture", mixture(), matrix, offset)
    whole = evolution.girsanov_divergence(*arguments, clean, noisy)
    # Simpson's rule, extrapolated once.
    sums = []
    for count in (32, 64):
        step = (noisy - clean) / count
        rates = [evolution.path_divergence_rate(*arguments, clean + step * k) for k in range(count + 1)]
        sums.append(step / 3 * (rates[0] + rates[-1] + 4 * sum(rates[1::2], arb(0)) + 2 * sum(rates[2:-1:2], arb(0))))

    assert abs((16 * sums[1] - sums[0]) / 15 - whole) < 1e-9 * whole


@precisely
def test_path_divergence_of_no_matrix_is_that_of_the_offset() -> None:
    nothing = [[arb(0), arb(0)], [arb(0), arb(0)]]
    rate = evolution.path_divergence_rate(
        "FlowMatching", [], "mixture", mixture(), nothing, [arb(3), arb(4)], arb("0.5")
    )

    assert (rate - 25).contains(0)


@precisely
def test_geometric_brownian_motion_has_the_catalogues_numbers() -> None:
    x, volatility = arb("1.3"), arb("0.4")
    density, slope, bend, change = evolution.lognormal(arb(1), arb(0), volatility, arb("0.9"), x)
    rate = evolution.ito_density_rate(
        density,
        [slope],
        bend,
        [arb(0)],
        arb(0),
        (volatility * x) ** 2,
        [2 * volatility**2 * x],
        2 * volatility**2,
    )

    assert (rate - change).contains(0)
    assert abs(rate - arb("-0.17004")) < 5e-6


@precisely
def test_score_fokker_planck_is_the_gradient_of_fokker_planck() -> None:
    step = arb(2) ** -STEP_BITS
    x, drift, diffusion = [arb("0.3"), arb("-0.7")], arb("-0.4"), arb("1.7")

    def at(place: list[arb]) -> tuple[Any, ...]:
        alpha, sigma = arb("0.8"), arb("0.6")
        seen = distributions.level("mixture", mixture(), place, alpha, sigma)
        return (
            distributions.score_at(seen),
            distributions.hessian_at(seen),
            *evolution.laplacian_and_gradient(seen, alpha, sigma),
        )

    score, hessian, _, gradient = at(x)
    found = evolution.score_fokker_planck_rate(score, [hessian[:2], hessian[2:]], gradient, x, drift, diffusion)
    for axis in range(2):
        rates = []
        for sign in (1, -1):
            place = [x[i] + sign * step * int(i == axis) for i in range(2)]
            moved, _, laplacian, _ = at(place)
            rates.append(evolution.fokker_planck_rate(moved, laplacian, place, drift, diffusion))
        assert abs(found[axis] - (rates[0] - rates[1]) / (2 * step)) < arb(2) ** -100


@precisely
def test_squared_gaps_on_the_line() -> None:
    zero, alpha, sigma = arb(0), arb("0.8"), arb("0.6")
    gaussian = [[arb("0.7")], [[arb("1.44")]]]
    variance = arb("0.64") * arb("1.44") + arb("0.36")
    information = line_scores.squared_gap("gaussian", gaussian, alpha, sigma, zero, zero)
    exact_model = line_scores.squared_gap(
        "gaussian", gaussian, alpha, sigma, -1 / variance, alpha * arb("0.7") / variance
    )
    mixed = line_scores.squared_gap("isotropic", line(), alpha, sigma, zero, zero)
    shifted = line_scores.squared_gap("isotropic", line(), alpha, sigma, zero, arb(2))

    assert abs(information - 1 / variance) < 1e-11
    assert abs(exact_model) < 1e-11
    # E s = 0, so an offset adds its square.
    assert abs(shifted - mixed - 4) < 1e-10
