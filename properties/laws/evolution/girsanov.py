"""Laws of the divergence of path measures: a reverse process whose score is wrong by A x + b (Girsanov)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import evolution as twins
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.evolution import ModelError
from properties.law import law
from properties.laws._compare import exact, residual, truncated
from properties.laws._data import arguments, judge, path_arguments, rectangular, size_of, spectral
from properties.laws._fields import conditions
from properties.laws.evolution._time import even_times, half_log_snr_ends, stated, time_integral
from properties.protocol import Findings, Floats, Implementation

STEPS = (32, 64, 128)
"""Steps of the chains whose divergences tend to the paths', halving the step each time."""

STRETCH = 2.0
"""The largest stretch of half log-SNR that the chains cover."""


def rate(implementation: Implementation, case: ModelError, t: Any) -> Any:
    """evolution.path_divergence_rate(data, path, A, b, t) at lifted times."""
    data, path, lifted = case.data.build(implementation), case.path.build(implementation), implementation.lift
    return implementation.module.evolution.path_divergence_rate(data, path, lifted(case.matrix), lifted(case.offset), t)


def rate_truth(case: ModelError) -> Truth:
    """The arbiter's rate at the noisier time."""
    place, data = path_arguments(case.path), arguments(case.data)
    return truth(twins.path_divergence_rate, *place, *data, rectangular(case.matrix), case.offset.tolist(), case.noisy)


def divergence(implementation: Implementation, case: ModelError) -> float:
    """evolution.girsanov_divergence(data, path, A, b, clean=, noisy=)."""
    data, path, lifted = case.data.build(implementation), case.path.build(implementation), implementation.lift
    times = {"clean": lifted(case.clean), "noisy": lifted(case.noisy)}
    return float(
        implementation.lower(
            implementation.module.evolution.girsanov_divergence(
                data, path, lifted(case.matrix), lifted(case.offset), **times
            )
        )
    )


@law(
    "evolution.path_divergence_arbiter",
    statement="a score wrong by A x + b adds g^2/2 E|A x + b|^2 to the divergence of the paths, and never takes away",
    catalogue=("P52",),
    family="model_error",
    route="arbiter",
)
def path_divergence_arbiter(implementation: Implementation, case: ModelError) -> Findings:
    computed = rate(implementation, case, implementation.lift(case.noisy))
    return (
        judge(
            "evolution.path_divergence_rate",
            computed,
            rate_truth(case),
            implementation,
            spectral(implementation, case.data),
        ),
        exact("evolution.path_divergence_rate sign", bool(implementation.lower(computed) >= 0.0)),
    )


@law(
    "evolution.path_divergence_is_an_expectation",
    statement="path_divergence_rate is the average of g^2/2 |A x + b|^2 over points that have the moments of x_t",
    catalogue=("P52",),
    family="moderate_model_error",
    route="quadrature",
)
def path_divergence_is_an_expectation(implementation: Implementation, case: ModelError) -> Findings:
    path, t, size = case.path.build(implementation), implementation.lift(case.noisy), case.data.size
    names = ("alpha", "sigma", "diffusion_squared")
    alpha, sigma, diffusion = (float(implementation.lower(getattr(path, name)(t))) for name in names)
    wrong = max(conditions(case.path, case.noisy)[name] for name in names)
    total, scale = 0.0, 0.0
    for weight, mean, spread in zip(case.data.weights, case.data.means, case.data.full_covariances(), strict=True):
        steps = np.sqrt(size) * np.linalg.cholesky(alpha**2 * spread + sigma**2 * np.eye(size)).T
        points = alpha * mean + np.concatenate([steps, -steps])
        total += weight * float(np.mean(np.sum((points @ case.matrix.T + case.offset) ** 2, axis=1)))
        sizes = np.abs(points) @ np.abs(case.matrix.T) + np.abs(case.offset)
        scale += weight * float(np.mean(np.sum(sizes**2, axis=1)))
    computed = float(implementation.lower(rate(implementation, case, t)))
    # Levels are right to units of their own, and so is every term of the average by absolute value.
    sizes_of_terms = 0.5 * diffusion * scale * 4.0 * (1.0 + wrong) + float(size_of(rate_truth(case), True)[0])
    return (
        residual(
            "evolution.path_divergence_rate",
            computed - 0.5 * diffusion * total,
            sizes_of_terms,
            implementation,
            budget.NORMWISE,
        ),
    )


