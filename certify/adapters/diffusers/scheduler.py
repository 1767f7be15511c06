"""One scheduler with its options fixed: built, walked, asked at which level it is, and probed."""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from certify.adapters.diffusers.capabilities import CAPABILITIES, Capability
from certify.interception import InterceptedTorch
from certify.lift import lifted as lift
from certify.noise import Noise
from certify.oracles import Data
from certify.probe import NetworkCall, Outcome, Run
from certify.recurrences import Level, Move, chain
from certify.sampler_laws.subject import Oracle, Schedule

__all__ = ["SchedulerSession", "SchedulerSolver"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SchedulerSolver:
    """A scheduler class with options, as the sampler laws see it. ``extra`` are options outside the tables."""

    name: str
    options: Mapping[str, Any]
    extra: Mapping[str, Any]

    @property
    def capability(self) -> Capability:
        return CAPABILITIES[self.name]

    @property
    def identifier(self) -> str:
        listed = ",".join(f"{key}={value}" for key, value in sorted({**self.options, **self.extra}.items()))
        return f"diffusers:{self.name}[{listed}]"

    @property
    def catalogue(self) -> tuple[str, ...]:
        return self.capability.catalogue

    @property
    def claimed_order(self) -> int:
        return self.capability.order(self.options)

    @property
    def noise_level(self) -> float:
        return self.capability.noise_level(self.options)

    @property
    def predictions(self) -> Sequence[str]:
        allowed = self.capability.allowed
        offered = self.capability.options["prediction_type"]
        if self.prediction == "flow_prediction":
            return ("flow_prediction",)  # its levels are another path's, so no other prediction gives the same map
        others = [value for value in offered if value != "flow_prediction"]
        return [value for value in others if allowed({**self.options, "prediction_type": value})]

    @property
    def prediction(self) -> str:
        return str(self.options["prediction_type"])

    def recurrence(self, schedule: Schedule) -> Any:
        return self.capability.recurrence(self.options, schedule)

    def with_prediction(self, prediction: str) -> SchedulerSolver:
        return replace(self, options={**self.options, "prediction_type": prediction})

    def session(self, count: int, *, table: Sequence[float] | None = None, lifted: bool = True) -> SchedulerSession:
        return SchedulerSession(self, count, table=table, lifted=lifted)

    def constructor_options(self, table: Sequence[float] | None) -> dict[str, Any]:
        options = {**self.capability.fixed, **self.options, **self.extra}
        for name in self.capability.run_options:
            options.pop(name)
        if options["prediction_type"] == "flow_prediction":
            options["use_flow_sigmas"] = True
        if table is not None:
            options.pop("beta_schedule")
            options |= {"trained_betas": list(table), "num_train_timesteps": len(table)}
        return options


class SchedulerSession:
    """A scheduler prepared for ``count`` steps, in float64 (lifted) or as it is (native).

    ``table`` is a table of betas to train on; without it the subject's beta schedule is used.
    """

    def __init__(
        self, solver: SchedulerSolver, count: int, *, table: Sequence[float] | None = None, lifted: bool = True
    ) -> None:
        module = importlib.import_module("diffusers")
        self.solver = solver
        self.count = count
        self.lifted = lifted
        self.dtype = torch.float64 if lifted else torch.float32
        kind = getattr(module, solver.name)
        self._module = kind.__module__
        with self._context():
            self.scheduler: Any = kind(**solver.constructor_options(table))
        self._restart()

    @contextmanager
    def _context(self) -> Iterator[None]:
        with ExitStack() as stack:
            if self.lifted:
                stack.enter_context(lift([self._module]))
            # The noise forms of DPM-Solver announce their deprecation; they are offered, so they are judged.
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore", FutureWarning)
            # NumPy's own wording for np.array(tensor), which several schedulers write.
            warnings.filterwarnings("ignore", message="__array__ implementation", category=DeprecationWarning)
            yield

    def _restart(self) -> None:
        with self._context():
            self.scheduler.set_timesteps(self.count)

    @cached_property
    def _noise_to_signal(self) -> Array:
        cumulative = self.scheduler.alphas_cumprod.numpy().astype(np.float64)
        return np.asarray(np.sqrt((1.0 - cumulative) / cumulative))

    def level_of(self, time: float) -> Level:
        if self.solver.prediction == "flow_prediction":
            sigma = time / self.scheduler.config.num_train_timesteps
            return Level(1.0 - sigma, sigma)
        table = self._noise_to_signal
        return _variance_preserving(float(np.interp(time, np.arange(len(table)), table)))

    def state_level(self, level: Level) -> Level:
        scaled = self.solver.capability.walk in ("sigmas", "pairs")
        return Level(1.0, level.noise_to_signal) if scaled else level

    @cached_property
    def schedule(self) -> Schedule:
        self._restart()
        scheduler = self.scheduler
        times = [float(time) for time in scheduler.timesteps]
        match self.solver.capability.walk:
            case "table":
                moves = tuple(self._table_move(time) for time in scheduler.timesteps)
            case "sigmas":
                moves = chain([Level(1.0, float(sigma)) for sigma in scheduler.sigmas])
            case "pairs":
                sigmas = [scheduler.sigmas[0], *scheduler.sigmas[1::2]]
                moves = chain([Level(1.0, float(sigma)) for sigma in sigmas])
                times = [times[0], *times[1::2]]
            case "log-sigmas":
                pairs = (_own_level(scheduler, sigma) for sigma in scheduler.sigmas)
                moves = chain([Level(float(alpha), float(sigma)) for alpha, sigma in pairs])
        return Schedule(
            times=tuple(times),
            moves=moves,
            initial_scale=float(scheduler.init_noise_sigma),
            final=self._documented_final(),
            training_steps=int(scheduler.config.num_train_timesteps),
            # Leading is documented as multiples of the rounded-down spacing, wherever these begin.
            starts_at_end=self.solver.options.get("timestep_spacing") != "leading",
        )

    def _documented_final(self) -> Level:
        """No noise, unless the options say that the walk ends at the training table's first level."""
        if self.solver.options.get("final_sigmas_type", "zero") == "zero":
            return Level(1.0, 0.0)
        first = float(self._noise_to_signal[0])
        if self.solver.prediction == "flow_prediction":
            return Level(1.0 - first, first)
        return self.state_level(_variance_preserving(first))

    def _table_move(self, time: Any) -> Move:
        """Where the scheduler's own step goes from this timestep, asked of the scheduler.

        DDPM has a public method for it. DDIM has none, so a step is made on a network that knows x_0 = 1, eps = 0
        and on one that knows x_0 = 0, eps = 1: the results are alpha and sigma of the level it arrives at.
        """
        scheduler = self.scheduler
        cumulative = scheduler.alphas_cumprod[time]
        alpha, sigma = float(cumulative) ** 0.5, float(1 - cumulative) ** 0.5
        if hasattr(scheduler, "previous_timestep"):
            previous = scheduler.previous_timestep(time)
            after = scheduler.alphas_cumprod[previous] if previous >= 0 else scheduler.one
            return Level(alpha, sigma), Level(float(after) ** 0.5, float(1 - after) ** 0.5)
        answers = {"epsilon": (0.0, 1.0), "sample": (1.0, 0.0), "v_prediction": (-sigma, alpha)}
        answer = torch.tensor(answers[self.solver.prediction], dtype=self.dtype)[:, None]
        state = torch.tensor([alpha, sigma], dtype=self.dtype)[:, None]
        with self._context():
            arrived = scheduler.step(answer, time, state, eta=0.0).prev_sample
        return Level(alpha, sigma), Level(float(arrived[0, 0]), float(arrived[1, 0]))

    def run(self, data: Data, oracle: Oracle, *, steps: int | None = None, intercept: bool = True) -> Run:
        def run(start: Array, noise: Noise) -> Outcome:
            self._restart()
            calls: list[NetworkCall] = []
            state = torch.from_numpy(start).to(self.dtype)
            with self._context(), torch.no_grad(), InterceptedTorch(noise) if intercept else _own_noise():
                for time in self._walked(steps):
                    level, scaled = self._enter(state, time)
                    calls.append(NetworkCall(float(time), *level))
                    seen = level if oracle == "sigma" else self.level_of(float(time))
                    answer = predict(data, self.solver.prediction, scaled.numpy().astype(np.float64), seen)
                    state = self._step(torch.from_numpy(answer).to(self.dtype), time, state)
            return Outcome(state.numpy().astype(np.float64), str(state.dtype).removeprefix("torch."), tuple(calls))

        return run

    def _walked(self, steps: int | None) -> Any:
        if steps is None:
            return self.scheduler.timesteps
        return self.scheduler.timesteps[: 2 * steps if self.solver.capability.walk == "pairs" else steps]

    def _enter(self, state: torch.Tensor, time: Any) -> tuple[Level, torch.Tensor]:
        """The level that the scheduler believes it is at, in the network's coordinates, and the network's input."""
        scheduler = self.scheduler
        scaled = scheduler.scale_model_input(state, time)
        if self.solver.capability.walk == "table":
            cumulative = scheduler.alphas_cumprod[time]
            return Level(float(cumulative) ** 0.5, float(1 - cumulative) ** 0.5), scaled
        index = scheduler.step_index
        sigma = scheduler.sigmas[scheduler.index_for_timestep(time) if index is None else index]
        if self.solver.capability.walk == "log-sigmas":
            alpha, sigma = _own_level(scheduler, sigma)
            return Level(float(alpha), float(sigma)), scaled
        return _variance_preserving(float(sigma)), scaled

    def _step(self, answer: torch.Tensor, time: Any, state: torch.Tensor) -> torch.Tensor:
        options = {name: self.solver.options[name] for name in self.solver.capability.run_options}
        result: torch.Tensor = self.scheduler.step(answer, time, state, **options, return_dict=False)[0]
        return result


@contextmanager
def _own_noise() -> Iterator[None]:
    """The target draws for itself, from a seeded global generator that is left as it was found."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def _own_level(scheduler: Any, sigma: Any) -> Any:
    """Signal and noise scale that DPM-Solver gives an entry of its list: its own account, which it keeps private."""
    return scheduler._sigma_to_alpha_sigma_t(sigma)


def _variance_preserving(noise_to_signal: float) -> Level:
    alpha = 1.0 / math.hypot(1.0, noise_to_signal)
    return Level(alpha, noise_to_signal * alpha)


def predict(data: Data, prediction: str, x: Array, level: Level) -> Array:
    """The exact network's answer, in the parameterisation that the scheduler is told it has."""
    alpha, sigma = level
    match prediction:
        case "epsilon":
            return data.noise(x, alpha, sigma)
        case "sample":
            return data.denoiser(x, alpha, sigma)
        case "v_prediction":
            return alpha * data.noise(x, alpha, sigma) - sigma * data.denoiser(x, alpha, sigma)
        case "flow_prediction":
            return data.noise(x, alpha, sigma) - data.denoiser(x, alpha, sigma)
    raise ValueError(f"prediction: expected one of the four parameterisations, got {prediction!r}")
