"""Laws of the samplers' biases on Brownian motion: limits of small steps, and differential equations."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import samplers as twins
from properties.arbiter.numbers import truth
from properties.cases.walks import AngleGrid, Cooling
from properties.law import law
from properties.laws._arguments import in_double
from properties.laws._compare import entrywise, residual
from properties.laws._data import allowance, path_arguments
from properties.laws._differences import differentiated, time_derivative
from properties.laws._flow import norm_size
from properties.laws._sampler_routes import level_matrix
from properties.laws._samplers import gaussian_arguments
from properties.protocol import Findings, Implementation

HALVINGS = {"float64": (8, 16, 32), "float32": (4, 8, 16)}


@law(
    "reverse.leading_bias_is_a_limit",
    statement="the covariance that Euler-Maruyama delivers on Brownian motion, less the exact one and over the step, "
    "tends to the leading bias: weak order 1 at every noise level",
    catalogue=("M37", "P59"),
    family="moderate_cooling",
    route="limit",
)
def leading_bias_is_a_limit(implementation: Implementation, case: Cooling) -> Findings:
    module, lift, lower, size = implementation.module, implementation.lift, implementation.lower, case.data.size
    data, path, level = case.data.build(implementation), module.Brownian(), lift(case.noise_level)
    exactly = level_matrix(case) + case.t_end * np.eye(size)
    counts = HALVINGS[implementation.dtype]
    biases = []
    for count in counts:
        times = np.linspace(case.t_start, case.t_end, count + 1).astype(implementation.dtype)
        delivered = module.reverse.sampled_law(data, path, lift(times), rule="euler_maruyama", noise_level=level)
        biases.append((lower(delivered.covariance) - exactly) * count / (case.t_start - case.t_end))
    # b_n = b + c/n + d/n^2 + ...: Richardson again and again; what the last round changes bounds what is left.
    rounds = [biases]
    while len(rounds[-1]) > 1:
        power = 2.0 ** len(rounds)
        rounds.append([(power * fine - coarse) / (power - 1.0) for coarse, fine in pairwise(rounds[-1])])
    limit, before = rounds[-1][0], rounds[-2][-1]
    leading = lower(
        module.reverse.euler_maruyama_leading_bias(
            data, t_start=lift(case.t_start), t_end=lift(case.t_end), noise_level=level
        )
    )
    pace = counts[-1] / (case.t_start - case.t_end)
    start = float(np.linalg.norm(level_matrix(case))) + case.t_start * np.sqrt(size)
    rounding = budget.ENTRYWISE.constant * counts[-1] * budget.UNIT_ROUNDOFF[implementation.dtype] * start * pace
    bound = budget.FINITE_DIFFERENCE_SAFETY * float(np.linalg.norm(limit - before)) + rounding
    error = float(np.linalg.norm(leading - limit))
    return (
        differentiated(
            "euler_maruyama_leading_bias",
            np.asarray(error),
            np.asarray(bound),
            float(np.linalg.norm(leading)),
            implementation,
        ),
    )


@law(
    "reverse.temperature_follows_its_equation",
    statement="dV/dt = 2 V u^-1 - I/beta along the tempered reverse SDE, from V = u at t_start; beta = 1 keeps V = u",
    catalogue=("M38",),
    family="moderate_cooling",
    route="finite difference",
)
def temperature_follows_its_equation(implementation: Implementation, case: Cooling) -> Findings:
    reverse, lift, lower, size = (
        implementation.module.reverse,
        implementation.lift,
        implementation.lower,
        case.data.size,
    )
    data, unit = case.data.build(implementation), np.eye(size)
    _, covariance = gaussian_arguments(case)
    beta, start = case.inverse_temperature, lift(case.t_start)

    def cooled(time: Any, inverse_temperature: float = beta) -> Any:
        return reverse.temperature_covariance(
            data, t_start=start, t_end=time, inverse_temperature=lift(inverse_temperature)
        )

    exactly = truth(twins.temperature_covariance, covariance, case.t_start, case.t_end, beta)
    noise = allowance(exactly, implementation, True).reshape(size, size)
    length = min(case.t_end / 2.0, case.t_start - case.t_end)
    slope, bound = time_derivative(implementation, cooled, case.t_end, length, noise)
    here, level = lower(cooled(lift(case.t_end))), level_matrix(case) + case.t_end * unit
    expected = 2.0 * here @ np.linalg.inv(level) - unit / beta
    condition = float(np.linalg.cond(level))
    rounding = float(noise[0, 0]) * 4.0 * float(np.linalg.norm(np.linalg.inv(level))) + 1e-15 * condition
    whole = truth(twins.temperature_covariance, covariance, case.t_start, case.t_end, 1.0)
    return (
        differentiated(
            "temperature_covariance",
            expected - slope,
            bound + rounding,
            float(np.linalg.norm(expected)) + 1.0,
            implementation,
        ),
        residual(
            "temperature_covariance",
            lower(cooled(lift(case.t_end), 1.0)) - level,
            norm_size(whole) + float(np.linalg.norm(level)),
            implementation,
            budget.NORMWISE,
        ),
    )


@law(
    "grids.uniform_angle_arbiter",
    statement="the times of a uniform-angle grid have evenly spaced angles "
    "atan(sigma/(alpha sqrt(variance))), and both ends",
    catalogue=("P60",),
    family="angle_grid",
    route="arbiter",
)
def uniform_angle_arbiter(implementation: Implementation, case: AngleGrid) -> Findings:
    host = in_double(implementation)
    times = implementation.module.grids.uniform_angle_times(
        case.path.build(implementation), case.count, variance=case.variance, t_start=case.t_start, t_end=case.t_end
    )
    exactly = truth(
        twins.uniform_angle_times,
        *path_arguments(case.path),
        case.count,
        case.variance,
        case.t_start,
        case.t_end,
    )
    return (entrywise("grids.uniform_angle_times", times, exactly, host),)


@law(
    "grids.uniform_angle_loses_least",
    statement="over a uniform-angle grid of n steps DDIM keeps cos^(2n) of the whole angle over n, and no other "
    "grid of as many steps keeps more",
    catalogue=("P60",),
    family="angle_grid",
    route="closed form",
)
def uniform_angle_loses_least(implementation: Implementation, case: AngleGrid) -> Findings:
    module, host = implementation.module, in_double(implementation)
    path, count = case.path.build(implementation), max(case.count, 2)
    ends = {"t_start": max(case.t_start, case.t_end), "t_end": min(case.t_start, case.t_end)}
    lift, dtype = implementation.lift, implementation.dtype
    data = module.Gaussian(lift([0.0]), lift([[float(np.asarray(case.variance, dtype=dtype))]]))
    grids = (
        module.grids.uniform_angle_times(path, count, variance=case.variance, **ends),
        module.grids.uniform_times(count, **ends),
        module.grids.uniform_half_log_snr_times(path, count, **ends),
    )
    kept = []
    for grid in grids:
        times = np.asarray(host.lower(grid)).astype(dtype)
        if np.any(np.diff(times) >= 0.0):
            return ()
        kept.append(float(implementation.lower(module.reverse.ddim_shrinkage(data, path, lift(times)))[0, 0]))
    levels = [
        float(host.lower(path.sigma(time))) / float(host.lower(path.alpha(time))) / np.sqrt(case.variance)
        for time in ends.values()
    ]
    angle = (np.arctan(levels[0]) - np.arctan(levels[1])) / (count - 1)
    # Times rounded to the dtype move the angles, of which the optimum feels the square only; each step rounds.
    return (
        residual("grids.uniform_angle_times", kept[0] - np.cos(angle) ** (2 * count - 2), 16.0 * count, implementation),
        *(
            residual("grids.uniform_angle_times", max(other - kept[0], 0.0), 16.0 * count, implementation)
            for other in kept[1:]
        ),
    )