@law(
    "evolution.girsanov_arbiter",
    statement="the divergence of the paths lies in the enclosure of its integral over time",
    catalogue=("P52",),
    family="moderate_model_error",
    route="arbiter",
    expectations=True,
)
def girsanov_arbiter(implementation: Implementation, case: ModelError) -> Findings:
    numbers = (lift(part) for part in (case.matrix.tolist(), case.offset.tolist(), case.clean, case.noisy))
    name, parameters = path_arguments(case.path)
    kind, fields = arguments(case.data)
    enclosure = twins.girsanov_divergence(name, lift(parameters), kind, lift(fields), *numbers)
    value, radius = float(enclosure.mid()), float(enclosure.rad())
    error = divergence(implementation, case) - value
    return (truncated("evolution.girsanov_divergence", error, stated(implementation, value) + radius),)


@law(
    "evolution.girsanov_integrates_its_rate",
    statement="the divergence of the paths is the integral of its rate over time",
    catalogue=("P52",),
    family="moderate_model_error",
    route="quadrature",
    expectations=True,
)
def girsanov_integrates_its_rate(implementation: Implementation, case: ModelError) -> Findings:
    total, step = time_integral(
        implementation, case.path, lambda times: rate(implementation, case, times), case.clean, case.noisy
    )
    error = divergence(implementation, case) - total
    return (truncated("evolution.girsanov_divergence", error, stated(implementation, total) + step),)


@law(
    "evolution.girsanov_is_a_limit",
    statement="the divergences of single reverse steps, the model's mean wrong by what its score is wrong, add up to "
    "the divergence of the paths as the steps shrink",
    catalogue=("P52", "P39"),
    family="gaussian_model_error",
    route="composition",
    expectations=True,
)
def girsanov_is_a_limit(implementation: Implementation, case: ModelError) -> Findings:
    case = replace(case, clean=_near_enough(implementation, case))
    sums = [_sum_of_steps(implementation, case, count) for count in STEPS]
    # First order in the step: two extrapolations, whose difference bounds the error of the finer one.
    once = [2.0 * finer - coarser for coarser, finer in pairwise(sums)]
    limit = (4.0 * once[1] - once[0]) / 3.0
    bound = budget.FINITE_DIFFERENCE_SAFETY * abs(once[1] - once[0]) + stated(implementation, limit)
    return (truncated("evolution.girsanov_divergence", divergence(implementation, case) - limit, bound),)


def _near_enough(implementation: Implementation, case: ModelError) -> float:
    """The cleaner time, or the time where `STRETCH` of half log-SNR is run through, so that steps are short."""
    low, high = half_log_snr_ends(implementation, case.path, case.clean, case.noisy)
    if high - low <= STRETCH:
        return case.clean
    path = case.path.build(implementation)
    return float(implementation.lower(path.time_at_half_log_snr(implementation.lift(low + STRETCH))))


def _sum_of_steps(implementation: Implementation, case: ModelError, count: int) -> float:
    """The sum of E KL(P(x_c|x_n) || the same law with its mean moved by (data weight)(sigma^2/alpha)(A x_n + b))."""
    module, lower, lifted, size = implementation.module, implementation.lower, implementation.lift, case.data.size
    data, path = case.data.build(implementation), case.path.build(implementation)
    _, times = even_times(implementation, case.path, case.clean, case.noisy, count)
    steps = {"clean": lifted(times[1:]), "noisy": lifted(times[:-1])}
    places = lifted(np.zeros((count, size)))
    covariances = lower(module.transitions.reverse_step_covariance(data, path, places, **steps))
    weights = lower(module.transitions.bridge_data_weight(path, **steps))
    alpha, sigma = lower(path.alpha(steps["noisy"])), lower(path.sigma(steps["noisy"]))
    spread = _spread(case, alpha, sigma)
    moved = (weights * sigma**2 / alpha) ** 2
    return float(0.5 * np.sum(moved * np.trace(np.linalg.solve(covariances, spread), axis1=1, axis2=2)))


