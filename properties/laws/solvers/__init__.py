"""Laws of the solvers: the weights of every rule, and the rules themselves."""

from __future__ import annotations

from properties.laws.solvers import (
    gaussian,
    identities,
    orders,
    samplers,
    weights,
    weights_exactness,
    weights_from_noise,
    weights_identities,
    weights_multistep,
)

__all__ = [
    "gaussian",
    "identities",
    "orders",
    "samplers",
    "weights",
    "weights_exactness",
    "weights_from_noise",
    "weights_identities",
    "weights_multistep",
]
