"""Laws of the likelihoods along the probability flow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import likelihood as twins
from properties.arbiter.numbers import lift, truth
from properties.cases.draw import rounded
from properties.cases.families import FieldPoint, FieldStep
from properties.law import law
from properties.laws._compare import exact, residual, truncated
from properties.laws._data import allowance, arguments, judge, path_arguments, size_of, spectral
from properties.laws._differences import differentiated, jacobian, step_for, time_derivative, time_scale
from properties.laws._fields import all_truths
from properties.laws._flow import flow_matrix_truth
from properties.protocol import Finding, Findings, Floats, Implementation

ODE_TOLERANCE = {"float64": 1e-8, "float32": 1e-5}
"""The relative tolerance at which a likelihood is integrated; the absolute one is a hundredth."""

LONGEST_STRETCH = 2.0


def log_prob_truth(case: FieldStep, x: Floats, t: float) -> Any:
    """The arbiter's log p_t(x)."""
    return truth(twins.log_prob, *path_arguments(case.path), *arguments(case.data), x.tolist(), t)


@law(
    "likelihood.gaussian_arbiter",
    statement="for Gaussian data the flow's log likelihood is log p_start(x) wherever the flow ends, and its log "
    "determinant is 1/2 log |V_end V_start^-1|",
    catalogue=("P55", "M35", "P100"),
    family="gaussian_step",
    route="arbiter",
)
def gaussian_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    likelihood, lift = implementation.module.likelihood, implementation.lift
    data, path = case.data.build(implementation), case.path.build(implementation)
    by_norm = spectral(implementation, case.data)
    times = {"t_start": lift(case.noisy), "t_end": lift(case.clean)}
    covariance = arguments(case.data)[1][1]
    determinant = truth(twins.flow_log_determinant, *path_arguments(case.path), covariance, case.noisy, case.clean)
    return (
        judge(
            "ode_log_likelihood",
            likelihood.ode_log_likelihood(data, path, lift(case.x), **times),
            log_prob_truth(case, case.x, case.noisy),
            implementation,
            by_norm,
        ),
        judge(
            "flow_log_determinant",
            likelihood.flow_log_determinant(data, path, **times),
            determinant,
            implementation,
            by_norm,
        ),
    )


