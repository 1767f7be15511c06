"""Samplers of one evaluation a step: DDIM, ancestral sampling, Euler-Maruyama."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.paths._base import checked_path
from gpu.solvers._arguments import OUTPUTS, Nodes, root
from gpu.solvers._solver import Evaluation, Model, Solver, Step, answering, combined, grid
from gpu.solvers.one_step import ancestral_sigmas, ddim_weights
from gpu.solvers.weights import StepWeights

__all__ = ["DDIM", "Ancestral", "AncestralEuler", "EulerMaruyama", "ddim_inversion"]


class _OneEvaluation(Solver):
    """A rule of one evaluation a step and first order, given by its weights."""

    order = 1

    @abstractmethod
    def _weights(self, path: Path, times: Tensor) -> StepWeights:
        """The weights of a step between two times (..., 2)."""

    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        model, path, x, start, end = at[:5]
        output = model(x, start)
        weights = self._weights(path, grid((), start, end))
        ended = combined(weights, x, (output,), at.noise[0] if self.draws else None)
        return ended, Evaluation(start, x, output, at.noise if self.draws else None)


@dataclass(frozen=True)
class DDIM(_OneEvaluation):
    """x_end = alpha_e D + sqrt(sigma_e^2 - v) e + sqrt(v) z, v = eta^2 times the variance of the bridge.

    Raises ValueError for eta below 0 and another output.

    Catalogue: P64, P65 (Lai et al., arXiv 2510.21890).
    """

    eta: float = 0.0
    output: Literal["denoiser", "noise"] = "denoiser"
    family = "ddim"

    def __post_init__(self) -> None:
        _checks.parameter("eta", self.eta, zero_allowed=True)
        _checks.option("output", self.output, OUTPUTS)

    @property
    def draws(self) -> int:
        """1, or 0 where eta is 0."""
        return int(self.eta > 0)

    def _weights(self, path: Path, times: Tensor) -> StepWeights:
        return ddim_weights(path, times, eta=self.eta, output=self.output)


@dataclass(frozen=True)
class Ancestral(_OneEvaluation):
    """The bridge around the denoiser, with its own variance or with that of the forward kernel.

    x_end = state_weight x + data_weight D + sqrt(v) z; v = bridge_variance ("bridge", the smaller choice of DDPM) or
    kernel_variance ("forward", the larger).

    Raises ValueError for another variance.

    Catalogue: P37, P40, P65 (Lai et al., arXiv 2510.21890).
    """

    variance: Literal["bridge", "forward"] = "bridge"
    family = "ancestral"
    output = "denoiser"

    def __post_init__(self) -> None:
        _checks.option("variance", self.variance, ("bridge", "forward"))

    @property
    def draws(self) -> int:
        """1."""
        return 1

    def _weights(self, path: Path, times: Tensor) -> StepWeights:
        nodes = Nodes.of(path, times, most=2)
        state = nodes.sigma_ratio * nodes.kept
        level = nodes.sigma_end if self.variance == "bridge" else path._sigma_at(nodes.start)
        share, noise = nodes.alpha_end * nodes.drop, level * root(nodes.drop)
        return StepWeights(nodes.rounded(state), nodes.rounded(share[..., None]), nodes.rounded(noise))


@dataclass(frozen=True)
class AncestralEuler(_OneEvaluation):
    """Euler on x/alpha down to a level below that of the end, and noise up to it, in sigma/alpha (k-diffusion's form).

    (down, up) = ancestral_sigmas of sigma/alpha; x_end/alpha_e = D + (down/sigma_s) (x/alpha_s - D) + up z.

    Raises ValueError for eta below 0.

    Catalogue: P66 (Lai et al., arXiv 2510.21890).
    """

    eta: float = 1.0
    family = "ancestral"
    output = "denoiser"

    def __post_init__(self) -> None:
        _checks.parameter("eta", self.eta, zero_allowed=True)

    @property
    def draws(self) -> int:
        """1, or 0 where eta is 0."""
        return int(self.eta > 0)

    def _weights(self, path: Path, times: Tensor) -> StepWeights:
        nodes = Nodes.of(path, times, most=2, signal_at_start=True)
        before, after = path._noise_to_signal_at(nodes.start), path._noise_to_signal_at(nodes.end)
        down, up = ancestral_sigmas(sigma_start=before, sigma_end=after, eta=self.eta)
        state, share = nodes.alpha_ratio * (down / before), nodes.alpha_end * ((before - down) / before)
        return StepWeights(nodes.rounded(state), nodes.rounded(share[..., None]), nodes.rounded(nodes.alpha_end * up))


@dataclass(frozen=True)
class EulerMaruyama(_OneEvaluation):
    """x_end = x - h [f x - (1 + l^2)/2 g^2 score] + l g sqrt(h) z, h = t_start - t_end, coefficients at t_start.

    Raises ValueError for a noise level below 0.

    Catalogue: P53, P59 (Lai et al., arXiv 2510.21890).
    """

    noise_level: float = 1.0
    family = "euler_maruyama"
    output = "score"

    def __post_init__(self) -> None:
        _checks.parameter("noise_level", self.noise_level, zero_allowed=True)

    @property
    def draws(self) -> int:
        """1, or 0 where the noise level is 0."""
        return int(self.noise_level > 0)

    def _weights(self, path: Path, times: Tensor) -> StepWeights:
        nodes = Nodes.of(path, times, most=2, signal_at_start=True)
        step = nodes.start - nodes.end
        spread = path._diffusion_squared_at(nodes.start) * step
        state = 1 - step * path._drift_at(nodes.start)
        share = (1 + self.noise_level**2) / 2 * spread
        return StepWeights(
            nodes.rounded(state), nodes.rounded(share[..., None]), nodes.rounded(self.noise_level * root(spread))
        )


def ddim_inversion(
    model: Model, path: Path, x: Tensor, times: Tensor, *, output: Literal["denoiser", "noise"] = "denoiser"
) -> Tensor:
    """The deterministic DDIM step walked toward noise, the field evaluated where a step starts, (..., d).

    x_noisy = alpha_n D + sigma_n e, e and D from the model at the clean end. times: (n,), increasing. On Gaussian data
    a step and its inversion multiply centred data by cos^2 of the turn, not by 1.

    Raises ValueError for times that do not increase inside the domain; with the denoiser, sigma at times[0] must be
    above 0.

    Catalogue: P68 (Lai et al., arXiv 2510.21890).
    """
    _checks.option("output", output, OUTPUTS)
    checked_path(path)
    asked = answering(model)
    x, walk = _checks.tensors(x=x, times=times)
    _checks.event("x", x)
    _checks.increasing("times", walk)
    _checks.finite(x=x)
    backward = output == "denoiser"
    _checks.time_in_domain(path, open_start=backward and path._sigma_vanishes, times=walk[:1])
    _checks.time_in_domain(path, times=walk)
    _checks.time_in_domain(path, open_end=not backward and path._alpha_vanishes, times=walk[:-1])
    clean, noisy = walk[:-1].double(), walk[1:].double()
    lost = path._lost_between(clean, noisy)
    if backward:
        state = path._sigma_at(noisy) / path._sigma_at(clean)
        share = -path._alpha_at(clean) * state * lost
    else:
        state, share = path._kernel_alpha_between(clean, noisy), path._sigma_at(noisy) * lost
    state, share = state.to(x.dtype), share.to(x.dtype)
    for index, time in enumerate(walk[:-1]):
        x = state[index] * x + share[index] * asked(x, time)
    return x
