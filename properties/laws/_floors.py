"""Laws of the error scales of the predictions, and of the loss floors: what no network can learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import floors as twins
from properties.arbiter import integrals, paths
from properties.arbiter.integrals import working_precision
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.draw import rounded
from properties.cases.steps import EDMFieldPoint, EDMPoint
from properties.law import law
from properties.laws._compare import entrywise, residual, truncated
from properties.laws._data import arguments, judge, path_arguments, size_of, spectral
from properties.laws._fields import VP_PATHS, conditions
from properties.laws._line import nodes
from properties.laws.conversions import EDM_OUTPUT, edm_call, edm_exact
from properties.laws.conversions import call as converted
from properties.laws.conversions import exact as conversion_truth
from properties.protocol import Finding, Findings, Implementation

REFINEMENT = 24.0
"""Nodes a deviation: a field squared has poles where the density is 0, off the line."""


def scales(implementation: Implementation, case: EDMPoint) -> dict[str, tuple[Any, Truth]]:
    """Every error scale that exists at the case, as computed and as it must be."""
    point, fields, lifted = case.point, implementation.module.fields, implementation.lift
    alpha, sigma = point.alpha, point.sigma
    levels = {"alpha": lifted(alpha), "sigma": lifted(sigma)}
    # Signal falls and noise rises: the two terms have one sign.
    rate = point.alpha_derivative / alpha - point.sigma_derivative / sigma
    rate = float(rounded(rate, implementation.dtype))
    found = {
        name: (
            getattr(fields, f"{name}_error_scale")(**levels),
            truth(twins.error_scale, name, alpha, sigma, 0, 0, 1),
        )
        for name in ("noise", "score")
    }
    found["velocity"] = (
        fields.velocity_error_scale(alpha=lifted(alpha), half_log_snr_derivative=lifted(rate)),
        truth(twins.velocity_error_scale, alpha, rate),
    )
    if point.vp:
        found["v_prediction"] = (
            fields.v_prediction_error_scale(**levels),
            truth(twins.v_prediction_error_scale, alpha, sigma),
        )
    found[EDM_OUTPUT] = (
        fields.edm_output_error_scale(**levels, sigma_data=lifted(case.sigma_data)),
        truth(twins.error_scale, EDM_OUTPUT, alpha, sigma, 0, 0, case.sigma_data),
    )
    return found


@law(
    "fields.error_scales_arbiter",
    statement="the error scale of a prediction is its slope in the denoiser at fixed x",
    catalogue=("P23",),
    family="edm_point",
    route="arbiter",
)
def error_scales_arbiter(implementation: Implementation, case: EDMPoint) -> Findings:
    return tuple(
        entrywise(f"{name}_error_scale", computed, exactly, implementation)
        for name, (computed, exactly) in scales(implementation, case).items()
    )


@law(
    "fields.error_scales_are_changes",
    statement="two denoisers a distance apart are predictions that distance times the error scale apart",
    catalogue=("P23",),
    family="edm_point",
    route="composition",
)
def error_scales_are_changes(implementation: Implementation, case: EDMPoint) -> Findings:
    point = case.point
    # At x = 0 nothing hides the change.
    still = type(point)(
        point.prediction, np.zeros_like(point.x), point.alpha, point.sigma, point.alpha_derivative,
        point.sigma_derivative, point.vp,
    )  # fmt: skip
    findings: list[Finding] = []
    for name, (computed, exactly) in scales(implementation, case).items():
        value, allowed = np.zeros_like(point.prediction), np.zeros_like(point.prediction)
        for sign in (1.0, -1.0):
            given = sign * point.prediction
            if name == EDM_OUTPUT:
                at = EDMPoint(still, case.sigma_data)
                moved = edm_call(implementation, at, "denoiser", name, given)
                sizes = size_of(edm_exact(at, "denoiser", name, given))
            else:
                moved = converted(implementation, still, "denoiser", name, given)
                sizes = size_of(conversion_truth(still, "denoiser", name, given))
            value, allowed = value + sign * implementation.lower(moved), allowed + sizes
        distance = 2.0 * np.abs(point.prediction)
        scale = float(implementation.lower(computed))
        # The velocity's scale has the rate of the half log-SNR rounded once.
        allowed = allowed + distance * (size_of(exactly)[0] + scale)
        findings.append(residual(f"{name}_error_scale", np.abs(value) - scale * distance, allowed, implementation))
    return tuple(findings)


def floor_names(case: EDMFieldPoint) -> dict[str, str]:
    """The public names of the floors that exist at the case, by target."""
    names = [n for n in twins.TARGETS[1:] if n != "v_prediction" or case.point.path.name in VP_PATHS]
    return {"denoiser": "minimum_mean_squared_error", **{name: f"{name}_loss_floor" for name in names}}


def floors(
    implementation: Implementation, case: EDMFieldPoint, targets: tuple[str, ...] = twins.TARGETS
) -> dict[str, Any]:
    """fields.<...>_loss_floor(data, path, t) by target."""
    point, lifted = case.point, implementation.lift
    call = (point.data.build(implementation), point.path.build(implementation), lifted(point.t))
    return {
        target: getattr(implementation.module.fields, name)(
            *call, **({"sigma_data": lifted(case.sigma_data)} if target == EDM_OUTPUT else {})
        )
        for target, name in floor_names(case).items()
        if target in targets
    }


def floor_truth(case: EDMFieldPoint, target: str) -> Truth:
    """The arbiter's floor of Gaussian data."""
    point = case.point
    covariance = arguments(point.data)[1][1]
    size = case.sigma_data if target == EDM_OUTPUT else 1
    return truth(twins.loss_floor, target, *path_arguments(point.path), covariance, point.t, size)


