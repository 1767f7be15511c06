"""Tempting false statements about guidance, each with the numbers that refute it."""

from __future__ import annotations

import numpy as np
import pytest

from reference import EDM, FlowMatching, Gaussian, GaussianMixture, VPLinear, fields, transitions
from reference.guidance import (
    conditioned_law,
    dps_score,
    guided,
    guided_family_law,
    guided_flow_law,
    guided_flow_matrix,
    guided_law_by_integration,
    guided_limit_covariance,
    guided_mean_from_classifier,
    guided_precision,
    observation_score,
    pigdm_score,
    rescaled,
    tilted_law,
)


def line(mean: float, variance: float) -> Gaussian:
    return Gaussian(np.array([mean]), np.array([[variance]]))


WIDE, NARROW = line(0.0, 1.0), line(0.0, 0.25)
START = line(0.0, 1e8)


def delivered(weight: float, level: float) -> float:
    """The variance that guided equations make of wide noise on the EDM path."""
    options = {"weight": weight, "t_start": 1e4, "t_end": 0.0}
    if level == 0.0:
        return float(guided_flow_law(WIDE, NARROW, EDM(), START, **options).covariance[0, 0])
    return float(guided_family_law(WIDE, NARROW, EDM(), START, noise_level=level, **options).covariance[0, 0])


@pytest.mark.parametrize("weight", [2.0, 4.0])
def test_guided_sampling_does_not_sample_the_tilted_law(weight: float) -> None:
    """The flow ends at S_u^(1-w) S_c^w, not at the harmonic ((1-w)/S_u + w/S_c)^-1 (P87)."""
    geometric, harmonic = 0.25**weight, 1.0 / (1.0 - weight + 4.0 * weight)

    assert delivered(weight, 0.0) == pytest.approx(geometric, rel=1e-6)
    assert float(guided_limit_covariance(WIDE, NARROW, weight=weight)[0, 0]) == pytest.approx(geometric)
    assert float(tilted_law(WIDE, NARROW, weight=weight).covariance[0, 0]) == pytest.approx(harmonic)
    assert geometric < 0.6 * harmonic


def test_guided_ode_and_sde_do_not_share_marginals_unless_the_weight_is_0_or_1() -> None:
    """At w = 2 more noise leaves more variance, up to the tilted law's as l grows (P88)."""
    guided_variances = [delivered(2.0, level) for level in (0.0, 1.0, 3.0)]
    tilted = float(tilted_law(WIDE, NARROW, weight=2.0).covariance[0, 0])

    assert guided_variances[0] < guided_variances[1] < guided_variances[2] < tilted
    assert guided_variances[1] - guided_variances[0] > 0.02
    assert tilted - guided_variances[2] < 0.1 * (tilted - guided_variances[0])
    for weight, variance in ((0.0, 1.0), (1.0, 0.25)):
        assert [delivered(weight, level) for level in (0.0, 1.0, 3.0)] == pytest.approx([variance] * 3, rel=1e-6)


@pytest.mark.parametrize(("level", "expected"), [(0.0, 0.0481), (1.0, 0.1025), (3.0, 0.1325), (10.0, 0.1378)])
def test_the_catalogue_s_variances_at_weight_two(level: float, expected: float) -> None:
    """S_u = 1.3 and S_c = 1/4 give .0481, .1025, .1325, .1378 and a tilted .1383 (P87, P88)."""
    broad, weight = line(0.0, 1.3), 2.0
    options = {"weight": weight, "t_start": 1e4, "t_end": 0.0}
    law = guided_family_law(broad, NARROW, EDM(), START, noise_level=level, **options)

    assert float(law.covariance[0, 0]) == pytest.approx(expected, abs=1e-4)
    assert float(tilted_law(broad, NARROW, weight=weight).covariance[0, 0]) == pytest.approx(0.1383, abs=1e-4)


def test_equal_covariances_are_only_shifted() -> None:
    """The mean goes to m_u + w (m_c - m_u), and no variance is lost (P87)."""
    first, second = line(-0.5, 0.6), line(1.0, 0.6)
    law = guided_flow_law(first, second, EDM(), START, weight=3.0, t_start=1e4, t_end=0.0)

    assert float(law.mean[0]) == pytest.approx(4.0, rel=1e-4)
    assert float(law.covariance[0, 0]) == pytest.approx(0.6, rel=1e-6)


def test_a_guided_score_need_not_be_the_score_of_any_law() -> None:
    """With a conditional law wider in one direction the precision turns indefinite (P89)."""
    narrow = Gaussian(np.zeros(2), np.diag([0.1, 1.0]))
    other = Gaussian(np.zeros(2), np.diag([1.0, 0.1]))
    precision = guided_precision(narrow, other, EDM(), 0.0, weight=3.0)

    assert np.linalg.eigvalsh(precision)[0] < 0.0
    with pytest.raises(ValueError, match="eigenvalue"):
        tilted_law(narrow, other, weight=3.0)


