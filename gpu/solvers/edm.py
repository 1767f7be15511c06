"""EDM's stochastic sampler: churn, then Heun's step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import EDM
from gpu.solvers._arguments import root
from gpu.solvers._solver import Evaluation, Solver, Step, surely, vector

__all__ = ["EDMStochastic"]


@dataclass(frozen=True)
class EDMStochastic(Solver):
    """Noise raised from sigma to (1 + gamma) sigma, then Heun down in sigma, on the EDM path only.

    gamma = min(churn/steps, sqrt(2) - 1) where churn_min <= sigma <= churn_max, else 0; the noise added is scaled by
    noise_scale. A step to sigma = 0 is Euler's, and the model is not asked there. Raising the noise is exact, so the
    order is Heun's; a noise_scale other than 1 leaves an error that does not vanish with the steps (order 0). The
    evaluation in the memory is the one at the raised noise.

    Raises ValueError for parameters below 0, and steps below 1; TypeError on another path.

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
        for name in ("churn", "noise_scale", "churn_min"):
            _checks.parameter(name, getattr(self, name), zero_allowed=True)
        if self.churn_max != math.inf:
            _checks.parameter("churn_max", self.churn_max, zero_allowed=True)
        _checks.above("churn_max", self.churn_max, "churn_min", self.churn_min, equal_allowed=True)

    @property
    def order(self) -> int:
        """2, or 0 where the noise is scaled."""
        return 2 if self.noise_scale == 1 or not self.draws else 0

    @property
    def draws(self) -> int:
        """1, or 0 without churn."""
        return int(self.churn > 0)

    @property
    def evaluations(self) -> int:
        """2."""
        return 2

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        model, path, x, start, end = at[:5]
        if not isinstance(path, EDM):
            raise TypeError(f"path: expected EDM, whose time is the noise level, got {type(path).__name__}")
        level, raised, state = start, start, x
        if self.draws:
            gain = min(self.churn / self.steps, math.sqrt(2.0) - 1.0)
            stirred = (level >= self.churn_min) & (level <= self.churn_max)
            gamma = gain * stirred.to(level.dtype)
            raised = level * (1 + gamma)
            added = self.noise_scale * level * root(gamma * (2 + gamma))
            state = x + vector(added, x) * at.noise[0]
        output = model(state, raised)
        slope = (state - output) / raised[..., None]
        step = (end - raised)[..., None]
        # From the denoiser at sigma = 0, where x + h slope is rounded.
        clean = end == 0
        predicted = output + (end / raised)[..., None] * (state - output)
        evaluation = Evaluation(raised, state, output, at.noise if self.draws else None)
        if surely(clean):
            return predicted, evaluation
        there = torch.where(clean, raised, end)
        second = (predicted - model(predicted, there)) / there[..., None]
        ended = state + step * ((slope + second) / 2)
        return torch.where(clean[..., None], predicted, ended), evaluation
