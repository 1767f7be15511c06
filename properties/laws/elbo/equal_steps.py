"""Equal steps of Brownian time that start at the first of them: a sum that misses the entropy by a constant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties.arbiter import bounds as twins
from properties.arbiter import elbo as elbo_twins
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import lift, truth
from properties.cases.bounds import EqualSteps
from properties.law import law
from properties.laws._arguments import in_double
from properties.laws._compare import entrywise, truncated
from properties.laws._data import judge, spectral, symmetric
from properties.protocol import Findings, Floats, Implementation

SMALL_STEPS = (2.0**-6, 2.0**-8)
"""Steps as a share of the smallest variance, in which the defect appears."""

REACH = 4
"""Brownian time covered, in largest variances; the information left beyond is added."""


def _computed(implementation: Implementation, case: EqualSteps) -> Any:
    data = case.data.build(implementation)
    step = implementation.lift(case.step)
    return implementation.module.elbo.equal_step_entropy(data, step=step, count=case.count, weight=case.weight)


def _covariance(case: EqualSteps) -> Floats:
    assert case.data.covariances is not None
    return np.asarray(case.data.covariances[0])


@law(
    "elbo.equal_steps_arbiter",
    statement="The sum over equal steps is its terms one by one, and the defects are (gamma - 1)/2 and gamma/2.",
    catalogue=("M10",),
    family="equal_steps",
    route="arbiter",
)
def equal_steps_arbiter(implementation: Implementation, case: EqualSteps) -> Findings:
    known = truth(twins.equal_step_entropy, case.step, symmetric(_covariance(case)), case.count, case.weight)
    by_norm = spectral(implementation, case.data)
    # A constant: a float64 of the host in every implementation.
    defect, constant = (
        implementation.module.elbo.equal_step_defect(case.weight),
        truth(twins.equal_step_defect, case.weight),
    )
    return (
        judge("elbo.equal_step_entropy", _computed(implementation, case), known, implementation, by_norm),
        entrywise("elbo.equal_step_defect", defect, constant, in_double(implementation)),
    )


@law(
    "elbo.equal_steps_digamma",
    statement="On the line the sum is a difference of digamma functions of the step's share of the variance.",
    catalogue=("M10",),
    family="equal_steps",
    route="closed form",
)
@precisely
def equal_steps_digamma(implementation: Implementation, case: EqualSteps) -> Findings:
    line = replace(
        case,
        data=replace(case.data, means=case.data.means[:, :1], covariances=_covariance(case)[None, :1, :1]),
    )
    known = truth(twins.equal_step_entropy, case.step, symmetric(_covariance(line)), case.count, case.weight)
    step, variance = lift(case.step), lift(float(_covariance(line)[0, 0]))
    value = twins.equal_step_entropy_on_the_line(step, variance, case.count, case.weight)
    in_closed_form = replace(known, values=(value,))
    return (entrywise("elbo.equal_step_entropy", _computed(implementation, line), in_closed_form, implementation),)


@law(
    "elbo.equal_steps_defect",
    statement="With the information left at the end, the sum over ever smaller equal steps tends to the entropy plus "
    "the defect of every dimension, not to the entropy: a quarter of the step leaves less than half of the rest.",
    catalogue=("M10",),
    family="moderate_equal_steps",
    route="composition",
)
@precisely
def equal_steps_defect(implementation: Implementation, case: EqualSteps) -> Findings:
    module, lift_value = implementation.module, implementation.lift
    covariance = _covariance(case)
    eigenvalues = np.linalg.eigvalsh(covariance)
    entropy = elbo_twins.entropy(lift(covariance.tolist()))
    defect = lift(float(module.elbo.equal_step_defect(case.weight)))
    data, path = case.data.build(implementation), module.Brownian()
    rests, limits = [], []
    for share in SMALL_STEPS:
        step = float(2.0 ** np.floor(np.log2(share * eigenvalues[0])))
        count = int(np.ceil(REACH * eigenvalues[-1] / step))
        computed = module.elbo.equal_step_entropy(data, step=lift_value(step), count=count, weight=case.weight)
        left = module.divergences.mutual_information(data, path, lift_value(count * step))
        total = lift(float(implementation.lower(computed))) + lift(float(implementation.lower(left)))
        rests.append(float(total - entropy - defect * len(covariance)))
        # With a = l/step a dimension has 1/(4a) ("time") or -(log a + 1)/(2a) ("snr"), and 1/(4 count) of the tail.
        ratios = eigenvalues / step
        limits.append(float(np.sum((2.0 + np.log(ratios)) / (2.0 * ratios))) + len(covariance) / count)
    falls = abs(rests[1]) - 0.5 * abs(rests[0])
    return (
        truncated("elbo.equal_step_entropy", np.array(rests), np.array(limits)),
        truncated("elbo.equal_step_defect", max(falls, 0.0), 1e-3 * abs(rests[0])),
    )
