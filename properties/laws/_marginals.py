"""Laws of the reverse family: every noise level keeps every marginal of the path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import reverse as twins
from properties.arbiter import transitions as bridge_twins
from properties.arbiter.numbers import truth
from properties.cases.draw import rounded
from properties.cases.families import FieldPoint, FieldStep
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import arguments, path_arguments, size_of
from properties.laws._differences import differentiated, jacobian, step_for
from properties.laws._evolution import Moving
from properties.laws._fields import conditions
from properties.protocol import Finding, Findings, Floats, Implementation


def noise_levels(case: FieldPoint) -> tuple[float, ...]:
    """0 (the probability flow), 1/2, 1 (Anderson), 2, and one of the case's own: its time folded into [0.25, 3)."""
    own = float(rounded(0.25 + case.t % 2.75, "float32"))
    return (0.0, 0.5, 1.0, 2.0, own)


def drift_sizes(case: FieldPoint, x: Floats) -> Callable[[float], Floats]:
    """Kappa + |f| of the reverse drift at x for any noise level, from the arbiter at 0 and 1.

    The drift at level l is (1 - l^2) drift_0 + l^2 drift_1, and its derivative in l is 2 l (drift_1 - drift_0).
    """
    parts = [
        truth(twins.reverse_drift, *path_arguments(case.path), *arguments(case.data), x.tolist(), case.t, level)
        for level in (0, 1)
    ]
    first, second = (size_of(part, len(x) > 1) for part in parts)
    return lambda level: abs(1.0 - level**2) * first + level**2 * second + 2.0 * level**2 * (first + second)


@law(
    "reverse.moments",
    statement="with A and b read off reverse_drift on basis vectors, dV/dt = A V + V A^T - l^2 g^2 I and "
    "dm/dt = A m + b for every noise level l",
    catalogue=("P53", "M36", "P8"),
    family="moderate_gaussian_field_point",
    route="closed form",
)
def moments(implementation: Implementation, case: FieldPoint) -> Findings:
    reverse, lift, lower, size = (
        implementation.module.reverse,
        implementation.lift,
        implementation.lower,
        case.data.size,
    )
    data, path, t = case.data.build(implementation), case.path.build(implementation), lift(case.t)
    names = ("alpha", "sigma", "alpha_derivative", "sigma_derivative")
    alpha, sigma, slope, rise = (float(lower(getattr(path, name)(t))) for name in names)
    assert case.data.covariances is not None
    covariance, mean = case.data.covariances[0], case.data.means[0]
    variance = alpha**2 * covariance + sigma**2 * np.eye(size)
    change = 2.0 * alpha * slope * covariance + 2.0 * sigma * rise * np.eye(size)
    wrong = max(conditions(case.path, case.t).values())
    places = np.concatenate([np.zeros((1, size)), np.eye(size)])
    sizes_at = [drift_sizes(case, place) for place in places]
    findings: list[Finding] = []
    for level in noise_levels(case):
        drifts = lower(reverse.reverse_drift(data, path, lift(places), t, noise_level=lift(level)))
        diffusion = float(lower(reverse.reverse_diffusion(path, t, noise_level=lift(level))))
        offset, matrix = drifts[0], (drifts[1:] - drifts[0]).T
        sizes = [float(np.max(size(level))) for size in sizes_at]
        matrix_size = float(np.hypot.reduce(sizes[1:])) + np.sqrt(size) * sizes[0]
        # The law's own levels are right to some units each; V, dV/dt and l g are counted with them.
        spread, pace = float(np.linalg.norm(variance)), float(np.linalg.norm(matrix))
        covariance_scale = (
            2.0 * matrix_size * spread
            + 2.0 * wrong * pace * spread
            + 2.0 * wrong * (abs(alpha * slope) * np.linalg.norm(covariance) + abs(sigma * rise) * np.sqrt(size)) * 2.0
            + 2.0 * wrong * diffusion**2 * np.sqrt(size)
        )
        centre = float(np.linalg.norm(alpha * mean))
        mean_scale = (
            matrix_size * centre + sizes[0] + 2.0 * wrong * (pace * centre + abs(slope) * float(np.linalg.norm(mean)))
        )
        balance = matrix @ variance + variance @ matrix.T - diffusion**2 * np.eye(size) - change
        drifted = alpha * matrix @ mean + offset - slope * mean
        findings += [
            residual("reverse_drift covariance", balance, covariance_scale, implementation, budget.NORMWISE),
            residual("reverse_drift mean", drifted, mean_scale, implementation, budget.NORMWISE),
        ]
    return tuple(findings)


