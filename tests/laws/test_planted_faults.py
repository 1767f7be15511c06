"""Break it on purpose: each fault is planted in the reference, and the law that it is for must fail; without the fault
the same cases pass, so it is the fault that the law sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed, scaled

import reference


def printed_family(_: Any, data: Any, path: Any, x: Any, t: Any, *, noise_level: Any) -> Any:
    """The reverse family as the lecture slides print it: drift (1 + l)/2, not (1 + l^2)/2."""
    score = reference.fields.score(data, path, x, t)
    return path.drift(t)[..., None] * x - 0.5 * (1 + noise_level) * path.diffusion_squared(t)[..., None] * score


def swapped_levels(original: Any, self: Any, alpha: Any, sigma: Any) -> Any:
    return original(self, sigma, alpha)


def naive_kernel_variance(_: Any, path: Any, *, clean: Any, noisy: Any) -> Any:
    ratio = path.alpha(noisy) / path.alpha(clean)
    return path.sigma(noisy) ** 2 - ratio**2 * path.sigma(clean) ** 2


def reverse_drift_everywhere(instead: Callable[..., Any]) -> Plant:
    """It is public in two places."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        changed(reference.reverse, "reverse_drift", instead)(patch)
        patch.setattr(reference, "reverse_drift", reference.reverse.reverse_drift)

    return plant


def likelihood_without_divergence(original: Any, data: Any, path: Any, x: Any, **times: Any) -> Any:
    end = data.diffuse(path.alpha(times["t_end"]), path.sigma(times["t_end"]))
    return end.log_prob(x)


FAULTS: dict[str, tuple[Plant, str]] = {
    "the printed reverse family (moments)": (reverse_drift_everywhere(printed_family), "reverse.moments"),
    "the printed reverse family (Fokker-Planck)": (reverse_drift_everywhere(printed_family), "reverse.marginals"),
    "the printed reverse family (arbiter)": (reverse_drift_everywhere(printed_family), "reverse.arbiter"),
    "g for g^2 in the diffusion": (
        changed(reference.reverse, "reverse_diffusion", lambda f, *a, **k: f(*a, **k) ** 2),
        "reverse.moments",
    ),
    "twice the half log-SNR": (scaled(reference.VPLinear, "half_log_snr", 2.0), "paths.relations"),
    "g^2 = beta on sub-VP": (
        changed(reference.SubVP, "diffusion_squared", lambda _, self, t: -2.0 * self.drift(t)),
        "paths.diffusion_closed_forms",
    ),
    "alpha(1) = cos(pi/2) in floating point": (
        changed(reference.Trigonometric, "alpha", lambda _, self, t: np.cos(0.5 * np.pi * np.asarray(t))),
        "paths.ends",
    ),
    "alpha and sigma exchanged in diffuse": (
        changed(reference.GaussianMixture, "diffuse", swapped_levels),
        "distributions.arbiter",
    ),
    "a log density without (d/2) log 2 pi": (
        changed(
            reference.GaussianMixture,
            "log_prob",
            lambda f, self, x: f(self, x) + 0.5 * np.shape(x)[-1] * np.log(2 * np.pi),
        ),
        "distributions.integrates",
    ),
    "a score off by 1e-9": (scaled(reference.GaussianMixture, "score", 1 + 1e-9), "distributions.tweedie"),
    "the variance for the deviation in the noise": (
        changed(
            reference.fields, "noise", lambda f, d, p, x, t: p.sigma(t)[..., None] * f(d, p, x, t)
        ),
        "fields.predictions_agree",
    ),
    "a velocity without its 1/2": (
        changed(
            reference.fields,
            "velocity",
            lambda f, d, p, x, t: 2.0 * f(d, p, x, t) - p.drift(t)[..., None] * x,
        ),
        "fields.continuity",
    ),
    "alpha/sigma for alpha/sigma^2 in the Jacobian": (
        changed(
            reference.fields, "denoiser_jacobian", lambda f, d, p, x, t: p.sigma(t)[..., None, None] * f(d, p, x, t)
        ),
        "fields.jacobians",
    ),
    "v with the other sign": (scaled(reference.fields, "velocity_from_noise", -1.0), "conversions.round_trips"),
    "a square root dropped on the bridge variance": (
        changed(reference.transitions, "bridge_variance", lambda f, *a, **k: np.sqrt(f(*a, **k))),
        "transitions.bridge_by_bayes",
    ),
    "the naive kernel variance": (
        changed(reference.transitions, "kernel_variance", naive_kernel_variance),
        "transitions.nearby_times",
    ),
    "posterior weights exchanged": (
        changed(
            reference.transitions,
            "bridge_data_weight",
            lambda _, *a, **k: reference.transitions.bridge_state_weight(*a, **k),
        ),
        "transitions.bridge_by_bayes",
    ),
    "beta for the posterior variance in the step": (
        changed(
            reference.transitions,
            "reverse_step_covariance",
            lambda f, d, p, x, **k: f(d, p, x, **k)
            + (reference.transitions.kernel_variance(p, **k) - reference.transitions.bridge_variance(p, **k))
            * np.eye(np.shape(x)[-1]),
        ),
        "transitions.reverse_step_by_quadrature",
    ),
    "KL with its arguments exchanged": (
        changed(reference.divergences, "kl_divergence", lambda f, p, q: f(q, p)),
        "divergences.expectations",
    ),
    "a flow matrix without its square root": (
        changed(reference.reverse, "flow_matrix", lambda f, *a, **k: f(*a, **k) @ f(*a, **k)),
        "reverse.flow_pushes_forward",
    ),
    "a likelihood without its divergence": (
        changed(reference.likelihood, "ode_log_likelihood", likelihood_without_divergence),
        "likelihood.ode_reproduces_the_density",
    ),
    "a prior term with log sigma for log sigma^2": (
        changed(
            reference.elbo,
            "prior_term_at",
            lambda f, p, x0, *, t_end: f(p, x0, t_end=t_end) + 0.5 * np.shape(x0)[-1] * np.log(p.sigma(t_end)),
        ),
        "elbo.term_is_a_divergence",
    ),
    "a negative ELBO that counts a nat twice": (
        changed(reference.elbo, "negative_elbo", lambda f, *a, **k: f(*a, **k) + 1e-6),
        "elbo.identity",
    ),
    "a Karras grid without 1/rho": (
        changed(
            reference.grids, "karras_sigmas", lambda _, n, *, rho=7.0, **k: reference.grids.geometric_sigmas(n, **k)
        ),
        "grids.even_spacing",
    ),
    "a flow shift of the wrong direction": (
        changed(reference.grids, "flow_shift", lambda f, t, *, shift: f(t, shift=1.0 / shift)),
        "grids.shift_of_half_log_snr",
    ),
    "timesteps one too late": (
        changed(reference.grids, "trailing_timesteps", lambda f, *a, **k: f(*a, **k) + 1.0),
        "grids.timestep_strides",
    ),
    "sqrt dropped on the cumulative product": (
        changed(reference.paths, "discrete_alpha", lambda f, betas: f(betas) ** 2),
        "paths.table_recurrences",
    ),
    "a mean squared error off by alpha^2": (
        changed(
            reference.fields, "minimum_mean_squared_error", lambda f, d, p, t: p.alpha(t) ** 2 * f(d, p, t)
        ),
        "fields.minimum_mean_squared_error_is_the_trace",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught_and_its_healthy_twin_is_silent(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(*FAULTS[fault], monkeypatch)
