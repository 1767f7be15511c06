"""Moving between paths of equal half log-SNR, and between the two notations of beta."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths._base import Path

__all__ = [
    "book_beta_from_ho_beta",
    "equivalent_scale",
    "equivalent_time",
    "ho_beta_from_book_beta",
    "noise_to_signal",
]


def noise_to_signal(path: Path, t: Tensor | float) -> Tensor:
    """Ratio sigma(t)/alpha(t) = exp(-lambda): the noise level of the same law in EDM's units.

    t: times of any shape; 0 is allowed, an end of the domain where alpha is 0 is not (ValueError).
    Catalogue: P13 (Lai et al., arXiv 2510.21890).
    """
    return path._noise_to_signal_at(path._checked_time(t, open_end=path._alpha_vanishes))


def equivalent_time(path: Path, other: Path, t: Tensor | float) -> Tensor:
    """The time t' of `other` at the half log-SNR that `path` has at t: lambda_other(t') = lambda_path(t).

    The noise-to-signal ratio is matched, so no lambda is formed. Raises ValueError where alpha or sigma of
    `path` is 0, and where `other` does not reach the ratio.
    Catalogue: P25 (Lai et al., arXiv 2510.21890).
    """
    return other._time_in_domain_at_noise_to_signal(_matched_ratio(path, other, t))


def equivalent_scale(path: Path, other: Path, t: Tensor | float) -> Tensor:
    """Scale c = sigma_other(t')/sigma_path(t) = alpha_other(t')/alpha_path(t) at the equivalent times.

    c x has the law of `other` at t' when x has the law of `path` at t. Raises as `equivalent_time`.
    Catalogue: P25 (Lai et al., arXiv 2510.21890).
    """
    ratio = _matched_ratio(path, other, t)
    return other._alpha_at_noise_to_signal(ratio) / path._alpha_at(path._checked_interior_time(t))


def book_beta_from_ho_beta(beta: Tensor | float) -> Tensor:
    """Standard-deviation beta of the monograph from the variance beta of Ho et al.: sqrt(beta), in [0, 1].

    Catalogue: P7 (Lai et al., arXiv 2510.21890).
    """
    return torch.sqrt(_unit_interval(beta))


def ho_beta_from_book_beta(beta: Tensor | float) -> Tensor:
    """The variance beta of Ho et al. from the standard-deviation beta of the monograph: beta^2, in [0, 1].

    Catalogue: P7 (Lai et al., arXiv 2510.21890).
    """
    return _unit_interval(beta).square()


def _unit_interval(beta: Tensor | float) -> Tensor:
    (value,) = _checks.tensors(beta=beta)
    _checks.between("beta", value, 0.0, 1.0, "a noise fraction")
    return value


def _matched_ratio(path: Path, other: Path, t: Tensor | float) -> Tensor:
    ratio = path._noise_to_signal_at(path._checked_interior_time(t))
    if _checks.values_are_checked(ratio):
        start, end = (ratio.new_tensor(end) for end in other.domain)
        lowest = 0.0 if other._sigma_vanishes else float(other._noise_to_signal_at(start))
        unbounded = other._alpha_vanishes or bool(end.isinf())
        highest = torch.inf if unbounded else float(other._noise_to_signal_at(end))
        reached = f"what {type(other).__name__} reaches"
        _checks.between("the noise-to-signal ratio at t", ratio, lowest, highest, reached)
    return ratio
