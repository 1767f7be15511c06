"""Laws between two times of a path, and the steps that are built on them."""

from __future__ import annotations

from .discrete import (
    ddpm_mean_from_noise,
    ddpm_posterior_data_weight,
    ddpm_posterior_state_weight,
    ddpm_posterior_variance,
    euler_maruyama_step,
    vdm_step_mean,
    vdm_step_variance,
)
from .kernels import (
    bridge_data_weight,
    bridge_mean,
    bridge_state_weight,
    bridge_variance,
    kernel_alpha,
    kernel_variance,
)
from .reverse_steps import (
    bridge_variance_excess,
    forward_variance_excess,
    reverse_step_covariance,
    reverse_step_mean,
    reverse_step_mean_from_noise,
)

__all__ = [
    "bridge_data_weight",
    "bridge_mean",
    "bridge_state_weight",
    "bridge_variance",
    "bridge_variance_excess",
    "ddpm_mean_from_noise",
    "ddpm_posterior_data_weight",
    "ddpm_posterior_state_weight",
    "ddpm_posterior_variance",
    "euler_maruyama_step",
    "forward_variance_excess",
    "kernel_alpha",
    "kernel_variance",
    "reverse_step_covariance",
    "reverse_step_mean",
    "reverse_step_mean_from_noise",
    "vdm_step_mean",
    "vdm_step_variance",
]
