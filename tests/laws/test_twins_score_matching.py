"""The arbiter's score matching: losses as sums of squares, adjoints as integrals, chains step by step."""

from __future__ import annotations

from typing import Any

import pytest
from flint import acb, arb, arb_mat

from properties.arbiter import distributions, langevin, score_matching
from properties.arbiter.divergences import cubature_points
from properties.arbiter.linear_algebra import dot, matvec, solve, vector_add, vector_scale, vector_subtract
from properties.arbiter.measured import precisely


def setting() -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Mean and covariance of a Gaussian in the plane, matrix and offset of a model."""
    covariance = [[arb(2), arb("0.5")], [arb("0.5"), arb("0.25")]]
    matrix = [[arb("-0.7"), arb("0.2")], [arb("0.1"), arb("-1.5")]]
    return [arb(1), arb(-2)], covariance, matrix, [arb("0.3"), arb("-0.2")]


def line() -> list[Any]:
    return [[arb("0.35"), arb("0.65")], [[arb("-1.5")], [arb(1)]], [arb("0.16"), arb("0.49")]]


@precisely
def test_losses_are_averages_over_cubature_points() -> None:
    mean, covariance, matrix, offset = setting()
    points = cubature_points(mean, covariance)
    explicit = implicit = arb(0)
    for x in points:
        value = vector_add(matvec(matrix, x), offset)
        gap = vector_subtract(value, solve(covariance, vector_subtract(mean, x)))
        explicit += dot(gap, gap) / (2 * len(points))
        implicit += score_matching.implicit_loss_at(value, matrix[0][0] + matrix[1][1]) / len(points)
    model = (matrix, offset)

    assert abs(explicit - score_matching.explicit_score_matching(arb(1), arb(0), mean, covariance, *model)) < 1e-80
    found = score_matching.implicit_score_matching("gaussian", [mean, covariance], arb(1), arb(0), *model)
    assert abs(implicit - found) < 1e-80


@precisely
def test_denoising_loss_is_an_average_over_data_and_noise() -> None:
    mean, covariance, matrix, offset = setting()
    sigma = arb("0.6")
    joint = [[*covariance[0], arb(0), arb(0)], [*covariance[1], arb(0), arb(0)]]
    joint += [[arb(0), arb(0), arb(1), arb(0)], [arb(0), arb(0), arb(0), arb(1)]]
    points = cubature_points([*mean, arb(0), arb(0)], joint)
    total = arb(0)
    for point in points:
        x = vector_add(point[:2], vector_scale(sigma, point[2:]))
        value = vector_add(matvec(matrix, x), offset)
        total += score_matching.denoising_loss_at(value, point[2:], sigma) / len(points)
    found = score_matching.denoising_score_matching("EDM", [], "gaussian", [mean, covariance], matrix, offset, sigma)

    assert abs(found - total) < 1e-80


@pytest.mark.parametrize(("probe", "diagonal"), [("rademacher", 0), ("gaussian", 1)])
@precisely
def test_hutchinson_variance_has_the_catalogues_form(probe: str, diagonal: int) -> None:
    matrix = [[arb(3), arb(1), arb(-2)], [arb("0.5"), arb(-1), arb(4)], [arb(0), arb(2), arb("0.25")]]
    symmetric = [[(matrix[i][j] + matrix[j][i]) / 2 for j in range(3)] for i in range(3)]
    square = sum((dot(row, row) for row in symmetric), arb(0))
    own = sum((matrix[i][i] ** 2 for i in range(3)), arb(0))

    assert abs(score_matching.hutchinson_variance(matrix, probe) - 2 * (square - (1 - diagonal) * own)) < 1e-80


@precisely
def test_operators_and_adjoints_agree_under_the_integral() -> None:
    """Int (x p + sigma^2 p') g = int p (x g - sigma^2 g') for a bent g, and int p' g = -int p g'."""
    sigma = arb("0.6")
    parts = [(w, m[0], v + sigma**2) for w, m, v in zip(*line(), strict=True)]

    def fields(x: Any) -> tuple[Any, Any, Any, Any]:
        p = slope = acb(0)
        for weight, mean, variance in parts:
            term = weight * (-((x - mean) ** 2) / (2 * variance)).exp() / (2 * arb.pi() * variance).sqrt()
            p, slope = p + term, slope - (x - mean) / variance * term
        return p, slope, x.sin(), x.cos()

    def difference(x: Any, _: bool) -> Any:
        p, slope, g, bend = fields(x)
        target = p * score_matching.denoiser_target([x], [slope / p], sigma)[0]
        return target * g - p * score_matching.denoiser_adjoint([x], [g], bend, sigma)

    def parts_of_gradient(x: Any, _: bool) -> Any:
        p, slope, g, bend = fields(x)
        return slope * g + p * bend

    for integrand in (difference, parts_of_gradient):
        total = acb.integral(integrand, arb(-16), arb(16), rel_tol=arb(2) ** -80, abs_tol=arb(2) ** -80).real
        assert abs(total) < 1e-18


@precisely
def test_sure_is_unbiased_for_a_bent_denoiser() -> None:
    """Int phi(z) [SURE(x + sigma z) - (D - x)^2] dz = 0 for D = sin y."""
    x, sigma = arb("0.7"), arb("1.3")

    def integrand(z: Any, _: bool) -> Any:
        y = x + sigma * z
        risk = score_matching.sure([y.sin()], [y], y.cos(), sigma)
        return (risk - (y.sin() - x) ** 2) * (-z * z / 2).exp()

    assert abs(acb.integral(integrand, arb(-16), arb(16), abs_tol=arb(2) ** -80).real) < 1e-18


@precisely
def test_energy_gradients_are_slopes() -> None:
    mean, covariance, *_ = setting()
    closed = score_matching.energy_gradients(
        "isotropic", [line()[0], [[arb(1), arb(2)], [arb(-1), arb(0)]], line()[2]], mean, covariance
    )
    slopes = score_matching.energy_slopes(
        "isotropic", [line()[0], [[arb(1), arb(2)], [arb(-1), arb(0)]], line()[2]], mean, covariance
    )
    flat = [*slopes[0], *slopes[1][0], *slopes[1][1]]

    for first, second in zip([*closed[0], *closed[1]], flat, strict=True):
        assert abs(first - second) < 1e-30


@precisely
def test_chains_step_by_step() -> None:
    mean, covariance, *_ = setting()
    start_mean, start, step, count = [arb(0), arb(1)], [[arb(1), arb(0)], [arb(0), arb(3)]], arb("0.05"), 13
    matrix = langevin.contraction(arb_mat(covariance), step)
    centre, spread = start_mean, arb_mat(start)
    for _ in range(count):
        pull = solve(covariance, vector_subtract(mean, centre))
        centre = vector_add(centre, vector_scale(step, pull))
        spread = matrix * spread * matrix + distributions.identity(2) * (2 * step)
    found = langevin.langevin_covariance(covariance, start, step, count)

    for first, second in zip(langevin.langevin_mean(mean, covariance, start_mean, step, count), centre, strict=True):
        assert abs(first - second) < 1e-80
    for first, second in zip((entry for row in found for entry in row), spread.entries(), strict=True):
        assert abs(first - second) < 1e-80


@precisely
def test_stationary_covariance_has_the_catalogues_form() -> None:
    _, covariance, *_ = setting()
    step = arb("0.05")
    matrix = arb_mat(covariance)
    closed = matrix * (distributions.identity(2) - matrix.inv() * (step / 2)).inv()
    found = langevin.stationary_covariance(covariance, step)

    for first, second in zip((entry for row in found for entry in row), closed.entries(), strict=True):
        assert abs(first - second) < 1e-80


@precisely
def test_annealing_of_one_level_is_langevin_sampling_of_the_noised_law() -> None:
    mean, covariance, *_ = setting()
    sigma, step = arb("0.3"), arb("0.01")
    noised = langevin.noised(covariance, sigma)
    annealed = langevin.annealed_mean(mean, covariance, [sigma], [arb(0), arb(0)], step, 7)
    plain = langevin.langevin_mean(mean, noised, [arb(0), arb(0)], step, 7)
    sizes = langevin.annealed_step_sizes([arb(3), arb(1), arb("0.5")], step)

    assert all((a - b).contains(0) for a, b in zip(annealed, plain, strict=True))
    assert all((a - b).contains(0) for a, b in zip(sizes, [36 * step, 4 * step, step], strict=True))


@precisely
def test_song_ermons_update_is_ours_at_half_the_step() -> None:
    score, x, noise, step = [arb("0.7")], [arb(2)], [arb("-0.4")], arb("0.08")
    ours = langevin.langevin_step(score, x, noise, step / 2)

    assert (ours[0] - langevin.song_ermon_step(score, x, noise, step)[0]).contains(0)


@precisely
def test_corrector_step_of_one_row() -> None:
    step = score_matching.corrector_step([[arb(3), arb(4)]], [[arb(0), arb(2)]], arb("0.5"), arb("0.9"))

    assert abs(step - 2 * arb("0.9") * arb("0.04")) < 1e-80
