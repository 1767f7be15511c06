"""A path at two times: differences of the half log-SNR, and the levels as integrals of drift and diffusion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from properties import budget
from properties.arbiter import paths as twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import truth
from properties.cases.draw import rounded
from properties.cases.families import PathStep
from properties.cases.specs import PathSpec
from properties.law import law
from properties.laws._arguments import between
from properties.laws._compare import entrywise, exact, truncated
from properties.laws._data import path_arguments
from properties.laws._measured import measured, vanishes
from properties.protocol import Finding, Findings, Floats, Implementation

NODES = (16, 24)
"""Gauss-Legendre nodes in log t; the difference of the two sums estimates the error of the coarser."""


def has_no_noise(path: PathSpec, t: float) -> bool:
    """Whether sigma is 0 at t, where the half log-SNR is infinite."""
    return t == 0.0 and not (path.name == "VE" and not dict(path.parameters)["subtract_initial_variance"])


def difference(implementation: Implementation, path: PathSpec, clean: float, noisy: float) -> Measured:
    """The implementation's half log-SNR difference, with its allowance."""
    name, parameters = path_arguments(path)
    lift = implementation.lift
    computed = path.build(implementation).half_log_snr_difference(clean=lift(clean), noisy=lift(noisy))
    exactly = truth(twins.half_log_snr_difference, name, parameters, clean, noisy)
    return measured(computed, exactly, implementation)[0]


@law(
    "paths.arbiter_steps",
    statement="Differences of the half log-SNR keep their digits, for the nearest times and the farthest levels.",
    catalogue=("P10",),
    family="path_step",
    route="arbiter",
)
def arbiter_steps(implementation: Implementation, case: PathStep) -> Findings:
    path, lift = case.path.build(implementation), implementation.lift
    name, parameters = path_arguments(case.path)
    quantity = f"paths.{name}.half_log_snr_difference"
    clean, noisy = lift(case.clean), lift(case.noisy)
    if has_no_noise(case.path, case.clean):
        try:
            path.half_log_snr_difference(clean=clean, noisy=noisy)
        except ValueError:
            return (exact(quantity, True, clean=0.0),)
        return (exact(quantity, False, clean=0.0),)
    computed = path.half_log_snr_difference(clean=clean, noisy=noisy)
    exactly = truth(twins.half_log_snr_difference, name, parameters, case.clean, case.noisy)
    return (entrywise(quantity, computed, exactly, implementation),)


@law(
    "paths.nearby_times",
    statement="With the two times taken as exact, the difference of the half log-SNR is right in every digit: it is "
    "not a difference of two levels.",
    catalogue=("P10",),
    family="path_step",
    route="arbiter",
)
@precisely
def nearby_times(implementation: Implementation, case: PathStep) -> Findings:
    path, lift, dtype = case.path.build(implementation), implementation.lift, implementation.dtype
    name, parameters = path_arguments(case.path)
    clean = float(rounded(0.5 * case.noisy, dtype)) if has_no_noise(case.path, case.clean) else case.clean
    computed = path.half_log_snr_difference(clean=lift(clean), noisy=lift(case.noisy))
    # Numbers of the arbiter are constants to it: they carry no conditioning.
    times = (as_measured(t).value for t in (clean, case.noisy))
    exactly = truth(twins.half_log_snr_difference, name, parameters, *times)
    return (entrywise(f"paths.{name}.half_log_snr_difference", computed, exactly, implementation),)


