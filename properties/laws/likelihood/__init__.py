"""Laws of the likelihoods: along the probability flow, and of the non-variational analysis."""

from __future__ import annotations

from properties.laws.likelihood import (
    batches,
    closure,
    conditional,
    estimators,
    expansions,
    flow,
    line,
    models,
    pointwise,
    renormalized,
)

__all__ = [
    "batches",
    "closure",
    "conditional",
    "estimators",
    "expansions",
    "flow",
    "line",
    "models",
    "pointwise",
    "renormalized",
]
