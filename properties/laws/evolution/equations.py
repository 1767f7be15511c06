"""Laws of the equations of motion: each its formula, and the rates of any law on any path obey them."""

from __future__ import annotations

import numpy as np

from properties import budget
from properties.arbiter import evolution as twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import truth
from properties.cases.evolution import RatePoint
from properties.cases.families import FieldPoint
from properties.law import law
from properties.laws._compare import entrywise, residual
from properties.laws._data import size_of
from properties.laws._evolution import Moving
from properties.laws._fields import all_truths, conditions
from properties.laws._measured import vanishes
from properties.laws.evolution._rates import NAMES, truths
from properties.protocol import Finding, Findings, Implementation


@law(
    "evolution.pointwise_arbiter",
    statement="the Fokker-Planck equation of log p and that of its score, and the continuity equation, are their "
    "formulas",
    catalogue=("P26", "P27", "M33"),
    family="rate_point",
    route="arbiter",
)
def pointwise_arbiter(implementation: Implementation, case: RatePoint) -> Findings:
    module, lift = implementation.module.evolution, implementation.lift
    score, hessian, x = lift(case.score), lift(case.hessian), lift(case.x)
    coefficients = {"drift": lift(case.drift), "diffusion_squared": lift(case.diffusion_squared)}
    numbers = (case.x.tolist(), case.drift, case.diffusion_squared)
    return (
        entrywise(
            "evolution.fokker_planck_rate",
            module.fokker_planck_rate(score, lift(case.laplacian), x, **coefficients),
            truth(twins.fokker_planck_rate, case.score.tolist(), case.laplacian, *numbers),
            implementation,
        ),
        entrywise(
            "evolution.score_fokker_planck_rate",
            module.score_fokker_planck_rate(score, hessian, lift(case.laplacian_gradient), x, **coefficients),
            truth(
                twins.score_fokker_planck_rate,
                case.score.tolist(),
                case.hessian.tolist(),
                case.laplacian_gradient.tolist(),
                *numbers,
            ),
            implementation,
        ),
        entrywise(
            "evolution.continuity_rate",
            module.continuity_rate(score, lift(case.velocity), lift(case.velocity_divergence)),
            truth(twins.continuity_rate, case.score.tolist(), case.velocity.tolist(), case.velocity_divergence),
            implementation,
        ),
    )


class Seen:
    """Everything that the equations of motion join at a case, each with what it may be wrong by."""

    def __init__(self, implementation: Implementation, case: FieldPoint) -> None:
        lift, lower, size = implementation.lift, implementation.lower, case.data.size
        module, path = implementation.module, case.path.build(implementation)
        data, x, t = case.data.build(implementation), lift(case.x), lift(case.t)
        wrong, known, fields = conditions(case.path, case.t), truths(case), all_truths(case)
        at = Moving(implementation, case)
        constant = (budget.NORMWISE if size > 1 else budget.ENTRYWISE).constant
        self.size, self.x = size, x
        self.coefficients = {name: getattr(path, name)(t) for name in ("drift", "diffusion_squared")}
        self.values = {name: getattr(module.evolution, name)(data, path, x, t) for name in NAMES}
        self.values |= {
            "score": at.marginal(at.t).score(x),
            "hessian": at.marginal(at.t).hessian(x),
            "velocity": module.fields.velocity(data, path, x, t),
            **self.coefficients,
        }
        self.lowered = {name: lower(value) for name, value in self.values.items()}
        units = constant * budget.UNIT_ROUNDOFF[implementation.dtype]
        self.errors = {name: size_of(known[name], size > 1) for name in NAMES}
        self.errors |= {
            "score": at.score_error / units,
            "hessian": at.hessian_error.ravel() / units,
            "velocity": size_of(fields["velocity"], size > 1),
            **{name: np.array([wrong[name] * abs(float(self.lowered[name]))]) for name in self.coefficients},
        }

    def number(self, name: str, place: int = 0) -> Measured:
        """One entry of a quantity and its allowance."""
        value = as_measured(float(np.ravel(self.lowered[name])[place]))
        return Measured(value.value, as_measured(float(self.errors[name][place])).value)

    def vector(self, name: str) -> list[Measured]:
        """All entries of a quantity."""
        return [self.number(name, place) for place in range(np.size(self.lowered[name]))]


def _plus_own_rounding(total: Measured, terms: list[Measured]) -> Measured:
    """The pointwise function under judgment may round every one of its terms."""
    sizes = sum((abs(term.value) for term in terms), as_measured(0.0).value)
    return Measured(total.value, total.allowance + sizes)


