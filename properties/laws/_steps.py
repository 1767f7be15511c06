"""Laws of the steps by a noise prediction, on tables of betas, on VDM's gammas, and of Euler-Maruyama."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties.arbiter import ddpm, tables
from properties.arbiter import paths as path_twins
from properties.arbiter import transitions as twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, truth
from properties.cases.families import FieldPoint, FieldStep, Table
from properties.cases.steps import EulerWalk, GammaStep, NoisyStep, TablePoint
from properties.law import law
from properties.laws._compare import entrywise, residual
from properties.laws._data import path_arguments, size_of
from properties.laws._fields import all_truths
from properties.laws._fields import call as field
from properties.laws._measured import measured, vanishes
from properties.laws.paths.tables import as_argument, make
from properties.protocol import Findings, Floats, Implementation

WEIGHTS = ("ddpm_posterior_variance", "ddpm_posterior_data_weight", "ddpm_posterior_state_weight")
"""In the order of `ddpm.posterior`."""


def mean_from_noise(implementation: Implementation, case: NoisyStep) -> Any:
    """transitions.reverse_step_mean_from_noise(path, noise, x, clean=..., noisy=...)."""
    lift, step = implementation.lift, case.step
    return implementation.module.transitions.reverse_step_mean_from_noise(
        step.path.build(implementation), lift(case.noise), lift(case.x), clean=lift(step.clean), noisy=lift(step.noisy)
    )


def mean_truth(case: NoisyStep) -> Truth:
    """The arbiter's mean of the step by a noise prediction."""
    step = case.step
    place = (*path_arguments(step.path), step.clean, step.noisy)
    return truth(twins.mean_from_noise, *place, case.noise.tolist(), case.x.tolist())


@law(
    "transitions.mean_from_noise_arbiter",
    statement="the reverse step's mean by a noise prediction is the bridge's at x_0 = (x - sigma noise)/alpha",
    catalogue=("P38",),
    family="noisy_step",
    route="arbiter",
)
def mean_from_noise_arbiter(implementation: Implementation, case: NoisyStep) -> Findings:
    name = "transitions.reverse_step_mean_from_noise"
    return (entrywise(name, mean_from_noise(implementation, case), mean_truth(case), implementation),)


@law(
    "transitions.mean_from_noise_is_the_step",
    statement="at the exact noise prediction the step's mean is the exact reverse step's",
    catalogue=("P38", "P39"),
    family="moderate_field_step",
    route="composition",
)
def mean_from_noise_is_the_step(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module.transitions, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), case.path.build(implementation)
    times = {"clean": lift(case.clean), "noisy": lift(case.noisy)}
    noise = implementation.module.fields.noise(data, path, lift(case.x), times["noisy"])
    by_noise = lower(module.reverse_step_mean_from_noise(path, noise, lift(case.x), **times))
    by_data = lower(module.reverse_step_mean(data, path, lift(case.x), **times))
    # The two noises of all fields at the noisy time, each with what its route may be wrong by.
    parts = truth(twins.scalars, *path_arguments(case.path), case.clean, case.noisy)
    factor, kernel, state, weight = (abs(float(value.mid())) for value in parts.values[:4])
    wrong = max((k + m) / m if m > 0.0 else 1.0 for k, m in zip(parts.kappas, parts.magnitudes, strict=True))
    at = FieldPoint(case.path, case.data, case.x, case.noisy)
    exactly = all_truths(at)
    _, sigma = (float(v.mid()) for v in truth(path_twins.levels, *path_arguments(case.path), case.noisy).values)
    own = np.abs(lower(field(implementation, "noise", at)))
    denoised = np.abs(lower(field(implementation, "denoiser", at)))
    push = kernel / sigma / factor
    scale = push * (size_of(exactly["noise"], True) + 2.0 * wrong * own) + np.abs(case.x) / factor * wrong
    scale = scale + weight * (size_of(exactly["denoiser"], True) + wrong * denoised) + state * np.abs(case.x) * wrong
    name = "transitions.reverse_step_mean_from_noise"
    return (residual(name, by_noise - by_data, scale, implementation),)


def table_of(implementation: Implementation, case: Table) -> Floats:
    """The betas of a table as values of the dtype."""
    return as_argument(implementation, make(implementation, case)[0])


def posterior(implementation: Implementation, betas: Floats) -> list[tuple[Any, Truth]]:
    """DDPM's three tables, as computed and as they must be."""
    parts = truth(ddpm.posterior, betas.tolist()).split(*(len(betas) for _ in WEIGHTS))
    module, lift = implementation.module.transitions, implementation.lift
    return [(getattr(module, name)(lift(betas)), part) for name, part in zip(WEIGHTS, parts, strict=True)]


