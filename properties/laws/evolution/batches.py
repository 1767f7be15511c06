"""Laws of batches: all times by all places, and batches of laws and models, give what each gives alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.cases.evolution import ModelError
from properties.cases.families import FieldPoint
from properties.law import law
from properties.laws._compare import exact, residual
from properties.laws._data import size_of
from properties.laws._shape import stacked
from properties.laws.evolution._rates import NAMES, VECTORS, call, truths
from properties.laws.evolution.girsanov import rate, rate_truth
from properties.laws.evolution.information import scalar, scalar_truth
from properties.protocol import Finding, Findings, Floats, Implementation


def agree(
    quantity: str,
    batch: Any,
    shape: tuple[int, ...],
    where: tuple[int, ...],
    alone: Any,
    size: Floats,
    by: Implementation,
) -> Findings:
    """A batch of results has the shape, and its entry is what was computed alone, up to the roundings of both."""
    values = by.lower(batch)
    if values.shape != shape:
        return (exact(f"{quantity} of a batch", False, shape=values.shape),)
    difference = np.ravel(values[where] - by.lower(alone))
    return (residual(f"{quantity} of a batch", difference, 2.0 * size, by, budget.NORMWISE),)


@law(
    "evolution.batches",
    statement="places at their own times, by a batch of laws, have the rates that each has alone",
    catalogue=("P26", "P27"),
    family="evolving_point",
    route="composition",
)
def batches(implementation: Implementation, case: FieldPoint) -> Findings:
    module, lift, size = implementation.module.evolution, implementation.lift, case.data.size
    path, both, known = case.path.build(implementation), stacked(implementation, case.data), truths(case)
    times, places = lift(np.array([[0.5 * case.t], [case.t]])), lift(np.stack([-case.x, case.x])[:, None])
    findings: list[Finding] = []
    for name in NAMES:
        tail = (size,) if name in VECTORS else ()
        many = getattr(module, name)(both, path, places, times)
        alone, scale = call(implementation, name, case), size_of(known[name], True)
        findings += agree(f"evolution.{name}", many, (2, 2, *tail), (1, 1), alone, scale, implementation)
    return tuple(findings)


@law(
    "evolution.batches_of_information",
    statement="all times, and a batch of Gaussians, give the information and the rates that each gives alone",
    catalogue=("P28",),
    family="moderate_gaussian_field_point",
    route="composition",
)
def batches_of_information(implementation: Implementation, case: FieldPoint) -> Findings:
    module, lift = implementation.module.evolution, implementation.lift
    path, data, both = (
        case.path.build(implementation),
        case.data.build(implementation),
        stacked(implementation, case.data),
    )
    times = lift(np.array([[0.5 * case.t], [case.t], [0.25 * case.t]]))
    findings: list[Finding] = []
    for name in ("fisher_information", "entropy_rate"):
        alone, scale = scalar(implementation, name, case), size_of(scalar_truth(name, case), True)
        many = getattr(module, name)(both, path, times)
        findings += agree(f"evolution.{name}", many, (3, 2), (1, 1), alone, scale, implementation)
    # A law at no distance from itself, and at the distance of its mirror image from another.
    many = implementation.lower(module.kl_rate(both, data, path, times))
    alone = module.kl_rate(both, data, path, lift(case.t))
    scale = np.abs(implementation.lower(alone)) + size_of(scalar_truth("entropy_rate", case), True)
    findings += agree("evolution.kl_rate", lift(many), (3, 2), (1,), alone, scale, implementation)
    return tuple(findings)


@law(
    "evolution.batches_of_models",
    statement="all times by a batch of models give the rates of divergence that each gives alone",
    catalogue=("P52",),
    family="moderate_model_error",
    route="composition",
)
def batches_of_models(implementation: Implementation, case: ModelError) -> Findings:
    module, lift = implementation.module.evolution, implementation.lift
    data, path = case.data.build(implementation), case.path.build(implementation)
    models = (lift(np.stack([0.0 * case.matrix, case.matrix])), lift(np.stack([case.offset, case.offset])))
    times = lift(np.array([[0.5 * case.noisy], [case.noisy], [case.clean]]))
    many = module.path_divergence_rate(data, path, *models, times)
    alone, scale = rate(implementation, case, lift(case.noisy)), size_of(rate_truth(case), True)
    return agree("evolution.path_divergence_rate", many, (3, 2), (1, 1), alone, scale, implementation)
