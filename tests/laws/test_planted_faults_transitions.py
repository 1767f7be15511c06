"""Break it on purpose: faults of steps on tables, gammas and indices, and of leading excesses, each with its law."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed, scaled

from reference import paths, transitions


def data_for_posterior(f: Any, data: Any, path: Any, x: Any, **times: Any) -> Any:
    """The data's own covariance where that of x_0 given x belongs."""
    weight = transitions.bridge_data_weight(path, **times)
    posterior = data.posterior(x, path.alpha(times["noisy"]), path.sigma(times["noisy"])).covariance
    return f(data, path, x, **times) + (weight**2)[..., None, None] * (data.covariance - posterior)


def mixed_notation(_: Any, betas: Any, noise: Any, x: Any, *, index: int) -> Any:
    """Ho's sqrt(1 - abar) beside the book's beta (a deviation): (x - beta_book/sqrt(1 - abar) noise)/sqrt(1 - beta)."""
    beta, spread = betas[..., index], paths.discrete_sigma(betas)[..., index]
    return (x - np.sqrt(beta) / spread * noise) / np.sqrt(1.0 - beta)


def book_alpha(_: Any, betas: Any, noise: Any, x: Any, *, index: int) -> Any:
    """sqrt(abar) for sqrt(1 - beta): the alpha of the whole chain for the alpha of the step."""
    beta, spread = betas[..., index], paths.discrete_sigma(betas)[..., index]
    return (x - beta / spread * noise) / paths.discrete_alpha(betas)[..., index]


def shifted(f: Any, betas: Any) -> Any:
    """Every entry one too late."""
    return np.roll(f(betas), 1, axis=-1)


def one_later(f: Any, betas: Any, index: Any, *, convention: str) -> Any:
    """Ho's count of steps read as an index, and an index as a count of steps."""
    other = {"ho": "diffusers", "diffusers": "ho"}.get(convention, convention)
    last = np.shape(betas)[-1] - 1
    return f(betas, np.minimum(index, last) if other == "diffusers" else index, convention=other)


def linear_in_sigma(f: Any, betas: Any, index: Any, *, convention: str) -> Any:
    """Levels themselves interpolated, not the logarithm of their ratio."""
    if convention != "k_diffusion":
        return f(betas, index, convention=convention)
    below, above = np.floor(index), np.ceil(index)
    ends = [f(betas, end, convention=convention) for end in (below, above)]
    return ends[0] + (index - below) * (ends[1] - ends[0])


def rounded_index(f: Any, betas: Any, index: Any, *, convention: str) -> Any:
    """score_sde's floor taken for a rounding."""
    if convention != "score_sde":
        return f(betas, index, convention=convention)
    return f(betas, np.rint(index * (np.shape(betas)[-1] - 1)), convention="diffusers")


def naive_vdm_variance(_: Any, *, gamma_clean: Any, gamma_noisy: Any) -> Any:
    """1 - e^(difference) by subtraction."""
    return (1.0 - np.exp(gamma_clean - gamma_noisy)) / (1.0 + np.exp(-gamma_clean))


def kernel_for_bridge(f: Any, *, gamma_clean: Any, gamma_noisy: Any) -> Any:
    """S(gamma_noisy) for S(gamma_clean)."""
    ratio = (1.0 + np.exp(-gamma_clean)) / (1.0 + np.exp(-gamma_noisy))
    return f(gamma_clean=gamma_clean, gamma_noisy=gamma_noisy) * ratio


FAULTS: dict[str, tuple[Plant, str]] = {
    "the data's law for the posterior in the reverse step": (
        changed(transitions, "reverse_step_covariance", data_for_posterior),
        "transitions.reverse_step_by_quadrature",
    ),
    "the step of another noise prediction": (
        changed(transitions, "reverse_step_mean_from_noise", lambda f, p, n, x, **k: f(p, -n, x, **k)),
        "transitions.mean_from_noise_is_the_step",
    ),
    "the book's beta beside Ho's": (
        changed(transitions, "ddpm_mean_from_noise", mixed_notation),
        "transitions.ddpm_bayes",
    ),
    "the book's beta beside Ho's (arbiter)": (
        changed(transitions, "ddpm_mean_from_noise", mixed_notation),
        "transitions.ddpm_arbiter",
    ),
    "the chain's alpha for the step's": (
        changed(transitions, "ddpm_mean_from_noise", book_alpha),
        "transitions.ddpm_on_levels",
    ),
    "beta for the posterior variance": (
        changed(transitions, "ddpm_posterior_variance", lambda _, betas: betas),
        "transitions.ddpm_bayes",
    ),
    "posterior variances one entry late": (
        changed(transitions, "ddpm_posterior_variance", shifted),
        "transitions.ddpm_on_levels",
    ),
    "the weights of x_0 and of x exchanged": (
        changed(transitions, "ddpm_posterior_data_weight", lambda _, b: transitions.ddpm_posterior_state_weight(b)),
        "transitions.ddpm_bayes",
    ),
    "1 - e^x by subtraction": (changed(transitions, "vdm_step_variance", naive_vdm_variance), "transitions.vdm_nearby"),
    "the kernel's variance for the bridge's": (
        changed(transitions, "vdm_step_variance", kernel_for_bridge),
        "transitions.vdm_is_the_bridge",
    ),
    "gamma of the half log-SNR without its 2": (
        scaled(paths, "vdm_gamma_from_half_log_snr", 0.5),
        "paths.gamma_is_noise_to_signal",
    ),
    "gamma of the other sign": (scaled(paths, "half_log_snr_from_vdm_gamma", -1.0), "paths.gamma_arbiter"),
    "step for its root": (
        changed(
            transitions,
            "euler_maruyama_step",
            lambda _, x, n, *, drift, diffusion, step: x + drift * step + diffusion * step * n,
        ),
        "transitions.euler_maruyama_composes",
    ),
    "a diffusion for its square": (
        changed(transitions, "euler_maruyama_step", lambda f, *a, diffusion, **k: f(*a, diffusion=diffusion**2, **k)),
        "transitions.euler_maruyama_arbiter",
    ),
    "half the forward excess": (
        scaled(transitions, "forward_variance_excess", 2.0),
        "transitions.excess_is_leading",
    ),
    "the forward excess off by 5 % on the line": (
        scaled(transitions, "forward_variance_excess", 1.05),
        "transitions.excess_on_the_line",
    ),
    "the bridge excess off by 5 % on the line": (
        scaled(transitions, "bridge_variance_excess", 1.05),
        "transitions.excess_on_the_line",
    ),
    "the bridge's excess for the forward kernel's": (
        changed(
            transitions, "forward_variance_excess", lambda _, *a, **k: transitions.bridge_variance_excess(*a, **k)
        ),
        "transitions.excess_is_leading",
    ),
    "indices one too late": (changed(paths, "discrete_index_alpha", one_later), "paths.index_arbiter"),
    "indices one too late, at the knots": (changed(paths, "discrete_index_sigma", one_later), "paths.index_knots"),
    "sigma interpolated for log nu": (changed(paths, "discrete_index_sigma", linear_in_sigma), "paths.index_between"),
    "a floor taken for a rounding": (changed(paths, "discrete_index_alpha", rounded_index), "paths.index_arbiter"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught_and_its_healthy_twin_is_silent(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(*FAULTS[fault], monkeypatch)
