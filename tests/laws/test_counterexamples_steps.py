"""False versions of true statements on fields and steps, and a case where each fails."""

from __future__ import annotations

import numpy as np
import pytest

import reference
from reference import fields, paths, transitions

TWO_POINTS = reference.PointCloud(np.array([[-1.0], [1.0]]))
BROWNIAN = reference.Brownian()


def test_the_mean_squared_error_is_an_average_and_no_bound_at_a_place() -> None:
    """E Var is the floor of the loss: the posterior variance at x = 0 is larger, at x = 3 smaller."""
    t = np.float64(0.5)
    mean = float(fields.minimum_mean_squared_error(TWO_POINTS, BROWNIAN, t))
    at = [float(fields.posterior_covariance(TWO_POINTS, BROWNIAN, np.array([x]), t)[0, 0]) for x in (0.0, 3.0)]

    assert at[0] > mean > at[1]


def test_a_vanishing_floor_of_the_denoiser_leaves_the_score_an_unbounded_one() -> None:
    """With little noise the denoiser's floor goes to 0 as sigma^2, that of the score grows as 1/sigma^2."""
    law = reference.Gaussian(np.zeros(1), np.eye(1))
    small, large = (np.float64(t) for t in (1e-6, 1e-2))

    assert float(fields.minimum_mean_squared_error(law, BROWNIAN, small)) < 1e-5
    assert float(fields.score_loss_floor(law, BROWNIAN, small)) > 1e5
    assert float(fields.score_loss_floor(law, BROWNIAN, small)) > float(fields.score_loss_floor(law, BROWNIAN, large))


def test_edm_output_is_not_of_unit_variance_off_its_own_sigma_data() -> None:
    law = reference.Gaussian(np.zeros(1), np.array([[4.0]]))
    floor = float(fields.edm_output_loss_floor(law, BROWNIAN, np.float64(1.0), sigma_data=1.0))

    assert floor != pytest.approx(1.0, rel=0.1)
    assert float(fields.edm_output_loss_floor(law, BROWNIAN, np.float64(1.0), sigma_data=2.0)) == pytest.approx(1.0)


def test_label_scores_sum_to_0_only_when_weighted() -> None:
    law = reference.GaussianMixture.isotropic(np.array([0.1, 0.9]), np.array([[0.0], [2.0]]), np.array([1.0, 2.0]))
    at = (law, BROWNIAN, np.array([0.3]), np.float64(0.4))
    shares, scores = np.exp(fields.label_log_probability(*at)), fields.label_score(*at)[..., 0]

    assert shares @ scores == pytest.approx(0.0, abs=1e-15)
    assert abs(scores.sum()) > 0.1


def test_posterior_variance_is_below_beta_but_not_near_it_at_the_first_step() -> None:
    """Of the two choices of variance one hears that they are about equal: at the first steps they are not."""
    betas = paths.linear_betas(1000)
    ratio = transitions.ddpm_posterior_variance(betas) / betas

    assert np.all(ratio < 1.0)
    assert ratio[0] == 0.0
    assert ratio[1] < 0.6
    assert ratio[-1] > 0.999


def test_the_leading_excess_is_no_bound_of_the_excess() -> None:
    """With the bridge's variance the KL exceeds its leading term, at any size of step."""
    law = reference.Gaussian(np.zeros(1), np.eye(1))
    x, noisy = np.array([0.4]), np.float64(1.0)
    for clean in (0.5, 0.9, 0.99):
        times = {"clean": np.float64(clean), "noisy": noisy}
        mean = transitions.reverse_step_mean(law, BROWNIAN, x, **times)
        exact = reference.Gaussian(mean, transitions.reverse_step_covariance(law, BROWNIAN, x, **times))
        bridge = reference.Gaussian(mean, transitions.bridge_variance(BROWNIAN, **times)[..., None, None] * np.eye(1))
        excess = float(reference.divergences.kl_divergence(exact, bridge))

        assert excess > float(transitions.bridge_variance_excess(law, BROWNIAN, x, **times))


def test_equal_indices_of_two_conventions_are_different_levels() -> None:
    betas = paths.linear_betas(10)
    named = {
        name: float(paths.discrete_index_alpha(betas, np.float64(1.0), convention=name))
        for name in ("ho", "diffusers", "k_diffusion")
    }

    assert named["diffusers"] == named["k_diffusion"]
    assert named["ho"] > named["diffusers"]


def test_score_sde_s_floor_falls_short_of_its_own_knots() -> None:
    """The time i/(T - 1) rounded down and multiplied back is below i: the floor gives the entry before."""
    count = 1000
    betas = paths.linear_betas(count)
    knots = np.arange(count, dtype=np.float64)
    found = paths.discrete_index_sigma(betas, knots / (count - 1), convention="score_sde")
    meant = paths.discrete_index_sigma(betas, knots, convention="diffusers")

    missed = found != meant
    assert 0 < np.count_nonzero(missed) < count // 10
    assert np.array_equal(found[missed], meant[np.flatnonzero(missed) - 1])


def test_the_interpolations_of_two_libraries_differ_between_the_knots() -> None:
    betas = paths.linear_betas(10)
    half = np.float64(4.5)
    by_ratio = float(paths.discrete_index_alpha(betas, half, convention="k_diffusion"))
    by_alpha = float(paths.discrete_index_alpha(betas, (half + 1.0) / 10, convention="dpm_solver"))

    assert by_ratio == pytest.approx(by_alpha, rel=1e-3)
    assert by_ratio != pytest.approx(by_alpha, rel=1e-8)
