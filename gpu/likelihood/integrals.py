"""Integrals of the squared error over half the SNR, and the likelihoods and entropies that they close.

For Gaussian data every integral over time is done: direction by direction it is a sum of terms of one sign, never the
difference of the divergences at its ends. Arguments, shapes and errors as in `gpu.likelihood.pointwise`; t_start <
t_end (ValueError otherwise), sigma above 0 at t_start.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu.distributions import Gaussian
from gpu.likelihood._arguments import directions_of, numbers, place, times_between
from gpu.likelihood._levels import Step, squares_of
from gpu.likelihood.decoders import entropy_of_posterior, reconstruction
from gpu.paths import Path

__all__ = [
    "entropy_from_integral",
    "entropy_integral",
    "pointwise_integral",
    "pointwise_negative_log_likelihood",
    "smoothed_negative_log_likelihood",
]


def pointwise_integral(
    data: Gaussian, path: Path, x0: Tensor, *, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """Integral from t_end to t_start of E[|x_0 - D|^2 | x_0] dSNR/2, in nats, (...,).

    The same on every path between equal SNRs. It is what KL(q(x_t|x_0) || p_t) gains.

    Catalogue: M12, M41 (McAllester, arXiv 2301.11108).
    """
    step, squares = _step(data, path, x0, t_start, t_end)
    return step.divergence(squares)


def pointwise_negative_log_likelihood(
    data: Gaussian, path: Path, x0: Tensor, *, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """-log p(x_0) = pointwise_integral + KL(q(x_end|x_0) || p_end) + E[-log p(x_0|x_start) | x_0] in nats, (...,).

    Equal for all times. With the denoiser of a model it is -log of the model's density, also where the data are others.

    Raises ValueError where the data covariance is singular.

    Catalogue: M12, M23b (McAllester, arXiv 2301.11108).
    """
    step, squares = _step(data, path, x0, t_start, t_end)
    data._components.require_density()
    return step.divergence(squares) + step.noisy.divergence(squares) + reconstruction(step.clean, squares)


def smoothed_negative_log_likelihood(
    data: Gaussian, path: Path, x0: Tensor, *, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """E[-log p_start(x_start) | x_0] = d/2 log(2 pi e sigma_start^2) + pointwise_integral + KL(q(x_end|x_0) || p_end).

    In nats, (...,). Needs no density of the data.

    Catalogue: M13 (McAllester, arXiv 2301.11108).
    """
    step, squares = _step(data, path, x0, t_start, t_end)
    (start,) = numbers(data, t_start=t_start)
    entropy = data.event_size * (0.5 + math.log(2 * math.pi) / 2 + torch.log(path._sigma_at(start)))
    return entropy + step.divergence(squares) + step.noisy.divergence(squares)


def entropy_integral(data: Gaussian, path: Path, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """Integral from t_end to t_start of E|x_0 - D|^2 dSNR/2 = I(x_0; x_start) - I(x_0; x_end) in nats, (...,).

    Catalogue: M18 (McAllester, arXiv 2301.11108).
    """
    return _averaged(data, path, t_start, t_end).information()


def entropy_from_integral(data: Gaussian, path: Path, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """The entropy of the data: entropy_integral + I(x_0; x_end) + h(x_0|x_start) in nats, (...,), for all times.

    Raises ValueError where the data covariance is singular.

    Catalogue: M18 (McAllester, arXiv 2301.11108).
    """
    step = _averaged(data, path, t_start, t_end)
    data._components.require_density()
    return step.information() + step.noisy.information() + entropy_of_posterior(step.clean)


def _step(
    data: Gaussian, path: Path, x0: Tensor, t_start: Tensor | float, t_end: Tensor | float
) -> tuple[Step, Tensor]:
    """The step between checked times, and the squares of x_0 - mean."""
    directions = directions_of(data)
    x0, start, end = place(data, x0, t_start=t_start, t_end=t_end)
    times_between(path, t_start=start, t_end=end)
    return Step.between(directions, path, start, end), squares_of(directions, x0)


def _averaged(data: Gaussian, path: Path, t_start: Tensor | float, t_end: Tensor | float) -> Step:
    directions = directions_of(data)
    start, end = numbers(data, t_start=t_start, t_end=t_end)
    times_between(path, t_start=start, t_end=end)
    return Step.between(directions, path, start, end)
