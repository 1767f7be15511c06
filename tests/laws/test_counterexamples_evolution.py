"""Tempting statements about evolving densities that are false, each with the numbers that show it."""

from __future__ import annotations

import numpy as np
import pytest

import reference
from reference import evolution

PATH = reference.VPLinear()


def mixture() -> reference.GaussianMixture:
    return reference.GaussianMixture.isotropic(
        np.array([0.35, 0.65]), np.array([[-1.5], [1.0]]), np.array([0.16, 0.49])
    )


def geometric_brownian_motion() -> tuple[dict[str, np.ndarray], tuple[np.ndarray, ...]]:
    """Of dx = 0.4 x dB from 1, at time 0.9 and place 1.3: (drift and noise, density and its derivatives)."""
    volatility, t, x = 0.4, 0.9, 1.3
    variance = volatility**2 * t
    density = np.exp(-((np.log(x) + variance / 2.0) ** 2) / (2.0 * variance)) / (x * np.sqrt(2.0 * np.pi * variance))
    rate = (np.log(x) + variance / 2.0) / variance
    slope = -density * (1.0 + rate) / x
    bend = density * ((1.0 + rate) ** 2 + (1.0 + rate) - 1.0 / variance) / x**2
    noise = {
        "drift": np.zeros(1),
        "drift_divergence": np.zeros(()),
        "variance": np.array(volatility**2 * x**2),
        "variance_gradient": np.array([2.0 * volatility**2 * x]),
        "variance_laplacian": np.array(2.0 * volatility**2),
    }
    return noise, (np.array(density), np.array([slope]), np.array(bend))


def test_the_printed_fokker_planck_equation_has_the_wrong_sign_where_noise_depends_on_place() -> None:
    noise, (density, slope, bend) = geometric_brownian_motion()
    printed = 0.5 * (noise["variance"] * bend + noise["variance_gradient"] @ slope)

    assert evolution.ito_density_rate(density, slope, bend, **noise) == pytest.approx(-0.17004, abs=5e-6)
    assert printed == pytest.approx(0.03375, abs=5e-6)


def test_noise_does_not_always_raise_the_entropy() -> None:
    wide = reference.Gaussian(np.zeros(1), 9.0 * np.eye(1))

    assert evolution.entropy_rate(wide, PATH, 0.5) < 0.0
    assert evolution.entropy_rate(wide, reference.Brownian(), 0.5) > 0.0


def test_noise_does_not_always_lower_the_fisher_information() -> None:
    wide = reference.Gaussian(np.zeros(1), 9.0 * np.eye(1))

    assert evolution.fisher_information(wide, PATH, 0.9) > evolution.fisher_information(wide, PATH, 0.1)
    brownian = [evolution.fisher_information(wide, reference.Brownian(), t) for t in (0.1, 0.9)]
    assert brownian[1] < brownian[0]


def test_fisher_information_of_a_mixture_is_not_the_mean_of_its_components() -> None:
    data, t = mixture(), 0.1
    marginal = data.diffuse(PATH.alpha(t), PATH.sigma(t))
    own = float(np.sum(marginal.weights / marginal.covariances[:, 0, 0]))

    assert evolution.fisher_information(data, PATH, t) < 0.9 * own


def test_a_velocity_is_not_unique() -> None:
    data, t, x = mixture(), 0.3, np.array([0.4])
    score = data.diffuse(PATH.alpha(t), PATH.sigma(t)).score(x)
    velocity = reference.fields.velocity(data, PATH, x, t)
    divergence = evolution.velocity_divergence(data, PATH, x, t)
    other, other_divergence = velocity + 7.0, divergence - 7.0 * score[0]

    rates = [evolution.continuity_rate(score, v, div) for v, div in ((velocity, divergence), (other, other_divergence))]
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)


def test_fokker_planck_moves_the_logarithm_with_the_square_of_the_score() -> None:
    data, t, x = mixture(), 0.3, np.array([-1.2])
    score = data.diffuse(PATH.alpha(t), PATH.sigma(t)).score(x)
    laplacian = evolution.laplacian(data, PATH, x, t)
    rates = {"drift": PATH.drift(t), "diffusion_squared": PATH.diffusion_squared(t)}
    # The linear equation of p, taken for that of log p, has no |s|^2.
    without = (
        evolution.fokker_planck_rate(score, laplacian, x, **rates) - 0.5 * rates["diffusion_squared"] * score @ score
    )

    assert evolution.log_density_rate(data, PATH, x, t) != pytest.approx(without, rel=1e-2)


def test_the_ends_of_two_processes_are_nearer_than_the_processes() -> None:
    """The bound by Girsanov is no identity: an error that turns the plane leaves an isotropic law where it is."""
    data = reference.Gaussian(np.zeros(2), np.eye(2))
    turn, still = np.array([[0.0, 0.3], [-0.3, 0.0]]), np.zeros(2)
    times = {"clean": 0.1, "noisy": 0.9}

    # V = I all along this path, so the model's moments obey dC = (A + A^T) C = 0: the ends agree exactly.
    assert np.allclose(data.diffuse(PATH.alpha(0.5), PATH.sigma(0.5)).covariance, np.eye(2))
    assert evolution.girsanov_divergence(data, PATH, turn, still, **times) > 0.5


def test_the_kl_rate_is_no_symmetric_function() -> None:
    p, q = (reference.Gaussian(np.zeros(1), v * np.eye(1)) for v in (1.0, 4.0))

    assert evolution.kl_rate(p, q, PATH, 0.2) != pytest.approx(evolution.kl_rate(q, p, PATH, 0.2), rel=1e-2)
