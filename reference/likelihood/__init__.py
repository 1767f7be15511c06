"""Exact log-likelihoods along the probability-flow ODE, and its quantile map in one dimension."""

from __future__ import annotations

from .ode import flow_log_determinant, ode_log_likelihood
from .quantile import quantile_map

__all__ = ["flow_log_determinant", "ode_log_likelihood", "quantile_map"]
