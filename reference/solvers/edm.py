"""EDM's stochastic sampler.  Karras et al., arXiv 2206.00364."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.paths import EDM
from reference.solvers._leg import Evaluation, Leg, Memory
from reference.solvers.protocol import Solver

__all__ = ["EDMStochastic"]

_largest_churn = 1.0 / (1.0 + math.sqrt(2.0))  # sqrt(2) - 1: a churn at most doubles the noise variance


@dataclass(frozen=True)
class EDMStochastic(Solver):
    r"""Raises the noise from sigma to (1 + gamma) sigma, then takes Heun's step in sigma; Euler's to sigma = 0.

    gamma = min(churn/steps, sqrt(2) - 1) where churn_min <= sigma <= churn_max and 0 elsewhere; ``steps`` is the
    number of steps of the run.  The draw is sigma sqrt(gamma (2 + gamma)) noise_scale z.  At a fixed churn
    the covariance is of order 2 for noise_scale = 1; any other leaves an error that does not vanish with the steps
    (order 0).
    The evaluation that enters the memory is the one at the raised noise.
    Domain: the EDM path, sigma > 0 at t_start.  Raises TypeError for another path.
    Catalogue: P62, P81 (Lai et al., arXiv 2510.21890).
    """

    steps: int
    churn: float = 0.0
    noise_scale: float = 1.0
    churn_min: float = 0.0
    churn_max: float = math.inf
    family = "edm"
    output = "denoiser"

    def __post_init__(self) -> None:
        _checks.count("steps", self.steps)
        self._keep_nonnegative("churn", "noise_scale", "churn_min")
        if self.churn_max != math.inf:
            _checks.nonnegative_parameter("churn_max", self.churn_max)
        if self.churn_max < self.churn_min:
            raise ValueError(f"churn_max: expected at least churn_min = {self.churn_min!r}, got {self.churn_max!r}")

    @property
    def order(self) -> int:  # type: ignore[override]
        return 0 if self.draws and self.noise_scale != 1.0 else 2

    @property
    def draws(self) -> int:
        return int(self.churn > 0.0)

    @property
    def evaluations(self) -> int:
        return 2

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        _checks.instance("path", leg.path, EDM, hint="its clock is sigma; elsewhere Heun('noise_to_signal')")
        sigma, end = leg.t_start, leg.t_end
        churned = (sigma >= self.churn_min) & (sigma <= self.churn_max)
        gamma = np.where(churned, min(self.churn / self.steps, _largest_churn), 0.0)
        raised = np.asarray(sigma * (1.0 + gamma))
        state = leg.x
        if leg.noise is not None:
            state = leg.x + (sigma * np.sqrt(gamma * (2.0 + gamma)) * self.noise_scale)[..., None] * leg.noise[0]
        output = leg.evaluated(state, raised)
        now = (Evaluation(raised, state, output, leg.noise),)
        # the slope (x - D)/sigma times the step
        kept, step = (end / raised)[..., None], (end - raised)[..., None]
        guess = kept * state - step / raised[..., None] * output
        arrived = end == 0.0
        if np.all(arrived):
            return np.asarray(guess), now
        if np.any(arrived):
            raise ValueError("t_end: expected sigma = 0 at all of the ends (an Euler step) or at none")
        first = (state - output) / raised[..., None]
        second = (guess - leg.evaluated(guess, end)) / end[..., None]
        return np.asarray(state + 0.5 * step * (first + second)), now
