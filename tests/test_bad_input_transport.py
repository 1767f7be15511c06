"""Bad input to couplings, flow matching and optimal transport is refused at the door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doors import KITS, Kit
from mutations import Call, gaussian, law, matrix, number, path, spoilt, unclear, valid, vector

PAIR = {"first": gaussian(), "second": gaussian(1.0)}
POINT = {**PAIR, "x": vector(0.5, 1.0)}
TIME = number(0.5, -0.1, 1.1)
TIMES = {"t_start": TIME, "t_end": number(0.75, -0.1, 1.1)}
MODEL = {"matrix": matrix([1.0, 0.0], [0.5, 2.0]), "offset": vector(1.0, 2.0)}
VARIANCE = {"variance": number(0.5, 0.0, -1.0)}

CALLS: dict[str, Call] = {
    "affine_flow_log_prob": {
        "base": law(),
        "matrices": matrix([[1.0, 0.0], [0.5, 2.0]], [[2.0, 0.0], [0.0, 1.0]]),
        "offsets": matrix([1.0, 2.0], [0.0, 1.0]),
        "x": vector(0.5, 1.0),
    },
    "brenier_defect": {"jacobian": matrix([1.0, 0.0], [0.5, 2.0])},
    "change_of_variables": {"log_prob": number(-1.5), "log_determinant": number(0.5)},
    "conditional_velocity": {
        "x": vector(0.5, 1.0),
        "mean": vector(0.0, 1.0),
        "scale": number(0.5, 0.0, -1.0),
        "mean_derivative": vector(1.0, 1.0),
        "scale_derivative": number(-1.5),
    },
    "conditional_velocity_matching": {"data": law(), "path": path("FlowMatching"), **MODEL, "t": TIME},
    "coupling_energy": PAIR,
    "data_time_from_time": {"t": TIME},
    "data_time_velocity_from_velocity": {"velocity": vector(0.5, 1.0)},
    "displacement_law": {**PAIR, "t": TIME},
    "displacement_velocity": {**POINT, "t": TIME},
    "entropic_coupling": {**PAIR, **VARIANCE},
    "entropic_cross_covariance": {**PAIR, **VARIANCE},
    "flow_displacement": PAIR,
    "forward_divergence_velocity": {"target": law(), "law": law(1.0), "x": vector(0.5, 1.0)},
    "interpolation_flow_map": {**POINT, **TIMES},
    "interpolation_flow_matrix": {**PAIR, **TIMES},
    "interpolation_law": {**PAIR, "t": TIME},
    "interpolation_velocity": {**POINT, "t": TIME},
    "kinetic_energy": PAIR,
    "minimal_variance_velocity": {
        "x": vector(0.5, 1.0),
        "clean": vector(0.0, 1.0),
        "t": TIME,
        "sigma_min": number(0.125, -0.1, 1.1),
    },
    "optimal_transport_map": POINT,
    "optimal_transport_matrix": PAIR,
    "reflow_velocity": {**POINT, "t": TIME},
    "reverse_divergence_velocity": {"target": law(), "law": law(1.0), "x": vector(0.5, 1.0)},
    "schroedinger_bridge_drift": {**POINT, "t": TIME, **VARIANCE},
    "schroedinger_bridge_law": {**PAIR, "t": TIME, **VARIANCE},
    "time_from_data_time": {"data_time": TIME},
    "velocity_from_data_time": {"velocity": vector(0.5, 1.0)},
    "velocity_matching": {"data": law(), "path": path("FlowMatching"), **MODEL, "t": TIME},
}  # fmt: skip


@pytest.mark.parametrize("kit", KITS)
def test_every_function_is_called(kit: Callable[[], Kit]) -> None:
    assert sorted(CALLS) == sorted(kit().m.transport.__all__)


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("function", CALLS)
def test_every_spoilt_argument_is_refused(function: str, kit: Callable[[], Kit]) -> None:
    implementation = kit()
    valid(implementation, f"transport.{function}", CALLS[function])

    cases = spoilt(implementation, f"transport.{function}", CALLS[function])

    assert [reason for case in cases if (reason := unclear(case)) is not None] == []