def mean_at(implementation: Implementation, betas: Floats, case: TablePoint) -> tuple[Any, Truth]:
    """transitions.ddpm_mean_from_noise at the case's entry, as computed and as it must be."""
    lift = implementation.lift
    computed = implementation.module.transitions.ddpm_mean_from_noise(
        lift(betas), lift(case.noise), lift(case.x), index=case.index
    )
    place = (case.noise.tolist(), case.x.tolist(), case.index)
    return computed, truth(ddpm.mean_from_noise, betas.tolist(), *place)


@law(
    "transitions.ddpm_arbiter",
    statement="every entry of DDPM's posterior variances and weights, and its mean by a noise prediction, is exact",
    catalogue=("P37", "P38"),
    family="table_point",
    route="arbiter",
)
def ddpm_arbiter(implementation: Implementation, case: TablePoint) -> Findings:
    betas = table_of(implementation, case.table)
    findings = [
        entrywise(f"transitions.{name}", computed, part, implementation)
        for name, (computed, part) in zip(WEIGHTS, posterior(implementation, betas), strict=True)
    ]
    return (
        *findings,
        entrywise("transitions.ddpm_mean_from_noise", *mean_at(implementation, betas, case), implementation),
    )


@law(
    "transitions.ddpm_bayes",
    statement="precisions add up: 1/posterior variance = 1/(1 - abar before) + (1 - beta)/beta; the mean of a silent "
    "place is the silent place before; the mean by a noise prediction is the two weights' at (x - sigma noise)/alpha",
    catalogue=("P37", "P38"),
    family="short_table_point",
    route="composition",
)
@precisely
def ddpm_bayes(implementation: Implementation, case: TablePoint) -> Findings:
    betas = table_of(implementation, case.table)
    variances, origins, states = (measured(*each, implementation) for each in posterior(implementation, betas))
    alphas, sigmas = (cumulative(implementation, betas, name) for name in ("discrete_alpha", "discrete_sigma"))
    before = [(as_measured(1.0), as_measured(0.0)), *zip(alphas, sigmas, strict=True)]
    precisions, silent = [], []
    rows = zip(betas.tolist(), variances, origins, states, before, alphas, strict=False)
    for beta, variance, origin, state, (alpha_before, sigma_before), alpha in rows:
        prior, share = sigma_before.square(), 1 - as_measured(beta)
        # Multiplied out: there is no noise before the first step.
        precisions.append(variance * (prior * share + beta) - prior * beta)
        silent.append(state * alpha + origin - alpha_before)
    index = case.index
    mean = measured(*mean_at(implementation, betas, case), implementation)
    affine = []
    for value, place, eps in zip(mean, case.x.tolist(), case.noise.tolist(), strict=True):
        origin = (as_measured(place) - sigmas[index] * eps) / alphas[index]
        affine.append(value - states[index] * place - origins[index] * origin)
    return (
        vanishes(f"transitions.{WEIGHTS[0]}", precisions, implementation),
        vanishes(f"transitions.{WEIGHTS[1]}", silent, implementation),
        vanishes(f"transitions.{WEIGHTS[2]}", silent, implementation),
        vanishes("transitions.ddpm_mean_from_noise", affine, implementation),
    )


def cumulative(implementation: Implementation, betas: Floats, name: str) -> list[Measured]:
    """A cumulative table of the implementation's own."""
    computed = getattr(implementation.module.paths, name)(implementation.lift(betas))
    return measured(computed, truth(getattr(tables, name), betas.tolist()), implementation)


