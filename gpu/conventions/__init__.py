"""Other people's conventions: the table of where they differ, and the converters that no other module has."""

from __future__ import annotations

from gpu.conventions.indices import (
    consistency_index_from_karras_index,
    ddim_previous_alpha,
    ddim_previous_index,
    ddim_previous_sigma,
    decreasing_from_increasing,
    dpm_solver_time_from_index,
    increasing_from_decreasing,
    index_from_dpm_solver_time,
    index_from_score_sde_time,
    karras_index_from_consistency_index,
    sigmas_with_zero,
    vdm_discrete_time,
)
from gpu.conventions.losses import (
    mean_from_sum,
    nats_from_bits_per_dimension,
    sum_from_mean,
    sum_from_score_sde,
)
from gpu.conventions.networks import (
    ctm_inner_from_output,
    ctm_output_from_inner,
    end_derivative_from_step_network,
    start_derivative_from_step_network,
)
from gpu.conventions.samplers import (
    churn_factor,
    ddim_eta_from_sde_eta,
    noise_level_from_sde_eta,
    score_sde_flow_step,
    sde_eta_from_ddim_eta,
    sde_eta_from_noise_level,
)
from gpu.conventions.signal import (
    alpha_bar_from_alpha,
    alpha_from_alpha_bar,
    cosine_alpha,
    cosine_sigma,
    half_log_snr_from_log_snr,
    half_log_snr_from_noise_to_signal,
    half_log_snr_from_signal_to_noise,
    half_log_snr_from_snr,
    log_snr_from_half_log_snr,
    noise_to_signal_from_half_log_snr,
    sigma_from_alpha_bar,
    signal_to_noise_from_half_log_snr,
    snr_from_half_log_snr,
)
from gpu.conventions.table import (
    TABLE,
    Convention,
)
from gpu.conventions.tables import (
    guided_diffusion_fixed_large_variance,
    guided_diffusion_posterior_log_variance,
    rescaled_linear_betas,
)

__all__ = [
    "TABLE",
    "Convention",
    "alpha_bar_from_alpha",
    "alpha_from_alpha_bar",
    "churn_factor",
    "consistency_index_from_karras_index",
    "cosine_alpha",
    "cosine_sigma",
    "ctm_inner_from_output",
    "ctm_output_from_inner",
    "ddim_eta_from_sde_eta",
    "ddim_previous_alpha",
    "ddim_previous_index",
    "ddim_previous_sigma",
    "decreasing_from_increasing",
    "dpm_solver_time_from_index",
    "end_derivative_from_step_network",
    "guided_diffusion_fixed_large_variance",
    "guided_diffusion_posterior_log_variance",
    "half_log_snr_from_log_snr",
    "half_log_snr_from_noise_to_signal",
    "half_log_snr_from_signal_to_noise",
    "half_log_snr_from_snr",
    "increasing_from_decreasing",
    "index_from_dpm_solver_time",
    "index_from_score_sde_time",
    "karras_index_from_consistency_index",
    "log_snr_from_half_log_snr",
    "mean_from_sum",
    "nats_from_bits_per_dimension",
    "noise_level_from_sde_eta",
    "noise_to_signal_from_half_log_snr",
    "rescaled_linear_betas",
    "score_sde_flow_step",
    "sde_eta_from_ddim_eta",
    "sde_eta_from_noise_level",
    "sigma_from_alpha_bar",
    "sigmas_with_zero",
    "signal_to_noise_from_half_log_snr",
    "snr_from_half_log_snr",
    "start_derivative_from_step_network",
    "sum_from_mean",
    "sum_from_score_sde",
    "vdm_discrete_time",
]
