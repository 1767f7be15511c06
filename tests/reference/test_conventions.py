"""The table of conventions is whole, and its converters turn what others really write into ours."""

from __future__ import annotations

import importlib
import inspect
from collections import Counter
from typing import Any

import numpy as np
import pytest

import reference as ref
from reference import conventions

# Inverses of converters, and the other halves of pairs: what the table does not name itself.
INVERSES = {
    "alpha_bar_from_alpha",
    "consistency_index_from_karras_index",
    "cosine_sigma",
    "ctm_inner_from_output",
    "ddim_eta_from_sde_eta",
    "ddim_previous_index",
    "ddim_previous_sigma",
    "dpm_solver_time_from_index",
    "end_derivative_from_step_network",
    "increasing_from_decreasing",
    "log_snr_from_half_log_snr",
    "mean_from_sum",
    "noise_to_signal_from_half_log_snr",
    "sde_eta_from_noise_level",
    "signal_to_noise_from_half_log_snr",
    "snr_from_half_log_snr",
}


def resolved(name: str) -> Any:
    module, *attributes = name.split(".")
    found: Any = importlib.import_module(f"reference.{module}")
    for attribute in attributes:
        found = getattr(found, attribute)
    return found


@pytest.mark.parametrize("row", conventions.TABLE, ids=lambda row: f"{row.topic}: {row.variant}")
def test_a_row_names_its_users_and_a_function_that_exists(row: conventions.Convention) -> None:
    assert row.topic
    assert row.users
    assert all(row.users)
    assert callable(resolved(row.converter))


def test_no_variant_is_told_twice_and_a_topic_stands_together() -> None:
    rows = Counter((row.topic, row.variant) for row in conventions.TABLE)
    topics = [row.topic for row in conventions.TABLE]

    assert max(rows.values()) == 1
    assert [topic for i, topic in enumerate(topics) if topic not in topics[i - 1 : i]] == list(dict.fromkeys(topics))


def test_every_converter_of_the_module_stands_in_the_table() -> None:
    named = {row.converter.partition(".")[2] for row in conventions.TABLE if row.converter.startswith("conventions.")}
    public = {name for name in conventions.__all__ if inspect.isfunction(getattr(conventions, name))}

    assert public - INVERSES == named


@pytest.mark.parametrize("to_one", [True, False])
def test_the_last_level_of_ddim_is_that_of_diffusers(to_one: bool) -> None:
    diffusers = pytest.importorskip("diffusers")
    betas = ref.paths.linear_betas(100)
    scheduler = diffusers.DDIMScheduler(100, trained_betas=betas.tolist(), set_alpha_to_one=to_one, steps_offset=1)
    scheduler.set_timesteps(10)
    index = scheduler.timesteps.numpy().astype(float)
    previous = conventions.ddim_previous_index(index, count=10, training_steps=100)
    products = [scheduler.alphas_cumprod[int(i)] if i >= 0 else scheduler.final_alpha_cumprod for i in previous]

    np.testing.assert_array_equal(index, ref.grids.leading_timesteps(10, training_steps=100, offset=1))
    alpha = conventions.ddim_previous_alpha(betas, index, count=10, set_alpha_to_one=to_one)
    sigma = conventions.ddim_previous_sigma(betas, index, count=10, set_alpha_to_one=to_one)
    np.testing.assert_allclose(alpha**2, [float(product) for product in products], rtol=1e-5)  # theirs is float32
    np.testing.assert_allclose(alpha**2 + sigma**2, 1.0, rtol=1e-15)
    assert alpha[-1] == (1.0 if to_one else ref.paths.discrete_alpha(betas)[0])


def test_ddims_eta_is_that_of_the_sde_for_one_step_only() -> None:
    path, eta = ref.VPLinear(), 0.5
    step = path.half_log_snr_difference(clean=0.5, noisy=0.8)
    own = conventions.sde_eta_from_ddim_eta(eta, half_log_snr_step=step)
    times = np.array([0.8, 0.5])

    def weights(strength: Any) -> Any:
        level = float(conventions.noise_level_from_sde_eta(strength))
        return ref.solvers.exponential_adams_weights(path, times, noise_level=level)

    ddim = ref.solvers.ddim_weights(path, times, eta=eta)
    for part in ("state", "outputs", "noise"):
        np.testing.assert_allclose(getattr(weights(own), part), getattr(ddim, part), rtol=1e-14)
    assert abs(weights(eta).noise / ddim.noise - 1.0) > 0.1


def test_churn_counts_steps_and_not_levels() -> None:
    """The 0 at the end is a level: 18 sigmas and it are 18 steps."""
    sigmas = conventions.sigmas_with_zero(ref.grids.karras_sigmas(18, sigma_min=0.002, sigma_max=80.0))

    assert conventions.churn_factor(3.6, steps=sigmas.size - 1) == 0.2
    assert conventions.churn_factor(1e3, steps=sigmas.size - 1) == np.sqrt(2.0) - 1.0


def test_the_rescaled_linear_table_has_no_entry_above_one() -> None:
    assert conventions.rescaled_linear_betas(20)[-1] == 1.0
    np.testing.assert_allclose(conventions.rescaled_linear_betas(1000), ref.paths.linear_betas(1000), rtol=4e-16)
    with pytest.raises(ValueError, match="count: expected at least 20, got 19"):
        conventions.rescaled_linear_betas(19)
