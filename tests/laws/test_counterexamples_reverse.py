"""Tempting false statements about samplers on Gaussian data, each with the numbers that refute it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from reference import EDM, Brownian, Gaussian, VPLinear
from reference.reverse import (
    edm_stochastic_covariance,
    sampled_law,
    step_variance_bias,
    temperature_covariance,
)


def line(variance: float) -> Gaussian:
    return Gaussian(np.zeros(1), np.array([[variance]]))


def final_variance(level: float, weight: float, *, variance: float, t_start: float, count: int) -> float:
    """Variance of dz = weight s dt + level dB, run down on Brownian motion from the exact law, in ``count`` steps."""
    times = np.linspace(t_start, 0.0, count + 1)
    spread = variance + t_start
    for noisy, clean in pairwise(times):
        step = noisy - clean
        spread = (1.0 - weight * step / (variance + noisy)) ** 2 * spread + level**2 * step
    return float(spread)


def test_the_slides_reverse_family_does_not_end_at_the_data() -> None:
    """Drift (1 + l)/2 beside noise l leaves l v + (1 - l)(v + T)(v/(v + T))^(1 + l): .922 instead of 1.690 (M36)."""
    printed = final_variance(0.5, 0.75, variance=1.69, t_start=200.0, count=200_000)
    derived = final_variance(0.5, 0.625, variance=1.69, t_start=200.0, count=200_000)

    assert printed == pytest.approx(0.922, abs=1e-3)
    assert derived == pytest.approx(1.690, abs=2e-3)


FIRST_ORDER = [("ancestral", 1.0), ("ddim", 0.0), ("ddim", 0.5), ("frozen_denoiser", 1.0)]
FIRST_ORDER += [("euler_maruyama", level) for level in (0.0, 1.0, 2.0)]


@pytest.mark.parametrize(("rule", "level"), FIRST_ORDER)
def test_first_order_rules_are_of_weak_order_one_and_no_higher(rule: str, level: float) -> None:
    """Their covariance errors halve with the step (P59)."""
    data, path = Gaussian(np.zeros(2), np.array([[1.0, 0.3], [0.3, 0.5]])), VPLinear()
    exact = data.diffuse(path.alpha(0.1), path.sigma(0.1)).covariance
    errors = []
    for count in (160, 320):
        delivered = sampled_law(data, path, np.linspace(0.6, 0.1, count + 1), rule=rule, noise_level=level)
        errors.append(float(np.linalg.norm(delivered.covariance - exact)))

    assert np.log2(errors[0] / errors[1]) == pytest.approx(1.0, abs=0.05)


def test_heun_in_sigma_is_of_order_two_without_churn_and_a_scaled_noise_leaves_a_bias_that_steps_do_not_cure() -> None:
    data = line(0.8)

    def error(count: int, churn: float, noise_scale: float) -> float:
        sigmas = np.geomspace(5.0, 0.05, count + 1)
        start = np.array([[0.8 + 25.0]])
        spread = edm_stochastic_covariance(data, start, sigmas, churn=churn, noise_scale=noise_scale)
        return float(spread[0, 0] - (0.8 + 0.05**2))

    assert np.log2(error(80, 0.0, 1.0) / error(160, 0.0, 1.0)) == pytest.approx(2.0, abs=0.05)
    biases = [error(n, 10.0, 1.05) for n in (200, 400, 800)]
    assert biases[2] == pytest.approx(biases[1], rel=0.02)
    assert abs(biases[2]) > 100.0 * abs(error(800, 10.0, 1.0))


def test_a_last_step_to_zero_returns_the_denoiser_whose_variance_is_never_that_of_the_data() -> None:
    """S^2/(S + sigma_min^2), at any number of steps (P61)."""
    data, path, smallest = line(0.8), EDM(), 0.5
    law = sampled_law(data, path, np.array([smallest, 0.0]), rule="ddim", noise_level=0.0)

    assert float(law.covariance[0, 0]) == pytest.approx(0.8**2 / (0.8 + smallest**2), rel=1e-14)


def test_the_truth_lies_between_the_forward_and_the_bridge_variance() -> None:
    data, path = line(1.0), Brownian()
    forward, bridge = (
        float(step_variance_bias(data, path, clean=0.5, noisy=1.0, variance=variance)[0, 0])
        for variance in ("forward", "bridge")
    )

    assert forward == pytest.approx(0.5**2 / 2.0, rel=1e-14)
    assert bridge == pytest.approx(-(0.5**2) * 0.5, rel=1e-14)


def test_a_temperature_does_not_scale_the_covariance_at_a_finite_time() -> None:
    """l/beta is the limit T -> infinity only (M38)."""
    data = line(1.0)
    near, far = (
        float(temperature_covariance(data, t_start=t, t_end=0.0, inverse_temperature=2.0)[0, 0]) for t in (1.0, 1e6)
    )

    assert near == pytest.approx(0.75, rel=1e-14)
    assert far == pytest.approx(0.5, rel=1e-5)
