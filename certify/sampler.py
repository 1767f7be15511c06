"""`certify.sampler`: is this sampler right? For any function that keeps the contract, in NumPy, torch or JAX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from certify import tolerances
from certify.certificate import Certificate
from certify.judge import SAMPLER_LAWS
from certify.libraries import Library, library_of
from certify.noise import Noise, random_values
from certify.oracles import GAUSSIAN, MIXTURE, Data
from certify.probe import AffineMap, NetworkCall, Outcome, Run, probe
from certify.recurrences import Level
from certify.sampler_laws.judgement import Judgement, at_most
from certify.sampler_laws.limit import limit_judgement, map_quantities, quantile_quantities
from certify.sampler_laws.order import END, START, map_errors, mixture_error, order_judgement, uniform_half_log_snr
from certify.sampler_script import sampler_script
from certify.verdict import Verdict

__all__ = ["sampler"]

Array = NDArray[np.float64]
Signature = Literal["denoiser", "score", "noise", "velocity"]

_CHECK_STEPS = 7
_FINITE_STEPS = (1, 2, 3, 7)
_STEPS = (40, 80, 160, 320)


def sampler(
    sampler: Callable[..., Any],
    *,
    path: Any,
    order: int | None = None,
    signature: Signature = "denoiser",
    stochastic: bool | None = None,
    library: Literal["numpy", "torch", "jax"] | None = None,
    name: str | None = None,
    seed: int = 0,
) -> Certificate:
    """Judge a sampler that keeps the contract ``sampler(denoiser, x_start, times, *, normal) -> x_end``.

    ``times`` is a decreasing array of n + 1 times, both ends included; ``x_start`` has shape (B, d) and dtype float64;
    ``denoiser(x, t)`` is the exact E[x_0 | x_t = x] for a scalar t, or the score, the noise or the velocity by
    another ``signature``; ``normal(shape)`` gives standard normal numbers, and is the only source of randomness of a
    NumPy or JAX sampler. Whatever a torch sampler draws with torch is seen as well. All arrays are of the sampler's
    own library.

    Args:
        sampler: the function to judge.
        path: the noise schedule, with ``alpha(t)``, ``sigma(t)``, ``time_at_half_log_snr(l)`` and, for the velocity,
            the derivatives of alpha and sigma: any path of ``reference`` or ``gpu``.
        order: the order of convergence that the sampler claims; None claims nothing but convergence.
        signature: what the sampler expects to be called with.
        stochastic: whether it draws noise; None takes what is seen.
        library: whose arrays it takes; None tries NumPy, then torch.
        name: how the certificate calls it; the function's own name otherwise.
        seed: of the numbers used in recording and self-checks.

    Returns:
        A certificate of the laws sampler.affine, .batch, .dtype, .finite, .limit_law, .noise and, where an order is
        claimed, .order.

    Raises:
        ValueError, TypeError: an argument is not what it has to be, or no library fits the sampler.
    """
    if not callable(sampler):
        raise TypeError(f"sampler: expected a function, got {type(sampler).__name__}")
    if signature not in ("denoiser", "score", "noise", "velocity"):
        raise ValueError(f"signature: expected denoiser, score, noise or velocity, got {signature!r}")
    if order is not None and not _is_count(order):
        raise ValueError(f"order: expected a positive integer or None, got {order!r}")
    own_name = f"{getattr(sampler, '__module__', 'user')}.{getattr(sampler, '__qualname__', type(sampler).__name__)}"
    bench = _Bench(sampler, path, signature, seed)
    bench.library = library_of(library, bench.smoke)
    judgements = _judge(bench, order, stochastic)
    script = sampler_script(sampler, path, signature, bench.library.name, (START, END))
    verdicts = [_verdict(name or own_name, law, judgement, script) for law, judgement in sorted(judgements.items())]
    return Certificate.from_verdicts(verdicts, seed=seed)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


class _Bench:
    """A sampler between its exact network and the probe."""

    def __init__(self, sampler: Callable[..., Any], path: Any, signature: Signature, seed: int) -> None:
        self.sampler = sampler
        self.path = path
        self.signature = signature
        self.seed = seed
        self.library: Library | None = None

    def level(self, time: float) -> Level:
        return Level(float(self.path.alpha(time)), float(self.path.sigma(time)))

    def times(self, count: int) -> list[float]:
        return [float(self.path.time_at_half_log_snr(float(value))) for value in uniform_half_log_snr(count)]

    def run(self, data: Data, count: int, library: Library | None = None) -> Run:
        chosen = library or self.library
        assert chosen is not None
        times = self.times(count)

        def run(start: Array, noise: Noise) -> Outcome:
            calls: list[NetworkCall] = []

            def network(x: Any, time: Any) -> Any:
                level = self.level(float(time))
                calls.append(NetworkCall(float(time), *level))
                return chosen.native(self._answer(data, chosen.array(x), float(time), level))

            with chosen.intercept(noise):
                end = self.sampler(network, chosen.native(start), chosen.native(times), normal=chosen.normal(noise))
            return Outcome(chosen.array(end).astype(np.float64), chosen.dtype(end), tuple(calls))

        return run

    def _answer(self, data: Data, x: Array, time: float, level: Level) -> Array:
        alpha, sigma = level
        match self.signature:
            case "denoiser":
                return data.denoiser(x, alpha, sigma)
            case "noise":
                return data.noise(x, alpha, sigma)
            case "score":
                return -data.noise(x, alpha, sigma) / sigma
            case "velocity":
                change = float(self.path.alpha_derivative(time)), float(self.path.sigma_derivative(time))
                return change[0] * data.denoiser(x, alpha, sigma) + change[1] * data.noise(x, alpha, sigma)

    def smoke(self, library: Library) -> None:
        """One small run, to see whether the sampler takes this library's arrays."""
        self.run(GAUSSIAN, 2, library)(np.ones((2, GAUSSIAN.dimension)), Noise(random_values(self.seed)))

    def affine(self, count: int, *, checks: bool = False) -> AffineMap:
        scale = float(np.hypot(*self.level(self.times(1)[0])))
        run = self.run(GAUSSIAN, count)
        return probe(run, dimension=GAUSSIAN.dimension, scale=scale, checks=checks, seed=self.seed)


