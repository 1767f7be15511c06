"""What the terms of a bound on Gaussian data are made of.

l_j are the eigenvalues of the data covariance, w = 1/2 (SNR_clean - SNR_noisy), and
m_j = l_j sigma^2/(alpha^2 l_j + sigma^2) is the error variance of the denoiser along the j-th eigenvector.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.paths import Path

__all__ = [
    "checked_levels",
    "checked_step",
    "checked_times",
    "entropy",
    "errors",
    "excess",
    "gaussian",
    "number_like",
    "require_density",
    "step_excess",
    "weight",
]


def number_like(value: Any, like: Tensor) -> Any:
    """A Python number as a tensor of the dtype and on the device of another; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return torch.tensor(float(value), dtype=like.dtype, device=like.device)


def gaussian(data: Gaussian, name: str = "data") -> None:
    """Gaussian data."""
    _checks.gaussian(name, data, Gaussian, "the term has a closed form for Gaussian data only")


def checked_levels(data: Gaussian, name: str = "data") -> Tensor:
    """The eigenvalues of the data covariance, (*B, d); their derivatives exist also where they are equal."""
    gaussian(data, name)
    levels: Tensor = torch.linalg.eigvalsh(data.covariance)
    return levels.clamp(min=0)


def checked_times(
    path: Path, clean: Tensor | float, noisy: Tensor | float, *, open_start: bool = True, open_end: bool = False
) -> tuple[Tensor, Tensor]:
    """Times of the domain with clean < noisy: noise at clean where the start is open, signal at noisy likewise."""
    clean, noisy = _checks.tensors(clean=clean, noisy=noisy)
    _checks.broadcast(clean=clean.shape, noisy=noisy.shape)
    _checks.time_in_domain(path, open_start=open_start and path._sigma_vanishes, clean=clean)
    _checks.time_in_domain(path, open_end=open_end and path._alpha_vanishes, noisy=noisy)
    _checks.ordered(clean, noisy)
    return clean, noisy


def checked_step(
    data: Gaussian, path: Path, clean: Tensor | float, noisy: Tensor | float, *, open_start: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """Eigenvalues (*B, d) and times that fit them."""
    levels = checked_levels(data)
    _, clean, noisy = _checks.tensors(data=levels, clean=clean, noisy=noisy)
    _checks.broadcast(data=levels.shape[:-1], clean=clean.shape, noisy=noisy.shape)
    return levels, *checked_times(path, clean, noisy, open_start=open_start)


def weight(path: Path, clean: Tensor, noisy: Tensor) -> Tensor:
    """w, (...)."""
    snr = path._alpha_at(clean).square() / path._variance_at(clean)
    return 0.5 * snr * path._snr_drop_between(clean, noisy)


def errors(levels: Tensor, path: Path, t: Tensor) -> Tensor:
    """m_j, (..., d)."""
    signal, noise = path._alpha_at(t).square()[..., None], path._variance_at(t)[..., None]
    return levels * (noise / (signal * levels + noise))


def excess(levels: Tensor, path: Path, clean: Tensor, noisy: Tensor) -> Tensor:
    """r_j - 1 = 2 w m_j(noisy), (..., d): the optimal variance over the bridge's, less 1."""
    return 2 * weight(path, clean, noisy)[..., None] * errors(levels, path, noisy)


def step_excess(data: Gaussian, path: Path, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """The excess of checked arguments."""
    levels, clean, noisy = checked_step(data, path, clean, noisy)
    return excess(levels, path, clean, noisy)


def require_density(levels: Tensor) -> None:
    """Eigenvalues above what is rounding of the largest."""
    rounding = levels.shape[-1] * _checks.unit_roundoff(levels.dtype) * levels[..., -1]
    _checks.density(levels[..., 0], rounding)


def entropy(levels: Tensor) -> Tensor:
    """1/2 sum_j log(2 pi e l_j)."""
    return 0.5 * torch.log(2 * math.pi * math.e * levels).sum(-1)
