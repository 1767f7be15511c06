"""The bound in continuous time on Gaussian data: its loss, the loss's rate, its closure, and the sums around it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import bounds as twins
from properties.arbiter import elbo as elbo_twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.draw import rounded
from properties.cases.families import Chain, FieldStep
from properties.law import law
from properties.laws._compare import exact, truncated
from properties.laws._data import allowance, judge, path_arguments, spectral, symmetric
from properties.laws._measured import measured, vanishes
from properties.laws.elbo.terms import Step, step_of
from properties.protocol import Findings, Implementation

NODES = 24
"""Gauss-Legendre nodes in log t: over a moderate step the rate is analytic, and 24 nodes agree with 16 to rounding."""


def grid(step: Step, dtype: str) -> list[float]:
    """The two times of a step with one between, where there is one."""
    middle = float(rounded(np.sqrt(step.clean) * np.sqrt(step.noisy), dtype))
    return [step.clean, *([middle] if step.clean < middle < step.noisy else []), step.noisy]


def terms(implementation: Implementation, step: Step) -> dict[str, tuple[Any, Truth]]:
    """Every quantity of the continuous bound on a step: (computed, truth)."""
    module, lift_value = implementation.module, implementation.lift
    times = grid(step, implementation.dtype)
    ends = {"t_start": lift_value(step.clean), "t_end": lift_value(step.noisy)}
    where = (step.path, step.clean, step.noisy)
    return {
        "elbo.continuous_diffusion_loss": (
            module.elbo.continuous_diffusion_loss(*step.call, **ends),
            truth(twins.continuous_diffusion_loss, *where, step.covariance),
        ),
        "elbo.continuous_diffusion_rate": (
            module.elbo.continuous_diffusion_rate(*step.call, ends["t_end"]),
            truth(twins.continuous_diffusion_rate, step.path, step.noisy, step.covariance),
        ),
        "elbo.discrete_diffusion_loss": (
            module.elbo.discrete_diffusion_loss(*step.call, lift_value(times)),
            truth(twins.discrete_diffusion_loss, step.path, times, step.covariance),
        ),
        "elbo.lower_diffusion_sum": (
            module.elbo.lower_diffusion_sum(*step.call, lift_value(times)),
            truth(twins.lower_diffusion_sum, step.path, times, step.covariance),
        ),
        "elbo.continuous_negative_elbo": (
            module.elbo.continuous_negative_elbo(*step.call, **ends),
            truth(twins.continuous_negative_elbo, step.path, step.noisy, step.mean, step.covariance),
        ),
    }


@law(
    "elbo.continuous_arbiter",
    statement="The continuous loss is a difference of mutual informations and its rate their derivative; the sums "
    "around it weigh the mean squared error at either end of each step; the bound is entropy plus KL(p_T || N(0, I)).",
    catalogue=("P45", "P46", "P47", "M18", "M19", "M27"),
    family="gaussian_step",
    route="arbiter",
)
def continuous_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    step = step_of(implementation, case)
    by_norm = spectral(implementation, case.data)
    return tuple(
        judge(name, computed, known, implementation, by_norm)
        for name, (computed, known) in terms(implementation, step).items()
    )


@law(
    "elbo.continuous_quadrature",
    statement="The continuous loss is the enclosed integral of half the mean squared error over SNR, and the "
    "quadrature of its own rate over time.",
    catalogue=("P45", "M18", "M19"),
    family="moderate_gaussian_step",
    route="quadrature",
)
@precisely
def continuous_quadrature(implementation: Implementation, case: FieldStep) -> Findings:
    step = step_of(implementation, case)
    by_norm = spectral(implementation, case.data)
    found = terms(implementation, step)
    computed, known = found["elbo.continuous_diffusion_loss"]
    where = (lift(argument) for argument in (step.path, step.clean, step.noisy, step.covariance))
    integral = replace(known, values=(twins.continuous_loss_by_quadrature(*where),))
    data, path = step.call
    values, bounds = [], []
    for count in (NODES, NODES // 2):
        nodes, weights = np.polynomial.legendre.leggauss(count)
        low, high = np.log(step.clean), np.log(step.noisy)
        times = rounded(np.exp(0.5 * (low + high) + 0.5 * (high - low) * nodes), implementation.dtype)
        rates = implementation.lower(
            implementation.module.elbo.continuous_diffusion_rate(data, path, implementation.lift(times))
        )
        shares = 0.5 * (high - low) * weights * times
        values.append(float(shares @ rates))
        bounds.append(float(shares @ np.abs(rates)))
    # A node is off by its rounding; the rate varies by its own size over a factor of its time.
    _, rate = found["elbo.continuous_diffusion_rate"]
    relative = allowance(rate, implementation, by_norm)[0] / rate.magnitudes[0] + 16.0 * _unit(implementation)
    bound = (
        abs(values[0] - values[1]) + 4.0 * relative * bounds[0] + float(allowance(known, implementation, by_norm)[0])
    )
    error = float(implementation.lower(computed)) - values[0]
    return (
        judge("elbo.continuous_diffusion_loss", computed, integral, implementation, by_norm),
        truncated("elbo.continuous_diffusion_rate", error, bound),
    )


def _unit(implementation: Implementation) -> float:
    return budget.UNIT_ROUNDOFF[implementation.dtype]


@law(
    "elbo.continuous_additive",
    statement="Losses of neighbouring stretches add up; a stretch's loss is I(x_0; x_start) - I(x_0; x_end); the sum "
    "over a grid is that of its diffusion terms.",
    catalogue=("P45", "P46", "M18"),
    family="gaussian_step",
    route="composition",
)
@precisely
def continuous_additive(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift_value = implementation.module, implementation.lift
    step = step_of(implementation, case)
    by_norm = spectral(implementation, case.data)
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    times = grid(step, implementation.dtype)

    def loss(start: float, end: float) -> Measured:
        computed = module.elbo.continuous_diffusion_loss(*step.call, t_start=lift_value(start), t_end=lift_value(end))
        known = truth(twins.continuous_diffusion_loss, step.path, start, end, step.covariance)
        return measured(computed, known, implementation, normwise=by_norm)[0]

    def information(t: float) -> Measured:
        computed = module.divergences.mutual_information(*step.call, lift_value(t))
        known = truth(twins.mutual_information, step.path, t, step.covariance)
        return measured(computed, known, implementation, normwise=by_norm)[0]

    def term(clean: float, noisy: float) -> Measured:
        computed = module.elbo.diffusion_term(*step.call, clean=lift_value(clean), noisy=lift_value(noisy))
        known = truth(elbo_twins.diffusion_term, step.path, clean, noisy, step.covariance)
        return measured(computed, known, implementation, normwise=by_norm)[0]

    whole = loss(step.clean, step.noisy)
    parts, sums = as_measured(0.0), as_measured(0.0)
    for clean, noisy in pairwise(times):
        parts, sums = parts + loss(clean, noisy), sums + term(clean, noisy)
    (discrete,) = measured(
        *terms(implementation, step)["elbo.discrete_diffusion_loss"], implementation, normwise=by_norm
    )
    gap = information(step.clean) - information(step.noisy) - whole
    return (
        vanishes("elbo.continuous_diffusion_loss", parts - whole, implementation, size=whole, tolerance=tolerance),
        vanishes("elbo.continuous_diffusion_loss", gap, implementation, size=whole, tolerance=tolerance),
        vanishes("divergences.mutual_information", gap, implementation, tolerance=tolerance),
        vanishes("elbo.discrete_diffusion_loss", sums - discrete, implementation, size=discrete, tolerance=tolerance),
    )


@law(
    "elbo.continuous_closure",
    statement="Prior term, posterior entropy and continuous loss close to the entropy and KL(p_T || N(0, I)): the "
    "negative ELBO with the optimal covariances, whatever the grid.",
    catalogue=("P47", "P44"),
    family="chain",
    route="composition",
)
@precisely
def continuous_closure(implementation: Implementation, case: Chain) -> Findings:
    module, lift_value = implementation.module.elbo, implementation.lift
    assert case.data.covariances is not None
    place, times = list(path_arguments(case.path)), case.times.tolist()
    mean, covariance = case.data.means[0].tolist(), symmetric(case.data.covariances[0])
    data, path = case.data.build(implementation), case.path.build(implementation)
    by_norm = spectral(implementation, case.data)
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    if len(times) < 2:
        return ()
    ends = {"t_start": lift_value(times[0]), "t_end": lift_value(times[-1])}
    known = truth(twins.continuous_negative_elbo, place, times[-1], mean, covariance)
    computed = module.continuous_negative_elbo(data, path, **ends)
    (bound,) = measured(computed, known, implementation, normwise=by_norm)
    discrete = measured(
        module.negative_elbo(data, path, lift_value(times), variance="optimal"),
        truth(elbo_twins.negative_elbo, place, times, mean, covariance, "optimal"),
        implementation,
        normwise=by_norm,
    )[0]
    parts = (
        (
            module.continuous_diffusion_loss(data, path, **ends),
            truth(twins.continuous_diffusion_loss, place, times[0], times[-1], covariance),
        ),
        (
            module.prior_term(data, path, t_end=ends["t_end"]),
            truth(elbo_twins.prior_term, place, times[-1], mean, covariance),
        ),
        (
            module.reconstruction_term(data, path, t_start=ends["t_start"]),
            truth(elbo_twins.reconstruction_term, place, times[0], covariance, None),
        ),
    )
    total = as_measured(0.0)
    for value, part in parts:
        total = total + measured(value, part, implementation, normwise=by_norm)[0]
    values = (
        twins.continuous_negative_elbo_by_terms(*(lift(a) for a in (place, times[0], times[-1], mean, covariance))),
    )
    name = "elbo.continuous_negative_elbo"
    return (
        judge(name, computed, replace(known, values=values), implementation, by_norm),
        vanishes(name, bound - discrete, implementation, size=bound, tolerance=tolerance),
        vanishes(name, bound - total, implementation, size=bound, tolerance=tolerance),
    )


@law(
    "elbo.bracket",
    statement="The sum with the denoiser at the noisy ends is at least the continuous loss, with it at the clean ends "
    "at most; more times bring both nearer, by half where they are twice as many.",
    catalogue=("M27", "P46"),
    family="moderate_gaussian_step",
    route="composition",
)
@precisely
def bracket(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift_value = implementation.module.elbo, implementation.lift
    step = step_of(implementation, case)
    unit = budget.NORMWISE.constant * _unit(implementation)
    computed, known = terms(implementation, step)["elbo.continuous_diffusion_loss"]
    loss = float(implementation.lower(computed))
    own = float(allowance(known, implementation, spectral(implementation, case.data))[0])
    # Halved in log nu: the same times are in every finer grid.
    finest, levels = 64, []
    fine = _even_times(implementation, step, finest)
    if any(first >= second for first, second in pairwise(fine)):
        return ()
    for stride in (16, 4, 2, 1):
        times = lift_value(fine[::stride])
        levels.append(
            [
                float(implementation.lower(getattr(module, name)(*step.call, times)))
                for name in ("lower_diffusion_sum", "discrete_diffusion_loss")
            ]
        )
    below, above = (np.array(column) for column in zip(*levels, strict=True))
    # Every term of a sum of positive terms has its own rounding, and a time's rounding moves a weight by itself.
    room = own + unit * (above[0] + sum(known.kappas))
    findings = [
        exact("elbo.lower_diffusion_sum", bool(below[-1] <= loss + room and (np.diff(below) >= -room).all())),
        exact("elbo.discrete_diffusion_loss", bool(above[-1] >= loss - room and (np.diff(above) <= room).all())),
    ]
    for name, error in (("lower_diffusion_sum", loss - below), ("discrete_diffusion_loss", above - loss)):
        ratio = error[-2] / error[-1] if error[-1] > 64.0 * room else 2.0
        findings.append(truncated(f"elbo.{name} order", ratio - 2.0, budget.ORDER_WINDOW))
    return tuple(findings)


def _even_times(implementation: Implementation, step: Step, count: int) -> list[float]:
    """Times uniform in the half log-SNR, by the implementation's own inverse; exact ends."""
    path = step.call[1]
    ends = [float(implementation.lower(path.half_log_snr(implementation.lift(t)))) for t in (step.clean, step.noisy)]
    inner = rounded(np.linspace(ends[0], ends[1], count + 1)[1:-1], implementation.dtype)
    times = implementation.lower(path.time_at_half_log_snr(implementation.lift(inner)))
    return [step.clean, *times.tolist(), step.noisy]
