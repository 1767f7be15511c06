"""Tempting statements about score matching that are false, each with the numbers that show it."""

from __future__ import annotations

import numpy as np
import pytest

import reference
from reference import evolution, score_matching

COVARIANCE = np.array([[1.0, 0.3], [0.3, 0.5]])
MODEL, OFFSET = np.array([[-0.7, 0.2], [0.1, -1.5]]), np.array([0.3, -0.2])


def gaussian() -> reference.Gaussian:
    return reference.Gaussian(np.array([0.4, -1.0]), COVARIANCE)


def test_the_implicit_loss_is_no_error_and_may_be_negative() -> None:
    exact = -np.linalg.inv(COVARIANCE), np.linalg.solve(COVARIANCE, gaussian().mean)

    assert score_matching.explicit_score_matching(gaussian(), *exact) == pytest.approx(0.0, abs=1e-13)
    assert score_matching.implicit_score_matching(gaussian(), *exact) < -1.0


def test_the_losses_differ_by_what_no_model_changes_but_not_pointwise() -> None:
    data, path, t = gaussian(), reference.VPLinear(), 0.3
    marginal = data.diffuse(path.alpha(t), path.sigma(t))
    gaps = [
        score_matching.denoising_score_matching(data, path, a * MODEL, OFFSET, t)
        - score_matching.explicit_score_matching(marginal, a * MODEL, OFFSET)
        for a in (1.0, 3.0)
    ]
    x = np.array([[0.0, 0.0], [1.0, 1.0]])
    values, score = x @ MODEL.T + OFFSET, marginal.score(x)
    implicit = score_matching.implicit_loss_at(values, np.full(2, np.trace(MODEL)))
    pointwise = 0.5 * np.sum((values - score) ** 2, axis=-1) - implicit

    assert gaps[0] == pytest.approx(gaps[1], rel=1e-12)
    assert gaps[0] == pytest.approx(0.5 * (2.0 / path.sigma(t) ** 2 - evolution.fisher_information(data, path, t)))
    assert pointwise[0] != pytest.approx(pointwise[1], rel=0.1)


def test_one_direction_gives_no_trace_and_one_sliced_loss_no_implicit_loss() -> None:
    u, s = np.array([1.0, -1.0]), np.array([0.5, 2.0])
    implicit = score_matching.implicit_loss_at(s, np.array(np.trace(MODEL)))

    assert score_matching.hutchinson_trace(MODEL @ u, u) != pytest.approx(np.trace(MODEL), abs=0.1)
    assert score_matching.sliced_loss_at(s, MODEL @ u, u) != pytest.approx(float(implicit), abs=0.1)


def test_signs_know_a_diagonal_and_normals_do_not() -> None:
    diagonal, turn = np.diag([1.0, -2.0]), np.array([[0.0, 5.0], [-5.0, 0.0]])

    assert score_matching.hutchinson_variance(diagonal, probe="rademacher") == 0.0
    assert score_matching.hutchinson_variance(diagonal, probe="gaussian") == 10.0
    assert score_matching.hutchinson_variance(turn, probe="gaussian") == 0.0


def test_sure_is_right_on_average_only() -> None:
    x, sigma, shrink = np.array([1.0, -0.5]), 0.7, 0.6
    noise = np.sqrt(2.0) * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    y = x + sigma * noise
    risk = score_matching.sure(shrink * y, y, np.full(4, 2.0 * shrink), sigma=np.full(4, sigma))
    error = np.sum((shrink * y - x) ** 2, axis=-1)

    assert np.abs(risk - error).min() > 0.01
    assert risk.mean() == pytest.approx(error.mean(), rel=1e-13)


def test_sure_may_be_negative() -> None:
    assert score_matching.sure(np.zeros(3), np.zeros(3), np.array(0.0), sigma=np.array(1.0)) == -3.0


def test_an_operator_and_its_adjoint_agree_on_average_only() -> None:
    sigma, x = np.full(2, 0.5), np.array([[0.0, 0.0], [1.0, 1.0]])
    marginal = gaussian().diffuse(1.0, 0.5)
    field = x @ MODEL.T + OFFSET
    target = score_matching.denoiser_target(x, marginal.score(x), sigma=sigma)
    adjoint = score_matching.denoiser_adjoint(x, field, np.full(2, np.trace(MODEL)), sigma=sigma)

    assert np.abs(np.sum(target * field, axis=-1) - adjoint).min() > 0.05


def test_langevin_steps_settle_beside_the_target_and_only_if_small() -> None:
    data = gaussian()
    smallest = float(np.linalg.eigvalsh(COVARIANCE)[0])
    settled = score_matching.langevin_stationary_covariance(data, step=np.array(smallest))

    assert np.linalg.eigvalsh(settled - COVARIANCE).min() > 0.1
    assert np.linalg.eigvalsh(settled)[0] == pytest.approx(2.0 * smallest)
    with pytest.raises(ValueError, match="step"):
        score_matching.langevin_stationary_covariance(data, step=np.array(2.01 * smallest))


def test_annealing_does_not_end_at_the_last_noised_law() -> None:
    data, sigmas = gaussian(), np.array([1.0, 0.1])
    options = {"smallest_step": np.array(0.005), "steps_per_level": 20_000}
    end = score_matching.annealed_langevin_covariance(data, sigmas, np.eye(2), **options)
    noised = data.diffuse(1.0, 0.1)
    settled = score_matching.langevin_stationary_covariance(noised, step=np.array(0.005))

    assert np.abs(end - noised.covariance).max() > 1e-3
    assert end == pytest.approx(settled, rel=1e-12)


def test_song_ermons_step_is_twice_ours() -> None:
    s, x, z, printed = np.array([1.0]), np.array([0.0]), np.array([1.0]), np.array(0.08)
    moved = score_matching.langevin_step(s, x, z, step=score_matching.langevin_step_from_song_ermon(printed))

    assert moved == pytest.approx([0.04 + np.sqrt(0.08)])
    assert score_matching.langevin_step(s, x, z, step=printed) == pytest.approx([0.08 + np.sqrt(0.16)])


def test_a_corrector_takes_means_of_norms_not_norms_of_means() -> None:
    score, noise = np.array([[1.0, 0.0], [-3.0, 0.0]]), np.array([[0.0, 2.0], [0.0, -2.0]])
    step = score_matching.score_sde_corrector_step(score, noise, signal_to_noise=np.array(0.5), alpha=np.array(1.0))

    assert step == pytest.approx(2.0 * (0.5 * 2.0 / 2.0) ** 2)
