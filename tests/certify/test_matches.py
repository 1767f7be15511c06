"""`certify.assert_matches` accepts what is right, refuses what is subtly wrong, and says what it saw."""

from __future__ import annotations

import numpy as np
import pytest

import reference
from certify.formulas import FORMULAS
from certify.matches import assert_matches, which_matches


def _by_keyword(name: str, *scalars: str):
    """A function of the reference whose numbers go by keyword, as one of the formula's arguments."""
    module, _, public = name.partition(".")
    function = getattr(getattr(reference, module), public)

    def call(**given):
        leading = [value for key, value in given.items() if key not in scalars]
        return function(*leading, **{key: given[key] for key in scalars})

    return call


REFERENCE = {
    name: _by_keyword(name, *scalars)
    for name, scalars in {
        "guidance.guided": ("weight",),
        "guidance.guided_ho_salimans": ("strength",),
        "guidance.mean_flow_guided_velocity": ("omega", "kappa"),
        "guidance.rescaled": ("mix",),
        "guidance.diffusion_dpo_loss": ("scale",),
        "solvers.ancestral_sigmas": ("sigma_start", "sigma_end", "eta"),
        "solvers.linear_multistep_weights": (),
        "preconditioning.skip_scale": ("sigma_data",),
        "preconditioning.output_scale": ("sigma_data",),
        "preconditioning.input_scale": ("sigma_data",),
        "preconditioning.noise_conditioning": (),
        "preconditioning.edm_loss_weight": ("sigma_data",),
        "preconditioning.min_snr_denoiser_weight": ("alpha", "sigma", "gamma"),
        "preconditioning.min_snr_noise_weight": ("alpha", "sigma", "gamma"),
        "preconditioning.min_snr_v_weight": ("alpha", "sigma", "gamma"),
        "flow_maps.mean_flow_target": ("t_start", "t_end"),
        "flow_maps.ctm_flow_map": ("t_start", "t_end"),
        "flow_maps.pseudo_huber": ("constant",),
        "conventions.snr_from_half_log_snr": (),
        "conventions.log_snr_from_half_log_snr": (),
        "conventions.signal_to_noise_from_half_log_snr": (),
        "conventions.noise_to_signal_from_half_log_snr": (),
    }.items()
}


def bridge_variance(alpha_clean: float, sigma_clean: float, alpha_noisy: float, sigma_noisy: float) -> float:
    ratio = alpha_noisy / alpha_clean
    return (sigma_noisy**2 - ratio**2 * sigma_clean**2) * sigma_clean**2 / sigma_noisy**2


def mixture_score(x, alpha, sigma, weights, means, covariances):
    variances = alpha**2 * covariances + sigma**2 * np.eye(len(x))
    scores = np.stack([-np.linalg.solve(v, x - alpha * m) for v, m in zip(variances, means, strict=True)])
    logits = np.log(weights) - 0.5 * np.linalg.slogdet(variances)[1]
    logits = logits + 0.5 * np.einsum("kd,kd->k", scores, x - alpha * means)
    mass = np.exp(logits - logits.max())
    return mass @ scores / mass.sum()


def test_a_right_function_passes_by_name_and_by_position() -> None:
    assert_matches(bridge_variance, "transitions.bridge_variance")
    assert_matches(lambda a, s, b, r: bridge_variance(a, s, b, r) + 0.0, "transitions.bridge_variance")
    assert_matches(mixture_score, "fields.score")
    assert_matches(lambda noise, x, alpha, sigma: -noise / sigma, "fields.score_from_noise")


@pytest.mark.parametrize(
    ("wrong", "formula"),
    [
        (lambda a, s, b, r: r**2 - (b / a) ** 2 * s**2, "transitions.bridge_variance"),
        (lambda a, s, b, r: np.sqrt(bridge_variance(a, s, b, r)), "transitions.bridge_variance"),
        (lambda a, s, b, r: bridge_variance(a, s, b, r) * (1.0 + 1e-12), "transitions.bridge_variance"),
        (lambda noise, x, alpha, sigma: -noise / sigma**2, "fields.score_from_noise"),
        (lambda x, a, s, w, m, c: mixture_score(x, s, a, w, m, c), "fields.score"),
        (lambda mean_p, covariance_p, mean_q, covariance_q: 0.0, "divergences.kl_divergence"),
    ],
)
def test_a_wrong_function_is_refused_with_the_worst_case(wrong, formula: str) -> None:
    with pytest.raises(AssertionError, match="expected at most"):
        assert_matches(wrong, formula)


def test_single_precision_is_named() -> None:
    with pytest.raises(AssertionError, match="float64"):
        assert_matches(lambda *levels: np.float32(bridge_variance(*levels)), "transitions.bridge_variance")


def test_an_unknown_formula_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"transitions\.bridge_variance"):
        assert_matches(bridge_variance, "transitions.bridge")


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_formula_has_a_twin_that_answers(formula: str) -> None:
    """A function that returns NaN is refused for NaN, which needs drawn arguments and an exact answer."""
    with pytest.raises(AssertionError):
        assert_matches(lambda *arguments: np.nan, formula, cases=1)


def test_the_convention_of_a_guidance_weight_is_told() -> None:
    conventions = ("guidance.guided", "guidance.guided_ho_salimans")

    assert which_matches(lambda u, c, w: u + w * (c - u), *conventions) == conventions[:1]
    assert which_matches(lambda u, c, w: c + w * (c - u), *conventions) == conventions[1:]
    assert which_matches(lambda u, c, w: u + c, *conventions) == ()


def test_the_convention_of_a_signal_to_noise_ratio_is_told() -> None:
    conventions = tuple(
        f"conventions.{name}_from_half_log_snr" for name in ("snr", "log_snr", "signal_to_noise", "noise_to_signal")
    )

    assert which_matches(lambda value: np.exp(2.0 * value), *conventions) == conventions[:1]
    assert which_matches(lambda value: np.exp(-value), *conventions) == conventions[3:]


def test_what_cannot_be_called_matches_nothing_and_nothing_to_match_is_refused() -> None:
    assert which_matches(lambda: 0.0, "guidance.guided") == ()
    with pytest.raises(ValueError, match="formulas: expected some of"):
        which_matches(lambda: 0.0)


@pytest.mark.parametrize("formula", [name for name in FORMULAS if name in REFERENCE])
def test_the_reference_computes_what_it_is_named_for(formula: str) -> None:
    assert_matches(REFERENCE[formula], formula)
