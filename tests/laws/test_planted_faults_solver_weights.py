"""Faults that solvers' weights have had elsewhere or could have: the arbiter sees each, and so does a law beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed

from reference import solvers

SLIGHTLY = 1.0 + 1e-6
BASHFORTH = {1: [1.0], 2: [-0.5, 1.5], 3: [5 / 12, -16 / 12, 23 / 12], 4: [-9 / 24, 37 / 24, -59 / 24, 55 / 24]}
"""Adams and Bashforth's coefficients, the oldest node first."""

EXPONENTIAL, DDIM_WEIGHTS, IN_TIME_OR_RATIO = (
    solvers.exponential_adams_weights,
    solvers.ddim_weights,
    solvers.deis_weights,
)
"""As they are without a fault."""

Fault = Callable[..., Any]


def of_weights(change: Fault) -> Fault:
    """``change(found, path, times, **options)`` of the right weights."""
    return lambda original, path, times, **options: change(original(path, times, **options), path, times, **options)


def outputs(change: Callable[[Any], Any]) -> Fault:
    """The outputs' weights changed, the rest right."""
    return of_weights(lambda found, *_, **__: replace(found, outputs=change(found.outputs)))


def reversed_nodes(weights: Any) -> Any:
    return weights[..., ::-1]


def lowest_only(weights: Any) -> Any:
    """All the weight on the latest node."""
    return np.concatenate([np.zeros_like(weights[..., 1:]), weights.sum(axis=-1, keepdims=True)], axis=-1)


def slightly_last(weights: Any) -> Any:
    return weights * np.where(np.arange(weights.shape[-1]) == weights.shape[-1] - 1, SLIGHTLY, 1.0)


def with_options(**changes: Callable[[Any], Any]) -> Fault:
    """The right function with an option misunderstood."""

    def instead(original: Fault, *arguments: Any, **options: Any) -> Any:
        return original(*arguments, **{**options, **{k: f(options[k]) for k, f in changes.items() if k in options}})

    return instead


def from_start(original: Fault, path: Any, times: Any, **options: Any) -> Any:
    """Alpha of the start where that of the end belongs."""
    found = original(path, times, **options)
    ratio = path.alpha(times[..., -2]) / path.alpha(times[..., -1])
    return replace(found, outputs=found.outputs * np.asarray(ratio)[..., None])


def without_theta(found: Any, path: Any, times: Any, *, noise_level: Any = 0.0, **_: Any) -> Any:
    return replace(found, outputs=found.outputs / np.asarray(1.0 + noise_level**2)[..., None])


def undamped(found: Any, path: Any, times: Any, **_: Any) -> Any:
    """The state of the deterministic rule in a rule that draws."""
    return replace(found, state=EXPONENTIAL(path, times[..., -2:]).state)


def half_the_variance(found: Any, path: Any, times: Any, **_: Any) -> Any:
    return replace(found, noise=found.noise * math.sqrt(0.5))


def explicit_always(original: Fault, path: Any, times: Any, *, implicit: bool = False, **options: Any) -> Any:
    """The implicit rule forgets the end."""
    if not implicit:
        return original(path, times, **options)
    found = original(path, times, **options)
    padded = np.concatenate([found.outputs, np.zeros_like(found.outputs[..., :1])], axis=-1)
    return replace(found, outputs=padded)


def unreduced(found: Any, path: Any, times: Any, *, output: str = "denoiser", **_: Any) -> Any:
    """DDIM whose noise is added on top of the deterministic step."""
    return replace(DDIM_WEIGHTS(path, times, output=output), noise=found.noise)


def as_the_sde(found: Any, path: Any, times: Any, *, eta: Any = 0.0, output: str = "denoiser") -> Any:
    return EXPONENTIAL(path, times, output="denoiser", noise_level=np.sqrt(eta))


def averaged(original: Fault, path: Any, times: Any, **options: Any) -> Any:
    """The right sum of weights shared out by Adams and Bashforth."""
    found = original(path, times, **options)
    shares = np.array(BASHFORTH[found.outputs.shape[-1]])
    return replace(found, outputs=found.outputs.sum(axis=-1, keepdims=True) * shares)


