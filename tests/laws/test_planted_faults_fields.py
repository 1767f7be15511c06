"""Break it on purpose: faults of EDM's output, error scales, loss floors and labels, each with its law."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed, scaled

from reference import fields


def without_skip(_: Any, edm_output: Any, x: Any, *, alpha: Any, sigma: Any, sigma_data: Any) -> Any:
    """D = c_out F, the skip connection forgotten."""
    del x
    return (sigma * sigma_data / np.sqrt(sigma**2 + alpha**2 * sigma_data**2))[..., None] * edm_output


def unscaled_levels(f: Any, edm_output: Any, x: Any, *, alpha: Any, sigma: Any, sigma_data: Any) -> Any:
    """EDM's formula read with sigma where nu = sigma/alpha belongs, and x where x/alpha does."""
    return f(edm_output, x, alpha=np.ones_like(alpha), sigma=sigma, sigma_data=sigma_data)


def naive_output(_: Any, data: Any, path: Any, x: Any, t: Any, *, sigma_data: Any) -> Any:
    """(D - c_skip x/alpha)/c_out: a difference that cancels at high SNR."""
    alpha, sigma = path.alpha(t), path.sigma(t)
    total = sigma**2 + alpha**2 * sigma_data**2
    denoised = fields.denoiser(data, path, x, t)
    return (denoised - alpha * sigma_data**2 / total * x) * np.sqrt(total) / (sigma * sigma_data)


def prior_of_labels(_: Any, data: Any, path: Any, x: Any, t: Any) -> Any:
    """Log w_k: the labels' law before x was seen."""
    return np.broadcast_to(np.log(data.weights), fields.label_score(data, path, x, t).shape[:-1])


def density_of_labels(f: Any, data: Any, path: Any, x: Any, t: Any) -> Any:
    """The log of p(k, x_t) for log P(k | x_t): not normalised."""
    law = data.diffuse(path.alpha(t), path.sigma(t))
    return f(data, path, x, t) + law.log_prob(x)[..., None]


def component_scores(f: Any, data: Any, path: Any, x: Any, t: Any) -> Any:
    """The component's score, from which the law's was not taken."""
    return f(data, path, x, t) + fields.score(data, path, x, t)[..., None, :]


def second_moment(f: Any, data: Any, path: Any, t: Any) -> Any:
    """E|score|^2 for what it leaves of |eps/sigma|^2: the wrong side of Pythagoras."""
    return data.event_size / path.sigma(t) ** 2 - f(data, path, t)


FAULTS: dict[str, tuple[Plant, str]] = {
    "no skip connection": (changed(fields, "denoiser_from_edm_output", without_skip), "conversions.edm_round_trips"),
    "no skip connection (arbiter)": (
        changed(fields, "denoiser_from_edm_output", without_skip),
        "conversions.edm_arbiter",
    ),
    "sigma for sigma/alpha in EDM's formula": (
        changed(fields, "denoiser_from_edm_output", unscaled_levels),
        "conversions.edm_as_printed",
    ),
    "an EDM output of the other sign": (
        scaled(fields, "edm_output_from_noise", -1.0),
        "conversions.edm_round_trips",
    ),
    "EDM's output as a difference": (changed(fields, "edm_output", naive_output), "fields.edm_output_arbiter"),
    "EDM's output off by 1e-9": (scaled(fields, "edm_output", 1 + 1e-9), "fields.edm_output_agrees"),
    "EDM's output with sigma_data for its square": (
        changed(fields, "edm_output", lambda f, *a, sigma_data: f(*a, sigma_data=np.sqrt(sigma_data))),
        "fields.edm_output_rests",
    ),
    "alpha/sigma for alpha/sigma^2 in the score's scale": (
        changed(fields, "score_error_scale", lambda f, *, alpha, sigma: sigma * f(alpha=alpha, sigma=sigma)),
        "fields.error_scales_are_changes",
    ),
    "a velocity's scale without alpha": (
        changed(fields, "velocity_error_scale", lambda f, **k: f(**k) / k["alpha"]),
        "fields.error_scales_are_changes",
    ),
    "c_out for its inverse": (
        changed(fields, "edm_output_error_scale", lambda f, **k: 1.0 / f(**k)),
        "fields.error_scales_arbiter",
    ),
    "an error scale not squared in the floor": (
        changed(fields, "noise_loss_floor", lambda f, d, p, t: f(d, p, t) * p.sigma(t) / p.alpha(t)),
        "fields.floors_are_scaled_errors",
    ),
    "the score's second moment for its floor": (
        changed(fields, "score_loss_floor", second_moment),
        "fields.line_floors_are_what_is_left",
    ),
    "a floor averaged over dimensions": (
        changed(fields, "edm_output_loss_floor", lambda f, d, *a, **k: f(d, *a, **k) / d.event_size),
        "fields.floors_arbiter",
    ),
    "a mean squared error off by 1e-8 on the line": (
        scaled(fields, "minimum_mean_squared_error", 1 + 1e-8),
        "fields.line_floors_arbiter",
    ),
    "the labels' prior": (changed(fields, "label_log_probability", prior_of_labels), "fields.labels_are_gradients"),
    "labels that are not normalised": (
        changed(fields, "label_log_probability", density_of_labels),
        "fields.labels_balance",
    ),
    "labels in bits": (scaled(fields, "label_log_probability", 1 / np.log(2)), "fields.labels_arbiter"),
    "the component's score for the label's": (
        changed(fields, "label_score", component_scores),
        "fields.labels_balance",
    ),
    "the component's score for the label's (gradient)": (
        changed(fields, "label_score", component_scores),
        "fields.labels_are_gradients",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught_and_its_healthy_twin_is_silent(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(*FAULTS[fault], monkeypatch)
