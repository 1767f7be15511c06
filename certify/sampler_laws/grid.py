"""`sampler.grid`: the levels that a target walks through are the ones that it says and that its network is told."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from certify import tolerances
from certify.noise import Noise, random_values
from certify.oracles import GAUSSIAN
from certify.recurrences import Level
from certify.sampler_laws.judgement import Judgement, at_most, worst
from certify.sampler_laws.subject import Session, Solver

__all__ = ["judge_grid"]

# Every network call is looked at for these; for larger counts the schedule alone is.
_RUN_UP_TO = 50


def judge_grid(solver: Solver, counts: Sequence[int]) -> Judgement:
    """Six conditions at every number of steps.

    Each step ends where the next begins; the timestep handed to the network belongs to the level; the walk has as many
    steps as asked for, and each makes the state cleaner; it begins near the end of the training table where it says so,
    at the scale that it says; it ends at the level it documents. How much of the data shows at the first level,
    where the walk starts from pure noise, is evidence and no verdict: the documented grid decides that.
    """
    judgements = [judgement for count in counts for judgement in _conditions(solver, count)]
    failing: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        if judgement.word == "fail":
            failing.setdefault(judgement.case["condition"], []).append(judgement)
    steps = {name: [one.case["steps"] for one in listed] for name, listed in failing.items()}
    figures = {name: worst(listed).measured for name, listed in failing.items()}
    shows = {str(count): _signal_at_start(solver, count) for count in counts}
    result = worst(
        judgements, failing_step_counts=steps, figures=figures, step_counts=list(counts), signal_at_start=shows
    )
    sentences = [worst(listed).explanation for listed in failing.values()]
    return replace(result, explanation="; ".join(sentences) or "every level is where it is said to be")


def _relative(found: Level, expected: Level) -> float:
    reference = expected.noise_to_signal or 1.0
    return abs(found.noise_to_signal - expected.noise_to_signal) / reference


def _signal_at_start(solver: Solver, count: int) -> float:
    """The share alpha / sqrt(alpha^2 + sigma^2) at the first level: 0 where pure noise is diffused data."""
    first = solver.session(count).schedule.moves[0][0]
    return first.alpha / math.hypot(*first)


def _conditions(solver: Solver, count: int) -> Iterator[Judgement]:
    session = solver.session(count)
    schedule = session.schedule
    moves, times = schedule.moves, schedule.times

    def condition(name: str, measured: float, allowed: float, sentence: str) -> Judgement:
        return at_most(measured, allowed, f"{sentence} with {count} steps", condition=name, steps=count)

    yield condition("count", abs(len(moves) - count), 0.0, f"the schedule has {len(moves)} steps")
    gaps = [_relative(one[1], two[0]) for one, two in itertools.pairwise(moves)]
    at = max(range(len(gaps)), key=gaps.__getitem__, default=None)
    where = "" if at is None else f": step {at + 1} arrives at sigma/alpha = {moves[at][1].noise_to_signal:.6g}, "
    where += "" if at is None else f"and step {at + 2} begins at {moves[at + 1][0].noise_to_signal:.6g}"
    yield condition("chain", max(gaps, default=0.0), tolerances.GRID, f"steps do not meet{where}")

    stuck = sum(not end.noise_to_signal < start.noise_to_signal for start, end in moves)
    yield condition("progress", float(stuck), 0.0, f"{stuck} steps do not lower the noise level")

    told = [_timestep_error(session, time, start) for time, (start, _) in zip(times, moves, strict=False)]
    told += _told_in_run(session) if count <= _RUN_UP_TO else []
    sentence = "the network is told a timestep whose level in the training table is not the level of its input"
    yield condition("timestep", max(told, default=0.0), tolerances.GRID, sentence)

    missing = 0.0
    if schedule.starts_at_end:
        missing = (schedule.training_steps - 1 - times[0]) / schedule.training_steps - 1.0 / count
    sentence = f"the walk begins at timestep {times[0]:g} of {schedule.training_steps}, where data is still visible,"
    yield condition("start", missing, tolerances.START_DEFICIT, sentence)
    first = moves[0][0]
    scales = (1.0,) if first.alpha < 1.0 else (first.sigma, math.hypot(1.0, first.sigma))
    scale_error = min(abs(schedule.initial_scale - scale) / scale for scale in scales)
    sentence = f"the initial noise is scaled by {schedule.initial_scale:.6g}, the first level has {first.sigma:.6g},"
    yield condition("scale", scale_error, tolerances.GRID, sentence)

    end, final = moves[-1][1], schedule.final
    final_error = abs(end.noise_to_signal - final.noise_to_signal) / moves[-1][0].noise_to_signal
    sentence = f"the walk ends at sigma/alpha = {end.noise_to_signal:.6g}, documented is {final.noise_to_signal:.6g},"
    yield condition("end", final_error, tolerances.GRID, sentence)


def _timestep_error(session: Session, time: float, level: Level) -> float:
    return _relative(session.state_level(session.level_of(time)), level)


def _told_in_run(session: Session) -> list[float]:
    """Relative level errors of the timesteps in every call that the network gets, inner stages included."""
    level = session.schedule.moves[0][0]
    start = math.hypot(*level) * random_values(0)(0, (1, GAUSSIAN.dimension))
    calls = session.run(GAUSSIAN, "sigma")(start, Noise(random_values(0))).calls
    return [_relative(session.level_of(call.time), Level(call.alpha, call.sigma)) for call in calls]
