"""Ancestral sampling: the bridge pinned at the denoiser, and the form that steps down and draws up again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.solvers._leg import Leg, Memory
from reference.solvers._steps import moved
from reference.solvers.protocol import Solver
from reference.solvers.weights import StepWeights, shares
from reference.transitions import bridge_data_weight, bridge_state_weight, bridge_variance, kernel_variance

__all__ = ["Ancestral", "AncestralEuler"]


@dataclass(frozen=True)
class Ancestral(Solver):
    r"""The bridge mean at the denoiser plus noise of the bridge's variance, or of the forward kernel's ("forward").

    "forward" is DDPM's larger choice; it draws at sigma_end = 0 too (end with ``last``).
    Domain: the closed domain.
    Catalogue: P37, P40, P59, P65 (Lai et al., arXiv 2510.21890); Ho et al., arXiv 2006.11239.
    """

    variance: str = "bridge"
    family = "ancestral"
    order = 1
    output = "denoiser"

    def __post_init__(self) -> None:
        _checks.option("variance", self.variance, ("bridge", "forward"))

    @property
    def draws(self) -> int:
        return 1

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        now = (leg.first(),)
        variance = bridge_variance if self.variance == "bridge" else kernel_variance
        weights = StepWeights(
            bridge_state_weight(leg.path, clean=leg.t_end, noisy=leg.t_start),
            bridge_data_weight(leg.path, clean=leg.t_end, noisy=leg.t_start)[..., None],
            np.sqrt(variance(leg.path, clean=leg.t_end, noisy=leg.t_start)),
        )
        return moved(weights, leg.x, now, leg.noise), now


@dataclass(frozen=True)
class AncestralEuler(Solver):
    r"""Euler's step of x/alpha in sigma/alpha down to ``ancestral_sigmas``, then a draw up to the end of the step.

    Equal to DDIM(eta) as long as up = eta sqrt(...) stays below sigma_end.
    Domain: alpha > 0 at t_start; reaches sigma = 0.
    Catalogue: P66 (Lai et al., arXiv 2510.21890); k-diffusion's Euler ancestral.
    """

    eta: float = 1.0
    family = "ancestral"
    order = 1
    output = "denoiser"

    def __post_init__(self) -> None:
        self._keep_nonnegative("eta")

    @property
    def draws(self) -> int:
        return int(self.eta > 0.0)

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        path, start, end = leg.path, leg.t_start, leg.t_end
        now = (leg.first(),)
        _checks.time_in_domain(path, start, name="t_start", open_right=path._signal_vanishes)
        # down = k sigma_end and up = drawn sigma_end of ``ancestral_sigmas``, in sigma/alpha
        kept, lost, drawn_share = shares(np.asarray(self.eta), path._difference(end, start))
        weights = StepWeights(
            kept * path._sigma_quotient(end, start),
            (path.alpha(end) * lost)[..., None],
            path.sigma(end) * np.minimum(drawn_share, 1.0),
        )
        return moved(weights, leg.x, now, leg.noise), now
