"""The reverse equations of a path: their family over the noise level, exact maps, and what samplers deliver."""

from __future__ import annotations

from ._gaussian import gaussian_components as gaussian_components
from .bias import euler_maruyama_leading_bias, step_variance_bias, temperature_covariance
from .corrector import corrector_covariance, corrector_mean
from .ddim import ddim_chain_matrix, ddim_matrix, ddim_shrinkage
from .edm import churn_variance, edm_euler_matrix, edm_heun_matrix, edm_stochastic_covariance
from .family import forward_drift, reverse_diffusion, reverse_drift, reverse_step
from .flow import flow_coefficients as flow_coefficients
from .flow import flow_map, flow_matrix
from .frozen import frozen_step_matrix, frozen_step_offset, propagate_covariance, propagate_mean
from .propagators import prior_mismatch_propagator, varying_noise_propagator
from .sampled import sampled_law

__all__ = [
    "churn_variance",
    "corrector_covariance",
    "corrector_mean",
    "ddim_chain_matrix",
    "ddim_matrix",
    "ddim_shrinkage",
    "edm_euler_matrix",
    "edm_heun_matrix",
    "edm_stochastic_covariance",
    "euler_maruyama_leading_bias",
    "flow_map",
    "flow_matrix",
    "forward_drift",
    "frozen_step_matrix",
    "frozen_step_offset",
    "prior_mismatch_propagator",
    "propagate_covariance",
    "propagate_mean",
    "reverse_diffusion",
    "reverse_drift",
    "reverse_step",
    "sampled_law",
    "step_variance_bias",
    "temperature_covariance",
    "varying_noise_propagator",
]
