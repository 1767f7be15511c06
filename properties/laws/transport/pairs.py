"""Laws of transport between two Gaussians against the arbiter."""

from __future__ import annotations

from typing import Any

from properties.arbiter import transport as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.transport import TransportPair
from properties.law import law
from properties.laws._compare import exact
from properties.laws._data import judge, rectangular, symmetric_findings
from properties.laws.transport._pairs import (
    Pair,
    bridge_truths,
    energy_truths,
    interpolation_truths,
    moments,
    optimal_truths,
)
from properties.protocol import Finding, Findings, Implementation


def judged(at: Pair, rows: tuple[tuple[str, Any, Truth], ...]) -> list[Finding]:
    """Results against their truths, on the line entrywise, else normwise."""
    return [judge(f"transport.{name}", value, known, at.implementation, at.by_norm) for name, value, known in rows]


@law(
    "transport.optimal_arbiter",
    statement="the optimal matrix T is the symmetric positive one with T S_0 T = S_1; the map, McCann's interpolation "
    "and its velocity follow from it",
    catalogue=("P96",),
    family="transport_pair",
    route="arbiter",
)
def optimal_arbiter(implementation: Implementation, case: TransportPair) -> Findings:
    at = Pair(implementation, case)
    matrix, image, mean, covariance, velocity = optimal_truths(case)
    transport, between = at.call("optimal_transport_matrix"), at.call("displacement_law", at.t)
    return (
        *judged(
            at,
            (
                ("optimal_transport_matrix", transport, matrix),
                ("optimal_transport_map", at.call("optimal_transport_map", at.x), image),
                ("displacement_law", between.mean, mean),
                ("displacement_law", between.covariance, covariance),
                ("displacement_velocity", at.call("displacement_velocity", at.x, at.t), velocity),
            ),
        ),
        *symmetric_findings("transport.optimal_transport_matrix", transport, implementation, semidefinite=True),
    )


@law(
    "transport.interpolation_arbiter",
    statement="law, velocity and flow of the independent coupling are exact, whether or not the covariances commute",
    catalogue=("P95",),
    family="transport_pair",
    route="arbiter",
)
def interpolation_arbiter(implementation: Implementation, case: TransportPair) -> Findings:
    at = Pair(implementation, case)
    mean, covariance, velocity, matrix, image = interpolation_truths(case)
    between, times = at.call("interpolation_law", at.t), {"t_start": at.t, "t_end": at.t_end}
    return tuple(
        judged(
            at,
            (
                ("interpolation_law", between.mean, mean),
                ("interpolation_law", between.covariance, covariance),
                ("interpolation_velocity", at.call("interpolation_velocity", at.x, at.t), velocity),
                ("interpolation_flow_matrix", at.call("interpolation_flow_matrix", **times), matrix),
                ("interpolation_flow_map", at.call("interpolation_flow_map", at.x, **times), image),
            ),
        )
    )


@law(
    "transport.reflow_arbiter",
    statement="the second rectified velocity is that of the lines from x to where the first flow carries it",
    catalogue=("P97",),
    family="transport_pair",
    route="arbiter",
)
def reflow_arbiter(implementation: Implementation, case: TransportPair) -> Findings:
    at = Pair(implementation, case)
    known = truth(twins.reflow_velocity, *moments(case), case.x.tolist(), case.t)
    return tuple(judged(at, (("reflow_velocity", at.call("reflow_velocity", at.x, at.t), known),)))


@law(
    "transport.energies_arbiter",
    statement="displacement of the flow, kinetic energy and energy of the independent coupling are exact",
    catalogue=("P96",),
    family="transport_pair",
    route="arbiter",
)
def energies_arbiter(implementation: Implementation, case: TransportPair) -> Findings:
    at = Pair(implementation, case)
    names = ("flow_displacement", "kinetic_energy", "coupling_energy")
    return tuple(
        judged(at, tuple((name, at.call(name), known) for name, known in zip(names, energy_truths(case), strict=True)))
    )


@law(
    "transport.entropic_arbiter",
    statement="the entropic coupling, its bridge and the bridge's drift are exact, from far below to far above the "
    "variance at which the coupling loosens",
    catalogue=("P98",),
    family="transport_pair",
    route="arbiter",
)
def entropic_arbiter(implementation: Implementation, case: TransportPair) -> Findings:
    at, size = Pair(implementation, case), case.size
    coupled, mean, covariance, drift = bridge_truths(case)
    option = {"variance": at.variance}
    joint, between = at.call("entropic_coupling", **option), at.call("schroedinger_bridge_law", at.t, **option)
    blocks = at.number(joint.covariance)
    same = (
        (blocks[:size, :size] == case.covariance_first).all(),
        (blocks[size:, size:] == case.covariance_second).all(),
        (at.number(joint.mean)[:size] == case.mean_first).all(),
        (at.number(joint.mean)[size:] == case.mean_second).all(),
        (blocks == blocks.T).all(),
    )
    return (
        *judged(
            at,
            (
                ("entropic_cross_covariance", at.call("entropic_cross_covariance", **option), coupled),
                ("entropic_coupling", implementation.lift(blocks[:size, size:]), coupled),
                ("schroedinger_bridge_law", between.mean, mean),
                ("schroedinger_bridge_law", between.covariance, covariance),
                ("schroedinger_bridge_drift", at.call("schroedinger_bridge_drift", at.x, at.t, **option), drift),
            ),
        ),
        exact("transport.entropic_coupling marginals", bool(all(same))),
    )


@law(
    "transport.defect_arbiter",
    statement="the Brenier defect of a matrix is the norm of J - J^T, and that of a symmetric one is 0",
    catalogue=("P97",),
    family="moderate_transport_pair",
    route="arbiter",
)
def defect_arbiter(implementation: Implementation, case: TransportPair) -> Findings:
    at = Pair(implementation, case)
    jacobian = case.covariance_first @ case.covariance_second  # no symmetric matrix, but for one row
    plain = at.number(implementation.lift(jacobian)) if implementation.dtype == "float64" else None
    if plain is None:
        plain = jacobian.astype("float32").astype("float64")
    defect = at.module.brenier_defect(implementation.lift(plain))
    flat = at.number(at.module.brenier_defect(implementation.lift(case.covariance_first)))
    findings = [exact("transport.brenier_defect", float(flat) == 0.0, of_a_symmetric_matrix=float(flat))]
    if at.size > 1 and float(at.number(defect)) > 0.0:
        known = truth(twins.brenier_defect, rectangular(plain))
        findings.append(judge("transport.brenier_defect", defect, known, implementation, True))
    return tuple(findings)
