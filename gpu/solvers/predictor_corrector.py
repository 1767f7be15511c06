"""Euler-Maruyama followed by Langevin steps at the level that it reached."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu.solvers._solver import Evaluation, Solver, Step, vector
from gpu.solvers.first_order import EulerMaruyama

__all__ = ["PredictorCorrector"]


@dataclass(frozen=True)
class PredictorCorrector(Solver):
    """An Euler-Maruyama step of the reverse family, then x + eta score + sqrt(2 eta) z at t_end, `corrections` times.

    eta = step_size sigma(t_end)^2; nothing is corrected where sigma(t_end) = 0. The normal of the step (if any)
    comes first, then one a correction. Langevin steps of a fixed step have a stationary law of their own, whose
    covariance is off by about eta/2 and more, and finer times do not remove that: order 0, and 1 without corrections.

    Raises ValueError for a noise level or a step below 0, and corrections below 0.

    Catalogue: P35, P53, P63 (Lai et al., arXiv 2510.21890).
    """

    noise_level: float = 1.0
    corrections: int = 1
    step_size: float = 0.1
    family = "predictor_corrector"
    output = "score"

    def __post_init__(self) -> None:
        _checks.parameter("noise_level", self.noise_level, zero_allowed=True)
        _checks.count("corrections", self.corrections, minimum=0)
        _checks.parameter("step_size", self.step_size, zero_allowed=True)

    @property
    def order(self) -> int:
        """0, or 1 without corrections."""
        return 0 if self.corrections else 1

    @property
    def draws(self) -> int:
        """One for the step where its noise level is above 0, and one a correction."""
        return int(self.noise_level > 0) + self.corrections

    @property
    def evaluations(self) -> int:
        """One, and one a correction."""
        return 1 + self.corrections

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        model, path, x, start, end = at[:5]
        predictor = EulerMaruyama(self.noise_level)
        state, evaluation = predictor._advance(at)
        sigma = path._sigma_at(end.double())
        length = vector(self.step_size * sigma.square(), x)
        spread = vector((2 * self.step_size) ** 0.5 * sigma, x)
        noisy = sigma > 0
        there = torch.where(noisy, end, start)
        for normal in at.noise[predictor.draws :]:
            moved = state + length * model(state, there) + spread * normal
            state = torch.where(noisy[..., None], moved, state)
        return state, evaluation._replace(noise=at.noise if self.draws else None)
