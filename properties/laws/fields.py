"""Laws of the analytic fields along a path."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import fields as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.families import FieldPoint
from properties.law import law
from properties.laws import _edm, _evolution, _floors, _labels
from properties.laws._compare import residual
from properties.laws._data import (
    allowance,
    arguments,
    judge,
    path_arguments,
    size_of,
    smallest_scale,
    spectral,
    symmetric_findings,
    vanishing,
)
from properties.laws._differences import differentiated, jacobian, step_for
from properties.laws._fields import all_truths, call, conditions, judged_by_norm, levels
from properties.protocol import Finding, Findings, Implementation

__all__ = ["_edm", "_evolution", "_floors", "_labels"]


@law(
    "fields.arbiter",
    statement="score, noise, denoiser, velocity, v, posterior covariance and denoiser Jacobian along a path are exact",
    catalogue=("P20", "P21", "P22", "M30", "M31"),
    family="field_point",
    route="arbiter",
)
def arbiter(implementation: Implementation, case: FieldPoint) -> Findings:
    alpha, sigma = levels(implementation, case)
    factors = {"posterior_covariance": 1.0, "denoiser_jacobian": alpha / sigma**2}
    findings: list[Finding] = []
    for name, part in all_truths(case).items():
        returned = call(implementation, name, case)
        floor = vanishing(case.data, implementation, 2) * factors.get(name, 0.0)
        by_norm = judged_by_norm(implementation, name, case)
        findings.append(judge(name, returned, part, implementation, by_norm, floor))
        if name in ("posterior_covariance", "denoiser_jacobian"):
            findings += symmetric_findings(name, returned, implementation, semidefinite=True)
    return tuple(findings)


@law(
    "fields.third_cumulant_arbiter",
    statement="the posterior's third cumulant is the third central moment of the components' posteriors",
    catalogue=("P21",),
    family="field_point",
    route="arbiter",
)
def third_cumulant_arbiter(implementation: Implementation, case: FieldPoint) -> Findings:
    values = truth(twins.third_cumulant, *path_arguments(case.path), *arguments(case.data), case.x.tolist(), case.t)
    returned = call(implementation, "posterior_third_cumulant", case)
    floor = vanishing(case.data, implementation, 3)
    return (judge("posterior_third_cumulant", returned, values, implementation, case.data.size > 1, floor),)


def floor_truth(case: FieldPoint) -> Truth:
    """The arbiter's minimum mean squared error."""
    covariance = arguments(case.data)[1][1]
    return truth(twins.minimum_mean_squared_error, *path_arguments(case.path), covariance, case.t)


def floor(implementation: Implementation, case: FieldPoint) -> Any:
    """fields.minimum_mean_squared_error(data, path, t)."""
    data, path = case.data.build(implementation), case.path.build(implementation)
    return implementation.module.fields.minimum_mean_squared_error(data, path, implementation.lift(case.t))


@law(
    "fields.minimum_mean_squared_error_arbiter",
    statement="the mean squared error of the denoiser of a Gaussian is tr(sigma^2 S V^-1)",
    catalogue=("P24",),
    family="gaussian_field_point",
    route="arbiter",
)
def minimum_mean_squared_error_arbiter(implementation: Implementation, case: FieldPoint) -> Findings:
    by_norm = spectral(implementation, case.data)
    returned = floor(implementation, case)
    return (judge("minimum_mean_squared_error", returned, floor_truth(case), implementation, by_norm),)


@law(
    "fields.minimum_mean_squared_error_is_the_trace",
    statement="the mean squared error of the denoiser of a Gaussian is the trace of its posterior covariance, anywhere",
    catalogue=("P24", "P21"),
    family="gaussian_field_point",
    route="closed form",
)
def minimum_mean_squared_error_is_the_trace(implementation: Implementation, case: FieldPoint) -> Findings:
    covariance = implementation.lower(call(implementation, "posterior_covariance", case))
    difference = implementation.lower(floor(implementation, case)) - np.trace(covariance)
    posterior = size_of(all_truths(case)["posterior_covariance"], True)[0]
    scale = size_of(floor_truth(case), True) + np.sqrt(case.data.size) * posterior
    return (residual("minimum_mean_squared_error", difference, scale, implementation, budget.NORMWISE),)


