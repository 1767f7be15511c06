"""Divergences between laws, and the information between clean and noisy data, in nats."""

from __future__ import annotations

from .gaussians import fisher_divergence, kl_divergence, wasserstein2_squared
from .information import mutual_information
from .line import f_divergence, jensen_shannon_divergence
from .variation import total_variation

__all__ = [
    "f_divergence",
    "fisher_divergence",
    "jensen_shannon_divergence",
    "kl_divergence",
    "mutual_information",
    "total_variation",
    "wasserstein2_squared",
]
