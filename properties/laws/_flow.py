"""Laws of the exact flow map: a semigroup that pushes marginal to marginal along the velocity."""

from __future__ import annotations

import numpy as np

from properties import budget
from properties.arbiter import reverse as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.families import FieldPoint, FieldStep
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import allowance, arguments, path_arguments, size_of
from properties.laws._differences import differentiated, time_derivative, time_scale
from properties.laws._fields import all_truths
from properties.protocol import Findings, Implementation


def flow_matrix_truth(case: FieldStep, start: float, end: float) -> Truth:
    """The arbiter's flow matrix between two times."""
    covariance = arguments(case.data)[1][1]
    return truth(twins.flow_matrix, *path_arguments(case.path), covariance, start, end)


def norm_size(part: Truth) -> float:
    """||kappa|| + ||f||."""
    return float(size_of(part, True)[0])


@law(
    "reverse.flow_semigroup",
    statement="the flow from noisy to clean passes through every time between, and back is its inverse",
    catalogue=("P54", "P101"),
    family="gaussian_step",
    route="composition",
)
def flow_semigroup(implementation: Implementation, case: FieldStep) -> Findings:
    reverse, lift, lower = implementation.module.reverse, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), case.path.build(implementation)
    # Halving is exact; half the noisy time may lie on either side of the clean one, which is as good.
    start, middle, end = case.noisy, 0.5 * case.noisy, case.clean
    matrices, sizes = {}, {}
    for first, second in ((start, middle), (middle, end), (start, end), (end, start)):
        matrices[first, second] = lower(reverse.flow_matrix(data, path, t_start=lift(first), t_end=lift(second)))
        sizes[first, second] = norm_size(flow_matrix_truth(case, first, second))
    norms = {key: float(np.linalg.norm(matrix)) for key, matrix in matrices.items()}
    identity = np.eye(case.data.size)
    rows = (
        ("semigroup", (middle, end), (start, middle), matrices[start, end], sizes[start, end]),
        ("inverse", (end, start), (start, end), identity, 1.0),
    )
    return tuple(
        residual(
            f"flow_matrix {name}",
            matrices[after] @ matrices[before] - expected,
            norms[after] * sizes[before] + sizes[after] * norms[before] + size,
            implementation,
            budget.NORMWISE,
        )
        for name, after, before, expected, size in rows
    )


@law(
    "reverse.flow_pushes_forward",
    statement="M^T V_start M = V_end, and the flow takes mean to mean: the marginals of the path are carried along",
    catalogue=("P54", "M34"),
    family="gaussian_step",
    route="closed form",
)
def flow_pushes_forward(implementation: Implementation, case: FieldStep) -> Findings:
    reverse, lift, lower = implementation.module.reverse, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), case.path.build(implementation)
    _, (mean, covariance) = arguments(case.data)
    start, end = lift(case.noisy), lift(case.clean)
    matrix = lower(reverse.flow_matrix(data, path, t_start=start, t_end=end))
    size = norm_size(flow_matrix_truth(case, case.noisy, case.clean))
    marginals = [data.diffuse(path.alpha(t), path.sigma(t)) for t in (start, end)]
    before, after = (lower(marginal.covariance) for marginal in marginals)
    size_of_law = case.data.size
    marginal_truths = [
        truth(twins.marginal_at, *path_arguments(case.path), mean, covariance, t).split(size_of_law, size_of_law**2)
        for t in (case.noisy, case.clean)
    ]
    means, errors = ([norm_size(parts[index]) for parts in marginal_truths] for index in (0, 1))
    norm, spread = (float(np.linalg.norm(each)) for each in (matrix, before))
    centre = reverse.flow_map(data, path, marginals[0].mean, t_start=start, t_end=end)
    moved = truth(
        twins.flow_map,
        *path_arguments(case.path),
        mean,
        covariance,
        lower(marginals[0].mean).tolist(),
        case.noisy,
        case.clean,
    )
    return (
        residual(
            "flow_matrix",
            matrix.T @ before @ matrix - after,
            2.0 * norm * spread * size + norm**2 * errors[0] + errors[1],
            implementation,
            budget.NORMWISE,
        ),
        residual(
            "flow_map",
            lower(centre) - lower(marginals[1].mean),
            norm_size(moved) + norm * means[0] + means[1],
            implementation,
            budget.NORMWISE,
        ),
    )


@law(
    "reverse.flow_follows_the_velocity",
    statement="d/dt flow_map at t_end is the velocity there",
    catalogue=("P54", "P20"),
    family="moderate_gaussian_step",
    route="finite difference",
)
def flow_follows_the_velocity(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), case.path.build(implementation)
    x, start, end = lift(case.x), lift(case.noisy), lift(case.clean)
    names = ("alpha", "sigma", "alpha_derivative", "sigma_derivative")
    levels = [float(lower(getattr(path, name)(end))) for name in names]
    _, (mean, covariance) = arguments(case.data)
    flow = truth(twins.flow_map, *path_arguments(case.path), mean, covariance, case.x.tolist(), case.noisy, case.clean)
    noise = allowance(flow, implementation, by_norm=True)
    length = time_scale(case.path, case.clean, levels)
    derivative, bound = time_derivative(
        implementation,
        lambda times: module.reverse.flow_map(data, path, x, t_start=start, t_end=times),
        case.clean,
        length,
        noise,
    )
    moved = module.reverse.flow_map(data, path, x, t_start=start, t_end=end)
    velocity = lower(module.fields.velocity(data, path, moved, end))
    there = FieldPoint(case.path, case.data, lower(moved), case.clean)
    velocity_error = allowance(all_truths(there)["velocity"], implementation, by_norm=True)
    natural = max(float(np.linalg.norm(velocity)), float(np.linalg.norm(lower(moved))) / (2.0 * length))
    return (differentiated("flow_map", velocity - derivative, bound + velocity_error, natural, implementation),)
