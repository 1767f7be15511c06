"""What a rule does to Gaussian data: every rule is linear in the start, the data's mean and the normals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.fields._levels import velocity_coefficients
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import descending_grid
from reference.reverse._gaussian import congruence, gaussian_components, marginal, spectral
from reference.reverse.flow import flow_coefficients
from reference.solvers._leg import Evaluation, Memory, Model
from reference.solvers.protocol import Solver, refuse_unlike, sample

__all__ = ["Gains", "gaussian_gains", "sampling_law"]


@dataclass(frozen=True, eq=False)
class Gains:
    """x_end = start x_start + mean mu + noise . z in one direction of the data: (...), (...), (..., draws in all).

    Catalogue: P58, P78 (Lai et al., arXiv 2510.21890).
    """

    start: Array
    mean: Array
    noise: Array


def gaussian_gains(
    solver: Solver,
    path: Path,
    times: Array,
    *,
    variance: Real,
    start: Solver | None = None,
    last: Solver | None = None,
    exact_start: bool = False,
) -> Gains:
    r"""The exact gains of a run on Gaussian data, in a direction of variance S: the answer to order and law at once.

    The rule itself is run on the coefficients of (x_start, mu, z_1, z_2, ...), beside the exact fields
    D = (alpha S x + sigma^2 mu)/V, E[eps | x] = sigma (x - alpha mu)/V, and so on, V = alpha^2 S + sigma^2.
    ``start`` and ``last`` are those of ``sample``.  ``exact_start`` fills the memory with the exact flow at
    ``solver.history`` earlier nodes, which go on before times[0] by the first step in half log-SNR; it asks for a path
    that reaches that far, and concerns rules that do not draw.
    The normals are in the order of their use: all draws of the first step, then those of the second.
    Shapes: variance (...), times (n,) strictly decreasing -> gains (...), (...), (..., draws in all).
    Raises: TypeError, ValueError outside the domain of the rule, or where V = 0.
    Catalogue: P58, P60, P61, P62, P78, P79 (Lai et al., arXiv 2510.21890).
    """
    refuse_unlike(solver, start=start, last=last)
    _checks.instance("exact_start", exact_start, bool)
    checked = checked_path("path", path)
    grid = descending_grid(checked, times)
    spread = _checks.nonnegative("variance", variance)
    model = _linear_model(checked, spread, solver.output)
    size = 2 + _draws(solver, start, last, grid.size - 1)
    origin = np.zeros((*spread.shape, size))
    origin[..., 0] = 1.0
    used = 2

    def normal(shape: tuple[int, ...]) -> Array:
        nonlocal used
        impulses = np.zeros(shape)
        for draw in range(shape[0]):
            impulses[draw, ..., used + draw] = 1.0
        used += shape[0]
        return impulses

    memory = _exact_memory(solver, checked, grid, spread, model, origin) if exact_start else ()
    end = sample(solver, model, checked, origin, grid, normal=normal, start=start, memory=memory, last=last)
    end = np.broadcast_to(end, origin.shape)
    return Gains(end[..., 0], end[..., 1], end[..., 2:used])


def sampling_law(
    solver: Solver,
    data: Gaussian,
    path: Path,
    times: Array,
    *,
    start: Solver | None = None,
    last: Solver | None = None,
    law: Gaussian | None = None,
) -> Gaussian:
    r"""The law of what a solver returns on Gaussian data, from ``law`` at times[0] (by default the exact marginal).

    Mean G m + M mu, covariance G C G + sum of N N, G, M and N the gains in the eigenbasis of the data.
    Shapes: times (n,) strictly decreasing -> a Gaussian of the common batch shape.
    Raises: TypeError unless data and law are Gaussian, ValueError outside the domain of the rule.
    Catalogue: P58, P59, P62, P78 (Lai et al., arXiv 2510.21890).
    """
    components = gaussian_components(data, hint="the law of a sampler has a closed form for Gaussian data only")
    checked = checked_path("path", path)
    grid = descending_grid(checked, times)
    basis = components.covariance
    gains = gaussian_gains(solver, checked, grid, variance=basis.eigenvalues, start=start, last=last)
    drawn = np.sum(gains.noise**2, axis=-1)
    centre = components.means
    if law is None:
        alpha, sigma = checked.alpha(grid[0]), checked.sigma(grid[0])
        mean = basis.from_eigenbasis((gains.start * alpha + gains.mean) * basis.to_eigenbasis(centre))
        covariance = spectral(components, gains.start**2 * marginal(components, alpha, sigma) + drawn)
    else:
        first = _checks.instance("law", law, Gaussian)
        _checks.event("law.mean", first.mean, components.event_size)
        _checks.broadcast(data=components.batch_shape, law=first.batch_shape)
        started = gains.start * basis.to_eigenbasis(first.mean[..., None, :])
        mean = basis.from_eigenbasis(started + gains.mean * basis.to_eigenbasis(centre))
        covariance = congruence(components, gains.start, first.covariance) + spectral(components, drawn)
    return Gaussian(mean[..., 0, :], covariance)


# ---------------------------------------------------------------------------------------------- private


def _draws(solver: Solver, start: Solver | None, last: Solver | None, steps: int) -> int:
    """No fewer normals than the run can use."""
    return steps * max(rule.draws for rule in (solver, start, last) if rule is not None)


def _linear_model(path: Path, variance: Array, output: str) -> Model:
    """The exact field of N(mu, variance) on coefficient vectors, whose second entry is that of mu."""

    def model(x: Array, t: Real) -> Array:
        time = np.asarray(t)
        alpha, sigma = path.alpha(time), path.sigma(time)
        marginal_variance = alpha**2 * variance + sigma**2
        if not np.all(marginal_variance > 0.0):
            raise ValueError("variance: expected alpha^2 S + sigma^2 > 0 at all nodes, got 0.0")
        if output == "denoiser":
            state, mean = alpha * variance, sigma**2
        elif output == "noise":
            state, mean = sigma + 0.0 * variance, -sigma * alpha
        elif output == "score":
            state, mean = np.full_like(variance, -1.0), alpha
        else:
            mean, signal, spread = velocity_coefficients(path, time)
            state = signal * variance + spread
        field = (state / marginal_variance)[..., None] * x
        field[..., 1] += mean / marginal_variance
        return np.asarray(field)

    return model


def _exact_memory(solver: Solver, path: Path, grid: Array, variance: Array, model: Model, origin: Array) -> Memory:
    """Evaluations on the exact flow through the start, at nodes that go on before it in half log-SNR."""
    first = grid[0]
    step = path.half_log_snr_difference(clean=grid[1], noisy=first) if grid.size > 1 else np.zeros(())
    memory = []
    for back in range(solver.history, 0, -1):
        t = path.time_at_half_log_snr(path.half_log_snr(first) - back * step)
        stretch, shift = flow_coefficients(path, np.asarray(first), t, variance[..., None])
        state = stretch[..., 0, None] * origin
        state[..., 1] += shift[..., 0]
        memory.append(Evaluation(t, state, model(state, t)))
    return tuple(memory)
