"""Laws of the samplers' affine maps on Gaussian data: against the arbiter's products and recurrences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from properties.arbiter import paths
from properties.arbiter import samplers as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.walks import Cooling, SigmaWalk, Walk
from properties.law import law
from properties.laws._compare import entrywise, normwise
from properties.laws._data import arguments, judge, path_arguments, symmetric, symmetric_findings
from properties.protocol import Finding, Findings, Implementation

VARIANCES = ("forward", "bridge")


def square(level: float) -> Fraction:
    """L^2, exactly."""
    return Fraction(level) ** 2


def gaussian_arguments(case: Walk | SigmaWalk | Cooling) -> tuple[list[float], Any]:
    """(mean, covariance) as arguments of a twin."""
    _, (mean, covariance) = arguments(case.data)
    return mean, covariance


def with_condition(part: Truth, relative: float) -> Truth:
    """The truth whose outputs also move by ``relative`` of their norm with an argument that the twin takes exactly."""
    size = relative * float(np.hypot.reduce(part.magnitudes))
    return replace(
        part,
        kappas=tuple(kappa + size for kappa in part.kappas),
        norm_kappas=tuple(kappa + size for kappa in part.norm_kappas),
    )


def spectral_logarithm(case: Walk, start: float, end: float, level: float) -> float:
    """|l dPhi/dl| / |Phi| <= 2 l^2 (|log(alpha_start/alpha_end)| + max |log(v_end/v_start)|/2) of a propagator."""
    place = path_arguments(case.path)
    assert case.data.covariances is not None
    values = np.linalg.eigvalsh(case.data.covariances[0])
    levels = [[float(number.mid()) for number in truth(paths.levels, *place, time).values] for time in (start, end)]
    spreads = [np.maximum(alpha**2 * values + sigma**2, 5e-324) for alpha, sigma in levels]
    stretch = float(np.max(np.abs(np.log(spreads[1] / spreads[0]))))
    return 2.0 * level**2 * (abs(float(np.log(levels[0][0] / levels[1][0]))) + stretch / 2.0)


def matrix_findings(
    name: str, computed: Any, exactly: Truth, implementation: Implementation, size: int, *, semidefinite: bool = False
) -> Iterable[Finding]:
    """A symmetric matrix against the arbiter, and its symmetry bit for bit."""
    yield judge(name, computed, exactly, implementation, size > 1)
    yield from symmetric_findings(name, computed, implementation, semidefinite)


@law(
    "reverse.family_arbiter",
    statement="forward_drift is f x - (1 - l^2)/2 g^2 score, and reverse_step one Euler-Maruyama step of the reverse "
    "family, with h = t_start - t_end > 0",
    catalogue=("M39", "M4r", "M36", "P53"),
    family="field_walk",
    route="arbiter",
)
def family_arbiter(implementation: Implementation, case: Walk) -> Findings:
    reverse, lift = implementation.module.reverse, implementation.lift
    data, path, x = case.data.build(implementation), case.path.build(implementation), lift(case.x)
    start, end, level = float(case.times[0]), float(case.times[1]), case.noise_levels[0]
    place, law_arguments = path_arguments(case.path), arguments(case.data)
    noise_level = lift(level)
    drift = truth(twins.forward_drift, *place, *law_arguments, case.x.tolist(), start, level)
    step = truth(twins.reverse_step, *place, *law_arguments, case.x.tolist(), case.noise.tolist(), start, end, level)
    moved = reverse.reverse_step(
        data, path, x, lift(case.noise), t_start=lift(start), t_end=lift(end), noise_level=noise_level
    )
    by_norm = case.data.size > 1
    return (
        judge(
            "forward_drift",
            reverse.forward_drift(data, path, x, lift(start), noise_level=noise_level),
            drift,
            implementation,
            by_norm,
        ),
        judge("reverse_step", moved, step, implementation, by_norm),
    )


@law(
    "reverse.propagator_arbiter",
    statement="an error of the start propagates by (alpha_start/alpha_end)^(l^2) (V_end V_start^-1)^((1 + l^2)/2), "
    "piece by piece where the noise level varies",
    catalogue=("P57",),
    family="walk",
    route="arbiter",
)
def propagator_arbiter(implementation: Implementation, case: Walk) -> Findings:
    reverse, lift = implementation.module.reverse, implementation.lift
    data, path = case.data.build(implementation), case.path.build(implementation)
    _, covariance = gaussian_arguments(case)
    place, times = path_arguments(case.path), case.times.tolist()
    start, end, level = times[0], times[1], case.noise_levels[0]
    single = truth(twins.prior_mismatch_propagator, *place, covariance, start, end, square(level))
    computed = reverse.prior_mismatch_propagator(
        data, path, t_start=lift(start), t_end=lift(end), noise_level=lift(level)
    )
    whole = truth(
        twins.varying_noise_propagator, *place, covariance, times, [square(each) for each in case.noise_levels]
    )
    logarithms = sum(
        spectral_logarithm(case, *pair, each) for pair, each in zip(pairwise(times), case.noise_levels, strict=True)
    )
    product = reverse.varying_noise_propagator(data, path, lift(case.times), lift(np.array(case.noise_levels)))
    size = case.data.size
    return (
        *matrix_findings(
            "prior_mismatch_propagator",
            computed,
            with_condition(single, spectral_logarithm(case, start, end, level)),
            implementation,
            size,
        ),
        *matrix_findings("varying_noise_propagator", product, with_condition(whole, logarithms), implementation, size),
    )


@law(
    "reverse.ddim_arbiter",
    statement="a DDIM step multiplies centred data by p I + q K, a chain by the product, and leaves "
    "A V A^T V_end^-1 of the flow's variance",
    catalogue=("P60",),
    family="walk",
    route="arbiter",
)
def ddim_arbiter(implementation: Implementation, case: Walk) -> Findings:
    reverse, lift = implementation.module.reverse, implementation.lift
    data, path = case.data.build(implementation), case.path.build(implementation)
    _, covariance = gaussian_arguments(case)
    place, times = path_arguments(case.path), case.times.tolist()
    rows = (
        (
            "ddim_matrix",
            reverse.ddim_matrix(data, path, t_start=lift(times[0]), t_end=lift(times[1])),
            truth(twins.ddim_matrix, *place, covariance, times[0], times[1]),
        ),
        (
            "ddim_chain_matrix",
            reverse.ddim_chain_matrix(data, path, lift(case.times)),
            truth(twins.ddim_chain_matrix, *place, covariance, times),
        ),
        (
            "ddim_shrinkage",
            reverse.ddim_shrinkage(data, path, lift(case.times)),
            truth(twins.ddim_shrinkage, *place, covariance, times),
        ),
    )
    return tuple(finding for row in rows for finding in matrix_findings(*row, implementation, case.data.size))


@law(
    "reverse.edm_arbiter",
    statement="EDM's Euler and Heun steps and its stochastic chain are their recurrences: churn up to "
    "sigma (1 + gamma), then a step down",
    catalogue=("P61", "P62"),
    family="sigma_walk",
    route="arbiter",
)
def edm_arbiter(implementation: Implementation, case: SigmaWalk) -> Findings:
    reverse, lift = implementation.module.reverse, implementation.lift
    data, size = case.data.build(implementation), case.data.size
    _, covariance = gaussian_arguments(case)
    sigmas = case.sigmas.tolist()
    pair = {"sigma_start": lift(sigmas[-2]), "sigma_end": lift(sigmas[-1])}
    stirred = [case.churn_min <= sigma <= case.churn_max for sigma in sigmas[:-1]]
    spread = truth(
        twins.edm_stochastic_covariance,
        covariance,
        symmetric(case.start),
        sigmas,
        case.churn,
        case.noise_scale,
        tuple(int(stir) for stir in stirred),
    )
    chain = reverse.edm_stochastic_covariance(
        data,
        lift(case.start),
        lift(case.sigmas),
        churn=lift(case.churn),
        noise_scale=lift(case.noise_scale),
        churn_min=case.churn_min,
        churn_max=case.churn_max,
    )
    churned = reverse.churn_variance(
        lift(case.variance), sigma=lift(sigmas[1]), sigma_hat=lift(sigmas[0]), noise_scale=lift(case.noise_scale)
    )
    rows = (
        (
            "edm_euler_matrix",
            reverse.edm_euler_matrix(data, **pair),
            truth(twins.edm_euler_matrix, covariance, sigmas[-2], sigmas[-1]),
        ),
        (
            "edm_heun_matrix",
            reverse.edm_heun_matrix(data, **pair),
            truth(twins.edm_heun_matrix, covariance, sigmas[-2], sigmas[-1]),
        ),
        ("edm_stochastic_covariance", chain, spread),
    )
    return (
        entrywise(
            "churn_variance",
            churned,
            truth(twins.churn_variance, case.variance, sigmas[1], sigmas[0], case.noise_scale),
            implementation,
        ),
        *(finding for row in rows for finding in matrix_findings(*row, implementation, size)),
    )


@law(
    "reverse.sampled_law_arbiter",
    statement="the law that a chain delivers is the recurrence m <- A m + b, C <- A C A^T + v I of its coefficients",
    catalogue=("P59", "P58"),
    family="walk",
    route="arbiter",
)
def sampled_law_arbiter(implementation: Implementation, case: Walk) -> Findings:
    return tuple(
        finding for rule in ("ancestral", "ddim", "frozen_denoiser") for finding in _sampled(implementation, case, rule)
    )


@law(
    "reverse.euler_maruyama_arbiter",
    statement="the law that Euler-Maruyama delivers at any noise level is the recurrence of its moments",
    catalogue=("P59", "P58", "M37"),
    family="moderate_walk",
    route="arbiter",
)
def euler_maruyama_arbiter(implementation: Implementation, case: Walk) -> Findings:
    return tuple(_sampled(implementation, case, "euler_maruyama"))


def _sampled(implementation: Implementation, case: Walk, rule: str) -> Iterable[Finding]:
    data, path, size = case.data.build(implementation), case.path.build(implementation), case.data.size
    level = case.noise_levels[0] if rule != "ddim" else min(case.noise_levels[0], 1.0)
    law_at_end = implementation.module.reverse.sampled_law(
        data, path, implementation.lift(case.times), rule=rule, noise_level=implementation.lift(level)
    )
    mean, covariance = gaussian_arguments(case)
    exactly = truth(twins.sampled_law, *path_arguments(case.path), mean, covariance, case.times.tolist(), rule, level)
    mean_truth, covariance_truth = exactly.split(size, size * size)
    yield judge("sampled_law", law_at_end.mean, mean_truth, implementation, size > 1)
    yield from matrix_findings(
        "sampled_law", law_at_end.covariance, covariance_truth, implementation, size, semidefinite=True
    )


@law(
    "reverse.corrector_arbiter",
    statement="a Langevin step at a level moves a Gaussian's mean and covariance by I - eta V^-1, and adds 2 eta I",
    catalogue=("P63", "P35"),
    family="walk",
    route="arbiter",
)
def corrector_arbiter(implementation: Implementation, case: Walk) -> Findings:
    reverse, lift, size = implementation.module.reverse, implementation.lift, case.data.size
    data, path = case.data.build(implementation), case.path.build(implementation)
    mean, covariance = gaussian_arguments(case)
    assert case.data.covariances is not None
    t, spread = float(case.times[0]), case.data.covariances[0]
    step = corrector_step(case)
    exactly = truth(
        twins.corrector,
        *path_arguments(case.path),
        mean,
        covariance,
        case.x.tolist(),
        symmetric(spread),
        t,
        step,
    )
    centre, moved = exactly.split(size, size * size)
    return (
        normwise(
            "corrector_mean",
            reverse.corrector_mean(data, path, lift(case.x), lift(t), step=lift(step)),
            centre,
            implementation,
        ),
        *matrix_findings(
            "corrector_covariance",
            reverse.corrector_covariance(data, path, lift(spread), lift(t), step=lift(step)),
            moved,
            implementation,
            size,
            semidefinite=True,
        ),
    )


def corrector_step(case: Walk) -> float:
    """A step of Langevin dynamics out of the case's numbers, of the size of the smallest variance at the level."""
    place = path_arguments(case.path)
    alpha, sigma = (float(value.mid()) for value in truth(paths.levels, *place, float(case.times[0])).values)
    assert case.data.covariances is not None
    smallest = max(float(np.linalg.eigvalsh(case.data.covariances[0])[0]), 0.0)
    return float(np.float32((alpha**2 * smallest + sigma**2) * (0.25 + abs(float(case.noise[0])) / 4.0)))