def shared(share: Callable[[Any, Any], Any]) -> Fault:
    """The midpoint rule with another share of M_0 - M_{-1}: a function of its node values in half log-SNR or in t."""

    def instead(original: Fault, path: Any, times: Any, **options: Any) -> Any:
        found = original(path, times, **options)
        extra = found.outputs.sum(axis=-1) * share(path, times)
        one = found.outputs.sum(axis=-1)
        return replace(found, outputs=np.stack([-extra, one + extra], axis=-1))

    return instead


def steps(places: Any) -> tuple[Any, Any]:
    """(h, h_prev) of three places."""
    return places[..., 2] - places[..., 1], places[..., 1] - places[..., 0]


def in_half_log_snr(path: Any, times: Any) -> tuple[Any, Any]:
    return steps(path.half_log_snr(times))


def heun(original: Fault, path: Any, times: Any, **options: Any) -> Any:
    """The exact second-order weights, which others call their Heun variant."""
    return EXPONENTIAL(path, times, **options)


def solved_predictor(original: Fault, path: Any, times: Any, **options: Any) -> Any:
    """UniP-2 without its 1/2."""
    if options.get("corrector", False) or times.shape[-1] != 3:
        return original(path, times, **options)
    return EXPONENTIAL(path, times, output=options.get("output", "denoiser"))


def solved_corrector(original: Fault, path: Any, times: Any, **options: Any) -> Any:
    """UniC-1 without its 1/2."""
    if not options.get("corrector", False) or times.shape[-1] != 2:
        return original(path, times, **options)
    return EXPONENTIAL(path, times, output=options.get("output", "denoiser"), implicit=True)


def halved_base(original: Fault, path: Any, times: Any, **options: Any) -> Any:
    """The differences enter at half their weight: a factorial lost."""
    found = original(path, times, **options)
    first = lowest_only(found.outputs)
    if options.get("corrector", False):
        first = np.concatenate([first[..., 1:], first[..., :1]], axis=-1)
    return replace(found, outputs=0.5 * (found.outputs + first))


def other_variant(name: str) -> str:
    return {"bh1": "bh2", "bh2": "bh1"}[name]


def other_output(name: str) -> str:
    return {"denoiser": "noise", "noise": "denoiser"}[name]


def other_variable(name: str) -> str:
    return {"time": "noise_to_signal", "noise_to_signal": "time"}[name]


def recursive_phi(original: Fault, order: int, z: Any) -> Any:
    """The recurrence that cancels."""
    value = np.exp(z)
    for index in range(order):
        value = (value - 1.0 / math.factorial(index)) / z if z != 0.0 else 1.0 / math.factorial(index + 1)
    return value


def short_series(original: Fault, order: int, z: Any) -> Any:
    """Three terms of the series near 0."""
    terms = sum(np.asarray(z) ** n / math.factorial(n + order) for n in range(3))
    return np.where(np.abs(z) < 1.0, terms, original(order, z))


def deaf_ancestral(original: Fault, **options: Any) -> Any:
    return original(**{**options, "eta": 1.0})


def unclipped(original: Fault, *, sigma_start: Any, sigma_end: Any, eta: Any = 1.0) -> Any:
    up = eta * sigma_end * np.sqrt(1.0 - (sigma_end / sigma_start) ** 2)
    return np.sqrt(np.maximum(sigma_end**2 - up**2, 0.0)), up


def brownian_up(original: Fault, *, sigma_start: Any, sigma_end: Any, eta: Any = 1.0) -> Any:
    """The forward variance where the bridge's belongs."""
    up = np.minimum(sigma_end, eta * np.sqrt(sigma_start**2 - sigma_end**2))
    return np.sqrt(sigma_end**2 - up**2), up


def linear_down(original: Fault, *, sigma_start: Any, sigma_end: Any, eta: Any = 1.0) -> Any:
    _, up = original(sigma_start=sigma_start, sigma_end=sigma_end, eta=eta)
    return sigma_end - up, up


