"""VDM's gamma, the negative log-SNR, and the half log-SNR of this package."""

from __future__ import annotations

from torch import Tensor

from gpu import _checks

__all__ = ["half_log_snr_from_vdm_gamma", "vdm_gamma_from_half_log_snr"]


def vdm_gamma_from_half_log_snr(half_log_snr: Tensor | float) -> Tensor:
    """Gamma = -log SNR = -2 lambda, any shape.

    Raises ValueError for values that are not finite.

    Catalogue: P48 (Lai et al., arXiv 2510.21890).
    """
    (value,) = _checks.tensors(half_log_snr=half_log_snr)
    _checks.finite(half_log_snr=value)
    return -2 * value


def half_log_snr_from_vdm_gamma(gamma: Tensor | float) -> Tensor:
    """Lambda = -gamma/2, any shape.

    Raises ValueError for values that are not finite.

    Catalogue: P48 (Lai et al., arXiv 2510.21890).
    """
    (value,) = _checks.tensors(gamma=gamma)
    _checks.finite(gamma=value)
    return -value / 2