@law(
    "fields.floors_arbiter",
    statement="the loss floors of Gaussian data are the traces of the targets' covariances given x",
    catalogue=("P24", "P22"),
    family="gaussian_edm_field_point",
    route="arbiter",
)
def floors_arbiter(implementation: Implementation, case: EDMFieldPoint) -> Findings:
    by_norm = spectral(implementation, case.point.data)
    return tuple(
        judge(floor_names(case)[target], computed, floor_truth(case, target), implementation, by_norm)
        for target, computed in floors(implementation, case).items()
    )


@law(
    "fields.floors_are_scaled_errors",
    statement="a floor is the squared error scale times the mean squared error of the denoiser, and 1 a dimension for "
    "EDM's output of data of variance s^2",
    catalogue=("P23", "P24"),
    family="gaussian_edm_field_point",
    route="closed form",
)
def floors_are_scaled_errors(implementation: Implementation, case: EDMFieldPoint) -> Findings:
    point, fields, lower = case.point, implementation.module.fields, implementation.lower
    path, t = point.path.build(implementation), implementation.lift(point.t)
    by_norm = spectral(implementation, point.data)
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    levels = {"alpha": path.alpha(t), "sigma": path.sigma(t)}
    rate = path.half_log_snr_derivative(t)
    found = floors(implementation, case)
    error = float(lower(found["denoiser"]))
    error_size = float(size_of(floor_truth(case, "denoiser"), by_norm)[0])
    wrong = conditions(point.path, point.t)
    # A squared scale has at most four factors of a level each, every one right to units of its own.
    levels_wrong = 4.0 * (wrong["alpha"] + wrong["sigma"] + wrong["half_log_snr_derivative"])
    findings = []
    for target, computed in found.items():
        if target == "denoiser" or (target == "v_prediction" and implementation.dtype == "float32"):
            # In float32 the levels of a path need not be of unit square within the eight units that the scale asks.
            continue
        function = getattr(fields, f"{target}_error_scale")
        if target == "velocity":
            scale = function(alpha=levels["alpha"], half_log_snr_derivative=rate)
        elif target == EDM_OUTPUT:
            scale = function(**levels, sigma_data=implementation.lift(case.sigma_data))
        else:
            scale = function(**levels)
        square = float(lower(scale)) ** 2
        allowed = size_of(floor_truth(case, target), by_norm)[0] + square * (error_size + levels_wrong * error)
        value = float(lower(computed)) - square * error
        findings.append(residual(floor_names(case)[target], value, allowed, implementation, tolerance))
    return tuple(findings)