def down_of_eta_1(original: Fault, *, sigma_start: Any, sigma_end: Any, eta: Any = 1.0) -> Any:
    _, up = original(sigma_start=sigma_start, sigma_end=sigma_end, eta=eta)
    return sigma_end**2 / sigma_start, up


def subtracted_squares(original: Fault, *, sigma_start: Any, sigma_end: Any, eta: Any = 1.0) -> Any:
    """The difference of squares, which cancels where almost all is drawn."""
    _, up = original(sigma_start=sigma_start, sigma_end=sigma_end, eta=eta)
    return np.sqrt(np.maximum(sigma_end**2 - up**2, 0.0)), up


def noise_from_start(original: Fault, path: Any, *, t_start: Any, t_end: Any, **options: Any) -> Any:
    return original(path, t_start=t_start, t_end=t_end, **options) * path.sigma(t_start) / path.sigma(t_end)


def other_family(name: str) -> str:
    return {"ddim": "frozen_denoiser", "frozen_denoiser": "ddim", "frozen_noise": "frozen_noise"}[name]


def ancestral_for_frozen_noise(name: str) -> str:
    return {"frozen_noise": "frozen_denoiser"}.get(name, name)


def lagrange(places: Any, low: float, high: float) -> Any:
    """The integrals of the Lagrange polynomials, by the polynomials of NumPy."""
    found = []
    for index, place in enumerate(places):
        others = np.delete(places, index)
        integral = np.polynomial.Polynomial(np.atleast_1d(np.poly(others))[::-1]).integ()
        found.append((integral(high) - integral(low)) / np.prod(place - others))
    return np.array(found)


def in_the_wrong_step(original: Fault, sigmas: Any) -> Any:
    """The integrals over as long a step before the last."""
    return lagrange(sigmas[:-1], 2.0 * sigmas[-2] - sigmas[-1], sigmas[-2])


def in_log_sigma(original: Fault, sigmas: Any) -> Any:
    """Polynomials in another variable, the right sum."""
    found = lagrange(*((places := np.log(sigmas + 1e-3))[:-1], places[-2], places[-1]))
    return found * np.sum(original(sigmas)) / np.sum(found)


def as_equal_steps(original: Fault, sigmas: Any) -> Any:
    step = sigmas[..., -1:] - sigmas[..., -2:-1]
    return step * np.array(BASHFORTH[sigmas.shape[-1] - 1])


def bashforth(change: Callable[[list[float]], list[float]]) -> Fault:
    """PNDM with other coefficients."""

    def instead(original: Fault, path: Any, times: Any) -> Any:
        found = original(path, times)
        transfer = found.outputs.sum(axis=-1, keepdims=True)
        return replace(found, outputs=transfer * np.array(change(BASHFORTH[found.outputs.shape[-1]])))

    return instead


def wrong_sign_of_the_oldest(shares: list[float]) -> list[float]:
    return [-shares[0], *shares[1:]] if len(shares) > 1 else shares


def one_order_less(shares: list[float]) -> list[float]:
    return [0.0, *BASHFORTH[len(shares) - 1]] if len(shares) > 1 else shares


def untransferred(original: Fault, path: Any, times: Any) -> Any:
    """Sigma_e - sigma_s where the noise is transferred, and the state as it is."""
    found = original(path, times)
    share = found.outputs / found.outputs.sum(axis=-1, keepdims=True)
    step = path.sigma(times[..., -1:]) - path.sigma(times[..., -2:-1])
    return replace(found, state=np.ones_like(found.state), outputs=share * step)


def as_deis(original: Fault, path: Any, times: Any) -> Any:
    return IN_TIME_OR_RATIO(path, times)


def numbers(change: Callable[[Any], Any]) -> Fault:
    """A change of a function's result."""
    return lambda original, *arguments, **options: change(original(*arguments, **options))


