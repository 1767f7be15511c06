"""Twins of the terms of the negative ELBO for Gaussian data: closed forms, and the definitions as expectations.

``path`` is (name, parameters); b is the bridge variance, c the bridge's data weight, C = Cov[x_0 | x_noisy]. The
expectations run over the joint law of x_0 and the noise by a cubature that is exact for them: with linear denoisers
every KL is a quadratic polynomial of (x_0, noise).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from flint import arb

from properties.arbiter import paths, transitions
from properties.arbiter.divergences import cubature_points, kl_divergence, log_density
from properties.arbiter.linear_algebra import (
    Matrix,
    Vector,
    dot,
    identity,
    inverse,
    log_determinant,
    matmul,
    matvec,
    scale,
    shift,
    solve,
    subtract,
    trace,
    vector_add,
    vector_scale,
    vector_subtract,
)

Number = Any
"""An ``arb``; python-flint ships no type information."""

Path = Sequence[Any]


def posterior_covariance(path: Path, t: Number, covariance: Matrix) -> Matrix:
    """Cov[x_0 | x_t] = S - alpha^2 S V^-1 S by conditioning, V = alpha^2 S + sigma^2 I (P22)."""
    alpha, sigma = paths.levels(path[0], path[1], t)
    marginal = shift(scale(alpha * alpha, covariance), sigma * sigma)
    return subtract(covariance, scale(alpha * alpha, matmul(matmul(covariance, inverse(marginal)), covariance)))


def bridge(path: Path, clean: Number, noisy: Number) -> tuple[Number, Number]:
    """(data weight, variance) of the bridge."""
    *_, data_weight, variance = transitions.scalars(path[0], path[1], clean, noisy)
    return data_weight, variance


def prior_term_at(path: Path, t_end: Number, x0: Vector) -> Number:
    """KL(N(alpha x_0, sigma^2 I) || N(0, I)) (P43)."""
    alpha, sigma = paths.levels(path[0], path[1], t_end)
    variance = sigma * sigma
    return (alpha * alpha * dot(x0, x0) + len(x0) * (variance - 1 - variance.log())) / 2


def prior_term(path: Path, t_end: Number, mean: Vector, covariance: Matrix) -> Number:
    """The prior term averaged over the data (P43)."""
    alpha, _ = paths.levels(path[0], path[1], t_end)
    return prior_term_at(path, t_end, mean) + alpha * alpha * trace(covariance) / 2


def diffusion_weight(path: Path, clean: Number, noisy: Number) -> Number:
    """Half the difference of the two SNRs (P41, M9)."""
    alpha_clean, sigma_clean = paths.levels(path[0], path[1], clean)
    alpha_noisy, sigma_noisy = paths.levels(path[0], path[1], noisy)
    return ((alpha_clean / sigma_clean) ** 2 - (alpha_noisy / sigma_noisy) ** 2) / 2


def diffusion_term_at(path: Path, clean: Number, noisy: Number, x0: Vector, denoised: Vector) -> Number:
    """The weight times |x_0 - denoised|^2 (P41)."""
    error = vector_subtract(x0, denoised)
    return diffusion_weight(path, clean, noisy) * dot(error, error)


def diffusion_term(path: Path, clean: Number, noisy: Number, covariance: Matrix) -> Number:
    """The weight times the mean squared error of the exact denoiser (P41)."""
    return diffusion_weight(path, clean, noisy) * trace(posterior_covariance(path, noisy, covariance))


def optimal_step_covariance(path: Path, clean: Number, noisy: Number, covariance: Matrix) -> Matrix:
    """The matrix b I + c^2 C (P39)."""
    weight, variance = bridge(path, clean, noisy)
    return shift(scale(weight * weight, posterior_covariance(path, noisy, covariance)), variance)


def fixed_variance_term(path: Path, clean: Number, noisy: Number, covariance: Matrix, variance: Number) -> Number:
    """1/2 [d log(v/b) + (d b + c^2 tr C)/v - d] (P42)."""
    size, (_, narrow) = len(covariance), bridge(path, clean, noisy)
    optimal = trace(optimal_step_covariance(path, clean, noisy, covariance))
    return (size * (variance / narrow).log() + optimal / variance - size) / 2


def optimal_term(path: Path, clean: Number, noisy: Number, covariance: Matrix) -> Number:
    """1/2 log |R|, R = I + (c^2/b) C (P42 at the optimal covariance)."""
    _, narrow = bridge(path, clean, noisy)
    return log_determinant(scale(1 / narrow, optimal_step_covariance(path, clean, noisy, covariance))) / 2


def variance_gap(path: Path, clean: Number, noisy: Number, covariance: Matrix) -> Number:
    """1/2 (tr R - d - log |R|) (P42, P44)."""
    _, narrow = bridge(path, clean, noisy)
    excess = trace(optimal_step_covariance(path, clean, noisy, covariance)) / narrow - len(covariance)
    return excess / 2 - optimal_term(path, clean, noisy, covariance)


def reconstruction_term(path: Path, t_start: Number, covariance: Matrix, variance: Number | None) -> Number:
    """d/2 log(2 pi v) + tr C/(2v), or 1/2 log |2 pi e C| for None (P43)."""
    posterior, size = posterior_covariance(path, t_start, covariance), len(covariance)
    if variance is None:
        return (size * (1 + (2 * arb.pi()).log()) + log_determinant(posterior)) / 2
    return (size * (2 * arb.pi() * variance).log() + trace(posterior) / variance) / 2


def negative_elbo(path: Path, times: Sequence[Number], mean: Vector, covariance: Matrix, variance: str) -> Number:
    """Reconstruction by the exact posterior at the first time, the steps, and the prior term at the last (P44)."""
    total = reconstruction_term(path, times[0], covariance, None) + prior_term(path, times[-1], mean, covariance)
    for clean, noisy in pairwise(times):
        step = optimal_term if variance == "optimal" else diffusion_term
        total += step(path, clean, noisy, covariance)
    return total


def entropy(covariance: Matrix) -> Number:
    """1/2 log |2 pi e S| (P44)."""
    return (len(covariance) * (1 + (2 * arb.pi()).log()) + log_determinant(covariance)) / 2


def terminal_kl(path: Path, t_end: Number, mean: Vector, covariance: Matrix) -> Number:
    """KL(p_T || N(0, I)) (P44)."""
    alpha, sigma = paths.levels(path[0], path[1], t_end)
    size = len(mean)
    marginal = shift(scale(alpha * alpha, covariance), sigma * sigma)
    return kl_divergence(vector_scale(alpha, mean), marginal, [arb(0)] * size, identity(size))


def negative_elbo_in_one(
    path: Path, times: Sequence[Number], mean: Vector, covariance: Matrix, variance: str
) -> Number:
    """Entropy + KL(p_T || N(0, I)), with the gaps of the bridge variance where it is used (P44)."""
    total = entropy(covariance) + terminal_kl(path, times[-1], mean, covariance)
    if variance == "bridge":
        for clean, noisy in pairwise(times):
            total += variance_gap(path, clean, noisy, covariance)
    return total


def average(mean: Vector, covariance: Matrix, function: Callable[[Vector, Vector], Number]) -> Number:
    """E function(x_0, noise) over x_0 ~ N(m, S) and standard noise, for quadratic functions."""
    size = len(mean)
    joint = [[*row, *([arb(0)] * size)] for row in covariance]
    joint += [[*([arb(0)] * size), *row] for row in identity(size)]
    points = cubature_points([*mean, *([arb(0)] * size)], joint)
    total = arb(0)
    for point in points:
        total += function(point[:size], point[size:])
    return total / len(points)


def _denoiser(
    path: Path, t: Number, mean: Vector, covariance: Matrix
) -> Callable[[Vector, Vector], tuple[Vector, Vector]]:
    """(x_t, E[x_0 | x_t]) as a function of x_0 and the noise: m + alpha S V^-1 (x - alpha m)."""
    alpha, sigma = paths.levels(path[0], path[1], t)
    marginal = shift(scale(alpha * alpha, covariance), sigma * sigma)

    def denoise(x0: Vector, noise: Vector) -> tuple[Vector, Vector]:
        x = vector_add(vector_scale(alpha, x0), vector_scale(sigma, noise))
        pull = solve(marginal, vector_subtract(x, vector_scale(alpha, mean)))
        return x, vector_add(mean, vector_scale(alpha, matvec(covariance, pull)))

    return denoise


def expected_step(path: Path, clean: Number, noisy: Number, mean: Vector, covariance: Matrix, model: Matrix) -> Number:
    """E KL(q(x_clean | x_noisy, x_0) || N(bridge mean at the exact denoiser, model)) (P39, P41, P42)."""
    _, _, state_weight, weight, narrow = transitions.scalars(path[0], path[1], clean, noisy)
    denoise = _denoiser(path, noisy, mean, covariance)
    truth_covariance = scale(narrow, identity(len(mean)))

    def step(x0: Vector, noise: Vector) -> Number:
        x, denoised = denoise(x0, noise)
        base = vector_scale(state_weight, x)
        means = [vector_add(base, vector_scale(weight, origin)) for origin in (x0, denoised)]
        return kl_divergence(means[0], truth_covariance, means[1], model)

    return average(mean, covariance, step)


def expected_decoder(path: Path, t: Number, mean: Vector, covariance: Matrix, model: Matrix) -> Number:
    """E[-log N(x_0; exact denoiser, model)] (P43)."""
    denoise = _denoiser(path, t, mean, covariance)
    return average(mean, covariance, lambda x0, noise: -log_density(x0, denoise(x0, noise)[1], model))


def expected_prior(path: Path, t_end: Number, mean: Vector, covariance: Matrix) -> Number:
    """E KL(q(x_T | x_0) || N(0, I)) (P43)."""
    alpha, sigma = paths.levels(path[0], path[1], t_end)
    unit = identity(len(mean))
    spread = scale(sigma * sigma, unit)
    zero = [arb(0)] * len(mean)
    return average(mean, covariance, lambda x0, _: kl_divergence(vector_scale(alpha, x0), spread, zero, unit))
