"""Preference optimisation of diffusion models."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.guidance._arguments import numbers

__all__ = ["diffusion_dpo_loss"]

Number = Tensor | float


def diffusion_dpo_loss(
    winner_error: Number,
    winner_reference_error: Number,
    loser_error: Number,
    loser_reference_error: Number,
    *,
    scale: Number,
) -> Tensor:
    """log(1 + exp(scale [(e_w - r_w) - (e_l - r_l)])) of a preferred and a rejected sample, in nats, (...).

    e and r are squared errors of the model and of the frozen reference, scale = beta T w(lambda).
    The authors' code takes mean errors over the coordinates and beta_dpo/2 for the scale, whatever the time.

    Raises ValueError for negative errors or a negative scale.
    Catalogue: P92 (Lai et al., arXiv 2510.21890).
    """
    names = ("winner_error", "winner_reference_error", "loser_error", "loser_reference_error")
    errors = (winner_error, winner_reference_error, loser_error, loser_reference_error)
    *values, factor = numbers(**dict(zip(names, errors, strict=True)), scale=scale)
    _checks.nonnegative(constructor=False, **dict(zip(names, values, strict=True)), scale=factor)
    winner, winner_reference, loser, loser_reference = values
    margin = factor * ((winner - winner_reference) - (loser - loser_reference))
    return torch.logaddexp(margin, torch.zeros_like(margin))
