"""The arbiter's likelihood integrals: what they must add up to, and numbers from another quadrature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import arb, arb_mat

from properties.arbiter import conditional, integrals, nonvariational
from properties.arbiter.linear_algebra import cholesky, transpose
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import lift

NAME = "VPLinear"
MIXTURE = [[0.35, 0.65], [[-1.5], [1.0]], [0.16, 0.49]]


def path() -> list[Any]:
    return [arb("0.1"), arb(20), arb(1)]


def law() -> tuple[list[Any], list[list[Any]]]:
    return [arb(1), arb(-2)], [[arb(2), arb("0.5")], [arb("0.5"), arb("0.25")]]


X0 = [0.75, -1.5]


@precisely
def test_reconstruction_and_divergence_are_the_likelihood() -> None:
    """N = 1 of the chain: KL_y(t) + E[-log p(x_0|x_t)] = -log p(x_0), and every step is what KL_y gains."""
    mean, covariance = law()
    x0, (clean, noisy) = lift(X0), (arb("0.2"), arb("0.7"))
    before, after, decoder, _ = nonvariational.pieces(NAME, path(), mean, covariance, x0, clean, noisy)
    step = nonvariational.expected_step(NAME, path(), mean, covariance, x0, clean, noisy)

    assert abs(before + decoder - nonvariational.negative_log_likelihood(mean, covariance, x0)) < 1e-60
    assert abs(step - (before - after)) < 1e-60


@precisely
def test_smoothed_likelihood_is_the_divergence_and_the_entropy_of_the_noise() -> None:
    mean, covariance = law()
    x0, t = lift(X0), arb("0.3")
    divergence, _, _, entropy = nonvariational.pieces(NAME, path(), mean, covariance, x0, t, arb("0.7"))

    assert abs(divergence + entropy - nonvariational.smoothed(NAME, path(), mean, covariance, x0, t)) < 1e-60


@precisely
def test_rates_are_derivatives() -> None:
    mean, covariance = law()
    x0, t, h = lift(X0), arb("0.3"), arb(10) ** -20
    ends = [nonvariational.at_a_level(NAME, path(), mean, covariance, x0, t + sign * h) for sign in (1, -1)]
    rate = nonvariational.at_a_level(NAME, path(), mean, covariance, x0, t)[2]
    informations = [nonvariational.information(NAME, path(), covariance, t + sign * h) for sign in (1, -1)]
    averaged = nonvariational.averaged(NAME, path(), covariance, t)[0]

    assert abs((ends[0][1] - ends[1][1]) / (2 * h) - rate) < 1e-30
    assert abs((informations[0] - informations[1]) / (2 * h) - averaged) < 1e-30


@precisely
def test_averages_over_the_data() -> None:
    """At 2 d points that are exact for squares the pointwise twins average to the averaged ones."""
    mean, covariance = law()
    t, root = arb("0.3"), transpose(cholesky(covariance))
    steps = [[sign * arb(2).sqrt() * entry for entry in column] for column in root for sign in (1, -1)]
    points = [[a + b for a, b in zip(mean, step, strict=True)] for step in steps]
    rows = [nonvariational.at_a_level(NAME, path(), mean, covariance, point, t) for point in points]
    means = [sum((row[k] for row in rows), arb(0)) / 4 for k in range(5)]
    rate, entropy = nonvariational.averaged(NAME, path(), covariance, t)

    assert abs(means[2] - rate) < 1e-60
    assert abs(means[3] - entropy) < 1e-60
    assert means[4] > entropy, "Gibbs: no surrogate decoder is better on average"


@precisely
def test_the_chain_is_the_likelihood_and_a_path_too() -> None:
    mean, covariance = law()
    x0, times = lift(X0), [arb("0.1"), arb("0.2"), arb("0.7")]
    exactly = nonvariational.negative_log_likelihood(mean, covariance, x0)
    chain = nonvariational.chain_pieces(NAME, path(), mean, covariance, x0, times)
    states = lift([[1.0, 2.0], [-3.0, 0.5], [0.25, 0.0]])
    pieces = nonvariational.path_pieces(NAME, path(), "gaussian", [mean, covariance], x0, states, times)
    own, marginals, terms = pieces[0], pieces[1:4], pieces[7:]
    forward, bridges, last = terms[1::2], terms[2::2], terms[0]
    # P(z_N) prod P(z_(i-1)|z_i) P(y|z_1) over P(z_N|y) prod P(z_(i-1)|z_i, y), each by Bayes' rule.
    first = nonvariational.path_pieces(NAME, path(), "gaussian", [mean, covariance], x0, states[:1], times[:1])[3]
    model = marginals[-1] + sum(
        (marginals[i] + step - marginals[i + 1] for i, step in enumerate(forward)), arb(0)
    ) + (own + first - marginals[0])  # fmt: skip

    assert abs(sum(chain, arb(0)) - exactly) < 1e-60
    assert abs(model - last - sum(bridges, arb(0)) + exactly) < 1e-60


@precisely
def test_renormalized_integrand_is_the_rate_of_a_difference() -> None:
    """mse/t^2 - d c/(t (t + c)) is the derivative of -2 KL_y(t) - d log(t/(t + c)) in Brownian time."""
    mean, covariance = law()
    x0, t, c, h = lift(X0), arb("0.3"), arb("1.7"), arb(10) ** -20

    def primitive(time: Any) -> Any:
        divergence = nonvariational.at_a_level("Brownian", [], mean, covariance, x0, time)[1]
        return -2 * divergence - 2 * (time / (time + c)).log()

    integrand = nonvariational.renormalized(mean, covariance, x0, t, c)[0]

    assert abs((primitive(t + h) - primitive(t - h)) / (2 * h) - integrand) < 1e-30


@precisely
def test_tails_and_small_noise_are_leading_terms() -> None:
    """What is left falls as T^-3 at much noise and as T^2 at little."""
    mean, covariance = law()
    x0, data = lift(X0), [mean, covariance]
    exactly = nonvariational.negative_log_likelihood(mean, covariance, x0)
    left, right = [], []
    for t in (arb(10) ** 8, 2 * arb(10) ** 8):
        row = nonvariational.at_a_level("Brownian", [], mean, covariance, x0, t)
        left.append(row[1] - nonvariational.tails("Brownian", [], "gaussian", data, x0, t)[0])
    for t in (arb(10) ** -8, 2 * arb(10) ** -8):
        bias = nonvariational.small_noise("Brownian", [], "gaussian", data, x0, t)[0]
        right.append(nonvariational.smoothed("Brownian", [], mean, covariance, x0, t) - exactly - bias)

    assert abs(left[0] / left[1] - 8) < 1e-6
    assert abs(right[1] / right[0] - 4) < 1e-6


@precisely
def test_conditional_law_is_the_schur_complement() -> None:
    covariance = lift([[2.0, 0.5, 0.25], [0.5, 1.0, -0.25], [0.25, -0.25, 0.5]])
    mean, observed = lift([1.0, 2.0, 3.0]), lift([2.5])
    conditional_mean, entries = conditional.law(2, mean, covariance, observed)
    column, variance = arb_mat([[covariance[0][2]], [covariance[1][2]]]), covariance[2][2]
    complement = arb_mat([row[:2] for row in covariance[:2]]) - column * column.transpose() * (1 / variance)
    information = conditional.information(2, covariance)
    whole = conditional.information_integral("EDM", [], 2, covariance, arb(10) ** -9, arb(10) ** 9)

    assert all(abs(a - b) < 1e-60 for a, b in zip(entries, complement.entries(), strict=True))
    assert abs(conditional_mean[0] - (1 + arb("0.25") * arb("-0.5") / arb("0.5"))) < 1e-60
    assert (
        abs(
            information
            - (variance / (arb_mat(covariance).det() / arb_mat([r[:2] for r in covariance[:2]]).det())).log() / 2
        )
        < 1e-60
    )
    assert abs(whole - information) < 1e-15


@pytest.mark.parametrize(("alpha", "sigma"), [(1.0, 0.2), (0.8, 0.6), (0.1, 2.0)])
def test_enclosures_of_one_component_are_closed_forms(alpha: float, sigma: float) -> None:
    mean, variance, x0 = 0.5, 1.5, -0.75
    with integrals.working_precision():
        seen = integrals.line("gaussian", [[arb(mean)], [[arb(variance)]]], arb(alpha), arb(sigma))
        found = [
            float(function(seen, x0).mid())
            for function in (integrals.mean_squared_error, integrals.divergence, integrals.reconstruction)
        ]
        surrogate = float(integrals.posterior_surrogate(seen, x0).mid())
        floor, information = (
            float(function(seen).mid()) for function in (integrals.minimum_mean_squared_error, integrals.information)
        )
    level = nonvariational.Level(arb(alpha), arb(sigma), arb_mat([[arb(variance)]]))
    offset = arb_mat([[arb(x0) - arb(mean)]])
    closed = [
        nonvariational.mean_squared_error(level, offset),
        nonvariational.divergence(level, offset),
        nonvariational.surrogate(level, offset, level.posterior),
    ]

    assert found == pytest.approx([float(value) for value in closed], rel=1e-12)
    assert surrogate == pytest.approx(found[2], rel=1e-12)
    assert floor == pytest.approx(float(level.posterior[0, 0]), rel=1e-12)
    assert information == pytest.approx(0.5 * np.log1p(variance * (alpha / sigma) ** 2), rel=1e-11)


def test_enclosures_of_a_mixture_by_gauss_hermite() -> None:
    """NumPy's Gauss-Hermite rule of 200 nodes, for a mixture whose components overlap."""
    alpha, sigma, x0 = 0.8, 0.9, 0.3
    nodes, weights = np.polynomial.hermite_e.hermegauss(180)
    weights = weights / np.sqrt(2 * np.pi)
    shares, means, variances = (np.array(part).ravel() for part in MIXTURE)
    x = (alpha * x0 + sigma * nodes)[:, None]
    marginal = alpha**2 * variances + sigma**2
    masses = shares * np.exp(-0.5 * (x - alpha * means) ** 2 / marginal) / np.sqrt(2 * np.pi * marginal)
    posterior, inner = masses / masses.sum(axis=1, keepdims=True), variances * sigma**2 / marginal
    denoised = means + alpha * variances / marginal * (x - alpha * means)
    decoder = (posterior * np.exp(-0.5 * (x0 - denoised) ** 2 / inner) / np.sqrt(2 * np.pi * inner)).sum(axis=1)
    mean = (posterior * denoised).sum(axis=1)
    variance = (posterior * (inner + denoised**2)).sum(axis=1) - mean**2
    expected = [
        weights @ (x0 - mean) ** 2,
        weights @ (-0.5 * nodes**2 - np.log(sigma * np.sqrt(2 * np.pi)) - np.log(masses.sum(axis=1))),
        weights @ -np.log(decoder),
        weights @ (0.5 * np.log(2 * np.pi * variance) + 0.5 * (x0 - mean) ** 2 / variance),
        weights @ -np.log(masses.sum(axis=1)),
    ]
    with integrals.working_precision():
        seen = integrals.line("isotropic", lift(MIXTURE), arb(alpha), arb(sigma))
        found = [
            float(function(seen, x0).mid())
            for function in (
                integrals.mean_squared_error,
                integrals.divergence,
                integrals.reconstruction,
                integrals.posterior_surrogate,
                integrals.smoothed,
            )
        ]

    assert found == pytest.approx(expected, rel=1e-10)


def test_divergence_of_two_mixtures_falls_with_the_noise() -> None:
    """KL(p_t || q_t) of a law from itself is 0, and of another falls as the noise grows."""
    other = [[0.5, 0.5], [[-1.0], [1.0]], [0.25, 0.25]]
    with integrals.working_precision():
        pairs = [
            [integrals.line("isotropic", lift(parameters), arb(1), arb(sigma)) for parameters in (MIXTURE, other)]
            for sigma in (0.5, 2.0)
        ]
        itself = integrals.cross_divergence(pairs[0][0], pairs[0][0])
        near, far = (float(integrals.cross_divergence(*pair).mid()) for pair in pairs)

    assert abs(float(itself.mid())) < 1e-12
    assert near > far > 0.0
