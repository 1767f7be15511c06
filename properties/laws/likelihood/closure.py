"""Laws of the integrals over time for Gaussian data: their closed forms, and the identities that they close."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import nonvariational as twins
from properties.arbiter import paths as path_twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.integrals import DataStep, PathPairStep, StatePath
from properties.law import law
from properties.laws._arguments import between
from properties.laws._compare import residual, truncated
from properties.laws._data import allowance, arguments, judge, path_arguments, size_of, spectral
from properties.laws.likelihood._terms import built, gaussian, panels, summed, total_size
from properties.laws.likelihood.pointwise import level_truths
from properties.protocol import Finding, Findings, Implementation


def step_times(implementation: Implementation, case: DataStep) -> dict[str, Any]:
    """The case's times by role."""
    return {"t_start": implementation.lift(case.clean), "t_end": implementation.lift(case.noisy)}


def integral_truths(case: DataStep) -> tuple[Truth, Truth, Truth]:
    """The arbiter's integral of mse_y dSNR/2, the expected step that it must equal, and its average over the data."""
    place, (mean, covariance) = path_arguments(case.path), gaussian(case.data)
    inputs = (*place, mean, covariance, case.x0.tolist(), case.clean, case.noisy)
    averaged = truth(twins.information_pieces, *place, covariance, case.clean, case.noisy)
    return truth(twins.integral, *inputs), truth(twins.expected_step, *inputs), averaged.split(1, 2)[0]


