"""Laws of transport: pairs of Gaussians, their energies and bridges, matching losses, densities."""

from __future__ import annotations

from properties.laws.transport import batches, bridges, densities, energies, matching, motion, pairs

__all__ = ["batches", "bridges", "densities", "energies", "matching", "motion", "pairs"]