@law(
    "likelihood.flow_log_determinant_is_divergence",
    statement="the log determinant of the flow is that of flow_matrix, is additive, and changes at the rate div v",
    catalogue=("P55", "P27", "P100"),
    family="moderate_gaussian_step",
    route="finite difference",
)
def flow_log_determinant_is_divergence(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower, size = implementation.module, implementation.lift, implementation.lower, case.data.size
    data, path = case.data.build(implementation), case.path.build(implementation)
    start, end = lift(case.noisy), lift(case.clean)
    covariance = arguments(case.data)[1][1]
    own = truth(twins.flow_log_determinant, *path_arguments(case.path), covariance, case.noisy, case.clean)
    names = ("alpha", "sigma", "alpha_derivative", "sigma_derivative")
    levels = [float(lower(getattr(path, name)(end))) for name in names]
    length = time_scale(case.path, case.clean, levels)
    determinant = module.likelihood.flow_log_determinant
    rate, rate_bound = time_derivative(
        implementation,
        lambda times: determinant(data, path, t_start=start, t_end=times),
        case.clean,
        length,
        allowance(own, implementation, size > 1)[0],
    )
    matrix = lower(module.reverse.flow_matrix(data, path, t_start=start, t_end=end))
    matrix_size = float(size_of(flow_matrix_truth(case, case.noisy, case.clean), True)[0])
    value = float(lower(determinant(data, path, t_start=start, t_end=end)))
    back = float(lower(determinant(data, path, t_start=end, t_end=start)))
    there = FieldPoint(case.path, case.data, case.x, case.clean)
    velocity_error = allowance(all_truths(there)["velocity"], implementation, size > 1)
    # The velocity of Gaussian data is affine: any step gives its divergence, and a large one the least rounding.
    reach = max(float(np.abs(case.x).max()), 1e-3)
    slopes, slopes_bound = jacobian(
        implementation,
        lambda places: module.fields.velocity(data, path, places, end),
        case.x,
        step_for(implementation, reach / 2.0**-6),
        velocity_error,
    )
    error = rate - np.trace(slopes)
    return (
        residual(
            "flow_log_determinant matrix",
            value - np.linalg.slogdet(matrix)[1],
            size_of(own, True) + matrix_size * float(np.linalg.norm(np.linalg.inv(matrix))),
            implementation,
            budget.NORMWISE,
        ),
        residual(
            "flow_log_determinant inverse", value + back, 2.0 * size_of(own, True), implementation, budget.NORMWISE
        ),
        differentiated(
            "flow_log_determinant rate",
            error,
            np.asarray(rate_bound + np.trace(slopes_bound)),
            max(abs(float(rate)), size / (2.0 * length)),
            implementation,
        ),
    )


def within_reach(case: FieldStep, path: Any, implementation: Implementation) -> FieldStep:
    """The case with its clean time drawn towards the noisy one until an ODE between them is short: at most
    `LONGEST_STRETCH` of half log-SNR.
    """
    lift, clean = implementation.lift, case.clean
    while (
        float(implementation.lower(path.half_log_snr_difference(clean=lift(clean), noisy=lift(case.noisy))))
        > LONGEST_STRETCH
    ):
        clean = float(rounded(0.5 * (clean + case.noisy), implementation.dtype))
    return replace(case, clean=clean)


@law(
    "likelihood.ode_reproduces_the_density",
    statement="integrated along the flow to another time, either way, a mixture's log likelihood is its log density",
    catalogue=("P55", "M35"),
    family="moderate_field_step",
    route="closed form",
)
def ode_reproduces_the_density(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), case.path.build(implementation)
    case = within_reach(case, path, implementation)
    noisy, clean, rtol = lift(case.noisy), lift(case.clean), ODE_TOLERANCE[implementation.dtype]
    # A place that the flow may come from: one deterministic step from x.
    state = float(lower(path.sigma(clean))) / float(lower(path.sigma(noisy)))
    gain = float(lower(path.alpha(clean))) - state * float(lower(path.alpha(noisy)))
    denoiser = lower(module.fields.denoiser(data, path, lift(case.x), noisy))
    inner = rounded(state * case.x + gain * denoiser, implementation.dtype)
    findings: list[Finding] = []
    for title, x, start, end in (("down", case.x, case.noisy, case.clean), ("up", inner, case.clean, case.noisy)):
        returned = module.likelihood.ode_log_likelihood(
            data, path, lift(x), t_start=lift(start), t_end=lift(end), rtol=rtol, atol=0.01 * rtol
        )
        own = log_prob_truth(case, x, start)
        size = own.magnitudes[0]
        error = abs(float(lower(returned)) - float(own.values[0].mid()))
        # Both ends' densities and every step are rounded: the ends as the budget has it, the steps by their tolerance.
        bound = budget.ODE_TOLERANCE_FACTOR * rtol * (1.0 + size) + 2.0 * allowance(own, implementation, True)[0]
        finding = truncated(f"ode_log_likelihood {title}", error, bound)
        blind = not bound <= budget.LARGEST_FINITE_DIFFERENCE_TOLERANCE * (1.0 + size)
        findings.append(replace(finding, vacuous=True) if blind else finding)
    return tuple(findings)


def quantile_error(
    implementation: Implementation, case: FieldStep, x: float, start: float, end: float, y: float
) -> Any:
    """(y minus the quantile map's value, what the budget allows): the difference of two tails over the density.

    The terms of the bound: rounding of the tail at x, rounding of the tail at y, rounding of y itself.
    """
    place = (*path_arguments(case.path), *arguments(case.data))
    tails = truth(twins.quantile_tails, *place, [x], start, end, lift(y))
    density = truth(twins.log_prob, *place, [y], end).values[0].exp()
    sizes = sum(kappa + size for kappa, size in zip(tails.kappas, tails.magnitudes, strict=True))
    unit = budget.ENTRYWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    error = abs((tails.values[1] - tails.values[0]) / density)
    return float(error.mid()), unit * (float((lift(float(sizes)) / density).mid()) + abs(y))


@law(
    "likelihood.quantile_map_arbiter",
    statement="on the line the flow keeps cumulative probability: F_end(quantile_map(x)) = F_start(x)",
    catalogue=("P56", "M34"),
    family="moderate_line_step",
    route="arbiter",
)
def quantile_map_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), case.path.build(implementation)
    findings: list[Finding] = []
    for title, start, end in (("down", case.noisy, case.clean), ("up", case.clean, case.noisy)):
        places = np.sort(np.array([case.x[0], 0.5 * case.x[0]]))
        times = {"t_start": lift(start), "t_end": lift(end)}
        images = lower(module.likelihood.quantile_map(data, path, lift(places[:, None]), **times))[:, 0]
        findings.append(exact(f"quantile_map {title} monotone", bool((np.diff(images) >= 0.0).all())))
        for place, image in zip(places, images, strict=True):
            error, bound = quantile_error(implementation, case, float(place), start, end, float(image))
            findings.append(truncated(f"quantile_map {title}", error, bound))
    return tuple(findings)


@law(
    "likelihood.quantile_map_follows_the_velocity",
    statement="d/dt of the quantile map is the velocity there, and for a Gaussian it is the flow map",
    catalogue=("P56", "P54"),
    family="moderate_line_step",
    route="finite difference",
)
def quantile_map_follows_the_velocity(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), case.path.build(implementation)
    x, start, end = lift(case.x), lift(case.noisy), lift(case.clean)
    moved = module.likelihood.quantile_map(data, path, x, t_start=start, t_end=end)
    image = float(lower(moved)[0])
    _, noise = quantile_error(implementation, case, float(case.x[0]), case.noisy, case.clean, image)
    names = ("alpha", "sigma", "alpha_derivative", "sigma_derivative", "half_log_snr_derivative")
    alpha, sigma, slope, rise, rate = (float(lower(getattr(path, name)(end))) for name in names)
    length = time_scale(case.path, case.clean, (alpha, sigma, slope, rise))
    derivative, bound = time_derivative(
        implementation,
        lambda times: module.likelihood.quantile_map(data, path, x, t_start=start, t_end=times),
        case.clean,
        length,
        noise,
    )
    velocity = lower(module.fields.velocity(data, path, moved, end))
    there = FieldPoint(case.path, case.data, lower(moved), case.clean)
    # An image off by its rounding meets another velocity, by dv/dx = sigma'/sigma + alpha lambda' dD/dx.
    jacobian_there = float(lower(module.fields.denoiser_jacobian(data, path, moved, end))[0, 0])
    offset = noise * abs(rise / sigma + alpha * rate * jacobian_there)
    velocity_error = allowance(all_truths(there)["velocity"], implementation)
    natural = max(float(np.abs(velocity[0])), abs(image) / (2.0 * length))
    findings = [
        differentiated("quantile_map", velocity - derivative, bound + velocity_error + offset, natural, implementation)
    ]
    if case.data.kind == "gaussian":
        flow = float(lower(module.reverse.flow_map(data, path, x, t_start=start, t_end=end))[0])
        findings.append(truncated("quantile_map is flow_map", flow - image, 2.0 * noise))
    return tuple(findings)
