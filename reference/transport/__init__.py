"""Transport of laws: flow matching, interpolants, optimal and entropic transport, gradient flows, change of variables.

Pairs of Gaussians are called ``first``, at t = 0, and ``second``, at t = 1.  Velocities are derivatives in t.
"""

from __future__ import annotations

from .conditional import (
    conditional_velocity,
    conditional_velocity_matching,
    minimal_variance_velocity,
    velocity_matching,
)
from .direction import (
    data_time_from_time,
    data_time_velocity_from_velocity,
    time_from_data_time,
    velocity_from_data_time,
)
from .gradient_flows import forward_divergence_velocity, reverse_divergence_velocity
from .interpolation import (
    flow_displacement,
    interpolation_flow_map,
    interpolation_flow_matrix,
    interpolation_law,
    interpolation_velocity,
)
from .normalizing import affine_flow_log_prob, change_of_variables
from .optimal import (
    coupling_energy,
    displacement_law,
    displacement_velocity,
    kinetic_energy,
    optimal_transport_map,
    optimal_transport_matrix,
)
from .rectified import brenier_defect, reflow_velocity
from .schroedinger import (
    entropic_coupling,
    entropic_cross_covariance,
    schroedinger_bridge_drift,
    schroedinger_bridge_law,
)

__all__ = [
    "affine_flow_log_prob",
    "brenier_defect",
    "change_of_variables",
    "conditional_velocity",
    "conditional_velocity_matching",
    "coupling_energy",
    "data_time_from_time",
    "data_time_velocity_from_velocity",
    "displacement_law",
    "displacement_velocity",
    "entropic_coupling",
    "entropic_cross_covariance",
    "flow_displacement",
    "forward_divergence_velocity",
    "interpolation_flow_map",
    "interpolation_flow_matrix",
    "interpolation_law",
    "interpolation_velocity",
    "kinetic_energy",
    "minimal_variance_velocity",
    "optimal_transport_map",
    "optimal_transport_matrix",
    "reflow_velocity",
    "reverse_divergence_velocity",
    "schroedinger_bridge_drift",
    "schroedinger_bridge_law",
    "time_from_data_time",
    "velocity_from_data_time",
    "velocity_matching",
]
