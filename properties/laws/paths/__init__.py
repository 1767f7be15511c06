"""Laws of the paths: the levels at a time, pairs of times, equivalent paths, and the discrete tables."""

from __future__ import annotations

from properties.laws.paths import equivalence, points, steps, tables

__all__ = ["equivalence", "points", "steps", "tables"]