@law(
    "paths.half_log_snr_additivity",
    statement="Half log-SNR differences add up over a time between, and are the difference of the two levels.",
    catalogue=("P8", "P10"),
    family="path_step",
    route="composition",
)
@precisely
def half_log_snr_additivity(implementation: Implementation, case: PathStep) -> Findings:
    dtype = implementation.dtype
    clean = float(rounded(0.5 * case.noisy, dtype)) if has_no_noise(case.path, case.clean) else case.clean
    name, parameters = path_arguments(case.path)
    path = case.path.build(implementation)
    quantity = f"paths.{name}.half_log_snr_difference"
    whole = difference(implementation, case.path, clean, case.noisy)
    ends = [
        measured(
            path.half_log_snr(implementation.lift(t)), truth(twins.half_log_snr, name, parameters, t), implementation
        )
        for t in (clean, case.noisy)
    ]
    findings = [
        vanishes(public, ends[0][0] - ends[1][0] - whole, implementation)
        for public in (quantity, f"paths.{name}.half_log_snr")
    ]
    middle = between(clean, case.noisy, dtype)
    if middle is not None:
        parts = difference(implementation, case.path, clean, middle) + difference(
            implementation, case.path, middle, case.noisy
        )
        findings.append(vanishes(quantity, parts - whole, implementation))
    return tuple(findings)


def _log_time_rule(clean: float, noisy: float, count: int, dtype: str) -> tuple[Floats, Floats]:
    """Nodes as values of the dtype and weights of Gauss-Legendre quadrature in log t."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    half = 0.5 * np.log(noisy / clean)
    times = rounded(clean * np.exp(half * (nodes + 1.0)), dtype)
    return times, weights * half * times


@law(
    "paths.integrals",
    statement="alpha grows by exp of the integral of the drift; sigma^2 obeys P' = 2 f P + g^2.",
    catalogue=("P8",),
    family="moderate_path_step",
    route="quadrature",
)
@precisely
def integrals(implementation: Implementation, case: PathStep) -> Findings:
    path, lift = case.path.build(implementation), implementation.lift
    name, parameters = path_arguments(case.path)
    # Quadrature wants the drift smooth up to the end of the step.
    noisy = float(rounded(min(case.noisy, 0.98 * case.path.largest_time), implementation.dtype))
    clean = min(case.clean, float(rounded(0.5 * noisy, implementation.dtype)))

    def values(times: Floats) -> dict[str, list[Measured]]:
        truths = [truth(twins.methods, name, parameters, float(t)).split(*(1 for _ in twins.METHODS)) for t in times]
        wanted = {"alpha": 0, "sigma": 1, "drift": 6, "diffusion_squared": 7}
        found = {}
        for method, place in wanted.items():
            computed = implementation.lower(getattr(path, method)(lift(times)))
            found[method] = [
                measured(lift(c), row[place], implementation)[0] for c, row in zip(computed, truths, strict=True)
            ]
        return found

    ends = values(np.array([clean, noisy]))
    (alpha_clean, alpha_noisy), (sigma_clean, sigma_noisy) = ends["alpha"], ends["sigma"]
    growth, source = [], []
    for count in NODES:
        times, weights = _log_time_rule(clean, noisy, count, implementation.dtype)
        at = values(times)
        drifts, sources = as_measured(0.0), as_measured(0.0)
        for index, weight in enumerate(weights):
            drifts = drifts + at["drift"][index] * weight
            sources = sources + (alpha_noisy / at["alpha"][index]).square() * at["diffusion_squared"][index] * weight
        growth.append(drifts)
        source.append(sources)
    # One more unit than the class allows: the nodes are rounded to the dtype.
    unit = (budget.ENTRYWISE.constant + 1.0) * budget.UNIT_ROUNDOFF[implementation.dtype]

    def finding(quantity: str, residual: Measured, estimates: list[Measured], size: Measured) -> Finding:
        truncation = float(abs(estimates[0].value - estimates[1].value).mid())
        bound = truncation + unit * float(residual.allowance.mid())
        result = truncated(quantity, float(residual.value.mid()), bound, truncation=truncation)
        vacuous = bound > budget.LARGEST_FINITE_DIFFERENCE_TOLERANCE * float(abs(size.value).mid())
        return replace(result, vacuous=vacuous)

    variance = (alpha_noisy / alpha_clean).square() * sigma_clean.square() + source[1]
    return (
        finding(f"paths.{name}.drift", (alpha_noisy / alpha_clean).log() - growth[1], growth, as_measured(1.0)),
        finding(f"paths.{name}.diffusion_squared", sigma_noisy.square() - variance, source, sigma_noisy.square()),
    )
