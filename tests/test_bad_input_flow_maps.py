"""Bad input to flow maps and to the models that learn them is refused at the door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doors import KITS, Door, Kit, refused
from mutations import Call, accepted, gaussian, law, matrix, number, optional, path, vector, with_mixtures

X, Y = vector(0.5, 1.0), vector(0.0, -1.0)
FLOW = {"path": path("FlowMatching")}
DATA = {"data": law(), **FLOW}
NORMAL = {"data": gaussian(), **FLOW}
TIMES = {"t_start": number(0.75, -0.1, 1.1), "t_end": number(0.25, -0.1, 1.1)}
PAIR = {"clean": number(0.25, -0.1, 0.5, 0.75), "noisy": number(0.5, 0.25, 0.125, 1.1)}
FREE_PAIR = {"clean": number(0.25, 0.5, 0.75), "noisy": number(0.5, 0.25, 0.125)}
MIN = {"t_min": number(0.125, -0.1, 0.375)}
ANGLE = {"angle": number(0.5, -0.1, 1.6), "sigma_data": number(0.5, 0.0, -1.0)}
CTM = {"t_start": number(0.75, 0.0, -1.0), "t_end": number(0.25, -1.0)}
FREE = {"t_start": number(0.75), "t_end": number(0.25)}
TWO_LAWS = {"generator": gaussian(1.0), **NORMAL, "t": number(0.5, -0.1, 1.1)}
CONSTANT = {"constant": number(0.5, 0.0, -1.0)}

CALLS: dict[str, Call] = {
    "average_velocity": {**DATA, "x": X, **TIMES},
    "average_velocity_matrix": {**NORMAL, **TIMES},
    "combined_average_velocity": {
        "first": X,
        "second": Y,
        "t_start": number(0.75, 0.25),
        "t_middle": number(0.5),
        "t_end": number(0.25, 0.75),
    },
    "consistency_distillation_loss": {**NORMAL, **PAIR, **MIN},
    "consistency_distillation_point": {**DATA, "x": X, **PAIR},
    "consistency_function": {**DATA, "x": X, "t": number(0.5, -0.1, 1.1), "t_min": number(0.125, -0.1, 1.1)},
    "consistency_offset_weight": {**FLOW, **PAIR},
    "consistency_pair_weight": FREE_PAIR,
    "consistency_ratio": {
        "t": number(0.5, -1.0),
        "stage": number(2.0, -1.0),
        "base": number(2.0, 0.0, -1.0, weak=True),
        "gain": number(8.0, -1.0, weak=True),
        "rate": number(1.0, weak=True),
    },
    "consistency_training_excess": {**NORMAL, **PAIR, **MIN},
    "consistency_training_loss": {**NORMAL, **PAIR, **MIN},
    "consistency_training_point": {**FLOW, "x0": X, "noise": Y, "t": number(0.5, -0.1, 1.1)},
    "ctm_flow_map": {"output": X, "x": Y, **CTM},
    "ctm_loss_weight": CTM,
    "ctm_output": {"flow_map": X, "x": Y, "t_start": number(0.75, 0.0, 0.25), "t_end": number(0.25, -1.0, 0.75)},
    "ctm_output_from_velocity": {"velocity": X, "x": Y, "t": number(0.5, -1.0)},
    "distribution_matching_covariance_gradient": TWO_LAWS,
    "distribution_matching_gradient": {
        "score_fake": X,
        "score_real": Y,
        "jacobian": matrix([1.0, 0.0, 2.0], [0.5, 2.0, 1.0], free=True),
        "alpha": number(0.5, -1.0),
        "weight": number(1.0, -1.0, weak=True),
    },
    "distribution_matching_mean_gradient": TWO_LAWS,
    "eulerian_residual": {"start_derivative": X, "jacobian_product": Y},
    "knowledge_distillation_loss": {
        **NORMAL, "matrix": matrix([1.0, 0.0], [0.5, 2.0]), "offset": X, **TIMES, "start": optional(gaussian(1.0)),
    },
    "lagrangian_residual": {"end_derivative": X, "velocity": Y},
    "mean_flow_adaptive_weight": {"loss": number(2.0, -1.0), "power": number(0.5, -1.0), **CONSTANT},
    "mean_flow_target": {"velocity": X, "total_derivative": Y, **FREE},
    "mean_flow_target_from_end": {"velocity": X, "end_derivative": Y, **FREE},
    "mean_flow_total_derivative": {
        **DATA,
        "x": X,
        "tangent": Y,
        "t_start": number(0.75, -0.1, 0.25, 1.1),
        "t_end": number(0.25, -0.1, 0.75, 1.1),
    },
    "oracle_end_derivative": {**DATA, "x": X, **TIMES},
    "oracle_jacobian": {**DATA, "x": X, **TIMES},
    "oracle_map": {**DATA, "x": X, **TIMES},
    "oracle_start_derivative": {**DATA, "x": X, **TIMES},
    "progressive_target": {
        "x": X,
        "x_end": Y,
        "alpha_start": number(0.5, -1.0),
        "sigma_start": number(0.5, -1.0),
        "alpha_end": number(0.75, -1.0, 0.25),
        "sigma_end": number(0.25, -1.0, 0.75),
    },
    "progressive_target_from_denoisers": {
        "first": X,
        "second": Y,
        **FLOW,
        "t_start": number(0.75, 0.5, 0.25, 1.1),
        "t_middle": number(0.5, 0.75, 0.25),
        "t_end": number(0.25, -0.1, 0.5, 0.75),
    },
    "pseudo_huber": {"difference": X, **CONSTANT},
    "shortcut_target": {"first": X, "second": Y},
    "trigflow_consistency": {"network_output": X, "x": Y, **ANGLE},
    "trigflow_network_from_consistency": {
        "consistency": X, "x": Y, "angle": number(0.5, -0.1, 0.0, 1.6), "sigma_data": number(0.5, 0.0, -1.0),
    },
    "trigflow_network_output": {"data": law(), "x": X, **ANGLE},
    "trigflow_network_target": {"x0": X, "noise": Y, **ANGLE},
    "trigflow_tangent": {"network_output": X, "network_derivative": Y, "x": X, "velocity": Y, **ANGLE},
    "trigflow_velocity": {"network_output": X, "sigma_data": number(0.5, 0.0, -1.0)},
}  # fmt: skip
MIXTURES = {
    f"{function} of a mixture, d = {size}": with_mixtures(call, size)
    for function, call in CALLS.items()
    for size in (1, 2)
    if any(argument.kind == "law" for argument in call.values())
}
"""Off the Gaussians there are other branches: quantiles on the line and the ODE elsewhere."""

LINE = [[1.0, 1.0], [1.0, 1.0]]  # the covariance of a law on a line in the plane
SINGULAR = ("expected", "positive definite", "smallest eigenvalue", "e-|0")
DOWN = {"t_start": 0.0, "t_end": 0.5}
LOSS = {"clean": 0.0, "noisy": 0.5, "t_min": 0.0}


def line(k: Kit) -> tuple[object, object]:
    """A law on a line, and a path that starts from it without noise."""
    return k.m.Gaussian(k.a([0.0, 0.0]), k.a(LINE)), k.m.FlowMatching()


def cloud(k: Kit, size: int = 2) -> tuple[object, object]:
    """Two points, and a path that starts from them without noise."""
    return k.m.PointCloud(k.a([[0.0] * size, [1.0] * size])), k.m.FlowMatching()


def levels(k: Kit, **changes: float) -> object:
    given = {"alpha_start": 0.5, "sigma_start": 0.5, "alpha_end": 0.75, "sigma_end": 0.25, **changes}
    return k.m.flow_maps.progressive_target(k.a([1.0]), k.a([1.0]), **given)


CASES: dict[str, Door] = {
    "map from a line": (
        lambda k: k.m.flow_maps.oracle_map(*line(k), k.a([0.0, 0.0]), **DOWN), ValueError, SINGULAR,
    ),
    "Jacobian from a line": (
        lambda k: k.m.flow_maps.oracle_jacobian(*line(k), k.a([0.0, 0.0]), **DOWN), ValueError, SINGULAR,
    ),
    "start derivative from a line": (
        lambda k: k.m.flow_maps.oracle_start_derivative(*line(k), k.a([0.0, 0.0]), **DOWN), ValueError, SINGULAR,
    ),
    "end derivative from a line": (
        lambda k: k.m.flow_maps.oracle_end_derivative(*line(k), k.a([0.0, 0.0]), **DOWN), ValueError, SINGULAR,
    ),
    "average velocity from a line": (
        lambda k: k.m.flow_maps.average_velocity(*line(k), k.a([0.0, 0.0]), **DOWN), ValueError, SINGULAR,
    ),
    "matrix from a line": (
        lambda k: k.m.flow_maps.average_velocity_matrix(*line(k), **DOWN), ValueError, SINGULAR,
    ),
    "total derivative from a line": (
        lambda k: k.m.flow_maps.mean_flow_total_derivative(*line(k), k.a([0.0, 0.0]), k.a([1.0, 0.0]), **DOWN),
        ValueError,
        SINGULAR,
    ),
    "student of a line": (
        lambda k: k.m.flow_maps.knowledge_distillation_loss(*line(k), k.a(LINE), k.a([0.0, 0.0]), **DOWN),
        ValueError,
        SINGULAR,
    ),
    "map from points": (
        lambda k: k.m.flow_maps.oracle_map(*cloud(k), k.a([0.0, 0.0]), **DOWN), ValueError, ("expected|density",),
    ),
    "map to points on the line": (
        lambda k: k.m.flow_maps.oracle_map(*cloud(k, 1), k.a([0.0]), t_start=0.5, t_end=0.0),
        ValueError,
        ("expected|density",),
    ),
    "consistency function of points": (
        lambda k: k.m.flow_maps.consistency_function(*cloud(k), k.a([0.0, 0.0]), 0.5, t_min=0.0),
        ValueError,
        ("expected|density",),
    ),
    "distillation on a line": (
        lambda k: k.m.flow_maps.consistency_distillation_loss(*line(k), **LOSS), ValueError, SINGULAR,
    ),
    "training on a line": (
        lambda k: k.m.flow_maps.consistency_training_loss(*line(k), **LOSS), ValueError, SINGULAR,
    ),
    "excess on a line": (
        lambda k: k.m.flow_maps.consistency_training_excess(*line(k), **LOSS), ValueError, SINGULAR,
    ),
    "network output on a line": (
        lambda k: k.m.flow_maps.trigflow_network_output(line(k)[0], k.a([0.0, 0.0]), 0.0, sigma_data=0.5),
        ValueError,
        SINGULAR,
    ),
    "matching to a line": (
        lambda k: k.m.flow_maps.distribution_matching_mean_gradient(k.gaussian(), *line(k), 0.0), ValueError, SINGULAR,
    ),
    "matching of covariances to a line": (
        lambda k: k.m.flow_maps.distribution_matching_covariance_gradient(k.gaussian(), *line(k), 0.0),
        ValueError,
        SINGULAR,
    ),
    "matching of covariances from a line": (
        lambda k: k.m.flow_maps.distribution_matching_covariance_gradient(
            line(k)[0], k.gaussian(), k.m.FlowMatching(), 0.0
        ),
        ValueError,
        SINGULAR,
    ),
    "t_min above clean": (
        lambda k: k.m.flow_maps.consistency_training_loss(
            k.gaussian(), k.m.FlowMatching(), clean=0.25, noisy=0.5, t_min=k.a([0.125, 0.375])
        ),
        ValueError,
        ("t_min", "clean", "0.375"),
    ),
    "equal times in one entry": (
        lambda k: k.m.flow_maps.combined_average_velocity(
            k.a([1.0]), k.a([1.0]), t_start=k.a([0.75, 0.5]), t_middle=0.5, t_end=k.a([0.25, 0.5])
        ),
        ValueError,
        ("t_end", "t_start", "0.5"),
    ),
    "levels of one ratio": (
        lambda k: levels(k, alpha_end=0.25), ValueError, ("sigma_start", "alpha_end", "expected", "got"),
    ),
    "no level at all": (
        lambda k: levels(k, alpha_end=0.0, sigma_end=0.0), ValueError, ("sigma_end", "expected", "got"),
    ),
    "a Jacobian of other rows": (
        lambda k: k.m.flow_maps.distribution_matching_gradient(
            k.a([1.0, 0.0]), k.a([0.0, 1.0]), k.a([[1.0], [1.0], [1.0]]), alpha=0.5
        ),
        ValueError,
        ("jacobian", "(3, 1)"),
    ),
    "a model that is not square": (
        lambda k: k.m.flow_maps.knowledge_distillation_loss(
            k.gaussian(), k.m.FlowMatching(), k.a([[1.0, 0.0]]), k.a([0.0, 0.0]), t_start=0.5, t_end=0.25
        ),
        ValueError,
        ("matrix", "(1, 2)"),
    ),
    "no dimensions": (lambda k: k.m.flow_maps.pseudo_huber_constant(0), ValueError, ("dimensions", "0")),
    "dimensions as a float": (lambda k: k.m.flow_maps.pseudo_huber_constant(2.0), TypeError, ("dimensions", "float")),
    "dimensions as a bool": (lambda k: k.m.flow_maps.pseudo_huber_constant(True), TypeError, ("dimensions", "bool")),
}  # fmt: skip


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    refused(CASES[what], kit())


@pytest.mark.parametrize("kit", KITS)
def test_every_function_is_called(kit: Callable[[], Kit]) -> None:
    assert sorted([*CALLS, "pseudo_huber_constant"]) == sorted(kit().m.flow_maps.__all__)


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("function", [*CALLS, *MIXTURES])
def test_every_spoilt_argument_is_refused(function: str, kit: Callable[[], Kit]) -> None:
    assert accepted(kit(), f"flow_maps.{function.split(maxsplit=1)[0]}", (CALLS | MIXTURES)[function]) == []
