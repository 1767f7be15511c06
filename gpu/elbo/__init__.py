"""Variational bounds: of latent-variable models, and of diffusion models on Gaussian data, term by term, in nats."""

from __future__ import annotations

from gpu.elbo.chains import negative_elbo, reconstruction_term
from gpu.elbo.continuous import (
    continuous_diffusion_loss,
    continuous_diffusion_rate,
    continuous_negative_elbo,
    discrete_diffusion_loss,
    lower_diffusion_sum,
)
from gpu.elbo.decoders import bits_per_dimension, discretized_gaussian_log_prob, vdm_decoder_log_prob, vdm_encode
from gpu.elbo.encoders import (
    aggregate_posterior,
    expected_latent_elbo,
    joint_divergence,
    latent_information,
    optimal_decoder_mean,
)
from gpu.elbo.equal_steps import equal_step_defect, equal_step_entropy
from gpu.elbo.generators import model_gap, model_law, model_negative_elbo, model_negative_elbo_at
from gpu.elbo.hierarchies import hierarchical_elbo
from gpu.elbo.latent import latent_elbo, latent_elbo_gap, latent_marginal, latent_posterior
from gpu.elbo.priors import prior_mismatch_at, prior_term, prior_term_at
from gpu.elbo.steps import (
    diffusion_term,
    diffusion_term_at,
    diffusion_weight,
    forward_variance_gap,
    forward_variance_term_at,
    hybrid_loss,
    noise_term_at,
)
from gpu.elbo.variances import (
    fixed_variance_term,
    interpolated_variance,
    optimal_step_covariance,
    optimal_step_variance,
    variance_gap,
)

__all__ = [
    "aggregate_posterior",
    "bits_per_dimension",
    "continuous_diffusion_loss",
    "continuous_diffusion_rate",
    "continuous_negative_elbo",
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
