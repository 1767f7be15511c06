"""Faults planted in preconditioning and in the converters between conventions: every law sees the ones it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from planted import CASES, caught, changed, scaled

from properties.laws import preconditioning as weights
from reference import conventions, preconditioning

SLIGHTLY = 1.0 + 1e-6
RATIOS = ("snr", "log_snr", "noise_to_signal", "signal_to_noise")
FROM = tuple(f"half_log_snr_from_{name}" for name in RATIOS)
TO = tuple(f"{name}_from_half_log_snr" for name in RATIOS)
SHARES = ("alpha_from_alpha_bar", "sigma_from_alpha_bar", "alpha_bar_from_alpha")
PREVIOUS = ("ddim_previous_alpha", "ddim_previous_sigma")
FIRST = ("guided_diffusion_posterior_log_variance", "guided_diffusion_fixed_large_variance")
ETAS = ("ddim_eta_from_sde_eta", "sde_eta_from_ddim_eta", "noise_level_from_sde_eta", "sde_eta_from_noise_level")
LOSSES = ("sum_from_mean", "mean_from_sum", "sum_from_score_sde", "nats_from_bits_per_dimension")
CTM = ("ctm_output_from_inner", "ctm_inner_from_output")
STEP = ("start_derivative_from_step_network", "end_derivative_from_step_network")
TIMES = ("dpm_solver_time_from_index", "index_from_dpm_solver_time")
COSINE = ("cosine_alpha", "cosine_sigma")
NETWORK = ("denoiser_from_network", "network_target")
CONSISTENCY_INDEX = ("karras_index_from_consistency_index", "consistency_index_from_karras_index")

HELD: dict[str, tuple[Any, tuple[str, ...]]] = {
    "preconditioning.scalings_arbiter": (preconditioning, (*weights.SCALINGS, *weights.CONSISTENCY, *NETWORK)),
    "preconditioning.scalings_give_unit_variance": (preconditioning, (*weights.SCALINGS, *weights.CONSISTENCY)),
    "preconditioning.network_and_target": (preconditioning, NETWORK),
    "preconditioning.weights_arbiter": (
        preconditioning,
        (*weights.ELBO, *weights.MIN_SNR, "half_log_snr_weight", "equal_loss_weight"),
    ),
    "preconditioning.weights_are_one_loss": (
        preconditioning,
        (*weights.ELBO, *weights.MIN_SNR, "half_log_snr_weight", "equal_loss_weight"),
    ),
    "preconditioning.weights_integrate": (preconditioning, (*weights.ELBO[:2], "half_log_snr_weight")),
    "conventions.signal_arbiter": (conventions, (*FROM, *TO, *SHARES)),
    "conventions.signal_returns": (conventions, (*FROM, *TO, *SHARES)),
    "conventions.signal_means_the_path": (conventions, (*FROM, "alpha_bar_from_alpha", "alpha_from_alpha_bar")),
    "conventions.cosine_arbiter": (conventions, COSINE),
    "conventions.cosine_is_the_table": (conventions, COSINE),
    "conventions.indices_are_counted": (conventions, ("vdm_discrete_time", "dpm_solver_time_from_index")),
    "conventions.indices_return": (conventions, TIMES),
    "conventions.previous_levels_arbiter": (conventions, PREVIOUS),
    "conventions.previous_levels_are_the_tables": (conventions, PREVIOUS),
    "conventions.first_variance_arbiter": (conventions, FIRST),
    "conventions.first_variance_is_the_second": (conventions, FIRST),
    "conventions.rescaled_betas_arbiter": (conventions, ("rescaled_linear_betas",)),
    "conventions.rescaled_betas_are_probabilities": (conventions, ("rescaled_linear_betas",)),
    "conventions.eta_arbiter": (conventions, (*ETAS, "churn_factor")),
    "conventions.eta_is_the_same_noise": (conventions, ETAS),
    "conventions.churn_is_the_samplers": (conventions, ("churn_factor",)),
    "conventions.flow_step_arbiter": (conventions, ("score_sde_flow_step",)),
    "conventions.losses_arbiter": (conventions, LOSSES),
    "conventions.losses_are_sums_of_squares": (conventions, LOSSES),
    "conventions.trajectory_arbiter": (conventions, (*CTM, *STEP)),
    "conventions.trajectory_is_one_map": (conventions, CTM),
    "conventions.step_network_is_differentiated": (conventions, STEP),
}


@pytest.mark.parametrize(("identifier", "name"), [(law, name) for law, (_, names) in HELD.items() for name in names])
def test_a_part_in_a_million_is_seen(identifier: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(scaled(HELD[identifier][0], name, SLIGHTLY), identifier, monkeypatch)


def first_of_all(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """A batch whose every entry is its first."""
    result = np.asarray(original(*arguments, **options))
    return np.broadcast_to(result[:1], result.shape) if result.ndim else result


BATCHES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "preconditioning.batches": (preconditioning, (*weights.SCALINGS, *weights.CONSISTENCY, *NETWORK)),
    "preconditioning.batches_of_weights": (preconditioning, (*weights.ELBO, *weights.MIN_SNR, "half_log_snr_weight")),
    "conventions.batches_of_signals": (conventions, (*FROM, *TO, *SHARES, *COSINE)),
    "conventions.batches_of_etas": (conventions, (*ETAS, "churn_factor")),
    "conventions.batches_of_flow_steps": (conventions, ("score_sde_flow_step",)),
    "conventions.batches_of_losses": (conventions, LOSSES),
    "conventions.batches_of_trajectories": (conventions, (*CTM, *STEP)),
}


@pytest.mark.parametrize(("identifier", "name"), [(law, name) for law, (_, names) in BATCHES.items() for name in names])
def test_a_batch_that_is_its_first_entry_is_seen(identifier: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(changed(BATCHES[identifier][0], name, first_of_all), identifier, monkeypatch, cases=8)


def next_one(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """An index one too large."""
    return original(*arguments, **options) + 1.0


INDICES: dict[str, tuple[str, ...]] = {
    "conventions.indices_are_counted": (
        "ddim_previous_index",
        "index_from_score_sde_time",
        "vdm_discrete_time",
        *CONSISTENCY_INDEX,
    ),
    "conventions.indices_return": ("index_from_score_sde_time", "vdm_discrete_time", CONSISTENCY_INDEX[1]),
    "conventions.previous_levels_are_the_tables": ("ddim_previous_index",),
}


@pytest.mark.parametrize(("identifier", "name"), [(law, name) for law, names in INDICES.items() for name in names])
def test_an_index_off_by_one_is_seen(identifier: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(changed(conventions, name, next_one), identifier, monkeypatch)


SLIPS: dict[str, tuple[str, Callable[..., Any], str]] = {
    "a full log-SNR for a half": (
        "half_log_snr_from_snr",
        lambda original, snr: 2.0 * original(snr),
        "conventions.signal_means_the_path",
    ),
    "abar for alpha": ("alpha_from_alpha_bar", lambda _, share: np.asarray(share), "conventions.signal_returns"),
    "one eta for another": (
        "sde_eta_from_ddim_eta",
        lambda _, eta, **__: np.asarray(eta),
        "conventions.eta_is_the_same_noise",
    ),
    "a square for its root": (
        "noise_level_from_sde_eta",
        lambda _, eta: np.asarray(eta) ** 2,
        "conventions.eta_is_the_same_noise",
    ),
    "levels counted for steps": (
        "churn_factor",
        lambda original, churn, *, steps: original(churn, steps=steps + 1),
        "conventions.churn_is_the_samplers",
    ),
    "the whole score in a flow": (
        "score_sde_flow_step",
        lambda original, score, x, *, beta: original(2.0 * score, x, beta=beta),
        "conventions.flow_step_follows_the_flow",
    ),
    "a sum without its half": (
        "sum_from_score_sde",
        lambda original, loss, **options: original(loss, **options) / (1.0 if options["reduce_mean"] else 2.0),
        "conventions.losses_are_sums_of_squares",
    ),
    "the inner network for g": (
        "ctm_output_from_inner",
        lambda _, inner, *__, **___: np.asarray(inner),
        "conventions.trajectory_is_one_map",
    ),
    "the end held and the step forgotten": (
        "start_derivative_from_step_network",
        lambda _, in_time, __: np.asarray(in_time),
        "conventions.step_network_is_differentiated",
    ),
    "a final level of the wrong kind": (
        "ddim_previous_alpha",
        lambda original, *a, **k: original(*a, **(k | {"set_alpha_to_one": not k["set_alpha_to_one"]})),
        "conventions.previous_levels_are_the_tables",
    ),
    "a zero in front": (
        "sigmas_with_zero",
        lambda _, sigmas: np.concatenate([[0.0], sigmas]),
        "conventions.lists_of_sigmas",
    ),
    "a clipped end": (
        "cosine_alpha",
        lambda original, t, **k: np.maximum(original(t, **k), 1e-3),
        "conventions.cosine_is_the_table",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_known_slip_is_seen(slip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, instead, identifier = SLIPS[slip]

    caught(changed(conventions, name, instead), identifier, monkeypatch, cases=2 * CASES)
