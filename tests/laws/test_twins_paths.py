"""The arbiter's paths and tables, by hand-made numbers and by routes that it does not use."""

from __future__ import annotations

import pytest
from flint import arb

from properties.arbiter import paths, tables
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import truth

PATHS = [
    ("VPLinear", [0.1, 20.0, 1.0]),
    ("VPLinear", [2.0, 2.0, 1.0]),
    ("SubVP", [0.1, 20.0, 1.0]),
    ("VE", [0.01, 50.0, False]),
    ("EDM", []),
    ("FlowMatching", []),
    ("Trigonometric", []),
    ("Brownian", []),
]


@pytest.mark.parametrize(("name", "parameters"), PATHS)
def test_printed_diffusion_is_the_derived_one(name: str, parameters: list[float]) -> None:
    derived = truth(paths.methods, name, parameters, 0.3).values[-1]
    printed = truth(paths.closed_diffusion_squared, name, parameters, 0.3).values[0]
    assert (derived - printed).contains(0)


@pytest.mark.parametrize(("name", "parameters"), PATHS)
@precisely
def test_series_derivatives_are_difference_quotients(name: str, parameters: list[float]) -> None:
    t, step = arb("0.3"), arb(2) ** -90
    lifted = [value if isinstance(value, bool) else arb(value) for value in parameters]
    _, _, alpha_rate, sigma_rate, *_ = paths.methods(name, lifted, t)
    above, below = (paths.levels(name, lifted, t + sign * step) for sign in (1, -1))
    for rate, high, low in zip((alpha_rate, sigma_rate), above, below, strict=True):
        assert abs(rate - (high - low) / (2 * step)) < 1e-45


def test_flow_matching_by_hand() -> None:
    alpha, sigma, alpha_rate, sigma_rate, _, slope, drift, squared = truth(
        paths.methods, "FlowMatching", [], 0.25
    ).values
    wanted = (0.75, 0.25, -1.0, 1.0, -16 / 3, -4 / 3, 2 / 3)
    found = (alpha, sigma, alpha_rate, sigma_rate, slope, drift, squared)
    assert [float(value) for value in found] == pytest.approx(wanted, rel=1e-15)


def test_betas_may_be_equal_in_the_inverse() -> None:
    level = float(truth(paths.half_log_snr, "VPLinear", [2.0, 2.0, 1.0], 0.5).values[0])
    time = truth(paths.time_at_half_log_snr, "VPLinear", [2.0, 2.0, 1.0], level).values[0]
    assert float(time) == pytest.approx(0.5, rel=1e-15)


def test_condition_sum_of_a_difference_counts_both_times() -> None:
    exactly = truth(paths.half_log_snr_difference, "EDM", [], 1.0, 1.0 + 2.0**-40)
    assert exactly.kappas[0] == pytest.approx(2.0, rel=1e-9)


@precisely
def test_last_product_of_the_classic_table() -> None:
    betas = tables.linear_betas(1000, arb(1e-4), arb(0.02))
    assert float(tables.cumulative_products(betas)[-1]) == pytest.approx(4.036e-5, rel=2e-4)


@precisely
def test_rescaled_table_ends_at_no_signal_and_keeps_its_start() -> None:
    betas = tables.cosine_betas(10, arb(0.008), arb(0.999))
    alphas = tables.discrete_alpha(betas)
    rescaled = tables.rescale_zero_terminal_snr(betas)
    assert rescaled[-1] == 1
    assert (tables.discrete_alpha(rescaled[:1])[0] - alphas[0]).contains(0)
