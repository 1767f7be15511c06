"""What flow maps are tempting to be taken for, and are not: each with a case that tells them apart."""

from __future__ import annotations

import numpy as np
import pytest

import reference as ref
from reference import flow_maps

DATA = ref.Gaussian(np.array([0.5, -1.0]), np.array([[2.0, 0.5], [0.5, 1.0]]))
X = np.array([0.7, -0.3])
TIMES = {"t_start": 0.75, "t_end": 0.25}


@pytest.mark.parametrize("path", [ref.Trigonometric(), ref.VPLinear()], ids=lambda path: type(path).__name__)
def test_x_less_t_v_is_no_denoiser_off_the_straight_paths(path: ref.paths.Path) -> None:
    velocity = ref.fields.velocity(DATA, path, X, 0.5)
    output = flow_maps.ctm_output_from_velocity(velocity, X, t=0.5)

    assert np.max(np.abs(output - ref.fields.denoiser(DATA, path, X, 0.5))) > 0.1


def test_the_map_to_the_end_is_not_the_denoiser() -> None:
    path = ref.FlowMatching()
    image = flow_maps.consistency_function(DATA, path, X, 0.75, t_min=0.0)

    assert np.max(np.abs(image - ref.fields.denoiser(DATA, path, X, 0.75))) > 0.1


def test_the_consistency_function_leads_to_its_end_and_not_to_the_data() -> None:
    path = ref.EDM()

    np.testing.assert_array_equal(flow_maps.consistency_function(DATA, path, X, 0.5, t_min=0.5), X)
    assert np.max(np.abs(flow_maps.consistency_function(DATA, path, X, 0.5, t_min=0.0) - X)) > 0.05


def test_training_and_distillation_pay_differently() -> None:
    times = {"clean": 0.5, "noisy": 0.75, "t_min": 0.25}
    losses = [
        float(getattr(flow_maps, f"consistency_{name}_loss")(DATA, ref.FlowMatching(), **times))
        for name in ("distillation", "training")
    ]

    assert losses[1] > 5.0 * losses[0] > 0.0


def test_meanflow_with_the_end_moving_misses() -> None:
    path = ref.FlowMatching()
    velocity = ref.fields.velocity(DATA, path, X, TIMES["t_start"])
    u = flow_maps.average_velocity(DATA, path, X, **TIMES)
    change = flow_maps.mean_flow_total_derivative(DATA, path, X, velocity, **TIMES)
    image = flow_maps.oracle_map(DATA, path, X, **TIMES)
    there = ref.fields.velocity(DATA, path, image, TIMES["t_end"])
    both = change + (u - there) / (TIMES["t_start"] - TIMES["t_end"])

    np.testing.assert_allclose(flow_maps.mean_flow_target(velocity, change, **TIMES), u, rtol=1e-12)
    assert np.max(np.abs(flow_maps.mean_flow_target(velocity, both, **TIMES) - u)) > 0.1


def test_a_conditional_velocity_in_the_target_alone_misses_on_average() -> None:
    """It must stand in the tangent too: for Gaussian data the target is affine in it, so means tell."""
    path, start, end = ref.FlowMatching(), 0.75, 0.25
    slope = flow_maps.average_velocity_matrix(DATA, path, **TIMES)
    velocity = ref.fields.velocity(DATA, path, X, start)
    u = flow_maps.average_velocity(DATA, path, X, **TIMES)
    for shift in (np.array([1.0, -0.5]), np.array([-1.0, 0.5])):
        tangent = velocity + shift
        whole = flow_maps.mean_flow_total_derivative(DATA, path, X, tangent, **TIMES)
        target = flow_maps.mean_flow_target(tangent, whole, **TIMES)

        np.testing.assert_allclose(target - u, shift - (start - end) * slope @ shift, rtol=1e-10, atol=1e-12)


def test_averages_of_uneven_legs_are_not_halved() -> None:
    path = ref.FlowMatching()
    halfway = flow_maps.oracle_map(DATA, path, X, t_start=0.75, t_end=0.35)
    first = flow_maps.average_velocity(DATA, path, X, t_start=0.75, t_end=0.35)
    second = flow_maps.average_velocity(DATA, path, halfway, t_start=0.35, t_end=0.25)
    u = flow_maps.average_velocity(DATA, path, X, **TIMES)

    np.testing.assert_allclose(
        flow_maps.combined_average_velocity(first, second, t_start=0.75, t_middle=0.35, t_end=0.25), u, rtol=1e-12
    )
    assert np.max(np.abs(flow_maps.shortcut_target(first, second) - u)) > 0.01


