"""What transport is not, though it is said to be: every false version has numbers that refute it."""

from __future__ import annotations

import numpy as np
import pytest

import reference
from reference import transport

FIRST = reference.Gaussian(np.array([1.0, -2.0]), np.array([[2.0, 0.5], [0.5, 1.0]]))
SECOND = reference.Gaussian(np.array([0.5, 4.0]), np.array([[1.0, -0.75], [-0.75, 3.0]]))
NORMAL = reference.Gaussian(np.zeros(1), np.eye(1))


def test_the_flow_between_covariances_that_do_not_commute_is_not_the_optimal_map() -> None:
    flow = transport.interpolation_flow_matrix(FIRST, SECOND, t_start=0.0, t_end=1.0)
    optimal = transport.optimal_transport_matrix(FIRST, SECOND)
    for matrix in (flow, optimal):
        assert matrix @ FIRST.covariance @ matrix.T == pytest.approx(SECOND.covariance, rel=1e-13)
    assert transport.brenier_defect(flow) > 0.05
    assert transport.brenier_defect(optimal) == 0.0
    assert np.linalg.norm(flow - optimal) > 0.02


def test_rectifying_twice_does_not_make_it_optimal() -> None:
    x = np.array([0.25, -0.5])
    straight = transport.reflow_velocity(FIRST, SECOND, x, 0.5)
    optimal = transport.displacement_velocity(FIRST, SECOND, x, 0.5)
    assert np.linalg.norm(straight - optimal) > 0.02


def test_the_four_energies_are_four() -> None:
    values = [
        float(reference.divergences.wasserstein2_squared(FIRST, SECOND)),
        float(transport.flow_displacement(FIRST, SECOND)),
        float(transport.kinetic_energy(FIRST, SECOND)),
        float(transport.coupling_energy(FIRST, SECOND)),
    ]
    assert (np.diff(values) > 1e-3).all()


@pytest.mark.parametrize("deviation", [0.5, 3.0])
def test_a_straight_flow_on_the_line_costs_more_than_its_displacement(deviation: float) -> None:
    scaled = reference.Gaussian(np.zeros(1), deviation**2 * np.eye(1))
    assert transport.flow_displacement(NORMAL, scaled) == pytest.approx((1.0 - deviation) ** 2)
    assert transport.kinetic_energy(NORMAL, scaled) == pytest.approx(1.0 + deviation**2 - 0.5 * np.pi * deviation)
    assert transport.coupling_energy(NORMAL, scaled) == pytest.approx(1.0 + deviation**2)


def test_the_flow_of_a_mixture_is_no_brenier_map() -> None:
    means = np.array([[-2.0, 0.0], [1.5, 1.0], [0.0, -2.5]])
    covariances = np.array([[[0.3, 0.1], [0.1, 0.5]], [[0.6, -0.2], [-0.2, 0.2]], [[0.2, 0.0], [0.0, 0.2]]])
    data = reference.GaussianMixture(np.array([0.5, 0.25, 0.25]), means, covariances)
    path, x, step = reference.FlowMatching(), np.array([0.3, -0.4]), 1e-4
    places = np.concatenate([x + step * np.eye(2), x - step * np.eye(2)])
    images = reference.flow_maps.oracle_map(data, path, places, t_start=0.9, t_end=0.0)
    jacobian = (images[:2] - images[2:]).T / (2.0 * step)
    assert transport.brenier_defect(jacobian) > 1e-3
    single = reference.Gaussian(means[0], covariances[0])
    flow = reference.reverse.flow_matrix(single, path, t_start=0.9, t_end=0.0)
    assert transport.brenier_defect(flow) == 0.0


def test_the_drift_of_a_bridge_is_not_the_velocity_of_its_law() -> None:
    x = np.array([0.25, -0.5])
    drift = transport.schroedinger_bridge_drift(FIRST, SECOND, x, 0.5, variance=1.0)
    assert np.linalg.norm(drift - transport.displacement_velocity(FIRST, SECOND, x, 0.5)) > 0.1
    assert np.linalg.norm(drift - transport.interpolation_velocity(FIRST, SECOND, x, 0.5)) > 0.1


def test_a_librarys_velocity_keeps_its_sign_only_in_its_own_time() -> None:
    data, x, t = reference.Gaussian(np.ones(1), np.eye(1)), np.array([0.25]), 0.25
    ours = reference.fields.velocity(data, reference.FlowMatching(), x, t)
    theirs = transport.interpolation_velocity(NORMAL, data, x, 1.0 - t)
    assert transport.velocity_from_data_time(theirs) == pytest.approx(ours)
    assert np.abs(theirs - ours).max() > 0.1
    assert np.abs(transport.interpolation_velocity(NORMAL, data, x, t) + ours).max() > 0.1


def test_the_published_field_of_lipman_is_ours_backward() -> None:
    x, clean, t, least = np.array([0.25]), np.array([1.5]), 0.25, 0.125
    published = (clean - (1.0 - least) * x) / (1.0 - (1.0 - least) * (1.0 - t))
    assert transport.minimal_variance_velocity(x, clean, t, sigma_min=least) == pytest.approx(-published)


def test_both_losses_have_one_minimum_but_not_one_value() -> None:
    data, path, t = reference.Gaussian(np.ones(1), 2.0 * np.eye(1)), reference.FlowMatching(), 0.5
    matrix, offset = np.array([[0.25]]), np.array([-0.5])
    conditional = transport.conditional_velocity_matching(data, path, matrix, offset, t)
    marginal = transport.velocity_matching(data, path, matrix, offset, t)
    floor = reference.fields.velocity_loss_floor(data, path, t)
    assert conditional - marginal == pytest.approx(float(floor))
    assert floor > 0.5
