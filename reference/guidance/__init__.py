"""Guidance: what it does to predictions, what law a guided sampler delivers on Gaussians, and exact conditioning."""

from __future__ import annotations

from .adjustments import dynamic_threshold, rescaled
from .classifier import (
    classifier_score,
    guided_mean_from_classifier,
    guided_noise_from_classifier,
    guided_score_from_classifier,
)
from .combination import (
    guided,
    guided_ho_salimans,
    ho_salimans_from_weight,
    interval_weight,
    mean_flow_guided_velocity,
    weight_from_ho_salimans,
    weight_from_mean_flow,
)
from .flow import guided_family_law, guided_flow_law, guided_flow_matrix, guided_limit_covariance
from .integration import guided_law_by_integration
from .observation import conditioned_law, dps_normalized_step, dps_score, observation_score, pigdm_score
from .preference import diffusion_dpo_loss
from .tilted import guided_precision, tilted_law

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
    "guided_law_by_integration",
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
