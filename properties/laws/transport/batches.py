"""Laws of batches: pairs of laws by times and places give what each gives alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.cases.transport import TransportPair
from properties.law import law
from properties.laws.evolution.batches import agree
from properties.laws.transport._pairs import (
    Pair,
    bridge_truths,
    energy_truths,
    interpolation_truths,
    norm_size,
    optimal_truths,
)
from properties.protocol import Finding, Findings, Floats, Implementation


@law(
    "transport.batches",
    statement="batches of pairs of laws, of times and of places give what each gives alone",
    catalogue=("P95", "P96", "P98"),
    family="moderate_transport_pair",
    route="composition",
)
def batches(implementation: Implementation, case: TransportPair) -> Findings:
    at, lift, size = Pair(implementation, case), implementation.lift, case.size
    make = implementation.module.Gaussian

    def doubled(mean: Floats, covariance: Floats) -> Any:
        return make(lift(np.stack([-0.5 * mean, mean])), lift(np.stack([0.25 * covariance, covariance])))

    both = (
        doubled(case.mean_first, case.covariance_first),
        doubled(case.mean_second, case.covariance_second),
    )
    places = lift(np.stack([-case.x, case.x]))
    times = lift(np.array([[0.5 * case.t], [case.t], [0.25 * case.t]]))
    end, option = at.t_end, {"variance": at.variance}
    optimal, flow, bridge, energy = (
        optimal_truths(case),
        interpolation_truths(case),
        bridge_truths(case),
        energy_truths(case),
    )
    vectors, matrices = (size,), (size, size)
    rows: tuple[tuple[str, tuple[Any, ...], tuple[Any, ...], dict[str, Any], tuple[int, ...], Any], ...] = (
        ("optimal_transport_matrix", (), (), {}, matrices, optimal[0]),
        ("optimal_transport_map", (places,), (at.x,), {}, vectors, optimal[1]),
        ("displacement_velocity", (places, times), (at.x, at.t), {}, vectors, optimal[4]),
        ("interpolation_velocity", (places, times), (at.x, at.t), {}, vectors, flow[2]),
        ("reflow_velocity", (places, times), (at.x, at.t), {}, vectors, flow[5]),
        ("entropic_cross_covariance", (), (), option, matrices, bridge[0]),
        ("schroedinger_bridge_drift", (places, times), (at.x, at.t), option, vectors, bridge[3]),
        *(
            (name, (), (), {}, (), known)
            for name, known in zip(("flow_displacement", "kinetic_energy", "coupling_energy"), energy, strict=True)
        ),
    )
    findings: list[Finding] = []
    for name, many, single, options, tail, known in rows:
        result = getattr(at.module, name)(*both, *many, **options)
        shape, where = ((3, 2), (1, 1)) if len(many) > 1 else ((2,), (1,))
        scale = np.full(int(np.prod(tail)), norm_size(known))
        alone = at.call(name, *single, **options)
        findings += agree(f"transport.{name}", result, (*shape, *tail), where, alone, scale, implementation)
    many_times = {"t_start": times, "t_end": end}
    alone = at.call("interpolation_flow_matrix", t_start=at.t, t_end=end)
    result = at.module.interpolation_flow_matrix(*both, **many_times)
    scale = np.full(size * size, norm_size(flow[3]))
    findings += agree(
        "transport.interpolation_flow_matrix", result, (3, 2, *matrices), (1, 1), alone, scale, implementation
    )
    for name, options, known in (
        ("interpolation_law", {}, flow[1]),
        ("displacement_law", {}, optimal[3]),
        ("schroedinger_bridge_law", option, bridge[2]),
    ):
        between = getattr(at.module, name)(*both, times, **options)
        own = at.call(name, at.t, **options)
        scale = np.full(size * size, norm_size(known))
        findings += agree(
            f"transport.{name}", between.covariance, (3, 2, *matrices), (1, 1), own.covariance, scale, implementation
        )
    return tuple(findings)
