"""Likelihood and entropy as integrals over all of Brownian time, which a reference Gaussian of variance c makes finite.

In Brownian time t the noise has variance t and the signal is whole (on any path, t = sigma^2/alpha^2). Gaussian data
(TypeError for other laws, whose expectations have no closed form), with eigenvalues l and a the coordinates of x_0 -
mean; t > 0 and reference_variance c > 0 of the batch shape (ValueError otherwise); batch axes broadcast.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu._logarithms import log_of_product
from gpu.distributions import Gaussian
from gpu.likelihood._arguments import brownian_time, directions_of, numbers, place, reference_of
from gpu.likelihood._levels import squares_of

__all__ = [
    "implicit_squared_error_rate_at",
    "renormalized_entropy",
    "renormalized_integrand_at",
    "renormalized_negative_log_likelihood",
]


def renormalized_integrand_at(
    data: Gaussian, x0: Tensor, t: Tensor | float, *, reference_variance: Tensor | float
) -> Tensor:
    """E[|x_0 - D|^2 | x_0]/t^2 - d c/(t (t + c)) = sum [a^2 + (l^2 - c (2 l + t))/(t + c)]/(l + t)^2, (...,).

    The two terms' common pole at t = 0 and their common decay like 1/t are gone from the sum.

    Catalogue: M17, M21 (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    x0, t, reference = place(data, x0, t=t, reference_variance=reference_variance)
    brownian_time(t)
    reference_of(reference)
    variances, time, c = directions.variances, t[..., None], reference[..., None]
    counter = (variances.square() - c * (2 * variances + time)) / (time + c)
    return ((squares_of(directions, x0) + counter) / (variances + time).square()).sum(-1)


def implicit_squared_error_rate_at(data: Gaussian, x0: Tensor, t: Tensor | float) -> Tensor:
    """d/(2t) + E[laplacian log p_t + |grad log p_t|^2/2 | x_0] = E[|x_0 - D|^2 | x_0]/(2 t^2), (...,).

    For Gaussian data d/(2t) cancels: 1/2 sum (a^2 + l^2/t)/(l + t)^2.

    Catalogue: M21 (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    x0, t = place(data, x0, t=t)
    brownian_time(t)
    variances, time = directions.variances, t[..., None]
    terms = squares_of(directions, x0) + variances.square() / time
    return (terms / (variances + time).square()).sum(-1) / 2


def renormalized_negative_log_likelihood(data: Gaussian, x0: Tensor, *, reference_variance: Tensor | float) -> Tensor:
    """-log p(x_0) = d/2 log(2 pi e c) + 1/2 the integral of renormalized_integrand_at over all t > 0, in nats, (...,).

    The integral is sum [a^2/l - 1 + log(l/c)]. Equal for every c. Raises ValueError where the data covariance is
    singular.

    Catalogue: M17 (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    x0, reference = place(data, x0, reference_variance=reference_variance)
    reference_of(reference)
    data._components.require_density()
    variances = directions.variances
    integral = (squares_of(directions, x0) / variances - 1).sum(-1) + _log_ratio(variances, reference)
    return _entropy(data, reference) + integral / 2


def renormalized_entropy(data: Gaussian, *, reference_variance: Tensor | float) -> Tensor:
    """The entropy of the data, d/2 log(2 pi e c) + 1/2 sum log(l/c) in nats, (...,): the likelihood's average.

    Equal for every c. Raises ValueError where the data covariance is singular.

    Catalogue: M18r (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    (reference,) = numbers(data, reference_variance=reference_variance)
    reference_of(reference)
    data._components.require_density()
    return _entropy(data, reference) + _log_ratio(directions.variances, reference) / 2


def _entropy(data: Gaussian, reference: Tensor) -> Tensor:
    """The entropy of N(0, c I)."""
    return data.event_size * (1 + math.log(2 * math.pi) + torch.log(reference)) / 2


def _log_ratio(variances: Tensor, reference: Tensor) -> Tensor:
    """The sum over directions of log(l/c)."""
    return log_of_product(variances / reference[..., None])