@law(
    "likelihood.integral_arbiter",
    statement="for Gaussian data the pointwise integral is what KL_y gains, the step divergence is the expected KL of "
    "two bridges (one number with it), and the entropy integral is what the information gains",
    catalogue=("M6", "M7", "M12", "M18"),
    family="gaussian_data_step",
    route="arbiter",
)
def integral_arbiter(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, (data, path) = implementation.module.likelihood, built(implementation, case)
    x0, times = implementation.lift(case.x0), step_times(implementation, case)
    by_norm = spectral(implementation, case.data)
    integral, step, averaged = integral_truths(case)
    steps = {"clean": times["t_start"], "noisy": times["t_end"]}
    return (
        judge(
            "pointwise_integral",
            likelihood.pointwise_integral(data, path, x0, **times),
            integral,
            implementation,
            by_norm,
        ),
        judge(
            "step_divergence_at",
            likelihood.step_divergence_at(data, path, x0, **steps),
            step,
            implementation,
            by_norm,
        ),
        judge("entropy_integral", likelihood.entropy_integral(data, path, **times), averaged, implementation, by_norm),
    )


@law(
    "likelihood.closure",
    statement="whatever the times, integral + KL_y(T) + reconstruction is -log p(x_0), and so is the chain of steps; "
    "without the reconstruction it is E[-log p_start(x_start) | x_0]; averaged, it is the entropy",
    catalogue=("M6", "M12", "M13", "M18", "M23b"),
    family="gaussian_data_step",
    route="arbiter",
)
def closure(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, (data, path) = implementation.module.likelihood, built(implementation, case)
    x0, times = implementation.lift(case.x0), step_times(implementation, case)
    by_norm = spectral(implementation, case.data)
    place, (mean, covariance) = path_arguments(case.path), gaussian(case.data)
    inputs = (*place, mean, covariance, case.x0.tolist())
    likelihood_truth = truth(twins.negative_log_likelihood, mean, covariance, case.x0.tolist())
    smoothed = truth(twins.smoothed, *inputs, case.clean)
    _, after, decoder, constant = truth(twins.pieces, *inputs, case.clean, case.noisy).split(1, 1, 1, 1)
    integral, _, _ = integral_truths(case)
    information = truth(twins.information_pieces, *place, covariance, case.clean, case.noisy)
    entropy = truth(twins.entropy, covariance)
    middle = between(case.clean, case.noisy, implementation.dtype)
    grid = [case.clean, *([middle] if middle is not None else []), case.noisy]
    chain = truth(twins.chain_pieces, *inputs, grid)
    rows = (
        (
            "pointwise_negative_log_likelihood",
            likelihood.pointwise_negative_log_likelihood(data, path, x0, **times),
            summed(likelihood_truth.values[0], integral, after, decoder),
        ),
        (
            "smoothed_negative_log_likelihood",
            likelihood.smoothed_negative_log_likelihood(data, path, x0, **times),
            summed(smoothed.values[0], integral, after, constant),
        ),
        (
            "chain_negative_log_likelihood",
            likelihood.chain_negative_log_likelihood(data, path, x0, implementation.lift(grid)),
            summed(likelihood_truth.values[0], chain),
        ),
        (
            "entropy_from_integral",
            likelihood.entropy_from_integral(data, path, **times),
            summed(entropy.values[0], information),
        ),
    )
    return tuple(judge(name, computed, part, implementation, by_norm) for name, computed, part in rows)


@law(
    "likelihood.telescoping",
    statement="a step's divergence is KL_y(clean) - KL_y(noisy) as the implementation computes them, the integral "
    "adds up over a time between, and the entropy integral is what the posterior entropy gains",
    catalogue=("M7", "M12", "M18"),
    family="gaussian_data_step",
    route="composition",
)
def telescoping(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, lift, lower = implementation.module.likelihood, implementation.lift, implementation.lower
    data, path = built(implementation, case)
    x0, times = lift(case.x0), step_times(implementation, case)
    by_norm = spectral(implementation, case.data)
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    place, (mean, covariance) = path_arguments(case.path), gaussian(case.data)
    inputs = (*place, mean, covariance, case.x0.tolist())

    def integral(clean: float, noisy: float) -> tuple[float, float]:
        computed = likelihood.pointwise_integral(data, path, x0, t_start=lift(clean), t_end=lift(noisy))
        return float(lower(computed)), total_size(truth(twins.integral, *inputs, clean, noisy), by_norm)

    before, after = (float(lower(likelihood.divergence_at(data, path, x0, lift(t)))) for t in (case.clean, case.noisy))
    own = total_size(truth(twins.pieces, *inputs, case.clean, case.noisy).split(2, 2)[0], by_norm)
    step = float(lower(likelihood.step_divergence_at(data, path, x0, clean=times["t_start"], noisy=times["t_end"])))
    whole, whole_size = integral(case.clean, case.noisy)
    entropies = [
        float(lower(likelihood.posterior_entropy(data, path, t_start=lift(t)))) for t in (case.clean, case.noisy)
    ]
    average = float(lower(likelihood.entropy_integral(data, path, **times)))
    posterior = [truth(twins.averaged, *place, covariance, t).split(1, 1)[1] for t in (case.clean, case.noisy)]
    gains = truth(twins.information_pieces, *place, covariance, case.clean, case.noisy).split(1, 2)[0]
    findings = [
        residual("step_divergence_at", step - (before - after), whole_size + own, implementation, tolerance),
        residual("divergence_at", whole - (before - after), whole_size + own, implementation, tolerance),
        residual(
            "posterior_entropy",
            average - (entropies[1] - entropies[0]),
            sum(total_size(part, by_norm) for part in (gains, *posterior)),
            implementation,
            tolerance,
        ),
    ]
    middle = between(case.clean, case.noisy, implementation.dtype)
    if middle is not None:
        parts = [integral(first, second) for first, second in pairwise((case.clean, middle, case.noisy))]
        error, scale = (sum(part[index] for part in parts) for index in (0, 1))
        findings.append(residual("pointwise_integral", whole - error, whole_size + scale, implementation, tolerance))
    return tuple(findings)


@law(
    "likelihood.integral_of_the_squared_error",
    statement="the pointwise integral is the integral of squared_error_at over half the SNR, and the entropy integral "
    "that of the minimum mean squared error",
    catalogue=("M12", "M18", "P45"),
    family="moderate_gaussian_data_step",
    route="quadrature",
)
def integral_of_the_squared_error(implementation: Implementation, case: DataStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = built(implementation, case)
    x0, times = lift(case.x0), step_times(implementation, case)
    by_norm = spectral(implementation, case.data)
    computed = {
        "pointwise_integral": module.likelihood.pointwise_integral(data, path, x0, **times),
        "entropy_integral": module.likelihood.entropy_integral(data, path, **times),
    }
    integral, _, averaged = integral_truths(case)
    # Every term is of one sign: at all times the relative error is what it is at the ends, and that of the levels.
    ends = [level_truths(case, case.x0, t)["squared_error_at"] for t in (case.clean, case.noisy)]
    relative = max(float(size_of(part, by_norm)[0]) / part.magnitudes[0] for part in ends)
    constant = (budget.NORMWISE if by_norm else budget.ENTRYWISE).constant
    unit = constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    sums: dict[str, list[float]] = {name: [] for name in computed}
    for width in (1.0, 0.5):
        places, weights = panels(implementation, case, case.clean, case.noisy, width)
        moments = lift(places)
        values = (
            module.likelihood.squared_error_at(data, path, x0, moments),
            module.fields.minimum_mean_squared_error(data, path, moments),
        )
        for name, value in zip(computed, values, strict=True):
            sums[name].append(float(weights @ lower(value)))
    findings = []
    for name, part in (("pointwise_integral", integral), ("entropy_integral", averaged)):
        coarse, fine = sums[name]
        rounding = unit * (relative + 8.0) * abs(fine) + float(allowance(part, implementation, by_norm)[0])
        error = float(lower(computed[name])) - fine
        findings.append(truncated(name, error, abs(fine - coarse) + rounding))
    return tuple(findings)


@law(
    "likelihood.schedule_invariance",
    statement="between equal half log-SNRs the pointwise integral is one number on every path",
    catalogue=("M41", "P25"),
    family="path_pair_step",
    route="composition",
)
def schedule_invariance(implementation: Implementation, case: PathPairStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path, other = (spec.build(implementation) for spec in (case.data, case.path, case.other))
    by_norm = spectral(implementation, case.data)
    x0, ends = lift(case.x0), [lift(t) for t in (case.clean, case.noisy)]
    images = [module.paths.equivalent_time(path, other, t) for t in ends]
    values, sizes = [], []
    for owner, spec, (start, end) in ((path, case.path, ends), (other, case.other, images)):
        integral = module.likelihood.pointwise_integral(data, owner, x0, t_start=start, t_end=end)
        values.append(float(lower(integral)))
        inputs = (*path_arguments(spec), *gaussian(case.data), case.x0.tolist())
        sizes.append(size_of(truth(twins.integral, *inputs, float(lower(start)), float(lower(end))), by_norm)[0])
    # The other path's times are right to units of their own, which the second integral feels as arguments' rounding.
    units = [
        truth(path_twins.equivalent_time, *path_arguments(case.path), *path_arguments(case.other), t)
        for t in (case.clean, case.noisy)
    ]
    grown = 1.0 + max(value.kappas[0] / value.magnitudes[0] + 1.0 for value in units)
    return (
        residual(
            "pointwise_integral",
            values[0] - values[1],
            sizes[0] + grown * sizes[1],
            implementation,
            budget.NORMWISE if by_norm else budget.ENTRYWISE,
        ),
    )


def path_truths(case: StatePath) -> tuple[Truth, Truth]:
    """(log p(x_0), the log densities that a path's likelihood is made of)."""
    kind, parameters = arguments(case.data)
    inputs = (*path_arguments(case.path), kind, parameters, case.x0.tolist(), case.states.tolist(), case.times.tolist())
    pieces = truth(twins.path_pieces, *inputs)
    return pieces.split(1, len(pieces.values) - 1)[0], pieces


@law(
    "likelihood.pathwise",
    statement="for every path of states, likely or not, the ratio of the chains' densities is 1/p(x_0)",
    catalogue=("M5",),
    family="state_path",
    route="arbiter",
)
def pathwise(implementation: Implementation, case: StatePath) -> Findings:
    own, pieces = path_truths(case)
    by_norm = spectral(implementation, case.data)
    computed = _pathwise(implementation, case, case.states)
    return (
        judge("pathwise_negative_log_likelihood", computed, summed(-own.values[0], pieces), implementation, by_norm),
    )


def _pathwise(implementation: Implementation, case: StatePath, states: Any) -> Any:
    data, path = built(implementation, case)
    lift = implementation.lift
    return implementation.module.likelihood.pathwise_negative_log_likelihood(
        data, path, lift(case.x0), lift(states), lift(case.times)
    )


@law(
    "likelihood.pathwise_is_constant",
    statement="two paths of states through the same times have one likelihood: the implementation's density of x_0",
    catalogue=("M5",),
    family="state_path",
    route="composition",
)
def pathwise_is_constant(implementation: Implementation, case: StatePath) -> Findings:
    lower = implementation.lower
    mirrored = case.states[::-1]
    other = StatePath(case.path, case.data, case.x0, mirrored, case.times)
    sizes, values = [], []
    by_norm = spectral(implementation, case.data)
    # A batch of the two paths, and the density itself.
    both = lower(_pathwise(implementation, case, np.stack([case.states, mirrored])))
    for each, value in zip((case, other), both, strict=True):
        _, pieces = path_truths(each)
        sizes.append(total_size(pieces, by_norm))
        values.append(float(value))
    density = float(lower(case.data.build(implementation).log_prob(implementation.lift(case.x0))))
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    name = "pathwise_negative_log_likelihood"
    findings: list[Finding] = [
        residual(name, values[0] - values[1], sum(sizes), implementation, tolerance),
        residual(name, values[1] + density, 2.0 * sizes[1], implementation, tolerance),
    ]
    return tuple(findings)
