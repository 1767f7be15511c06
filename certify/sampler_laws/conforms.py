"""`sampler.conforms`, `sampler.parameterisation`, `sampler.precision`: one map against another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from certify import tolerances
from certify.noise import Noise, Values
from certify.oracles import GAUSSIAN, MIXTURE
from certify.probe import AffineMap, plain_run, probe
from certify.sampler_laws.judgement import Judgement, at_most, map_difference, worst
from certify.sampler_laws.subject import Session, Solver

__all__ = ["judge_conforms", "judge_parameterisation", "judge_precision", "session_map", "start_scale"]


def start_scale(session: Session) -> float:
    """The standard deviation of a unit-variance start at the session's first level."""
    return float(np.hypot(*session.schedule.moves[0][0]))


def session_map(session: Session, *, checks: bool = False, variables: int | None = None, seed: int = 0) -> AffineMap:
    """The session's map on the Gaussian, its network evaluated at the session's own levels."""
    run = session.run(GAUSSIAN, "sigma")
    scale = start_scale(session)
    return probe(run, dimension=GAUSSIAN.dimension, scale=scale, checks=checks, variables=variables, seed=seed)


def _irregular(found: AffineMap, count: int) -> Judgement | None:
    """A judgement for a map that is none, or whose noise is not what it should be."""
    if not np.isfinite(found.matrix).all():
        return at_most(float("nan"), tolerances.AFFINE, f"no map with {count} steps", steps=count, condition="finite")
    if not found.affine_residual <= tolerances.AFFINE:
        sentence = f"the sampler is not affine on Gaussian data with {count} steps, so no map can be read off"
        return at_most(found.affine_residual, tolerances.AFFINE, sentence, steps=count, condition="affine")
    if not found.batch_residual <= tolerances.BATCH:
        sentence = f"a sample depends on the others of its batch with {count} steps"
        return at_most(found.batch_residual, tolerances.BATCH, sentence, steps=count, condition="batch")
    oddities = [*found.irregularities, *(f"it uses {name}" for name in found.other_random)]
    if oddities:
        sentence = f"its randomness is not one independent Gaussian draw a step: {'; '.join(oddities)}"
        return Judgement("fail", None, None, case={"steps": count, "condition": "noise"}, explanation=sentence)
    return None


def judge_conforms(solver: Solver, counts: Sequence[int], seed: int) -> Judgement:
    """A, b and every G_k against our recurrence of the documented update, at the target's own levels.

    On a mixture on the line the two are compared path by path, with the same numbers for the same draws.
    """
    judgements = []
    for count in counts:
        session = solver.session(count)
        schedule = session.schedule
        scale = start_scale(session)
        found = session_map(session, checks=True, seed=seed)
        irregular = _irregular(found, count)
        if irregular is not None:
            judgements.append(irregular)
            continue
        recurrence = solver.recurrence(schedule)
        run = plain_run(recurrence, data=GAUSSIAN, moves=schedule.moves)
        expected = probe(run, dimension=GAUSSIAN.dimension, scale=scale, checks=False)
        allowed = tolerances.conformity(schedule.moves[0][0].noise_to_signal)
        for part, difference in map_difference(found, expected, scale).items():
            sentence = f"the {part} of its affine map with {count} steps is not that of the documented update"
            judgements.append(at_most(difference, allowed, sentence, steps=count, condition=part))
        difference = _pathwise(session, recurrence, seed)
        sentence = f"its paths on a two-component mixture with {count} steps are not those of the documented update"
        allowed *= tolerances.PATHWISE_FACTOR
        judgements.append(at_most(difference, allowed, sentence, steps=count, condition="mixture"))
    return worst(judgements, step_counts=list(counts))


def _pathwise(session: Session, recurrence: object, seed: int) -> float:
    moves = session.schedule.moves
    start = MIXTURE.quantiles(np.linspace(0.02, 0.98, 17), *moves[0][0])[:, None]

    def fixed() -> Values:
        return lambda variable, shape: np.random.default_rng([seed, variable]).standard_normal(shape)

    found = session.run(MIXTURE, "sigma")(start, Noise(fixed())).end
    expected = plain_run(recurrence, data=MIXTURE, moves=moves)(start, Noise(fixed())).end  # type: ignore[arg-type]
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def judge_parameterisation(solver: Solver, counts: Sequence[int]) -> Judgement:
    """The same exact network, answering as noise, data or velocity, gives one map."""
    others = [prediction for prediction in solver.predictions if prediction != solver.prediction]
    if not others:
        sentence = "the class offers no second parameterisation on these levels"
        return Judgement("not-applicable", None, None, explanation=sentence)
    judgements = []
    for count in counts:
        session = solver.session(count)
        own = session_map(session)
        allowed = tolerances.conformity(session.schedule.moves[0][0].noise_to_signal)
        for prediction in others:
            other = session_map(solver.with_prediction(prediction).session(count), variables=own.variable_count)
            difference = max(map_difference(other, own, start_scale(session)).values())
            sentence = f"{prediction} and {solver.prediction} give different maps with {count} steps"
            judgements.append(at_most(difference, allowed, sentence, steps=count, prediction=prediction))
    return worst(judgements, step_counts=list(counts), compared=others)


def judge_precision(solver: Solver, counts: Sequence[int]) -> Judgement:
    """The map as the target computes it against the map lifted to float64."""
    roundoff = float(np.finfo(np.float32).eps) / 2.0
    judgements = []
    for count in counts:
        session = solver.session(count)
        schedule = session.schedule
        exact = session_map(session)
        native = session_map(solver.session(count, lifted=False), variables=exact.variable_count)
        difference = max(map_difference(native, exact, start_scale(session)).values())
        first = schedule.moves[0][0].noise_to_signal
        allowed = tolerances.precision(count, schedule.training_steps, first, roundoff)
        sentence = f"float32 moves its map with {count} steps by more than 8 u (n + T + kappa)"
        judgements.append(at_most(difference, allowed, sentence, steps=count))
    return worst(judgements, step_counts=list(counts), figures=[_figure(judgement) for judgement in judgements])


def _figure(judgement: Judgement) -> list[float | None]:
    return [judgement.case["steps"], judgement.measured, judgement.allowed]
