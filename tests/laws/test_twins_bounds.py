"""The arbiter's bounds and divergences: against each other by another route, against SciPy, and by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx
from scipy import integrate, stats

from properties.arbiter import bounds, decoders, generators, information, integrals, latent
from properties.arbiter.elbo import entropy
from properties.arbiter.integrals import working_precision
from properties.arbiter.linear_algebra import trace
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import Rectangular, lift, truth

PATH: list[Any] = ["VPLinear", [0.1, 20.0, 1.0]]
TIMES = [0.05, 0.2, 0.7]
DATA = ([1.0, -2.0], [[2.0, 0.5], [0.5, 0.25]])
MODEL = ([0.5, -1.0], [[1.0, -0.3], [-0.3, 3.0]])
LOADING = [[1.0, 0.5], [0.0, -2.0], [0.25, 1.0]]
ENCODER = ([0.5, -1.0], [[0.5, 0.1], [0.1, 0.3]])
DATA_OF_THREE = ([1.0, 0.0, -1.0], [[2.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 0.5]])
GAIN = [[0.5, -0.2, 0.1], [0.3, 0.4, 0.0]]


def close(first: Any, second: Any) -> bool:
    return bool(abs(first - second) < arb(10) ** -60)


def test_entries_of_a_matrix_move_by_themselves_or_by_its_norm() -> None:
    """Of the sum of squares: kappa = 2 sum W_ij^2 entrywise, 2 |W| sum |W_ij| normwise."""

    def squares(matrix: list[list[Any]]) -> Any:
        return sum((entry * entry for row in matrix for entry in row), arb(0))

    known = truth(squares, Rectangular([[3.0, 0.0], [0.0, 4.0]], 5.0))
    assert known.kappas == pytest.approx((50.0,))
    assert known.norm_kappas == pytest.approx((70.0,))


@precisely
def test_latent_bounds_are_expectations_of_log_densities() -> None:
    arguments = (*lift([[1.0, -0.5, 2.0], LOADING]), arb("0.3"), *lift(ENCODER))
    bound, gap = latent.latent_by_cubature(*arguments)

    assert close(latent.latent_elbo(*arguments), bound)
    assert close(latent.latent_elbo_gap(*arguments), gap)


@precisely
def test_latent_posterior_by_hand() -> None:
    """W = 2, s^2 = 1, x = 3: M = 5, mean 6/5, variance 1/5, marginal variance 5."""
    (mean,), ((variance,),) = latent.latent_posterior([arb(3)], [[arb(2)]], arb(1))
    _, ((marginal,),) = latent.latent_marginal([[arb(2)]], arb(1))

    assert close(mean, arb(6) / 5)
    assert close(variance, arb(1) / 5)
    assert close(marginal, 5)


@precisely
def test_linear_encoders_by_two_routes() -> None:
    mean, covariance, loading, gain, noise = lift([*DATA_OF_THREE, LOADING, GAIN, ENCODER[1]])
    encoder = (mean, covariance, gain, noise)
    whole = (mean, covariance, loading, arb("0.3"), gain, noise)
    divergence, bound = latent.encoder_by_cubature(*whole)
    z = [arb(1), arb(-2)]
    decoded = zip(
        latent.optimal_decoder_mean(*encoder, z), latent.optimal_decoder_mean_by_precision(*encoder, z), strict=True
    )

    assert close(latent.joint_divergence(*whole), divergence)
    assert close(latent.expected_latent_elbo(*whole), bound)
    assert close(latent.latent_information(*encoder), latent.latent_information_by_divergence(*encoder))
    assert all(close(a, b) for a, b in decoded)
    assert close(divergence + bound + entropy(covariance), 0)


@precisely
def test_hierarchies_by_two_routes_and_at_the_exact_encoder() -> None:
    x, gains, widths, back, spreads = lift(
        [[1.0, -2.0], [0.5, -0.8, 1.2], [0.3, 1.0, 0.2], [0.7, -0.9, 0.4], [0.5, 0.1, 2.0]]
    )
    value, evidence = latent.hierarchical_elbo_by_posterior(x, gains, widths, back, spreads)
    exact = latent.exact_encoder(back, spreads)

    assert close(latent.hierarchical_elbo(x, gains, widths, back, spreads), value)
    assert bool(value < evidence)
    assert close(latent.hierarchical_elbo(x, *exact, back, spreads), evidence)


def test_a_hierarchy_of_one_level_by_scipy() -> None:
    a, v, b, w, x = 0.6, 0.4, 0.9, 0.7, 1.3
    encoder, decoder = stats.norm(a * x, math.sqrt(v)), math.sqrt(w)

    def integrand(z: float) -> float:
        log = stats.norm.logpdf(x, b * z, decoder) + stats.norm.logpdf(z) - encoder.logpdf(z)
        return float(encoder.pdf(z) * log)

    expected, _ = integrate.quad(integrand, -12.0, 12.0, epsabs=1e-13)
    assert float(latent.hierarchical_elbo(*lift([[x], [a], [v], [b], [w]]))) == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("variance", ["optimal", "bridge", "forward"])
@precisely
def test_generators_by_joint_laws_by_kernels_and_by_steps(variance: str) -> None:
    path, times, data, model = (lift(value) for value in (PATH, TIMES, DATA, MODEL))
    arguments = (path, times, *data, *model, lift([0.25, -1.5]), variance)
    joint = generators.model_bounds(*arguments)
    steps = generators.step_divergences(path, times, *data, *model, variance)

    assert all(close(a, b) for a, b in zip(joint, generators.expected_bounds(*arguments), strict=True))
    assert close(sum(steps[1:], steps[0]), joint[0])
    assert close(generators.model_bound_at(path, times, *model, lift([0.25, -1.5]), variance), joint[2])
    assert close(generators.model_negative_elbo(path, times, *data, *model, variance), joint[1])


@precisely
def test_a_generator_of_exact_steps_forgets_its_grid() -> None:
    path, times, model = (lift(value) for value in (PATH, TIMES, MODEL))
    mean, covariance = generators.model_law(path, times, *model, "optimal")
    mixed = generators.posterior_under_prior(path, times[-1], *model)

    assert all(close(a, b) for a, b in zip(mean, mixed[0], strict=True))
    assert all(
        close(a, b) for row, other in zip(covariance, mixed[1], strict=True) for a, b in zip(row, other, strict=True)
    )


@precisely
def test_the_continuous_bound_by_two_routes() -> None:
    path, (clean, _, noisy), (mean, covariance) = (lift(value) for value in (PATH, TIMES, DATA))
    loss = bounds.continuous_diffusion_loss(path, clean, noisy, covariance)
    step = arb(2) ** -90
    after, before = (bounds.mutual_information(path, noisy + side * step, covariance) for side in (1, -1))

    assert abs(loss - bounds.continuous_loss_by_quadrature(path, clean, noisy, covariance)) < 1e-19
    assert abs(bounds.continuous_diffusion_rate(path, noisy, covariance) - (before - after) / (2 * step)) < 1e-50
    assert close(
        bounds.continuous_negative_elbo(path, noisy, mean, covariance),
        bounds.continuous_negative_elbo_by_terms(path, clean, noisy, mean, covariance),
    )
    assert close(
        bounds.mutual_information(path, noisy, covariance),
        bounds.mutual_information_by_entropies(path, noisy, covariance),
    )


@precisely
def test_the_reverse_step_by_bayes_has_the_optimal_variance() -> None:
    path, (clean, _, noisy), (_, covariance) = (lift(value) for value in (PATH, TIMES, DATA))
    by_bayes = trace(bounds.reversed_step_covariance(path, clean, noisy, covariance)) / 2

    assert close(bounds.optimal_step_variance(path, clean, noisy, covariance), by_bayes)


@precisely
def test_step_terms_are_their_printed_forms() -> None:
    """M9: D(x_0, D)/(2 t^2) and 1/2 (-q - log(1 - q)), q = D/t, on Brownian motion."""
    path, clean, noisy = ["Brownian", []], arb("0.75"), arb(1)
    x0, denoised = [arb(1), arb(2)], [arb(0), arb("0.5")]
    share = (noisy - clean) / noisy

    assert close(bounds.forward_variance_term_at(path, clean, noisy, x0, denoised), share * arb("3.25") / (2 * noisy))
    assert close(bounds.forward_variance_gap(path, clean, noisy), (-share - (1 - share).log()) / 2)


@pytest.mark.parametrize("weight", ["time", "snr"])
def test_equal_steps_by_digamma_and_in_the_limit(weight: str) -> None:
    previous, ctx.prec = ctx.prec, 1500
    try:
        summed = bounds.equal_step_entropy(arb("0.1"), [[arb("1.3")]], 40, weight)
        closed = bounds.equal_step_entropy_on_the_line(arb("0.1"), arb("1.3"), 40, weight)
        # Steps of 2^-200 of the variance, to 2^400 variances.
        limit = bounds.equal_step_entropy_on_the_line(arb(2) ** -200, arb(1), arb(2) ** 600, weight)
        defect = limit - entropy([[arb(1)]])

        assert abs(summed - closed) < 1e-300
        assert abs(defect - bounds.equal_step_defect(weight)) < arb(2) ** -190
    finally:
        ctx.prec = previous


def test_the_defects_are_the_catalogue_s() -> None:
    assert float(bounds.equal_step_defect("time")) == pytest.approx(-0.211392, abs=1e-6)
    assert float(bounds.equal_step_defect("snr")) == pytest.approx(0.288608, abs=1e-6)


@precisely
def test_decoders_by_scipy_and_in_sum() -> None:
    mean, deviation, levels = arb("0.1"), arb("0.02"), 16
    logs = [decoders.discretized_gaussian_log_prob([level], [mean], [deviation], levels) for level in range(levels)]
    edge = 2.0 * 7.5 / 15.0 - 1.0
    by_scipy = stats.norm.cdf(edge + 2.0 / 15.0, 0.1, 0.02) - stats.norm.cdf(edge, 0.1, 0.02)
    softmax = [decoders.vdm_decoder_log_prob([level], [arb("0.3")], arb(-2), levels) for level in range(levels)]

    assert close(sum((log.exp() for log in logs), arb(0)), 1)
    assert close(sum((log.exp() for log in softmax), arb(0)), 1)
    assert float(logs[8].exp()) == pytest.approx(by_scipy, rel=1e-12)
    assert close(softmax[3], decoders.vdm_decoder_by_bayes([3], [arb("0.3")], arb(-2), levels))


def test_bins_by_scipy() -> None:
    weights, means, variances = [0.3, 0.7], [-1.0, 1.0], [0.3, 2.0]
    parameters = lift([weights, [[m] for m in means], [[[v]] for v in variances]])

    def density(x: float) -> float:
        return sum(w * stats.norm.pdf(x, m, math.sqrt(v)) for w, m, v in zip(weights, means, variances, strict=True))

    mass, _ = integrate.quad(density, 0.2, 0.9, epsabs=1e-14)
    mean, _ = integrate.quad(lambda x: math.log(density(x)) / 0.7, 0.2, 0.9, epsabs=1e-13)
    lower, width = arb("0.2"), arb("0.7")

    assert float(decoders.bin_log_prob("mixture", parameters, lower, width)) == pytest.approx(math.log(mass), abs=1e-12)
    dequantized = float(decoders.dequantized_log_prob("mixture", parameters, lower, width))
    assert dequantized == pytest.approx(mean + math.log(0.7), abs=1e-11)
    assert dequantized < math.log(mass)


@pytest.mark.parametrize(
    ("first", "second"), [((0.0, 1.0), (1.0, 1.0)), ((0.0, 1.0), (0.0, 2.0)), ((3.0, 0.2), (-1.0, 4.0))]
)
@precisely
def test_total_variation_by_two_routes(first: tuple[float, float], second: tuple[float, float]) -> None:
    (m, v), (n, w) = lift(list(first)), lift(list(second))
    closed = information.total_variation([m], [[v]], [n], [[w]])

    assert abs(closed - information.total_variation_by_quadrature(m, v, n, w)) < 1e-15
    if first[1] == second[1]:
        assert close(closed, information.total_variation_of_shift([m], [[v]], [n]))
        assert float(closed) == pytest.approx(2.0 * stats.norm.cdf(0.5) - 1.0, rel=1e-14)


def test_information_on_the_line_is_the_catalogue_s() -> None:
    """The golden mixture at Brownian times .05, 1 and 20 (M18)."""
    parameters = [[0.35, 0.65], [[-1.5], [1.0]], [[[0.16]], [[0.49]]]]
    golden = {0.05: 1.6225152755563118386, 1.0: 0.5006885716060112294, 20.0: 0.043002092242404076212}
    with working_precision():
        for t, value in golden.items():
            seen = integrals.on_path("Brownian", [], "mixture", parameters, t)
            assert float(integrals.information(seen)) == pytest.approx(value, abs=1e-12)


def test_jensen_shannon_by_scipy() -> None:
    with working_precision():
        p, q = (integrals.line("gaussian", lift([[m], [[v]]]), arb(1), arb(0)) for m, v in ((0.0, 1.0), (1.5, 0.5)))
        exact = float(information.jensen_shannon_divergence(p, q))
    first, second = stats.norm(0.0, 1.0), stats.norm(1.5, math.sqrt(0.5))

    def integrand(x: float) -> float:
        a, b = first.pdf(x), second.pdf(x)
        return float(0.5 * (a * np.log(2.0 * a / (a + b)) + b * np.log(2.0 * b / (a + b))))

    expected, _ = integrate.quad(integrand, -10.0, 10.0, epsabs=1e-13)
    assert exact == pytest.approx(expected, abs=1e-11)
