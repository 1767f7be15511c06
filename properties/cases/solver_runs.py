"""Families of runs of solvers: a rule with its options, a path, decreasing times, and the data that it is run on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from properties.cases.draw import Draw, log_uniform, rounded
from properties.cases.families import _level, _time, family
from properties.cases.specs import PATH_NAMES, DataSpec, PathSpec, draw_data, draw_path, draw_point, inside
from properties.protocol import Floats, Implementation

Option = float | int | str | bool

VARIABLES = ("time", "noise_to_signal", "signal_to_noise", "half_log_snr")
FORMS = ("denoiser", "noise")


@dataclass(frozen=True)
class SolverSpec:
    """A solver by its public class name and its keyword arguments."""

    name: str
    options: tuple[tuple[str, Option], ...] = ()

    def build(self, implementation: Implementation) -> Any:
        return getattr(implementation.module.solvers, self.name)(**dict(self.options))

    def __getitem__(self, name: str) -> Any:
        return dict(self.options)[name]


@dataclass(frozen=True)
class SolverRun:
    """A rule on Gaussian data of one direction: variance, and decreasing times (n,), the last perhaps of sigma 0.

    ``last`` says that the last step is DDIM's. ``data`` is Gaussian of two dimensions with the variance among its
    eigenvalues, ``x`` (3, 2) a batch of places at the first time, and ``seed`` that of the normals.
    """

    solver: SolverSpec
    path: PathSpec
    times: Floats
    variance: float
    last: bool
    data: DataSpec
    x: Floats
    seed: int


def _share(draw: Draw, dtype: str) -> float:
    """A strength of noise in (0, 1], a half and one among them."""
    return float(rounded(draw.choice((0.5, 1.0, draw.uniform(0.05, 1.0))), "float32" if dtype == "float32" else dtype))


def _perhaps(draw: Draw, dtype: str) -> float:
    return 0.0 if draw.integer(0, 2) == 0 else _share(draw, dtype)


def _level_of_noise(draw: Draw, dtype: str) -> float:
    return draw.choice((0.0, 0.5, 1.0, _share(draw, dtype)))


def _dpm(draw: Draw, dtype: str) -> tuple[tuple[str, Option], ...]:
    order, own = draw.integer(1, 3), draw.integer(0, 2) == 0
    form: tuple[tuple[str, Option], ...] = (("order", order), ("output", draw.choice(FORMS)))
    if order == 1:
        return form
    first = float(rounded(draw.uniform(0.2, 0.5 if order == 3 else 1.0), dtype))
    if order == 2:
        return (*form, ("r1", first if own else 0.5), ("variant", draw.choice(("midpoint", "taylor"))))
    return (*form, ("r1", first if own else 1.0 / 3.0), ("r2", 2.0 / 3.0))


def _churned(draw: Draw, dtype: str) -> tuple[tuple[str, Option], ...]:
    low, high = sorted((log_uniform(draw, 1e-2, 1e2), log_uniform(draw, 1e-2, 1e2)))
    return (
        ("steps", draw.integer(1, 20)),
        ("churn", 0.0 if draw.integer(0, 3) == 0 else float(rounded(log_uniform(draw, 0.1, 40.0), dtype))),
        ("noise_scale", float(rounded(draw.choice((1.0, draw.uniform(0.9, 1.1))), dtype))),
        ("churn_min", float(rounded(low, dtype)) if draw.integer(0, 1) else 0.0),
        ("churn_max", float(rounded(high, dtype)) if draw.integer(0, 1) else math.inf),
    )


OPTIONS: dict[str, Callable[[Draw, str], tuple[tuple[str, Option], ...]]] = {
    "DDIM": lambda draw, dtype: (("eta", _perhaps(draw, dtype)), ("output", draw.choice(FORMS))),
    "Ancestral": lambda draw, _: (("variance", draw.choice(("bridge", "forward"))),),
    "AncestralEuler": lambda draw, dtype: (("eta", _perhaps(draw, dtype)),),
    "EulerMaruyama": lambda draw, dtype: (("noise_level", _level_of_noise(draw, dtype)),),
    "PredictorCorrector": lambda draw, dtype: (
        ("noise_level", _level_of_noise(draw, dtype)),
        ("corrections", draw.integer(1, 2)),
        ("step_size", float(rounded(draw.uniform(0.02, 0.3), dtype))),
    ),
    "Euler": lambda draw, _: (("variable", draw.choice(VARIABLES)),),
    "Heun": lambda draw, _: (("variable", draw.choice(VARIABLES)),),
    "Midpoint": lambda draw, _: (("variable", draw.choice(VARIABLES)),),
    "EDMStochastic": _churned,
    "DPMSolver": _dpm,
    "DPMSolverAncestral": lambda draw, dtype: (("eta", _perhaps(draw, dtype)),),
    "DPMSolverSDE": lambda draw, dtype: (
        ("eta", _perhaps(draw, dtype)),
        ("r", float(rounded(draw.choice((0.5, draw.uniform(0.3, 0.9))), dtype))),
    ),
    "ExponentialAdams": lambda draw, dtype: (
        ("nodes", draw.integer(1, 4)),
        ("output", draw.choice(FORMS)),
        ("noise_level", _level_of_noise(draw, dtype)),
    ),
    "MidpointMultistep": lambda draw, dtype: (
        ("output", draw.choice(FORMS)),
        ("noise_level", _level_of_noise(draw, dtype)),
    ),
    "DEIS": lambda draw, _: (
        ("order", draw.integer(1, 4)),
        ("variable", draw.choice(("time", "noise_to_signal"))),
    ),
    "LMS": lambda draw, _: (("order", draw.integer(1, 4)),),
    "PNDM": lambda draw, _: (
        (("nodes", 4), ("start", "runge_kutta"))
        if draw.integer(0, 2) == 0
        else (("nodes", draw.integer(1, 4)), ("start", "adams"))
    ),
    "UniPC": lambda draw, _: (
        ("nodes", draw.integer(1, 3)),
        ("output", draw.choice(FORMS)),
        ("variant", draw.choice(("bh1", "bh2"))),
        ("corrector", bool(draw.integer(0, 1))),
    ),
    "SASolver": lambda draw, dtype: (
        ("predictor_order", draw.integer(1, 4)),
        ("corrector_order", draw.choice((0, 2, 3, 4))),
        ("noise_level", _level_of_noise(draw, dtype)),
    ),
}

FIRST_ORDER = ("DDIM", "Ancestral", "AncestralEuler", "EulerMaruyama", "PredictorCorrector")
RUNGE_KUTTA = ("Euler", "Heun", "Midpoint", "EDMStochastic")
DPM_SOLVERS = ("DPMSolver", "DPMSolverAncestral", "DPMSolverSDE")
MULTISTEP = ("ExponentialAdams", "MidpointMultistep", "DEIS", "LMS", "PNDM")
CORRECTED = ("UniPC", "SASolver")
ALL = tuple(OPTIONS)


def draw_solver(draw: Draw, dtype: str, names: tuple[str, ...]) -> SolverSpec:
    """A rule and its options."""
    name = draw.choice(names)
    return SolverSpec(name, OPTIONS[name](draw, dtype))


def draw_times(draw: Draw, path: PathSpec, first: float, steps: int, dtype: str) -> Floats:
    """Decreasing times from the first on, each half to 19/20 of the one before."""
    times = [first]
    for _ in range(steps):
        times.append(inside(path, times[-1] * draw.uniform(0.5, 0.95), dtype))
    return np.array(times)


def _path_and_start(draw: Draw, dtype: str, solver: SolverSpec) -> tuple[PathSpec, float]:
    """A path at a moderate level; the EDM path for the rule that lives there."""
    if solver.name != "EDMStochastic":
        return _time(draw, dtype, True)
    path, time = draw_path(draw, draw.uniform(-3.0, 3.0), ("EDM",))
    return path, inside(path, time, dtype)


def draw_run(draw: Draw, dtype: str, names: tuple[str, ...]) -> SolverRun:
    """A run of one of the rules."""
    solver = draw_solver(draw, dtype, names)
    path, first = _path_and_start(draw, dtype, solver)
    # A rule with a memory shows what it remembers from its third step on.
    usual = (3, 4) if solver.name in MULTISTEP + CORRECTED else (1, 2)
    times = draw_times(draw, path, first, draw.choice((*usual, draw.integer(1, 5))), dtype)
    data = draw_data(draw, dtype, moderate=True, kinds=("gaussian",), sizes=(2, 2))
    start = _level(path, first)
    return SolverRun(
        solver=solver,
        path=path,
        times=times,
        variance=float(rounded(draw.choice((0.0, 1.0, log_uniform(draw, 1e-2, 1e2))), dtype)),
        last=draw.integer(0, 3) == 0 and len(times) > 2,
        data=data,
        x=np.stack([draw_point(draw, data, *start, dtype) for _ in range(3)]),
        seed=draw.integer(0, 1000),
    )


@family
def first_order_run(draw: Draw, dtype: str) -> SolverRun:
    return draw_run(draw, dtype, FIRST_ORDER)


@family
def runge_kutta_run(draw: Draw, dtype: str) -> SolverRun:
    return draw_run(draw, dtype, RUNGE_KUTTA)


@family
def dpm_solver_run(draw: Draw, dtype: str) -> SolverRun:
    return draw_run(draw, dtype, DPM_SOLVERS)


@family
def multistep_run(draw: Draw, dtype: str) -> SolverRun:
    return draw_run(draw, dtype, MULTISTEP)


@family
def corrected_run(draw: Draw, dtype: str) -> SolverRun:
    return draw_run(draw, dtype, CORRECTED)


@family
def solver_run(draw: Draw, dtype: str) -> SolverRun:
    """Any rule, on Gaussian data."""
    return draw_run(draw, dtype, ALL)


@family
def remembering_run(draw: Draw, dtype: str) -> SolverRun:
    """A rule with a memory and without noise, on a path that reaches any level, from where much is signal."""
    run = draw_run(draw, dtype, MULTISTEP + CORRECTED)
    options = tuple((name, 0.0 if name == "noise_level" else value) for name, value in run.solver.options)
    path, first = draw_path(draw, draw.uniform(-1.0, 3.0), ("EDM", "FlowMatching", "Trigonometric", "Brownian"))
    times = draw_times(draw, path, inside(path, first, dtype), len(run.times) - 1, dtype)
    return replace(run, solver=SolverSpec(run.solver.name, options), path=path, times=times, last=False)


@family
def edm_run(draw: Draw, dtype: str) -> SolverRun:
    """On the EDM path."""
    return draw_run(draw, dtype, ("EDMStochastic",))


@family
def run_to_the_data(draw: Draw, dtype: str) -> SolverRun:
    """A run on a path without noise at time 0, which it reaches."""
    run = draw_run(draw, dtype, ("DDIM", "AncestralEuler", "Euler", "DPMSolver"))
    names = tuple(name for name in PATH_NAMES if name != "VE")
    path, first = draw_path(draw, draw.uniform(-3.0, 2.0), names)
    first = inside(path, first, dtype)
    times = draw_times(draw, path, first, draw.integer(0, 2), dtype)
    data = run.data
    x = np.stack([draw_point(draw, data, *_level(path, first), dtype) for _ in range(3)])
    return replace(run, path=path, times=np.append(times, 0.0), last=False, x=x)


def normals(seed: int, dtype: str) -> Callable[[tuple[int, ...]], Floats]:
    """Standard normals of a seed in the dtype's precision, in the order that they are asked for."""
    generator = np.random.default_rng(seed)
    return lambda shape: rounded(generator.standard_normal(shape), dtype)


@dataclass(frozen=True)
class OrderRun:
    """Which solver of the standard table (by an index), on which path, and how it starts."""

    index: int
    path: PathSpec
    exact_start: bool


@family
def order_run(draw: Draw, dtype: str) -> OrderRun:  # noqa: ARG001 - the same frozen cases for every dtype
    vp = PathSpec("VPLinear", (("beta_min", 0.1), ("beta_max", 20.0), ("terminal_time", 1.0)))
    path = draw.choice((vp, PathSpec("FlowMatching"), PathSpec("Trigonometric")))
    return OrderRun(draw.integer(0, 99), path, bool(draw.integer(0, 1)))
