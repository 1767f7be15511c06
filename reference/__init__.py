r"""Ground truth of diffusion-model mathematics: every formula written plainly, in float64.

The vocabulary, everywhere:

===================  ======================================================================================
x_t                  noisy state alpha(t) x_0 + sigma(t) eps, eps ~ N(0, I); t grows toward noise
alpha, sigma         signal level and noise level; sigma is a standard deviation
half_log_snr         lambda = log(alpha/sigma), half the log signal-to-noise ratio; SNR = alpha^2/sigma^2
drift                f of the forward equation dx = f x dt + g dw; f = alpha'/alpha
diffusion_squared    g^2 = (sigma^2)' - 2 f sigma^2
score                gradient of log p_t(x_t)
denoiser             E[x_0 | x_t]
noise                E[eps | x_t]
velocity             E[alpha' x_0 + sigma' eps | x_t], the drift of the probability-flow equation
v_prediction         E[alpha eps - sigma x_0 | x_t], on variance-preserving paths only
posterior            the law of x_0 given x_t
clean, noisy         two times, clean < noisy, of a kernel, bridge or reverse step
t_start, t_end       the two ends of a map or a grid, in the order of travel
noise_level          l of the reverse family: drift f x - (1 + l^2)/2 g^2 score, diffusion l g
===================  ======================================================================================

Arrays are (..., d): batch axes first, broadcasting as in NumPy, and one event axis last, which must agree
exactly.  Times and levels have the batch shape.  Everything is float64: Python numbers are accepted, any
other type is refused.  Logarithms and information are in nats, sums run over dimensions.  Input is checked at
the door; nothing is clipped, cast or renormalised.
"""

from __future__ import annotations

from reference import (
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
from reference.distributions import Gaussian, GaussianMixture, PointCloud
from reference.likelihood import ode_log_likelihood, quantile_map
from reference.paths import EDM, VE, Brownian, FlowMatching, SubVP, Trigonometric, VPLinear
from reference.reverse import flow_map, reverse_drift

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
]