@law(
    "reverse.marginals",
    statement="d log p/dt = -div a - a.s - l^2 g^2/2 (tr H + |s|^2) with a the reverse drift: every noise level "
    "keeps the marginals of any data law",
    catalogue=("P53", "M36", "P26"),
    family="moderate_field_point",
    route="finite difference",
)
def marginals(implementation: Implementation, case: FieldPoint) -> Findings:
    at, reverse, lift = Moving(implementation, case), implementation.module.reverse, implementation.lift
    derivative, bound = at.log_prob_derivative()
    step = step_for(implementation, at.length)
    curvature = float(np.trace(at.hessian) + at.score @ at.score)
    curvature_error = float(np.trace(at.hessian_error) + 2.0 * np.abs(at.score) @ at.score_error)
    sizes = drift_sizes(case, case.x)
    constant = (budget.NORMWISE if at.size > 1 else budget.ENTRYWISE).constant
    unit = constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    findings: list[Finding] = []
    for level in noise_levels(case):
        noise_level = lift(level)

        def drift(places: Any, noise_level: Any = noise_level) -> Any:
            return reverse.reverse_drift(at.data, at.path, places, at.t, noise_level=noise_level)

        drift_error = unit * sizes(level)
        slopes, slopes_bound = jacobian(implementation, drift, case.x, step, drift_error)
        here = implementation.lower(drift(at.x))
        diffusion = float(implementation.lower(reverse.reverse_diffusion(at.path, at.t, noise_level=noise_level)))
        terms = np.array([-np.trace(slopes), -here @ at.score, -0.5 * diffusion**2 * curvature])
        rounding = (
            np.trace(slopes_bound)
            + np.abs(here) @ at.score_error
            + np.abs(at.score) @ drift_error
            + 0.5 * diffusion**2 * curvature_error
            + 0.5 * level**2 * at.diffusion_error * abs(curvature)
            + 1e-15 * (np.abs(terms).sum() + np.abs(here) @ np.abs(at.score))
        )
        natural = max(float(np.abs(terms).sum()), at.rate)
        error = terms.sum() - derivative
        findings.append(differentiated("reverse_drift", error, np.asarray(bound + rounding), natural, implementation))
    return tuple(findings)


@law(
    "reverse.chain_reaches_the_data",
    statement="one exact ancestral step (bridge weights, bridge variance, and the denoiser's own uncertainty) takes "
    "the noisy marginal to the clean one",
    catalogue=("P39", "P58"),
    family="moderate_gaussian_step",
    route="composition",
)
def chain_reaches_the_data(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    reverse, transitions, size = module.reverse, module.transitions, case.data.size
    data, path = case.data.build(implementation), case.path.build(implementation)
    times = {"clean": lift(case.clean), "noisy": lift(case.noisy)}
    state, weight, variance = (
        getattr(transitions, name)(path, **times)
        for name in ("bridge_state_weight", "bridge_data_weight", "bridge_variance")
    )
    before, after = (data.diffuse(path.alpha(t), path.sigma(t)) for t in (times["noisy"], times["clean"]))
    coefficients = {"state_coefficient": state, "data_coefficient": weight}
    matrix = reverse.frozen_step_matrix(data, path, times["noisy"], **coefficients)
    offset = reverse.frozen_step_offset(data, path, times["noisy"], data_coefficient=weight)
    mean = reverse.propagate_mean(matrix, offset, before.mean)
    covariance = reverse.propagate_covariance(matrix, before.covariance, variance)
    uncertainty = module.fields.posterior_covariance(data, path, lift(case.x), times["noisy"])
    remaining = float(lower(weight)) ** 2 * lower(uncertainty)
    # The arbiter's own step at the implementation's weights; the weights and levels are right to units of their own.
    numbers = [float(lower(value)) for value in (state, weight, variance)]
    _, (mean_argument, covariance_argument) = arguments(case.data)
    place = path_arguments(case.path)
    step = float(
        size_of(truth(twins.frozen_step_matrix, *place, covariance_argument, case.noisy, *numbers[:2]), True)[0]
    )
    drift = float(
        size_of(
            truth(twins.frozen_step_offset, *place, mean_argument, covariance_argument, case.noisy, numbers[1]), True
        )[0]
    )
    weights = truth(bridge_twins.scalars, *place, case.clean, case.noisy)
    wrong = max((k + f) / f for k, f in zip(weights.kappas[2:], weights.magnitudes[2:], strict=True))
    wrong = (
        1.0 + wrong + max(conditions(case.path, case.noisy).values()) + max(conditions(case.path, case.clean).values())
    )
    spread, norm = (float(np.linalg.norm(lower(each))) for each in (before.covariance, matrix))
    covariance_scale = wrong * (
        2.0 * step * norm * spread
        + numbers[2] * np.sqrt(size)
        + 2.0 * float(np.linalg.norm(remaining))
        + norm**2 * spread
    )
    mean_scale = wrong * (
        step * float(np.linalg.norm(lower(before.mean))) + drift + float(np.linalg.norm(lower(after.mean)))
    )
    balance = lower(covariance) + remaining - lower(after.covariance)
    return (
        residual("propagate_covariance", balance, covariance_scale, implementation, budget.NORMWISE),
        residual("propagate_mean", lower(mean) - lower(after.mean), mean_scale, implementation, budget.NORMWISE),
    )
