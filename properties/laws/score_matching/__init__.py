"""Laws of score matching: losses of linear and pointwise models, probes, unbiased risk, energies, Langevin sampling."""

from __future__ import annotations

from properties.laws.score_matching import (
    annealed,
    batches,
    energies,
    langevin,
    line,
    linear,
    operators,
    pointwise,
    probes,
    sure,
)

__all__ = ["annealed", "batches", "energies", "langevin", "line", "linear", "operators", "pointwise", "probes", "sure"]
