"""Faults planted in guidance: each is caught by the law it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed, scaled

import reference

guidance = reference.guidance
Function = Callable[..., Any]
SLIGHTLY = 1.0 + 1e-6

HELD: dict[str, tuple[str, ...]] = {
    "guidance.combinations_arbiter": (
        "guided",
        "guided_ho_salimans",
        "mean_flow_guided_velocity",
        "classifier_score",
        "guided_score_from_classifier",
        "guided_mean_from_classifier",
        "guided_noise_from_classifier",
        "weight_from_ho_salimans",
        "ho_salimans_from_weight",
        "weight_from_mean_flow",
    ),
    "guidance.adjustments_arbiter": ("rescaled", "dynamic_threshold", "diffusion_dpo_loss"),
    "guidance.matrices_arbiter": ("guided_flow_matrix", "guided_limit_covariance"),
    "guidance.tilted_arbiter": ("guided_precision",),
    "guidance.observation_arbiter": ("observation_score",),
    "guidance.substitutes_arbiter": ("dps_score", "pigdm_score", "dps_normalized_step"),
    "guidance.flow_composes": ("guided_flow_matrix",),
    "guidance.moment_equations": ("guided_precision",),
}
LAWS: dict[str, tuple[str, ...]] = {
    "guidance.tilted_arbiter": ("tilted_law",),
    "guidance.laws_arbiter": ("guided_flow_law", "guided_family_law"),
    "guidance.one_law_keeps_its_marginals": ("guided_flow_law", "guided_family_law"),
    "guidance.integration_agrees": ("guided_law_by_integration",),
    "guidance.integration_of_any_pair": ("guided_law_by_integration",),
    "guidance.observation_arbiter": ("conditioned_law",),
}


@pytest.mark.parametrize(("identifier", "name"), [(law, name) for law, names in HELD.items() for name in names])
def test_a_part_in_a_million_is_seen(identifier: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(scaled(guidance, name, SLIGHTLY), identifier, monkeypatch)


def wider(original: Function, *arguments: Any, **options: Any) -> Any:
    """A law whose covariance is off by a part in a million."""
    law = original(*arguments, **options)
    return reference.Gaussian(law.mean, SLIGHTLY * law.covariance)


def moved(original: Function, *arguments: Any, **options: Any) -> Any:
    """A law whose mean is off by a part in a million."""
    law = original(*arguments, **options)
    return reference.Gaussian(SLIGHTLY * law.mean, law.covariance)


@pytest.mark.parametrize("fault", [wider, moved])
@pytest.mark.parametrize(("identifier", "name"), [(law, name) for law, names in LAWS.items() for name in names])
def test_a_law_off_by_a_part_in_a_million_is_seen(
    identifier: str, name: str, fault: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught(changed(guidance, name, fault), identifier, monkeypatch)


def shifted_scale(original: Function, unconditional: Any, conditional: Any, *, weight: Any) -> Any:
    """Ho and Salimans' w' taken for the weight."""
    return original(unconditional, conditional, weight=1.0 + weight)


def weights_of_two(_: Function, unconditional: Any, conditional: Any, *, weight: Any) -> Any:
    """Weights (1 - w) and 1 + w, which sum to two: harmless for scores that vanish, wrong for denoisers."""
    return (1.0 - weight)[..., None] * unconditional + (1.0 + weight)[..., None] * conditional


def variance_for_deviation(_: Function, noise: Any, classifier_score: Any, *, sigma: Any, scale: Any) -> Any:
    """sigma^2 where the noise prediction takes sigma."""
    return noise - (scale * sigma**2)[..., None] * classifier_score


def kappa_added(_: Function, *, omega: Any, kappa: Any) -> Any:
    """omega/(1 + kappa)."""
    return omega / (1.0 + kappa)


def half_open(_: Function, weight: Any, t: Any, *, t_low: Any, t_high: Any) -> Any:
    """Guidance off at the interval's upper end."""
    return np.where((t_low <= t) & (t < t_high), weight, 1.0)


