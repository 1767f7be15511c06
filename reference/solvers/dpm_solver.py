"""DPM-Solver and DPM-Solver++, singlestep, and the ancestral forms of its second order.

Lu et al., arXiv 2206.00927 and 2211.01095; the ancestral forms are those of k-diffusion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.paths._base import Path
from reference.solvers._leg import Leg, Memory, Model, evaluate
from reference.solvers._moments import decayed_moment
from reference.solvers._nodes import outputs_of
from reference.solvers.protocol import Solver
from reference.solvers.weights import shares

__all__ = ["DPMSolver", "DPMSolverAncestral", "DPMSolverSDE"]


@dataclass(frozen=True)
class DPMSolver(Solver):
    r"""Singlestep DPM-Solver-1, -2, -3 (output "noise"), DPM-Solver++1, 2S, 3S (output "denoiser").

    Inner nodes lie at lambda_start + r h.  Order 2: M_start + (M_m - M_start)/(2 r1) held over the step ("midpoint")
    or the line through both integrated exactly ("taylor").  Order 3: the line through the start and the node r1 carries
    to the node r2, the line through the start and r2 to the end; of third order at r2 = 2/3 only, which is required.
    Defaults: r1 = 1/2 at order 2, r1 = 1/3 and r2 = 2/3 at order 3.
    Domain: neither end of the path for orders 2 and 3; order 1 as DDIM.
    Catalogue: P70, P71, P72 (Lai et al., arXiv 2510.21890).
    """

    order: int
    output: str = "noise"
    r1: float | None = None
    r2: float | None = None
    variant: str = "midpoint"
    family = "dpm_solver"

    def __post_init__(self) -> None:
        if _checks.count("order", self.order) > 3:
            raise ValueError(f"order: expected 1, 2 or 3, got {self.order}")
        outputs_of(self.output)
        _checks.option("variant", self.variant, ("midpoint", "taylor"))
        if self.variant == "taylor" and self.order != 2:
            raise ValueError(f"variant: expected 'midpoint' except at order 2, got 'taylor' at order {self.order}")
        first = _ratio("r1", self.r1, self.order >= 2, 1.0 / 2.0 if self.order == 2 else 1.0 / 3.0)
        second = _ratio("r2", self.r2, self.order == 3, 2.0 / 3.0)
        if second is not None and abs(second - 2.0 / 3.0) > 1e-15:
            raise ValueError(f"r2: expected 2/3, without which the rule is not of third order, got {second!r}")
        object.__setattr__(self, "r1", first)
        object.__setattr__(self, "r2", second)

    @property
    def evaluations(self) -> int:
        return self.order

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        path, start, end = leg.path, leg.t_start, leg.t_end
        if self.order > 1:
            _checks.time_in_domain(path, start, name="t_start", open_right=path._signal_vanishes)
            _checks.time_in_domain(path, end, name="t_end", open_left=path._noise_vanishes)
        now = (leg.first(),)
        first = now[0].output
        whole = _transfer(path, self.output, start, end)
        if self.r1 is None:
            return whole.constant(leg.x, first), now
        length = whole.length[..., None]
        inner = _between(path, start, end, self.r1)
        second = leg.evaluated(_transfer(path, self.output, start, inner).constant(leg.x, first), inner)
        change = second - first
        if self.order == 2:
            if self.variant == "midpoint":
                return whole.constant(leg.x, first + change / (2.0 * self.r1)), now
            return whole.linear(leg.x, first, change / (self.r1 * length)), now
        assert self.r2 is not None
        outer = _between(path, start, end, self.r2)
        arrived = _transfer(path, self.output, start, outer).linear(leg.x, first, change / (self.r1 * length))
        third = leg.evaluated(arrived, outer)
        return whole.linear(leg.x, first, (third - first) / (self.r2 * length)), now


@dataclass(frozen=True)
class DPMSolverAncestral(Solver):
    r"""DPM-Solver++ 2S (r = 1/2) in x/alpha down to ``ancestral_sigmas``, then a draw up to the end of the step.

    A step with down = 0, as every one to sigma = 0, is the denoiser.  Covariance of order 2 at every eta.
    Domain: alpha > 0 at t_start; reaches sigma = 0.
    Catalogue: P66, P72 (Lai et al., arXiv 2510.21890); k-diffusion's dpmpp_2s_ancestral.
    """

    eta: float = 1.0
    family = "dpm_solver_ancestral"
    order = 2
    output = "denoiser"

    def __post_init__(self) -> None:
        self._keep_nonnegative("eta")

    @property
    def draws(self) -> int:
        return int(self.eta > 0.0)

    @property
    def evaluations(self) -> int:
        return 2

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        path, start, end = leg.path, leg.t_start, leg.t_end
        level, goal = path._noise_to_signal(start), path._noise_to_signal(end)
        split = _Split.of(self.eta, path._difference(end, start))
        now = (leg.first(),)
        first = now[0].output
        point = leg.x / path.alpha(start)[..., None]
        field = first
        if _all_or_none("sigma_down", split.kept):
            half = np.sqrt(split.kept)
            middle = split._replace(kept=half, lost=split.lost / (1.0 + half))
            field = _inner(leg.model, path, middle.towards(point, first), np.asarray(level * half))
        return _drawn_up(path, end, split.towards(point, field), goal * split.fresh, leg.noise, 0), now


@dataclass(frozen=True)
class DPMSolverSDE(Solver):
    r"""DPM-Solver++ with two ancestral stages in x/alpha, at the fraction r of the step in lambda and at its end.

    Stage one goes down and up again to the inner node with the first draw, stage two from the start to the end with
    (1 - 1/(2r)) D_start + D_inner/(2r) and the second draw.  Two independent normals (covariance of order 1);
    k-diffusion may take both from one Brownian path, which correlates them.  A step to sigma = 0 is the
    denoiser and uses no draw.
    Domain: alpha > 0 at t_start; 0 < r <= 1; reaches sigma = 0.
    Catalogue: P66, P72 (Lai et al., arXiv 2510.21890); k-diffusion's dpmpp_sde.
    """

    eta: float = 1.0
    r: float = 0.5
    family = "dpm_solver_sde"
    output = "denoiser"

    def __post_init__(self) -> None:
        self._keep_nonnegative("eta")
        object.__setattr__(self, "r", _ratio("r", self.r, True, 0.5))

    @property
    def order(self) -> int:  # type: ignore[override]
        return 1 if self.draws else 2

    @property
    def draws(self) -> int:
        return 2 if self.eta > 0.0 else 0

    @property
    def evaluations(self) -> int:
        return 2

    def _advance(self, leg: Leg) -> tuple[Array, Memory]:
        path, start, end = leg.path, leg.t_start, leg.t_end
        level, goal = path._noise_to_signal(start), path._noise_to_signal(end)
        now = (leg.first(),)
        first = now[0].output
        point = leg.x / path.alpha(start)[..., None]
        field = first
        length = path._difference(end, start)
        if _all_or_none("sigma at t_end", goal):
            node = np.asarray(level * np.exp(-self.r * length))
            split = _Split.of(self.eta, self.r * length)
            state = split.towards(point, first)
            if leg.noise is not None:
                state = state + (node * split.fresh)[..., None] * leg.noise[0]
            share = 1.0 / (2.0 * self.r)
            field = (1.0 - share) * first + share * _inner(leg.model, path, state, node)
        split = _Split.of(self.eta, length)
        return _drawn_up(path, end, split.towards(point, field), goal * split.fresh, leg.noise, 1), now


# ---------------------------------------------------------------------------------------------- private


class _Split(NamedTuple):
    """An ancestral step of x/alpha, ``ancestral_sigmas`` in units: down/start, 1 - down/start, and up/end."""

    kept: Array
    lost: Array
    fresh: Array

    @classmethod
    def of(cls, eta: float, length: Array) -> _Split:
        kept, lost, drawn = shares(np.asarray(eta), length)
        return cls(kept * np.exp(-length), lost, np.minimum(drawn, 1.0))

    def towards(self, point: Array, denoised: Array) -> Array:
        """What is kept of the noise, and the rest replaced by the denoiser."""
        return np.asarray(self.kept[..., None] * point + self.lost[..., None] * denoised)


class _Transfer(NamedTuple):
    """Weights of the state, of a constant output and of its slope in lambda, over a step of length h."""

    state: Array
    value: Array
    slope: Array
    length: Array

    def constant(self, x: Array, output: Array) -> Array:
        return np.asarray(self.state[..., None] * x + self.value[..., None] * output)

    def linear(self, x: Array, output: Array, slope: Array) -> Array:
        return np.asarray(self.constant(x, output) + self.slope[..., None] * slope)


def _transfer(path: Path, output: str, start: Array, end: Array) -> _Transfer:
    """The exact solution for an output that is constant, or linear, in lambda."""
    length = path._difference(end, start)
    with np.errstate(invalid="ignore"):
        if output == "denoiser":
            scale, state = path.alpha(end), path._sigma_quotient(end, start)
            slope = decayed_moment(0, 1, length)
        else:
            _checks.time_in_domain(path, start, name="t_start", open_right=path._signal_vanishes)
            state = 1.0 / path._alpha_quotient(end, start)
            scale, slope = -path.sigma(start) * state, decayed_moment(1, 0, length)
    return _Transfer(state, scale * decayed_moment(0, 0, length), scale * slope, length)


def _between(path: Path, start: Array, end: Array, fraction: float) -> Array:
    """The time at this fraction of the step in lambda."""
    if fraction == 1.0:
        return end
    return path._time_at_noise_to_signal(
        np.asarray(path._noise_to_signal(start) * np.exp(-fraction * path._difference(end, start)))
    )


def _inner(model: Model, path: Path, point: Array, ratio: Array) -> Array:
    """The denoiser at an inner node, given x/alpha and sigma/alpha there."""
    t = path._time_at_noise_to_signal(ratio)
    return evaluate(model, path.alpha(t)[..., None] * point, t)


def _drawn_up(path: Path, end: Array, point: Array, up: Array, drawn: Array | None, which: int) -> Array:
    """The end of the step from x/alpha, with fresh noise."""
    if drawn is not None:
        point = point + up[..., None] * drawn[which]
    return np.asarray(path.alpha(end)[..., None] * point)


def _all_or_none(name: str, level: Array) -> bool:
    """Whether the level is positive everywhere; it must agree over the batch."""
    positive = level > 0.0
    if np.any(positive) and not np.all(positive):
        raise ValueError(f"{name}: expected values that are all 0 or all positive over the batch, got both")
    return bool(np.all(positive))


def _ratio(name: str, value: float | None, wanted: bool, default: float) -> float | None:
    """The place of an inner node in (0, 1], None for a rule without it."""
    if not wanted:
        if value is not None:
            raise ValueError(f"{name}: expected None at this order, got {value!r}")
        return None
    place = _checks.positive_parameter(name, default if value is None else value)
    if place > 1.0:
        raise ValueError(f"{name}: expected a value in (0, 1], got {place!r}")
    return place
