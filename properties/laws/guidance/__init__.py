"""Laws of guidance: combinations of predictions, guided laws of Gaussians, and observations."""

from __future__ import annotations

from properties.laws.guidance import adjustments, batches, combinations, integration, laws_of_pairs, observations, pairs

__all__ = ["adjustments", "batches", "combinations", "integration", "laws_of_pairs", "observations", "pairs"]