@law(
    "fields.predictions_agree",
    statement="noise = -sigma score; alpha D = x - sigma noise; velocity = f x - g^2/2 score; "
    "v = alpha noise - sigma D",
    catalogue=("P20",),
    family="field_point",
    route="closed form",
)
def predictions_agree(implementation: Implementation, case: FieldPoint) -> Findings:
    path, lower = case.path.build(implementation), implementation.lower
    t = implementation.lift(case.t)
    alpha, sigma, drift, diffusion = (
        float(lower(getattr(path, name)(t))) for name in ("alpha", "sigma", "drift", "diffusion_squared")
    )
    truths = all_truths(case)
    by_norm = case.data.size > 1
    values = {name: lower(call(implementation, name, case)) for name in truths}
    sizes = {name: size_of(part, by_norm) for name, part in truths.items()}
    place = np.abs(case.x)
    # Levels are the implementation's own, right to some units: each term is counted with what its level multiplies.
    kappas = conditions(case.path, case.t)
    rows: dict[str, tuple[Any, Any]] = {
        "noise": (
            values["noise"] + sigma * values["score"],
            sizes["noise"] + sigma * (sizes["score"] + kappas["sigma"] * np.abs(values["score"])),
        ),
        "denoiser": (
            alpha * values["denoiser"] - case.x + sigma * values["noise"],
            alpha * (sizes["denoiser"] + kappas["alpha"] * np.abs(values["denoiser"]))
            + place
            + sigma * (sizes["noise"] + kappas["sigma"] * np.abs(values["noise"])),
        ),
        "velocity": (
            values["velocity"] - drift * case.x + 0.5 * diffusion * values["score"],
            sizes["velocity"]
            + abs(drift) * kappas["drift"] * place
            + 0.5 * diffusion * (sizes["score"] + kappas["diffusion_squared"] * np.abs(values["score"])),
        ),
    }
    if "v_prediction" in truths:
        rows["v_prediction"] = (
            values["v_prediction"] - alpha * values["noise"] + sigma * values["denoiser"],
            sizes["v_prediction"]
            + alpha * (sizes["noise"] + kappas["alpha"] * np.abs(values["noise"]))
            + sigma * (sizes["denoiser"] + kappas["sigma"] * np.abs(values["denoiser"])),
        )
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    return tuple(residual(name, value, scale, implementation, tolerance) for name, (value, scale) in rows.items())


@law(
    "fields.jacobians",
    statement="denoiser_jacobian is the derivative of the denoiser, and alpha/sigma^2 times the third cumulant that of "
    "the posterior covariance",
    catalogue=("P21", "M31"),
    family="moderate_field_point",
    route="finite difference",
)
def jacobians(implementation: Implementation, case: FieldPoint) -> Findings:
    data, path, size = case.data.build(implementation), case.path.build(implementation), case.data.size
    t, lower, fields = implementation.lift(case.t), implementation.lower, implementation.module.fields
    alpha, sigma = (float(lower(level)) for level in (path.alpha(t), path.sigma(t)))
    truths = all_truths(case)
    cumulant_truth = truth(
        twins.third_cumulant, *path_arguments(case.path), *arguments(case.data), case.x.tolist(), case.t
    )
    by_norm = size > 1
    noise = {name: allowance(part, implementation, by_norm) for name, part in truths.items()}
    step = step_for(implementation, smallest_scale(case.data, alpha, sigma))
    slopes, slopes_bound = jacobian(
        implementation, lambda x: fields.denoiser(data, path, x, t), case.x, step, noise["denoiser"]
    )
    bends, bends_bound = jacobian(
        implementation,
        lambda x: fields.posterior_covariance(data, path, x, t),
        case.x,
        step,
        noise["posterior_covariance"].reshape(size, size),
    )
    own = lower(call(implementation, "denoiser_jacobian", case))
    cumulant = lower(call(implementation, "posterior_third_cumulant", case)) * alpha / sigma**2
    cumulant_noise = allowance(cumulant_truth, implementation, by_norm).reshape((size,) * 3) * alpha / sigma**2
    # A posterior deviation never exceeds sigma/alpha: the sizes that a Jacobian and a cumulant can naturally have.
    jacobian_size = max(float(np.linalg.norm(own)), float(np.linalg.norm(slopes)))
    largest = float(np.linalg.norm(lower(call(implementation, "posterior_covariance", case)), 2))
    cumulant_size = max(float(np.linalg.norm(cumulant)), float(np.linalg.norm(bends)), largest**1.5 * alpha / sigma**2)
    return (
        differentiated(
            "denoiser_jacobian",
            own - slopes,
            slopes_bound + noise["denoiser_jacobian"].reshape(size, size),
            jacobian_size,
            implementation,
        ),
        differentiated(
            "posterior_third_cumulant", cumulant - bends, bends_bound + cumulant_noise, cumulant_size, implementation
        ),
    )
