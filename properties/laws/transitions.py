"""Kernels between two times: forward, bridge, and the exact moments of a reverse step."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import distributions as data_twins
from properties.arbiter import paths as path_twins
from properties.arbiter import transitions as twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import rounded
from properties.cases.families import FieldStep, PathStep
from properties.cases.specs import PathSpec
from properties.law import law
from properties.laws import _excess, _steps
from properties.laws._arguments import between
from properties.laws._compare import entrywise, normwise, truncated
from properties.laws._data import allowance, arguments, path_arguments, symmetric_findings
from properties.laws._measured import measured, vanishes
from properties.protocol import Finding, Findings, Floats, Implementation

__all__ = ["_excess", "_steps"]

SCALARS = ("kernel_alpha", "kernel_variance", "bridge_state_weight", "bridge_data_weight", "bridge_variance")


def scalar_truths(path: PathSpec, clean: Any, noisy: Any) -> list[Truth]:
    """The five scalars' truths, in the order of `SCALARS`."""
    return truth(twins.scalars, *path_arguments(path), clean, noisy).split(*(1 for _ in SCALARS))


def scalars(implementation: Implementation, path: PathSpec, clean: float, noisy: float) -> dict[str, Measured]:
    """The implementation's five scalars between two times."""
    built, lift = path.build(implementation), implementation.lift
    found = {}
    for name, part in zip(SCALARS, scalar_truths(path, clean, noisy), strict=True):
        computed = getattr(implementation.module.transitions, name)(built, clean=lift(clean), noisy=lift(noisy))
        (found[name],) = measured(computed, part, implementation)
    return found


def levels(implementation: Implementation, path: PathSpec, t: float) -> tuple[Measured, Measured]:
    """The implementation's alpha and sigma at a time."""
    built = path.build(implementation)
    alpha, sigma = truth(path_twins.levels, *path_arguments(path), t).split(1, 1)
    (signal,) = measured(built.alpha(implementation.lift(t)), alpha, implementation)
    (noise,) = measured(built.sigma(implementation.lift(t)), sigma, implementation)
    return signal, noise


@law(
    "transitions.arbiter",
    statement="Kernel and bridge scalars and the bridge's mean are the moments of a conditioned joint Gaussian.",
    catalogue=("P10", "P37", "M1", "M3"),
    family="path_step",
    route="arbiter",
)
def arbiter(implementation: Implementation, case: PathStep) -> Findings:
    module, path, lift = implementation.module.transitions, case.path.build(implementation), implementation.lift
    times = {"clean": lift(case.clean), "noisy": lift(case.noisy)}
    findings = [
        entrywise(f"transitions.{name}", getattr(module, name)(path, **times), part, implementation)
        for name, part in zip(SCALARS, scalar_truths(case.path, case.clean, case.noisy), strict=True)
    ]
    # Places that make neither weight idle: of one sign and of opposite signs.
    data, x = [1.0, -0.75, 3.0], [0.5, 0.75, 40.0]
    mean = module.bridge_mean(path, lift(data), lift(x), **times)
    exactly = truth(twins.bridge_mean, *path_arguments(case.path), case.clean, case.noisy, data, x)
    return (*findings, entrywise("transitions.bridge_mean", mean, exactly, implementation))


@law(
    "transitions.nearby_times",
    statement="With the two times taken as exact, kernel and bridge variances and the data weight are right in every "
    "digit, however near the times.",
    catalogue=("P10", "P37"),
    family="path_step",
    route="arbiter",
)
@precisely
def nearby_times(implementation: Implementation, case: PathStep) -> Findings:
    module, path, lift = implementation.module.transitions, case.path.build(implementation), implementation.lift
    # Numbers of the arbiter are constants to it: they carry no conditioning.
    exact_times = [as_measured(t).value for t in (case.clean, case.noisy)]
    return tuple(
        entrywise(
            f"transitions.{name}",
            getattr(module, name)(path, clean=lift(case.clean), noisy=lift(case.noisy)),
            part,
            implementation,
        )
        for name, part in zip(SCALARS, scalar_truths(case.path, *exact_times), strict=True)
        if name in ("kernel_variance", "bridge_data_weight", "bridge_variance")
    )


