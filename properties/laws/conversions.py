"""Laws of the conversions among score, denoiser, noise, velocity, v and EDM's output."""

from __future__ import annotations

import math
from itertools import pairwise, permutations
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import edm
from properties.arbiter.conversions import PREDICTIONS, convert
from properties.arbiter.numbers import Truth, truth
from properties.cases.families import ConversionPoint
from properties.cases.steps import EDMPoint
from properties.law import law
from properties.laws._compare import entrywise, residual
from properties.protocol import Findings, Floats, Implementation

EDM_OUTPUT = "edm_output"


def kinds(case: ConversionPoint) -> tuple[str, ...]:
    """The predictions that exist at the case: v only where alpha^2 + sigma^2 = 1."""
    return PREDICTIONS if case.vp else PREDICTIONS[:-1]


def call(
    implementation: Implementation, case: ConversionPoint, source: str, target: str, prediction: Floats, **extra: Any
) -> Any:
    """fields.<target>_from_<source>; the derivatives are arguments exactly where velocity is one of the two."""
    lift = implementation.lift
    levels = {"alpha": lift(case.alpha), "sigma": lift(case.sigma)}
    if "velocity" in (source, target):
        levels |= {
            "alpha_derivative": lift(case.alpha_derivative),
            "sigma_derivative": lift(case.sigma_derivative),
        }
    function = getattr(implementation.module.fields, f"{target}_from_{source}")
    return function(lift(prediction), lift(case.x), **levels, **extra)


def exact(case: ConversionPoint, source: str, target: str, prediction: Floats) -> Truth:
    """The arbiter's conversion of a float prediction, with its condition sums."""
    used = "velocity" in (source, target)
    slopes = (case.alpha_derivative, case.sigma_derivative) if used else (0, 0)
    return truth(convert, source, target, prediction.tolist(), case.x.tolist(), case.alpha, case.sigma, *slopes)


@law(
    "conversions.arbiter",
    statement="every conversion is exact at its own arguments",
    catalogue=("P20",),
    family="conversion_point",
    route="arbiter",
)
def arbiter(implementation: Implementation, case: ConversionPoint) -> Findings:
    return tuple(
        entrywise(
            f"{target}_from_{source}",
            call(implementation, case, source, target, case.prediction),
            exact(case, source, target, case.prediction),
            implementation,
        )
        for source, target in permutations(kinds(case), 2)
    )


def slope(case: ConversionPoint, source: str, target: str) -> float:
    """|d target / d source|: both are affine in one another at fixed x and levels."""
    alpha, sigma = case.alpha, case.sigma
    wronskian = alpha * case.sigma_derivative - case.alpha_derivative * sigma
    per_noise = {
        "noise": 1.0,
        "score": 1.0 / sigma,
        "denoiser": sigma / alpha,
        "velocity": wronskian / alpha,
        "v_prediction": 1.0 / alpha,
    }
    return per_noise[target] / per_noise[source]


@law(
    "conversions.round_trips",
    statement="converting there and back, and round a triangle of three predictions, returns what was given",
    catalogue=("P20",),
    family="conversion_point",
    route="composition",
)
def round_trips(implementation: Implementation, case: ConversionPoint) -> Findings:
    names = kinds(case)
    tours = [
        *((a, b, a) for a, b in permutations(names, 2)),
        *((a, b, c, a) for a, b, c in permutations(names, 3) if a < min(b, c)),
    ]
    findings = []
    for tour in tours:
        value, error = case.prediction, np.zeros_like(case.prediction)
        for source, target in pairwise(tour):
            step = exact(case, source, target, value)
            value = implementation.lower(call(implementation, case, source, target, value))
            # v and the others agree only as far as alpha^2 + sigma^2 is 1: a few units of what it multiplies.
            error = error * slope(case, source, target) + np.array(step.kappas) + np.array(step.magnitudes)
        findings.append(
            residual("_".join(tour), value - case.prediction, error + np.abs(value), implementation, budget.ENTRYWISE)
        )
    return tuple(findings)


def edm_kinds(case: EDMPoint) -> tuple[tuple[str, str], ...]:
    """(source, target) of every conversion to and from EDM's output that exists at the case."""
    names = kinds(case.point)
    return (*((name, EDM_OUTPUT) for name in names), *((EDM_OUTPUT, name) for name in names))


def edm_call(implementation: Implementation, case: EDMPoint, source: str, target: str, prediction: Floats) -> Any:
    """fields.<target>_from_<source>, one of the two EDM's output."""
    extra = {"sigma_data": implementation.lift(case.sigma_data)}
    return call(implementation, case.point, source, target, prediction, **extra)


