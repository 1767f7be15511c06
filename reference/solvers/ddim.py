"""DDIM, its stochastic family, and its inversion.  Song et al., arXiv 2010.02502."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.paths._base import Path, checked_path
from reference.solvers._leg import Leg, Memory, Model, evaluate
from reference.solvers._nodes import outputs_of
from reference.solvers._steps import after, moved
from reference.solvers.protocol import Solver
from reference.solvers.weights import ddim_weights

__all__ = ["DDIM", "ddim_inversion"]


@dataclass(frozen=True)
class DDIM(Solver):
    r"""DDIM(eta): the denoiser renoised, of whose noise eta is fresh; eta = 1 is the ancestral sampler.

    Reaches sigma = 0, and beside the denoiser starts at alpha = 0.
    Catalogue: P64, P65 (Lai et al., arXiv 2510.21890).
    """

    eta: float = 0.0
    output: str = "denoiser"
    family = "ddim"
    order = 1

    def __post_init__(self) -> None:
        self._keep_nonnegative("eta")
        outputs_of(self.output)

    @property
    def draws(self) -> int:
        return int(self.eta > 0.0)

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        now = (leg.first(),)
        weights = ddim_weights(leg.path, after(now, leg.t_end), eta=self.eta, output=self.output)
        return moved(weights, leg.x, now, leg.noise), now


def ddim_inversion(model: Model, path: Path, x: Array, times: Array, *, output: str = "denoiser") -> Array:
    r"""The deterministic DDIM step travelled from data to noise, x at times[0] to times[-1].

    Each step is alpha_e D + sigma_e E[eps | x] with the fields of its own (clean) start, so that inversion and sampling
    over one pair do not undo each other: on Gaussian data they multiply centred data by cos^2(phi_s - phi_e).
    Shapes: x (..., d), times (n,) strictly increasing -> (..., d).
    Domain: sigma > 0 at times[0] for the denoiser; alpha = 0 at times[-1] only.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P68 (Lai et al., arXiv 2510.21890).
    """
    form, checked = outputs_of(output), checked_path("path", path)
    _checks.function("model", model)
    grid = _checks.time_in_domain(checked, _checks.increasing("times", times), name="times")
    if form == "denoiser":
        _checks.time_in_domain(checked, grid[:1], name="times[0]", open_left=checked._noise_vanishes)
    state = _checks.event("x", _checks.real("x", x))
    for start, end in pairwise(grid):
        field = evaluate(model, state, start)
        # sigma_e (1 - e^{-H}), H = lambda_start - lambda_end > 0: the noise that the step adds
        added = checked.sigma(end) * -np.expm1(-checked._difference(start, end))
        if form == "denoiser":
            state = (
                state / checked._sigma_quotient(start, end)
                - checked._alpha(start) / checked._sigma(start) * added * field
            )
        else:
            state = checked._alpha_quotient(start, end) * state + added * field
    return np.asarray(state)