@law(
    "transitions.chapman_kolmogorov",
    statement="Two kernels compose to the kernel over both steps, and the kernel carries the marginal on.",
    catalogue=("P10", "M1"),
    family="path_step",
    route="composition",
)
@precisely
def chapman_kolmogorov(implementation: Implementation, case: PathStep) -> Findings:
    whole = scalars(implementation, case.path, case.clean, case.noisy)
    alpha_clean, sigma_clean = levels(implementation, case.path, case.clean)
    alpha_noisy, sigma_noisy = levels(implementation, case.path, case.noisy)
    alpha, variance = whole["kernel_alpha"], whole["kernel_variance"]
    signals = [alpha * alpha_clean - alpha_noisy]
    variances = [alpha.square() * sigma_clean.square() + variance - sigma_noisy.square()]
    middle = between(case.clean, case.noisy, implementation.dtype)
    if middle is not None:
        first = scalars(implementation, case.path, case.clean, middle)
        second = scalars(implementation, case.path, middle, case.noisy)
        signals.append(second["kernel_alpha"] * first["kernel_alpha"] - alpha)
        carried = second["kernel_alpha"].square() * first["kernel_variance"]
        variances.append(carried + second["kernel_variance"] - variance)
    return (
        vanishes("transitions.kernel_alpha", signals, implementation, size=alpha),
        vanishes("transitions.kernel_variance", variances, implementation, size=sigma_noisy.square()),
    )


@law(
    "transitions.bridge_by_bayes",
    statement="The bridge is Bayes' rule: its precision is the prior's plus the likelihood's, its mean their weighted "
    "mean, and averaging it over the forward marginal gives the marginal at the cleaner time.",
    catalogue=("P37", "M3"),
    family="path_step",
    route="composition",
)
@precisely
def bridge_by_bayes(implementation: Implementation, case: PathStep) -> Findings:
    found = scalars(implementation, case.path, case.clean, case.noisy)
    alpha, kernel = found["kernel_alpha"], found["kernel_variance"]
    state, origin, bridge = (found[name] for name in SCALARS[2:])
    alpha_clean, sigma_clean = levels(implementation, case.path, case.clean)
    alpha_noisy, sigma_noisy = levels(implementation, case.path, case.noisy)
    prior = sigma_clean.square()
    # 1/bridge = 1/prior + alpha^2/kernel, multiplied out: the prior's variance may be 0.
    total = kernel + alpha.square() * prior
    return (
        vanishes("transitions.bridge_variance", bridge * total - prior * kernel, implementation, size=prior * kernel),
        vanishes(
            "transitions.bridge_state_weight",
            [state * total - alpha * prior, state.square() * sigma_noisy.square() + bridge - prior],
            implementation,
        ),
        vanishes(
            "transitions.bridge_data_weight",
            [origin * total - alpha_clean * kernel, state * alpha_noisy + origin - alpha_clean],
            implementation,
        ),
    )


@law(
    "transitions.bridge_mean_is_affine",
    statement="The bridge's mean is state weight times x plus data weight times x_0; where x has no noise, neither has "
    "the mean.",
    catalogue=("P37", "M3"),
    family="path_step",
    route="composition",
)
@precisely
def bridge_mean_is_affine(implementation: Implementation, case: PathStep) -> Findings:
    found = scalars(implementation, case.path, case.clean, case.noisy)
    state, origin = found["bridge_state_weight"], found["bridge_data_weight"]
    alpha_clean, _ = levels(implementation, case.path, case.clean)
    alpha_noisy, _ = levels(implementation, case.path, case.noisy)
    path, lift = case.path.build(implementation), implementation.lift
    data = [1.0, -0.75, 3.0]
    silent = rounded(np.array(data) * float(alpha_noisy.value.mid()), implementation.dtype)

    def mean(x: list[float]) -> list[Measured]:
        exactly = truth(twins.bridge_mean, *path_arguments(case.path), case.clean, case.noisy, data, x)
        times = {"clean": lift(case.clean), "noisy": lift(case.noisy)}
        computed = implementation.module.transitions.bridge_mean(path, lift(data), lift(x), **times)
        return measured(computed, exactly, implementation)

    noisy_x = [0.5, 0.75, 40.0]
    affine = [
        value - state * place - origin * start for value, place, start in zip(mean(noisy_x), noisy_x, data, strict=True)
    ]
    # The silent place is off by its rounding and by the error of alpha.
    carried = [
        Measured(value.value, value.allowance + abs(state.value * start) * (alpha_noisy.allowance + 1))
        - alpha_clean * start
        for value, start in zip(mean(silent.tolist()), data, strict=True)
    ]
    return (vanishes("transitions.bridge_mean", affine + carried, implementation, size=alpha_clean),)


