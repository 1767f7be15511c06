"""What a solver does to Gaussian data: every rule is linear in the state, the mean and the normals that it draws."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import symmetric
from gpu.fields.analytic import velocity_rates
from gpu.paths import Path
from gpu.paths._base import checked_path
from gpu.solvers._solver import Evaluation, Memory, Model, Solver, refuse_unlike
from gpu.solvers.sampling import sample

__all__ = ["Gains", "gaussian_gains", "sampling_law"]


@dataclass(frozen=True, eq=False)
class Gains:
    """A run along one direction of Gaussian data: x_end = start x_0 + mean mu + noise . z.

    start, mean: (...,); noise: (..., n), one column a normal drawn in the run, in their order.

    Catalogue: P58, P78 (Lai et al., arXiv 2510.21890).
    """

    start: Tensor
    mean: Tensor
    noise: Tensor


def gaussian_gains(
    solver: Solver,
    path: Path,
    times: Tensor,
    *,
    variance: Tensor | float,
    start: Solver | None = None,
    last: Solver | None = None,
    exact_start: bool = False,
) -> Gains:
    """The gains of a run with the exact field of a direction of the given variance, from the run itself on impulses.

    The state is a row of coefficients (of x_0, mu and every normal), on which the exact field acts as it does on
    numbers. times: (n,), decreasing; variance: (...,), at least 0. exact_start: the memory holds the exact flow at
    solver.history times before times[0], the first step in lambda repeated backwards.

    Raises as `sample`; ValueError for a variance below 0, and where exact_start leaves the path.

    Catalogue: P58, P60, P61, P62, P78 (Lai et al., arXiv 2510.21890).
    """
    refuse_unlike(solver, start=start, last=last)
    checked_path(path)
    grid, spread = _checks.tensors(times=times, variance=variance)
    _checks.nonnegative(variance=spread)
    _checks.decreasing("times", grid)
    _checks.time_in_domain(path, times=grid)
    _checks.flag("exact_start", exact_start)
    steps = grid.shape[0] - 1
    draws = sum(_draws(solver, start, last, exact_start, steps))
    unit = torch.eye(2 + draws, dtype=grid.dtype, device=grid.device)
    model = _impulse_model(path, spread, unit[1], solver.output)
    origin = unit[0].expand(*spread.shape, -1)
    used = 2

    def normal(shape: tuple[int, ...]) -> Tensor:
        nonlocal used
        drawn = unit[used : used + shape[0]].reshape(shape[0], *(1,) * spread.dim(), 2 + draws)
        used += shape[0]
        return drawn.expand(shape)

    memory = _exact_memory(solver, path, grid, spread, origin, unit[1], model) if exact_start else ()
    ended = sample(solver, model, path, origin, grid, normal=normal, start=start, memory=memory, last=last)
    return Gains(ended[..., 0], ended[..., 1], ended[..., 2:])


def _draws(solver: Solver, start: Solver | None, last: Solver | None, exact: bool, steps: int) -> list[int]:
    """The normals of every step of a run."""
    rules = [start if start is not None and not exact and i < solver.history else solver for i in range(steps)]
    if last is not None and steps > 0:
        rules[-1] = last
    return [rule.draws for rule in rules]


def _impulse_model(path: Path, variance: Tensor, mean: Tensor, output: str) -> Model:
    """The exact field of the direction, on rows of coefficients whose unit of the mean is given."""

    def model(x: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = path._alpha_at(t), path._sigma_at(t)
        power = path._variance_at(t)
        total = alpha.square() * variance + power
        _checks.positive(constructor=False, **{"alpha^2 variance + sigma^2": total})
        if output == "denoiser":
            of_x, of_mean = alpha * variance, power
        elif output == "noise":
            of_x, of_mean = sigma, -sigma * alpha
        elif output == "score":
            of_x, of_mean = -torch.ones_like(sigma), alpha
        else:
            rate, growth = velocity_rates(path, t)
            of_x, of_mean = alpha * rate * variance + growth, rate * power - alpha * growth
        return (of_x / total)[..., None] * x + (of_mean / total)[..., None] * mean

    return model


def _exact_memory(
    solver: Solver, path: Path, grid: Tensor, variance: Tensor, x: Tensor, mean: Tensor, model: Model
) -> Memory:
    """Evaluations at `history` times before the first, on the exact flow through x, oldest first."""
    first = grid[0].double()
    ratio = path._noise_to_signal_at(first)
    growth = 1 / path._kept_between(grid[1].double(), first) if len(grid) > 1 else torch.ones_like(first)
    half_log_snr = -torch.log(ratio)
    found = []
    for back in range(solver.history, 0, -1):
        earlier = path.time_at_half_log_snr(half_log_snr - back * torch.log(growth))
        scale = (
            (path._alpha_at(earlier).square() * variance + path._variance_at(earlier))
            / (path._alpha_at(first).square() * variance + path._variance_at(first))
        ).sqrt()
        moved = path._alpha_at(earlier) - path._alpha_at(first) * scale
        state = scale.to(x.dtype)[..., None] * x + moved.to(x.dtype)[..., None] * mean
        time = earlier.to(x.dtype)
        found.append(Evaluation(time, state, model(state, time)))
    return tuple(found)


def sampling_law(
    solver: Solver,
    data: Gaussian,
    path: Path,
    times: Tensor,
    *,
    start: Solver | None = None,
    last: Solver | None = None,
    law: Gaussian | None = None,
) -> Gaussian:
    """The law at times[-1] of a run with the exact field of Gaussian data, from a start of the given law.

    law: None for the exact marginal at times[0], from which the result's mean and covariance then come direction by
    direction. times: (n,), decreasing.

    Raises TypeError for data or a law that are not Gaussian; else as `gaussian_gains`.

    Catalogue: P58, P60, P61, P62 (Lai et al., arXiv 2510.21890).
    """
    directions = Directions.of(data)
    grid = directions.walk(path, times)
    gains = gaussian_gains(solver, path, grid, variance=directions.variances, start=start, last=last)
    drawn = gains.noise.square().sum(-1)
    if law is None:
        before = directions.marginal(path, grid[0])
        mean = (gains.start * path._alpha_at(grid[0]) + gains.mean) * directions.mean
        covariance = directions.matrix(gains.start.square() * before + drawn)
        return Gaussian(directions.vectors(mean), covariance)
    _checks.gaussian("law", law, Gaussian, "the law of the output is Gaussian for a Gaussian start only")
    directions.tensors(law=law.mean)
    _checks.event("law", law.mean, data.event_size)
    _checks.broadcast(data=data.batch_shape, law=law.batch_shape)
    matrix = directions.matrix(gains.start)
    mean = directions.vectors(gains.start * directions.coordinates(law.mean) + gains.mean * directions.mean)
    return Gaussian(mean, symmetric(matrix @ law.covariance @ matrix) + directions.matrix(drawn))
