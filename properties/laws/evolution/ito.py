"""Laws of Ito's Fokker-Planck equation where the variance of the noise depends on the place."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.arbiter import evolution as twins
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import lift, truth
from properties.cases.draw import rounded
from properties.cases.evolution import GeometricPoint, ItoPoint, ReversiblePoint
from properties.law import law
from properties.laws._compare import entrywise, residual
from properties.protocol import Findings, Implementation

PARTS = (
    "density",
    "density_gradient",
    "density_laplacian",
    "drift",
    "drift_divergence",
    "variance",
    "variance_gradient",
    "variance_laplacian",
)


def rate(implementation: Implementation, point: ItoPoint) -> Any:
    """evolution.ito_density_rate of a point."""
    density, gradient, laplacian, *rest = (implementation.lift(getattr(point, name)) for name in PARTS)
    named = dict(zip(PARTS[3:], rest, strict=True))
    return implementation.module.evolution.ito_density_rate(density, gradient, laplacian, **named)


def numbers(point: ItoPoint) -> list[Any]:
    """The point as arguments of the twin."""
    return [value if isinstance(value, float) else value.tolist() for value in (getattr(point, name) for name in PARTS)]


@law(
    "evolution.ito_arbiter",
    statement="dp/dt = -div(mu p) + 1/2 lap(sigma^2 p), with the derivatives of the products taken by power series",
    catalogue=("M32",),
    family="ito_point",
    route="arbiter",
)
def ito_arbiter(implementation: Implementation, case: ItoPoint) -> Findings:
    exactly = truth(twins.ito_density_rate, *numbers(case))
    return (entrywise("evolution.ito_density_rate", rate(implementation, case), exactly, implementation),)


@law(
    "evolution.geometric_brownian_motion",
    statement="the lognormal density of geometric Brownian motion moves as Ito's equation says",
    catalogue=("M32",),
    family="geometric_point",
    route="closed form",
)
@precisely
def geometric_brownian_motion(implementation: Implementation, case: GeometricPoint) -> Findings:
    fields = (case.start, case.rate, case.volatility, case.t, case.x)
    density, slope, bend, change = twins.lognormal(*(lift(value) for value in fields))
    place, rate_, volatility = (lift(value) for value in (case.x, case.rate, case.volatility))
    drift, variance = rate_ * place, (volatility * place) ** 2
    exactly = (density, slope, bend, drift, rate_, variance, 2 * volatility**2 * place, 2 * volatility**2)
    values = [float(rounded(float(value.mid()), implementation.dtype)) for value in exactly]
    vectors = {1, 3, 6}
    point = ItoPoint(*(np.array([value]) if index in vectors else value for index, value in enumerate(values)))  # type: ignore[arg-type]
    known = truth(twins.ito_density_rate, *numbers(point))
    # The arguments were rounded once each: one more condition sum.
    scale = 2.0 * (known.kappas[0] + known.magnitudes[0])
    error = float((lift(float(implementation.lower(rate(implementation, point)))) - change).mid())
    return (residual("evolution.ito_density_rate", error, scale, implementation),)


@law(
    "evolution.reversible_laws_stand_still",
    statement="with drift 1/2 grad(sigma^2) + 1/2 sigma^2 grad log p the density p does not change",
    catalogue=("M32",),
    family="reversible_point",
    route="closed form",
)
def reversible_laws_stand_still(implementation: Implementation, case: ReversiblePoint) -> Findings:
    size, precision = len(case.x), case.deviations**-2.0
    score, density = -precision * (case.x - case.mean), 0.5
    bent = case.bend * case.x
    variance = case.base + case.slope @ case.x + 0.5 * case.bend * case.x @ case.x
    variance_gradient = case.slope + bent
    point = ItoPoint(
        *(
            rounded(value, implementation.dtype)
            for value in (
                np.array(density),
                density * score,
                density * (score @ score - precision.sum()),
                0.5 * variance_gradient + 0.5 * variance * score,
                0.5 * (size * case.bend + variance_gradient @ score - variance * precision.sum()),
                np.array(variance),
                variance_gradient,
                np.array(size * case.bend),
            )
        )  # type: ignore[arg-type]
    )
    # Every argument is right to roundings of the terms that it was added up from.
    steep = precision * (np.abs(case.x) + np.abs(case.mean))
    wide = case.base + np.abs(case.slope) @ np.abs(case.x) + 0.5 * case.bend * case.x @ case.x
    slope = np.abs(case.slope) + np.abs(bent)
    push = 0.5 * (slope + wide * steep)
    stretch = 0.5 * (size * case.bend + slope @ steep + wide * precision.sum())
    curvature = steep @ steep + precision.sum()
    scale = density * (stretch + push @ steep + 0.5 * wide * curvature + slope @ steep + 0.5 * size * case.bend)
    value = float(implementation.lower(rate(implementation, point)))
    return (residual("evolution.ito_density_rate", value, 4.0 * scale, implementation),)