def edm_exact(case: EDMPoint, source: str, target: str, prediction: Floats) -> Truth:
    """The arbiter's conversion of a float prediction, with its condition sums."""
    point = case.point
    used = "velocity" in (source, target)
    slopes = (point.alpha_derivative, point.sigma_derivative) if used else (0, 0)
    place = (prediction.tolist(), point.x.tolist(), point.alpha, point.sigma)
    return truth(edm.convert, source, target, *place, *slopes, case.sigma_data)


@law(
    "conversions.edm_arbiter",
    statement="every conversion to and from EDM's output is exact at its own arguments",
    catalogue=("P20",),
    family="edm_point",
    route="arbiter",
)
def edm_arbiter(implementation: Implementation, case: EDMPoint) -> Findings:
    return tuple(
        entrywise(
            f"{target}_from_{source}",
            edm_call(implementation, case, source, target, case.point.prediction),
            edm_exact(case, source, target, case.point.prediction),
            implementation,
        )
        for source, target in edm_kinds(case)
    )


def edm_slope(case: EDMPoint, source: str, target: str) -> float:
    """|d target / d source| where one of the two is EDM's output, whose slope in the noise is sqrt(w)/(alpha s)."""
    point = case.point
    per_noise = math.hypot(point.sigma, point.alpha * case.sigma_data) / (point.alpha * case.sigma_data)
    if source == EDM_OUTPUT:
        return slope(point, "noise", target) / per_noise
    return slope(point, source, "noise") * per_noise


@law(
    "conversions.edm_round_trips",
    statement="a prediction turned into EDM's output and back, and EDM's output turned into a prediction and back, "
    "straight or by way of a third one, is what was given",
    catalogue=("P20",),
    family="edm_point",
    route="composition",
)
def edm_round_trips(implementation: Implementation, case: EDMPoint) -> Findings:
    names, given = kinds(case.point), case.point.prediction
    tours = [
        *((name, EDM_OUTPUT, name) for name in names),
        *((EDM_OUTPUT, name, EDM_OUTPUT) for name in names),
        *((EDM_OUTPUT, a, b, EDM_OUTPUT) for a, b in pairwise((*names, names[0]))),
    ]
    findings = []
    for tour in tours:
        value, error = given, np.zeros_like(given)
        for source, target in pairwise(tour):
            through = EDM_OUTPUT in (source, target)
            if through:
                step, rate = edm_exact(case, source, target, value), edm_slope(case, source, target)
                value = implementation.lower(edm_call(implementation, case, source, target, value))
            else:
                step, rate = exact(case.point, source, target, value), slope(case.point, source, target)
                value = implementation.lower(call(implementation, case.point, source, target, value))
            # What underflows on the way is no error, and comes back multiplied.
            lost = budget.SMALLEST_NORMAL[implementation.dtype] / budget.UNIT_ROUNDOFF[implementation.dtype]
            error = error * rate + np.array(step.kappas) + np.array(step.magnitudes) + lost
        findings.append(
            residual("_".join(tour), value - given, error + np.abs(value), implementation, budget.ENTRYWISE)
        )
    return tuple(findings)


@law(
    "conversions.edm_as_printed",
    statement="on alpha = 1 the denoiser is c_skip x + c_out F and F is (D - c_skip x)/c_out, with EDM's printed "
    "c_skip and c_out; any other path is that at x/alpha and sigma/alpha",
    catalogue=("P20",),
    family="edm_point",
    route="closed form",
)
def edm_as_printed(implementation: Implementation, case: EDMPoint) -> Findings:
    point, fields, lift = case.point, implementation.module.fields, implementation.lift
    given, size = point.prediction, case.sigma_data
    findings = []
    levels = {"alpha": lift(1.0), "sigma": lift(point.sigma), "sigma_data": lift(size)}
    for name, twin in (
        ("denoiser_from_edm_output", edm.printed_denoiser),
        ("edm_output_from_denoiser", edm.printed_output),
    ):
        computed = getattr(fields, name)(lift(given), lift(point.x), **levels)
        unscaled = truth(twin, given.tolist(), point.x.tolist(), point.sigma, size)
        findings.append(entrywise(name, computed, unscaled, implementation))
        # Powers of two scale x and both levels without rounding.
        scaled = {"alpha": lift(0.25), "sigma": lift(0.25 * point.sigma), "sigma_data": lift(size)}
        again = getattr(fields, name)(lift(given), lift(0.25 * point.x), **scaled)
        findings.append(entrywise(name, again, unscaled, implementation, alpha=0.25))
    return tuple(findings)
