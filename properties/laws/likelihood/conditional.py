"""Laws of the conditional analysis: a joint Gaussian of (y, x)."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import conditional as twins
from properties.arbiter import distributions as data_twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.integrals import JointStep
from properties.law import law
from properties.laws._compare import normwise, residual, truncated
from properties.laws._data import allowance, judge, path_arguments, size_of, spectral, symmetric, symmetric_findings
from properties.laws.likelihood._terms import gaussian, panels, total_size
from properties.protocol import Findings, Floats, Implementation


def call(implementation: Implementation, case: JointStep) -> tuple[Any, Any]:
    """(joint law, conditional law of y given the observed x)."""
    joint = case.joint.build(implementation)
    observed = implementation.lift(case.observed)
    return joint, implementation.module.likelihood.conditional_law(joint, observed, size=case.size)


def law_truths(case: JointStep) -> tuple[Truth, Truth]:
    """The arbiter's mean and covariance of y given x."""
    parts = truth(twins.law, case.size, *gaussian(case.joint), case.observed.tolist())
    mean, covariance = parts.split(case.size, case.size**2)
    return mean, covariance


def integral(implementation: Implementation, case: JointStep) -> Any:
    """The conditional information integral between the case's times."""
    times = {"t_start": implementation.lift(case.clean), "t_end": implementation.lift(case.noisy)}
    path = case.path.build(implementation)
    joint = case.joint.build(implementation)
    return implementation.module.likelihood.conditional_information_integral(joint, path, size=case.size, **times)


@law(
    "likelihood.conditional_arbiter",
    statement="the law of y given x has the precision that the joint one has for y; I(y; x) and the integral of the "
    "difference of the two mean squared errors are log determinants",
    catalogue=("M24", "M24b"),
    family="joint_step",
    route="arbiter",
)
def conditional_arbiter(implementation: Implementation, case: JointStep) -> Findings:
    joint, conditional = call(implementation, case)
    mean, covariance = law_truths(case)
    matrix = gaussian(case.joint)[1]
    by_norm = spectral(implementation, case.joint)
    information = truth(twins.information, case.size, matrix)
    gain = truth(twins.information_integral, *path_arguments(case.path), case.size, matrix, case.clean, case.noisy)
    computed = implementation.module.likelihood.block_mutual_information(joint, size=case.size)
    return (
        normwise("conditional_law", conditional.mean, mean, implementation),
        normwise("conditional_law", conditional.covariance, covariance, implementation),
        *symmetric_findings("conditional_law", conditional.covariance, implementation, semidefinite=True),
        judge("block_mutual_information", computed, information, implementation, by_norm),
        judge("conditional_information_integral", integral(implementation, case), gain, implementation, by_norm),
    )


def marginal(implementation: Implementation, case: JointStep, *, front: bool) -> tuple[Any, Floats, Floats]:
    """The law of y alone, or of x alone, with its mean and covariance."""
    assert case.joint.covariances is not None
    place = slice(None, case.size) if front else slice(case.size, None)
    mean, covariance = case.joint.means[0][place], case.joint.covariances[0][place, place]
    lift = implementation.lift
    return implementation.module.Gaussian(lift(mean), lift(covariance)), mean, covariance


@law(
    "likelihood.chain_rule",
    statement="log p(y, x) = log p(x) + log p(y | x) at any y, and I(y; x) = h(y) - h(y | x)",
    catalogue=("M24", "M24b"),
    family="moderate_joint_step",
    route="composition",
)
def chain_rule(implementation: Implementation, case: JointStep) -> Findings:
    lift, lower = implementation.lift, implementation.lower
    joint, conditional = call(implementation, case)
    front, back = (marginal(implementation, case, front=side) for side in (True, False))
    y = front[1] + np.sqrt(np.diagonal(front[2])) * np.array([1.0, -0.5, 2.0])[: case.size]
    y = np.asarray(np.asarray(y, dtype=implementation.dtype), dtype=np.float64)
    whole = np.concatenate([y, case.observed])
    logs = [
        float(lower(each.log_prob(lift(place))))
        for each, place in ((joint, whole), (back[0], case.observed), (conditional, y))
    ]
    # The conditional law is right to units of its own, which its density feels as its arguments' rounding.
    sizes = []
    for mean, covariance, place in (
        (*gaussian(case.joint), whole),
        (back[1].tolist(), symmetric(back[2]), case.observed),
        (lower(conditional.mean).tolist(), symmetric(lower(conditional.covariance)), y),
    ):
        density = truth(data_twins.density, "gaussian", [mean, covariance], place.tolist(), 1, 0)
        sizes.append(total_size(density.split(1, len(density.values) - 1)[0], True))
    relative = [
        float(size_of(part, True)[0]) / float(np.linalg.norm(lower(value)))
        for part, value in zip(law_truths(case), (conditional.mean, conditional.covariance), strict=True)
        if np.linalg.norm(lower(value)) > 0.0
    ]
    entropies = [float(lower(each.entropy())) for each in (front[0], conditional)]
    information = float(lower(implementation.module.likelihood.block_mutual_information(joint, size=case.size)))
    own = size_of(truth(twins.information, case.size, gaussian(case.joint)[1]), True)[0]
    scale = sum(np.abs(entropies)) + case.size * (1.0 + max(relative)) * np.linalg.cond(front[2]) + own
    return (
        residual(
            "conditional_law",
            logs[0] - logs[1] - logs[2],
            sizes[0] + sizes[1] + (1.0 + max(relative)) * sizes[2],
            implementation,
            budget.NORMWISE,
        ),
        residual(
            "block_mutual_information",
            entropies[0] - entropies[1] - information,
            scale,
            implementation,
            budget.NORMWISE,
        ),
    )


@law(
    "likelihood.conditional_integral_by_quadrature",
    statement="the conditional information integral is that of the difference of the minimum mean squared errors of y "
    "and of y given x, and over ever more time it tends to I(y; x) from below",
    catalogue=("M24b", "M18"),
    family="moderate_joint_step",
    route="quadrature",
)
def conditional_integral_by_quadrature(implementation: Implementation, case: JointStep) -> Findings:
    fields, lift, lower = implementation.module.fields, implementation.lift, implementation.lower
    _, conditional = call(implementation, case)
    front, _, _ = marginal(implementation, case, front=True)
    path = case.path.build(implementation)
    gain = truth(
        twins.information_integral,
        *path_arguments(case.path),
        case.size,
        gaussian(case.joint)[1],
        case.clean,
        case.noisy,
    )
    sums, terms = [], 0.0
    for width in (1.0, 0.5):
        places, weights = panels(implementation, _Joint(case), case.clean, case.noisy, width)
        errors = [lower(fields.minimum_mean_squared_error(each, path, lift(places))) for each in (front, conditional)]
        sums.append(float(weights @ (errors[0] - errors[1])))
        terms = float(weights @ (errors[0] + errors[1]))
    computed = float(lower(integral(implementation, case)))
    whole = float(
        lower(
            implementation.module.likelihood.block_mutual_information(case.joint.build(implementation), size=case.size)
        )
    )
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    condition = float(np.linalg.cond(case.joint.full_covariances()[0]))
    rounding = unit * terms * condition + float(allowance(gain, implementation, True)[0])
    excess = max(computed - whole, 0.0)
    return (
        truncated("conditional_information_integral", computed - sums[1], abs(sums[1] - sums[0]) + rounding),
        truncated("block_mutual_information", excess, rounding + unit * condition * (1.0 + whole)),
    )


class _Joint:
    """The joint law in the place of a case's data."""

    def __init__(self, case: JointStep) -> None:
        self.path, self.data = case.path, case.joint