def without_interpolation(_: Function, denoiser: Any, *, quantile: float, minimum: float = 1.0) -> Any:
    """The order statistic above the quantile."""
    level = np.maximum(np.quantile(np.abs(denoiser), quantile, axis=-1, method="higher"), minimum)
    return np.clip(denoiser, -level[..., None], level[..., None]) / level[..., None]


def clipped_only(_: Function, denoiser: Any, *, quantile: float, minimum: float = 1.0) -> Any:
    """Clipped at s and not divided by it."""
    level = np.maximum(np.quantile(np.abs(denoiser), quantile, axis=-1), minimum)
    return np.clip(denoiser, -level[..., None], level[..., None])


def geometric(_: Function, unconditional: Any, conditional: Any, *, weight: Any) -> Any:
    """The covariance of the flow's limit in the tilted law, where the two commute; else their mean."""
    law = _(unconditional, conditional, weight=weight)
    values = np.linalg.eigvalsh(law.covariance)
    return reference.Gaussian(law.mean, law.covariance + 1e-3 * values[..., :1, None] * np.eye(law.event_size))


def harmonic(_: Function, unconditional: Any, conditional: Any, *, weight: Any) -> Any:
    """The tilted law's covariance for the limit of the flow."""
    weights = np.clip(weight, 0.0, 1.0)
    return guidance.tilted_law(unconditional, conditional, weight=weights).covariance


def whole_exponents(original: Function, *laws: Any, weight: Any, **times: Any) -> Any:
    """Exponents 1 - w and w without the half of the probability flow."""
    matrix = original(*laws, weight=weight, **times)
    return matrix @ matrix


def unguided_offset(original: Function, unconditional: Any, conditional: Any, *rest: Any, **options: Any) -> Any:
    """The conditional mean taken for both."""
    both = reference.Gaussian(conditional.mean, unconditional.covariance)
    return original(both, conditional, *rest, **options)


def noise_level_for_its_square(original: Function, *laws: Any, noise_level: Any, **options: Any) -> Any:
    """A family in l where the equation has l^2."""
    return original(*laws, noise_level=np.sqrt(noise_level), **options)


def start_forgotten(original: Function, unconditional: Any, conditional: Any, path: Any, start: Any, **k: Any) -> Any:
    """The conditional's noised law in place of the one that was given."""
    law = conditional.diffuse(path.alpha(k["t_start"]), path.sigma(k["t_start"]))
    return original(unconditional, conditional, path, reference.Gaussian(law.mean, law.covariance), **k)


def commuting_part(original: Function, unconditional: Any, conditional: Any, *rest: Any, **options: Any) -> Any:
    """The conditional's variances alone, without what turns against the unconditional's directions."""
    matrix = conditional.covariance
    return original(unconditional, reference.Gaussian(conditional.mean, np.diag(np.diag(matrix))), *rest, **options)


def noise_squared(original: Function, *arguments: Any, noise_covariance: Any, **options: Any) -> Any:
    """R taken for a standard deviation."""
    matrix = noise_covariance @ noise_covariance
    return original(*arguments, noise_covariance=0.5 * (matrix + matrix.T), **options)


def posterior_left_out(_: Function, *arguments: Any, **options: Any) -> Any:
    """DPS in place of the exact score."""
    return guidance.dps_score(*arguments, **options)


def residual_not_squared(original: Function, *arguments: Any, **options: Any) -> Any:
    """The gradient of |y - H D| itself."""
    return 0.5 * original(*arguments, **options)


def no_noise(original: Function, *arguments: Any, noise_covariance: Any, **options: Any) -> Any:
    """R left out of DPS."""
    return original(*arguments, noise_covariance=np.eye(noise_covariance.shape[-1]), **options)


def evidence_forgotten(original: Function, data: Any, observed: Any, **options: Any) -> Any:
    """Components weighted as before the observation."""
    law = original(data, observed, **options)
    if not isinstance(law, reference.GaussianMixture) or not isinstance(data, reference.GaussianMixture):
        return law
    return reference.GaussianMixture(data.weights, law.means, law.covariances)


