"""Laws of the paths: the levels at a time, pairs of times, equivalent paths, the discrete tables, and their indices."""

from __future__ import annotations

from properties.laws.paths import equivalence, indexing, points, steps, tables

__all__ = ["equivalence", "indexing", "points", "steps", "tables"]
