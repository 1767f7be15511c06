"""The evolution of densities along a path: rates at a place, equations of motion, information and divergences."""

from __future__ import annotations

from gpu.evolution.divergence_rates import kl_rate, path_divergence_rate
from gpu.evolution.equations import (
    continuity_rate,
    fokker_planck_rate,
    ito_density_rate,
    score_fokker_planck_rate,
)
from gpu.evolution.information import entropy_rate, fisher_information
from gpu.evolution.rates import (
    laplacian,
    laplacian_gradient,
    log_density_rate,
    score_rate,
    velocity_divergence,
)

__all__ = [
    "continuity_rate",
    "entropy_rate",
    "fisher_information",
    "fokker_planck_rate",
    "ito_density_rate",
    "kl_rate",
    "laplacian",
    "laplacian_gradient",
    "log_density_rate",
    "path_divergence_rate",
    "score_fokker_planck_rate",
    "score_rate",
    "velocity_divergence",
]
