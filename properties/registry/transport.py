"""The records of transport."""

from __future__ import annotations

from properties.registry.record import Record, TwinKind


def _record(
    name: str, ids: str, *laws: str, twin: TwinKind = "verified", tolerance: str = "normwise", reason: str = ""
) -> Record:
    """A function with its ids and the laws that hold it; twins of pairs certify their roots by squares."""
    held = tuple(f"transport.{law}" for law in laws)
    return Record(f"transport.{name}", tuple(ids.split()), twin, held, tolerance, twin_reason=reason)


_INTERPOLATION, _OPTIMAL, _ENERGIES, _ENTROPIC = (
    f"{name}_arbiter" for name in ("interpolation", "optimal", "energies", "entropic")
)
_MOMENTS, _PUSHES, _STRAIGHT = "moments_follow_the_velocity", "pushes_forward", "straight_lines"
_AVERAGES, _ORDER, _COMMUTING = "energies_are_averages", "inequalities", "commuting_is_optimal"
_FLOOR = ("matching_differs_by_the_floor", "line_matching_differs_by_the_floor")
_DIRECTIONS = (
    "data_time_from_time",
    "time_from_data_time",
    "data_time_velocity_from_velocity",
    "velocity_from_data_time",
)

RECORDS: tuple[Record, ...] = (
    _record(
        "conditional_velocity",
        "P93",
        "conditional_arbiter",
        "conditional_follows_its_path",
        "matching_has_one_optimum",
        twin="closed",
        tolerance="entrywise",
    ),
    _record(
        "minimal_variance_velocity",
        "P93",
        "conditional_arbiter",
        "conditional_follows_its_path",
        twin="closed",
        tolerance="entrywise",
    ),
    _record(
        "conditional_velocity_matching",
        "P93",
        "conditional_matching_arbiter",
        "matching_arbiter",
        *_FLOOR,
        twin="closed",
        tolerance="entrywise",
    ),
    _record("velocity_matching", "P93", "matching_arbiter", *_FLOOR, twin="closed"),
    *(
        _record(
            name,
            "P94",
            "matching_has_one_optimum",
            twin="none",
            tolerance="exact",
            reason="1 - t, or a change of sign: held by what it means",
        )
        for name in _DIRECTIONS
    ),
    _record("interpolation_law", "P95", _INTERPOLATION, _PUSHES, _MOMENTS, "batches", twin="closed"),
    _record("interpolation_velocity", "P95", _INTERPOLATION, _MOMENTS, "batches", twin="closed"),
    _record("interpolation_flow_matrix", "P95", _INTERPOLATION, _PUSHES, _COMMUTING, "batches"),
    _record("interpolation_flow_map", "P95", _INTERPOLATION, _PUSHES, "flow_follows_the_velocity"),
    _record("optimal_transport_matrix", "P96 P2", _OPTIMAL, _PUSHES, _COMMUTING, "batches"),
    _record("optimal_transport_map", "P96", _OPTIMAL, _PUSHES, _AVERAGES, "batches"),
    _record("displacement_law", "P96", _OPTIMAL, _PUSHES, _MOMENTS, "batches"),
    _record("displacement_velocity", "P96 P97", _OPTIMAL, _MOMENTS, _STRAIGHT, "batches"),
    _record("flow_displacement", "P96", _ENERGIES, _AVERAGES, _ORDER, _COMMUTING, "batches"),
    _record("kinetic_energy", "P96", _ENERGIES, _AVERAGES, _ORDER, "batches"),
    _record("coupling_energy", "P96", _ENERGIES, _AVERAGES, _ORDER, "batches", twin="closed"),
    _record("reflow_velocity", "P97", "reflow_arbiter", _STRAIGHT, _COMMUTING, "batches"),
    _record("brenier_defect", "P97", "defect_arbiter", _COMMUTING, twin="closed"),
    _record("entropic_cross_covariance", "P98", _ENTROPIC, "bridge_limits", "batches"),
    _record("entropic_coupling", "P98", _ENTROPIC, "bridge_certificate"),
    _record("schroedinger_bridge_law", "P98", _ENTROPIC, "bridge_certificate", _MOMENTS, "batches"),
    _record("schroedinger_bridge_drift", "P98", _ENTROPIC, "bridge_limits", _MOMENTS, "batches"),
    *(
        _record(
            name,
            "P99",
            "divergence_velocities_arbiter",
            "divergence_velocities_are_gradients",
            twin="closed",
            tolerance="entrywise",
        )
        for name in ("reverse_divergence_velocity", "forward_divergence_velocity")
    ),
    _record("affine_flow_log_prob", "P100", "affine_flow_arbiter", "affine_flow_changes_variables", twin="closed"),
    _record(
        "change_of_variables",
        "P100",
        "affine_flow_changes_variables",
        twin="none",
        tolerance="entrywise",
        reason="one subtraction: held by the affine flow, which has a twin",
    ),
)
