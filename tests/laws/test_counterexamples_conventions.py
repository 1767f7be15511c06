"""Tempting false versions of the conventions, each with the case that refutes it, and the sources' own numbers."""

from __future__ import annotations

import numpy as np
import pytest

import reference as ref
from reference import conventions, fields, flow_maps, paths, preconditioning, solvers


def test_a_consistency_models_target_has_not_unit_variance() -> None:
    variance = preconditioning.consistency_target_variance(0.01, sigma_data=0.5, sigma_min=0.002)

    assert float(variance) == pytest.approx(1.56, abs=5e-3)


def test_the_two_etas_differ_between_0_and_1() -> None:
    path, times = ref.EDM(), {"t_start": 1.0, "t_end": 0.2}
    ddim, sde = (
        float(solvers.noise_standard_deviation(path, **times, family=family, strength=0.5)) / 0.2
        for family in ("ddim", "frozen_denoiser")
    )

    assert ddim == pytest.approx(0.5 * np.sqrt(0.96))
    assert sde == pytest.approx(np.sqrt(0.8))


def test_one_eta_for_another_depends_on_the_step() -> None:
    short, long = (float(conventions.ddim_eta_from_sde_eta(0.5, half_log_snr_step=h)) for h in (0.01, 3.0))

    assert short == pytest.approx(np.sqrt(0.5), abs=2e-3)
    assert long > 0.97


def test_score_sdes_flow_step_is_not_ddims() -> None:
    """On N(0, 1) the score is -x and the flow rests."""
    beta, x = 0.3, np.array([1.0])
    moved = conventions.score_sde_flow_step(-x, x, beta=beta)
    alpha = np.sqrt(1 - beta)
    # DDIM from (sqrt(1 - beta), sqrt(beta)) to (1, 0) with the denoiser alpha x.
    ddim = alpha * x

    assert float(moved[0]) == pytest.approx(2 - alpha - beta / 2)
    assert abs(float(moved[0] - ddim[0])) > 0.1


def test_x_minus_t_v_is_no_denoiser_on_a_variance_preserving_path() -> None:
    data, x, t = ref.Gaussian(np.array([0.5]), np.array([[0.3]])), np.array([0.7]), 0.4
    gaps = {}
    for path in (ref.EDM(), ref.FlowMatching(), ref.VPLinear(), ref.Trigonometric()):
        said = flow_maps.ctm_output_from_velocity(fields.velocity(data, path, x, t), x, t=t)
        gaps[type(path).__name__] = abs(float((said - fields.denoiser(data, path, x, t))[0]))

    assert max(gaps["EDM"], gaps["FlowMatching"]) < 1e-14
    assert min(gaps["VPLinear"], gaps["Trigonometric"]) > 1e-2


def test_the_same_time_is_another_entry_in_another_convention() -> None:
    entry = float(conventions.index_from_dpm_solver_time(0.5, training_steps=1000))
    other = float(conventions.index_from_score_sde_time(0.5, training_steps=1000))

    assert (entry, other) == (499.0, 499.0)
    assert float(conventions.index_from_dpm_solver_time(1.0, training_steps=1000)) == 999.0
    assert float(conventions.index_from_score_sde_time(0.001, training_steps=1000)) == 0.0
    assert float(conventions.index_from_score_sde_time(0.9989, training_steps=1000)) == 997.0
    assert float(conventions.index_from_dpm_solver_time(0.9989, training_steps=1000)) == pytest.approx(997.9)


def test_the_clipped_cosine_table_keeps_some_signal() -> None:
    table = float(paths.discrete_alpha(paths.cosine_betas(1000))[-1])

    assert table**2 == pytest.approx(2.43e-9, rel=5e-3)
    assert float(conventions.cosine_alpha(1.0)) == 0.0


def test_rescaled_linear_betas_need_twenty_steps() -> None:
    assert float(conventions.rescaled_linear_betas(20)[-1]) == 1.0
    with pytest.raises(ValueError, match="20"):
        conventions.rescaled_linear_betas(19)


@pytest.mark.parametrize("form", ["variance", "euler_variance_mixed"])
def test_ctms_inner_network_is_not_g_but_for_euler(form: str) -> None:
    levels = {"sigma_start": 2.0, "sigma_end": 0.5, "sigma_min": 0.002, "sigma_data": 0.5}
    inner, x = np.array([0.3]), np.array([1.0])
    output = conventions.ctm_output_from_inner(inner, x, **levels, form=form)

    assert abs(float(output[0] - inner[0])) > 1e-3


def test_a_guidance_scale_of_one_is_off_here_and_doubles_there() -> None:
    unconditional, conditional = np.array([1.0]), np.array([3.0])
    ours, theirs = (
        float(ref.guidance.guided(unconditional, conditional, weight=weight)[0])
        for weight in (1.0, ref.guidance.weight_from_ho_salimans(1.0))
    )

    assert (ours, theirs) == (3.0, 5.0)