def _spread(case: ModelError, alpha: Floats, sigma: Floats) -> Floats:
    """E (A x + b)(A x + b)^T at levels (n,)."""
    mean = alpha[:, None] * case.data.means[0] @ case.matrix.T + case.offset
    variance = alpha[:, None, None] ** 2 * case.data.full_covariances()[0]
    variance = variance + sigma[:, None, None] ** 2 * np.eye(case.data.size)
    return np.asarray(case.matrix @ variance @ case.matrix.T + mean[:, :, None] * mean[:, None, :])


@law(
    "evolution.girsanov_bounds_the_ends",
    statement="the laws at the end of two reverse processes are no farther apart than the processes: KL(p || p_model) "
    "<= the divergence of the paths, the model's moments by their own equation",
    catalogue=("P52",),
    family="gaussian_model_error",
    route="composition",
    expectations=True,
)
def girsanov_bounds_the_ends(implementation: Implementation, case: ModelError) -> Findings:
    fine, coarse = (end_divergence(implementation, case, count) for count in (64, 32))
    allowed = divergence(implementation, case)
    excess = max(0.0, fine - allowed)
    return (
        truncated(
            "evolution.girsanov_divergence", excess, abs(fine - coarse) + stated(implementation, allowed), ends=fine
        ),
    )


def end_divergence(implementation: Implementation, case: ModelError, count: int) -> float:
    """KL(p_clean || law of the wrong reverse process at the cleaner time, started from p_noisy).

    With z = x/alpha and N = e^(-2 lambda) the moments obey, along the half log-SNR,
    dm = 2 N [-(S + N)^-1 (m - mu) + alpha^2 A m + alpha b] and dC = 2 N [M C + C M^T + I], M = -(S + N)^-1 + alpha^2 A;
    Runge and Kutta's fourth order in ``count`` steps.
    """
    size, mean, covariance = case.data.size, case.data.means[0], case.data.full_covariances()[0]
    levels, times = even_times(implementation, case.path, case.clean, case.noisy, 2 * count)
    alphas = implementation.lower(case.path.build(implementation).alpha(implementation.lift(times)))
    unit, step = np.eye(size), float(levels[2] - levels[0])

    def slope(index: int, state: Floats) -> Floats:
        noise, alpha = np.exp(-2.0 * levels[index]), alphas[index]
        pull = -np.linalg.inv(covariance + noise * unit)
        matrix = pull + alpha**2 * case.matrix
        centre, spread = state[0], state[1:]
        drift = matrix @ centre - pull @ mean + alpha * case.offset
        return np.asarray(2.0 * noise * np.vstack([drift[None], matrix @ spread + spread @ matrix.T + unit]))

    state = np.vstack([mean[None], covariance + np.exp(-2.0 * levels[0]) * unit])
    for index in range(0, 2 * count, 2):
        first = slope(index, state)
        second = slope(index + 1, state + 0.5 * step * first)
        third = slope(index + 1, state + 0.5 * step * second)
        fourth = slope(index + 2, state + step * third)
        state = state + step / 6.0 * (first + 2.0 * second + 2.0 * third + fourth)
    make, lifted = implementation.module.Gaussian, implementation.lift
    ours = make(lifted(mean), lifted(covariance + np.exp(-2.0 * levels[-1]) * unit))
    theirs = make(lifted(state[0]), lifted((state[1:] + state[1:].T) / 2.0))
    return float(implementation.lower(implementation.module.divergences.kl_divergence(ours, theirs)))
