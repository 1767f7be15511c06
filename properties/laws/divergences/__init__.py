"""Laws of the divergences between laws, and of the information between clean and noisy data."""

from __future__ import annotations

from properties.laws.divergences import gaussians, information, line, variation

__all__ = ["gaussians", "information", "line", "variation"]
