"""The information that a noisy point has about the clean one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import bounds as twins
from properties.arbiter import integrals
from properties.arbiter.integrals import working_precision
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.families import FieldPoint, FieldStep
from properties.law import law
from properties.laws._compare import exact
from properties.laws._data import allowance, judge, path_arguments, spectral, symmetric
from properties.laws._differences import differentiated, time_derivative, time_scale
from properties.laws.elbo.continuous_line import entropy, near, seen
from properties.protocol import Findings, Implementation

QUANTITY = "divergences.mutual_information"


def _arguments(case: FieldPoint) -> tuple[Any, ...]:
    assert case.data.covariances is not None
    return list(path_arguments(case.path)), case.t, symmetric(case.data.covariances[0])


def _computed(implementation: Implementation, case: FieldPoint) -> Any:
    data, path = case.data.build(implementation), case.path.build(implementation)
    return implementation.module.divergences.mutual_information(data, path, implementation.lift(case.t))


def exactly(case: FieldPoint) -> Truth:
    """The truth for Gaussian data."""
    return truth(twins.mutual_information, *_arguments(case))


@law(
    "divergences.information_arbiter",
    statement="For Gaussian data I(x_0; x_t) = 1/2 log |I + SNR S|.",
    catalogue=("M18", "P5"),
    family="gaussian_field_point",
    route="arbiter",
)
def information_arbiter(implementation: Implementation, case: FieldPoint) -> Findings:
    by_norm = spectral(implementation, case.data)
    return (judge(QUANTITY, _computed(implementation, case), exactly(case), implementation, by_norm),)


@law(
    "divergences.information_by_entropies",
    statement="For Gaussian data I(x_0; x_t) = h(x_t) - h(x_t | x_0).",
    catalogue=("M18",),
    family="gaussian_field_point",
    route="closed form",
)
@precisely
def information_by_entropies(implementation: Implementation, case: FieldPoint) -> Findings:
    value = twins.mutual_information_by_entropies(*(lift(argument) for argument in _arguments(case)))
    by_norm = spectral(implementation, case.data)
    known = replace(exactly(case), values=(value,))
    return (judge(QUANTITY, _computed(implementation, case), known, implementation, by_norm),)


@law(
    "divergences.i_mmse",
    statement="I(x_0; x_t) changes by half the mean squared error of the exact denoiser per SNR.",
    catalogue=("M19",),
    family="moderate_gaussian_field_point",
    route="finite difference",
)
def i_mmse(implementation: Implementation, case: FieldPoint) -> Findings:
    module, lift_value, lower = implementation.module, implementation.lift, implementation.lower
    data, path, t = case.data.build(implementation), case.path.build(implementation), lift_value(case.t)
    names = ("alpha", "sigma", "alpha_derivative", "sigma_derivative")
    alpha, sigma, slope, rise = levels = [float(lower(getattr(path, name)(t))) for name in names]
    by_norm = spectral(implementation, case.data)
    rate, bound = time_derivative(
        implementation,
        lambda times: module.divergences.mutual_information(data, path, times),
        case.t,
        time_scale(case.path, case.t, levels),
        allowance(exactly(case), implementation, by_norm)[0],
    )
    error = float(lower(module.fields.minimum_mean_squared_error(data, path, t)))
    # dSNR/dt = 2 SNR (alpha'/alpha - sigma'/sigma).
    expected = (alpha / sigma) ** 2 * (slope / alpha - rise / sigma) * error
    rounding = 64.0 * budget.UNIT_ROUNDOFF[implementation.dtype] * abs(expected)
    return (differentiated(QUANTITY, rate - expected, bound + rounding, abs(expected), implementation),)


@law(
    "divergences.information_line",
    statement="For a mixture on the line I(x_0; x_t) is h(x_t) - h(x_t | x_0), by an enclosed integral and by the "
    "trapezoidal rule; it is never negative, and falls with time.",
    catalogue=("M18", "P5"),
    family="moderate_line_step",
    route="quadrature",
    expectations=True,
)
def information_line(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift_value = implementation.module, implementation.lift
    data, path = case.data.build(implementation), case.path.build(implementation)
    findings, values = [], []
    for t in (case.clean, case.noisy):
        with working_precision():
            level = seen(case, t)
            enclosure = integrals.information(level)
        computed = module.divergences.mutual_information(data, path, lift_value(t))
        values.append(float(implementation.lower(computed)))
        findings.append(near(QUANTITY, computed, float(enclosure.mid()), implementation, float(enclosure.rad())))
        alpha, sigma = float(level.alpha), float(level.sigma)
        summed = entropy(case.data, alpha, sigma) - 0.5 * float(np.log(2.0 * np.pi * np.e * sigma**2))
        findings.append(near(QUANTITY, computed, summed, implementation))
    findings.append(exact(QUANTITY, 0.0 <= values[1] <= values[0]))
    return tuple(findings)
