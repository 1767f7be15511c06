"""What practice does to guided predictions: an interval of times, the spread rescaled, the range clipped."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu.guidance._arguments import numbers, vectors_and_numbers
from gpu.solvers._arguments import portion

__all__ = ["dynamic_threshold", "interval_weight", "rescaled"]

Number = Tensor | float


def interval_weight(weight: Number, t: Number, *, t_low: Number, t_high: Number) -> Tensor:
    """The weight where t_low <= t <= t_high, 1 elsewhere, (...).

    Raises ValueError for t_low above t_high.
    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    share, time, low, high = numbers(weight=weight, t=t, t_low=t_low, t_high=t_high)
    _checks.smaller(equal_allowed=True, t_low=low, t_high=high)
    return torch.where((time >= low) & (time <= high), share, 1)


def rescaled(guided: Tensor, conditional: Tensor, *, mix: Number) -> Tensor:
    """Guided prediction times mix std(conditional)/std(guided) + 1 - mix, (..., d); std over the event axis.

    Raises ValueError for mix outside [0, 1], and where the guided prediction is constant.
    Catalogue: P91 (Lai et al., arXiv 2510.21890).
    """
    strong, plain, share = vectors_and_numbers({"guided": guided, "conditional": conditional}, mix=mix)
    _checks.between("mix", share, 0.0, 1.0, "a share")
    spread = _spread(strong)
    _checks.positive(constructor=False, **{"the spread of guided": spread})
    return (share * (_spread(plain) / spread) + (1 - share)) * strong


def dynamic_threshold(denoiser: Tensor, *, quantile: float, minimum: float = 1.0) -> Tensor:
    """Denoiser clipped to [-s, s] and divided by s = max(quantile of |denoiser|, minimum), (..., d).

    The quantile is over the event axis, linear between order statistics.

    Raises ValueError for a quantile outside (0, 1] and a minimum not above 0.
    Catalogue: P91 (Lai et al., arXiv 2510.21890).
    """
    (prediction,) = vectors_and_numbers({"denoiser": denoiser})
    place = portion("quantile", quantile)
    lowest = _checks.parameter("minimum", minimum)
    sizes = prediction.abs().sort(-1).values
    position = place * (sizes.shape[-1] - 1)
    below = math.floor(position)
    above = min(below + 1, sizes.shape[-1] - 1)
    low, high = sizes[..., below, None], sizes[..., above, None]
    scale = (low + (position - below) * (high - low)).clamp(min=lowest)
    return torch.maximum(torch.minimum(prediction, scale), -scale) / scale


def _spread(values: Tensor) -> Tensor:
    """Root mean square deviation over the event axis, (..., 1)."""
    centred = values - values.mean(-1, keepdim=True)
    norm: Tensor = torch.linalg.vector_norm(centred, dim=-1, keepdim=True)
    return norm / math.sqrt(values.shape[-1])
