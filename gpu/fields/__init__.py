"""Exact fields of the analytic laws along a path, and the conversions between predictions."""

from __future__ import annotations

from gpu.fields.analytic import (
    denoiser,
    denoiser_jacobian,
    minimum_mean_squared_error,
    noise,
    posterior_covariance,
    posterior_third_cumulant,
    score,
    v_prediction,
    velocity,
)
from gpu.fields.to_denoiser import (
    denoiser_from_noise,
    denoiser_from_score,
    denoiser_from_v_prediction,
    denoiser_from_velocity,
)
from gpu.fields.to_noise import (
    noise_from_denoiser,
    noise_from_score,
    noise_from_v_prediction,
    noise_from_velocity,
)
from gpu.fields.to_score import (
    score_from_denoiser,
    score_from_noise,
    score_from_v_prediction,
    score_from_velocity,
)
from gpu.fields.to_v_prediction import (
    v_prediction_from_denoiser,
    v_prediction_from_noise,
    v_prediction_from_score,
    v_prediction_from_velocity,
)
from gpu.fields.to_velocity import (
    velocity_from_denoiser,
    velocity_from_noise,
    velocity_from_score,
    velocity_from_v_prediction,
)

__all__ = [
    "denoiser",
    "denoiser_from_noise",
    "denoiser_from_score",
    "denoiser_from_v_prediction",
    "denoiser_from_velocity",
    "denoiser_jacobian",
    "minimum_mean_squared_error",
    "noise",
    "noise_from_denoiser",
    "noise_from_score",
    "noise_from_v_prediction",
    "noise_from_velocity",
    "posterior_covariance",
    "posterior_third_cumulant",
    "score",
    "score_from_denoiser",
    "score_from_noise",
    "score_from_v_prediction",
    "score_from_velocity",
    "v_prediction",
    "v_prediction_from_denoiser",
    "v_prediction_from_noise",
    "v_prediction_from_score",
    "v_prediction_from_velocity",
    "velocity",
    "velocity_from_denoiser",
    "velocity_from_noise",
    "velocity_from_score",
    "velocity_from_v_prediction",
]
