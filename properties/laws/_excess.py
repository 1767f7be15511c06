"""Laws of the leading terms of what a wrong variance costs a reverse step with the exact mean.

The formula is judged by the arbiter; its meaning by what the KL to the exact step really is, at two sizes of
q = 1 - SNR_noisy/SNR_clean: KL = lead + c q^3 + O(q^4), so that 8 (KL - lead)(q/2) - (KL - lead)(q) is O(q^4).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import paths as path_twins
from properties.arbiter import transitions as twins
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.families import FieldPoint, FieldStep
from properties.law import law
from properties.laws._compare import truncated
from properties.laws._data import allowance, arguments, judge, path_arguments
from properties.protocol import Finding, Findings, Floats, Implementation

NAMES = ("forward_variance_excess", "bridge_variance_excess")
DROP = {"float64": 2.0**-6, "float32": 2.0**-4}
LINE_DROP = {"float64": 2.0**-7, "float32": 2.0**-5}
NODES_A_DEVIATION, REACH = 8.0, 12.0


@law(
    "transitions.excess_arbiter",
    statement="the leading excess of the forward variance is q^2 sigma^4 |H|^2/4, the bridge's q^2 SNR^2 |Cov|^2/4",
    catalogue=("M4b", "M4c"),
    family="excess_step",
    route="arbiter",
)
def excess_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    place = (*path_arguments(case.path), *arguments(case.data), case.x.tolist())
    parts = truth(twins.variance_excesses, *place, case.clean, case.noisy).split(1, 1)
    return tuple(
        judge(f"transitions.{name}", lead(implementation, name, case), part, implementation, case.data.size > 1)
        for name, part in zip(NAMES, parts, strict=True)
    )


def lead(implementation: Implementation, name: str, case: FieldStep) -> Any:
    """transitions.<name>(data, path, x, clean=..., noisy=...)."""
    lift = implementation.lift
    call = (case.data.build(implementation), case.path.build(implementation), lift(case.x))
    return getattr(implementation.module.transitions, name)(*call, clean=lift(case.clean), noisy=lift(case.noisy))


def drop_of(case: FieldStep) -> float:
    """1 - SNR_noisy/SNR_clean."""
    difference = truth(path_twins.half_log_snr_difference, *path_arguments(case.path), case.clean, case.noisy)
    return -math.expm1(-2.0 * float(difference.values[0].mid()))


def short_step(implementation: Implementation, point: FieldPoint, drop: float) -> FieldStep | None:
    """A step back from the point's time over about the given drop, where the path has one."""
    path, lift, lower = point.path.build(implementation), implementation.lift, implementation.lower
    level = float(lower(path.half_log_snr(lift(point.t)))) - 0.5 * math.log1p(-drop)
    try:
        clean = float(lower(path.time_at_half_log_snr(lift(level))))
    except ValueError:
        return None
    return FieldStep(point.path, point.data, point.x, clean, point.t) if 0.0 < clean < point.t else None


def falls(quantity: str, steps: list[tuple[float, float, float]], size: float, rounding: float) -> Finding:
    """(drop, KL, lead) at two drops: what is left beyond q^3 is at most 2 size q^4; ``rounding`` is that of a KL."""
    (first, divergence, leading), (second, near_divergence, near_leading) = steps
    weight = (first / second) ** 3
    error = weight * (near_divergence - near_leading) - (divergence - leading)
    bound = 2.0 * size * first**4 + (weight + 1.0) * rounding
    finding = truncated(quantity, error, bound, drop=first)
    return replace(finding, vacuous=finding.vacuous or bound > 0.1 * leading)


def model_variances(case: FieldStep) -> tuple[float, float]:
    """The forward kernel's variance in units of x_clean, and the bridge's."""
    factor, kernel, _, _, narrow = (
        float(value.mid()) for value in truth(twins.scalars, *path_arguments(case.path), case.clean, case.noisy).values
    )
    return kernel / factor**2, narrow


@law(
    "transitions.excess_is_leading",
    statement="for Gaussian data the KL of the exact step to the same mean with either variance is its leading term "
    "plus a cubic one, shown at two sizes",
    catalogue=("M4b", "M4c"),
    family="near_gaussian_point",
    route="closed form",
)
def excess_is_leading(implementation: Implementation, case: FieldPoint) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    drop, unit = DROP[implementation.dtype], budget.UNIT_ROUNDOFF[implementation.dtype]
    steps = [short_step(implementation, case, share * drop) for share in (1.0, 0.5)]
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in NAMES}
    for step in steps:
        if step is None:
            continue
        call = (step.data.build(implementation), step.path.build(implementation), lift(step.x))
        times = {"clean": lift(step.clean), "noisy": lift(step.noisy)}
        own_drop, mean = drop_of(step), module.transitions.reverse_step_mean(*call, **times)
        exactly = module.Gaussian(mean, module.transitions.reverse_step_covariance(*call, **times))
        for name, variance in zip(NAMES, model_variances(step), strict=True):
            model = module.Gaussian(mean, lift(variance * np.eye(step.data.size)))
            divergence = float(lower(module.divergences.kl_divergence(exactly, model)))
            found[name].append((own_drop, divergence, float(lower(lead(implementation, name, step)))))
    findings = []
    for name, pairs in found.items():
        if len(pairs) < 2:
            findings.append(Finding(f"transitions.{name}", 0.0, 1.0, budget.TRUNCATED.name, vacuous=True))
            continue
        q, _, leading = pairs[0]
        # lead = q^2 sum m^2/4, m the share of every eigenvalue, and the terms of fourth order are at most sum m^2.
        shares = 4.0 * leading / q**2
        # A KL moves with its covariances by |R - I|, R their ratio.
        rounding = budget.NORMWISE.constant * unit * math.sqrt(case.data.size * shares) * q
        findings.append(falls(f"transitions.{name}", pairs, shares, rounding))
    return tuple(findings)


