"""Twins of the affine maps that samplers make on Gaussian data: products and recurrences of single steps as defined.

Matrices are ``arb_mat``; V_t = alpha^2 S + sigma^2 I at a time, all of which commute with S. A power of a positive
definite matrix is taken with a dyadic exponent, by verified square roots.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from flint import arb, arb_mat

from properties.arbiter import distributions, linear_algebra, paths, transitions
from properties.arbiter.reverse import gain, marginal

Number = Any
Vector = list[Number]
Matrix = Any
Path = tuple[str, Sequence[Any]]

LARGEST_DENOMINATOR = 64


def power(matrix: Matrix, exponent: float) -> Matrix:
    """Matrix^exponent for an exponent k / 2^m, m <= 6: the k-th power of a 2^m-th root."""
    numerator, denominator = exponent.as_integer_ratio()
    if denominator > LARGEST_DENOMINATOR:
        raise ValueError(f"power: expected an exponent in units of 1/{LARGEST_DENOMINATOR}, got {exponent!r}")
    root = matrix
    while denominator > 1:
        root = arb_mat(linear_algebra.square_root(root.tolist()))
        denominator //= 2
    result = distributions.identity(matrix.nrows())
    for _ in range(numerator):
        result = result * root
    return result


# ---------------------------------------------------------------------------------------- the family


def forward_drift(
    name: str, path: list[Any], kind: str, parameters: list[Any], x: Vector, t: Number, noise_level: Number
) -> Vector:
    """F x - (1 - l^2)/2 g^2 score (M39)."""
    alpha, sigma, *_, drift, diffusion_squared = paths.methods(name, path, t)
    score = distributions.score_at(distributions.level(kind, parameters, x, alpha, sigma))
    weight = (1 - noise_level**2) / 2 * diffusion_squared
    return [drift * place - weight * slope for place, slope in zip(x, score, strict=True)]


def reverse_step(
    name: str,
    path: list[Any],
    kind: str,
    parameters: list[Any],
    x: Vector,
    noise: Vector,
    t_start: Number,
    t_end: Number,
    noise_level: Number,
) -> Vector:
    """X - h (f x - (1 + l^2)/2 g^2 score) + l g sqrt(h) z with h = t_start - t_end (M4r, M36)."""
    alpha, sigma, *_, drift, diffusion_squared = paths.methods(name, path, t_start)
    score = distributions.score_at(distributions.level(kind, parameters, x, alpha, sigma))
    step = t_start - t_end
    weight = (1 + noise_level**2) / 2 * diffusion_squared
    spread = noise_level * (diffusion_squared * step).sqrt()
    return [
        place - step * (drift * place - weight * slope) + spread * draw
        for place, slope, draw in zip(x, score, noise, strict=True)
    ]


def propagator(
    name: str, path: list[Any], covariance: list[Vector], t_start: Number, t_end: Number, square: Any
) -> Matrix:
    """(alpha_start/alpha_end)^(l^2) (V_end V_start^-1)^((1 + l^2)/2) (P57); ``square`` is a Fraction l^2."""
    (first, before), (last, after) = (marginal(name, path, covariance, t) for t in (t_start, t_end))
    level = arb(square.numerator) / square.denominator
    return power(after * before.inv(), (1 + square) / 2) * (first / last) ** level


def prior_mismatch_propagator(*arguments: Any) -> list[Vector]:
    """The same as a nested list."""
    return propagator(*arguments).tolist()  # type: ignore[no-any-return]


def varying_noise_propagator(
    name: str, path: list[Any], covariance: list[Vector], times: Vector, squares: Any
) -> list[Vector]:
    """The product of the propagators of the pieces, the noisiest first to act (P57)."""
    result = distributions.identity(len(covariance))
    for (start, end), square in zip(pairwise(times), squares, strict=True):
        result = propagator(name, path, covariance, start, end, square) * result
    return result.tolist()  # type: ignore[no-any-return]


# ---------------------------------------------------------------------------------------------- DDIM


def _ddim(name: str, path: list[Any], covariance: list[Vector], t_start: Number, t_end: Number) -> Matrix:
    """P I + q K with p = sigma_end/sigma_start, q = alpha_end - p alpha_start; at sigma_start = 0 (alpha_end/
    alpha_start) I.
    """
    alpha, sigma = paths.levels(name, path, t_start)
    alpha_end, sigma_end = paths.levels(name, path, t_end)
    state = sigma_end / sigma
    _, jacobian = gain(name, path, covariance, t_start)
    return distributions.identity(len(covariance)) * state + jacobian * (alpha_end - state * alpha)


def ddim_matrix(name: str, path: list[Any], covariance: list[Vector], t_start: Number, t_end: Number) -> list[Vector]:
    """One DDIM step on centred data (P60)."""
    return _ddim(name, path, covariance, t_start, t_end).tolist()  # type: ignore[no-any-return]


def _ddim_chain(name: str, path: list[Any], covariance: list[Vector], times: Vector) -> Matrix:
    result = distributions.identity(len(covariance))
    for start, end in pairwise(times):
        result = _ddim(name, path, covariance, start, end) * result
    return result


def ddim_chain_matrix(name: str, path: list[Any], covariance: list[Vector], times: Vector) -> list[Vector]:
    """The product of the steps (P60)."""
    return _ddim_chain(name, path, covariance, times).tolist()  # type: ignore[no-any-return]


def ddim_shrinkage(name: str, path: list[Any], covariance: list[Vector], times: Vector) -> list[Vector]:
    """A V_start A^T V_end^-1 of the chain A: the variance it leaves over the flow's (P60)."""
    chain = _ddim_chain(name, path, covariance, times)
    before, after = (marginal(name, path, covariance, t)[1] for t in (times[0], times[-1]))
    return (chain * before * chain.transpose() * after.inv()).tolist()  # type: ignore[no-any-return]