FAULTS: dict[str, tuple[Plant, str]] = {
    "1 + w for w": (changed(guidance, "guided", shifted_scale), "guidance.combinations_arbiter"),
    "weights that sum to two": (
        changed(guidance, "guided", weights_of_two),
        "guidance.one_weight_serves_every_prediction",
    ),
    "sigma^2 for sigma": (
        changed(guidance, "guided_noise_from_classifier", variance_for_deviation),
        "guidance.one_weight_serves_every_prediction",
    ),
    "omega/(1 + kappa)": (changed(guidance, "weight_from_mean_flow", kappa_added), "guidance.scales_of_papers"),
    "an interval without its end": (
        changed(guidance, "interval_weight", half_open),
        "guidance.adjustments_keep_their_promises",
    ),
    "a quantile without interpolation": (
        changed(guidance, "dynamic_threshold", without_interpolation),
        "guidance.adjustments_arbiter",
    ),
    "a threshold that only clips": (
        changed(guidance, "dynamic_threshold", clipped_only),
        "guidance.adjustments_keep_their_promises",
    ),
    "a tilted law too wide": (changed(guidance, "tilted_law", geometric), "guidance.tilted_score"),
    "a precision too large": (scaled(guidance, "guided_precision", SLIGHTLY), "guidance.tilted_score"),
    "harmonic for geometric": (
        changed(guidance, "guided_limit_covariance", harmonic),
        "guidance.flow_tends_to_its_limit",
    ),
    "exponents without the half": (
        changed(guidance, "guided_flow_matrix", whole_exponents),
        "guidance.flow_composes",
    ),
    "one mean for both": (changed(guidance, "guided_flow_law", unguided_offset), "guidance.laws_arbiter"),
    "one mean for both in motion": (changed(guidance, "guided_flow_law", unguided_offset), "guidance.moment_equations"),
    "l for l^2": (changed(guidance, "guided_family_law", noise_level_for_its_square), "guidance.moment_equations"),
    "another start": (changed(guidance, "guided_family_law", start_forgotten), "guidance.laws_arbiter"),
    "commuting parts alone": (
        changed(guidance, "guided_law_by_integration", commuting_part),
        "guidance.integration_of_any_pair",
    ),
    "R squared": (changed(guidance, "observation_score", noise_squared), "guidance.observation_arbiter"),
    "DPS for the exact score": (
        changed(guidance, "observation_score", posterior_left_out),
        "guidance.exact_posterior_path",
    ),
    "an observation twice squared": (changed(guidance, "conditioned_law", noise_squared), "guidance.bayes"),
    "weights without evidence": (changed(guidance, "conditioned_law", evidence_forgotten), "guidance.bayes"),
    "half a normalised step": (
        changed(guidance, "dps_normalized_step", residual_not_squared),
        "guidance.substitutes_are_gradients",
    ),
    "DPS without R": (changed(guidance, "dps_score", no_noise), "guidance.substitutes_are_gradients"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, identifier = FAULTS[name]

    caught(plant, identifier, monkeypatch)


def first_of_all(original: Function, *arguments: Any, **options: Any) -> Any:
    """A batch whose every entry is its first."""
    result = np.asarray(original(*arguments, **options))
    return np.broadcast_to(result[:1, :1], result.shape) if result.shape[:2] == (2, 2) else result


BATCHES = (
    ("guidance.batches", "guided_flow_matrix"),
    ("guidance.batches", "guided_precision"),
    ("guidance.batches_of_observations", "observation_score"),
    ("guidance.batches_of_observations", "pigdm_score"),
)


@pytest.mark.parametrize(("identifier", "name"), BATCHES)
def test_a_batch_that_is_its_first_entry_is_seen(identifier: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(changed(guidance, name, first_of_all), identifier, monkeypatch, cases=8)