@law(
    "transitions.brownian_forms",
    statement="On Brownian motion, with D = noisy - clean: variance D, data weight D/t, bridge variance D (t-D)/t.",
    catalogue=("M1", "M3"),
    family="path_step",
    route="closed form",
)
def brownian_forms(implementation: Implementation, case: PathStep) -> Findings:
    path, lift, module = PathSpec("Brownian").build(implementation), implementation.lift, implementation.module
    parts = truth(twins.brownian, case.clean, case.noisy).split(*(1 for _ in SCALARS))
    return tuple(
        entrywise(
            f"transitions.{name}",
            getattr(module.transitions, name)(path, clean=lift(case.clean), noisy=lift(case.noisy)),
            part,
            implementation,
        )
        for name, part in zip(SCALARS, parts, strict=True)
    )


def _step(implementation: Implementation, case: FieldStep) -> tuple[Any, Any, Truth, Truth]:
    """The implementation's mean and covariance of a reverse step, and their truths."""
    module, lift, size = implementation.module.transitions, implementation.lift, case.data.size
    call = (case.data.build(implementation), case.path.build(implementation), lift(case.x))
    times = {"clean": lift(case.clean), "noisy": lift(case.noisy)}
    path, data = path_arguments(case.path), arguments(case.data)
    exactly = truth(twins.reverse_step, *path, *data, case.x.tolist(), case.clean, case.noisy)
    mean, covariance = exactly.split(size, size * size)
    computed = (module.reverse_step_mean(*call, **times), module.reverse_step_covariance(*call, **times))
    return (*computed, mean, covariance)


@law(
    "transitions.arbiter_reverse_step",
    statement="The reverse step's mean and covariance are those of the joint law of the two times, conditioned.",
    catalogue=("P39", "M4"),
    family="field_step",
    route="arbiter",
)
def arbiter_reverse_step(implementation: Implementation, case: FieldStep) -> Findings:
    mean, covariance, mean_truth, covariance_truth = _step(implementation, case)
    return (
        normwise("transitions.reverse_step_mean", mean, mean_truth, implementation),
        normwise("transitions.reverse_step_covariance", covariance, covariance_truth, implementation),
        *symmetric_findings("transitions.reverse_step_covariance", covariance, implementation, semidefinite=True),
    )


@law(
    "transitions.reverse_step_by_quadrature",
    statement="On the line the reverse step's moments are the integrals of prior times likelihood over x_clean.",
    catalogue=("P39", "M4"),
    family="moderate_line_step",
    route="quadrature",
)
def reverse_step_by_quadrature(implementation: Implementation, case: FieldStep) -> Findings:
    mean, covariance, mean_truth, covariance_truth = _step(implementation, case)
    coarse, fine = (_line_moments(case, spacing) for spacing in (0.5, 0.25))
    findings = []
    for name, computed, exactly, place in (
        ("mean", mean, mean_truth, 0),
        ("covariance", covariance, covariance_truth, 1),
    ):
        error = float(np.ravel(implementation.lower(computed))[0]) - fine[place]
        bound = abs(coarse[place] - fine[place]) + fine[2 + place]
        bound += float(allowance(exactly, implementation, by_norm=True)[0])
        findings.append(truncated(f"transitions.reverse_step_{name}", error, bound))
    return tuple(findings)


def _line_moments(case: FieldStep, spacing: float) -> tuple[float, float, float, float]:
    """Mean and variance of x_clean given x_noisy = x by the trapezoidal rule, and bounds of their rounding errors.

    The posterior of each component is Gaussian with precision 1/V + k^2/v: nodes every ``spacing`` of the narrowest's
    standard deviation, over twelve of each around its mean (a tail of 1e-32, a spacing error of 2e-34 at one half).
    """
    parts = truth(twins.scalars, *path_arguments(case.path), case.clean, case.noisy).values
    factor, kernel = float(parts[0].mid()), float(parts[1].mid())
    level = truth(path_twins.levels, *path_arguments(case.path), case.clean).values
    alpha, sigma = (float(value.mid()) for value in level)
    variances = alpha**2 * case.data.full_covariances()[:, 0, 0] + sigma**2
    centres, x = alpha * case.data.means[:, 0], float(case.x[0])
    widths = 1.0 / np.sqrt(1.0 / variances + factor**2 / kernel)
    places = widths**2 * (centres / variances + factor * x / kernel)
    low, high = float((places - 12.0 * widths).min()), float((places + 12.0 * widths).max())
    nodes = np.arange(low, high, spacing * float(widths.min()))[:, None]
    forward = x - factor * nodes
    exponents = -0.5 * (nodes - centres) ** 2 / variances - 0.5 * forward**2 / kernel
    logs = np.log(case.data.weights) - 0.5 * np.log(variances) + exponents
    logs = logs - logs.max()
    # Every exponent is off by a few roundings of the numbers that its squares are made of.
    rounding = np.abs(nodes - centres) / variances * (np.abs(nodes) + np.abs(centres))
    rounding = rounding + np.abs(forward) / kernel * (abs(x) + factor * np.abs(nodes)) + 1.0 + np.abs(logs)
    masses = np.exp(logs)
    total = float(masses.sum())
    unit = 4.0 * budget.UNIT_ROUNDOFF["float64"]
    mean = float((masses * nodes).sum()) / total
    offsets = nodes - mean
    variance = float((masses * offsets**2).sum()) / total
    mean_error = float((masses * rounding * np.abs(offsets)).sum()) / total + abs(mean)
    variance_error = float((masses * rounding * np.abs(offsets**2 - variance)).sum()) / total + variance
    variance_error += float((masses * np.abs(offsets) * np.abs(nodes)).sum()) / total
    return mean, variance, unit * mean_error, unit * variance_error


