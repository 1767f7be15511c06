"""Flow-map models: exact maps of the probability flow, consistency, mean flows, distillation, TrigFlow."""

from __future__ import annotations

from gpu.flow_maps.consistency import (
    consistency_distillation_loss,
    consistency_distillation_point,
    consistency_function,
    consistency_offset_weight,
    consistency_training_excess,
    consistency_training_loss,
    consistency_training_point,
)
from gpu.flow_maps.distillation import (
    distribution_matching_covariance_gradient,
    distribution_matching_gradient,
    distribution_matching_mean_gradient,
    knowledge_distillation_loss,
    progressive_target,
    progressive_target_from_denoisers,
)
from gpu.flow_maps.mean_flow import (
    average_velocity,
    average_velocity_matrix,
    combined_average_velocity,
    mean_flow_adaptive_weight,
    mean_flow_target,
    mean_flow_target_from_end,
    mean_flow_total_derivative,
    shortcut_target,
)
from gpu.flow_maps.oracle import (
    eulerian_residual,
    lagrangian_residual,
    oracle_end_derivative,
    oracle_jacobian,
    oracle_map,
    oracle_start_derivative,
)
from gpu.flow_maps.schedules import (
    consistency_pair_weight,
    consistency_ratio,
    pseudo_huber,
    pseudo_huber_constant,
)
from gpu.flow_maps.trajectory_models import (
    ctm_flow_map,
    ctm_loss_weight,
    ctm_output,
    ctm_output_from_velocity,
)
from gpu.flow_maps.trigflow import (
    trigflow_consistency,
    trigflow_network_from_consistency,
    trigflow_network_output,
    trigflow_network_target,
    trigflow_tangent,
    trigflow_velocity,
)

__all__ = [
    "average_velocity",
    "average_velocity_matrix",
    "combined_average_velocity",
    "consistency_distillation_loss",
    "consistency_distillation_point",
    "consistency_function",
    "consistency_offset_weight",
    "consistency_pair_weight",
    "consistency_ratio",
    "consistency_training_excess",
    "consistency_training_loss",
    "consistency_training_point",
    "ctm_flow_map",
    "ctm_loss_weight",
    "ctm_output",
    "ctm_output_from_velocity",
    "distribution_matching_covariance_gradient",
    "distribution_matching_gradient",
    "distribution_matching_mean_gradient",
    "eulerian_residual",
    "knowledge_distillation_loss",
    "lagrangian_residual",
    "mean_flow_adaptive_weight",
    "mean_flow_target",
    "mean_flow_target_from_end",
    "mean_flow_total_derivative",
    "oracle_end_derivative",
    "oracle_jacobian",
    "oracle_map",
    "oracle_start_derivative",
    "progressive_target",
    "progressive_target_from_denoisers",
    "pseudo_huber",
    "pseudo_huber_constant",
    "shortcut_target",
    "trigflow_consistency",
    "trigflow_network_from_consistency",
    "trigflow_network_output",
    "trigflow_network_target",
    "trigflow_tangent",
    "trigflow_velocity",
]
