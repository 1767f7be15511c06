"""Tables and schedules of others that no single formula of ours gives."""

from __future__ import annotations

import math

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.paths._discrete import checked_betas
from reference.transitions import ddpm_posterior_variance

__all__ = [
    "cosine_alpha",
    "cosine_sigma",
    "guided_diffusion_fixed_large_variance",
    "guided_diffusion_posterior_log_variance",
    "rescaled_linear_betas",
]


def guided_diffusion_posterior_log_variance(betas: Array) -> Array:
    """Log of ``transitions.ddpm_posterior_variance`` with its first entry, log 0, replaced by the second.

    Shapes: (..., T) -> (..., T), T >= 2.
    Raises: TypeError, ValueError for betas outside (0, 1) (the last may be 1) or T < 2.
    Catalogue: P50, P37 (Lai et al., arXiv 2510.21890; Nichol and Dhariwal, arXiv 2102.09672).
    """
    variances = ddpm_posterior_variance(_table(betas))
    return np.asarray(np.log(np.concatenate([variances[..., 1:2], variances[..., 1:]], axis=-1)))


def guided_diffusion_fixed_large_variance(betas: Array) -> Array:
    """Variances of FIXED_LARGE: the betas, with the posterior variance of entry 1 at entry 0.

    Entry 0 is for the loss only: the sampler adds no noise there.
    Shapes: (..., T) -> (..., T), T >= 2.
    Raises: TypeError, ValueError for betas outside (0, 1) (the last may be 1) or T < 2.
    Catalogue: P42, P37 (Lai et al., arXiv 2510.21890; Nichol and Dhariwal, arXiv 2102.09672).
    """
    table = _table(betas)
    return np.concatenate([ddpm_posterior_variance(table)[..., 1:2], table[..., 1:]], axis=-1)


def rescaled_linear_betas(count: int) -> Array:
    """Guided-diffusion's "linear" table of T betas from 1e-4 to 0.02, both times 1000/T: (count,).

    Refused for T < 20, where the last beta would be above 1 and its square root NaN; at T = 20 no signal is left.
    Raises: TypeError, ValueError for count < 20.
    Catalogue: P14 (Lai et al., arXiv 2510.21890; Nichol and Dhariwal, arXiv 2102.09672).
    """
    steps = _checks.count("count", count, at_least=20)
    index, last, scale = np.arange(float(steps)), steps - 1.0, 1000.0 / steps
    return np.asarray(((last - index) * (scale * 1e-4) + index * (scale * 0.02)) / last)


def cosine_alpha(t: Real, *, offset: float = 0.008) -> Array:
    """Signal level cos a(t)/cos a(0), a(t) = (t + offset)/(1 + offset) pi/2, of the cosine schedule in continuous time.

    Exactly 0 at t = 1, where the table ``paths.cosine_betas`` with its clipped beta keeps a little signal.
    Shapes: t (...) -> (...).  Domain: [0, 1], offset > 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P15 (Lai et al., arXiv 2510.21890; Nichol and Dhariwal, arXiv 2102.09672).
    """
    time, unit, start = _cosine(t, offset)
    # cos a(t) is the sine of the angle that is left to pi/2
    return np.asarray(np.sin((1.0 - time) * unit) / math.cos(start))


def cosine_sigma(t: Real, *, offset: float = 0.008) -> Array:
    """Noise level sqrt(1 - alpha^2) of ``cosine_alpha``: sqrt(sin(a(t) - a(0)) sin(a(t) + a(0)))/cos a(0).

    Shapes: t (...) -> (...).  Domain: [0, 1], offset > 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P15 (Lai et al., arXiv 2510.21890; Nichol and Dhariwal, arXiv 2102.09672).
    """
    time, unit, start = _cosine(t, offset)
    turned = time * unit
    return np.asarray(np.sqrt(np.sin(turned) * np.sin(turned + 2.0 * start)) / math.cos(start))


# ---------------------------------------------------------------------------------------------- private


def _table(betas: Array) -> Array:
    table = checked_betas(betas)
    if table.shape[-1] < 2:
        raise ValueError(f"betas: expected at least 2 entries on the last axis, got shape {table.shape}")
    if np.any(table == 0.0):
        raise ValueError("betas: expected values > 0, got 0.0")
    return table


def _cosine(t: Real, offset: float) -> tuple[Array, float, float]:
    """The time, the angle that a unit of time turns, and the angle at t = 0."""
    time, shift = _checks.nonnegative("t", t), _checks.positive_parameter("offset", offset)
    if np.any(time > 1.0):
        raise ValueError(f"t: expected values in [0, 1], got {float(time.max())!r}")
    unit = 0.5 * math.pi / (1.0 + shift)
    return time, unit, shift * unit
