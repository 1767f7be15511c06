"""`sampler.output_law` and `sampler.finite`: what comes out on the target's own grids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from certify import tolerances
from certify.noise import Noise, random_values
from certify.oracles import GAUSSIAN, bures_distance
from certify.probe import AffineMap, plain_run, probe
from certify.recurrences import Level, chain
from certify.sampler_laws.conforms import start_scale
from certify.sampler_laws.judgement import Judgement, at_most, worst
from certify.sampler_laws.subject import Session, Solver

__all__ = ["judge_finite", "judge_output_law"]


def judge_output_law(solver: Solver, counts: Sequence[int]) -> Judgement:
    """The law of the output with the network told the target's timesteps, against the exact law at the final level.

    Allowed is one and a half times the error of the documented update on the ideal grid of the same timesteps: the
    honest discretisation error. Both start from the exact law at their first level.
    """
    judgements = []
    for count in counts:
        session = solver.session(count)
        schedule = session.schedule
        levels = [session.state_level(session.level_of(time)) for time in schedule.times]
        levels = _descending([*levels, schedule.final])
        ideal = _law_error(_ideal_map(solver, session, levels), levels[0], schedule.final)
        run = session.run(GAUSSIAN, "time")
        found = probe(run, dimension=GAUSSIAN.dimension, scale=start_scale(session), checks=False)
        measured = _law_error(found, schedule.moves[0][0], schedule.final)
        allowed = tolerances.output_law(ideal, levels[0].noise_to_signal)
        sentence = (
            f"with {count} steps and an exact network its output law is {measured:.3g} standard deviations off "
            f"(Wasserstein-2), the documented update on the grid of its timesteps {ideal:.3g}"
        )
        judgement = at_most(measured, allowed, sentence, steps=count)
        judgements.append(judgement)
    figures = [[judgement.case["steps"], judgement.measured, judgement.allowed] for judgement in judgements]
    return worst(judgements, step_counts=list(counts), figures=figures)


def _ideal_map(solver: Solver, session: Session, levels: Sequence[Level]) -> AffineMap:
    run = plain_run(solver.recurrence(session.schedule), data=GAUSSIAN, moves=chain(levels))
    return probe(run, dimension=GAUSSIAN.dimension, scale=start_scale(session), checks=False)


def _descending(levels: Sequence[Level]) -> list[Level]:
    """The levels without those that do not lower the noise: no ideal walk visits a level twice."""
    kept = [levels[0]]
    for level in levels[1:]:
        if level.noise_to_signal < kept[-1].noise_to_signal:
            kept.append(level)
    return kept


def _law_error(affine: AffineMap, start: Level, final: Level) -> float:
    """Wasserstein-2 distance of the output from the exact law, in units of the exact law's own standard deviations.

    Whitened, so that an error in a sharp direction counts as much as one in a broad direction.
    """
    mean = affine.mean(GAUSSIAN.marginal_mean(start.alpha)) - GAUSSIAN.marginal_mean(final.alpha)
    covariance = affine.covariance(GAUSSIAN.marginal_covariance(*start))
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        return float("nan")
    whiten = (GAUSSIAN.basis / np.sqrt(GAUSSIAN.marginal_variances(*final))).T
    centre = (np.zeros(GAUSSIAN.dimension), np.eye(GAUSSIAN.dimension))
    return bures_distance((whiten @ mean, whiten @ covariance @ whiten.T), centre)


def judge_finite(solver: Solver, counts: Sequence[int]) -> Judgement:
    """Finite output of the right shape and dtype, as the target computes, for every number of steps it accepts."""
    failing: dict[str, list[int]] = {}
    for count in counts:
        reason = _finite(solver, count)
        if reason:
            failing.setdefault(reason, []).append(count)
    total = float(sum(len(steps) for steps in failing.values()))
    reason, steps = next(iter(failing.items()), ("", []))
    sentence = f"{reason} with {', '.join(map(str, steps))} steps" if failing else "finite for every number of steps"
    judgement = at_most(total, 0.0, sentence, steps=steps[0] if steps else counts[-1])
    return worst([judgement], failing_step_counts=failing, step_counts=list(counts))


def _finite(solver: Solver, count: int) -> str:
    try:
        session = solver.session(count, lifted=False)
        start = session.schedule.initial_scale * random_values(1)(0, (3, GAUSSIAN.dimension))
        outcome = session.run(GAUSSIAN, "sigma", intercept=False)(start, Noise(random_values(2)))
    except Exception as error:
        return f"it raises {type(error).__name__}: {error}"
    if outcome.end.shape != start.shape or outcome.dtype != "float32":
        return f"the output has shape {outcome.end.shape} and dtype {outcome.dtype}"
    return "" if np.isfinite(outcome.end).all() else "the output is not finite"
