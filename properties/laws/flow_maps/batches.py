"""Laws of batches: all times by all places give what each gives alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.cases.families import FieldStep
from properties.law import law
from properties.laws._compare import exact, truncated
from properties.laws._shape import stacked
from properties.laws.flow_maps._call import built, norm
from properties.protocol import Finding, Findings, Implementation

MAPS = {
    "oracle_map": 1,
    "oracle_jacobian": 2,
    "oracle_end_derivative": 1,
    "average_velocity": 1,
}
LOSSES = ("consistency_distillation_loss", "consistency_training_loss", "consistency_training_excess")


@law(
    "flow_maps.batches",
    statement="places at their own times, by a batch of Gaussian laws, give what each gives alone",
    catalogue=("P101", "P104", "P106"),
    family="moderate_map_step",
    route="composition",
)
def batches(implementation: Implementation, case: FieldStep) -> Findings:
    flow_maps, lift, lower = implementation.module.flow_maps, implementation.lift, implementation.lower
    size = case.data.size
    data, path = built(implementation, case)
    both = stacked(implementation, case.data)
    clean, noisy = ([[0.5 * t], [t]] for t in (case.clean, case.noisy))
    many = {"clean": lift(np.array(clean)), "noisy": lift(np.array(noisy))}
    one = {"clean": lift(case.clean), "noisy": lift(case.noisy)}
    places, place = lift(np.stack([-case.x, case.x])[:, None]), lift(case.x)
    findings: list[Finding] = []

    def agree(name: str, batch: Any, alone: Any, rank: int) -> None:
        values, single = lower(batch), lower(alone)
        right = values.shape == (2, 2, *([size] * rank))
        findings.append(exact(f"flow_maps.{name} of a batch", right, shape=values.shape))
        if right:
            unit = budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype]
            # Where a map is the identity its matrix and its losses vanish up to what their terms are rounded by.
            slope = 1.0 + 1.0 / (case.noisy - case.clean)
            reach = (size * unit, norm(case.x) * slope, size * slope)[rank]
            error = norm(values[1, 1] - single)
            findings.append(truncated(f"flow_maps.{name} of a batch", error, unit * (norm(single) + reach)))

    for name, rank in MAPS.items():
        function = getattr(flow_maps, name)
        agree(
            name,
            function(both, path, places, t_start=many["noisy"], t_end=many["clean"]),
            function(data, path, place, t_start=one["noisy"], t_end=one["clean"]),
            rank,
        )
    for name in LOSSES:
        function = getattr(flow_maps, name)
        agree(
            name, function(both, path, **many, t_min=many["clean"]), function(data, path, **one, t_min=one["clean"]), 0
        )
    agree(
        "consistency_function",
        flow_maps.consistency_function(both, path, places, many["noisy"], t_min=many["clean"]),
        flow_maps.consistency_function(data, path, place, one["noisy"], t_min=one["clean"]),
        1,
    )
    agree(
        "consistency_distillation_point",
        flow_maps.consistency_distillation_point(both, path, places, **many),
        flow_maps.consistency_distillation_point(data, path, place, **one),
        1,
    )
    agree(
        "average_velocity_matrix",
        flow_maps.average_velocity_matrix(both, path, t_start=many["noisy"], t_end=many["clean"]),
        flow_maps.average_velocity_matrix(data, path, t_start=one["noisy"], t_end=one["clean"]),
        2,
    )
    return tuple(findings)
