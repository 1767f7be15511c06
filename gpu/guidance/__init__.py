"""Guidance: combined predictions, the laws that guided equations deliver on Gaussians, and exact conditioning."""

from __future__ import annotations

from .adjustments import (
    dynamic_threshold,
    interval_weight,
    rescaled,
)
from .combinations import (
    classifier_score,
    guided,
    guided_ho_salimans,
    guided_mean_from_classifier,
    guided_noise_from_classifier,
    guided_score_from_classifier,
    ho_salimans_from_weight,
    mean_flow_guided_velocity,
    weight_from_ho_salimans,
    weight_from_mean_flow,
)
from .flow import (
    guided_family_law,
    guided_flow_law,
    guided_flow_matrix,
    guided_limit_covariance,
)
from .observations import (
    conditioned_law,
    dps_normalized_step,
    dps_score,
    observation_score,
    pigdm_score,
)
from .preferences import (
    diffusion_dpo_loss,
)
from .tilted import (
    guided_precision,
    tilted_law,
)

__all__ = [
    "classifier_score",
    "conditioned_law",
    "diffusion_dpo_loss",
    "dps_normalized_step",
    "dps_score",
    "dynamic_threshold",
    "guided",
    "guided_family_law",
    "guided_flow_law",
    "guided_flow_matrix",
    "guided_ho_salimans",
    "guided_limit_covariance",
    "guided_mean_from_classifier",
    "guided_noise_from_classifier",
    "guided_precision",
    "guided_score_from_classifier",
    "ho_salimans_from_weight",
    "interval_weight",
    "mean_flow_guided_velocity",
    "observation_score",
    "pigdm_score",
    "rescaled",
    "tilted_law",
    "weight_from_ho_salimans",
    "weight_from_mean_flow",
]
