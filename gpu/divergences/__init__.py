"""Divergences between Gaussian laws, and the information that noisy data have about clean ones."""

from __future__ import annotations

from gpu.divergences.gaussians import fisher_divergence, kl_divergence, wasserstein2_squared
from gpu.divergences.information import mutual_information
from gpu.divergences.variation import total_variation

__all__ = [
    "fisher_divergence",
    "kl_divergence",
    "mutual_information",
    "total_variation",
    "wasserstein2_squared",
]
