"""The reverse step x_noisy -> x_clean: its exact moments, the mean that a noise prediction gives, and the
divergence from the exact step to a step with a fixed variance.

``clean`` and ``noisy`` are times with clean < noisy; the catalogue writes t and s for them.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions._law import Law
from reference.fields.analytic import Data
from reference.paths._base import Path
from reference.transitions._arguments import ordered_times, state_and_times
from reference.transitions.kernels import bridge_data_weight, bridge_mean, bridge_variance

__all__ = [
    "bridge_variance_excess",
    "forward_variance_excess",
    "reverse_step_covariance",
    "reverse_step_mean",
    "reverse_step_mean_from_noise",
]


# ------------------------------------------------------------------------------------- exact moments


def reverse_step_mean(data: Data, path: Path, x: Array, *, clean: Real, noisy: Real) -> Array:
    r"""Exact mean of x_clean | x_noisy = x: state_weight x + data_weight E[x_0 | x_noisy = x].

    Shapes: x (..., d), times (...) -> (..., d).  Domain: the closed domain, clean < noisy.
    Raises: TypeError, ValueError for times outside the domain or not ordered, or shapes that do not fit.
    Catalogue: P39 (Lai et al., arXiv 2510.21890); M4 (McAllester, arXiv 2301.11108).
    """
    law, state, early, late = state_and_times(data, path, x, clean, noisy)
    denoised = law.posterior(state, path.alpha(late), path.sigma(late)).mean
    return bridge_mean(path, denoised, state, clean=early, noisy=late)


def reverse_step_covariance(data: Data, path: Path, x: Array, *, clean: Real, noisy: Real) -> Array:
    r"""Exact covariance of x_clean | x_noisy = x: bridge_variance I + data_weight^2 Cov[x_0 | x_noisy = x].

    The optimal reverse covariance (Analytic-DPM).  Exactly symmetric.
    Shapes: x (..., d), times (...) -> (..., d, d).  Domain: the closed domain, clean < noisy.
    Raises: TypeError, ValueError for times outside the domain or not ordered, or shapes that do not fit.
    Catalogue: P39 (Lai et al., arXiv 2510.21890); M4 (McAllester, arXiv 2301.11108).
    """
    law, state, early, late = state_and_times(data, path, x, clean, noisy)
    posterior = law.posterior(state, path.alpha(late), path.sigma(late)).covariance
    variance = np.asarray(bridge_variance(path, clean=early, noisy=late))[..., None, None]
    data_weight = np.asarray(bridge_data_weight(path, clean=early, noisy=late))[..., None, None]
    return variance * np.eye(law.event_size) + data_weight**2 * posterior


# --------------------------------------------------------------------------------- from a noise prediction


def reverse_step_mean_from_noise(path: Path, noise: Array, x: Array, *, clean: Real, noisy: Real) -> Array:
    r"""Mean of the reverse step by a noise prediction: (x - kernel_variance/sigma_noisy noise)/kernel_alpha.

    The bridge mean at x_0 = (x - sigma_noisy noise)/alpha_noisy; kernel_variance/sigma_noisy is formed as
    sigma_noisy (1 - SNR_noisy/SNR_clean).
    Shapes: noise and x (..., d), times (...) -> (..., d).  Domain: clean < noisy, noisy where alpha > 0.
    Raises: TypeError, ValueError for times outside the domain or not ordered, or shapes that do not fit.
    Catalogue: P38 (Lai et al., arXiv 2510.21890).
    """
    state = _checks.event("x", _checks.real("x", x))
    prediction = _checks.event("noise", _checks.real("noise", noise), state.shape[-1])
    early, late = ordered_times(path, clean, noisy, open_right=True)
    _checks.broadcast(noise=prediction.shape[:-1], x=state.shape[:-1], clean=early.shape, noisy=late.shape)
    removed = np.asarray(path.sigma(late) * path._snr_drop(early, late))[..., None]
    return (state - removed * prediction) / np.asarray(path._alpha_quotient(early, late))[..., None]


# ------------------------------------------------------------------------------------- fixed variances


def forward_variance_excess(data: Data, path: Path, x: Array, *, clean: Real, noisy: Real) -> Array:
    r"""Leading term of KL(exact reverse step || exact mean, forward-kernel variance), nats.

    1/4 (1 - SNR_noisy/SNR_clean)^2 sigma_noisy^4 |H|_F^2 with H the Hessian of log p_noisy at x; the variance
    is kernel_variance/kernel_alpha^2.  What is left out is smaller by a factor of order 1 - SNR_noisy/SNR_clean.
    Shapes: x (..., d), times (...) -> (...).  Domain: the closed domain, clean < noisy, p_noisy a density.
    Raises: TypeError, ValueError for times outside the domain or not ordered, or shapes that do not fit.
    Catalogue: M4b (McAllester, arXiv 2301.11108).
    """
    law, state, early, late = state_and_times(data, path, x, clean, noisy)
    curvature, _ = _curvature_and_share(law, state, path.alpha(late), path.sigma(late))
    return _leading_divergence(path._snr_drop(early, late), curvature)


def bridge_variance_excess(data: Data, path: Path, x: Array, *, clean: Real, noisy: Real) -> Array:
    r"""Leading term of KL(exact reverse step || exact mean, bridge variance), nats.

    1/4 (1 - SNR_noisy/SNR_clean)^2 SNR_noisy^2 |C|_F^2 with C = Cov[x_0 | x_noisy = x].
    What is left out is smaller by a factor of order 1 - SNR_noisy/SNR_clean.
    Shapes: x (..., d), times (...) -> (...).  Domain: the closed domain, clean < noisy.
    Raises: TypeError, ValueError for times outside the domain or not ordered, or shapes that do not fit.
    Catalogue: M4c (McAllester, arXiv 2301.11108).
    """
    law, state, early, late = state_and_times(data, path, x, clean, noisy)
    _, share = _curvature_and_share(law, state, path.alpha(late), path.sigma(late))
    return _leading_divergence(path._snr_drop(early, late), share)


def _curvature_and_share(law: Law, x: Array, alpha: Array, sigma: Array) -> tuple[Array, Array]:
    """sigma^2 H and SNR Cov[x_0 | x] (..., d, d), which differ by I: the larger one is got from the smaller."""
    identity = np.eye(law.event_size)
    curvature = sigma[..., None, None] ** 2 * law.diffuse(alpha, sigma).hessian(x)
    share = (alpha / sigma)[..., None, None] ** 2 * law.posterior(x, alpha, sigma).covariance
    smooth, vague = (np.linalg.norm(part, axis=(-2, -1), keepdims=True) < 0.5 for part in (curvature, share))
    return np.where(vague, share - identity, curvature), np.where(smooth, identity + curvature, share)


def _leading_divergence(drop: Array, matrix: Array) -> Array:
    """1/4 |drop M|_F^2: KL(N(m, v (I + drop M)) || N(m, v I)) to second order in the drop of the SNR."""
    return np.asarray(np.sum((0.5 * drop[..., None, None] * matrix) ** 2, axis=(-2, -1)))
