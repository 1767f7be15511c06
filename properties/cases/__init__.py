"""Cases: frozen dataclasses of plain NumPy arrays, one class a family, each with a builder from primitive draws.

What a family holds is what is VALID input of the functions judged on it, to the ends of the domain, never what is
likely. Every number is a value of the dtype under judgment, so the arbiter sees the very inputs that the code sees.
"""

from __future__ import annotations

from properties.cases.families import FAMILIES, build
from properties.cases.specs import DataSpec, PathSpec

__all__ = ["FAMILIES", "DataSpec", "PathSpec", "build"]
