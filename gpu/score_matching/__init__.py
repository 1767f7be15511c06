"""Score matching: losses of linear models and of values, their targets, energies, and Langevin sampling."""

from __future__ import annotations

from gpu.score_matching.annealed import (
    annealed_langevin_covariance,
    annealed_langevin_mean,
    annealed_step_sizes,
    noise_conditional_loss,
    score_sde_corrector_step,
)
from gpu.score_matching.energy import (
    energy_gradient_linear,
    energy_gradient_quadratic,
    score_from_energy_gradient,
)
from gpu.score_matching.langevin import (
    langevin_covariance,
    langevin_mean,
    langevin_stationary_covariance,
    langevin_step,
    langevin_step_from_song_ermon,
)
from gpu.score_matching.linear import (
    denoising_score_matching,
    explicit_score_matching,
    implicit_score_matching,
)
from gpu.score_matching.objectives import (
    denoising_loss_at,
    hutchinson_trace,
    hutchinson_variance,
    implicit_loss_at,
    sliced_loss_at,
    sliced_loss_variance_reduced_at,
)
from gpu.score_matching.targets import (
    denoiser_adjoint,
    denoiser_target,
    generalized_loss_at,
    sure,
    sure_from_score,
)

__all__ = [
    "annealed_langevin_covariance",
    "annealed_langevin_mean",
    "annealed_step_sizes",
    "denoiser_adjoint",
    "denoiser_target",
    "denoising_loss_at",
    "denoising_score_matching",
    "energy_gradient_linear",
    "energy_gradient_quadratic",
    "explicit_score_matching",
    "generalized_loss_at",
    "hutchinson_trace",
    "hutchinson_variance",
    "implicit_loss_at",
    "implicit_score_matching",
    "langevin_covariance",
    "langevin_mean",
    "langevin_stationary_covariance",
    "langevin_step",
    "langevin_step_from_song_ermon",
    "noise_conditional_loss",
    "score_from_energy_gradient",
    "score_sde_corrector_step",
    "sliced_loss_at",
    "sliced_loss_variance_reduced_at",
    "sure",
    "sure_from_score",
]
