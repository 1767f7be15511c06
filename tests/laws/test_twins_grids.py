"""The arbiter's grids, by hand."""

from __future__ import annotations

from flint import arb

from properties.arbiter import grids
from properties.arbiter.measured import precisely


@precisely
def test_karras_of_unit_rho_is_linear() -> None:
    values = grids.karras_sigmas(3, arb(1), arb(5), arb(1))
    assert all((value - wanted).contains(0) for value, wanted in zip(values, (5, 3, 1), strict=True))


@precisely
def test_geometric_middle_is_the_geometric_mean() -> None:
    middle = grids.geometric_sigmas(3, arb(1), arb(16))[1]
    assert (middle - 4).contains(0)


@precisely
def test_edm_times_of_even_half_log_snr_are_geometric() -> None:
    times = grids.uniform_half_log_snr_times("EDM", [], 3, arb(16), arb(1))
    assert (times[1] - 4).contains(0)


def test_timesteps_of_ten_out_of_a_thousand() -> None:
    assert grids.leading_timesteps(10, 1000, 1) == [901, 801, 701, 601, 501, 401, 301, 201, 101, 1]
    assert grids.trailing_timesteps(10, 1000) == [999, 899, 799, 699, 599, 499, 399, 299, 199, 99]
    assert grids.linspace_timesteps(10, 1000) == [999, 888, 777, 666, 555, 444, 333, 222, 111, 0]
    assert grids.linspace_timesteps(1, 1000) == [999]