PHI = ("solvers.phi_arbiter", "solvers.phi_recurrence")
ADAMS = "solvers.exponential_adams_arbiter"
EXACT, CONSTANTS = "solvers.weights_integrate_polynomials", "solvers.constants_are_transported"
KEPT, SINGLE = "solvers.marginals_are_kept", "solvers.first_order_rules_are_one"
MULTI, RATIOS = "solvers.multistep_rules_are_one", "solvers.ratio_weights_integrate_polynomials"
DDIM, BRIDGE = "solvers.ddim_arbiter", "solvers.eta_1_is_the_bridge"
NOISE, ETAS = "solvers.noise_arbiter", "solvers.three_etas"
SPLIT = ("solvers.ancestral_sigmas_arbiter", "solvers.ancestral_split")
MIDPOINT, UNIPC = "solvers.midpoint_multistep_arbiter", "solvers.unipc_arbiter"
DEIS, IN_TIME = "solvers.deis_arbiter", "solvers.deis_in_time_arbiter"
BY_QUADRATURE, IN_SIGMA = "solvers.deis_by_quadrature", "solvers.sigma_is_the_time_of_edm"
LMS, PNDM = "solvers.linear_multistep_arbiter", "solvers.pndm_arbiter"
EQUAL, LAST = "solvers.equal_steps_on_edm", "solvers.the_last_step_may_end_at_the_data"
FIRST = "solvers.the_first_step_may_start_from_noise"

