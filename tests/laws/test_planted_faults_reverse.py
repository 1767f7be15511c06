"""Faults planted in the samplers' exact maps, the sources' slips among them: each is caught by the law it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed, scaled

import reference

reverse = reference.reverse


def printed_step(
    _: Any, data: Any, path: Any, x: Any, noise: Any, *, t_start: Any, t_end: Any, noise_level: Any
) -> Any:
    """The step of the lecture slides: drift (1 + l)/2 beside the noise l."""
    step = t_start - t_end
    score = reference.fields.score(data, path, x, t_start)
    diffusion = path.diffusion_squared(t_start)
    drift = path.drift(t_start)[..., None] * x - (0.5 * (1 + noise_level) * diffusion)[..., None] * score
    return x - step * drift + noise_level * np.sqrt(diffusion * step) * noise


def other_sign_of_time(f: Callable[..., Any], data: Any, path: Any, x: Any, noise: Any, **k: Any) -> Any:
    """X + h drift where time runs down."""
    still = f(data, path, x, np.zeros_like(noise), **k)
    return 2.0 * x - still + f(data, path, x, noise, **k) - still


def ancestral_with_beta(
    f: Callable[..., Any], data: Any, path: Any, times: Any, *, rule: str, noise_level: Any = 1.0
) -> Any:
    """The variance of the forward kernel in place of the bridge's, in the last step."""
    law = f(data, path, times, rule=rule, noise_level=noise_level)
    if rule != "ancestral":
        return law
    ends = {"clean": times[-1], "noisy": times[-2]}
    excess = reference.transitions.kernel_variance(path, **ends) - reference.transitions.bridge_variance(path, **ends)
    return reference.Gaussian(law.mean, law.covariance + excess * np.eye(law.event_size))


def churn_by_difference(_: Any, variance: Any, *, sigma: Any, sigma_hat: Any, noise_scale: Any) -> Any:
    """sigma_hat - sigma for sqrt(sigma_hat^2 - sigma^2)."""
    return variance + (sigma_hat - sigma) ** 2 * noise_scale**2


def heun_end_slope(_: Any, data: Any, *, sigma_start: Any, sigma_end: Any) -> Any:
    """Heun's step with the end's slope only."""
    eye, covariance = np.eye(data.event_size), data.covariance
    euler = reverse.edm_euler_matrix(data, sigma_start=sigma_start, sigma_end=sigma_end)
    slope = sigma_end * np.linalg.inv(covariance + sigma_end**2 * eye)
    return eye + (sigma_end - sigma_start) * slope @ euler


FAULTS: dict[str, tuple[Plant, str]] = {
    "the slides' reverse step": (changed(reverse, "reverse_step", printed_step), "reverse.family_arbiter"),
    "the slides' reverse step, by its moments": (
        changed(reverse, "reverse_step", printed_step),
        "reverse.step_is_the_affine_map",
    ),
    "time running the wrong way": (
        changed(reverse, "reverse_step", other_sign_of_time),
        "reverse.step_is_the_affine_map",
    ),
    "the forward family with (1 + l^2)/2": (
        changed(reverse, "forward_drift", lambda _, *a, **k: reverse.reverse_drift(*a, **k)),
        "reverse.forward_and_reverse",
    ),
    "a propagator with l for l^2": (
        changed(
            reverse,
            "prior_mismatch_propagator",
            lambda f, *a, noise_level, **k: f(*a, noise_level=np.sqrt(noise_level), **k),
        ),
        "reverse.propagator_carries_errors",
    ),
    "a varying propagator with the levels in reverse": (
        changed(
            reverse, "varying_noise_propagator", lambda f, d, p, times, levels: f(d, p, times, levels[::-1])
        ),
        "reverse.pieces_multiply",
    ),
    "DDIM without the angle: the flow itself": (
        changed(reverse, "ddim_matrix", lambda _, *a, **k: reverse.flow_matrix(*a, **k)),
        "reverse.pieces_multiply",
    ),
    "cos for cos^2 in the shrinkage": (
        changed(
            reverse, "ddim_shrinkage", lambda f, *a: np.linalg.cholesky(f(*a)) if np.shape(f(*a))[-1] == 1 else f(*a)
        ),
        "reverse.ddim_undershoots",
    ),
    "an EDM step at the other level": (
        changed(
            reverse,
            "edm_euler_matrix",
            lambda f, d, *, sigma_start, sigma_end: f(d, sigma_start=sigma_end, sigma_end=sigma_start)
            if sigma_end > 0
            else f(d, sigma_start=sigma_start, sigma_end=sigma_end),
        ),
        "reverse.heun_is_two_slopes",
    ),
    "Heun with the end slope only": (changed(reverse, "edm_heun_matrix", heun_end_slope), "reverse.heun_is_two_slopes"),
    "churn by sigma_hat - sigma": (
        changed(reverse, "churn_variance", churn_by_difference),
        "reverse.churn_is_its_steps",
    ),
    "S_noise squared twice": (
        changed(
            reverse,
            "edm_stochastic_covariance",
            lambda f, *a, noise_scale, **k: f(*a, noise_scale=noise_scale**2, **k),
        ),
        "reverse.churn_is_its_steps",
    ),
    "beta for the posterior variance": (
        changed(reverse, "sampled_law", ancestral_with_beta),
        "reverse.first_order_identities",
    ),
    "Langevin noise eta for 2 eta": (
        changed(
            reverse,
            "corrector_covariance",
            lambda f, d, p, c, t, *, step: f(d, p, c, t, step=step) - step * np.eye(d.event_size),
        ),
        "reverse.corrector_fixed_point",
    ),
    "a corrector without its pull": (
        changed(reverse, "corrector_mean", lambda _, d, p, mean, t, *, step: mean),
        "reverse.corrector_fixed_point",
    ),
    "the two biases exchanged": (
        changed(
            reverse,
            "step_variance_bias",
            lambda f, *a, variance, **k: f(*a, variance="bridge" if variance == "forward" else "forward", **k),
        ),
        "reverse.bias_is_a_step",
    ),
    "half the leading bias": (scaled(reverse, "euler_maruyama_leading_bias", 0.5), "reverse.leading_bias_is_a_limit"),
    "temperature for its inverse": (
        changed(
            reverse,
            "temperature_covariance",
            lambda f, *a, inverse_temperature, **k: f(*a, inverse_temperature=1.0 / inverse_temperature, **k),
        ),
        "reverse.temperature_follows_its_equation",
    ),
    "uniform half log-SNR for uniform angles": (
        changed(
            reference.grids,
            "uniform_angle_times",
            lambda _, p, n, *, variance, **k: reference.grids.uniform_half_log_snr_times(p, n, **k),
        ),
        "grids.uniform_angle_loses_least",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(*FAULTS[fault], monkeypatch)
