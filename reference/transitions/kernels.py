"""Laws between two times of a path: the forward kernel, and the bridge that is pinned at x_0.

``clean`` and ``noisy`` are times with clean < noisy; the catalogue writes t and s for them.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.paths._base import Path
from reference.transitions._arguments import ordered_times

__all__ = [
    "bridge_data_weight",
    "bridge_mean",
    "bridge_state_weight",
    "bridge_variance",
    "kernel_alpha",
    "kernel_variance",
]

# ------------------------------------------------------------------------------------ forward kernel


def kernel_alpha(path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Signal factor of the kernel x_noisy | x_clean: alpha_noisy/alpha_clean.

    Shapes: times (...) -> (...).  Domain: the closed domain, clean < noisy.
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: P10 (Lai et al., arXiv 2510.21890); M1 (McAllester, arXiv 2301.11108) for Brownian.
    """
    early, late = ordered_times(path, clean, noisy)
    return path._alpha_quotient(early, late)


def kernel_variance(path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Variance of the kernel x_noisy | x_clean: sigma_noisy^2 (1 - e^{2 (lambda_noisy - lambda_clean)}).

    Equal to sigma_noisy^2 - (alpha_noisy/alpha_clean)^2 sigma_clean^2, without its cancellation.
    Shapes: times (...) -> (...).  Domain: the closed domain, clean < noisy.
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: P10 (Lai et al., arXiv 2510.21890); M1 (McAllester, arXiv 2301.11108) for Brownian.
    """
    early, late = ordered_times(path, clean, noisy)
    return path.sigma(late) ** 2 * path._snr_drop(early, late)


# -------------------------------------------------------------------------------------------- bridge


def bridge_state_weight(path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Weight of x_noisy in the bridge mean: (alpha_noisy/alpha_clean) sigma_clean^2/sigma_noisy^2.

    Shapes: times (...) -> (...).  Domain: the closed domain, clean < noisy; 0 at sigma_clean = 0.
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: P37 (Lai et al., arXiv 2510.21890); M3 (McAllester, arXiv 2301.11108) for Brownian.
    """
    early, late = ordered_times(path, clean, noisy)
    return path._alpha_quotient(early, late) * path._sigma_quotient(early, late) ** 2


def bridge_data_weight(path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Weight of x_0 in the bridge mean: alpha_clean (1 - SNR_noisy/SNR_clean).

    Shapes: times (...) -> (...).  Domain: the closed domain, clean < noisy.
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: P37 (Lai et al., arXiv 2510.21890); M3 (McAllester, arXiv 2301.11108) for Brownian.
    """
    early, late = ordered_times(path, clean, noisy)
    return path.alpha(early) * path._snr_drop(early, late)


def bridge_variance(path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Variance v of the bridge x_clean | x_noisy, x_0 ~ N(., v I): sigma_clean^2 (1 - SNR_noisy/SNR_clean).

    Shapes: times (...) -> (...).  Domain: the closed domain, clean < noisy; 0 at sigma_clean = 0.
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: P37 (Lai et al., arXiv 2510.21890); M3 (McAllester, arXiv 2301.11108) for Brownian.
    """
    early, late = ordered_times(path, clean, noisy)
    return path.sigma(early) ** 2 * path._snr_drop(early, late)


def bridge_mean(path: Path, x0: Array, x: Array, *, clean: Real, noisy: Real) -> Array:
    r"""Mean of the bridge x_clean | x_noisy = x, x_0: state_weight x + data_weight x_0.

    Shapes: x0 and x (..., d), times (...) -> (..., d).  Domain: the closed domain, clean < noisy.
    Raises: TypeError, ValueError for times outside the domain or not ordered, or shapes that do not fit.
    Catalogue: P37 (Lai et al., arXiv 2510.21890); M3 (McAllester, arXiv 2301.11108) for Brownian.
    """
    state = _checks.event("x", _checks.real("x", x))
    data = _checks.event("x0", _checks.real("x0", x0), state.shape[-1])
    early, late = ordered_times(path, clean, noisy)
    _checks.broadcast(x0=data.shape[:-1], x=state.shape[:-1], clean=early.shape, noisy=late.shape)
    state_weight = np.asarray(bridge_state_weight(path, clean=early, noisy=late))[..., None]
    data_weight = np.asarray(bridge_data_weight(path, clean=early, noisy=late))[..., None]
    return state_weight * state + data_weight * data