def near(quantity: str, computed: Any, value: float, rounding: float, implementation: Implementation) -> Finding:
    """Within the accuracy that is stated for expectations of moderate data, and what the other side rounds away."""
    stated = budget.EXPECTATION[implementation.dtype] * (1.0 + abs(value))
    return truncated(quantity, float(np.squeeze(implementation.lower(computed))) - value, stated + rounding)


@law(
    "fields.line_floors_arbiter",
    statement="the mean squared error of a mixture on the line is the enclosed integral of the posterior variance over "
    "p_t, and the floor of EDM's output that times the squared error scale",
    catalogue=("P23", "P24"),
    family="line_edm_field_point",
    route="arbiter",
    expectations=True,
)
def line_floors_arbiter(implementation: Implementation, case: EDMFieldPoint) -> Findings:
    point, names, judged = case.point, floor_names(case), ("denoiser", EDM_OUTPUT)
    name, parameters = path_arguments(point.path)
    with working_precision():
        seen = integrals.on_path(name, parameters, *arguments(point.data), point.t)
        error = integrals.minimum_mean_squared_error(seen)
        alpha, sigma, slope, rise, *_ = paths.methods(name, lift(parameters), lift(point.t))
        size = lift(case.sigma_data)
        exactly = {target: error * twins.error_scale(target, alpha, sigma, slope, rise, size) ** 2 for target in judged}
    return tuple(
        near(names[target], computed, float(exactly[target]), float(exactly[target].rad()), implementation)
        for target, computed in floors(implementation, case, judged).items()
    )


@law(
    "fields.line_floors_are_what_is_left",
    statement="on the line a floor is the target's mean square less that of the exact field, by the trapezoidal rule: "
    "for the noise 1 - sigma^2 J, J the Fisher information",
    catalogue=("P24",),
    family="line_edm_field_point",
    route="quadrature",
    expectations=True,
)
def line_floors_are_what_is_left(implementation: Implementation, case: EDMFieldPoint) -> Findings:
    point, names, lifted = case.point, floor_names(case), implementation.lift
    module = implementation.module.fields
    name, parameters = path_arguments(point.path)
    signal, spread, slope, rise, *_ = paths.methods(name, lift(parameters), lift(point.t))
    alpha, sigma = float(signal), float(spread)
    at = nodes(point.data, alpha, sigma, REFINEMENT)
    shares = point.data.weights * np.exp(-0.5 * at.distances**2) / (at.deviations * np.sqrt(2.0 * np.pi))
    density = at.spacing * shares.sum(axis=1)
    kept = density > 0.0
    data, path = point.data.build(implementation), point.path.build(implementation)
    call = (data, path, lifted(at.places[kept][:, None]), lifted(point.t))
    square = float(point.data.weights @ (point.data.full_covariances()[:, 0, 0] + point.data.means[:, 0] ** 2))
    mean = float(point.data.weights @ point.data.means[:, 0])
    findings = []
    for target, computed in floors(implementation, case).items():
        extra = {"sigma_data": lifted(case.sigma_data)} if target == EDM_OUTPUT else {}
        values = implementation.lower(getattr(module, target)(*call, **extra))[:, 0]
        a, b = (float(each) for each in twins.target(target, signal, spread, slope, rise, lift(case.sigma_data)))
        # About the mean of the target, a E x_0: fewer digits are lost.
        total = a * a * (square - mean * mean) + b * b
        left = total - float((density[kept] * (values - a * mean) ** 2).sum())
        rounding = 1e3 * budget.UNIT_ROUNDOFF[implementation.dtype] * (a * a * square + b * b)
        findings.append(near(names[target], computed, left, rounding, implementation))
    return tuple(findings)
