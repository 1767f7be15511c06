"""Families of nodes of a solver: decreasing times in the order of travel, the last two of which are the step."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.families import _level, family
from properties.cases.solver_runs import SolverRun, SolverSpec, draw_run, draw_times
from properties.cases.specs import (
    HALF_LOG_SNR_BOUND,
    MODERATE_HALF_LOG_SNR,
    PATH_NAMES,
    PathSpec,
    draw_path,
    inside,
)
from properties.protocol import Floats

NEAREST = {"float64": 1e-7, "float32": 1e-2}
"""The smallest distance of two nodes in half log-SNR."""
LARGEST_ORDER = 4
NOISE_LEVELS = (0.0, 1.0, 0.5)
LEAST_NOISE = 1e-6
"""The smallest level above 0: below 1e-154 its square underflows."""
WITHOUT_NOISE = tuple(name for name in PATH_NAMES if name != "VE")
"""The paths with sigma(0) = 0, apart from VE with its initial variance subtracted."""


@dataclass(frozen=True)
class SolverNodes:
    """A path, decreasing times (5,), an order 1..4, the noise level of an SDE, and an eta or strength in [0, 1].

    A rule of n outputs takes the last n + 1 times.
    """

    path: PathSpec
    times: Floats
    order: int
    noise_level: float
    share: float


@dataclass(frozen=True)
class SigmaNodes:
    """Decreasing noise levels (2..5,), the last perhaps 0, and an eta of the ancestral split."""

    sigmas: Floats
    eta: float


@dataclass(frozen=True)
class PhiPoint:
    """An order and an argument of the phi functions."""

    order: int
    z: float


@dataclass(frozen=True)
class WeightedStep:
    """The weights of a step by their values, a state (d,), outputs (n, d) and a draw (d,)."""

    state: float
    weights: Floats
    noise: float
    x: Floats
    outputs: Floats
    normal: Floats


def _half_log_snr(path: PathSpec, t: float) -> float:
    """Log(alpha/sigma) in plain floats, to place nodes; nothing is judged by it."""
    alpha, sigma = _level(path, t)
    if path.name == "VE" and dict(path.parameters)["subtract_initial_variance"]:
        sigma = math.sqrt(max(sigma**2 - _level(path, 0.0)[1] ** 2, 0.0))
    return math.log(alpha) - math.log(sigma) if sigma > 0.0 else math.inf


def _time_at(path: PathSpec, noisy: float, half_log_snr: float) -> float:
    """The time below ``noisy`` of a larger half log-SNR, by bisection in log t."""
    low, high = math.log(noisy) - 150.0, math.log(noisy)
    for _ in range(60):
        middle = 0.5 * (low + high)
        if _half_log_snr(path, math.exp(middle)) > half_log_snr:
            low = middle
        else:
            high = middle
    return math.exp(high)


def _gaps(draw: Draw, count: int, room: float, smallest: float) -> list[float]:
    """Distances in half log-SNR whose sum fits into the room: equal, alike, or near and far."""
    manner = draw.choice(("equal", "alike", "any"))
    smallest = min(smallest, room / (2.0 * count))
    mean = log_uniform(draw, smallest, room / count)
    if manner == "equal":
        return [mean] * count
    if manner == "alike":
        return [mean * draw.uniform(0.5, 1.0) for _ in range(count)]
    return [log_uniform(draw, smallest, room / count) for _ in range(count)]


def _decreasing(times: list[float], dtype: str) -> Floats:
    """The times as values of the dtype; where rounding made two of them equal, each a part in ten below the other."""
    values = rounded(np.array(times), dtype)
    if all(after < before for before, after in pairwise(values.tolist())):
        return values
    return rounded(values[0] * 0.9 ** np.arange(len(times)), dtype)


def _nodes(draw: Draw, dtype: str, count: int, bound: float, smallest: float) -> tuple[PathSpec, Floats]:
    """A path and count + 1 decreasing times within the bound; one in three is evenly spaced in time."""
    path, first = draw_path(draw, draw.uniform(-bound, 0.9 * bound))
    first = inside(path, first, dtype)
    start = _half_log_snr(path, first)
    # A VE path ends at its smallest sigma.
    room = min(bound, _half_log_snr(path, first * 1e-6) if path.name == "VE" else bound) - start
    if room <= 4.0 * smallest:
        return path, _decreasing([first * (1.0 - 0.1 * place) for place in range(count + 1)], dtype)
    places = np.cumsum([0.0, *_gaps(draw, count, room, smallest)])
    last = _time_at(path, first, start + float(places[-1]))
    if draw.integer(0, 2) == 0:
        return path, _decreasing(np.linspace(first, last, count + 1).tolist(), dtype)
    inner = [_time_at(path, first, start + float(place)) for place in places[1:-1]]
    return path, _decreasing([first, *inner, last], dtype)


def _solver_nodes(draw: Draw, dtype: str, bound: float, smallest: float) -> SolverNodes:
    path, times = _nodes(draw, dtype, LARGEST_ORDER, bound, smallest)
    return SolverNodes(path, times, draw.integer(1, LARGEST_ORDER), *_noise(draw, dtype))


def _noise(draw: Draw, dtype: str) -> tuple[float, float]:
    """A noise level, and a share of the noise."""
    level = draw.choice((*NOISE_LEVELS, draw.uniform(0.01, 2.0), log_uniform(draw, LEAST_NOISE, 1.0)))
    share = draw.choice((0.0, 1.0, 0.5, draw.uniform(0.01, 1.0), log_uniform(draw, LEAST_NOISE, 1.0)))
    return float(rounded(level, dtype)), float(rounded(share, dtype))


@family
def solver_nodes(draw: Draw, dtype: str) -> SolverNodes:
    """Near and far, over all half log-SNRs that the dtype is judged on."""
    return _solver_nodes(draw, dtype, HALF_LOG_SNR_BOUND[dtype], NEAREST[dtype])


@family
def moderate_solver_nodes(draw: Draw, dtype: str) -> SolverNodes:
    """No node nearer than a twentieth in half log-SNR (in float32, which has fewer digits to lose, a fifth)."""
    return _solver_nodes(draw, dtype, MODERATE_HALF_LOG_SNR, {"float64": 0.05, "float32": 0.2}[dtype])


@family
def noiseless_end(draw: Draw, dtype: str) -> SolverNodes:
    """Nodes whose last time is 0, on a path with sigma(0) = 0."""
    path, first = draw_path(draw, draw.uniform(-MODERATE_HALF_LOG_SNR, MODERATE_HALF_LOG_SNR), WITHOUT_NOISE)
    times = [inside(path, first, dtype)]
    for _ in range(LARGEST_ORDER - 1):
        times.append(times[-1] * draw.uniform(0.2, 0.8))
    return SolverNodes(
        path, rounded(np.array([*times, 0.0]), dtype), draw.integer(1, LARGEST_ORDER), *_noise(draw, dtype)
    )


@family
def all_noise_start(draw: Draw, dtype: str) -> SolverNodes:
    """A step from t = 1, where alpha is 0."""
    path = PathSpec(draw.choice(("FlowMatching", "Trigonometric")))
    end = draw.choice(
        (draw.uniform(0.01, 0.99), 1.0 - log_uniform(draw, {"float64": 1e-12, "float32": 1e-4}[dtype], 0.5))
    )
    return SolverNodes(path, rounded(np.array([1.0, end]), dtype), 1, *_noise(draw, dtype))


@family
def history_from_noise(draw: Draw, dtype: str) -> SolverNodes:
    """A step whose oldest node is t = 1, where alpha is 0: order + 1 times, the order being 2 to 4."""
    path = PathSpec(draw.choice(("FlowMatching", "Trigonometric")))
    order = draw.integer(2, LARGEST_ORDER)
    second = draw.choice(
        (draw.uniform(0.05, 0.95), 1.0 - log_uniform(draw, {"float64": 1e-9, "float32": 1e-3}[dtype], 0.5))
    )
    start = _half_log_snr(path, second)
    places = np.cumsum(_gaps(draw, order - 1, HALF_LOG_SNR_BOUND[dtype] - start, NEAREST[dtype]))
    times = [1.0, second, *(_time_at(path, second, start + float(place)) for place in places)]
    return SolverNodes(path, _decreasing(times, dtype), order, *_noise(draw, dtype))


@family
def run_from_noise(draw: Draw, dtype: str) -> SolverRun:
    """A run from t = 1, where alpha is 0, by a multistep rule of the denoiser."""
    run = draw_run(draw, dtype, ("ExponentialAdams", "MidpointMultistep", "UniPC"))
    path, first = draw_path(draw, draw.uniform(-3.0, 2.0), ("FlowMatching", "Trigonometric"))
    times = draw_times(draw, path, inside(path, first, dtype), draw.integer(1, 4), dtype)
    options = dict(run.solver.options) | {"output": "denoiser"}
    if run.solver.name == "UniPC":
        # Three nodes beside one at infinity are two that are solved for, which the run without it does not do.
        options |= {"corrector": False, "nodes": min(options["nodes"], 2)}
    solver = SolverSpec(run.solver.name, tuple(options.items()))
    return replace(run, solver=solver, path=path, times=np.array([1.0, *times]), last=False)


@family
def sigma_nodes(draw: Draw, dtype: str) -> SigmaNodes:
    """Noise levels of any size, as near as a part in 1e8 (in float32 1e3) and as far as the dtype is judged on."""
    sigmas = [log_uniform(draw, 1e-3, 1e3)]
    smallest = {"float64": 1e-8, "float32": 1e-3}[dtype]
    for _ in range(draw.integer(1, 4)):
        sigmas.append(sigmas[-1] * draw.choice((1.0 - log_uniform(draw, smallest, 0.9), log_uniform(draw, 1e-3, 0.9))))
    if draw.integer(0, 3) == 0:
        sigmas[-1] = 0.0
    eta = draw.choice((1.0, 1.0, 0.0, draw.uniform(0.0, 1.0), draw.uniform(1.0, 10.0), draw.uniform(1.0, 10.0)))
    return SigmaNodes(_decreasing(sigmas, dtype), float(rounded(eta, dtype)))


@family
def phi_point(draw: Draw, dtype: str) -> PhiPoint:
    largest = {"float64": 700.0, "float32": 80.0}[dtype]
    near, far = log_uniform(draw, 1e-5, 3.0), draw.uniform(0.0, largest)
    size = draw.choice((0.0, log_uniform(draw, 1e-30, 1e-5), near, near, draw.uniform(0.0, 30.0), far))
    return PhiPoint(draw.integer(0, 6), float(rounded(size * draw.choice((1.0, -1.0)), dtype)))


@family
def weighted_step(draw: Draw, dtype: str) -> WeightedStep:
    count, size = draw.integer(1, 4), draw.integer(1, 3)
    return WeightedStep(
        float(rounded(draw.uniform(0.0, 2.0), dtype)),
        rounded(vector(draw, count, draw.choice((1.0, 1e3))), dtype),
        float(rounded(draw.choice((0.0, draw.uniform(0.0, 2.0))), dtype)),
        rounded(vector(draw, size, 10.0), dtype),
        rounded(vector(draw, count * size, 10.0).reshape(count, size), dtype),
        rounded(vector(draw, size, 3.0), dtype),
    )
