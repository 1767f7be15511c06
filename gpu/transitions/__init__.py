"""Exact transitions between a clean time and a noisier one: kernel, bridge, reverse steps, and DDPM's tables."""

from __future__ import annotations

from gpu.transitions.ddpm import (
    ddpm_mean_from_noise,
    ddpm_posterior_data_weight,
    ddpm_posterior_state_weight,
    ddpm_posterior_variance,
)
from gpu.transitions.kernels import (
    bridge_data_weight,
    bridge_mean,
    bridge_state_weight,
    bridge_variance,
    kernel_alpha,
    kernel_variance,
    reverse_step_covariance,
    reverse_step_mean,
)
from gpu.transitions.steps import (
    bridge_variance_excess,
    euler_maruyama_step,
    forward_variance_excess,
    reverse_step_mean_from_noise,
    vdm_step_mean,
    vdm_step_variance,
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
