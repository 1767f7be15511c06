"""Likelihoods: along the probability flow, by integrals of the squared error over time, and by finite chains."""

from __future__ import annotations

from gpu.likelihood.chains import (
    chain_negative_log_likelihood,
    pathwise_negative_log_likelihood,
    step_divergence_at,
)
from gpu.likelihood.conditional import (
    block_mutual_information,
    conditional_information_integral,
    conditional_law,
)
from gpu.likelihood.decoders import decoder_surrogate_at, posterior_entropy, reconstruction_at
from gpu.likelihood.estimators import hutchinson_divergence, prior_mismatch_bias
from gpu.likelihood.expansions import (
    boundary_reconstruction_at,
    divergence_tail_at,
    information_tail,
    small_noise_bias_at,
)
from gpu.likelihood.integrals import (
    entropy_from_integral,
    entropy_integral,
    pointwise_integral,
    pointwise_negative_log_likelihood,
    smoothed_negative_log_likelihood,
)
from gpu.likelihood.ode import flow_log_determinant, ode_log_likelihood
from gpu.likelihood.pointwise import divergence_at, divergence_rate_at, information_rate, squared_error_at
from gpu.likelihood.quantile import quantile_map
from gpu.likelihood.rates import rate_from_denoiser, rate_from_noise, rate_from_score
from gpu.likelihood.renormalized import (
    implicit_squared_error_rate_at,
    renormalized_entropy,
    renormalized_integrand_at,
    renormalized_negative_log_likelihood,
)

__all__ = [
    "block_mutual_information",
    "boundary_reconstruction_at",
    "chain_negative_log_likelihood",
    "conditional_information_integral",
    "conditional_law",
    "decoder_surrogate_at",
    "divergence_at",
    "divergence_rate_at",
    "divergence_tail_at",
    "entropy_from_integral",
    "entropy_integral",
    "flow_log_determinant",
    "hutchinson_divergence",
    "implicit_squared_error_rate_at",
    "information_rate",
    "information_tail",
    "ode_log_likelihood",
    "pathwise_negative_log_likelihood",
    "pointwise_integral",
    "pointwise_negative_log_likelihood",
    "posterior_entropy",
    "prior_mismatch_bias",
    "quantile_map",
    "rate_from_denoiser",
    "rate_from_noise",
    "rate_from_score",
    "reconstruction_at",
    "renormalized_entropy",
    "renormalized_integrand_at",
    "renormalized_negative_log_likelihood",
    "small_noise_bias_at",
    "smoothed_negative_log_likelihood",
    "squared_error_at",
    "step_divergence_at",
]
