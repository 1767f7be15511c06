"""Laws of batches: pairs of laws by times and places give what each gives alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.cases.transport import TransportPair
from properties.law import law
from properties.laws.evolution.batches import agree
from properties.laws.transport._pairs import Pair, Sizes, norm
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

    laws = ((case.mean_first, case.covariance_first), (case.mean_second, case.covariance_second))

    def beside(own: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> Any:
        """The law, behind the other one at half its size: the pair's way back is the batch's first entry."""
        return make(lift(np.stack([-0.5 * other[0], own[0]])), lift(np.stack([0.25 * other[1], own[1]])))

    both = beside(*laws), beside(*laws[::-1])
    places = lift(np.stack([-case.x, case.x]))
    times = lift(np.array([[0.5 * case.t], [case.t], [0.25 * case.t]]))
    end, option = at.t_end, {"variance": at.variance}
    sizes = Sizes(case)
    vectors, matrices = (size,), (size, size)
    by_place = ("displacement_velocity", "interpolation_velocity", "reflow_velocity")
    rows: tuple[tuple[str, tuple[Any, ...], tuple[Any, ...], dict[str, Any], tuple[int, ...]], ...] = (
        ("optimal_transport_matrix", (), (), {}, matrices),
        ("optimal_transport_map", (places,), (at.x,), {}, vectors),
        *((name, (places, times), (at.x, at.t), {}, vectors) for name in by_place),
        ("entropic_cross_covariance", (), (), option, matrices),
        ("schroedinger_bridge_drift", (places, times), (at.x, at.t), option, vectors),
        *((name, (), (), {}, ()) for name in ("flow_displacement", "kinetic_energy", "coupling_energy")),
    )
    # Results of the same code on the same numbers: conditions cover what another order of sums does.
    whole = 1.0 + sizes.reach**2 + sizes.covariance
    stretch = sizes.grade * (1.0 + norm(at.plain("optimal_transport_matrix")) + norm(at.whole_flow)) * whole
    findings: list[Finding] = []
    for name, many, single, options, tail in rows:
        result = getattr(at.module, name)(*both, *many, **options)
        shape, where = ((3, 2), (1, 1)) if len(many) > 1 else ((2,), (1,))
        scale = np.array([stretch])
        alone = at.call(name, *single, **options)
        findings += agree(f"transport.{name}", result, (*shape, *tail), where, alone, scale, implementation)
    many_times = {"t_start": times, "t_end": end}
    alone = at.call("interpolation_flow_matrix", t_start=at.t, t_end=end)
    result = at.module.interpolation_flow_matrix(*both, **many_times)
    scale = np.array([stretch])
    findings += agree(
        "transport.interpolation_flow_matrix", result, (3, 2, *matrices), (1, 1), alone, scale, implementation
    )
    for name, options in (("interpolation_law", {}), ("displacement_law", {}), ("schroedinger_bridge_law", option)):
        between = getattr(at.module, name)(*both, times, **options)
        own = at.call(name, at.t, **options)
        findings += agree(
            f"transport.{name}", between.covariance, (3, 2, *matrices), (1, 1), own.covariance, scale, implementation
        )
    return tuple(findings)
