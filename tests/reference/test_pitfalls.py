"""Where float64 loses digits: each pitfall shown with the naive form, and what is offered instead does not lose them.

The figures of the naive forms are measured ones; a form that no longer lost them would be news too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from flint import arb

import reference as ref
from properties.arbiter import distributions, integrals, nonvariational
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import lift

WEIGHTS, MEANS, VARIANCES = [0.35, 0.65], [[-1.5], [1.0]], [0.16, 0.49]
MIXTURE = ref.GaussianMixture.isotropic(np.array(WEIGHTS), np.array(MEANS), np.array(VARIANCES))
MEAN, VARIANCE = 0.5, 1.69
GAUSSIAN = ref.Gaussian(np.array([MEAN]), np.array([[VARIANCE]]))
BROWNIAN = ref.Brownian()
PLACE = np.array([0.3])


def relative(computed: Any, exactly: Any) -> float:
    """|computed - exact| / |exact| against an arb."""
    return float(abs((arb(float(np.ravel(computed)[0])) - exactly) / exactly).mid())


def exact_fields(t: float, z: float) -> dict[str, Any]:
    """The arbiter's score, second derivative, denoiser and posterior variance of the mixture at a Brownian time."""
    names = ("log_prob", "score", "hessian", "denoiser", "variance")
    values = distributions.everything("isotropic", lift([WEIGHTS, MEANS, VARIANCES]), [arb(z)], arb(1), arb(t).sqrt())
    flat = (value[0] if isinstance(value, list) else value for value in values)
    return dict(zip(names, flat, strict=True))


@pytest.mark.parametrize(("t", "lost"), [(1e-6, 1e-12), (1e-10, 1e-8), (1e-14, 1e-4)])
@precisely
def test_p1_a_score_from_the_denoiser_loses_digits_at_little_noise(t: float, lost: float) -> None:
    """(D - z)/t: 4e-11 at t = 1e-6, 1e-7 at 1e-10, 1e-2 at 1e-14, a hundredth of it at this place at least."""
    exactly = exact_fields(t, 0.3)["score"]
    naive = (ref.fields.denoiser(MIXTURE, BROWNIAN, PLACE, t) - PLACE) / t

    assert relative(naive, exactly) > lost
    assert relative(ref.fields.score(MIXTURE, BROWNIAN, PLACE, t), exactly) < 1e-14


@pytest.mark.parametrize(("t", "lost"), [(1e6, 1e-13), (1e10, 1e-11)])
@precisely
def test_p1_a_denoiser_from_the_score_loses_digits_at_much_noise(t: float, lost: float) -> None:
    """The form z + t s, at places as large as the noise: u sqrt(t)."""
    naive, ours = [], []
    for z in (0.7 * math.sqrt(t), math.sqrt(t), 1.3 * math.sqrt(t)):
        exactly, place = exact_fields(t, z)["denoiser"], np.array([z])
        naive.append(relative(z + t * ref.fields.score(MIXTURE, BROWNIAN, place, t), exactly))
        ours.append(relative(ref.fields.denoiser(MIXTURE, BROWNIAN, place, t), exactly))

    assert max(naive) > lost
    assert max(ours) < 1e-14


@pytest.mark.parametrize(("t", "bound"), [(1e-6, 1e-12), (1e-10, 1e-9), (1e-14, 1e-7)])
@precisely
def test_p2_the_squared_error_at_little_noise_is_benign(t: float, bound: float) -> None:
    """(y - D)^2 at z = y + sqrt(t): u/sqrt(t) and no more; and the expected one has no such loss."""
    z = float(PLACE[0]) + math.sqrt(t)
    exactly = (arb(float(PLACE[0])) - exact_fields(t, z)["denoiser"]) ** 2
    error = PLACE - ref.fields.denoiser(MIXTURE, BROWNIAN, np.array([z]), t)
    expected = nonvariational.at_a_level("Brownian", [], *lift([[MEAN], [[VARIANCE]], [0.3], t]))[0]

    assert relative(error**2, exactly) < bound
    assert relative(ref.likelihood.squared_error_at(GAUSSIAN, BROWNIAN, PLACE, t), expected) < 1e-14


@pytest.mark.parametrize(("t", "lost"), [(1e-6, 1e-11), (1e-9, 1e-8)])
@precisely
def test_p3_the_renormalised_integrand_by_its_two_terms_loses_digits_at_little_noise(t: float, lost: float) -> None:
    """mse/t^2 - d c/(t (t + c)): an absolute error of u/t; 8e-9 and 4e-4 where mse is a quadrature."""
    c = 1.0
    exactly = nonvariational.renormalized(*lift([[MEAN], [[VARIANCE]], [0.3], t, c]))[0]
    mse = ref.likelihood.squared_error_at(GAUSSIAN, BROWNIAN, PLACE, t)
    naive = mse / t**2 - c / (t * (t + c))
    ours = ref.likelihood.renormalized_integrand_at(GAUSSIAN, PLACE, t, reference_variance=c)

    assert relative(naive, exactly) > lost
    assert relative(ours, exactly) < 1e-14


