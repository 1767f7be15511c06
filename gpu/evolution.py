"""The evolution of densities."""

from __future__ import annotations

__all__: list[str] = []
