"""Distillation: the loss of an affine student, and the gradients of distribution matching."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import flow_maps as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import rounded
from properties.cases.flow_maps import Generator, Student
from properties.law import law
from properties.laws._compare import truncated
from properties.laws._data import judge, path_arguments, rectangular, symmetric, symmetric_findings
from properties.laws._differences import differentiated, jacobian, step_for
from properties.laws.flow_maps._call import built, gaussian_place, norm, on_map
from properties.laws.flow_maps.consistency import sigma_points
from properties.protocol import Finding, Findings, Implementation


def student_loss(implementation: Implementation, case: Student, *, own: bool) -> Any:
    """The student's loss, on its own law of inputs or on the exact marginal."""
    lift, (data, path) = implementation.lift, built(implementation, case.step)
    start = implementation.module.Gaussian(lift(case.mean), lift(case.covariance)) if own else None
    return implementation.module.flow_maps.knowledge_distillation_loss(
        data,
        path,
        lift(case.matrix),
        lift(case.offset),
        t_start=lift(case.step.noisy),
        t_end=lift(case.step.clean),
        start=start,
    )


def student_truth(case: Student, *, own: bool) -> Truth:
    """Its truth."""
    start = (case.mean.tolist(), symmetric(case.covariance)) if own else (None, None)
    model, times = (rectangular(case.matrix), case.offset.tolist()), (case.step.noisy, case.step.clean)
    return truth(twins.student_loss, *gaussian_place(case.step), *model, *start, *times)


@law(
    "flow_maps.student_arbiter",
    statement="an affine student's mean squared distance from the flow is exact, on any Gaussian inputs",
    catalogue=("P108",),
    family="student",
    route="arbiter",
)
def student_arbiter(implementation: Implementation, case: Student) -> Findings:
    by_norm = case.step.data.size > 1
    return tuple(
        judge(
            "flow_maps.knowledge_distillation_loss",
            student_loss(implementation, case, own=own),
            student_truth(case, own=own),
            implementation,
            by_norm,
        )
        for own in (False, True)
    )


@law(
    "flow_maps.student_is_an_average",
    statement="the student's loss is the average of |G z + b - Psi(z)|^2 over its inputs, and 0 for the flow itself",
    catalogue=("P108",),
    family="student",
    route="cubature",
)
def student_is_an_average(implementation: Implementation, case: Student) -> Findings:
    lift, lower, step = implementation.lift, implementation.lower, case.step
    size = step.data.size
    places = rounded(case.mean + sigma_points(size) @ np.linalg.cholesky(case.covariance).T, implementation.dtype)
    images = lower(on_map(implementation, "oracle_map", step, lift(places), step.noisy, step.clean))
    gaps = places @ case.matrix.T + case.offset - images
    lengths = np.linalg.norm(gaps, axis=-1)
    unit = budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype]
    error = unit * (np.linalg.norm(images, axis=-1) + np.linalg.norm(places, axis=-1) * (1.0 + norm(case.matrix)))
    bound = float(np.mean(2.0 * lengths * error + error**2))
    findings = [
        truncated(
            "flow_maps.knowledge_distillation_loss",
            float(np.mean(lengths**2)) - float(lower(student_loss(implementation, case, own=True))),
            bound,
        )
    ]
    exact_matrix = lower(on_map(implementation, "oracle_jacobian", step, lift(case.mean), step.noisy, step.clean))
    origin = lower(on_map(implementation, "oracle_map", step, lift(np.zeros(size)), step.noisy, step.clean))
    perfect = Student(step, exact_matrix, origin, case.mean, case.covariance)
    spread = norm(case.mean) ** 2 + float(np.trace(case.covariance))
    least = unit**2 * (1.0 + spread) * (1.0 + norm(exact_matrix)) ** 2 + (unit * norm(origin)) ** 2
    loss = float(lower(student_loss(implementation, perfect, own=True)))
    return (*findings, truncated("flow_maps.knowledge_distillation_loss of the flow", loss, least))


def laws_of(implementation: Implementation, case: Generator) -> tuple[Any, Any, Any, Any]:
    """(generator, data, path, t)."""
    lift, pair, make = implementation.lift, case.pair, implementation.module.Gaussian
    laws = (make(lift(pair.mean_p), lift(pair.covariance_p)), make(lift(pair.mean_q), lift(pair.covariance_q)))
    return *laws, case.path.build(implementation), lift(case.t)


def gradient_truths(case: Generator) -> list[Truth]:
    """The two gradients' truths."""
    pair, size = case.pair, len(case.pair.mean_p)
    model = (pair.mean_p.tolist(), symmetric(pair.covariance_p), pair.mean_q.tolist(), symmetric(pair.covariance_q))
    return truth(twins.matching_gradients, *path_arguments(case.path), *model, case.t).split(size, size * size)


@law(
    "flow_maps.matching_arbiter",
    statement="the gradients of the divergence in the generator's mean and covariance are exact, for laws nearly equal "
    "or far apart",
    catalogue=("P109",),
    family="generator",
    route="arbiter",
)
def matching_arbiter(implementation: Implementation, case: Generator) -> Findings:
    flow_maps, place = implementation.module.flow_maps, laws_of(implementation, case)
    by_norm = len(case.pair.mean_p) > 1
    in_mean, in_covariance = gradient_truths(case)
    matrix = flow_maps.distribution_matching_covariance_gradient(*place)
    return (
        judge(
            "flow_maps.distribution_matching_mean_gradient",
            flow_maps.distribution_matching_mean_gradient(*place),
            in_mean,
            implementation,
            by_norm,
        ),
        judge("flow_maps.distribution_matching_covariance_gradient", matrix, in_covariance, implementation, by_norm),
        *symmetric_findings(
            "flow_maps.distribution_matching_covariance_gradient", matrix, implementation, semidefinite=False
        ),
    )