@law(
    "transitions.ddpm_on_levels",
    statement="on a table's own levels VDM's step is DDPM's: its variance the posterior's, its mean that by the same "
    "noise prediction",
    catalogue=("P37", "P38", "P48"),
    family="short_table_point",
    route="closed form",
)
@precisely
def ddpm_on_levels(implementation: Implementation, case: TablePoint) -> Findings:
    betas = table_of(implementation, case.table)
    lift, paths = implementation.lift, implementation.module.paths
    levels = implementation.lower(paths.discrete_half_log_snr(lift(betas)))
    gammas = implementation.lower(paths.vdm_gamma_from_half_log_snr(lift(levels)))
    level_sizes = size_of(truth(tables.discrete_half_log_snr, betas.tolist()))
    variances = measured(*posterior(implementation, betas)[0], implementation)
    x, noise = case.x, case.noise
    narrow, means = [], []
    here = max(case.index, 1) - 1
    for index in sorted({0, here, len(gammas) - 2}) if len(gammas) > 1 else []:
        first, second = gammas[index : index + 2].tolist()
        # A table whose step is lost in the rounding of its levels has no step in gamma.
        if second - first < 64.0 * np.spacing(abs(second)):
            continue
        step = GammaStep(first, second, x, noise)
        wrong = 2.0 * (level_sizes[index] + level_sizes[index + 1])
        mean, variance = vdm(implementation, step)
        narrow.append(widened(variance, step, wrong, -1) - variances[index + 1])
        if index == here:
            own = measured(*mean_at(implementation, betas, replace(case, index=index + 1)), implementation)
            means += [widened(a, step, wrong, k) - b for k, (a, b) in enumerate(zip(mean, own, strict=True))]
    return (
        vanishes("transitions.vdm_step_variance", narrow, implementation),
        vanishes("transitions.vdm_step_mean", means, implementation),
    )


def vdm(implementation: Implementation, case: GammaStep) -> tuple[list[Measured], Measured]:
    """VDM's mean (d) and variance, with their allowances."""
    mean, variance = vdm_truth(case).split(len(case.x), 1)
    computed_mean, computed_variance = vdm_step(implementation, case)
    (narrow,) = measured(computed_variance, variance, implementation)
    return measured(computed_mean, mean, implementation), narrow


def widened(value: Measured, case: GammaStep, wrong: float, output: int) -> Measured:
    """A result of gammas that are themselves wrong by so much (in units): the slopes times that."""
    gammas = np.array([case.gamma_clean, case.gamma_noisy])
    step = 1e-6 * (gammas[1] - gammas[0])
    moves = []
    for direction in np.eye(2):
        ends = [
            ddpm.vdm_step(
                [as_measured(e).value for e in case.noise.tolist()],
                [as_measured(p).value for p in case.x.tolist()],
                *(as_measured(float(g)).value for g in gammas + sign * step * direction),
            )
            for sign in (-1.0, 1.0)
        ]
        low, high = (each[1] if output < 0 else each[0][output] for each in ends)
        moves.append(abs(float((high - low).mid())) / (2.0 * step))
    return replace(value, allowance=value.allowance + sum(moves) * wrong)


def vdm_step(implementation: Implementation, case: GammaStep) -> tuple[Any, Any]:
    """transitions.vdm_step_mean and vdm_step_variance."""
    module, lift = implementation.module.transitions, implementation.lift
    gammas = {"gamma_clean": lift(case.gamma_clean), "gamma_noisy": lift(case.gamma_noisy)}
    return module.vdm_step_mean(lift(case.noise), lift(case.x), **gammas), module.vdm_step_variance(**gammas)


def vdm_truth(case: GammaStep) -> Truth:
    """The arbiter's mean and variance of VDM's step."""
    return truth(ddpm.vdm_step, case.noise.tolist(), case.x.tolist(), case.gamma_clean, case.gamma_noisy)


@law(
    "transitions.vdm_arbiter",
    statement="VDM's step from one gamma to another is the conditioned joint law of the two levels",
    catalogue=("P48",),
    family="gamma_step",
    route="arbiter",
)
def vdm_arbiter(implementation: Implementation, case: GammaStep) -> Findings:
    mean, variance = vdm_truth(case).split(len(case.x), 1)
    computed_mean, computed_variance = vdm_step(implementation, case)
    return (
        entrywise("transitions.vdm_step_mean", computed_mean, mean, implementation),
        entrywise("transitions.vdm_step_variance", computed_variance, variance, implementation),
    )


@law(
    "transitions.vdm_nearby",
    statement="with the two gammas taken as exact, the variance of VDM's step is right in every digit, however near "
    "they are",
    catalogue=("P48",),
    family="gamma_step",
    route="arbiter",
)
@precisely
def vdm_nearby(implementation: Implementation, case: GammaStep) -> Findings:
    _, computed = vdm_step(implementation, case)
    # Numbers of the arbiter are constants to it: they carry no conditioning.
    gammas = [as_measured(gamma).value for gamma in (case.gamma_clean, case.gamma_noisy)]
    exactly = truth(lambda *exact: ddpm.vdm_step([], [], *exact)[1], *gammas)
    return (entrywise("transitions.vdm_step_variance", computed, exactly, implementation),)