def _judge(bench: _Bench, order: int | None, stochastic: bool | None) -> dict[str, Judgement]:
    judgements = {"sampler.finite": _finite(bench), "sampler.dtype": _dtype(bench)}
    first, last = bench.times(1)
    ends = bench.level(first), bench.level(last)
    later = ["sampler.limit_law"] + (["sampler.order"] if order else [])
    if any(judgement.word == "fail" for judgement in judgements.values()):
        return judgements | _undecided([*later, "sampler.affine", "sampler.batch", "sampler.noise"], "it does not run")
    checked = bench.affine(_CHECK_STEPS, checks=True)
    affine = "on Gaussian data with the exact network the output is an affine function of the start and the noise"
    batch = "a sample does not depend on the others of its batch"
    judgements |= {
        "sampler.affine": at_most(checked.affine_residual, tolerances.AFFINE, affine, steps=_CHECK_STEPS),
        "sampler.batch": at_most(checked.batch_residual, tolerances.BATCH, batch, steps=_CHECK_STEPS),
        "sampler.noise": _noise(checked, stochastic),
    }
    if judgements["sampler.affine"].word == "fail":
        return judgements | _undecided(later, "it is not affine, so there is no map to compare")
    random = checked.variable_count > 0
    maps = {count: bench.affine(count) for count in _STEPS}
    quantities = {count: map_quantities(found, *ends, deterministic=not random) for count, found in maps.items()}
    errors = [map_errors(found, ends[0], ends[1], None if random else 0.0) for found in maps.values()]
    if not random:
        for count, error in zip(_STEPS, errors, strict=True):
            run = bench.run(MIXTURE, count)
            quantities[count] |= quantile_quantities(run, *ends)
            error["mixture map"] = mixture_error(run, *ends)
    judgements["sampler.limit_law"] = limit_judgement(quantities)
    if order:
        listed = {key: [error[key] for error in errors] for key in errors[0]}
        floor = tolerances.order_floor(ends[0].noise_to_signal)
        judgements["sampler.order"] = order_judgement(listed, _STEPS, order, floor, start="cold")
    return judgements


def _undecided(laws: Sequence[str], reason: str) -> dict[str, Judgement]:
    return {law: Judgement("inconclusive", None, None, explanation=reason) for law in laws}


def _finite(bench: _Bench) -> Judgement:
    for count in _FINITE_STEPS:
        start = random_values(bench.seed)(0, (3, GAUSSIAN.dimension))
        try:
            end = bench.run(GAUSSIAN, count)(start, Noise(random_values(bench.seed))).end
        except Exception as error:
            sentence = f"it raises {type(error).__name__} with {count} steps: {error}"
            return Judgement("fail", None, None, case={"steps": count}, explanation=sentence)
        if not np.isfinite(end).all():
            sentence = f"its output is not finite with {count} steps"
            return Judgement("fail", None, None, case={"steps": count}, explanation=sentence)
    sentence = "its output is finite"
    return Judgement("pass", None, None, case={"steps": list(_FINITE_STEPS)}, explanation=sentence)


def _dtype(bench: _Bench) -> Judgement:
    start = np.ones((3, GAUSSIAN.dimension))
    try:
        outcome = bench.run(GAUSSIAN, _CHECK_STEPS)(start, Noise(random_values(bench.seed)))
    except Exception as error:
        return Judgement("fail", None, None, explanation=f"it raises {type(error).__name__}: {error}")
    kept = outcome.end.shape == start.shape and outcome.dtype == "float64"
    sentence = f"float64 of shape {start.shape} comes out as {outcome.dtype} of shape {outcome.end.shape}"
    return Judgement("pass" if kept else "fail", None, None, explanation=sentence)


def _noise(found: AffineMap, stochastic: bool | None) -> Judgement:
    oddities = [*found.irregularities, *(f"it uses {name}, which cannot be probed" for name in found.other_random)]
    random = found.variable_count > 0
    if stochastic is not None and stochastic != random:
        oddities.append(f"declared {'stochastic' if stochastic else 'deterministic'}, {len(found.draws)} draws seen")
    evidence = {"draws": len(found.draws), "variables": found.variable_count}
    sentence = "; ".join(oddities) or "every draw is one independent Gaussian variable of the state's shape"
    return Judgement("fail" if oddities else "pass", None, None, evidence=evidence, explanation=sentence)


def _verdict(title: str, law: str, judgement: Judgement, script: str) -> Verdict:
    case: Mapping[str, Any] = {"half_log_snr": [START, END], **judgement.case}
    return Verdict(
        subject=title,
        law=law,
        verdict=judgement.word,
        catalogue=SAMPLER_LAWS[law].catalogue,
        measured=judgement.measured,
        allowed=judgement.allowed,
        case=case,
        evidence=judgement.evidence,
        explanation=judgement.explanation,
        reproduce=script if judgement.word == "fail" else "",
    )