@law(
    "flow_maps.matching_descends",
    statement="the gradients are those of KL(generator_t || data_t) by differences",
    catalogue=("P109",),
    family="moderate_generator",
    route="finite difference",
)
def matching_descends(implementation: Implementation, case: Generator) -> Findings:
    module, lift, lower, size = implementation.module, implementation.lift, implementation.lower, len(case.pair.mean_p)
    generator, data, path, t = laws_of(implementation, case)
    alpha, sigma = path.alpha(t), path.sigma(t)
    noised, pair = data.diffuse(alpha, sigma), case.pair
    values = np.linalg.eigvalsh(pair.covariance_p)
    findings: list[Finding] = []
    names = ("distribution_matching_mean_gradient", "distribution_matching_covariance_gradient")
    gradients = [lower(getattr(module.flow_maps, name)(generator, data, path, t)) for name in names]
    own = float(lower(module.divergences.kl_divergence(generator.diffuse(alpha, sigma), noised)))
    noise = budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype] * (1.0 + own)
    # One direction for each: no entry of either gradient is left out.
    along = rounded(np.linspace(1.0, 2.0, size), implementation.dtype)
    across = np.outer(along, along)
    for name, gradient, direction, length in (
        (names[0], gradients[0], along, float(np.sqrt(values[-1]))),
        (names[1], gradients[1], across, 0.25 * float(values[0]) / norm(across)),
    ):

        def divergence(offsets: Any, direction: Any = direction) -> Any:
            steps = lower(offsets)[:, 0]
            moves = steps.reshape(-1, *([1] * direction.ndim)) * direction
            means = pair.mean_p + (moves if direction.ndim == 1 else np.zeros((len(steps), size)))
            covariances = pair.covariance_p + (moves if direction.ndim == 2 else np.zeros((len(steps), size, size)))
            laws = [lift(rounded(each, implementation.dtype)) for each in (means, covariances)]
            return module.divergences.kl_divergence(module.Gaussian(*laws).diffuse(alpha, sigma), noised)

        rate, bound = jacobian(implementation, divergence, np.zeros(1), step_for(implementation, length), noise)
        value = float(np.sum(gradient * direction))
        findings.append(
            differentiated(
                f"flow_maps.{name}",
                np.asarray(value - rate[0]),
                bound[0] + noise / length,
                abs(value) + (1.0 + own) / length,
                implementation,
            )
        )
    return tuple(findings)


@law(
    "flow_maps.matching_is_an_average",
    statement="the gradients are averages of a sample's gradient over generated points and noise: in the mean, and "
    "twice the covariance's times the factor",
    catalogue=("P109",),
    family="moderate_generator",
    route="cubature",
)
def matching_is_an_average(implementation: Implementation, case: Generator) -> Findings:
    module, lift, lower, size = implementation.module, implementation.lift, implementation.lower, len(case.pair.mean_p)
    generator, data, path, t = laws_of(implementation, case)
    alpha, sigma = path.alpha(t), path.sigma(t)
    normals = sigma_points(2 * size)
    factor = np.linalg.cholesky(case.pair.covariance_p)
    inner = normals[:, :size]
    generated = case.pair.mean_p + inner @ factor.T
    noisy = lift(
        rounded(float(lower(alpha)) * generated + float(lower(sigma)) * normals[:, size:], implementation.dtype)
    )
    fake, real = (law.diffuse(alpha, sigma).score(noisy) for law in (generator, data))
    count = len(normals)
    unit_slopes = np.broadcast_to(np.eye(size), (count, size, size)).copy()
    # x = a + L z: dx_i/dL_kj = (i = k) z_j
    slopes = (np.eye(size)[None, :, :, None] * inner[:, None, None, :]).reshape(count, size, size * size)
    sample = module.flow_maps.distribution_matching_gradient
    in_mean, in_factor = (
        lower(sample(fake, real, lift(rounded(slope, implementation.dtype)), alpha=alpha, weight=lift(1.0))).mean(
            axis=0
        )
        for slope in (unit_slopes, slopes)
    )
    stated = module.flow_maps.distribution_matching_mean_gradient(generator, data, path, t)
    matrix = lower(module.flow_maps.distribution_matching_covariance_gradient(generator, data, path, t))
    unit = budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype]
    pulls = np.linalg.norm(lower(fake), axis=-1) + np.linalg.norm(lower(real), axis=-1)
    # A rounded place meets another score, by its precision times the place's size.
    values = [float(np.linalg.eigvalsh(lower(law.diffuse(alpha, sigma).covariance))[0]) for law in (generator, data)]
    reach = np.linalg.norm(lower(noisy), axis=-1) * sum(1.0 / value for value in values)
    condition = float(np.linalg.cond(lower(data.diffuse(alpha, sigma).covariance)))
    bound = unit * float(lower(alpha)) * float(np.mean(condition * pulls + reach))
    heavy = bound * float(np.max(np.abs(inner), initial=1.0))
    return (
        truncated("flow_maps.distribution_matching_gradient", norm(in_mean - lower(stated)), bound),
        truncated(
            "flow_maps.distribution_matching_gradient in the factor",
            norm(in_factor.reshape(size, size) - 2.0 * matrix @ factor),
            heavy * size,
        ),
    )