def uniform_angle_times(
    name: str, path: Sequence[Any], count: int, variance: Number, t_start: Number, t_end: Number
) -> Vector:
    """The times whose angles atan(sigma/(alpha sqrt(variance))) are evenly spaced (P60)."""
    ratios = [paths.noise_to_signal(name, path, t) / variance.sqrt() for t in (t_start, t_end)]
    first, last = (ratio.atan() for ratio in ratios)
    result = [t_start]
    for index in range(1, count - 1):
        angle = first + (last - first) * index / (count - 1)
        # tan of a small difference of angles would lose what half_log_snr keeps; the precision pays for it.
        level = -(angle.tan() * variance.sqrt()).log()
        result.append(paths.time_at_half_log_snr(name, path, level))
    return [*result, t_end][:count]


# ----------------------------------------------------------------------------------------------- EDM


def _slope(covariance: list[Vector], sigma: Number) -> Matrix:
    """D = (I - K)/sigma with K = S (S + sigma^2 I)^-1: dx/dsigma = d (x - mu)."""
    data, unit = arb_mat(covariance), distributions.identity(len(covariance))
    return (unit - data * (data + unit * sigma**2).inv()) * (1 / sigma)


def _euler(covariance: list[Vector], sigma: Number, after: Number) -> Matrix:
    return distributions.identity(len(covariance)) + _slope(covariance, sigma) * (after - sigma)


def _heun(covariance: list[Vector], sigma: Number, after: Number) -> Matrix:
    predicted = _euler(covariance, sigma, after)
    if after == 0:
        return predicted
    mean = (_slope(covariance, sigma) + _slope(covariance, after) * predicted) * (arb(1) / 2)
    return distributions.identity(len(covariance)) + mean * (after - sigma)


def edm_euler_matrix(covariance: list[Vector], sigma: Number, after: Number) -> list[Vector]:
    """I + (sigma_end - sigma_start) d (P61)."""
    return _euler(covariance, sigma, after).tolist()  # type: ignore[no-any-return]


def edm_heun_matrix(covariance: list[Vector], sigma: Number, after: Number) -> list[Vector]:
    """The mean of the slopes at both ends, the second where Euler's step ends (P62)."""
    return _heun(covariance, sigma, after).tolist()  # type: ignore[no-any-return]


def churn_variance(variance: Number, sigma: Number, sigma_hat: Number, noise_scale: Number) -> Number:
    """V + (sigma_hat^2 - sigma^2) S_noise^2 (P62)."""
    return variance + (sigma_hat * sigma_hat - sigma * sigma) * noise_scale**2


def edm_stochastic_covariance(
    covariance: list[Vector],
    start: list[Vector],
    sigmas: Vector,
    churn: Number,
    noise_scale: Number,
    stirred: Sequence[bool],
) -> list[Vector]:
    """The recurrence: noise up to sigma_hat = sigma (1 + gamma), then Heun's step down, one level after another (P62).

    gamma = min(churn/N, sqrt 2 - 1) at the levels that are stirred, and 0 at the others.
    """
    spread, unit = arb_mat(start), distributions.identity(len(covariance))
    largest = arb(2).sqrt() - 1
    for (sigma, after), stir in zip(pairwise(sigmas), stirred, strict=True):
        share = churn / (len(sigmas) - 1)
        gamma = (min(largest, share)) if stir else arb(0)
        raised = sigma * (1 + gamma)
        spread = spread + unit * ((raised**2 - sigma**2) * noise_scale**2)
        step = _heun(covariance, raised, after)
        spread = step * spread * step.transpose()
    return spread.tolist()


# ------------------------------------------------------------------------------------- whole samplers


