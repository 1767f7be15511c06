"""Tempting versions of true statements about likelihood integrals, each with the case that refutes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import reference as ref
from reference import likelihood

MIXTURE = ref.GaussianMixture.isotropic(np.array([0.35, 0.65]), np.array([[-1.5], [1.0]]), np.array([0.16, 0.49]))
WRONG = ref.Gaussian(np.array([-2.0]), np.array([[1.0]]))
BROWNIAN = ref.Brownian()
TIMES: dict[str, Any] = {"t_start": 0.05, "t_end": 400.0}


def test_a_wrong_denoiser_may_have_the_smaller_integral_at_a_point() -> None:
    """M23 is an inequality of expectations: at y = -3 the model's own denoiser errs less than the exact one."""
    y = np.array([-3.0])
    exact, wrong = (likelihood.pointwise_integral(law, BROWNIAN, y, **TIMES) for law in (MIXTURE, WRONG))
    bound = likelihood.model_information_bound(MIXTURE, WRONG, BROWNIAN, **TIMES)
    information = likelihood.entropy_integral(MIXTURE, BROWNIAN, **TIMES)
    gap = likelihood.model_information_gap(MIXTURE, WRONG, BROWNIAN, **TIMES)

    assert wrong < exact - 1.0
    assert bound > information
    assert bound == pytest.approx(information + gap, rel=1e-9)


def test_the_model_with_its_own_boundary_terms_gives_its_own_likelihood() -> None:
    """M23b: no bound on the data's likelihood at a point, above or below."""
    places = np.array([[-3.0], [1.0]])
    own = likelihood.pointwise_negative_log_likelihood(WRONG, BROWNIAN, places, **TIMES)

    assert own == pytest.approx(-WRONG.log_prob(places), rel=1e-12)
    assert own[0] < -MIXTURE.log_prob(places[0])
    assert own[1] > -MIXTURE.log_prob(places[1])


def test_the_pointwise_squared_error_may_fall_as_noise_grows() -> None:
    """M27's bracket needs a mean squared error that grows with t: at the mean of a Gaussian the pointwise one falls
    beyond t = l, and the bracket of one step is the wrong way round."""
    data, y = ref.Gaussian(np.array([0.5]), np.array([[1.0]])), np.array([0.5])
    clean, noisy = 4.0, 9.0
    errors = likelihood.squared_error_at(data, BROWNIAN, y, np.array([clean, noisy]))
    integral = likelihood.pointwise_integral(data, BROWNIAN, y, t_start=clean, t_end=noisy)
    weight = ref.elbo.diffusion_weight(BROWNIAN, clean=clean, noisy=noisy)

    assert errors[0] > errors[1]
    assert weight * errors[1] < integral < weight * errors[0]
    floors = ref.fields.minimum_mean_squared_error(data, BROWNIAN, np.array([clean, noisy]))
    averaged = likelihood.entropy_integral(data, BROWNIAN, t_start=clean, t_end=noisy)
    assert weight * floors[0] < averaged < weight * floors[1]


def test_the_pointwise_integral_is_not_the_entropy() -> None:
    """M12 as once printed has H(y) on the left: the pointwise line holds for -log p(y), which varies."""
    places = np.array([[0.3], [-2.5], [4.0]])
    likelihoods = likelihood.pointwise_negative_log_likelihood(MIXTURE, BROWNIAN, places, **TIMES)
    entropy = likelihood.entropy_from_integral(MIXTURE, BROWNIAN, **TIMES)

    assert likelihoods == pytest.approx(-MIXTURE.log_prob(places), rel=1e-10)
    assert np.abs(likelihoods[1:] - entropy).min() > 2.0


def test_a_surrogate_decoder_may_beat_the_exact_one_at_a_point() -> None:
    """Gibbs' inequality is one of expectations (M16): at y = 4 both surrogates are far below the exact decoder."""
    y = np.array([[4.0], [0.3]])
    exact = likelihood.reconstruction_at(MIXTURE, BROWNIAN, y, t_start=1.0)
    surrogates = {
        name: likelihood.decoder_surrogate_at(MIXTURE, BROWNIAN, y, t_start=1.0, covariance=name)
        for name in ("isotropic", "posterior")
    }

    assert surrogates["isotropic"][0] < exact[0]
    assert surrogates["posterior"][0] < exact[0]
    assert surrogates["posterior"][1] > exact[1]


