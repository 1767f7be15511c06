"""The formulas that `certify.assert_matches` can hold a function of the user's against, by plain arguments.

Each entry names its arguments by role, draws valid ones, and has an arbiter twin of exactly these arguments, so that
the condition sum is that of what the user's function is given.
"""

from __future__ import annotations

from certify.formulas import fields, samplers
from certify.formulas._formula import FORMULAS, Formula, as_twin_arguments

__all__ = ["FORMULAS", "Formula", "as_twin_arguments", "fields", "samplers"]