def corrector(
    name: str,
    path: list[Any],
    mean: Vector,
    covariance: list[Vector],
    centre: Vector,
    spread: list[Vector],
    t: Number,
    step: Number,
) -> list[Any]:
    """[mean, covariance] of x + eta score(x) + sqrt(2 eta) z for x ~ N(centre, spread), at level t (P63, P35)."""
    alpha, variance = marginal(name, path, covariance, t)
    unit = distributions.identity(len(mean))
    matrix = unit - variance.inv() * step
    target = distributions.column([alpha * entry for entry in mean])
    moved = matrix * (distributions.column(centre) - target) + target
    return [moved.entries(), (matrix * arb_mat(spread) * matrix.transpose() + unit * (2 * step)).tolist()]


def _coefficients(
    name: str, path: Sequence[Any], rule: str, start: Number, end: Number, level: Number
) -> tuple[Number, Number, Number]:
    """State coefficient, data coefficient and noise variance of a rule's step, each from its definition."""
    alpha, sigma = paths.levels(name, path, start)
    alpha_end, sigma_end = paths.levels(name, path, end)
    _, _, state, data, bridge = transitions.scalars(name, path, end, start)
    if rule == "ancestral":
        return state, data, bridge
    if rule == "ddim":
        variance = level**2 * bridge
        state = (sigma_end**2 - variance).sqrt() / sigma
        return state, alpha_end - state * alpha, variance
    if rule == "frozen_denoiser":
        # exp(-h) = (sigma_end alpha)/(alpha_end sigma), and eta = l^2 is the strength of the noise.
        shrink, eta = sigma_end * alpha / (alpha_end * sigma), level**2
        variance = sigma_end**2 * (1 - shrink ** (2 * eta))
        return sigma_end / sigma * shrink**eta, alpha_end * (1 - shrink ** (1 + eta)), variance
    *_, drift, diffusion_squared = paths.methods(name, path, start)
    step, weight = start - end, (1 + level**2) / 2 * diffusion_squared
    # The score is (alpha D - x)/sigma^2.
    state = 1 - step * drift - step * weight / sigma**2
    return state, step * weight * alpha / sigma**2, level**2 * diffusion_squared * step


def sampled_law(
    name: str, path: list[Any], mean: Vector, covariance: list[Vector], times: Vector, rule: str, level: Number
) -> list[Any]:
    """[mean, covariance] after x -> p x + q D(x) + sqrt(v) z from the exact law, step after step (P58, P59)."""
    alpha, spread = marginal(name, path, covariance, times[0])
    unit, data_mean = distributions.identity(len(mean)), distributions.column(mean)
    centre = data_mean * alpha
    for start, end in pairwise(times):
        state, weight, variance = _coefficients(name, path, rule, start, end, level)
        alpha, jacobian = gain(name, path, covariance, start)
        matrix = unit * state + jacobian * weight
        centre = matrix * centre + (unit - jacobian * alpha) * data_mean * weight
        spread = matrix * spread * matrix.transpose() + unit * variance
    return [centre.entries(), spread.tolist()]


def step_variance_bias(
    name: str, path: list[Any], covariance: list[Vector], clean: Number, noisy: Number, variance: str
) -> list[Vector]:
    """Covariance after a step with the exact mean and the named variance, less the exact one (M28)."""
    factor, kernel, state, weight, bridge = transitions.scalars(name, path, clean, noisy)
    _, jacobian = gain(name, path, covariance, noisy)
    (_, before), (_, after) = (marginal(name, path, covariance, t) for t in (noisy, clean))
    unit = distributions.identity(len(covariance))
    matrix = unit * state + jacobian * weight
    spread = bridge if variance == "bridge" else kernel / factor**2
    return (matrix * before * matrix.transpose() + unit * spread - after).tolist()  # type: ignore[no-any-return]


def euler_maruyama_leading_bias(covariance: list[Vector], t_start: Number, t_end: Number, square: Any) -> list[Vector]:
    """k/2 [1 - (u_end u_start^-1)^(2k)] with k = (1 + l^2)/2, u = S + t I: the solution of b' = (2 k b - k^2)/u, b = 0
    at t_start (M37); ``square`` is a Fraction l^2.
    """
    data, unit = arb_mat(covariance), distributions.identity(len(covariance))
    before, after = data + unit * t_start, data + unit * t_end
    half = (1 + arb(square.numerator) / square.denominator) / 4
    return ((unit - power(after * before.inv(), 1 + square)) * half).tolist()  # type: ignore[no-any-return]


def temperature_covariance(
    covariance: list[Vector], t_start: Number, t_end: Number, inverse_temperature: Number
) -> list[Vector]:
    """U/beta + (1 - 1/beta) u^2 u_start^-1, u = S + t_end I (M38)."""
    data, unit = arb_mat(covariance), distributions.identity(len(covariance))
    before, after = data + unit * t_start, data + unit * t_end
    cold = 1 / inverse_temperature
    return (after * cold + after * after * before.inv() * (1 - cold)).tolist()  # type: ignore[no-any-return]
