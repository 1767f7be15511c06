"""Euler-Maruyama on the reverse family."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference._checks import Array
from reference.solvers._leg import Leg, Memory
from reference.solvers._steps import moved
from reference.solvers.protocol import Solver
from reference.solvers.weights import StepWeights

__all__ = ["EulerMaruyama"]


@dataclass(frozen=True)
class EulerMaruyama(Solver):
    r"""Step x - tau [f x - (1 + l^2)/2 g^2 score] + l g sqrt(tau) z, tau = t_start - t_end, coefficients at t_start.

    Domain: alpha > 0 at t_start; reaches sigma = 0.
    Catalogue: P53, P59 (Lai et al., arXiv 2510.21890); Song et al., arXiv 2011.13456.
    """

    noise_level: float = 1.0
    family = "euler_maruyama"
    order = 1
    output = "score"

    def __post_init__(self) -> None:
        self._keep_nonnegative("noise_level")

    @property
    def draws(self) -> int:
        return int(self.noise_level > 0.0)

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        path, start, end = leg.path, leg.t_start, leg.t_end
        now = (leg.first(),)
        length, squared = start - end, path.diffusion_squared(start)
        weights = StepWeights(
            1.0 - length * path.drift(start),
            (0.5 * (1.0 + self.noise_level**2) * length * squared)[..., None],
            self.noise_level * np.sqrt(length * squared),
        )
        return moved(weights, leg.x, now, leg.noise), now
