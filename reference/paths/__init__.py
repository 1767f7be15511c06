"""Noising paths x_t = alpha(t) x_0 + sigma(t) eps, their relations, and the discrete beta tables."""

from __future__ import annotations

from reference.paths._discrete import (
    book_beta_from_ho_beta,
    cosine_betas,
    discrete_alpha,
    discrete_half_log_snr,
    discrete_sigma,
    ho_beta_from_book_beta,
    linear_betas,
    rescale_zero_terminal_snr,
    scaled_linear_betas,
)
from reference.paths._equivalence import equivalent_scale, equivalent_time, noise_to_signal
from reference.paths._gamma import half_log_snr_from_vdm_gamma, vdm_gamma_from_half_log_snr
from reference.paths._index import INDEX_CONVENTIONS, IndexConvention, discrete_index_alpha, discrete_index_sigma
from reference.paths._interpolants import FlowMatching, Trigonometric
from reference.paths._unit_signal import EDM, VE, Brownian
from reference.paths._vp import SubVP, VPLinear

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