@law(
    "transitions.vdm_is_the_bridge",
    statement="on a variance-preserving path with gamma = -2 lambda, VDM's step is the bridge: mean and variance",
    catalogue=("P48", "P37", "P38"),
    family="moderate_preserving_step",
    route="composition",
)
@precisely
def vdm_is_the_bridge(implementation: Implementation, case: NoisyStep) -> Findings:
    lift, lower, step = implementation.lift, implementation.lower, case.step
    path, module = step.path.build(implementation), implementation.module
    gammas, wrong = [], 0.0
    for t in (step.clean, step.noisy):
        level = path.half_log_snr(lift(t))
        gammas.append(float(lower(module.paths.vdm_gamma_from_half_log_snr(level))))
        wrong += 2.0 * float(size_of(truth(path_twins.half_log_snr, *path_arguments(step.path), t))[0])
    at = GammaStep(gammas[0], gammas[1], case.x, case.noise)
    mean, variance = vdm(implementation, at)
    parts = truth(twins.scalars, *path_arguments(step.path), step.clean, step.noisy).split(1, 1, 1, 1, 1)
    narrow = module.transitions.bridge_variance(path, clean=lift(step.clean), noisy=lift(step.noisy))
    (own_variance,) = measured(narrow, parts[4], implementation)
    own = measured(mean_from_noise(implementation, case), mean_truth(case), implementation)
    means = [widened(a, at, wrong, k) - b for k, (a, b) in enumerate(zip(mean, own, strict=True))]
    return (
        vanishes("transitions.vdm_step_mean", means, implementation),
        vanishes("transitions.vdm_step_variance", widened(variance, at, wrong, -1) - own_variance, implementation),
    )


def euler_maruyama(implementation: Implementation, x: Floats, noise: Floats, case: EulerWalk, step: float) -> Any:
    """transitions.euler_maruyama_step with the case's drift and diffusion."""
    lift = implementation.lift
    return implementation.module.transitions.euler_maruyama_step(
        lift(x), lift(noise), drift=lift(case.drift), diffusion=lift(case.diffusion), step=lift(step)
    )


def euler_truth(x: Floats, noise: Floats, case: EulerWalk, step: float) -> Truth:
    """The arbiter's step."""
    vectors = (x.tolist(), noise.tolist(), case.drift.tolist())
    return truth(ddpm.euler_maruyama, *vectors, case.diffusion, step)


@law(
    "transitions.euler_maruyama_arbiter",
    statement="an Euler-Maruyama step is x + drift step + diffusion sqrt(step) noise",
    catalogue=("M2",),
    family="euler_walk",
    route="arbiter",
)
def euler_maruyama_arbiter(implementation: Implementation, case: EulerWalk) -> Findings:
    place = (case.x, case.noises[0], case, float(case.steps[0]))
    computed = euler_maruyama(implementation, *place)
    return (entrywise("transitions.euler_maruyama_step", computed, euler_truth(*place), implementation),)


@law(
    "transitions.euler_maruyama_composes",
    statement="with constant drift and diffusion, many steps are one of the whole time with the summed noise; without "
    "drift and with diffusion 1 it is a step of the Brownian kernel",
    catalogue=("M1", "M2"),
    family="euler_walk",
    route="composition",
)
@precisely
def euler_maruyama_composes(implementation: Implementation, case: EulerWalk) -> Findings:
    name, at, allowed = "transitions.euler_maruyama_step", case.x, np.zeros_like(case.x)
    for noise, step in zip(case.noises, case.steps.tolist(), strict=True):
        allowed = allowed + size_of(euler_truth(at, noise, case, step))
        at = implementation.lower(euler_maruyama(implementation, at, noise, case, step))
    whole = float(case.steps.sum())
    diffused = case.diffusion * (np.sqrt(case.steps)[:, None] * case.noises).sum(axis=0)
    once = case.x + case.drift * whole + diffused
    # The sums here are in double: a few roundings of the terms' sizes, counted for float64 only.
    sizes = np.abs(case.x) + np.abs(case.drift) * whole
    sizes = sizes + case.diffusion * (np.sqrt(case.steps)[:, None] * np.abs(case.noises)).sum(axis=0)
    step = float(case.steps[0])
    still = replace(case, drift=np.zeros_like(case.drift), diffusion=1.0)
    moved = implementation.lower(euler_maruyama(implementation, np.zeros_like(case.x), case.noises[0], still, step))
    lift = implementation.lift
    kernel = implementation.module.transitions.kernel_variance(
        implementation.module.Brownian(), clean=lift(0.0), noisy=lift(step)
    )
    spread = np.sqrt(float(implementation.lower(kernel)))
    return (
        residual(name, at - once, allowed + sizes, implementation),
        residual(name, moved - spread * case.noises[0], 3.0 * np.abs(moved), implementation),
    )
