"""Weighted sums of exponentials that neither overflow, nor touch denormals, nor differentiate into NaN."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu.distributions._linear_algebra import is_differentiated

__all__ = ["log_mean_exp", "softmax"]


def _terms(weights: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """w_k exp(l_k - m) and m, the largest l_k + log w_k.

    The weights stay outside the logarithm, so a weight of 0 has the finite gradient that it should have.
    Terms near the smallest normal number become an exact 0: denormals are slow on a CPU.
    """
    info = torch.finfo(logits.dtype)
    lowest, highest = math.log(info.tiny) + 7, math.log(info.max) - 1
    largest = (logits.detach() + weights.detach().log()).amax(-1, keepdim=True)
    gaps, floor = logits - largest, 1.01 * math.exp(lowest)
    if torch.compiler.is_compiling() or is_differentiated(weights, logits):
        return weights * torch.threshold(gaps.clamp(lowest, highest).exp(), floor, 0.0), largest
    return weights * torch.threshold_(gaps.clamp_(lowest, highest).exp_(), floor, 0.0), largest


def log_mean_exp(weights: Tensor, logits: Tensor) -> Tensor:
    """Logarithm of sum_k w_k exp(l_k) over the last axis."""
    terms, largest = _terms(weights, logits)
    return largest[..., 0] + terms.sum(-1).log()


def softmax(weights: Tensor, logits: Tensor) -> Tensor:
    """w_k exp(l_k) / sum_j w_j exp(l_j) over the last axis."""
    terms, _ = _terms(weights, logits)
    return terms / terms.sum(-1, keepdim=True)
