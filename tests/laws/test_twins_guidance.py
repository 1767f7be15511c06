"""The arbiter's guidance: equations in time for the clock's integrals, densities for tilts, Bayes for observations."""

from __future__ import annotations

from typing import Any

import pytest
from flint import arb, arb_mat

from properties.arbiter import distributions, guidance, paths
from properties.arbiter.measured import precisely

NAME = "VPLinear"


def path() -> list[arb]:
    return [arb("0.1"), arb(20), arb(1)]


def derivative(values: list[arb], step: arb) -> arb:
    """By central differences of fourth order."""
    return (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * step)


@pytest.mark.parametrize("level", ["0", "1", "2"])
@pytest.mark.parametrize("weight", ["-1", "0.5", "3"])
def test_the_direction_follows_the_equation_in_time(level: str, weight: str) -> None:
    """Phi' = F Phi, B_c' = F B_c - theta/2 g^2 w alpha/V_c and (noise)' = 2 F noise - l^2 g^2 at t_end."""
    u, c, w, noise_level, start, end = arb("1.3"), arb("0.25"), arb(weight), arb(level), arb("0.8"), arb("0.3")
    step = arb("1e-3")
    rows = [
        guidance.family_direction(NAME, path(), u, c, w, noise_level, start, end + step * k) for k in (-2, -1, 1, 2)
    ]
    phi, mean, noise = guidance.family_direction(NAME, path(), u, c, w, noise_level, start, end)
    alpha, sigma, *_, drift, diffusion = paths.methods(NAME, path(), end)
    variances = [alpha**2 * each + sigma**2 for each in (u, c)]
    half = (1 + noise_level**2) / 2 * diffusion
    rate = drift + half * ((1 - w) / variances[0] + w / variances[1])
    wanted = (rate * phi, rate * mean - half * w * alpha / variances[1], 2 * rate * noise - noise_level**2 * diffusion)
    for index, expected in enumerate(wanted):
        slope = derivative([row[index] for row in rows], step)

        assert float(abs(slope - expected).mid()) < 1e-5 * (1.0 + abs(float(expected.mid())))


@precisely
def test_a_pair_is_the_matrix_of_its_directions() -> None:
    values = guidance.variances("paired", [[arb(2), arb("0.5"), arb(3)]])
    matrix = guidance.matrix_of("paired", values)
    image = (arb_mat(matrix) * distributions.column([arb(1), arb(-1), arb(0)])).entries()

    assert all((entry - wanted).contains(0) for entry, wanted in zip(image, (arb("1.5"), arb("-1.5"), 0), strict=True))
    assert (matrix[0][1] - arb("0.5")).contains(0)
    back = guidance.vector_of("paired", guidance.coordinates("paired", [arb(1), arb(2), arb(3)]))
    assert all((entry - wanted).contains(0) for entry, wanted in zip(back, (1, 2, 3), strict=True))


@precisely
def test_the_flow_matrix_of_one_weight_is_its_semigroup() -> None:
    entries = [[arb(2), arb("0.5")]], [[arb("0.5"), arb("0.3")]]
    times = [arb("0.9"), arb("0.5"), arb("0.1")]
    first, second, whole = (
        arb_mat(guidance.flow_matrix(NAME, path(), "paired", *entries, arb(3), *pair))
        for pair in ((times[0], times[1]), (times[1], times[2]), (times[0], times[2]))
    )

    assert all(entry.contains(0) for entry in (second * first - whole).entries())


def log_normal(place: list[arb], mean: list[arb], covariance: arb_mat) -> Any:
    gap = distributions.column([a - b for a, b in zip(place, mean, strict=True)])
    return -((gap.transpose() * covariance.inv() * gap)[0, 0] + covariance.det().log()) / 2


@precisely
def test_the_tilted_density_is_the_product_of_powers_up_to_one_number() -> None:
    first, second = [[arb(2), arb("0.5")], [arb("0.5"), arb(1)]], [[arb(1), arb(0)], [arb(0), arb("0.3")]]
    means, weight = ([arb(1), arb(-1)], [arb(0), arb(2)]), arb("1.25")
    mean, covariance = guidance.tilted([means[0]], first, [means[1]], second, weight)
    gaps = []
    for place in ([arb(0), arb(0)], [arb(1), arb(3)], [arb(-2), arb("0.5")]):
        parts = [log_normal(place, m, arb_mat(s)) for m, s in zip(means, (first, second), strict=True)]
        gaps.append(log_normal(place, mean, arb_mat(covariance)) - (1 - weight) * parts[0] - weight * parts[1])

    assert (gaps[1] - gaps[0]).contains(0)
    assert (gaps[2] - gaps[0]).contains(0)


@precisely
def test_an_observation_changes_scores_by_bayes() -> None:
    """The printed Gaussian formula, and the derivative of log p(x_0 = x | y) - log p at noise that vanishes (P90)."""
    mean, covariance, matrix, noise = [arb("0.5")], [[arb(2)]], [[arb(3)]], [[arb("0.1")]]
    x, t, observed = [arb("0.7")], arb("0.4"), [arb(1)]
    alpha, sigma = paths.levels(NAME, path(), t)
    variance = alpha**2 * 2 + sigma**2
    spread, denoised = sigma**2 * 2 / variance, mean[0] + alpha * 2 / variance * (x[0] - alpha * mean[0])
    printed = alpha / sigma**2 * spread * 3 / (9 * spread + arb("0.1")) * (1 - 3 * denoised)
    score = guidance.observation_score(NAME, path(), "gaussian", [mean, covariance], x, t, observed, matrix, noise)
    centre, left = guidance.conditioned("gaussian", [mean, covariance], observed, matrix, noise)
    precision = arb(1) / 2 + 9 / arb("0.1")

    assert (score[0] - printed).contains(0)
    assert (left[0] - 1 / precision).contains(0)
    assert (centre[0] - (mean[0] / 2 + 3 / arb("0.1")) / precision).contains(0)
    dps, pigdm, _ = guidance.substitutes(
        NAME, path(), "gaussian", [mean, covariance], x, t, observed, matrix, noise, spread, arb(1)
    )
    assert (pigdm[0] - printed).contains(0)
    assert (dps[0] / printed - (9 * spread + arb("0.1")) / arb("0.1")).contains(0)


def test_adjustments_by_hand() -> None:
    guided, conditional = [arb(1), arb(3)], [arb(0), arb(1)]

    assert [float(v.mid()) for v in guidance.rescaled(guided, conditional, arb(1))] == pytest.approx([0.5, 1.5])
    threshold = guidance.dynamic_threshold([arb(-4), arb(1), arb(2)], arb("0.75"), arb(1))
    assert [float(v.mid()) for v in threshold] == pytest.approx([-1.0, 1 / 3, 2 / 3])
    assert float(guidance.preference_loss(arb(1), arb(1), arb(2), arb(2), arb(5)).mid()) == pytest.approx(
        0.6931471805599453
    )