@precisely
def test_p3_on_a_mixture_too_the_integrand_tends_to_its_limit() -> None:
    """2 lap log p + |grad log p|^2 + d/c at t = 1e-9, where the two terms have lost twelve digits."""
    c, t = 1.0, 1e-9
    fields = distributions.density("isotropic", lift([WEIGHTS, MEANS, VARIANCES]), lift([0.3]), 1, 0)
    limit = float((2 * fields[2][0] + fields[1][0] ** 2 + 1 / arb(c)).mid())
    ours = ref.likelihood.renormalized_integrand_at(MIXTURE, PLACE, t, reference_variance=c)

    assert ours == pytest.approx(limit, abs=1e-7)


@pytest.mark.parametrize(("t", "lost"), [(1e6, 1e-11), (1e10, 1e-7)])
@precisely
def test_p4_the_mean_squared_error_from_the_score_loses_digits_at_much_noise(t: float, lost: float) -> None:
    """The forms d t - t^2 J, and t + t^2 H for the posterior variance: u t/l. 6e-11 at 1e6, 3e-7 at 1e10."""
    variance = VARIANCE * arb(t) / (arb(VARIANCE) + arb(t))
    naive = t - t**2 * (1.0 / (VARIANCE + t))
    z = np.array([math.sqrt(t)])
    pointwise = exact_fields(t, float(z[0]))["variance"]
    hessian = MIXTURE.diffuse(1.0, math.sqrt(t)).hessian(z)

    assert relative(naive, variance) > 0.1 * lost
    assert relative(t + t**2 * hessian, pointwise) > 0.1 * lost
    assert relative(ref.fields.minimum_mean_squared_error(GAUSSIAN, BROWNIAN, t), variance) < 1e-14
    assert relative(ref.fields.posterior_covariance(MIXTURE, BROWNIAN, z, t), pointwise) < 1e-14
    assert relative(-2 * t**2 * ref.likelihood.information_rate(GAUSSIAN, BROWNIAN, t), variance) < 1e-14


@pytest.mark.parametrize(("t", "lost"), [(1e6, 1e-11), (1e10, 1e-7)])
@precisely
def test_p5_divergences_as_differences_of_entropies_lose_digits_at_much_noise(t: float, lost: float) -> None:
    """H(z | y) against E[-log p_T], each of size log T; and log1p alone, for what is a second-order term."""
    y = np.array([MEAN])
    row = nonvariational.at_a_level("Brownian", [], *lift([[MEAN], [[VARIANCE]], [MEAN], t]))
    smoothed = 0.5 * math.log(2 * math.pi * (VARIANCE + t)) + 0.5 * t / (VARIANCE + t)
    naive = smoothed - 0.5 * math.log(2 * math.pi * math.e * t)
    with_log1p = 0.5 * (math.log1p(VARIANCE / t) - VARIANCE / (VARIANCE + t))

    assert relative(naive, row[1]) > lost
    assert relative(with_log1p, row[1]) > lost
    assert relative(ref.likelihood.divergence_at(GAUSSIAN, BROWNIAN, y, t), row[1]) < 1e-14


@precisely
def test_p6_a_linear_grid_in_time_is_hopeless() -> None:
    """The integrand is d/(2 t) at little noise: ten thousand equal steps from 1e-8 miss most of what log t sees."""
    times = {"t_start": 1e-8, "t_end": 1.0}
    exactly = nonvariational.integral("Brownian", [], *lift([[MEAN], [[VARIANCE]], [0.3], 1e-8, 1.0]))
    grid = np.linspace(times["t_start"], times["t_end"], 10_001)
    errors = ref.likelihood.squared_error_at(GAUSSIAN, BROWNIAN, PLACE, grid) / (2 * grid**2)
    linear = float(np.sum(0.5 * np.diff(grid) * (errors[1:] + errors[:-1])))
    mixture = ref.likelihood.pointwise_integral(MIXTURE, BROWNIAN, PLACE, **times)
    with integrals.working_precision():
        ends = [integrals.on_path("Brownian", [], "isotropic", [WEIGHTS, MEANS, VARIANCES], t) for t in times.values()]
        enclosed = integrals.divergence(ends[0], 0.3) - integrals.divergence(ends[1], 0.3)

    assert relative(linear, exactly) > 10.0
    assert relative(ref.likelihood.pointwise_integral(GAUSSIAN, BROWNIAN, PLACE, **times), exactly) < 1e-14
    assert relative(mixture, enclosed) < 1e-10


