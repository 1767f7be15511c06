"""Laws of the conversions among score, denoiser, noise, velocity and v."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter.conversions import PREDICTIONS, convert
from properties.arbiter.numbers import Truth, truth
from properties.cases.families import ConversionPoint
from properties.law import law
from properties.laws._compare import entrywise, residual
from properties.protocol import Findings, Floats, Implementation


def kinds(case: ConversionPoint) -> tuple[str, ...]:
    """The predictions that exist at the case: v only where alpha^2 + sigma^2 = 1."""
    return PREDICTIONS if case.vp else PREDICTIONS[:-1]


def call(implementation: Implementation, case: ConversionPoint, source: str, target: str, prediction: Floats) -> Any:
    """fields.<target>_from_<source>; the derivatives are arguments exactly where velocity is one of the two."""
    lift = implementation.lift
    levels = {"alpha": lift(case.alpha), "sigma": lift(case.sigma)}
    if "velocity" in (source, target):
        levels |= {
            "alpha_derivative": lift(case.alpha_derivative),
            "sigma_derivative": lift(case.sigma_derivative),
        }
    function = getattr(implementation.module.fields, f"{target}_from_{source}")
    return function(lift(prediction), lift(case.x), **levels)


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
