"""Score matching and langevin sampling."""

from __future__ import annotations

__all__: list[str] = []