@law(
    "reverse.bias_arbiter",
    statement="a step with the forward variance leaves too much, with the bridge's too little, by the product form",
    catalogue=("M28",),
    family="walk",
    route="arbiter",
)
def bias_arbiter(implementation: Implementation, case: Walk) -> Findings:
    lift = implementation.lift
    data, path = case.data.build(implementation), case.path.build(implementation)
    _, covariance = gaussian_arguments(case)
    noisy, clean = case.times[:2].tolist()
    findings: list[Finding] = []
    for variance in VARIANCES:
        computed = implementation.module.reverse.step_variance_bias(
            data, path, clean=lift(clean), noisy=lift(noisy), variance=variance
        )
        exactly = truth(twins.step_variance_bias, *path_arguments(case.path), covariance, clean, noisy, variance)
        findings += matrix_findings("step_variance_bias", computed, exactly, implementation, case.data.size)
    return tuple(findings)


@law(
    "reverse.brownian_arbiter",
    statement="on Brownian motion Euler-Maruyama's leading bias is k/2 [1 - (u_end/u_start)^(2k)], and an inverse "
    "temperature beta leaves u/beta + (1 - 1/beta) u^2/u_start",
    catalogue=("M37", "M38"),
    family="cooling",
    route="arbiter",
)
def brownian_arbiter(implementation: Implementation, case: Cooling) -> Findings:
    reverse, lift, size = implementation.module.reverse, implementation.lift, case.data.size
    data = case.data.build(implementation)
    _, covariance = gaussian_arguments(case)
    times = {"t_start": lift(case.t_start), "t_end": lift(case.t_end)}
    bias = truth(twins.euler_maruyama_leading_bias, covariance, case.t_start, case.t_end, square(case.noise_level))
    cold = truth(twins.temperature_covariance, covariance, case.t_start, case.t_end, case.inverse_temperature)
    # The level enters the bias as (1 + l^2)/2 and in the exponent; its logarithm is at most that of the ratio's ends.
    ratio = case.t_start / case.t_end if case.t_end > 0.0 else np.inf
    moved = 2.0 * case.noise_level**2 * (1.0 + min(float(np.log(ratio)), 1.0))
    return (
        *matrix_findings(
            "euler_maruyama_leading_bias",
            reverse.euler_maruyama_leading_bias(data, **times, noise_level=lift(case.noise_level)),
            with_condition(bias, moved),
            implementation,
            size,
        ),
        *matrix_findings(
            "temperature_covariance",
            reverse.temperature_covariance(data, **times, inverse_temperature=lift(case.inverse_temperature)),
            cold,
            implementation,
            size,
            semidefinite=True,
        ),
    )
