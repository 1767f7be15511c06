"""Likelihoods along the probability-flow ODE, and the one-dimensional flow as a map of quantiles."""

from __future__ import annotations

from gpu.likelihood.ode import flow_log_determinant, ode_log_likelihood
from gpu.likelihood.quantile import quantile_map

__all__ = ["flow_log_determinant", "ode_log_likelihood", "quantile_map"]