@law(
    "transitions.reverse_step_composes",
    statement="Averaged over x_noisy, the Gaussian reverse step gives the data's law at the cleaner time back: "
    "G V_noisy G^T + C = V_clean, G the step's matrix.",
    catalogue=("P39", "M4"),
    family="moderate_gaussian_step",
    route="composition",
)
def reverse_step_composes(implementation: Implementation, case: FieldStep) -> Findings:
    size, lift, lower = case.data.size, implementation.lift, implementation.lower
    module, data, path = (
        implementation.module.transitions,
        case.data.build(implementation),
        case.path.build(implementation),
    )
    times = {"clean": lift(case.clean), "noisy": lift(case.noisy)}
    # The columns of G and the image of the mean, through the implementation: differences are exact up to rounding.
    marginals = [
        truth(data_twins.moments, *arguments(case.data), *_float_levels(case.path, t)).split(size, size * size)
        for t in (case.clean, case.noisy)
    ]
    (clean_mean, clean_covariance), (noisy_mean, noisy_covariance) = (
        tuple(np.array([float(v.mid()) for v in part.values]) for part in parts) for parts in marginals
    )
    noisy_covariance, clean_covariance = (m.reshape(size, size) for m in (noisy_covariance, clean_covariance))
    root = np.linalg.cholesky(noisy_covariance)
    spread = np.sqrt(size)
    points = rounded(noisy_mean + spread * np.concatenate([root.T, -root.T]), implementation.dtype)
    images = lower(module.reverse_step_mean(data, path, lift(points), **times))
    step_covariance = lower(module.reverse_step_covariance(data, path, lift(points[0]), **times))
    # A cubature of 2d points that is exact for the first two moments of a Gaussian.
    mean = images.mean(axis=0)
    covariance = (images - mean).T @ (images - mean) / (2 * size) + step_covariance
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    allowances = np.array([_image_allowance(case, point) for point in points])
    largest = float(np.linalg.norm(allowances, axis=1).max()) + float(np.abs(points).max())
    reach = float(np.linalg.norm(images - mean, axis=1).max())
    mean_bound = unit * (largest + float(np.linalg.norm(clean_mean)))
    covariance_bound = unit * (4.0 * reach * largest + float(np.linalg.norm(clean_covariance)) * (size + 1.0))
    return (
        _small("transitions.reverse_step_mean", mean - clean_mean, mean_bound, reach),
        _small("transitions.reverse_step_covariance", covariance - clean_covariance, covariance_bound, reach**2),
    )


def _float_levels(path: PathSpec, t: float) -> tuple[float, float]:
    alpha, sigma = truth(path_twins.levels, *path_arguments(path), t).values
    return float(alpha.mid()), float(sigma.mid())


def _image_allowance(case: FieldStep, point: Floats) -> Floats:
    exactly = truth(
        twins.reverse_step, *path_arguments(case.path), *arguments(case.data), point.tolist(), case.clean, case.noisy
    )
    mean = exactly.split(case.data.size, case.data.size**2)[0]
    return np.asarray(np.array(mean.norm_kappas) + np.array(mean.magnitudes))


def _small(quantity: str, error: Floats, bound: float, size: float) -> Finding:
    """A norm against its bound, unless the bound swallows the size."""
    if bound >= size:
        return Finding(quantity, 0.0, 1.0, budget.TRUNCATED.name, vacuous=True)
    return truncated(quantity, float(np.linalg.norm(error)), bound)
