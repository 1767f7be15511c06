"""The notation of variational diffusion models: gamma = -log SNR = -2 lambda."""

from __future__ import annotations

from reference import _checks
from reference._checks import Array, Real

__all__ = ["half_log_snr_from_vdm_gamma", "vdm_gamma_from_half_log_snr"]


def vdm_gamma_from_half_log_snr(half_log_snr: Real) -> Array:
    r"""VDM's gamma = -2 lambda, the negative log signal-to-noise ratio, of the half log-SNR lambda; any shape.

    Raises: TypeError, ValueError for values that are not finite.
    Catalogue: P48 (Lai et al., arXiv 2510.21890; Kingma et al., arXiv 2107.00630).
    """
    return -2.0 * _checks.real("half_log_snr", half_log_snr)


def half_log_snr_from_vdm_gamma(gamma: Real) -> Array:
    r"""The half log-SNR lambda = -gamma/2 of VDM's gamma; any shape.

    Raises: TypeError, ValueError for values that are not finite.
    Catalogue: P48 (Lai et al., arXiv 2510.21890; Kingma et al., arXiv 2107.00630).
    """
    return -0.5 * _checks.real("gamma", gamma)
