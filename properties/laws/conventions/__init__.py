"""Laws of other people's conventions: every converter's value, its way back, and what the converted quantity is."""

from __future__ import annotations

from properties.laws.conventions import indices, losses, networks, samplers, signal, tables

__all__ = ["indices", "losses", "networks", "samplers", "signal", "tables"]
