"""Laws of flow maps: the exact map, consistency models, MeanFlow, distillation, TrigFlow, schedules."""

from __future__ import annotations

from properties.laws.flow_maps import (
    batches,
    consistency,
    distillation,
    gaussian,
    mean_flow,
    models,
    oracle,
    trigflow,
)

__all__ = ["batches", "consistency", "distillation", "gaussian", "mean_flow", "models", "oracle", "trigflow"]
