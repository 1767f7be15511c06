"""`sampler.order`: the order that a method attains, on grids where order means something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from certify import tolerances
from certify.noise import Noise, random_values
from certify.oracles import GAUSSIAN, MIXTURE
from certify.probe import AffineMap, Run, probe
from certify.recurrences import Level
from certify.sampler_laws.judgement import Judgement, worst
from certify.sampler_laws.subject import Session, Solver

__all__ = ["betas_for", "graded_half_log_snr", "judge_order", "map_errors", "measured_order", "mixture_error"]

Array = NDArray[np.float64]
START, END = -1.0, 2.5  # half log-SNR: from t near 1 a faulty start-up hides behind a tiny alpha


def uniform_half_log_snr(count: int) -> Array:
    """Count + 1 levels, increasing from START to END."""
    return np.linspace(START, END, count + 1)


def graded_half_log_snr(count: int) -> Array:
    """As `uniform_half_log_snr`, but the first steps double from h^2/4 up to h: a first-order start is harmless.

    A single first-order step of size h costs h^2 and caps every multistep method at order 2; one of size h^2 costs h^4.
    """
    step = (END - START) / count
    first = step**2 / 4.0
    sizes = first * 2.0 ** np.arange(int(np.ceil(np.log2(step / first))))
    beginning = START + np.concatenate([[0.0], np.cumsum(sizes)])
    return np.concatenate([beginning[:-1], np.linspace(beginning[-1], END, count + 1)])


def betas_for(half_log_snr: Array) -> list[float]:
    """The betas of a training table whose timestep i has the i-th largest of these half log-SNRs."""
    log_cumulative = -np.logaddexp(0.0, -2.0 * half_log_snr[::-1])
    return [float(beta) for beta in -np.expm1(np.diff(log_cumulative, prepend=0.0))]


def measured_order(errors: Sequence[float], floor: float) -> float | None:
    """Order over the last two doublings above the rounding floor; None where the errors are rounding throughout.

    The mean of the two, or the last alone where it is larger: error constants of different sign make it rise slowly.
    """
    usable = [error for error in errors if not error <= floor]
    if len(usable) < 2:
        return None
    slopes = np.log2(np.asarray(usable[:-1]) / np.asarray(usable[1:]))[-2:]
    return float(max(slopes.mean(), slopes[-1]))


def judge_order(solver: Solver, counts: Sequence[int], seed: int) -> Judgement:
    """The order of every error against the claim, on levels uniform in half log-SNR from -1 to 2.5.

    A deterministic method is compared with the exact flow map (A and b), and on a mixture with the exact quantile map;
    a stochastic one with the exact law: its mean for any start, and its covariance. Multistep methods that start with
    one first-order step claim min(order, 2) from a cold start; an order above is judged from a graded start.
    """
    claimed = solver.claimed_order
    if solver.prediction == "flow_prediction":
        sentence = "flow sigmas are a grid of their own, which a training table cannot make uniform in half log-SNR"
        return Judgement("not-applicable", None, None, explanation=sentence)
    judgements = [_attained(solver, counts, min(claimed, 2), graded=False, seed=seed)]
    if claimed > 2:
        judgements.append(_attained(solver, counts, claimed, graded=True, seed=seed))
    return worst(judgements)


def _attained(solver: Solver, counts: Sequence[int], claimed: int, *, graded: bool, seed: int) -> Judgement:
    errors: dict[str, list[float]] = {}
    for count in counts:
        levels = graded_half_log_snr(count) if graded else uniform_half_log_snr(count)
        for name, error in _errors(solver, levels, seed).items():
            errors.setdefault(name, []).append(error)
    start = "graded" if graded else "cold"
    floor = tolerances.order_floor(float(np.exp(-START)))
    return order_judgement(errors, counts, claimed, floor, start=start)


def order_judgement(
    errors: Mapping[str, Sequence[float]], counts: Sequence[int], claimed: int, floor: float, *, start: str
) -> Judgement:
    """The worst of several measured orders against one claim."""
    evidence = {"step_counts": list(counts), "errors": {name: list(values) for name, values in errors.items()}}
    orders = {name: measured_order(values, floor) for name, values in errors.items()}
    known = {name: order for name, order in orders.items() if order is not None}
    if not known:
        return Judgement("pass", None, None, evidence=evidence, explanation="exact to rounding at every step count")
    name = min(known, key=lambda key: known[key] if known[key] == known[key] else -np.inf)
    allowed = claimed - tolerances.ORDER_SLACK
    passed = all(order >= allowed for order in known.values())
    sentence = f"its {name} converges with order {known[name]:.2f} from a {start} start, claimed is {claimed}"
    case = {"start": start, "quantity": name, "half_log_snr": [START, END], "claimed": claimed}
    return Judgement("pass" if passed else "fail", known[name], allowed, case, evidence, sentence)


def _errors(solver: Solver, half_log_snr: Array, seed: int) -> dict[str, float]:
    session, steps = _session(solver, half_log_snr)
    first, last = session.schedule.moves[0][0], session.schedule.moves[steps - 1][1]
    # Whether a deterministic method draws nothing is asked by sampler.conforms; here interception only costs time.
    random = solver.noise_level > 0.0
    run = session.run(GAUSSIAN, "sigma", steps=steps, intercept=random)
    scale = float(np.hypot(*first))
    found = probe(
        run, dimension=GAUSSIAN.dimension, scale=scale, checks=False, variables=steps if random else 0, seed=seed
    )
    errors = map_errors(found, first, last, solver.noise_level)
    if not random:
        errors["mixture map"] = mixture_error(session.run(MIXTURE, "sigma", steps=steps, intercept=False), first, last)
    return errors


def _session(solver: Solver, half_log_snr: Array) -> tuple[Session, int]:
    """A session that visits exactly these levels, and how many of its moves do: a last one to sigma = 0 is dropped.

    Some grids want as many steps as the table has entries, some one fewer; the one that visits the most distinct
    levels in order is taken.
    """
    table = betas_for(half_log_snr)
    best: tuple[int, Session] | None = None
    for count in (len(table), len(table) - 1):
        session = solver.session(count, table=table)
        steps = 0
        for noisy, clean in session.schedule.moves:
            if not 0.0 < clean.noise_to_signal < noisy.noise_to_signal:
                break
            steps += 1
        if best is None or steps > best[0]:
            best = steps, session
        if steps == len(table) - 1:
            break
    assert best is not None
    return best[1], best[0]


def map_errors(found: AffineMap, first: Level, last: Level, noise_level: float | None) -> dict[str, float]:
    """Errors of a map against the exact reverse family of this noise level, relative to the exact law's size.

    With ``noise_level`` None the family is not known, and the law alone is compared.
    """
    size = float(np.sqrt(np.trace(GAUSSIAN.marginal_covariance(*last))))
    begin = GAUSSIAN.marginal_covariance(*first)
    covariance = found.covariance(begin) - GAUSSIAN.marginal_covariance(*last)
    spread = float(np.sqrt(np.trace(begin)))
    errors = {"covariance": float(np.abs(covariance).max()) / size**2}
    if noise_level is None:
        mean = found.mean(GAUSSIAN.marginal_mean(first.alpha)) - GAUSSIAN.marginal_mean(last.alpha)
        return errors | {"mean": float(np.abs(mean).max()) / size}
    propagator = GAUSSIAN.mean_propagator(first, last, noise_level)
    offset = GAUSSIAN.marginal_mean(last.alpha) - propagator @ GAUSSIAN.marginal_mean(first.alpha)
    return errors | {
        "matrix": float(np.abs(found.matrix - propagator).max()) * spread / size,
        "offset": float(np.abs(found.offset - offset).max()) / size,
    }


def mixture_error(run: Run, first: Level, last: Level) -> float:
    """Mean distance of pushed quantiles from the exact ones: W1 of a monotone map, relative to the mixture's size."""
    probabilities = np.linspace(0.02, 0.98, 25)
    start = MIXTURE.quantiles(probabilities, *first)[:, None]
    exact = MIXTURE.quantiles(probabilities, *last)
    end = run(start, Noise(random_values(0))).end[:, 0]
    return float(np.abs(end - exact).mean() / np.abs(exact).mean())
