"""`diffassay orders`: the order that every rule of `reference.solvers` attains, and the rules that are one rule.

``attained`` measures the orders and ``identities`` the differences; ``report`` tells them. Needs ``reference`` only.
"""

from __future__ import annotations

from certify.orders.attained import COUNTS, QUICK_COUNTS, Row, attained, measured
from certify.orders.pairs import Identity, identities

__all__ = ["COUNTS", "QUICK_COUNTS", "Identity", "Row", "attained", "identities", "measured"]