@law(
    "transitions.excess_on_the_line",
    statement="on the line the KL of the exact density of the step, by the trapezoidal rule, to a Gaussian of the same "
    "mean with either variance is its leading term plus a cubic one, shown at two sizes",
    catalogue=("M4b", "M4c"),
    family="near_line_point",
    route="quadrature",
)
def excess_on_the_line(implementation: Implementation, case: FieldPoint) -> Findings:
    alpha, sigma = (float(v.mid()) for v in truth(path_twins.levels, *path_arguments(case.path), case.t).values)
    own = case.data.full_covariances()[:, 0, 0]
    gains = alpha * own / (alpha**2 * own + sigma**2)
    denoised = case.data.means[:, 0] + gains * (case.x[0] - alpha * case.data.means[:, 0])
    width = float(np.ptp(denoised)) + math.sqrt(float((own * sigma**2 / (alpha**2 * own + sigma**2)).max()))
    # In units of this, every cumulant of the posterior is at most of order 1.
    natural = 1.0 + (alpha / sigma * width) ** 2
    drop = LINE_DROP[implementation.dtype] / natural
    steps = [short_step(implementation, case, share * drop) for share in (1.0, 0.5)]
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in NAMES}
    rounding = 0.0
    for step in steps:
        if step is None:
            continue
        own_drop, parts = drop_of(step), lead_truths(step)
        for name, variance, part in zip(NAMES, model_variances(step), parts, strict=True):
            divergence, wrong = line_divergence(step, variance)
            rounding = max(rounding, wrong + float(allowance(part, implementation)[0]))
            leading = float(np.squeeze(implementation.lower(lead(implementation, name, step))))
            found[name].append((own_drop, divergence, leading))
    return tuple(
        falls(f"transitions.{name}", pairs, natural**4, rounding)
        if len(pairs) == 2
        else Finding(f"transitions.{name}", 0.0, 1.0, budget.TRUNCATED.name, vacuous=True)
        for name, pairs in found.items()
    )


def lead_truths(step: FieldStep) -> list[Truth]:
    """The two leading terms with the times taken as exact, however near they are."""
    place = (*path_arguments(step.path), *arguments(step.data), step.x.tolist())
    # Numbers of the arbiter are constants to it: they carry no conditioning.
    return truth(twins.variance_excesses, *place, lift(step.clean), lift(step.noisy)).split(1, 1)


def line_divergence(step: FieldStep, variance: float) -> tuple[float, float]:
    """KL of p(x_clean | x_noisy = x) to a Gaussian of its mean and the given variance, and its rounding error.

    The density is p_clean(y) N(x; k y, v); the KL is summed as g ((1 + e) log1p(e) - e), e = p/g - 1, which has no
    first order to cancel.
    """
    factor, kernel, *_ = (
        float(v.mid()) for v in truth(twins.scalars, *path_arguments(step.path), step.clean, step.noisy).values
    )
    alpha, sigma = (float(v.mid()) for v in truth(path_twins.levels, *path_arguments(step.path), step.clean).values)
    centres = alpha * step.data.means[:, 0]
    variances = alpha**2 * step.data.full_covariances()[:, 0, 0] + sigma**2
    x = float(step.x[0])
    widths = np.sqrt(variances * kernel / (factor**2 * variances + kernel))
    gains = factor * variances / (factor**2 * variances + kernel)
    means = centres + gains * (x - factor * centres)
    logs = np.log(step.data.weights) - 0.5 * np.log(factor**2 * variances + kernel)
    logs = logs - 0.5 * (x - factor * centres) ** 2 / (factor**2 * variances + kernel)
    shares: Floats = np.exp(logs - logs.max())
    shares = shares / shares.sum()
    mean = float(shares @ means)
    # Places from the mean in units of the model's deviation: every exponent is of moderate size.
    deviation = math.sqrt(variance)
    offsets = (means - mean) / deviation
    ratios = widths / deviation
    reach = REACH * max(1.0, float(ratios.max())) + float(np.abs(offsets).max())
    places = np.arange(-reach, reach, min(1.0, float(ratios.min())) / NODES_A_DEVIATION)
    model = np.exp(-0.5 * places**2) / math.sqrt(2.0 * math.pi)
    squares = ((places[:, None] - offsets) / ratios) ** 2
    excess = 0.5 * (places[:, None] ** 2 - squares) - np.log(ratios)
    change = (shares * np.expm1(excess)).sum(axis=1)
    terms = model * ((1.0 + change) * np.log1p(change) - change)
    total = float(terms.sum()) * float(places[1] - places[0])
    unit = budget.UNIT_ROUNDOFF["float64"]
    wrong = model * np.abs(np.log1p(change)) * (1.0 + change) * 16.0 * unit * (1.0 + places**2)
    return total, float(wrong.sum()) * float(places[1] - places[0]) + unit * total