def test_the_product_of_powers_is_wrong_where_covariances_do_not_commute() -> None:
    """Refused with the commutator's norm; the integrated law is not V^(..) V^(..) in either order (P89)."""
    turned = np.array([[1.0, 0.4], [0.4, 0.3]])
    first, second = Gaussian(np.zeros(2), np.diag([2.0, 0.2])), Gaussian(np.zeros(2), turned)
    start = Gaussian(np.zeros(2), np.eye(2))
    times = {"t_start": 0.9, "t_end": 0.1}
    with pytest.raises(ValueError, match="commut"):
        guided_flow_matrix(first, second, VPLinear(), weight=2.0, **times)
    law = guided_law_by_integration(first, second, VPLinear(), start, weight=2.0, noise_level=0.0, **times)
    ratios = []
    for each in (first, second):
        before, after = (each.diffuse(VPLinear().alpha(t), VPLinear().sigma(t)).covariance for t in (0.9, 0.1))
        values, basis = np.linalg.eig(after @ np.linalg.inv(before))
        ratios.append((basis, values))
    inverse_root = (ratios[0][0] * ratios[0][1] ** -0.5) @ np.linalg.inv(ratios[0][0])
    whole = (ratios[1][0] * ratios[1][1]) @ np.linalg.inv(ratios[1][0])
    for product in (inverse_root @ whole, whole @ inverse_root):
        assert np.linalg.norm(product @ product.T - law.covariance) > 0.01 * np.linalg.norm(law.covariance)


def test_dps_overshoots_and_pigdm_does_not_where_the_posterior_is_isotropic() -> None:
    """The factor is (H Cov H^T + R)/R (P90)."""
    data, path, x, t = line(0.0, 1.0), FlowMatching(), np.array([0.3]), 0.5
    how = {"matrix": np.array([[1.0]]), "noise_covariance": np.array([[0.01]])}
    observed = np.array([1.0])
    posterior = float(fields.posterior_covariance(data, path, x, t)[0, 0])
    exact = float(observation_score(data, path, x, t, observed, **how)[0])

    assert float(dps_score(data, path, x, t, observed, **how)[0]) == pytest.approx(exact * (posterior + 0.01) / 0.01)
    assert float(pigdm_score(data, path, x, t, observed, variance=posterior, **how)[0]) == pytest.approx(exact)


def test_the_gaussian_formula_of_an_observation_is_wrong_for_a_mixture() -> None:
    """Cov and D of the whole posterior in the Gaussian formula are not the component-by-component score (P90)."""
    data = GaussianMixture(np.array([0.5, 0.5]), np.array([[-2.0], [2.0]]), np.full((2, 1, 1), 0.1))
    path, x, t = FlowMatching(), np.array([0.1]), 0.6
    how = {"matrix": np.array([[1.0]]), "noise_covariance": np.array([[0.5]])}
    observed = np.array([1.0])
    covariance = float(fields.posterior_covariance(data, path, x, t)[0, 0])
    printed = pigdm_score(data, path, x, t, observed, variance=covariance, **how)
    given = conditioned_law(data, observed, **how)
    alpha, sigma = path.alpha(t), path.sigma(t)
    exact = given.diffuse(alpha, sigma).score(x) - data.diffuse(alpha, sigma).score(x)

    assert float(observation_score(data, path, x, t, observed, **how)[0]) == pytest.approx(float(exact[0]))
    assert abs(float(printed[0] - exact[0])) > 0.1 * abs(float(exact[0]))


def test_a_classifier_shifts_the_mean_of_a_step_to_first_order_only() -> None:
    """Mean + Sigma grad log p(c|x_t) misses the exact conditional step's mean by O(step) of the shift (P85)."""
    conditional, x = line(1.0, 0.25), np.array([0.4])
    path, gaps = VPLinear(), []
    for step in (0.1, 0.01):
        times = {"clean": 0.5 - step, "noisy": 0.5}
        means = [transitions.reverse_step_mean(law, path, x, **times) for law in (WIDE, conditional)]
        variance = transitions.reverse_step_covariance(WIDE, path, x, **times)[0, 0]
        gradient = fields.score(conditional, path, x, 0.5) - fields.score(WIDE, path, x, 0.5)
        shift = means[1] - means[0]
        guess = guided_mean_from_classifier(means[0], variance, gradient, scale=1.0)
        gaps.append(float(abs(guess - means[1])[0] / abs(shift)[0]))

    assert gaps[0] > 0.01
    assert gaps[1] == pytest.approx(gaps[0] / 10.0, rel=0.5)


def test_rescaling_is_not_linear_in_the_prediction_and_moves_the_weight() -> None:
    """The rescaled guidance of two predictions' mean is not the mean of the two rescaled ones (P91)."""
    first, second, conditional = np.array([1.0, -2.0, 0.5]), np.array([0.3, 4.0, -1.0]), np.array([1.0, 0.0, 2.0])
    together = rescaled(guided(first, second, weight=0.5), conditional, mix=1.0)
    apart = 0.5 * (rescaled(first, conditional, mix=1.0) + rescaled(second, conditional, mix=1.0))

    assert np.linalg.norm(together - apart) > 0.1
