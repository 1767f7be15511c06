"""Twins of the analytic fields: expectations under the posterior of x_0, at the levels of a path."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any

from flint import arb, arb_mat

from properties.arbiter import distributions, paths

Number = Any
Vector = list[Number]


def all_fields(
    name: str, path: list[Any], kind: str, parameters: list[Any], x: Vector, t: Number, vp: bool
) -> list[Any]:
    """[score, noise, denoiser, velocity, v_prediction where vp] (each d), then [posterior covariance, denoiser
    Jacobian] (each d d).

    The denoiser and the covariance are the posterior's; the noise is E[(x - alpha x_0)/sigma], the velocity
    E[alpha' x_0 + sigma' eps], v E[alpha eps - sigma x_0], the Jacobian (alpha/sigma^2) Cov (P20, P21, M30, M31).
    """
    alpha, sigma, alpha_derivative, sigma_derivative, *_ = paths.methods(name, path, t)
    seen = distributions.level(kind, parameters, x, alpha, sigma)
    denoiser = distributions.denoiser_at(seen)
    covariance = distributions.covariance_at(seen)
    noise = [(place - alpha * data) / sigma for place, data in zip(x, denoiser, strict=True)]
    pairs = list(zip(denoiser, noise, strict=True))
    velocity = [alpha_derivative * data + sigma_derivative * eps for data, eps in pairs]
    v_prediction = [[alpha * eps - sigma * data for data, eps in pairs]] if vp else []
    jacobian = [alpha / sigma**2 * entry for entry in covariance]
    return [distributions.score_at(seen), noise, denoiser, velocity, *v_prediction, covariance, jacobian]


def third_cumulant(name: str, path: list[Any], kind: str, parameters: list[Any], x: Vector, t: Number) -> list[Any]:
    """The third central moment of x_0 given x_t = x, (d d d): with d_k = D_k - D,
    sum_k r_k [d_k d_k d_k + the three placements of (C_k)_ij d_kl] (P21).
    """
    alpha, sigma = paths.levels(name, path, t)
    seen = distributions.level(kind, parameters, x, alpha, sigma)
    size, weights = len(x), seen.responsibilities
    means = [part.denoiser for part in seen.components]
    # D_k - D = sum_j r_j (D_k - D_j), without the term j = k: exactly 0 for one component.
    centred = [
        [
            sum((weights[j] * (mean[i] - means[j][i]) for j in range(len(means)) if means[j] is not mean), arb(0))
            for i in range(size)
        ]
        for mean in means
    ]
    unique: dict[tuple[int, ...], Number] = {}
    matrices = [part.covariance for part in seen.components]
    for i, j, m in combinations_with_replacement(range(size), 3):
        unique[i, j, m] = sum(
            weight
            * (mean[i] * mean[j] * mean[m] + within[i, j] * mean[m] + within[i, m] * mean[j] + within[j, m] * mean[i])
            for weight, mean, within in zip(weights, centred, matrices, strict=True)
        )
    places = range(size)
    return [[[unique[tuple(sorted((i, j, m)))] for m in places] for j in places] for i in places]


def minimum_mean_squared_error(name: str, path: list[Any], covariance: list[Vector], t: Number) -> Number:
    """tr(sigma^2 S (alpha^2 S + sigma^2 I)^-1) (P24)."""
    alpha, sigma = paths.levels(name, path, t)
    data = arb_mat(covariance)
    marginal = data * alpha**2 + distributions.identity(len(covariance)) * sigma**2
    return (data * marginal.inv()).trace() * sigma**2
