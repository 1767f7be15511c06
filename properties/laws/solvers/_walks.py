"""A run on a model that no rule is affine on, and what two ways of the same walk may differ by."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from properties import budget
from properties.cases.solver_runs import SolverRun, SolverSpec, normals
from properties.laws._compare import residual
from properties.laws.solvers._runs import normal_of, sizes_of_terms, worst_condition
from properties.protocol import Finding, Floats, Implementation

OFFSET = 0.5
"""Where the model's denoiser stands at pure noise."""


def bent_model(path: Any, output: str) -> Any:
    """A nonlinear model of arithmetic alone, so that arrays of any library may pass:

        D(x, t) = (alpha/V) x / (1 + x^2/V) + (sigma^2/V)/2,    V = alpha^2 + sigma^2,

    entry by entry. It and its slope are nowhere larger than those of unit Gaussian data of mean 1/2, so that the sizes
    of a rule's terms on that data bound the rule's here, errors and their growth included.
    """

    def model(x: Any, t: Any) -> Any:
        alpha, sigma = path.alpha(t)[..., None], path.sigma(t)[..., None]
        total = alpha * alpha + sigma * sigma
        denoiser = (alpha / total) * x / (1.0 + x * x / total) + OFFSET * (sigma * sigma / total)
        return answer(path, output, denoiser, x, t)

    return model


def answer(path: Any, output: str, denoiser: Any, x: Any, t: Any) -> Any:
    """What a model of that output answers where the denoiser is this, in arrays of any library."""
    if output == "denoiser":
        return denoiser
    sigma = path.sigma(t)[..., None]
    noise = (x - path.alpha(t)[..., None] * denoiser) / sigma
    if output == "noise":
        return noise
    if output == "score":
        return -noise / sigma
    return path.alpha_derivative(t)[..., None] * denoiser + path.sigma_derivative(t)[..., None] * noise


def sampled(implementation: Implementation, case: SolverRun, solver: SolverSpec, x: Floats, **options: Any) -> Floats:
    """`solvers.sample` of a solver on the bent model, with the run's own normals."""
    lift = implementation.lift
    built, path = solver.build(implementation), case.path.build(implementation)
    return implementation.lower(
        implementation.module.solvers.sample(
            built,
            bent_model(path, built.output),
            path,
            lift(x),
            lift(case.times),
            **{"normal": normal_of(case, implementation), **options},
        )
    )


def stepped(implementation: Implementation, case: SolverRun, solver: SolverSpec, x: Floats) -> tuple[list[Any], Any]:
    """(all states, the last memory) of the same run by `step` alone."""
    lift, normal = implementation.lift, normal_of(case, implementation)
    built, path = solver.build(implementation), case.path.build(implementation)
    model = bent_model(path, built.output)
    states, memory = [lift(x)], ()
    for start, end in pairwise(case.times.tolist()):
        noise = normal((built.draws, *np.shape(x))) if built.draws else None
        state, memory = built.step(
            model, path, states[-1], t_start=lift(start), t_end=lift(end), memory=memory, noise=noise
        )
        states.append(state)
    return states, memory


def levels(implementation: Implementation, case: SolverRun) -> tuple[Floats, Floats]:
    """The implementation's own alphas and sigmas at the times."""
    path, times = case.path.build(implementation), implementation.lift(case.times)
    return implementation.lower(path.alpha(times)), implementation.lower(path.sigma(times))


def tolerance(implementation: Implementation, case: SolverRun, solver: SolverSpec, x: Floats) -> Floats:
    """What a walk from the places x (..., d) on the bent model may lose to rounding, place by place, in units of c u:
    the sizes of all its terms, times what the path's levels may be wrong by.
    """
    sizes = sizes_of_terms(replace(case, solver=solver), 1.0)
    source = normals(case.seed, implementation.dtype)
    draws = len(sizes) - 2
    largest = float(np.max(np.abs(source((max(draws, 1) * x.size,))))) if draws else 0.0
    grown = 1.0 + worst_condition(case.path, tuple(case.times.tolist()))
    return np.asarray(grown * (sizes[0] * np.abs(x) + sizes[1] * OFFSET + np.sum(sizes[2:]) * largest))


def same_walk(
    quantity: str, difference: Floats, size: float | Floats, implementation: Implementation, **detail: Any
) -> Finding:
    """Two ways of one walk: their difference, each as wrong as its own terms may make it."""
    units = np.broadcast_to(size, np.shape(difference))
    findings = [
        residual(quantity, error, allowed, implementation, budget.NORMWISE, **detail)
        for error, allowed in zip(np.ravel(difference), np.ravel(units), strict=True)
    ]
    return max(findings, key=lambda finding: finding.measured if finding.measured == finding.measured else np.inf)
