"""Singlestep DPM-Solver and DPM-Solver++, and their stochastic relatives with an ancestral split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.solvers._arguments import OUTPUTS, Nodes, portion
from gpu.solvers._solver import Evaluation, Solver, Step, grid, up_to, vector
from gpu.solvers.one_step import ancestral_sigmas
from gpu.solvers.phi import phi
from gpu.solvers.runge_kutta import at_share

__all__ = ["DPMSolver", "DPMSolverAncestral", "DPMSolverSDE"]


@dataclass(frozen=True)
class DPMSolver(Solver):
    """Singlestep DPM-Solver of order 1, 2, 3: of the noise, or of the denoiser (++, 2S, 3S).

    With first(r) the first-order step of length r h in lambda and the outputs M_1, M_2 at r1 h and r2 h: order 2 ends
    at first(1) + c (M_1 - M_0)/r1, where c = g (e^z - 1)/2 ("midpoint") or g z phi_2(z) ("taylor"), z = h, g = -sigma_e
    (noise) or z = -h, g = -alpha_e (denoiser). Order 3 goes to r2 h with r2/r1 times the "taylor" term of that
    length, and ends with that of M_2 alone, over r2. Defaults: r1 = 1/2 for order 2, r1 = 1/3 and r2 = 2/3 for order 3.

    Orders 2 and 3 do not reach sigma = 0, nor start at alpha = 0.

    Raises ValueError for other orders, outputs and variants, r1 outside (0, 1] (order 3: below r2), r2 other than 2/3,
    at which alone the order is 3, and r1 or r2 given to an order without them.

    Catalogue: P70, P71, P72 (Lai et al., arXiv 2510.21890).
    """

    order: int
    output: Literal["denoiser", "noise"] = "noise"
    r1: float | None = None
    r2: float | None = None
    variant: Literal["midpoint", "taylor"] = "midpoint"
    family = "dpm_solver"

    def __post_init__(self) -> None:
        up_to("order", self.order, 3)
        _checks.option("output", self.output, OUTPUTS)
        _checks.option("variant", self.variant, ("midpoint", "taylor"))
        if self.variant == "taylor" and self.order != 2:
            raise ValueError(f"variant: expected 'midpoint' except at order 2, got 'taylor' at order {self.order}")
        for name, value, least, default in (("r1", self.r1, 2, 0.5), ("r2", self.r2, 3, 2 / 3)):
            if value is None and self.order >= least:
                object.__setattr__(self, name, 1 / 3 if (name, self.order) == ("r1", 3) else default)
            if value is not None:
                if self.order < least:
                    raise ValueError(f"{name}: expected None for order {self.order}, got {value!r}")
                portion(name, value)
        if self.order == 3:
            r1, r2 = self._ratios()
            if abs(r2 - 2 / 3) > 4e-16:
                raise ValueError(f"r2: expected 2/3, at which alone the order is 3, got {r2!r}")
            _checks.above("r2", r2, "r1", r1)

    @property
    def evaluations(self) -> int:
        """As many as the order."""
        return self.order

    def _ratios(self) -> tuple[float, float]:
        return self.r1 or 1.0, self.r2 or 1.0

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        model, path, x, start, end = at[:5]
        output = model(x, start)
        whole = _Leg.between(path, start, end, self.output, noise_at_end=self.order > 1)
        ended = whole.held(x, output)
        evaluation = Evaluation(start, x, output)
        if self.order == 1:
            return ended, evaluation
        ratio, second = self._ratios()
        middle = at_share(whole.nodes, ratio).to(x.dtype)
        leg = _Leg.between(path, start, middle, self.output)
        change = model(leg.held(x, output), middle) - output
        if self.order == 2:
            tilt = whole.gain / 2 if self.variant == "midpoint" else whole.slope()
            return ended + vector(tilt / ratio, x) * change, evaluation
        later = at_share(whole.nodes, second).to(x.dtype)
        leg = _Leg.between(path, start, later, self.output)
        state = leg.held(x, output) + vector(leg.slope() * (second / ratio), x) * change
        change = model(state, later) - output
        return ended + vector(whole.slope() / second, x) * change, evaluation


@dataclass(frozen=True, eq=False)
class _Leg:
    """A step of first order, state x + gain M, and what a slope of M in lambda adds."""

    nodes: Nodes
    output: str

    @classmethod
    def between(cls, path: Path, start: Tensor, end: Tensor, output: str, *, noise_at_end: bool = False) -> _Leg:
        times = grid((), start, end)
        signal = output == "noise" or noise_at_end
        return cls(Nodes.of(path, times, most=2, noise_at_end=noise_at_end, signal_at_start=signal), output)

    @property
    def gain(self) -> Tensor:
        """alpha_e (1 - e^-h), or -sigma_e (e^h - 1)."""
        nodes = self.nodes
        return nodes.alpha_end * nodes.lost if self.output == "denoiser" else -nodes.noise_scale * nodes.lost

    def held(self, x: Tensor, output: Tensor) -> Tensor:
        """The step with the output held."""
        state = self.nodes.sigma_ratio if self.output == "denoiser" else self.nodes.alpha_ratio
        return vector(state, x) * x + vector(self.gain, x) * output

    def slope(self) -> Tensor:
        """alpha_e h phi_2(-h), or -sigma_e h phi_2(h): the weight of M that grows by 1 over the step from 0."""
        step = self.nodes.step
        if self.output == "denoiser":
            return self.nodes.alpha_end * step * phi(2, -step)
        return -self.nodes.sigma_end * step * phi(2, step)


@dataclass(frozen=True)
class DPMSolverAncestral(Solver):
    """DPM-Solver++ 2S (r1 = 1/2) down to the ancestral level in sigma/alpha, then noise up to that of the end.

    A step down to 0 is Euler's, and the model is asked twice all the same. Order 2, which with eta above 0 is that of
    the covariance on Gaussian data.

    Raises ValueError for eta below 0.

    Catalogue: P66, P72 (Lai et al., arXiv 2510.21890).
    """

    eta: float = 1.0
    family = "dpm_solver_ancestral"
    order = 2
    output = "denoiser"

    def __post_init__(self) -> None:
        _checks.parameter("eta", self.eta, zero_allowed=True)

    @property
    def draws(self) -> int:
        """1, or 0 where eta is 0."""
        return int(self.eta > 0)

    @property
    def evaluations(self) -> int:
        """2."""
        return 2

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        model, path, x, start, end = at[:5]
        levels = _Levels.of(path, start, end)
        down, up = levels.split(levels.after, self.eta)
        output = model(x, start)
        # Half way in lambda to the level below; a step to 0 holds the first output.
        reached = down > 0
        half = torch.where(reached, (levels.before * down).sqrt(), levels.before)
        middle, alpha = levels.at(half)
        second = model(levels.moved(x, output, half, alpha), middle)
        second = torch.where(vector(reached, x) > 0, second, output)
        ended = levels.moved(x, second, down, levels.alpha_end)
        evaluation = Evaluation(start, x, output, at.noise if self.draws else None)
        if not self.draws:
            return ended, evaluation
        return ended + vector(levels.alpha_end * up, x) * at.noise[0], evaluation


@dataclass(frozen=True)
class DPMSolverSDE(Solver):
    """The stochastic singlestep rule of k-diffusion: the ancestral split at the stage and at the end, two draws.

    To the level at r h in lambda with the first output held and noise z_0; from the start to the end with (1 - 1/(2r))
    M_0 + M_1/(2r) and noise z_1, each going down to its ancestral level first. A step to sigma = 0 is Euler's.

    Raises ValueError for eta below 0, and r outside (0, 1].

    Catalogue: P66, P72 (Lai et al., arXiv 2510.21890).
    """

    eta: float = 1.0
    r: float = 0.5
    family = "dpm_solver_sde"
    output = "denoiser"

    def __post_init__(self) -> None:
        _checks.parameter("eta", self.eta, zero_allowed=True)
        portion("r", self.r)

    @property
    def order(self) -> int:
        """1, or 2 where eta is 0."""
        return 1 if self.draws else 2

    @property
    def draws(self) -> int:
        """2, or 0 where eta is 0."""
        return 2 * int(self.eta > 0)

    @property
    def evaluations(self) -> int:
        """2."""
        return 2

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        model, path, x, start, end = at[:5]
        levels = _Levels.of(path, start, end)
        output = model(x, start)
        reached = levels.after > 0
        inner = torch.where(reached, levels.before * (levels.after / levels.before).pow(self.r), levels.before)
        middle, alpha = levels.at(inner)
        down, up = levels.split(inner, self.eta)
        state = levels.moved(x, output, down, alpha)
        if self.draws:
            state = state + vector(alpha * up, x) * at.noise[0]
        second = model(state, middle)
        share = vector(reached.double() / (2 * self.r), x)
        mixed = (1 - share) * output + share * torch.where(vector(reached, x) > 0, second, output)
        down, up = levels.split(levels.after, self.eta)
        ended = levels.moved(x, mixed, down, levels.alpha_end)
        evaluation = Evaluation(start, x, output, at.noise if self.draws else None)
        if not self.draws:
            return ended, evaluation
        return ended + vector(levels.alpha_end * up, x) * at.noise[1], evaluation


@dataclass(frozen=True, eq=False)
class _Levels:
    """A step seen in sigma/alpha, where x/alpha moves to D + (down/before) (x/alpha - D)."""

    path: Path
    dtype: torch.dtype
    before: Tensor
    after: Tensor
    alpha_start: Tensor
    alpha_end: Tensor

    @classmethod
    def of(cls, path: Path, start: Tensor, end: Tensor) -> _Levels:
        nodes = Nodes.of(path, grid((), start, end), most=2, signal_at_start=True)
        before, after = path._noise_to_signal_at(nodes.start), path._noise_to_signal_at(nodes.end)
        return cls(path, nodes.dtype, before, after, path._alpha_at(nodes.start), nodes.alpha_end)

    def split(self, level: Tensor, eta: float) -> tuple[Tensor, Tensor]:
        """The level to go down to and the noise up to the given one."""
        return ancestral_sigmas(sigma_start=self.before, sigma_end=level, eta=eta)

    def at(self, level: Tensor) -> tuple[Tensor, Tensor]:
        """The time at a level, in the dtype of the times, and alpha there."""
        time = self.path._time_in_domain_at_noise_to_signal(level)
        return time.to(self.dtype), self.path._alpha_at_noise_to_signal(level)

    def moved(self, x: Tensor, denoiser: Tensor, down: Tensor, alpha: Tensor) -> Tensor:
        """The state at the lower level, where the signal is alpha."""
        state = (alpha / self.alpha_start) * (down / self.before)
        return vector(state, x) * x + vector(alpha * ((self.before - down) / self.before), x) * denoiser
