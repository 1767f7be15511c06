"""Laws of evolution in time: the densities along a path and the fields that move them."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import distributions, paths
from properties.arbiter.numbers import truth
from properties.cases.families import FieldPoint, PathPair
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import allowance, arguments, path_arguments, size_of, smallest_scale
from properties.laws._differences import differentiated, jacobian, step_for, time_derivative, time_scale
from properties.laws._fields import all_truths, conditions
from properties.protocol import Findings, Floats, Implementation


class Moving:
    """A law on a path at a case: its fields there, the rounding they may have, and d log p/dt by differences."""

    def __init__(self, implementation: Implementation, case: FieldPoint) -> None:
        lower, lift, size = implementation.lower, implementation.lift, case.data.size
        self.implementation, self.case, self.size = implementation, case, size
        self.data, self.path = case.data.build(implementation), case.path.build(implementation)
        self.x, self.t = lift(case.x), lift(case.t)
        names = ("alpha", "sigma", "alpha_derivative", "sigma_derivative", "drift", "diffusion_squared")
        self.levels = [float(lower(getattr(self.path, name)(self.t))) for name in names]
        self.alpha, self.sigma, *_, self.drift, self.diffusion = self.levels
        marginal = self.marginal(self.t)
        self.score, self.hessian = lower(marginal.score(self.x)), lower(marginal.hessian(self.x))
        values = truth(distributions.density, *arguments(case.data), case.x.tolist(), self.alpha, self.sigma).split(
            1, size, size * size
        )
        wrong = conditions(case.path, case.t)
        # The levels may be wrong by units of their own, which the fields feel as their own arguments' rounding.
        grown = 1.0 + max(wrong["alpha"], wrong["sigma"])
        self.log_prob_error, self.score_error, hessian_error = (
            grown * allowance(part, implementation, size > 1) for part in values
        )
        self.hessian_error = hessian_error.reshape(size, size)
        unit = budget.ENTRYWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
        self.drift_error = unit * wrong["drift"] * abs(self.drift)
        self.diffusion_error = unit * wrong["diffusion_squared"] * abs(self.diffusion)

    def marginal(self, t: Any) -> Any:
        return self.data.diffuse(self.path.alpha(t), self.path.sigma(t))

    def log_prob_derivative(self) -> tuple[Floats, Floats]:
        """D log p_t(x)/dt and its bound."""
        length = time_scale(self.case.path, self.case.t, self.levels[:4])
        return time_derivative(
            self.implementation,
            lambda times: self.marginal(times).log_prob(self.x),
            self.case.t,
            length,
            self.log_prob_error[0],
        )

    @property
    def rate(self) -> float:
        """How fast log p changes where nothing cancels: once in the levels' own time for every dimension."""
        return self.size / time_scale(self.case.path, self.case.t, self.levels[:4])

    @property
    def length(self) -> float:
        return smallest_scale(self.case.data, self.alpha, self.sigma)


@law(
    "fields.fokker_planck",
    statement="d log p/dt = -f d - f x.s + g^2/2 (tr H + |s|^2): the Fokker-Planck equation of the path",
    catalogue=("P26", "M33"),
    family="moderate_field_point",
    route="finite difference",
)
def fokker_planck(implementation: Implementation, case: FieldPoint) -> Findings:
    at = Moving(implementation, case)
    derivative, bound = at.log_prob_derivative()
    pull, trace, square = case.x @ at.score, np.trace(at.hessian), at.score @ at.score
    terms = np.array([-at.drift * at.size, -at.drift * pull, 0.5 * at.diffusion * trace, 0.5 * at.diffusion * square])
    rounding = (
        at.drift_error * (at.size + abs(pull))
        + abs(at.drift) * (np.abs(case.x) @ at.score_error)
        + 0.5 * at.diffusion_error * abs(trace + square)
        + 0.5 * at.diffusion * (np.trace(at.hessian_error) + 2.0 * np.abs(at.score) @ at.score_error)
        + 1e-15 * np.abs(terms).sum()
    )
    error = terms.sum() - derivative
    return (
        differentiated(
            "score and hessian",
            error,
            np.asarray(bound + rounding),
            max(float(np.abs(terms).sum()), at.rate),
            implementation,
        ),
    )


@law(
    "fields.continuity",
    statement="d log p/dt = -div v - v.s: the velocity carries the densities along",
    catalogue=("P27",),
    family="moderate_field_point",
    route="finite difference",
)
def continuity(implementation: Implementation, case: FieldPoint) -> Findings:
    at, fields, lower = Moving(implementation, case), implementation.module.fields, implementation.lower
    derivative, bound = at.log_prob_derivative()
    velocity_error = allowance(all_truths(case)["velocity"], implementation, at.size > 1)
    slopes, slopes_bound = jacobian(
        implementation,
        lambda places: fields.velocity(at.data, at.path, places, at.t),
        case.x,
        step_for(implementation, at.length),
        velocity_error,
    )
    velocity = lower(fields.velocity(at.data, at.path, at.x, at.t))
    terms = np.append(-np.diagonal(slopes), -velocity * at.score)
    rounding = (
        np.trace(slopes_bound)
        + np.abs(velocity) @ at.score_error
        + np.abs(at.score) @ velocity_error
        + 1e-15 * np.abs(terms).sum()
    )
    error = terms.sum() - derivative
    return (
        differentiated(
            "velocity", error, np.asarray(bound + rounding), max(float(np.abs(terms).sum()), at.rate), implementation
        ),
    )


@law(
    "fields.path_equivalence",
    statement="at equal half log-SNR two paths have one denoiser, and scores in the ratio of the paths' scales",
    catalogue=("P25",),
    family="path_pair",
    route="composition",
)
def path_equivalence(implementation: Implementation, case: PathPair) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path, other = (spec.build(implementation) for spec in (case.data, case.path, case.other))
    x, t = lift(case.x), lift(case.t)
    time, scale = (getattr(module.paths, name)(path, other, t) for name in ("equivalent_time", "equivalent_scale"))
    image = x * scale
    first = FieldPoint(case.path, case.data, case.x, case.t)
    second = FieldPoint(case.other, case.data, lower(image), float(lower(time)))
    results, sizes = [], []
    for each, owner, place, moment in ((first, path, x, t), (second, other, image, time)):
        fields = (getattr(module.fields, name)(data, owner, place, moment) for name in ("denoiser", "score"))
        results.append([lower(field) for field in fields])
        truths = all_truths(each)
        sizes.append([size_of(truths[name], True) for name in ("denoiser", "score")])
    # The other time and scale are right to units of their own, which the second fields feel as arguments' rounding.
    units = [
        truth(twin, *path_arguments(case.path), *path_arguments(case.other), case.t)
        for twin in (paths.equivalent_time, paths.equivalent_scale)
    ]
    grown = 1.0 + sum(value.kappas[0] / value.magnitudes[0] + 1.0 for value in units)
    factor = float(lower(scale))
    return (
        residual(
            "denoiser",
            results[0][0] - results[1][0],
            sizes[0][0] + grown * sizes[1][0],
            implementation,
            budget.NORMWISE,
        ),
        residual(
            "score",
            results[0][1] - factor * results[1][1],
            sizes[0][1] + factor * grown * sizes[1][1],
            implementation,
            budget.NORMWISE,
        ),
    )
