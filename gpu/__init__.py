"""Diffusion-model mathematics in torch, fast, on CPU and CUDA ("gpu" is the given name of the torch code).

The same public names and signatures as the float64 NumPy package, in the dtype (float32 or float64) and on
the device of the arguments; differentiable, and fit for torch.compile and torch.func. `value_checks(False)`
switches the checks of values off, so that no call waits for the device.
"""

from __future__ import annotations

from gpu import (
    conventions,
    distributions,
    divergences,
    elbo,
    evolution,
    fields,
    flow_maps,
    grids,
    guidance,
    likelihood,
    paths,
    preconditioning,
    reverse,
    score_matching,
    solvers,
    transitions,
    transport,
)
from gpu._checks import value_checks
from gpu.distributions import Gaussian, GaussianMixture, PointCloud
from gpu.likelihood import ode_log_likelihood, quantile_map
from gpu.paths import EDM, VE, Brownian, FlowMatching, SubVP, Trigonometric, VPLinear
from gpu.reverse import flow_map, reverse_drift

__all__ = [
    "EDM",
    "VE",
    "Brownian",
    "FlowMatching",
    "Gaussian",
    "GaussianMixture",
    "PointCloud",
    "SubVP",
    "Trigonometric",
    "VPLinear",
    "conventions",
    "distributions",
    "divergences",
    "elbo",
    "evolution",
    "fields",
    "flow_map",
    "flow_maps",
    "grids",
    "guidance",
    "likelihood",
    "ode_log_likelihood",
    "paths",
    "preconditioning",
    "quantile_map",
    "reverse",
    "reverse_drift",
    "score_matching",
    "solvers",
    "transitions",
    "transport",
    "value_checks",
]
