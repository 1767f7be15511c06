"""Laws of the reverse processes: the noise-level family, the exact flow of a Gaussian, frozen steps."""

from __future__ import annotations

import numpy as np

from properties import budget
from properties.arbiter import paths
from properties.arbiter import reverse as twins
from properties.arbiter.numbers import truth
from properties.cases.draw import rounded
from properties.cases.families import FieldPoint, FieldStep
from properties.law import law
from properties.laws import _flow, _marginals, _sampler_limits, _sampler_routes, _samplers
from properties.laws._compare import entrywise, normwise, residual
from properties.laws._data import arguments, judge, path_arguments, size_of, symmetric, symmetric_findings
from properties.laws._fields import all_truths
from properties.laws._flow import flow_matrix_truth
from properties.laws._marginals import noise_levels
from properties.protocol import Finding, Findings, Implementation

__all__ = ["_flow", "_marginals", "_sampler_limits", "_sampler_routes", "_samplers"]


@law(
    "reverse.arbiter",
    statement="drift f x - (1 + l^2)/2 g^2 score and diffusion l g of the reverse family are exact",
    catalogue=("P53", "M36"),
    family="field_point",
    route="arbiter",
)
def arbiter(implementation: Implementation, case: FieldPoint) -> Findings:
    reverse, lift = implementation.module.reverse, implementation.lift
    data, path, x, t = case.data.build(implementation), case.path.build(implementation), lift(case.x), lift(case.t)
    findings: list[Finding] = []
    for level in noise_levels(case)[1::3]:
        drift = truth(
            twins.reverse_drift, *path_arguments(case.path), *arguments(case.data), case.x.tolist(), case.t, level
        )
        diffusion = truth(twins.reverse_diffusion, *path_arguments(case.path), case.t, level)
        findings += [
            judge(
                "reverse_drift",
                reverse.reverse_drift(data, path, x, t, noise_level=lift(level)),
                drift,
                implementation,
                case.data.size > 1,
            ),
            entrywise(
                "reverse_diffusion",
                reverse.reverse_diffusion(path, t, noise_level=lift(level)),
                diffusion,
                implementation,
            ),
        ]
    return tuple(findings)


@law(
    "reverse.flow_arbiter",
    statement="flow_matrix is the symmetric square root of V_end V_start^-1, and flow_map moves the mean and the rest",
    catalogue=("P54", "M34"),
    family="gaussian_step",
    route="arbiter",
)
def flow_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    reverse, lift = implementation.module.reverse, implementation.lift
    data, path = case.data.build(implementation), case.path.build(implementation)
    _, (mean, covariance) = arguments(case.data)
    by_norm = case.data.size > 1
    findings: list[Finding] = []
    for start, end in ((case.noisy, case.clean), (case.clean, case.noisy)):
        times = {"t_start": lift(start), "t_end": lift(end)}
        matrix = reverse.flow_matrix(data, path, **times)
        place = truth(twins.flow_map, *path_arguments(case.path), mean, covariance, case.x.tolist(), start, end)
        moved = reverse.flow_map(data, path, lift(case.x), **times)
        findings += [
            judge("flow_matrix", matrix, flow_matrix_truth(case, start, end), implementation, by_norm),
            judge("flow_map", moved, place, implementation, by_norm),
            *symmetric_findings("flow_matrix", matrix, implementation, semidefinite=True),
        ]
    return tuple(findings)


def ddim(case: FieldStep, dtype: str) -> tuple[float, float]:
    """The deterministic DDIM step from noisy to clean in plain floats, rounded to the dtype: x -> p x + q D with
    p = sigma_clean / sigma_noisy and q = alpha_clean - p alpha_noisy. Inputs of a law, not its judge.
    """
    clean, noisy = (truth(paths.levels, *path_arguments(case.path), t).values for t in (case.clean, case.noisy))
    state = clean[1] / noisy[1]
    return float(rounded(float(state.mid()), dtype)), float(rounded(float((clean[0] - state * noisy[0]).mid()), dtype))


@law(
    "reverse.frozen_step_arbiter",
    statement="a step with frozen coefficients is the affine map A = p I + q K, b = q (I - alpha K) mu",
    catalogue=("P58",),
    family="gaussian_step",
    route="arbiter",
)
def frozen_step_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    reverse, lift = implementation.module.reverse, implementation.lift
    data, path, t = case.data.build(implementation), case.path.build(implementation), lift(case.noisy)
    _, (mean, covariance) = arguments(case.data)
    state, gain = ddim(case, implementation.dtype)
    by_norm = case.data.size > 1
    matrix = reverse.frozen_step_matrix(data, path, t, state_coefficient=lift(state), data_coefficient=lift(gain))
    offset = reverse.frozen_step_offset(data, path, t, data_coefficient=lift(gain))
    place = path_arguments(case.path)
    return (
        judge(
            "frozen_step_matrix",
            matrix,
            truth(twins.frozen_step_matrix, *place, covariance, case.noisy, state, gain),
            implementation,
            by_norm,
        ),
        judge(
            "frozen_step_offset",
            offset,
            truth(twins.frozen_step_offset, *place, mean, covariance, case.noisy, gain),
            implementation,
            by_norm,
        ),
    )


