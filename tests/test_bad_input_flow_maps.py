"""Bad input to flow maps and to the models that learn them is refused at the door."""

from __future__ import annotations

from mutations import Call, gaussian, law, matrix, number, optional, path, vector, with_mixtures

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
