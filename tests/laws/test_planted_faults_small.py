"""A part in a million: what no other planted fault is for, each law sees when its function is off by as little."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from planted import caught, changed, scaled

import reference
from reference import evolution, grids, likelihood, reverse, score_matching, transitions

SLIGHTLY = 1.0 + 1e-6

# The law, and the functions that it must hold: each alone is made wrong.
HELD: dict[str, tuple[Any, tuple[str, ...]]] = {
    "transitions.excess_arbiter": (transitions, ("forward_variance_excess", "bridge_variance_excess")),
    "transitions.mean_from_noise_arbiter": (transitions, ("reverse_step_mean_from_noise",)),
    "transitions.vdm_arbiter": (transitions, ("vdm_step_mean", "vdm_step_variance")),
    "reverse.propagator_arbiter": (reverse, ("prior_mismatch_propagator", "varying_noise_propagator")),
    "reverse.ddim_arbiter": (reverse, ("ddim_matrix", "ddim_chain_matrix", "ddim_shrinkage")),
    "reverse.edm_arbiter": (
        reverse,
        ("churn_variance", "edm_euler_matrix", "edm_heun_matrix", "edm_stochastic_covariance"),
    ),
    "reverse.corrector_arbiter": (reverse, ("corrector_mean", "corrector_covariance")),
    "reverse.bias_arbiter": (reverse, ("step_variance_bias",)),
    "reverse.brownian_arbiter": (reverse, ("euler_maruyama_leading_bias", "temperature_covariance")),
    "grids.uniform_angle_arbiter": (grids, ("uniform_angle_times",)),
    "likelihood.tails_arbiter": (likelihood, ("divergence_tail_at", "information_tail")),
    "likelihood.small_noise_arbiter": (likelihood, ("small_noise_bias_at", "boundary_reconstruction_at")),
    "likelihood.line_arbiter": (
        likelihood,
        ("squared_error_at", "divergence_at", "divergence_rate_at", "decoder_surrogate_at", "reconstruction_at"),
    ),
    "likelihood.line_averages": (
        likelihood,
        ("information_rate", "entropy_integral", "posterior_entropy", "entropy_from_integral"),
    ),
    "likelihood.renormalized_entropy_on_the_line": (likelihood, ("renormalized_entropy",)),
    "evolution.information_arbiter": (evolution, ("fisher_information", "entropy_rate")),
}


@pytest.mark.parametrize(("identifier", "name"), [(law, name) for law, (_, names) in HELD.items() for name in names])
def test_a_part_in_a_million_is_seen(identifier: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(scaled(HELD[identifier][0], name, SLIGHTLY), identifier, monkeypatch)


@pytest.mark.parametrize("identifier", ["reverse.sampled_law_arbiter", "reverse.euler_maruyama_arbiter"])
def test_a_law_off_by_a_part_in_a_million_is_seen(identifier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def wider(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        law = original(*arguments, **options)
        return reference.Gaussian(law.mean, SLIGHTLY * law.covariance)

    caught(changed(reverse, "sampled_law", wider), identifier, monkeypatch)


def first_of_all(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """A batch whose every entry is its first."""
    result = np.asarray(original(*arguments, **options))
    return np.broadcast_to(result.reshape(-1)[0], result.shape) if result.ndim else result


BATCHES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "likelihood.batches": (likelihood, ("squared_error_at", "divergence_at", "pointwise_integral", "entropy_integral")),
    "likelihood.line_batches": (likelihood, ("squared_error_at", "information_rate", "posterior_entropy")),
    "evolution.batches_of_information": (evolution, ("fisher_information", "entropy_rate")),
    "evolution.batches_of_models": (evolution, ("path_divergence_rate",)),
    "score_matching.batches": (score_matching, ("implicit_score_matching", "denoising_score_matching")),
    "score_matching.batches_of_chains": (score_matching, ("langevin_mean", "langevin_covariance")),
}


@pytest.mark.parametrize(("identifier", "name"), [(law, name) for law, (_, names) in BATCHES.items() for name in names])
def test_a_batch_that_is_its_first_entry_is_seen(identifier: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(changed(BATCHES[identifier][0], name, first_of_all), identifier, monkeypatch, cases=8)
