"""The evolution of densities, scores, entropies and divergences under the noise of a path."""

from __future__ import annotations

from .divergence_rates import kl_integral, kl_rate
from .equations import continuity_rate, fokker_planck_rate, ito_density_rate, score_fokker_planck_rate
from .girsanov import girsanov_divergence, path_divergence_rate
from .information import entropy_rate, fisher_information
from .rates import laplacian, laplacian_gradient, log_density_rate, score_rate, velocity_divergence

__all__ = [
    "continuity_rate",
    "entropy_rate",
    "fisher_information",
    "fokker_planck_rate",
    "girsanov_divergence",
    "ito_density_rate",
    "kl_integral",
    "kl_rate",
    "laplacian",
    "laplacian_gradient",
    "log_density_rate",
    "path_divergence_rate",
    "score_fokker_planck_rate",
    "score_rate",
    "velocity_divergence",
]
