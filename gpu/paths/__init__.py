"""Noise paths: alpha, sigma, the half log-SNR and its inverse, drift and diffusion; discrete beta tables."""

from __future__ import annotations

from gpu.paths._base import Path as Path
from gpu.paths.discrete import (
    cosine_betas,
    discrete_alpha,
    discrete_half_log_snr,
    discrete_sigma,
    linear_betas,
    rescale_zero_terminal_snr,
    scaled_linear_betas,
)
from gpu.paths.equivalence import (
    book_beta_from_ho_beta,
    equivalent_scale,
    equivalent_time,
    ho_beta_from_book_beta,
    noise_to_signal,
)
from gpu.paths.gamma import half_log_snr_from_vdm_gamma, vdm_gamma_from_half_log_snr
from gpu.paths.indexing import INDEX_CONVENTIONS, IndexConvention, discrete_index_alpha, discrete_index_sigma
from gpu.paths.interpolating import FlowMatching, Trigonometric
from gpu.paths.unit_signal import EDM, VE, Brownian
from gpu.paths.variance_preserving import SubVP, VPLinear

__all__ = [
    "EDM",
    "INDEX_CONVENTIONS",
    "VE",
    "Brownian",
    "FlowMatching",
    "IndexConvention",
    "SubVP",
    "Trigonometric",
    "VPLinear",
    "book_beta_from_ho_beta",
    "cosine_betas",
    "discrete_alpha",
    "discrete_half_log_snr",
    "discrete_index_alpha",
    "discrete_index_sigma",
    "discrete_sigma",
    "equivalent_scale",
    "equivalent_time",
    "half_log_snr_from_vdm_gamma",
    "ho_beta_from_book_beta",
    "linear_betas",
    "noise_to_signal",
    "rescale_zero_terminal_snr",
    "scaled_linear_betas",
    "vdm_gamma_from_half_log_snr",
]
