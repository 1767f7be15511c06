"""Discrete beta tables in the notation of Ho et al., where beta is a variance.

One step is x_i = sqrt(1 - beta_i) x_{i-1} + sqrt(beta_i) z.

Table makers return float64 tensors on the CPU; what takes a table keeps its dtype and device.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks

__all__ = [
    "cosine_betas",
    "discrete_alpha",
    "discrete_half_log_snr",
    "discrete_sigma",
    "linear_betas",
    "rescale_zero_terminal_snr",
    "scaled_linear_betas",
]


def linear_betas(count: int, *, first: float = 1e-4, last: float = 0.02) -> Tensor:
    """Betas evenly spaced from first to last, both included: (count,); count 1 gives [first].

    Raises ValueError unless 0 < first < 1 and 0 < last < 1.
    Catalogue: P14 (Lai et al., arXiv 2510.21890).
    """
    first, last = _checks.parameter("first", first, below=1), _checks.parameter("last", last, below=1)
    return _between(count, first, last)


def scaled_linear_betas(count: int, *, first: float = 0.00085, last: float = 0.012) -> Tensor:
    """Betas whose square roots are evenly spaced from sqrt(first) to sqrt(last): (count,).

    Raises ValueError unless 0 < first < 1 and 0 < last < 1.
    Catalogue: P14 (Lai et al., arXiv 2510.21890).
    """
    first, last = _checks.parameter("first", first, below=1), _checks.parameter("last", last, below=1)
    return _between(count, math.sqrt(first), math.sqrt(last)).square()


def cosine_betas(count: int, *, offset: float = 0.008, maximum: float = 0.999) -> Tensor:
    """Cosine table beta_i = min(1 - h((i+1)/count)/h(i/count), maximum): (count,).

    h(u) = cos^2(pi/2 (u + offset)/(1 + offset)).
    Formed as sin(b - a) sin(a + b)/cos^2(a), which cancels nowhere. Raises ValueError unless offset >= 0 and
    0 < maximum < 1.
    Catalogue: P15 (Lai et al., arXiv 2510.21890).
    """
    _checks.count("count", count)
    offset = _checks.parameter("offset", offset, zero_allowed=True)
    maximum = _checks.parameter("maximum", maximum, below=1)
    i = torch.arange(count, dtype=torch.float64)
    unit = math.pi / 2 / (1 + offset)
    # a = unit (i/count + offset), b = a + unit/count; cos a and sin(a + b) from the side where they vanish
    cosine = torch.sin(unit * ((count - i) / count))
    sine_of_sum = torch.sin(unit * torch.minimum((2 * i + 1) / count + 2 * offset, (2 * (count - i) - 1) / count))
    return (math.sin(unit / count) * sine_of_sum / cosine.square()).clamp(max=maximum)


def discrete_alpha(betas: Tensor) -> Tensor:
    """Signal coefficients sqrt(prod_{j<=i} (1 - beta_j)): (..., T) from (..., T).

    Raises ValueError unless betas lie in [0, 1) (the last may be 1: alpha is 0 there, its gradient given as
    0).
    Catalogue: P7 (Lai et al., arXiv 2510.21890).
    """
    log_kept, cut = _log_kept(_table(betas))
    return torch.where(cut, 0.0, torch.exp(0.5 * log_kept))


def discrete_sigma(betas: Tensor) -> Tensor:
    """Noise standard deviations sqrt(1 - prod_{j<=i} (1 - beta_j)), accurate where the product is near 1.

    Raises ValueError unless betas lie in [0, 1) (the last may be 1).
    Catalogue: P7 (Lai et al., arXiv 2510.21890).
    """
    log_kept, cut = _log_kept(_table(betas))
    return torch.where(cut, 1.0, torch.sqrt(-torch.expm1(log_kept)))


def discrete_half_log_snr(betas: Tensor) -> Tensor:
    """Half log-SNR 1/2 log[prod/(1 - prod)], prod = prod_{j<=i} (1 - beta_j): (..., T).

    Raises ValueError unless betas lie in [0, 1) and the first is above 0 (elsewhere lambda is infinite).
    Catalogue: P7 (Lai et al., arXiv 2510.21890).
    """
    table = _table(betas)
    if _checks.values_are_checked(table):
        _checks.between("the last of betas", table[..., -1], 0.0, 1.0, "a finite half log-SNR", open_end=True)
        _checks.between("the first of betas", table[..., 0], 0.0, 1.0, "a finite half log-SNR", open_start=True)
    log_kept = _running_sum(torch.log1p(-table))
    return 0.5 * (log_kept - torch.log(-torch.expm1(log_kept)))


def rescale_zero_terminal_snr(betas: Tensor) -> Tensor:
    """Betas of the table moved so that alpha_T = 0 and alpha_1 is kept; the last beta is exactly 1.

    alpha_i <- (alpha_i - alpha_T) alpha_1/(alpha_1 - alpha_T). With d_i = alpha_{i-1} - alpha_i and
    w_i = d_i / sum_{j>=i} d_j the new betas are w_i (2 - w_i); the first is unchanged.

    Raises ValueError unless betas (..., T) lie in [0, 1) (the last may be 1), T >= 2 and the last is above 0.
    Catalogue: P16 (Lai et al., arXiv 2510.21890).
    """
    table = _table(betas, minimum=2)
    if _checks.values_are_checked(table):
        _checks.between("the last of betas", table[..., -1], 0.0, 1.0, "noise in the last step", open_start=True)
    later = table[..., 1:]
    kept = torch.exp(0.5 * _running_sum(torch.log1p(-table[..., :-1])))
    steps = kept * later / (1 + torch.sqrt(1 - later))
    share = steps / _running_sum(steps.flip(-1)).flip(-1)
    return torch.cat([table[..., :1], share * (2 - share)], dim=-1)


def _between(count: int, first: float, last: float) -> Tensor:
    """(count,) evenly spaced values, both ends exact, no cancellation."""
    steps = max(_checks.count("count", count) - 1, 1)
    i = torch.arange(count, dtype=torch.float64)
    return first * ((steps - i) / steps) + last * (i / steps)


def _table(betas: Tensor, minimum: int = 1) -> Tensor:
    (table,) = _checks.tensors(betas=betas)
    size = _checks.event("betas", table)
    _checks.count("the number of betas", size, minimum=minimum)
    if _checks.values_are_checked(table):
        _checks.between("betas", table[..., :-1], 0.0, 1.0, "all but the last", open_end=True)
        _checks.between("the last of betas", table[..., -1], 0.0, 1.0, "a variance")
    return table


def _log_kept(table: Tensor) -> tuple[Tensor, Tensor]:
    """Running sums of log(1 - beta), and where they are minus infinity (left out of the sums)."""
    cut = table == 1
    return _running_sum(torch.log1p(-torch.where(cut, 0.0, table))), cut


def _running_sum(values: Tensor) -> Tensor:
    """Cumulative sum over the last axis, as a tree: rounding grows with log2 T, not with T."""
    size, shift = values.shape[-1], 1
    while shift < size:
        values = torch.cat([values[..., :shift], values[..., shift:] + values[..., :-shift]], dim=-1)
        shift *= 2
    return values
