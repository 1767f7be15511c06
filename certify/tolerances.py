"""Every tolerance of the sampler judge, each with its reason. Nothing else here decides what passes."""

from __future__ import annotations

import numpy as np

__all__ = [
    "AFFINE",
    "BATCH",
    "GRID",
    "LIMIT_LAW",
    "ORDER_SLACK",
    "OUTPUT_LAW_MARGIN",
    "PATHWISE_FACTOR",
    "START_DEFICIT",
    "conformity",
    "order_floor",
    "output_law",
    "precision",
]

_U64 = float(np.finfo(np.float64).eps) / 2.0

# Superposition residual. Linear code shows 1e-15, times 1e4 where a walk starts at that noise-to-signal ratio;
# clipping, thresholding and adaptive steps show 0.1 to 1. Anything between the two is far from both.
AFFINE = 1e-8

# A row must not depend on the other rows; only the order of summation inside a matrix product may differ.
BATCH = 1e-10

# Relative difference of two noise-to-signal ratios that should be one. Tables give them to 1e-12 (1 - alpha_bar loses
# four digits at the clean end); the smallest real fault, one timestep in a thousand, moves them by 1e-4 or more.
GRID = 1e-9

# What part of the training table a walk that is documented to begin at its noisy end may leave out there, beyond one
# spacing of its own grid. Beyond 5 % the first level shows the data, and pure noise is no sample of it.
START_DEFICIT = 0.05

# Measured orders approach the claim from either side; over the last two doublings up to 320 steps, every correct
# method tried came within 0.1.
ORDER_SLACK = 0.15

# The error of the documented update on the grid that the timesteps name is the honest discretisation error. Half as
# much again covers targets that choose another exact rule of the same order; a wrong level costs more than that.
OUTPUT_LAW_MARGIN = 1.5

# The flow of a two-component mixture stretches the line where its modes part, and every rounding error with it.
PATHWISE_FACTOR = 1e3

# What a sampler tends to for small steps, extrapolated from four step counts (three elimination steps leave a
# remainder of order h^4, 1e-6 at 320 steps for the stiffest direction tried), against the exact law. The smallest
# planted fault, noise added after the last step, is 2e-4.
LIMIT_LAW = 2e-5


def conformity(noise_to_signal: float) -> float:
    """Allowed deviation of a lifted map from its recurrence, relative to the size of the output.

    1e-12, or 1024 u kappa where that is more, kappa = sqrt(1 + (sigma/alpha)^2) at the start: a state of that magnitude
    is carried to an output of order one, so both sides round at u kappa, times the half log-SNR (up to 10) where a step
    takes the exponential of it, in each of the few steps that shrink the state.
    """
    return max(1e-12, 1024.0 * _U64 * float(np.hypot(1.0, noise_to_signal)))


def order_floor(noise_to_signal: float) -> float:
    """Errors below this are rounding and have no order: ten times what conformity allows."""
    return 10.0 * conformity(noise_to_signal)


def output_law(ideal: float, noise_to_signal: float) -> float:
    """Allowed error of an output law: that of the documented update on the ideal grid with its margin, plus rounding.

    The root of the conformity tolerance is the rounding of a Wasserstein distance between almost equal Gaussians.
    """
    return OUTPUT_LAW_MARGIN * ideal + float(np.sqrt(conformity(noise_to_signal)))


def precision(count: int, training_steps: int, noise_to_signal: float, roundoff: float) -> float:
    """Allowed difference of native and lifted maps, relative to the size of the output: 8 u (n + T + kappa).

    A running sum over n steps costs n u, a cumulative product over the T entries of the training table T u, and the
    cancellation of a state of magnitude kappa to an output of order one kappa u; 8 covers the operations of a step.
    """
    return 8.0 * roundoff * (count + training_steps + float(np.hypot(1.0, noise_to_signal)))
