"""Predictor-corrector sampling, Euler-Maruyama and Langevin steps in turn.  Song et al., arXiv 2011.13456."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.solvers._leg import Leg, Memory
from reference.solvers.protocol import Solver
from reference.solvers.sde import EulerMaruyama

__all__ = ["PredictorCorrector"]


@dataclass(frozen=True)
class PredictorCorrector(Solver):
    r"""An Euler-Maruyama step, then ``corrections`` times x + eta score + sqrt(2 eta) z, eta = step_size sigma_e^2.

    The Langevin steps pull toward their own stationary law, whose covariance misses V by about eta/2: with a fixed
    ``step_size`` that does not vanish as the times get finer (order 0, 1 without corrections).  Draws the normal
    of the step first (when noise_level > 0), then one for each correction.  The step of score_sde, scaled by batch
    means of norms, is not this one.
    Domain: alpha > 0 at t_start; no correction where sigma = 0.
    Catalogue: P35, P53, P63 (Lai et al., arXiv 2510.21890).
    """

    noise_level: float = 1.0
    corrections: int = 1
    step_size: float = 0.1
    family = "predictor_corrector"
    output = "score"

    def __post_init__(self) -> None:
        _checks.count("corrections", self.corrections, at_least=0)
        self._keep_nonnegative("noise_level", "step_size")

    @property
    def order(self) -> int:  # type: ignore[override]
        return 0 if self.corrections and self.step_size > 0.0 else 1

    @property
    def draws(self) -> int:
        return int(self.noise_level > 0.0) + self.corrections

    @property
    def evaluations(self) -> int:
        return 1 + self.corrections

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        predictor = EulerMaruyama(noise_level=self.noise_level)
        given = None if leg.noise is None else leg.noise[: predictor.draws]
        state, now = predictor.step(leg.model, leg.path, leg.x, t_start=leg.t_start, t_end=leg.t_end, noise=given)
        sigma = leg.path.sigma(leg.t_end)
        length = self.step_size * sigma**2
        if leg.noise is not None and np.any(length > 0.0):
            for normal in leg.noise[predictor.draws :]:
                field = leg.evaluated(state, leg.t_end)
                state = state + length[..., None] * field + np.sqrt(2.0 * length)[..., None] * normal
        return np.asarray(state), now
