"""Bounds on -log p(x_0): their terms, totals and limits, in nats, summed over dimensions."""

from __future__ import annotations

from .continuous import (
    continuous_diffusion_loss,
    continuous_diffusion_rate,
    continuous_negative_elbo,
)
from .decoders import discretized_gaussian_log_prob, vdm_decoder_log_prob, vdm_encode
from .discrete import (
    discrete_diffusion_loss,
    equal_step_defect,
    equal_step_entropy,
    lower_diffusion_sum,
    negative_elbo,
)
from .encoders import (
    aggregate_posterior,
    expected_latent_elbo,
    joint_divergence,
    latent_information,
    optimal_decoder_mean,
)
from .ends import prior_mismatch_at, prior_term, prior_term_at, reconstruction_term
from .generators import model_gap, model_law, model_negative_elbo, model_negative_elbo_at
from .hierarchies import hierarchical_elbo
from .latent import latent_elbo, latent_elbo_gap, latent_marginal, latent_posterior
from .levels import bin_log_prob, bits_per_dimension, dequantized_log_prob
from .steps import (
    diffusion_term,
    diffusion_term_at,
    diffusion_weight,
    fixed_variance_term,
    forward_variance_gap,
    forward_variance_term_at,
    noise_term_at,
    variance_gap,
)
from .variances import hybrid_loss, interpolated_variance, optimal_step_covariance, optimal_step_variance

__all__ = [
    "aggregate_posterior",
    "bin_log_prob",
    "bits_per_dimension",
    "continuous_diffusion_loss",
    "continuous_diffusion_rate",
    "continuous_negative_elbo",
    "dequantized_log_prob",
    "diffusion_term",
    "diffusion_term_at",
    "diffusion_weight",
    "discrete_diffusion_loss",
    "discretized_gaussian_log_prob",
    "equal_step_defect",
    "equal_step_entropy",
    "expected_latent_elbo",
    "fixed_variance_term",
    "forward_variance_gap",
    "forward_variance_term_at",
    "hierarchical_elbo",
    "hybrid_loss",
    "interpolated_variance",
    "joint_divergence",
    "latent_elbo",
    "latent_elbo_gap",
    "latent_information",
    "latent_marginal",
    "latent_posterior",
    "lower_diffusion_sum",
    "model_gap",
    "model_law",
    "model_negative_elbo",
    "model_negative_elbo_at",
    "negative_elbo",
    "noise_term_at",
    "optimal_decoder_mean",
    "optimal_step_covariance",
    "optimal_step_variance",
    "prior_mismatch_at",
    "prior_term",
    "prior_term_at",
    "reconstruction_term",
    "variance_gap",
    "vdm_decoder_log_prob",
    "vdm_encode",
]
