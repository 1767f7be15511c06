"""Laws of evolving densities: rates pointwise, information and divergences over time, Ito's general equation."""

from __future__ import annotations

from properties.laws.evolution import batches, equations, girsanov, information, ito, kl, line, rates

__all__ = ["batches", "equations", "girsanov", "information", "ito", "kl", "line", "rates"]
