"""A path at one time: levels, derivatives, half log-SNR and its inverse, drift and diffusion, and the ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import paths as twins
from properties.arbiter.measured import Measured, precisely
from properties.arbiter.numbers import truth
from properties.cases.draw import rounded
from properties.cases.families import PathPoint
from properties.cases.specs import PathSpec
from properties.law import law
from properties.laws._compare import entrywise, exact, finite_difference, truncated
from properties.laws._data import path_arguments
from properties.laws._measured import measured, vanishes
from properties.protocol import Finding, Findings, Floats, Implementation

DERIVATIVES = (
    ("alpha", "alpha_derivative"),
    ("sigma", "sigma_derivative"),
    ("half_log_snr", "half_log_snr_derivative"),
)
RELATIVE_STEP = {"float64": 0.01, "float32": 0.05}
"""The balance of a fourth-order difference: h^4 against u/h."""


def reachable_half_log_snr(path: PathSpec, t: float, dtype: str) -> float:
    """The half log-SNR at t as a value of the dtype, moved by ulps until the path reaches it inside its domain."""
    name, parameters = path_arguments(path)
    kind = np.dtype(dtype).type
    value = kind(rounded(float(truth(twins.half_log_snr, name, parameters, t).values[0].mid()), dtype))
    while not truth(twins.time_at_half_log_snr, name, parameters, float(value)).values[0] < path.largest_time:
        value = np.nextafter(value, kind(math.inf))
    return float(value)


@law(
    "paths.arbiter",
    statement="Every method of a path equals its definition, at every half log-SNR of the domain.",
    catalogue=("P8", "P12", "P13", "P17", "M1"),
    family="path_point",
    route="arbiter",
)
def arbiter(implementation: Implementation, case: PathPoint) -> Findings:
    path, t = case.path.build(implementation), implementation.lift(case.t)
    name, parameters = path_arguments(case.path)
    parts = truth(twins.methods, name, parameters, case.t).split(*(1 for _ in twins.METHODS))
    findings = [
        entrywise(f"paths.{name}.{method}", getattr(path, method)(t), part, implementation)
        for method, part in zip(twins.METHODS, parts, strict=True)
    ]
    ratio = implementation.module.paths.noise_to_signal(path, t)
    findings.append(
        entrywise(
            "paths.noise_to_signal", ratio, truth(twins.noise_to_signal, name, parameters, case.t), implementation
        )
    )
    level = reachable_half_log_snr(case.path, case.t, implementation.dtype)
    time = path.time_at_half_log_snr(implementation.lift(level))
    exactly = truth(twins.time_at_half_log_snr, name, parameters, level)
    return (*findings, entrywise(f"paths.{name}.time_at_half_log_snr", time, exactly, implementation))


@law(
    "paths.derivatives",
    statement="The derivatives are the limits of difference quotients of the levels.",
    catalogue=("P8",),
    family="moderate_path_point",
    route="finite difference",
)
def derivatives(implementation: Implementation, case: PathPoint) -> Findings:
    path, lift, lower = case.path.build(implementation), implementation.lift, implementation.lower
    name, parameters = path_arguments(case.path)
    # Room for the differences: away from the end of the domain, and on VE from the start, which is no singularity.
    t = max(case.t, 0.05) if name == "VE" else case.t
    t = float(rounded(min(t, 0.9 * case.path.largest_time), implementation.dtype))
    parts = truth(twins.methods, name, parameters, t).split(*(1 for _ in twins.METHODS))
    exactly = dict(zip(twins.METHODS, parts, strict=True))
    room = min(t, case.path.largest_time - t)
    step = RELATIVE_STEP[implementation.dtype] * room
    unit = budget.ENTRYWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    findings = []
    for function, derivative in DERIVATIVES:
        values = exactly[function]
        # Twice the allowance at t, since the condition sums vary over the stencil.
        noise = 2.0 * unit * (values.kappas[0] + values.magnitudes[0])

        def level(time: float, function: str = function) -> Floats:
            return lower(getattr(path, function)(lift(time)))

        slope, bound = finite_difference(level, t, step, noise=noise)
        rates = exactly[derivative]
        total = float(bound) + unit * (rates.kappas[0] + rates.magnitudes[0])
        error = float(lower(getattr(path, derivative)(lift(t))) - slope)
        scale = max(rates.magnitudes[0], values.magnitudes[0] / t)
        finding = truncated(f"paths.{name}.{derivative}", error, total)
        findings.append(replace(finding, vacuous=total > budget.LARGEST_FINITE_DIFFERENCE_TOLERANCE * scale))
    return tuple(findings)


@law(
    "paths.diffusion_closed_forms",
    statement="g^2 is the textbook's closed form: beta, beta (1 - e^-2B), 2t, 2t/(1-t), pi tan(pi t/2), ...",
    catalogue=("P9",),
    family="path_point",
    route="closed form",
)
def diffusion_closed_forms(implementation: Implementation, case: PathPoint) -> Findings:
    name, parameters = path_arguments(case.path)
    computed = case.path.build(implementation).diffusion_squared(implementation.lift(case.t))
    exactly = truth(twins.closed_diffusion_squared, name, parameters, case.t)
    return (entrywise(f"paths.{name}.diffusion_squared", computed, exactly, implementation),)


@law(
    "paths.relations",
    statement="drift alpha = alpha', g^2 = -2 sigma^2 lambda', e^lambda sigma = alpha, (sigma/alpha) alpha = sigma.",
    catalogue=("P8", "P13"),
    family="path_point",
    route="composition",
)
@precisely
def relations(implementation: Implementation, case: PathPoint) -> Findings:
    path, t = case.path.build(implementation), implementation.lift(case.t)
    name, parameters = path_arguments(case.path)
    parts = truth(twins.methods, name, parameters, case.t).split(*(1 for _ in twins.METHODS))
    values = {
        method: measured(getattr(path, method)(t), part, implementation)[0]
        for method, part in zip(twins.METHODS, parts, strict=True)
    }
    ratio_truth = truth(twins.noise_to_signal, name, parameters, case.t)
    (ratio,) = measured(implementation.module.paths.noise_to_signal(path, t), ratio_truth, implementation)
    alpha, sigma = values["alpha"], values["sigma"]
    # (the public names that an identity holds, its left side, its right side)
    identities: tuple[tuple[tuple[str, ...], Measured, Measured], ...] = (
        (("drift",), values["drift"] * alpha, values["alpha_derivative"]),
        (
            ("diffusion_squared", "half_log_snr_derivative"),
            -2 * sigma.square() * values["half_log_snr_derivative"],
            values["diffusion_squared"],
        ),
        (("alpha", "sigma", "half_log_snr"), values["half_log_snr"].exp() * sigma, alpha),
    )
    findings = [
        vanishes(f"paths.{name}.{method}", left - right, implementation, size=right)
        for names, left, right in identities
        for method in names
    ]
    return (*findings, vanishes("paths.noise_to_signal", ratio * alpha - sigma, implementation, size=sigma))


@law(
    "paths.inverse",
    statement="The inverse of the half log-SNR brings back the time.",
    catalogue=("P12",),
    family="path_point",
    route="composition",
)
@precisely
def inverse(implementation: Implementation, case: PathPoint) -> Findings:
    path = case.path.build(implementation)
    name, parameters = path_arguments(case.path)
    # At the very end of a VP path the half log-SNR may round to one that the path never reaches.
    t = float(rounded(min(case.t, 0.999 * case.path.largest_time), implementation.dtype))
    exactly = truth(twins.methods, name, parameters, t).split(*(1 for _ in twins.METHODS))
    level_truth, slope = exactly[4], exactly[5].values[0]
    level = path.half_log_snr(implementation.lift(t))
    (value,) = measured(level, level_truth, implementation)
    level_float = float(implementation.lower(level))
    back = truth(twins.time_at_half_log_snr, name, parameters, level_float)
    (time,) = measured(path.time_at_half_log_snr(level), back, implementation)
    time = Measured(time.value, time.allowance + value.allowance / abs(slope))
    return (vanishes(f"paths.{name}.time_at_half_log_snr", time - t, implementation, size=time),)


def _raises(call: Callable[[], Any], open_interval: bool) -> bool:
    """Whether the call is refused with a ValueError, which names the open interval where it should."""
    try:
        call()
    except ValueError as refusal:
        return not open_interval or any(bracket in str(refusal) for bracket in "()")
    return False


def _limits(path: PathSpec, t: float) -> dict[str, float]:
    """The limits of the methods at an end of the domain, in closed form; what is not listed is not judged there."""
    name, values = path.name, dict(path.parameters)
    flow = {"FlowMatching": (-1.0, 1.0), "Trigonometric": (-math.pi / 2, math.pi / 2)}
    if t > 0.0:
        rates = flow[name]
        alpha_rate, sigma_rate = (rates[0], rates[1] if name == "FlowMatching" else 0.0)
        return {
            "alpha": 0.0,
            "sigma": 1.0,
            "alpha_derivative": alpha_rate,
            "sigma_derivative": sigma_rate,
            "half_log_snr": -math.inf,
            "half_log_snr_derivative": -math.inf,
            "drift": -math.inf,
            "diffusion_squared": math.inf,
        }
    limits = {"alpha": 1.0, "sigma": 0.0, "half_log_snr": math.inf, "half_log_snr_derivative": -math.inf}
    if name == "VE":
        unsubtracted = not values["subtract_initial_variance"]
        return {"alpha": 1.0, "sigma": float(values["sigma_min"])} if unsubtracted else limits
    if name in ("VPLinear", "Brownian"):
        return {**limits, "sigma_derivative": math.inf}
    if name == "FlowMatching":
        return {**limits, "drift": -1.0, "diffusion_squared": 0.0}
    return {**limits, "drift": 0.0, "diffusion_squared": 0.0} if name in ("EDM", "Trigonometric") else limits


@law(
    "paths.ends",
    statement="The levels hold on the closed domain, exactly 0 and 1 where they must be; what diverges is refused.",
    catalogue=("P11",),
    family="path_point",
    route="enumeration",
)
def ends(implementation: Implementation, case: PathPoint) -> Findings:
    path, lift, lower = case.path.build(implementation), implementation.lift, implementation.lower
    name = case.path.name
    findings: list[Finding] = [
        exact(f"paths.{name}.domain", tuple(path.domain) == (0.0, case.path.largest_time), domain=path.domain)
    ]
    for t in (0.0, 1.0) if name in ("FlowMatching", "Trigonometric") else (0.0,):
        for method, limit in _limits(case.path, t).items():

            def call(method: str = method, t: float = t) -> Any:
                return getattr(path, method)(lift(t))

            quantity = f"paths.{name}.{method}"
            if math.isinf(limit):
                findings.append(exact(quantity, _raises(call, open_interval=True), t=t))
            elif method in ("alpha", "sigma"):
                findings.append(
                    exact(quantity, float(lower(call())) == float(rounded(limit, implementation.dtype)), t=t)
                )
            else:
                holds = _raises(call, open_interval=True) or _near(float(lower(call())), limit, implementation.dtype)
                findings.append(exact(quantity, holds, t=t))
    outside = [-1e-3] if math.isinf(case.path.largest_time) else [-1e-3, case.path.largest_time * 1.001]
    refused = all(_raises(partial(path.alpha, lift(t)), open_interval=False) for t in outside)
    return (*findings, exact(f"paths.{name}", refused, outside=outside))


def _near(value: float, limit: float, dtype: str) -> bool:
    return abs(value - limit) <= budget.ENTRYWISE.constant * budget.UNIT_ROUNDOFF[dtype] * abs(limit)
