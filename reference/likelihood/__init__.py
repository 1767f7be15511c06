"""Exact log-likelihoods: McAllester's integrals of the denoiser's squared error, and the probability-flow ODE."""

from __future__ import annotations

from .approximations import hutchinson_divergence, prior_mismatch_bias
from .asymptotics import boundary_reconstruction_at, divergence_tail_at, information_tail, small_noise_bias_at
from .chains import chain_negative_log_likelihood, pathwise_negative_log_likelihood, step_divergence_at
from .conditional import block_mutual_information, conditional_information_integral, conditional_law
from .information import (
    entropy_from_integral,
    entropy_integral,
    information_rate,
    model_information_bound,
    model_information_gap,
    posterior_entropy,
)
from .monte_carlo import Estimate, monte_carlo_integral
from .nonvariational import (
    atom_negative_log_likelihood,
    decoder_surrogate_at,
    divergence_at,
    divergence_rate_at,
    pointwise_integral,
    pointwise_negative_log_likelihood,
    reconstruction_at,
    smoothed_negative_log_likelihood,
    squared_error_at,
)
from .ode import flow_log_determinant, ode_log_likelihood
from .quantile import quantile_map
from .rates import rate_from_denoiser, rate_from_noise, rate_from_score
from .renormalized import (
    implicit_squared_error_rate_at,
    renormalized_entropy,
    renormalized_integrand_at,
    renormalized_negative_log_likelihood,
)

__all__ = [
    "Estimate",
    "atom_negative_log_likelihood",
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
    "model_information_bound",
    "model_information_gap",
    "monte_carlo_integral",
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