def test_the_progressive_target_is_no_plain_mean_and_at_the_end_the_second_output() -> None:
    first, second = np.array([1.0]), np.array([3.0])
    times = {"t_start": 0.75, "t_middle": 0.5}
    between = flow_maps.progressive_target_from_denoisers(first, second, ref.EDM(), **times, t_end=0.25)
    at_the_data = flow_maps.progressive_target_from_denoisers(first, second, ref.EDM(), **times, t_end=0.0)

    assert abs(between[0] - 2.0) > 0.1
    np.testing.assert_allclose(at_the_data, second, rtol=1e-15)


def test_the_map_of_a_mixture_in_the_plane_is_no_gradient() -> None:
    """Its Jacobian is not symmetric, so that it is not the optimal transport."""
    means = np.array([[2.0, 0.0], [-1.0, 1.5], [0.0, -2.0]])
    data = ref.GaussianMixture.diagonal(
        np.array([0.5, 0.3, 0.2]), means, np.array([[0.2, 1.0], [1.0, 0.1], [0.5, 0.5]])
    )
    jacobian = flow_maps.oracle_jacobian(data, ref.FlowMatching(), X, t_start=0.9, t_end=0.1)

    assert abs(jacobian[0, 1] - jacobian[1, 0]) > 1e-3


def test_an_integrated_map_carries_the_density_over_the_whole_path() -> None:
    means = np.array([[1.0, 0.0], [-1.0, 1.0]])
    data = ref.GaussianMixture.isotropic(np.array([0.6, 0.4]), means, np.array([0.25, 0.5]))
    path = ref.FlowMatching()
    image = flow_maps.oracle_map(data, path, X, t_start=1.0, t_end=0.05)
    jacobian = flow_maps.oracle_jacobian(data, path, X, t_start=1.0, t_end=0.05)
    start, end = (data.diffuse(path.alpha(t), path.sigma(t)).log_prob(place) for t, place in ((1.0, X), (0.05, image)))

    assert float(start) == pytest.approx(float(end) + np.log(np.linalg.det(jacobian)), abs=1e-9)


def test_the_gradient_in_a_factor_is_twice_the_covariance_s() -> None:
    generator = ref.Gaussian(np.zeros(1), np.array([[0.25]]))
    data = ref.Gaussian(np.zeros(1), np.array([[1.0]]))
    path, step = ref.FlowMatching(), 1e-6
    alpha, sigma = path.alpha(0.5), path.sigma(0.5)
    moved = [ref.Gaussian(np.zeros(1), np.array([[(0.5 + s) ** 2]])) for s in (step, -step)]
    kl = [float(ref.divergences.kl_divergence(g.diffuse(alpha, sigma), data.diffuse(alpha, sigma))) for g in moved]
    gradient = float(flow_maps.distribution_matching_covariance_gradient(generator, data, path, 0.5)[0, 0])

    assert (kl[0] - kl[1]) / (2 * step) == pytest.approx(2.0 * gradient * 0.5, rel=1e-7)


def test_trigflow_on_data_that_are_not_scaled_is_another_network() -> None:
    data = ref.Gaussian(np.array([0.5]), np.array([[0.25]]))
    x, angle = np.array([0.3]), 0.7
    right = flow_maps.trigflow_network_output(data, x, angle, sigma_data=0.5)
    wrong = flow_maps.trigflow_network_output(data, x, angle, sigma_data=1.0)

    assert abs(float(right[0] - wrong[0])) > 0.1


def test_the_noise_s_own_change_counts_where_it_is_beyond_the_digits_of_the_noise() -> None:
    """Near pure noise sigma^2 is 1 to the last digit at both times; the slope of u still comes from its change."""
    path, data = (
        ref.VPLinear(beta_min=1.0, beta_max=40.0, terminal_time=3.0),
        ref.Gaussian(np.zeros(1), np.array([[0.25]])),
    )
    start, end = 1.5, 1.5 - 1e-8
    slope = flow_maps.average_velocity_matrix(data, path, t_start=start, t_end=end)[0, 0]
    beta = -2.0 * float(path.drift(start))

    assert float(path.sigma(start)) == float(path.sigma(end)) == 1.0
    assert float(slope) == pytest.approx(0.75 * beta * float(path.alpha(start)) ** 2 / 2.0, rel=1e-6)