@law(
    "evolution.equations_of_motion",
    statement="d log p/dt is what the Fokker-Planck equation and the continuity equation make of score, Laplacian and "
    "velocity; ds/dt what the score's own equation makes of score, hessian and the Laplacian's gradient",
    catalogue=("P26", "P27", "M33"),
    family="evolving_point",
    route="composition",
)
@precisely
def equations_of_motion(implementation: Implementation, case: FieldPoint) -> Findings:
    module, seen = implementation.module.evolution, Seen(implementation, case)
    values, size = seen.values, seen.size
    place = [as_measured(float(v)) for v in case.x]
    drift, half = seen.number("drift"), as_measured(0.5) * seen.number("diffusion_squared")
    score, velocity, gradient = seen.vector("score"), seen.vector("velocity"), seen.vector("laplacian_gradient")
    hessian, rate, turn = seen.vector("hessian"), seen.number("log_density_rate"), seen.vector("score_rate")
    tolerance = budget.NORMWISE if size > 1 else budget.ENTRYWISE

    diffused = [half * seen.number("laplacian"), *(half * s.square() for s in score)]
    transported = [as_measured(-size) * drift, *(-drift * x * s for x, s in zip(place, score, strict=True))]
    carried = [-seen.number("velocity_divergence"), *(-v * s for v, s in zip(velocity, score, strict=True))]
    findings: list[Finding] = []
    for name, returned, terms in (
        (
            "fokker_planck_rate",
            module.fokker_planck_rate(values["score"], values["laplacian"], seen.x, **seen.coefficients),
            diffused + transported,
        ),
        (
            "continuity_rate",
            module.continuity_rate(values["score"], values["velocity"], values["velocity_divergence"]),
            carried,
        ),
    ):
        total = _plus_own_rounding(sum(terms[1:], terms[0]), terms)
        difference = Measured(as_measured(float(implementation.lower(returned))).value, total.allowance) - rate
        findings += [
            vanishes(quantity, difference, implementation, size=rate, tolerance=tolerance)
            for quantity in (f"evolution.{name}", "evolution.log_density_rate")
        ]
    computed = implementation.lower(
        module.score_fokker_planck_rate(
            values["score"], values["hessian"], values["laplacian_gradient"], seen.x, **seen.coefficients
        )
    )
    differences = []
    for i in range(size):
        row = hessian[i * size : (i + 1) * size]
        terms = [half * gradient[i], -drift * score[i]]
        terms += [as_measured(2.0) * half * h * s for h, s in zip(row, score, strict=True)]
        terms += [-drift * h * x for h, x in zip(row, place, strict=True)]
        total = _plus_own_rounding(sum(terms[1:], terms[0]), terms)
        differences.append(Measured(as_measured(float(computed[i])).value, total.allowance) - turn[i])
    findings += [
        vanishes(quantity, differences, implementation, tolerance=tolerance)
        for quantity in ("evolution.score_fokker_planck_rate", "evolution.score_rate")
    ]
    return tuple(findings)


@law(
    "evolution.velocity_is_not_unique",
    statement="adding the field c/p to the velocity moves no density: div(p w) = 0",
    catalogue=("P27",),
    family="rate_point",
    route="closed form",
)
@precisely
def velocity_is_not_unique(implementation: Implementation, case: RatePoint) -> Findings:
    module, lift = implementation.module.evolution, implementation.lift
    # At the place in question c/p is a vector w, and its divergence is -w.s.
    moved = implementation.lower(lift(case.velocity + np.arange(1.0, len(case.x) + 1.0)))
    work = as_measured(0.0).value
    for after, before, slope in zip(moved, case.velocity, case.score, strict=True):
        work += (as_measured(float(after)).value - as_measured(float(before)).value) * as_measured(float(slope)).value
    divergence = implementation.lower(lift(case.velocity_divergence - float(work.mid())))
    rates = [
        float(implementation.lower(module.continuity_rate(lift(case.score), lift(velocity), lift(spreading))))
        for velocity, spreading in ((case.velocity, case.velocity_divergence), (moved, divergence))
    ]
    scale = 2.0 * (
        (np.abs(case.velocity) + np.abs(moved)) @ np.abs(case.score)
        + abs(case.velocity_divergence)
        + abs(float(divergence))
    )
    return (residual("evolution.continuity_rate", rates[1] - rates[0], scale, implementation),)