# function -> {what is wrong: (the fault, the laws that must each see it)}
FAULTS: dict[str, dict[str, tuple[Fault, tuple[str, ...]]]] = {
    "phi": {
        "the next order": (lambda original, order, z: original(order + 1, z), PHI),
        "the sign of z": (lambda original, order, z: original(order, -np.asarray(z)), PHI),
        "the recurrence": (recursive_phi, PHI),
        "a short series": (short_series, PHI),
        "a factorial": (lambda original, order, z: math.factorial(order) * original(order, z), PHI),
        "a part in a million": (numbers(lambda value: SLIGHTLY * value), PHI),
    },
    "exponential_adams_weights": {
        "the order of the nodes": (outputs(reversed_nodes), (ADAMS, EXACT)),
        "a level where its square belongs": (with_options(noise_level=np.sqrt), (ADAMS, ETAS)),
        "theta": (of_weights(without_theta), (ADAMS, EXACT, CONSTANTS)),
        "alpha of the start": (from_start, (ADAMS, EXACT, CONSTANTS)),
        "a state that does not decay": (of_weights(undamped), (ADAMS, KEPT, CONSTANTS, FIRST)),
        "half the variance": (of_weights(half_the_variance), (ADAMS, KEPT, ETAS)),
        "the end of the implicit rule": (explicit_always, (ADAMS, EXACT, MULTI)),
        "the lowest order": (outputs(lowest_only), (ADAMS, EXACT)),
        "a part in a million": (outputs(slightly_last), (ADAMS, EXACT, CONSTANTS, SINGLE)),
    },
    "ddim_weights": {
        "eta squared": (with_options(eta=np.square), (DDIM, ETAS)),
        "noise on top": (of_weights(unreduced), (DDIM, KEPT, BRIDGE, FIRST)),
        "a variance for a deviation": (
            of_weights(lambda found, *_, **__: replace(found, noise=found.noise**2)),
            (DDIM, KEPT, BRIDGE),
        ),
        "the sign of the output": (outputs(np.negative), (DDIM, CONSTANTS, SINGLE)),
        "alpha of the start": (from_start, (DDIM, CONSTANTS, SINGLE)),
        "the other output": (with_options(output=other_output), (DDIM, CONSTANTS, SINGLE)),
        "the eta of the frozen denoiser": (of_weights(as_the_sde), (DDIM, ETAS)),
        "no noise": (with_options(eta=lambda eta: 0.0 * eta), (DDIM, ETAS, BRIDGE)),
    },
    "noise_standard_deviation": {
        "another family": (with_options(family=other_family), (NOISE, ETAS)),
        "the frozen denoiser for the frozen noise": (
            with_options(family=ancestral_for_frozen_noise),
            (NOISE, ETAS),
        ),
        "a strength for its root": (with_options(strength=np.square), (NOISE, ETAS)),
        "a variance": (numbers(np.square), (NOISE, ETAS)),
        "sigma of the start": (noise_from_start, (NOISE, ETAS)),
        "half the strength": (with_options(strength=lambda strength: 0.5 * strength), (NOISE, ETAS)),
        "a part in a million": (numbers(lambda value: SLIGHTLY * value), (NOISE, ETAS)),
    },
    "ancestral_sigmas": {
        "up for down": (numbers(lambda pair: pair[::-1]), SPLIT),
        "eta": (deaf_ancestral, SPLIT),
        "no minimum": (unclipped, SPLIT),
        "the forward variance": (brownian_up, SPLIT),
        "deviations that add": (linear_down, SPLIT),
        "down of eta 1": (down_of_eta_1, SPLIT),
        "eta squared": (with_options(eta=np.square), SPLIT),
        "a difference of squares": (subtracted_squares, SPLIT[:1]),
    },
    "midpoint_multistep_weights": {
        "half": (
            shared(lambda path, times: np.divide(*in_half_log_snr(path, times))),
            (MIDPOINT, MULTI),
        ),
        "the ratio upside down": (
            shared(lambda path, times: 0.5 / np.divide(*in_half_log_snr(path, times))),
            (MIDPOINT, MULTI),
        ),
        "the sign of the difference": (
            shared(lambda path, times: -0.5 * np.divide(*in_half_log_snr(path, times))),
            (MIDPOINT, MULTI),
        ),
        "steps of time": (shared(lambda path, times: 0.5 * np.divide(*steps(times))), (MIDPOINT, MULTI)),
        "the order of the nodes": (outputs(reversed_nodes), (MIDPOINT, MULTI)),
        "the exact second order": (heun, (MIDPOINT, MULTI)),
        "alpha of the start": (from_start, (MIDPOINT, MULTI, CONSTANTS)),
        "half the variance": (of_weights(half_the_variance), (MIDPOINT, KEPT)),
    },
    "unipc_weights": {
        "the other variant": (with_options(variant=other_variant), (UNIPC,)),
        "a solved second order": (solved_predictor, (UNIPC, MULTI)),
        "a solved first corrector": (solved_corrector, (UNIPC,)),
        "the order of the nodes": (outputs(reversed_nodes), (UNIPC, EXACT, MULTI)),
        "the other output": (with_options(output=other_output), (UNIPC, CONSTANTS, SINGLE)),
        "differences at half weight": (halved_base, (UNIPC, EXACT, MULTI)),
        "alpha of the start": (from_start, (UNIPC, EXACT, CONSTANTS)),
    },
    "deis_weights": {
        "the other variable": (with_options(variable=other_variable), (DEIS, IN_TIME, BY_QUADRATURE)),
        "alpha of the start": (from_start, (DEIS, IN_TIME, BY_QUADRATURE, RATIOS, SINGLE)),
        "the order of the nodes": (outputs(reversed_nodes), (DEIS, IN_TIME, BY_QUADRATURE, RATIOS, IN_SIGMA)),
        "the sign": (outputs(np.negative), (DEIS, IN_TIME, BY_QUADRATURE, RATIOS, IN_SIGMA, LAST)),
        "equal steps": (averaged, (DEIS, IN_TIME, BY_QUADRATURE, RATIOS, IN_SIGMA)),
        "the lowest order": (outputs(lowest_only), (DEIS, IN_TIME, BY_QUADRATURE, RATIOS)),
        "a part in a million": (outputs(slightly_last), (DEIS, IN_TIME, BY_QUADRATURE, RATIOS, LAST)),
    },
    "linear_multistep_weights": {
        "the order of the nodes": (numbers(reversed_nodes), (LMS, RATIOS, IN_SIGMA, EQUAL)),
        "the sign": (numbers(np.negative), (LMS, RATIOS, IN_SIGMA, EQUAL)),
        "equal steps": (as_equal_steps, (LMS, RATIOS, IN_SIGMA)),
        "another step": (in_the_wrong_step, (LMS, RATIOS, IN_SIGMA)),
        "polynomials in log sigma": (in_log_sigma, (LMS, RATIOS, IN_SIGMA)),
        "a quadrature to 1e-4": (numbers(lambda value: (1.0 + 1e-5) * value), (LMS, RATIOS, IN_SIGMA, EQUAL)),
        "the lowest order": (numbers(lowest_only), (LMS, RATIOS, IN_SIGMA, EQUAL)),
    },
    "pndm_weights": {
        "the order of the nodes": (outputs(reversed_nodes), (PNDM, EQUAL)),
        "the sign of the oldest": (bashforth(wrong_sign_of_the_oldest), (PNDM, EQUAL, CONSTANTS)),
        "one order less": (bashforth(one_order_less), (PNDM, EQUAL)),
        "no transfer": (untransferred, (PNDM, CONSTANTS, SINGLE)),
        "the exact weights in time": (as_deis, (PNDM,)),
        "alpha of the start": (from_start, (PNDM, CONSTANTS, SINGLE)),
        "a part in a million": (outputs(slightly_last), (PNDM, EQUAL, CONSTANTS, SINGLE, LAST)),
    },
}
ROWS = [
    (name, what, law) for name, faults in FAULTS.items() for what, (_, seen_by) in faults.items() for law in seen_by
]


