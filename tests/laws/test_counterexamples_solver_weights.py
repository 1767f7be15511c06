"""What solvers' weights are not, though they are said to be: every false version has numbers that refute it."""

from __future__ import annotations

import numpy as np
import pytest

import reference
from reference import solvers

PATH = reference.VPLinear()
START, END = 0.8, 0.5
TIMES = np.array([0.8, 0.7, 0.5])


def noise(family: str, strength: float) -> float:
    return float(solvers.noise_standard_deviation(PATH, t_start=START, t_end=END, family=family, strength=strength))


def test_one_eta_is_not_the_other() -> None:
    assert noise("ddim", 0.5) == pytest.approx(0.4754, abs=5e-5)
    assert noise("frozen_denoiser", 0.5) == pytest.approx(0.8921, abs=5e-5)
    assert noise("ddim", 1.0) == pytest.approx(noise("frozen_denoiser", 1.0), rel=1e-14)


def test_a_frozen_noise_of_level_1_is_not_the_ancestral_step() -> None:
    frozen = solvers.exponential_adams_weights(PATH, np.array([START, END]), output="noise", noise_level=1.0)
    ancestral = solvers.ddim_weights(PATH, np.array([START, END]), eta=1.0, output="noise")

    assert frozen.state == pytest.approx(ancestral.state)
    assert frozen.noise > 2.0 * ancestral.noise
    assert frozen.outputs[0] < 1.5 * ancestral.outputs[0] < 0.0


def test_a_frozen_noise_does_not_keep_the_marginals() -> None:
    frozen = solvers.exponential_adams_weights(PATH, np.array([START, END]), output="noise", noise_level=1.0)
    kept = (frozen.state * PATH.sigma(START) + frozen.outputs[0]) ** 2 + frozen.noise**2

    assert kept > 1.5 * PATH.sigma(END) ** 2


def test_ddim_is_not_euler_in_the_time_of_vp() -> None:
    step = END - START
    ratio = PATH.sigma(START) / PATH.alpha(START)
    slope = -PATH.alpha(END) * ratio * PATH.half_log_snr_derivative(START) * step
    transfer = solvers.ddim_weights(PATH, np.array([START, END]), output="noise").outputs[0]

    assert abs(slope / transfer) > 1.5


def test_the_midpoint_rule_is_not_the_exact_second_order() -> None:
    midpoint = solvers.midpoint_multistep_weights(PATH, TIMES).outputs
    exact = solvers.exponential_adams_weights(PATH, TIMES).outputs

    assert midpoint.sum() == pytest.approx(exact.sum(), rel=1e-14)
    assert abs(midpoint[0] / exact[0] - 1.0) > 0.05


def test_the_two_variants_of_unip_2_are_two() -> None:
    first, second = (solvers.unipc_weights(PATH, TIMES, variant=variant).outputs for variant in ("bh1", "bh2"))

    assert abs(first[0] / second[0] - 1.0) > 0.2


def test_the_variable_of_the_polynomial_counts() -> None:
    first, second = (
        solvers.deis_weights(PATH, TIMES, variable=variable).outputs for variable in ("time", "noise_to_signal")
    )

    assert first.sum() == pytest.approx(second.sum(), rel=1e-13)
    assert abs(first[0] / second[0] - 1.0) > 0.2


def test_pndm_is_not_exact_in_time_even_on_equal_steps() -> None:
    times = np.array([0.8, 0.65, 0.5])
    transferred, exact = solvers.pndm_weights(PATH, times).outputs, solvers.deis_weights(PATH, times).outputs

    assert transferred.sum() == pytest.approx(exact.sum(), rel=1e-13)
    assert abs(transferred[0] / exact[0] - 1.0) > 0.2


def test_the_ancestral_split_stops_at_all_of_the_noise() -> None:
    down, up = solvers.ancestral_sigmas(sigma_start=2.0, sigma_end=0.5, eta=3.0)

    assert (float(down), float(up)) == (0.0, 0.5)


def test_a_node_at_pure_noise_has_no_weight() -> None:
    path, times = reference.FlowMatching(), np.array([1.0, 0.8, 0.6, 0.5])

    for found in (
        solvers.exponential_adams_weights(path, times),
        solvers.unipc_weights(path, times),
        solvers.exponential_adams_weights(path, times, noise_level=1.0),
    ):
        assert found.outputs[0] == 0.0
    second = solvers.exponential_adams_weights(path, times[1:])
    assert solvers.exponential_adams_weights(path, times).outputs[1:] == pytest.approx(second.outputs, rel=1e-14)
