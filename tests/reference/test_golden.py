"""Figures that were computed elsewhere, with 34 digits, or that are known from the literature."""

from __future__ import annotations

import numpy as np
import pytest

import reference as ref

MIXTURE = ref.GaussianMixture.isotropic(np.array([0.35, 0.65]), np.array([[-1.5], [1.0]]), np.array([0.16, 0.49]))


@pytest.mark.parametrize(
    ("place", "expected"),
    [(0.3, 1.4929842617399264178), (-2.5, 4.1773799186915344871), (4.0, 10.176719974746149722)],
)
def test_the_density_of_the_mixture(place: float, expected: float) -> None:
    """Golden values of the McAllester catalogue."""
    assert -MIXTURE.log_prob(np.array([place])) == pytest.approx(expected, rel=1e-15, abs=0)


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        (0.0, 1.4811107901632099264),
        (0.05, 1.5435876719839890836),
        # Handed down as 1.9196271046...; the mutual information below settles it.
        (1.0, 1.9196271048106839712),
        (20.0, 2.9598067622240723147),
    ],
)
def test_the_entropy_of_the_diffused_mixture(t: float, expected: float) -> None:
    """By quadrature, against golden values."""
    diffused = MIXTURE.diffuse(1.0, np.sqrt(t))

    assert diffused.entropy() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("t", "information"), [(0.05, 1.6225152755563118386), (1.0, 0.5006885716060112294), (20.0, 0.043002092242404076212)]
)
def test_the_entropy_agrees_with_the_mutual_information(t: float, information: float) -> None:
    """h(z) = I(y; z) + 1/2 log(2 pi e t): a second route to the entropies above."""
    entropy = MIXTURE.diffuse(1.0, np.sqrt(t)).entropy()

    assert entropy - 0.5 * np.log(2 * np.pi * np.e * t) == pytest.approx(information, abs=1e-12)


def test_the_mean_squared_error_at_a_point() -> None:
    """mse_y(t) at y = 0.3, t = 1 by Gauss-Hermite quadrature of the denoiser's error: golden value."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(180)
    z = 0.3 + nodes[:, None]
    error = (0.3 - MIXTURE.posterior(z, 1.0, 1.0).mean[:, 0]) ** 2

    assert weights @ error / np.sqrt(2 * np.pi) == pytest.approx(0.56341275411930199819, rel=1e-10)


@pytest.mark.parametrize(
    ("betas", "index", "expected", "digits"),
    [
        (ref.paths.linear_betas(1000), -1, 4.036e-5, 1e-8),
        (ref.paths.scaled_linear_betas(1000), -1, 4.66e-3, 5e-6),
        (ref.paths.cosine_betas(1000), -1, 2.43e-9, 5e-12),
    ],
)
def test_the_last_level_of_the_usual_tables(betas: np.ndarray, index: int, expected: float, digits: float) -> None:
    """The cumulative products that everybody's tables end with."""
    assert ref.paths.discrete_alpha(betas)[index] ** 2 == pytest.approx(expected, abs=digits)


def test_zero_terminal_snr_keeps_the_first_level_and_ends_at_none() -> None:
    betas = ref.paths.scaled_linear_betas(1000)
    rescaled = ref.paths.discrete_alpha(ref.paths.rescale_zero_terminal_snr(betas))

    assert rescaled[0] == pytest.approx(ref.paths.discrete_alpha(betas)[0], rel=1e-15)
    assert rescaled[-1] == 0.0


def test_the_printed_reverse_family_gives_the_wrong_variance() -> None:
    """Slides: drift (1 + l)/2 with noise l. For Gaussian data of variance 1.69, T = 200, l = 0.5 it ends at 0.922."""
    variance, horizon, level = 1.69, 200.0, 0.5
    printed = level * variance + (1 - level) * (variance + horizon) * (variance / (variance + horizon)) ** (1 + level)

    assert printed == pytest.approx(0.922, abs=5e-4)
    # The right family keeps V = l + t: dV/dt = (1 + l^2) V / (l + t) - l^2 has it as its solution.
    data, path, t = ref.Gaussian(np.zeros(1), np.array([[variance]])), ref.Brownian(), 3.0
    slope = ref.reverse_drift(data, path, np.ones(1), t, noise_level=level)[0]
    assert 2 * slope * (variance + t) - level**2 == pytest.approx(1.0, rel=1e-14)
