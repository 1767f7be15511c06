"""What the sampler laws ask of an adapter: a solver of a library, and sessions of it that can be probed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from certify.oracles import Data
from certify.probe import Run
from certify.recurrences import Level, Move

__all__ = ["Oracle", "Recurrence", "Schedule", "Session", "Solver"]

# "sigma": the exact network is evaluated at the level the target believes it is at; this isolates the integrator.
# "time": at the level of the timestep that the target hands to its network; this is what a trained network would see.
Oracle = Literal["sigma", "time"]


class Recurrence(Protocol):
    """A documented update as our own float64 recurrence (see `certify.recurrences`)."""

    def __call__(self, start: object, /, **arguments: object) -> object: ...


@dataclass(frozen=True)
class Schedule:
    """What a target says about its own walk, in the coordinates of its state.

    ``times`` are the timesteps of the moves, ``moves`` the levels each step goes between, ``initial_scale`` the
    standard deviation that the target says its initial noise has, ``final`` the level it documents as its last.
    ``starts_at_end`` says whether it documents that the walk begins at the noisy end of the training table.
    """

    times: tuple[float, ...]
    moves: tuple[Move, ...]
    initial_scale: float
    final: Level
    training_steps: int
    starts_at_end: bool = True


class Session(Protocol):
    """A target prepared for one number of steps."""

    @property
    def schedule(self) -> Schedule: ...

    def level_of(self, time: float) -> Level:
        """The level that the training table gives a timestep, in the coordinates of the network's input."""
        ...

    def state_level(self, level: Level) -> Level:
        """The same level in the coordinates of the target's state."""
        ...

    def run(self, data: Data, oracle: Oracle, *, steps: int | None = None, intercept: bool = True) -> Run:
        """A run with the exact network for this data, through all moves or the first ``steps`` of them.

        Without interception the target draws its own noise, from a seeded global generator.
        """
        ...


class Solver(Protocol):
    """A subject: a class of a library with its options fixed."""

    @property
    def identifier(self) -> str: ...

    @property
    def catalogue(self) -> tuple[str, ...]: ...

    @property
    def claimed_order(self) -> int: ...

    @property
    def noise_level(self) -> float: ...

    @property
    def predictions(self) -> Sequence[str]: ...

    @property
    def prediction(self) -> str: ...

    def recurrence(self, schedule: Schedule) -> Recurrence: ...

    def with_prediction(self, prediction: str) -> Solver: ...

    def session(self, count: int, *, table: Sequence[float] | None = None, lifted: bool = True) -> Session: ...
