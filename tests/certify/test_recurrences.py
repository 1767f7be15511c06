"""The recurrences against exact identities and against their orders: they judge others, so they are judged first."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import reference as ref
from certify.noise import Noise, random_values
from certify.oracles import GAUSSIAN, MIXTURE, POINT_MASS, AnalyticGaussian
from certify.probe import plain_run, probe
from certify.recurrences import (
    DenoiserData,
    DPMSolver,
    Level,
    ancestral,
    chain,
    ddim,
    euler,
    euler_ancestral,
    exponential_moments,
    heun,
    kernel_deficit,
)
from certify.sampler_laws.order import graded_half_log_snr, map_errors, measured_order, uniform_half_log_snr

DATA = AnalyticGaussian(mean=(0.4, -0.7), variances=(1.44, 0.09), angle=0.6)


def preserving(half_log_snr):
    """Variance-preserving levels."""
    return [Level(1 / np.sqrt(1 + np.exp(-2 * x)), 1 / np.sqrt(1 + np.exp(2 * x))) for x in half_log_snr]


def exploding(half_log_snr):
    return [Level(1.0, float(np.exp(-x))) for x in half_log_snr]


def read(recurrence, levels, data=DATA, **options):
    return probe(plain_run(recurrence, data=data, moves=chain(levels), **options), dimension=2, checks=False)


def solver(count, order, **options):
    return DPMSolver(orders=tuple(min(order, index + 1) for index in range(count)), **options)


COARSE = preserving(np.linspace(-2.0, 2.0, 9))
COARSE_EXPLODING = exploding(np.linspace(-2.0, 2.0, 9))


def test_ddim_shrinks_by_the_cosine_of_its_angle():
    """P60: sqrt(V'/V) cos(phi' - phi) in each eigendirection, tan phi = sigma / (alpha sqrt S)."""
    found = read(ddim, COARSE)
    expected = np.ones(2)
    for noisy, clean in chain(COARSE):
        angles = [np.arctan2(level.sigma, level.alpha * np.sqrt(DATA.variances)) for level in (noisy, clean)]
        ratio = DATA.marginal_variances(*clean) / DATA.marginal_variances(*noisy)
        expected = expected * np.sqrt(ratio) * np.cos(angles[1] - angles[0])

    assert_allclose(DATA.basis.T @ found.matrix @ DATA.basis, np.diag(expected), atol=1e-14)


def test_euler_has_its_closed_form_and_ends_on_the_denoiser():
    """P61: (S + sigma sigma') / (S + sigma^2), and output variance S^2 / (S + sigma_min^2) at sigma' = 0."""
    found = read(euler, [Level(1.0, 0.3), Level(1.0, 0.0)])
    variances = np.asarray(DATA.variances)
    covariance = found.covariance(DATA.marginal_covariance(1.0, 0.3))

    assert_allclose(np.diag(DATA.basis.T @ found.matrix @ DATA.basis), variances / (variances + 0.09), rtol=1e-14)
    assert_allclose(np.diag(DATA.basis.T @ covariance @ DATA.basis), variances**2 / (variances + 0.09), rtol=1e-14)


def same(first, second, tolerance=1e-13):
    assert_allclose(first.matrix, second.matrix, atol=tolerance)
    assert_allclose(first.offset, second.offset, atol=tolerance)
    assert_allclose(first.noise_covariance, second.noise_covariance, atol=tolerance)


def test_equalities_of_first_order_methods():
    """P65: eta = 1 is ancestral and SDE-DPM-Solver++1; eta = 0 is DPM-Solver-1 and ++1, and Euler in sigma/alpha."""
    same(read(ddim, COARSE, eta=1.0), read(ancestral, COARSE))
    same(read(ddim, COARSE, eta=1.0), read(solver(8, 1, stochastic=True), COARSE))
    same(read(ddim, COARSE), read(solver(8, 1), COARSE))
    same(read(ddim, COARSE), read(solver(8, 1, form="noise"), COARSE))
    scaled = read(euler, COARSE_EXPLODING)
    preserved = read(ddim, COARSE)
    assert_allclose(preserved.matrix / COARSE[-1].alpha * COARSE[0].alpha, scaled.matrix, atol=1e-13)


def test_ancestral_euler_is_the_ancestral_step_of_its_levels():
    same(read(euler_ancestral, COARSE_EXPLODING), read(ancestral, COARSE_EXPLODING))


def test_eta_in_between_is_not_the_sde_family():
    """P66: DDIM at eta = 1/2 adds another noise than the reverse SDE of that strength."""
    half = read(ddim, COARSE[:2], eta=0.5).noise_covariance[0, 0]
    h = COARSE[1].half_log_snr - COARSE[0].half_log_snr

    assert abs(half - COARSE[1].sigma ** 2 * -np.expm1(-h)) > 0.01


def test_2m_is_linear_extrapolation_to_the_middle():
    """P72 on a network that answers half log-SNR: both rules see u exactly, only "exact" integrates it exactly."""
    data = DenoiserData(lambda x, alpha, sigma: np.full_like(x, np.log(alpha / sigma)), 2)
    lambdas = [0.0, 0.4, 0.9]
    alpha, sigma = preserving(lambdas)[-1]
    h, start = 0.5, np.zeros((1, 2))
    first = sigma / preserving(lambdas)[1].sigma * 0.0
    before = -preserving(lambdas)[1].alpha * np.expm1(-0.4) * 0.0
    points = (np.arange(4000) + 0.5) * h / 4000
    integral = alpha * np.sum(np.exp(-(h - points)) * (0.4 + points)) * h / 4000
    for rule, expected in (("midpoint", -alpha * np.expm1(-h) * (0.4 + h / 2)), ("exact", integral)):
        run = plain_run(solver(2, 2, rule=rule), data=data, moves=chain(preserving(lambdas)))
        end = run(start, Noise(random_values(0))).end

        assert_allclose(end, first + before + expected, rtol=1e-8)


def test_a_point_mass_is_carried_exactly_by_every_update():
    """With D constant every consistent update keeps alpha c + sigma eps, at any step size."""
    start, end = COARSE[0], COARSE[-1]
    for recurrence in (ddim, solver(8, 2), solver(8, 3, rule="exact"), solver(8, 2, stochastic=True), ancestral):
        found = read(recurrence, COARSE, data=POINT_MASS)
        assert_allclose(found.mean(start.alpha * np.array(POINT_MASS.mean)), end.alpha * np.array(POINT_MASS.mean))
        assert_allclose(found.covariance(start.sigma**2 * np.eye(2)), end.sigma**2 * np.eye(2), atol=1e-14)


def test_moments_are_integrals():
    points = (np.arange(20000) + 0.5) * 0.7 / 20000
    for rate in (2.0, -1.0):
        sums = [float(np.sum(np.exp(-rate * (0.7 - points)) * points**j)) * 0.7 / 20000 for j in range(3)]
        assert_allclose(exponential_moments(rate, 0.7), sums, rtol=1e-8)
    assert_allclose(exponential_moments(2.0, 15.0)[0], -np.expm1(-30.0) / 2.0, rtol=1e-13)


def test_the_deficit_is_the_relative_kernel_variance():
    noisy, clean = preserving([-0.3, 0.4])
    variance = noisy.sigma**2 - (noisy.alpha / clean.alpha) ** 2 * clean.sigma**2

    assert_allclose(kernel_deficit(noisy, clean), variance / noisy.sigma**2, rtol=1e-14)
    assert kernel_deficit(noisy, Level(1.0, 0.0)) == 1.0


ORDERS = [
    ("ddim", lambda count: ddim, preserving, 0.0, 1, False),
    ("ancestral", lambda count: ancestral, preserving, 1.0, 1, False),
    ("euler", lambda count: euler, exploding, 0.0, 1, False),
    ("heun", lambda count: heun, exploding, 0.0, 2, False),
    ("2M", lambda count: solver(count, 2), preserving, 0.0, 2, False),
    ("noise form 2M", lambda count: solver(count, 2, form="noise"), preserving, 0.0, 2, False),
    ("SDE-2M", lambda count: solver(count, 2, stochastic=True), preserving, 1.0, 2, False),
    ("3M cold", lambda count: solver(count, 3), preserving, 0.0, 2, False),
    ("3M graded", lambda count: solver(count, 3), preserving, 0.0, 3, True),
    ("noise form 3M graded", lambda count: solver(count, 3, form="noise"), preserving, 0.0, 3, True),
]


@pytest.mark.parametrize(
    ("make", "path", "level", "order", "graded"), [row[1:] for row in ORDERS], ids=[r[0] for r in ORDERS]
)
def test_orders(make, path, level, order, graded):
    """P69 to P73, P79: and the start-up caps the cold third order at 2."""
    errors = []
    for count in (40, 80, 160):
        levels = path((graded_half_log_snr if graded else uniform_half_log_snr)(count))
        found = read(make(len(levels) - 1), levels, data=GAUSSIAN)
        errors.append(map_errors(found, levels[0], levels[-1], level)["covariance"])

    assert measured_order(errors, 1e-12) == pytest.approx(order, abs=0.25)


def test_the_oracles_agree_with_the_reference():
    """The judge's own Gaussian and mixture are those of `reference`, at a noisy and at a clean level."""
    x = np.random.default_rng(0).standard_normal((5, 2))
    covariance = GAUSSIAN.marginal_covariance(1.0, 0.0)
    gaussian = ref.Gaussian(np.array(GAUSSIAN.mean), 0.5 * (covariance + covariance.T))
    means, variances = np.array(MIXTURE.means)[:, None], np.array(MIXTURE.variances)
    mixture = ref.GaussianMixture.isotropic(np.array(MIXTURE.weights), means, variances)
    for alpha, sigma in preserving([-2.0, 2.0]):
        for ours, theirs, points in ((GAUSSIAN, gaussian, x), (MIXTURE, mixture, x[:, :1])):
            assert_allclose(
                ours.denoiser(points, alpha, sigma), theirs.posterior(points, alpha, sigma).mean, rtol=1e-10
            )
            score = theirs.diffuse(alpha, sigma).score(points)
            assert_allclose(ours.noise(points, alpha, sigma), -sigma * score, rtol=1e-9)


def test_quantiles_invert_the_distribution():
    probabilities = np.array([1e-12, 0.02, 0.5, 0.98, 1 - 1e-12])
    for level in preserving([-2.0, 0.0, 2.0]):
        points = MIXTURE.quantiles(probabilities, *level)
        assert_allclose(MIXTURE.distribution(points, *level), probabilities, rtol=1e-11)
