"""The arbiter's EDM output, floors, labels, tables and indices, by printed forms and by routes they do not use."""

from __future__ import annotations

import pytest
from flint import arb

from properties.arbiter import conversions, ddpm, edm, fields, floors, indexing, labels, paths, tables, transitions
from properties.arbiter.measured import precisely

HALF = arb("0.5")
BETAS = [arb("0.125"), arb("0.25"), arb("0.375")]
"""Numbers that are exact at any precision."""
PATH: list[arb] = [arb("0.125"), arb(20), arb(1)]


def close(first: arb, second: arb) -> bool:
    return bool(abs(first - second) < arb(2) ** -120)


@precisely
def test_the_pair_is_edm_as_printed_on_alpha_1() -> None:
    output, x, sigma = [arb("0.7")], [arb("-1.3")], arb("2.5")
    printed = edm.printed_denoiser(output, x, sigma, HALF)
    levels = (arb(1), sigma, arb(0), arb(0), HALF)

    assert close(edm.convert("edm_output", "denoiser", output, x, *levels)[0], printed[0])
    assert close(edm.convert("denoiser", "edm_output", printed, x, *levels)[0], output[0])
    assert close(edm.printed_output(printed, x, sigma, HALF)[0], output[0])


@precisely
def test_unit_data_on_a_preserving_path_make_edm_s_output_minus_v() -> None:
    alpha = arb("0.6")
    levels = (alpha, (1 - alpha**2).sqrt(), arb("-0.3"), arb("0.4"))
    v, x = [arb("0.9")], [arb("0.2")]

    assert close(edm.convert("v_prediction", "edm_output", v, x, *levels, arb(1))[0], -v[0])


@precisely
def test_edm_output_of_its_own_gaussian_is_0() -> None:
    own = edm.edm_output("VPLinear", PATH, "gaussian", [[arb(0)], [[HALF**2]]], [arb("1.7")], arb("0.4"), HALF)

    assert own[0].contains(0)


@precisely
def test_error_scales_as_printed() -> None:
    alpha = arb("0.8")
    sigma = (1 - alpha**2).sqrt()
    slope, rise = arb("-0.3"), arb("0.4")
    rate = slope / alpha - rise / sigma
    scales = {name: floors.error_scale(name, alpha, sigma, slope, rise, HALF) for name in floors.TARGETS}

    assert close(scales["noise"], alpha / sigma)
    assert close(scales["score"], alpha / sigma**2)
    assert close(scales["velocity"], alpha * abs(rate))
    assert close(floors.velocity_error_scale(alpha, rate), alpha * abs(rate))
    assert close(scales["v_prediction"], 1 / sigma)
    assert close(scales["edm_output"], (sigma**2 + alpha**2 / 4).sqrt() / (sigma / 2))


@pytest.mark.parametrize("target", floors.TARGETS)
@precisely
def test_a_floor_is_the_squared_scale_times_the_mean_squared_error(target: str) -> None:
    t, covariance = arb("0.4"), [[arb(2), HALF], [HALF, arb(1)]]
    levels = paths.methods("VPLinear", PATH, t)[:4]
    error = fields.minimum_mean_squared_error("VPLinear", PATH, covariance, t)
    scale = floors.error_scale(target, *levels, HALF)

    assert close(floors.loss_floor(target, "VPLinear", PATH, covariance, t, HALF), scale**2 * error)


@precisely
def test_labels_sum_to_1_and_their_gradients_are_differences() -> None:
    data = [[arb("0.25"), arb("0.75")], [[arb(-1)], [arb(1)]], [HALF, arb(2)]]

    def at(x: arb) -> list[list[arb]]:
        found: list[list[arb]] = labels.labels("Brownian", [], "isotropic", data, [x], HALF)
        return found

    logs, gradients = at(arb("0.3"))
    step = arb(2) ** -80
    above, below = at(arb("0.3") + step)[0], at(arb("0.3") - step)[0]
    moved = [(high - low) / (2 * step) for high, low in zip(above, below, strict=True)]

    assert close(sum((log.exp() for log in logs), arb(0)), arb(1))
    assert all(close(own[0], slope) for own, slope in zip(gradients, moved, strict=True))


@precisely
def test_ddpm_tables_as_printed() -> None:
    kept = [arb(1), *tables.cumulative_products(BETAS)]
    variances, data_weights, state_weights = ddpm.posterior(BETAS)
    for index, beta in enumerate(BETAS):
        before, after = kept[index], kept[index + 1]
        assert close(variances[index], beta * (1 - before) / (1 - after))
        assert close(data_weights[index], before.sqrt() * beta / (1 - after))
        assert close(state_weights[index], (1 - beta).sqrt() * (1 - before) / (1 - after))


@precisely
def test_ddpm_mean_as_printed_and_as_vdm_has_it() -> None:
    noise, x = [arb("0.7")], [arb("-1.1")]
    before, after = tables.cumulative_products(BETAS)[1:]
    printed = (x[0] - BETAS[2] / (1 - after).sqrt() * noise[0]) / (1 - BETAS[2]).sqrt()
    gammas = [((1 - kept) / kept).log() for kept in (before, after)]
    mean, variance = ddpm.vdm_step(noise, x, *gammas)

    assert close(ddpm.mean_from_noise(BETAS, noise, x, 2)[0], printed)
    assert close(mean[0], printed)
    assert close(variance, ddpm.posterior(BETAS)[0][2])


@precisely
def test_excesses_of_a_gaussian_on_brownian_motion() -> None:
    spread, clean, noisy = arb(3), arb("1.9"), arb(2)
    forward, bridge = transitions.variance_excesses(
        "Brownian", [], "gaussian", [[arb(0)], [[spread]]], [arb("0.4")], clean, noisy
    )
    share = noisy - clean

    assert close(forward, (share / (spread + noisy)) ** 2 / 4)
    assert close(bridge, (share / noisy * spread / (spread + noisy)) ** 2 / 4)


@precisely
def test_both_interpolations_meet_the_table_at_its_knots() -> None:
    for steps in (1, 2):
        knot = indexing.at_steps(BETAS, steps)
        for found in (
            indexing.log_alpha(BETAS, arb(steps) / 3, 1),
            indexing.log_noise_to_signal(BETAS, arb(steps - 1), 1),
        ):
            assert all(close(a, b) for a, b in zip(found, knot, strict=True))


@precisely
def test_a_target_of_the_pair_is_read_back() -> None:
    for name in conversions.PREDICTIONS:
        levels = (arb("0.8"), (1 - arb("0.8") ** 2).sqrt(), arb("-0.3"), arb("0.4"))
        data, noise = arb("0.7"), arb("-0.4")
        x = levels[0] * data + levels[1] * noise
        again = conversions.pair(name, conversions.read(name, data, noise, *levels), x, *levels)
        assert close(again[0], data)
        assert close(again[1], noise)