def test_the_step_of_the_forward_variance_is_no_step_of_the_chain() -> None:
    """D mse/(2 t^2) is the step's KL to first order only: a chain of few steps is off by nats, one of many by D/t."""
    y, errors = np.array([0.3]), []
    exactly = likelihood.divergence_at(MIXTURE, BROWNIAN, y, np.array([0.05, 20.0]))
    for count in (4, 64):
        times = np.geomspace(0.05, 20.0, count + 1)
        mse = likelihood.squared_error_at(MIXTURE, BROWNIAN, y, times[1:])
        errors.append(float(np.sum(np.diff(times) * mse / (2 * times[1:] ** 2)) - (exactly[0] - exactly[1])))
    steps = [
        likelihood.step_divergence_at(MIXTURE, BROWNIAN, y, clean=clean, noisy=noisy)
        for clean, noisy in zip(times[:-1:16], times[16::16], strict=True)
    ]

    assert abs(errors[0]) > 0.5
    assert abs(errors[1]) < abs(errors[0]) / 8
    assert np.sum(steps) == pytest.approx(exactly[0] - exactly[1], rel=1e-9)


def test_density_data_diverge_where_atoms_do_not() -> None:
    """The integral down to t -> 0 is -log P_k for atoms and grows like 1/2 log(1/t) for a density."""
    atoms = ref.PointCloud(np.array([[-1.0], [0.4], [2.0]]), np.array([0.2, 0.5, 0.3]))
    ends = np.array([1e-3, 1e-5])
    discrete = [likelihood.pointwise_integral(atoms, BROWNIAN, atoms.points[1], t_start=t, t_end=1e3) for t in ends]
    smooth = [likelihood.pointwise_integral(MIXTURE, BROWNIAN, np.array([0.4]), t_start=t, t_end=1e3) for t in ends]

    assert discrete[0] == pytest.approx(discrete[1], abs=1e-9)
    assert smooth[1] - smooth[0] == pytest.approx(0.5 * np.log(100.0), rel=1e-2)


def test_integrands_that_vanish_identically_are_integrals_too() -> None:
    """Found by a search: where both terms of an integrand are one function, only rounding is left of it, and no
    adaptive rule may chase that."""
    one = ref.GaussianMixture.isotropic(np.array([1.0]), np.array([[2.0]]), np.array([1.0]))
    twice = ref.GaussianMixture.isotropic(np.array([0.3, 0.7]), np.array([[2.0], [2.0]]), np.array([1.0, 1.0]))
    entropy = 0.5 * np.log(2 * np.pi * np.e)

    assert likelihood.renormalized_entropy(one, reference_variance=1.0) == pytest.approx(entropy, rel=1e-12)
    # One deviation from the mean mse_y = l t/(l + t), which the reference variance l subtracts.
    pointwise = likelihood.renormalized_negative_log_likelihood(one, np.array([3.0]), reference_variance=1.0)
    assert pointwise == pytest.approx(entropy, rel=1e-12)
    assert likelihood.model_information_gap(one, twice, BROWNIAN, t_start=0.01, t_end=10.0) == pytest.approx(
        0, abs=1e-20
    )
    atoms = ref.PointCloud(
        np.array([[-1.04212135], [-0.77824069], [0.16996292], [3.16996292]]),
        np.array([0.29648082, 0.01262254, 0.09890512, 0.59199152]),
    )
    surprise = likelihood.atom_negative_log_likelihood(atoms, BROWNIAN, index=2, t_start=0.0024749, t_end=0.0024788)
    assert surprise == pytest.approx(-np.log(0.09890512), rel=1e-9)


@pytest.mark.parametrize("gap", [2e-16, 1e-12, 1e-9, 1e-6])
def test_components_that_nearly_coincide_are_nearly_one(gap: float) -> None:
    """Found by a search: what two components differ by has no digits, and its square is no reason to halve panels."""
    one, y = ref.Gaussian(np.array([1.7]), np.array([[0.3]])), np.array([1.7])
    two = ref.GaussianMixture.isotropic(np.array([0.3, 0.7]), np.array([[1.7], [1.7 + gap]]), np.array([0.3, 0.3]))
    times: dict[str, Any] = {"t_start": 0.1, "t_end": 1.0}

    def values(law: Any) -> list[float]:
        found = [
            likelihood.information_rate(law, BROWNIAN, 1.0),
            likelihood.entropy_integral(law, BROWNIAN, **times),
            likelihood.posterior_entropy(law, BROWNIAN, t_start=1.0),
            likelihood.renormalized_entropy(law, reference_variance=0.3),
            likelihood.squared_error_at(law, BROWNIAN, y, 1.0),
            likelihood.divergence_at(law, BROWNIAN, y, 1.0),
            likelihood.pointwise_integral(law, BROWNIAN, y, **times),
            likelihood.step_divergence_at(law, BROWNIAN, y, clean=0.1, noisy=1.0),
            likelihood.decoder_surrogate_at(law, BROWNIAN, y, t_start=1.0, covariance="posterior"),
        ]
        return [float(value) for value in found]

    assert values(two) == pytest.approx(values(one), rel=1e-10, abs=3 * gap)