def test_p7_the_two_diverging_terms_cost_no_more_than_their_size() -> None:
    """Reconstruction and integral are -+ 1/2 log t each: harmless. Without its constant the sum is off by as much."""
    exactly = -float(GAUSSIAN.log_prob(PLACE))
    for t in (1e-4, 1e-12, 1e-24):
        times = {"t_start": t, "t_end": 20.0}
        total = ref.likelihood.pointwise_negative_log_likelihood(GAUSSIAN, BROWNIAN, PLACE, **times)
        decoder = ref.likelihood.reconstruction_at(GAUSSIAN, BROWNIAN, PLACE, t_start=t)
        constant = 0.5 * math.log(2 * math.pi * math.e * t)

        assert total == pytest.approx(exactly, abs=1e-14 * (1 + abs(math.log(t))))
        assert decoder == pytest.approx(constant, abs=3 * t)
        assert abs(total - decoder - exactly) > 1.0


@precisely
def test_p8_differences_of_nearby_snrs_and_their_logarithms_lose_digits() -> None:
    """1/(t - D) - 1/t: 8e-8 at D = 1e-9; D/(t (t - D)) none. -q - log(1 - q) is a second-order term in q."""
    noisy = 1.0
    clean = noisy - 1e-9
    exactly = (1 / arb(clean) - 1 / arb(noisy)) / 2
    # The steps of a table of 1000 equal logarithms of t lose as much where their ends are rounded.
    first, second = 0.7 - 1e-9, 0.7
    drop = 1.0 - first / second
    logs = (-arb(drop) - (1 - arb(drop)).log()) / 2

    assert relative(0.5 * (1 / first - 1 / second), (1 / arb(first) - 1 / arb(second)) / 2) > 1e-9
    assert relative(ref.elbo.diffusion_weight(BROWNIAN, clean=clean, noisy=noisy), exactly) < 1e-14
    assert relative(0.5 * (-drop - math.log1p(-drop)), logs) > 1e-9
    share = (arb(second) - arb(first)) / arb(second)
    gap = (-share - (1 - share).log()) / 2
    assert relative(ref.elbo.forward_variance_gap(BROWNIAN, clean=first, noisy=second), gap) < 1e-14


def test_p9_the_last_step_has_no_noise_to_compare_with() -> None:
    """At clean = 0 the bridge's variance is 0 and the KL infinite: chains end at t_1 and decode. An Euler step of the
    flow to 0 ends half way between z and the denoiser."""
    z, t = np.array([3.0]), 0.7
    denoised = ref.fields.denoiser(MIXTURE, BROWNIAN, z, t)

    assert ref.transitions.bridge_variance(BROWNIAN, clean=0.0, noisy=t) == 0.0
    with pytest.raises(ValueError, match="clean"):
        ref.likelihood.step_divergence_at(GAUSSIAN, BROWNIAN, PLACE, clean=0.0, noisy=t)
    with pytest.raises(ValueError, match="times"):
        ref.likelihood.chain_negative_log_likelihood(GAUSSIAN, BROWNIAN, PLACE, np.array([0.0, t]))
    velocity = ref.fields.velocity(MIXTURE, BROWNIAN, z, t)
    assert z - t * velocity == pytest.approx((z + denoised) / 2, rel=1e-14)
    assert abs(z - t * velocity - denoised)[0] > 0.1


@precisely
def test_p10_log_densities_of_much_noise_differ_inside_the_exponent() -> None:
    """Its value, log p_T(z) - log N(z; y, T), is of size 1/T, its two terms of size log T."""
    t = 1e8
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / math.sqrt(2 * math.pi)
    states = (PLACE + math.sqrt(t) * nodes[:, None])[:, :]
    marginal = MIXTURE.diffuse(1.0, math.sqrt(t)).log_prob(states)
    kernel = -0.5 * nodes**2 - 0.5 * math.log(2 * math.pi * t)
    with integrals.working_precision(128):
        seen = integrals.on_path("Brownian", [], "isotropic", [WEIGHTS, MEANS, VARIANCES], t)
        exactly = integrals.divergence(seen, 0.3)
    ours = ref.likelihood.divergence_at(MIXTURE, BROWNIAN, PLACE, t)

    assert relative(weights @ (kernel - marginal), exactly) > 1e-9
    assert float(ours) == pytest.approx(float(exactly.mid()), abs=1e-10)