@pytest.mark.parametrize(("name", "what", "identifier"), ROWS)
def test_a_fault_of_the_weights_is_seen(name: str, what: str, identifier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant: Plant = changed(solvers, name, FAULTS[name][what][0])

    caught(plant, identifier, monkeypatch)


def test_every_family_has_five_faults() -> None:
    assert all(len(faults) >= 5 for faults in FAULTS.values())


def first_of_all(original: Fault, *arguments: Any, **options: Any) -> Any:
    """A batch whose every entry is its first."""

    def spread(part: Any) -> Any:
        return np.broadcast_to(part[:1], part.shape) if np.ndim(part) else part

    found = original(*arguments, **options)
    if isinstance(found, solvers.StepWeights):
        if np.ndim(found.state) == 0:
            return found
        return solvers.StepWeights(*(spread(part) for part in (found.state, found.outputs, found.noise)))
    if isinstance(found, tuple):
        return tuple(spread(part) for part in found)
    return found if np.ndim(found) == (1 if np.ndim(arguments[0]) == 1 else 0) else spread(found)


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ("phi", "linear_multistep_weights")])
def test_a_batch_that_is_its_first_entry_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(changed(solvers, name, first_of_all), "solvers.batches_of_weights", monkeypatch, cases=6)


@pytest.mark.parametrize("name", ["phi", "linear_multistep_weights"])
def test_numbers_of_a_batch_that_are_its_first_are_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def instead(original: Fault, *arguments: Any) -> Any:
        found = original(*arguments)
        single = np.ndim(found) == (1 if name == "linear_multistep_weights" else 0)
        return found if single else np.broadcast_to(found[:1], found.shape)

    caught(changed(solvers, name, instead), "solvers.batches_of_weights", monkeypatch, cases=6)


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        ("no state", lambda original, w, x, m, z=None: original(replace(w, state=np.ones_like(w.state)), x, m, z)),
        ("the nodes", lambda original, w, x, m, z=None: original(w, x, m[..., ::-1, :], z)),
        ("the sign", lambda original, w, x, m, z=None: original(w, x, -m, z)),
        ("the draw", lambda original, w, x, m, z=None: original(w, x, m, np.zeros_like(x))),
        ("the default", lambda original, w, x, m, z=None: original(w, x, m, np.zeros_like(x) if z is None else z)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_of_the_step_is_seen(what: str, instead: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    law = "solvers.weighted_step_draws" if what in ("the draw", "the default") else "solvers.weighted_step_arbiter"
    caught(changed(solvers, "weighted_step", instead), law, monkeypatch)