@law(
    "reverse.frozen_step_is_the_step",
    statement="the affine map of a frozen step is p x + q D(x) with the denoiser of fields",
    catalogue=("P58",),
    family="gaussian_step",
    route="composition",
)
def frozen_step_is_the_step(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path, t = case.data.build(implementation), case.path.build(implementation), lift(case.noisy)
    _, (mean, covariance) = arguments(case.data)
    state, gain = ddim(case, implementation.dtype)
    coefficients = {"state_coefficient": lift(state), "data_coefficient": lift(gain)}
    matrix = lower(module.reverse.frozen_step_matrix(data, path, t, **coefficients))
    offset = lower(module.reverse.frozen_step_offset(data, path, t, data_coefficient=lift(gain)))
    denoiser = lower(module.fields.denoiser(data, path, lift(case.x), t))
    place = path_arguments(case.path)
    sizes = [
        float(np.linalg.norm(size_of(part, True)[:1]))
        for part in (
            truth(twins.frozen_step_matrix, *place, covariance, case.noisy, state, gain),
            truth(twins.frozen_step_offset, *place, mean, covariance, case.noisy, gain),
            all_truths(FieldPoint(case.path, case.data, case.x, case.noisy))["denoiser"],
        )
    ]
    length = float(np.linalg.norm(case.x))
    scale = sizes[0] * length + sizes[1] + abs(gain) * sizes[2] + abs(state) * length
    value = matrix @ case.x + offset - state * case.x - gain * denoiser
    return (residual("frozen_step", value, scale, implementation, budget.NORMWISE),)


@law(
    "reverse.propagate_arbiter",
    statement="an affine step moves a mean to A m + b and a covariance to A C A^T + v I, exactly symmetric",
    catalogue=("P58",),
    family="gaussian_step",
    route="arbiter",
)
def propagate_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    reverse, lift, size = implementation.module.reverse, implementation.lift, case.data.size
    assert case.data.covariances is not None
    covariance, mean = case.data.covariances[0], case.data.means[0]
    state, gain = ddim(case, implementation.dtype)
    # No symmetric map: its transpose must be told from itself.
    matrix = rounded(np.outer(np.arange(1.0, size + 1.0), case.x) + state * np.eye(size), implementation.dtype)
    variance = abs(gain) / 4.0
    returned = reverse.propagate_covariance(lift(matrix), lift(covariance), lift(variance))
    arguments_of_covariance = (matrix.tolist(), symmetric(covariance), variance)
    return (
        normwise(
            "propagate_mean",
            reverse.propagate_mean(lift(matrix), lift(case.x), lift(mean)),
            truth(twins.propagate_mean, matrix.tolist(), case.x.tolist(), mean.tolist()),
            implementation,
        ),
        normwise(
            "propagate_covariance",
            returned,
            truth(twins.propagate_covariance, *arguments_of_covariance),
            implementation,
        ),
        *symmetric_findings("propagate_covariance", returned, implementation, semidefinite=True),
    )


@law(
    "reverse.ddim_factor",
    statement="one DDIM step multiplies a centred Gaussian by (sigma_c sigma_n + alpha_c alpha_n S) V_n^-1, so its "
    "variance falls short of the flow's by cos^2 of the angle between the levels",
    catalogue=("P60", "P58"),
    family="moderate_gaussian_step",
    route="closed form",
)
def ddim_factor(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), case.path.build(implementation)
    noisy, clean = lift(case.noisy), lift(case.clean)
    state, gain = ddim(case, implementation.dtype)
    matrix = lower(
        module.reverse.frozen_step_matrix(data, path, noisy, state_coefficient=lift(state), data_coefficient=lift(gain))
    )
    flow = lower(module.reverse.flow_matrix(data, path, t_start=noisy, t_end=clean))
    alpha, sigma = ([float(lower(level(t))) for t in (clean, noisy)] for level in (path.alpha, path.sigma))
    assert case.data.covariances is not None
    values, basis = np.linalg.eigh(case.data.covariances[0])
    angles = [np.arctan2(s, a * np.sqrt(values)) for a, s in zip(alpha, sigma, strict=True)]
    expected = (basis * np.cos(angles[1] - angles[0])) @ basis.T @ flow
    _, (_, covariance) = arguments(case.data)
    place = path_arguments(case.path)
    step = truth(twins.frozen_step_matrix, *place, covariance, case.noisy, state, gain)
    # p and q were rounded, and so were the levels behind the angles: both as conditioned as the step is on them.
    scale = 4.0 * size_of(step, True) + size_of(flow_matrix_truth(case, case.noisy, case.clean), True)
    return (
        residual("frozen_step_matrix", matrix - expected, scale.reshape(matrix.shape), implementation, budget.NORMWISE),
    )
