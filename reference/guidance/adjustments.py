"""What samplers do to a guided prediction so that a large weight does not saturate it: both depend on the sample."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.score_matching._vectors import vectors

__all__ = ["dynamic_threshold", "rescaled"]


def rescaled(guided: Array, conditional: Array, *, mix: Real) -> Array:
    """Guided prediction with part of its spread brought back: mix guided std_c/std_g + (1 - mix) guided.

    The standard deviations are over the event axis; their ratio does not depend on whether they divide by d or d - 1.
    Shapes: predictions (..., d), mix (...) in [0, 1] -> (..., d).
    Raises: TypeError, ValueError; ValueError where ``guided`` is constant over the event axis.
    Ill-conditioned where ``guided`` is nearly constant over the event axis.
    Catalogue: P91 (Lai et al., arXiv 2510.21890).
    """
    part = _checks.nonnegative("mix", mix)
    if np.any(part > 1.0):
        raise ValueError(f"mix: expected values in [0, 1], got {float(np.max(part))!r}")
    first, second = vectors({"mix": part.shape}, guided=guided, conditional=conditional)
    spread, target = first.std(axis=-1, keepdims=True), second.std(axis=-1, keepdims=True)
    if np.any((np.ptp(first, axis=-1) == 0.0) | (spread[..., 0] == 0.0)):
        raise ValueError("guided: expected values that vary over the event axis, got a standard deviation of 0.0")
    share = part[..., None]
    return np.asarray(first * (share * (target / spread) + (1.0 - share)))


def dynamic_threshold(denoiser: Array, *, quantile: float, minimum: float = 1.0) -> Array:
    """Denoiser output clipped to [-s, s] and divided by s = max(quantile of |denoiser|, minimum).

    The quantile is over the event axis, with linear interpolation between order statistics.
    Shapes: denoiser (..., d) -> (..., d).  Domain: 0 < quantile <= 1, minimum > 0.
    Catalogue: P91 (Lai et al., arXiv 2510.21890).
    """
    output = _checks.event("denoiser", _checks.real("denoiser", denoiser))
    level, least = _checks.positive_parameter("quantile", quantile), _checks.positive_parameter("minimum", minimum)
    if level > 1.0:
        raise ValueError(f"quantile: expected a value in (0, 1], got {level!r}")
    bound = np.maximum(np.quantile(np.abs(output), level, axis=-1, keepdims=True), least)
    return np.asarray(np.clip(output, -bound, bound) / bound)
