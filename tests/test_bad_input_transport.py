"""Bad input to couplings, flow matching and optimal transport is refused at the door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doors import KITS, Door, Kit, refused
from mutations import Call, accepted, gaussian, law, matrix, number, path, vector, with_mixtures

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

MIXTURES = {
    f"{function} of a mixture, d = {size}": with_mixtures(CALLS[function], size)
    for function in ("forward_divergence_velocity", "reverse_divergence_velocity")
    for size in (1, 2)
}

LINE = [[1.0, 1.0], [1.0, 1.0]]  # the covariance of a law on a line in the plane


def line(k: Kit) -> object:
    return k.m.Gaussian(k.a([0.0, 0.0]), k.a(LINE))


def cloud(k: Kit) -> object:
    return k.m.PointCloud(k.a([[0.0, 1.0], [1.0, 0.0]]))


SINGULAR = ("expected", "positive definite", "smallest eigenvalue", "e-|0")

CASES: dict[str, Door] = {
    "transport from a line": (
        lambda k: k.m.transport.optimal_transport_matrix(line(k), k.gaussian()),
        ValueError,
        ("first", *SINGULAR),
    ),
    "transport map from a line": (
        lambda k: k.m.transport.optimal_transport_map(line(k), k.gaussian(), k.a([0.0, 0.0])),
        ValueError,
        ("first", *SINGULAR),
    ),
    "displacement from a line": (
        lambda k: k.m.transport.displacement_law(line(k), k.gaussian(), 0.5),
        ValueError,
        ("first", *SINGULAR),
    ),
    "displacement velocity on the line it ends on": (
        lambda k: k.m.transport.displacement_velocity(k.gaussian(), line(k), k.a([0.0, 0.0]), 1.0),
        ValueError,
        ("t", *SINGULAR),
    ),
    "interpolation velocity on the line it starts from": (
        lambda k: k.m.transport.interpolation_velocity(line(k), k.gaussian(), k.a([0.0, 0.0]), 0.0),
        ValueError,
        ("x_t", *SINGULAR),
    ),
    "flow from a line": (
        lambda k: k.m.transport.interpolation_flow_matrix(line(k), k.gaussian(), t_start=0.0, t_end=1.0),
        ValueError,
        ("t_start", *SINGULAR),
    ),
    "flow map from a line": (
        lambda k: k.m.transport.interpolation_flow_map(line(k), k.gaussian(), k.a([0.0, 0.0]), t_start=0.0, t_end=1.0),
        ValueError,
        ("t_start", *SINGULAR),
    ),
    "flow within one line": (
        lambda k: k.m.transport.flow_displacement(line(k), line(k)),
        ValueError,
        ("covariance", *SINGULAR),
    ),
    "energy within one line": (
        lambda k: k.m.transport.kinetic_energy(line(k), line(k)),
        ValueError,
        ("covariance", *SINGULAR),
    ),
    "second rectification on the line it starts from": (
        lambda k: k.m.transport.reflow_velocity(line(k), k.gaussian(), k.a([0.0, 0.0]), 0.0),
        ValueError,
        ("x_t", *SINGULAR),
    ),
    "bridge on the line it starts from": (
        lambda k: k.m.transport.schroedinger_bridge_drift(line(k), k.gaussian(), k.a([0.0, 0.0]), 0.0, variance=0.5),
        ValueError,
        ("x_t", *SINGULAR),
    ),
    "velocity matching of a line without noise": (
        lambda k: k.m.transport.velocity_matching(line(k), k.m.FlowMatching(), k.a(LINE), k.a([0.0, 0.0]), 0.0),
        ValueError,
        ("covariance", *SINGULAR),
    ),
    "velocity matching of a mixture in the plane": (
        lambda k: k.m.transport.velocity_matching(cloud(k), k.m.FlowMatching(), k.a(LINE), k.a([0.0, 0.0]), 0.5),
        (TypeError, ValueError),
        ("data", "expected a Gaussian", "PointCloud"),
    ),
    "velocity matching where sigma starts like a root": (
        lambda k: k.m.transport.conditional_velocity_matching(
            k.gaussian(), k.m.VPLinear(), k.a(LINE), k.a([0.0, 0.0]), 0.0
        ),
        ValueError,
        ("t", "(0", "0.0"),
    ),
    "descent to points": (
        lambda k: k.m.transport.reverse_divergence_velocity(cloud(k), k.gaussian(), k.a([0.0, 0.0])),
        ValueError,
        SINGULAR[:1],
    ),
    "descent from points": (
        lambda k: k.m.transport.forward_divergence_velocity(k.gaussian(), cloud(k), k.a([0.0, 0.0])),
        ValueError,
        SINGULAR[:1],
    ),
    "descent where the ratio of densities overflows": (
        lambda k: k.m.transport.forward_divergence_velocity(
            k.gaussian(), k.gaussian().diffuse(0.0625, 0.0), k.a([10.0, 1.0])
        ),
        ValueError,
        ("x", "velocity", "expected", "got"),
    ),
    "minimal variance: neither time nor deviation": (
        lambda k: k.m.transport.minimal_variance_velocity(k.a([1.0]), k.a([0.0]), 0.0, sigma_min=0.0),
        ValueError,
        ("t", "sigma_min", "expected", "0.0"),
    ),
    "layers of another number than offsets": (
        lambda k: k.m.transport.affine_flow_log_prob(k.gaussian(), k.a([LINE]), k.a([[0.0, 0.0]] * 2), k.a([0.0, 0.0])),
        ValueError,
        ("matrices", "expected", "(1, 2, 2)"),
    ),
    "a layer without its axis": (
        lambda k: k.m.transport.affine_flow_log_prob(k.gaussian(), k.a(LINE), k.a([[0.0, 0.0]]), k.a([0.0, 0.0])),
        ValueError,
        ("matrices", "expected", "(2, 2)"),
    ),
    "a singular layer": (
        lambda k: k.m.transport.affine_flow_log_prob(k.gaussian(), k.a([LINE]), k.a([[0.0, 0.0]]), k.a([0.0, 0.0])),
        ValueError,
        ("matrices", "invertible", "expected"),
    ),
    "a flow from points": (
        lambda k: k.m.transport.affine_flow_log_prob(
            cloud(k), k.a([[[1.0, 0.0], [0.0, 1.0]]]), k.a([[0.0, 0.0]]), k.a([0.0, 0.0])
        ),
        ValueError,
        ("expected",),
    ),
    "a Jacobian that is not square": (
        lambda k: k.m.transport.brenier_defect(k.a([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])),
        ValueError,
        ("jacobian", "(2, 3)"),
    ),
}


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    refused(CASES[what], kit())


@pytest.mark.parametrize("kit", KITS)
def test_every_function_is_called(kit: Callable[[], Kit]) -> None:
    assert sorted(CALLS) == sorted(kit().m.transport.__all__)


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("function", [*CALLS, *MIXTURES])
def test_every_spoilt_argument_is_refused(function: str, kit: Callable[[], Kit]) -> None:
    assert accepted(kit(), f"transport.{function.split(maxsplit=1)[0]}", (CALLS | MIXTURES)[function]) == []
