"""Break the bounds and divergences on purpose: each fault is planted in the reference, and its law must fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed, scaled
from scipy.special import ndtr

import reference
from reference import divergences, elbo, transitions

CASES = 10


def shifted(name: str, amount: float, owner: Any = elbo) -> Plant:
    return changed(owner, name, lambda f, *a, **k: f(*a, **k) + amount)


def unscaled_posterior(f: Any, x: Any, loading: Any, noise_variance: Any) -> Any:
    law = f(x, loading, noise_variance)
    return reference.Gaussian(law.mean, law.covariance / np.asarray(noise_variance)[..., None, None])


def reversed_gap(_: Any, x: Any, loading: Any, noise_variance: Any, encoder: Any) -> Any:
    return divergences.kl_divergence(elbo.latent_posterior(x, loading, noise_variance), encoder)


def decoder_without_noise(f: Any, data: Any, z: Any, gain: Any, noise: Any) -> Any:
    return f(data, z, gain, 0.5 * noise)


def first_of_a_batch(f: Any, x: Any, loading: Any, noise_variance: Any, encoder: Any) -> Any:
    value = np.asarray(f(x, loading, noise_variance, encoder))
    return np.broadcast_to(value[:1], value.shape) if value.ndim else value


def last_of_a_batch(f: Any, *arguments: Any, **options: Any) -> Any:
    value = np.asarray(f(*arguments, **options))
    return np.broadcast_to(value[..., -1:], value.shape) if value.ndim else value


def bridge_for(f: Any, *arguments: Any, variance: str) -> Any:
    return f(*arguments, variance="bridge" if variance == "forward" else variance)


def narrow_steps(f: Any, *arguments: Any, variance: str) -> Any:
    return f(*arguments, variance="bridge" if variance == "optimal" else variance)


def without_prior(f: Any, x0: Any, model: Any, path: Any, times: Any, *, variance: str) -> Any:
    return f(x0, model, path, times, variance=variance) - elbo.prior_term_at(path, x0, t_end=times[-1])


def naive_forward_gap(_: Any, path: Any, **times: Any) -> Any:
    drop = 1.0 - np.exp(-2.0 * path.half_log_snr_difference(**times))
    return 0.5 * (-drop - np.log(np.maximum(1.0 - drop, 1e-300)))


def leading_forward_gap(_: Any, path: Any, **times: Any) -> Any:
    return 0.5 * np.expm1(-2.0 * path.half_log_snr_difference(**times)) ** 2


def bridge_weight(_: Any, path: Any, x0: Any, denoised: Any, **times: Any) -> Any:
    return elbo.diffusion_term_at(path, x0, denoised, **times)


def whole_ratio(f: Any, path: Any, true_noise: Any, noise: Any, **times: Any) -> Any:
    return f(path, true_noise, noise, **times) + 0.5 * np.sum((true_noise - noise) ** 2, axis=-1)


def linear_interpolation(_: Any, path: Any, fraction: Any, **times: Any) -> Any:
    kernel, bridge = transitions.kernel_variance(path, **times), transitions.bridge_variance(path, **times)
    return fraction * kernel + (1.0 - fraction) * bridge


def reversed_mismatch(f: Any, path: Any, x0: Any, *, t_end: Any, mean: Any, variance: Any) -> Any:
    ratio = path.sigma(t_end) ** 2 / variance
    excess = 0.5 * np.shape(x0)[-1] * (1.0 / ratio - ratio + 2.0 * np.log(ratio))
    return f(path, x0, t_end=t_end, mean=mean, variance=variance) + excess


def summed_uncertainty(f: Any, data: Any, path: Any, **times: Any) -> Any:
    bridge = transitions.bridge_variance(path, **times)
    return bridge + data.event_size * (f(data, path, **times) - bridge)


def first_power(f: Any, data: Any, path: Any, **times: Any) -> Any:
    bridge, weight = transitions.bridge_variance(path, **times), transitions.bridge_data_weight(path, **times)
    return bridge + (f(data, path, **times) - bridge) / weight


def sum_from_the_first(f: Any, data: Any, *, step: Any, count: int, weight: str) -> Any:
    return f(data, step=step, count=count, weight=weight) + elbo.diffusion_term(
        data, reference.Brownian(), clean=0.5 * step, noisy=step
    )


def other_weight(f: Any, *arguments: Any, weight: str, **options: Any) -> Any:
    return f(*arguments, weight="snr" if weight == "time" else "time", **options)


def closed_ends(_: Any, level: Any, mean: Any, standard_deviation: Any, *, levels: int = 256) -> Any:
    centre, half = 2.0 * level / (levels - 1) - 1.0, 1.0 / (levels - 1)
    inside = ndtr((centre + half - mean) / standard_deviation) - ndtr((centre - half - mean) / standard_deviation)
    return np.log(np.maximum(inside, 1e-300)).sum(axis=-1)


def shifted_codes(f: Any, level: Any, z: Any, *, gamma: Any, levels: int = 256) -> Any:
    return f(level, np.asarray(z) + 1.0 / levels, gamma=gamma, levels=levels)


def naive_bin(_: Any, data: Any, lower: Any, *, width: Any) -> Any:
    deviations = np.sqrt(np.asarray(data.covariances)[:, 0, 0] if hasattr(data, "covariances") else data.covariance[0])
    means = np.asarray(data.means)[:, 0] if hasattr(data, "means") else data.mean
    weights = np.asarray(getattr(data, "weights", np.ones(1)))
    above, below = (ndtr((np.squeeze(lower) + edge - means) / deviations) for edge in (width, 0.0))
    return np.log(np.maximum(weights @ (above - below), 1e-300))


def by_entropies(_: Any, data: Any, path: Any, t: Any) -> Any:
    alpha, sigma = path.alpha(t), path.sigma(t)
    noise = 0.5 * data.event_size * np.log(2.0 * np.pi * np.e * sigma**2)
    return data.diffuse(alpha, sigma).entropy() - noise


def swapped(f: Any, p: Any, q: Any, *rest: Any) -> Any:
    return f(q, p, *rest)


FAULTS: dict[str, tuple[Plant, str]] = {
    "a posterior without s^2": (changed(elbo, "latent_posterior", unscaled_posterior), "elbo.latent_arbiter"),
    "the gap's divergence the other way round": (
        changed(elbo, "latent_elbo_gap", reversed_gap),
        "elbo.latent_expectations",
    ),
    "an ELBO off by 1e-6": (shifted("latent_elbo", 1e-6), "elbo.evidence"),
    "a decoder that trusts the latent": (
        changed(elbo, "optimal_decoder_mean", decoder_without_noise),
        "elbo.encoder_arbiter",
    ),
    "a decoder that trusts the latent (regression)": (
        changed(elbo, "optimal_decoder_mean", decoder_without_noise),
        "elbo.surgery",
    ),
    "an information of log |.|, not half of it": (scaled(elbo, "latent_information", 2.0), "elbo.encoder_expectations"),
    "a joint divergence off by 1e-6": (shifted("joint_divergence", 1e-6), "elbo.joint_chain_rule"),
    "a batch that takes its first model": (changed(elbo, "latent_elbo", first_of_a_batch), "elbo.latent_batches"),
    "a hierarchy without its top term": (
        shifted("hierarchical_elbo", 0.5 * np.log(2 * np.pi)),
        "elbo.hierarchy_arbiter",
    ),
    "a hierarchy above log p": (shifted("hierarchical_elbo", 1e-6), "elbo.hierarchy_bound"),
    "a hierarchy off by 1e-6": (shifted("hierarchical_elbo", 1e-6), "elbo.hierarchy_posterior"),
    "a chain that is no hierarchy": (shifted("model_negative_elbo_at", 1e-6), "elbo.chain_is_a_hierarchy"),
    "a pointwise bound without its prior": (
        changed(elbo, "model_negative_elbo_at", without_prior),
        "elbo.generator_expectations",
    ),
    "a pointwise bound below the density": (
        changed(elbo, "model_negative_elbo_at", without_prior),
        "elbo.generator_bound",
    ),
    "a gap that knows no forward variance": (changed(elbo, "model_gap", bridge_for), "elbo.generator_terms"),
    "a law of steps too narrow": (changed(elbo, "model_law", narrow_steps), "elbo.generator_of_exact_steps"),
    "a law of steps too narrow (joint)": (changed(elbo, "model_law", narrow_steps), "elbo.generator_arbiter"),
    "an average off by 1e-6": (shifted("model_negative_elbo", 1e-6), "elbo.generator_identity"),
    "an average off by 1e-6 (of the data)": (shifted("model_negative_elbo", 1e-6), "elbo.generator_of_the_data"),
    "a batch that takes its last generator": (changed(elbo, "model_gap", last_of_a_batch), "elbo.generator_batches"),
    "the naive forward gap": (changed(elbo, "forward_variance_gap", naive_forward_gap), "elbo.steps_arbiter"),
    "the bridge's weight for the forward variance": (
        changed(elbo, "forward_variance_term_at", bridge_weight),
        "elbo.steps_relations",
    ),
    "e^x for e^x - 1 in the noise form": (changed(elbo, "noise_term_at", whole_ratio), "elbo.steps_relations"),
    "a forward gap of q^2/2": (changed(elbo, "forward_variance_gap", leading_forward_gap), "elbo.small_steps"),
    "a variance interpolated linearly": (
        changed(elbo, "interpolated_variance", linear_interpolation),
        "elbo.interpolated_between",
    ),
    "a mismatch the other way round": (changed(elbo, "prior_mismatch_at", reversed_mismatch), "elbo.prior_mismatch"),
    "an uncertainty summed, not averaged": (
        changed(elbo, "optimal_step_variance", summed_uncertainty),
        "elbo.optimal_variance_by_bayes",
    ),
    "a data weight not squared": (changed(elbo, "optimal_step_variance", first_power), "elbo.optimal_variance_is_best"),
    "a data weight not squared (arbiter)": (
        changed(elbo, "optimal_step_variance", first_power),
        "elbo.optimal_variance_arbiter",
    ),
    "a variance above the kernel's": (scaled(elbo, "optimal_step_variance", 2.0), "elbo.variance_bounds"),
    "a loss of SNR for half of it": (scaled(elbo, "continuous_diffusion_loss", 2.0), "elbo.continuous_quadrature"),
    "a rate without its 1/2": (scaled(elbo, "continuous_diffusion_rate", 2.0), "elbo.continuous_arbiter"),
    "a rate that does not integrate": (
        scaled(elbo, "continuous_diffusion_rate", 1.0 + 1e-6),
        "elbo.continuous_quadrature",
    ),
    "a loss that does not add up": (shifted("continuous_diffusion_loss", 1e-9), "elbo.continuous_additive"),
    "a bound without its prior": (shifted("continuous_negative_elbo", -1e-6), "elbo.continuous_closure"),
    "the denoiser at the wrong ends": (
        changed(elbo, "discrete_diffusion_loss", lambda _, *a: elbo.lower_diffusion_sum(*a)),
        "elbo.bracket",
    ),
    "a batch that takes its last law": (
        changed(elbo, "continuous_diffusion_loss", last_of_a_batch),
        "elbo.time_batches",
    ),
    "the denoiser at the wrong ends (line)": (
        changed(elbo, "discrete_diffusion_loss", lambda _, *a: elbo.lower_diffusion_sum(*a)),
        "elbo.line_quadrature",
    ),
    "a loss off by 1e-8 (line)": (shifted("continuous_diffusion_loss", 1e-8), "elbo.line_arbiter"),
    "a bound off by 1e-8 (line)": (shifted("continuous_negative_elbo", 1e-8), "elbo.line_closure"),
    "a sum from the first step": (changed(elbo, "equal_step_entropy", sum_from_the_first), "elbo.equal_steps_arbiter"),
    "a sum from the first step (digamma)": (
        changed(elbo, "equal_step_entropy", sum_from_the_first),
        "elbo.equal_steps_digamma",
    ),
    "defects exchanged": (
        changed(elbo, "equal_step_defect", lambda f, weight: f("snr" if weight == "time" else "time")),
        "elbo.equal_steps_defect",
    ),
    "weights exchanged": (changed(elbo, "equal_step_entropy", other_weight), "elbo.equal_steps_defect"),
    "a decoder with closed ends": (
        changed(elbo, "discretized_gaussian_log_prob", closed_ends),
        "elbo.decoders_sum_to_one",
    ),
    "a naive bin in the tail": (changed(elbo, "discretized_gaussian_log_prob", closed_ends), "elbo.decoders_arbiter"),
    "codes of bin edges": (changed(elbo, "vdm_decoder_log_prob", shifted_codes), "elbo.vdm_by_bayes"),
    "codes that are not symmetric": (
        changed(elbo, "vdm_encode", lambda f, level, *, levels=256: f(level, levels=levels) - 1.0 / levels),
        "elbo.decoders_reflect",
    ),
    "a batch that takes its last level": (
        changed(elbo, "vdm_decoder_log_prob", last_of_a_batch),
        "elbo.decoder_batches",
    ),
    "bits that subtract the scale": (
        changed(elbo, "bits_per_dimension", lambda f, *a, scale=1.0, **k: f(*a, scale=1.0 / scale, **k)),
        "elbo.bits_and_scales",
    ),
    "the naive probability of a bin": (changed(elbo, "bin_log_prob", naive_bin), "elbo.bins_arbiter"),
    "dequantisation without the width": (
        changed(elbo, "dequantized_log_prob", lambda f, *a, width: f(*a, width=width) - np.log(width)),
        "elbo.bins_quadrature",
    ),
    "the L1 distance for half of it": (
        scaled(divergences, "total_variation", 2.0),
        "divergences.total_variation_integral",
    ),
    "a total variation off by 1e-9": (
        scaled(divergences, "total_variation", 1 + 1e-9),
        "divergences.total_variation_arbiter",
    ),
    "a total variation above Pinsker": (
        changed(divergences, "total_variation", lambda _, p, q: np.sqrt(divergences.kl_divergence(p, q))),
        "divergences.total_variation_bounds",
    ),
    "an f-divergence the other way round": (
        changed(divergences, "f_divergence", swapped),
        "divergences.f_divergence_of_gaussians",
    ),
    "an f-divergence off by 1e-8": (shifted("f_divergence", 1e-8, divergences), "divergences.f_divergences"),
    "Jensen-Shannon in bits": (
        scaled(divergences, "jensen_shannon_divergence", 1.0 / np.log(2.0)),
        "divergences.jensen_shannon_arbiter",
    ),
    "an information without its data's share": (
        changed(divergences, "mutual_information", by_entropies),
        "divergences.information_arbiter",
    ),
    "an information of half its rate": (
        scaled(divergences, "mutual_information", 0.5),
        "divergences.i_mmse",
    ),
    "an information of half its size": (
        scaled(divergences, "mutual_information", 0.5),
        "divergences.information_by_entropies",
    ),
    "an information off by 1e-8 (line)": (
        shifted("mutual_information", 1e-8, divergences),
        "divergences.information_line",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught_and_its_healthy_twin_is_silent(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(*FAULTS[fault], monkeypatch, CASES)
