"""Bad input to the rules of samplers and to their weights is refused at the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from doors import INF, KITS, NAN, Door, Kit, refused

# One of each rule, by its class and arguments.
RULES: dict[str, dict[str, Any]] = {
    "DDIM": {},
    "Ancestral": {},
    "AncestralEuler": {},
    "EulerMaruyama": {},
    "PredictorCorrector": {},
    "EDMStochastic": {"steps": 5, "churn": 1.0},
    "Euler": {"variable": "noise_to_signal"},
    "Heun": {},
    "Midpoint": {"variable": "half_log_snr"},
    "DPMSolver": {"order": 3},
    "DPMSolverAncestral": {},
    "DPMSolverSDE": {},
    "MidpointMultistep": {"noise_level": 1.0},
    "ExponentialAdams": {"nodes": 3},
    "DEIS": {"order": 2},
    "LMS": {"order": 2},
    "PNDM": {"start": "runge_kutta"},
    "UniPC": {"nodes": 2},
    "SASolver": {"noise_level": 1.0},
}


def rule(k: Kit, name: str) -> Any:
    return getattr(k.m.solvers, name)(**RULES[name])


def step(k: Kit, solver: Any, **changes: Any) -> object:
    """A step from (1, 2) at t = 2 to t = 1 on the EDM path, with what a case changes of it."""
    path, draws = k.m.EDM(), solver.draws
    model = k.m.solvers.exact_model(k.gaussian(), path, solver.output)
    given = {"model": model, "path": path, "x": k.a([1.0, 2.0]), "t_start": 2.0, "t_end": 1.0, "noise": None}
    if draws:
        given["noise"] = k.a([[0.5, -0.5]] * draws)
    given.update(changes)
    return solver.step(given.pop("model"), given.pop("path"), given.pop("x"), **given)


def memory(k: Kit, size: int, output: float = 1.0, time: float = 3.0) -> Any:
    return (k.m.solvers.Evaluation(k.a(time), k.a([1.0] * size), k.a([output] * size)),)


# What every rule refuses in a step: what it changes, the error, the words.
STEPS: dict[str, tuple[Callable[[Kit], dict[str, Any]], type[Exception], tuple[str, ...]]] = {
    "model: none": (lambda k: {"model": None}, TypeError, ("model", "callable", "None")),
    "model: another size": (lambda k: {"model": lambda x, t: k.a([1.0])}, ValueError, ("model(x, t)", "2", "1")),
    "model: another dtype": (
        lambda k: {"model": lambda x, t: k.raw([1.0, 1.0], "float32")}, TypeError, ("model(x, t)", "float32"),
    ),
    "model: nan": (lambda k: {"model": lambda x, t: k.a([NAN, 1.0])}, ValueError, ("model(x, t)", "finite", "nan")),
    "path: text": (lambda k: {"path": "EDM"}, TypeError, ("path", "str")),
    "x: integers": (lambda k: {"x": k.raw([1, 2], "int64")}, TypeError, ("x:", "int64")),
    "x: float32 beside float64": (
        lambda k: {"x": k.raw([1.0, 2.0], "float32"), "t_start": k.a(2.0)}, TypeError, ("float32", "float64"),
    ),
    "x: list": (lambda k: {"x": [1.0, 2.0]}, TypeError, ("x:", "list")),
    "x: scalar": (lambda k: {"x": k.a(1.0)}, ValueError, ("x:", "()|scalar")),
    "x: infinite": (lambda k: {"x": k.a([INF, 1.0])}, ValueError, ("x:", "finite", "inf")),
    "x: three beside two times": (
        lambda k: {"x": k.a([[1.0, 2.0]] * 3), "t_start": k.a([2.0, 3.0])}, ValueError, ("x", "t_start", "3", "2"),
    ),
    "times: shapes apart": (
        lambda k: {"t_start": k.a([2.0, 3.0, 4.0]), "t_end": k.a([1.0, 1.0])}, ValueError, ("t_end", "3", "2"),
    ),
    "t_start: text": (lambda k: {"t_start": "2"}, TypeError, ("t_start", "str")),
    "t_start: integers": (lambda k: {"t_start": k.raw(2, "int64")}, TypeError, ("t_start", "int64")),
    "t_start: nan": (lambda k: {"t_start": NAN}, ValueError, ("t_start", "nan")),
    "t_start: infinite": (lambda k: {"t_start": INF}, ValueError, ("t_start", "inf")),
    "t_end: below the domain": (lambda k: {"t_end": -1.0}, ValueError, ("t_end", "-1.0")),
    "upward": (lambda k: {"t_end": 2.5}, ValueError, ("t_end", "t_start", "2.5")),
    "standing": (lambda k: {"t_end": 2.0}, ValueError, ("t_end", "t_start", "2.0")),
    "memory: none": (lambda k: {"memory": None}, TypeError, ("memory", "None")),
    "memory: bare arrays": (lambda k: {"memory": (k.a([1.0]),)}, TypeError, ("memory[0]", "Evaluation")),
    "memory: nan": (lambda k: {"memory": memory(k, 2, NAN)}, ValueError, ("memory[0].output", "finite", "nan")),
    "memory: another size": (lambda k: {"memory": memory(k, 3)}, ValueError, ("memory[0].state", "2", "3")),
}  # fmt: skip

# What every rule that draws refuses in a step.
DRAWS: dict[str, tuple[Callable[[Kit, int], object], type[Exception], tuple[str, ...]]] = {
    "none": (lambda k, n: None, ValueError, ("noise", "None")),
    "one too many": (lambda k, n: k.a([[0.5, -0.5]] * (n + 1)), ValueError, ("noise", "shape")),
    "another size": (lambda k, n: k.a([[0.5]] * n), ValueError, ("noise", "2", "1")),
    "integers": (lambda k, n: k.raw([[1, 1]] * n, "int64"), TypeError, ("noise", "int64")),
    "nan": (lambda k, n: k.a([[NAN, 1.0]] * n), ValueError, ("noise", "finite", "nan")),
    "a batch apart": (lambda k, n: k.a([[[1.0, 1.0]] * 3] * n), ValueError, ("noise", "3", "2")),
    "text": (lambda k, n: "normal", TypeError, ("noise", "str")),
}
DRAWING = [
    "Ancestral",
    "AncestralEuler",
    "EulerMaruyama",
    "PredictorCorrector",
    "EDMStochastic",
    "DPMSolverAncestral",
    "DPMSolverSDE",
    "MidpointMultistep",
    "SASolver",
]


def of(name: str, *arguments: Any, **options: Any) -> Callable[[Kit], object]:
    """The call of a rule's class."""
    return lambda k: getattr(k.m.solvers, name)(*arguments, **options)


MAKERS: dict[str, Door] = {
    "DDIM: negative eta": (of("DDIM", eta=-1.0), ValueError, ("eta", "-1.0")),
    "DDIM: nan": (of("DDIM", eta=NAN), ValueError, ("eta", "nan")),
    "DDIM: text": (of("DDIM", eta="1"), TypeError, ("eta", "str")),
    "DDIM: bool": (of("DDIM", eta=True), TypeError, ("eta", "bool")),
    "DDIM: a score": (of("DDIM", output="score"), ValueError, ("output", "score", "denoiser", "noise")),
    "Ancestral: optimal": (of("Ancestral", "optimal"), ValueError, ("variance", "optimal", "bridge", "forward")),
    "Ancestral: a number": (of("Ancestral", 1.0), ValueError, ("variance", "1.0")),
    "AncestralEuler: negative eta": (of("AncestralEuler", -0.5), ValueError, ("eta", "-0.5")),
    "EulerMaruyama: negative": (of("EulerMaruyama", -1.0), ValueError, ("noise_level", "-1.0")),
    "EulerMaruyama: infinite": (of("EulerMaruyama", INF), ValueError, ("noise_level", "inf")),
    "PredictorCorrector: negative": (of("PredictorCorrector", -1.0), ValueError, ("noise_level", "-1.0")),
    "PredictorCorrector: fewer than none": (
        of("PredictorCorrector", corrections=-1), ValueError, ("corrections", "-1"),
    ),
    "PredictorCorrector: half a correction": (
        of("PredictorCorrector", corrections=0.5), TypeError, ("corrections", "int", "float"),
    ),
    "PredictorCorrector: upwards": (of("PredictorCorrector", step_size=-0.1), ValueError, ("step_size", "-0.1")),
    "EDMStochastic: no steps": (of("EDMStochastic", 0), ValueError, ("steps", "0")),
    "EDMStochastic: negative churn": (of("EDMStochastic", 5, churn=-1.0), ValueError, ("churn", "-1.0")),
    "EDMStochastic: negative scale": (of("EDMStochastic", 5, noise_scale=-1.0), ValueError, ("noise_scale", "-1.0")),
    "EDMStochastic: an empty window": (
        of("EDMStochastic", 5, churn_min=2.0, churn_max=1.0), ValueError, ("churn_max", "churn_min", "1.0"),
    ),
    "EDMStochastic: text": (of("EDMStochastic", 5, churn_max="a"), TypeError, ("churn_max", "str")),
    "EDMStochastic: nan": (of("EDMStochastic", 5, churn_max=NAN), ValueError, ("churn_max", "nan")),
    "Euler: another clock": (of("Euler", "sigma"), ValueError, ("variable", "sigma", "noise_to_signal")),
    "Heun: no clock": (of("Heun", None), ValueError, ("variable", "None", "time")),
    "Midpoint: a list": (of("Midpoint", ["time"]), ValueError, ("variable", "time")),
    "DPMSolver: order 4": (of("DPMSolver", 4), ValueError, ("order", "3", "4")),
    "DPMSolver: order 0": (of("DPMSolver", 0), ValueError, ("order", "0")),
    "DPMSolver: order 2.0": (of("DPMSolver", 2.0), TypeError, ("order", "float")),
    "DPMSolver: order True": (of("DPMSolver", True), TypeError, ("order", "bool")),
    "DPMSolver: a velocity": (of("DPMSolver", 2, "velocity"), ValueError, ("output", "velocity", "noise")),
    "DPMSolver: another variant": (of("DPMSolver", 2, variant="heun"), ValueError, ("variant", "heun", "taylor")),
    "DPMSolver: taylor at order 3": (of("DPMSolver", 3, variant="taylor"), ValueError, ("variant", "taylor", "3")),
    "DPMSolver: beyond the step": (of("DPMSolver", 2, r1=1.5), ValueError, ("r1:", "(0, 1]", "1.5")),
    "DPMSolver: at the start": (of("DPMSolver", 2, r1=0.0), ValueError, ("r1:", "0.0")),
    "DPMSolver: a node without use": (of("DPMSolver", 1, r1=0.5), ValueError, ("r1:", "None", "0.5")),
    "DPMSolver: not of order 3": (of("DPMSolver", 3, r2=0.5), ValueError, ("r2:", "2/3", "0.5")),
    "DPMSolverAncestral: negative eta": (of("DPMSolverAncestral", -1.0), ValueError, ("eta", "-1.0")),
    "DPMSolverSDE: negative eta": (of("DPMSolverSDE", -1.0), ValueError, ("eta", "-1.0")),
    "DPMSolverSDE: beyond the step": (of("DPMSolverSDE", r=2.0), ValueError, ("r:", "(0, 1]", "2.0")),
    "DPMSolverSDE: text": (of("DPMSolverSDE", r="half"), TypeError, ("r:", "str")),
    "MidpointMultistep: a score": (of("MidpointMultistep", "score"), ValueError, ("output", "score", "denoiser")),
    "MidpointMultistep: negative": (
        of("MidpointMultistep", noise_level=-1.0), ValueError, ("noise_level", "-1.0"),
    ),
    "ExponentialAdams: five nodes": (of("ExponentialAdams", 5), ValueError, ("nodes", "4", "5")),
    "ExponentialAdams: no nodes": (of("ExponentialAdams", 0), ValueError, ("nodes", "0")),
    "ExponentialAdams: another output": (
        of("ExponentialAdams", 2, "velocity"), ValueError, ("output", "velocity", "denoiser"),
    ),
    "ExponentialAdams: nan": (of("ExponentialAdams", 2, noise_level=NAN), ValueError, ("noise_level", "nan")),
    "DEIS: order 5": (of("DEIS", 5), ValueError, ("order", "4", "5")),
    "DEIS: in lambda": (of("DEIS", 2, "half_log_snr"), ValueError, ("variable", "half_log_snr", "noise_to_signal")),
    "LMS: order 1.5": (of("LMS", 1.5), TypeError, ("order", "int", "float")),
    "LMS: order 5": (of("LMS", 5), ValueError, ("order", "4", "5")),
    "PNDM: no nodes": (of("PNDM", 0), ValueError, ("nodes", "0")),
    "PNDM: another start": (of("PNDM", start="heun"), ValueError, ("start", "heun", "runge_kutta")),
    "PNDM: Runge-Kutta for three": (of("PNDM", 3, "runge_kutta"), ValueError, ("nodes", "4", "3")),
    "UniPC: four nodes": (of("UniPC", 4), ValueError, ("nodes", "3", "4")),
    "UniPC: a score": (of("UniPC", 2, "score"), ValueError, ("output", "score", "denoiser")),
    "UniPC: another variant": (of("UniPC", 2, variant="bh3"), ValueError, ("variant", "bh3", "bh1")),
    "UniPC: a number for a flag": (of("UniPC", 2, corrector=1), TypeError, ("corrector", "bool", "int")),
    "SASolver: no predictor": (of("SASolver", 0), ValueError, ("predictor_order", "0")),
    "SASolver: predictor of five": (of("SASolver", 5), ValueError, ("predictor_order", "4", "5")),
    "SASolver: corrector of one": (of("SASolver", 2, 1), ValueError, ("corrector_order", "2", "1")),
    "SASolver: corrector of none": (of("SASolver", 2, False), TypeError, ("corrector_order", "bool")),
    "SASolver: negative": (of("SASolver", noise_level=-1.0), ValueError, ("noise_level", "-1.0")),
}  # fmt: skip

# Weights of a step over times on the EDM path, and how many times they take.
WEIGHTS: dict[str, tuple[int, dict[str, Any]]] = {
    "ddim_weights": (2, {}),
    "exponential_adams_weights": (3, {}),
    "midpoint_multistep_weights": (3, {}),
    "unipc_weights": (3, {}),
    "deis_weights": (3, {}),
    "pndm_weights": (3, {}),
}


def weights(k: Kit, name: str, times: Any = None, path: Any = None, **options: Any) -> object:
    given = k.a([4.0, 2.0, 1.0][-WEIGHTS[name][0] :]) if times is None else times
    return getattr(k.m.solvers, name)(k.m.EDM() if path is None else path, given, **options)


# What all weights refuse of their times.
TIMES: dict[str, tuple[Callable[[Kit, int], dict[str, Any]], type[Exception], tuple[str, ...]]] = {
    "path: text": (lambda k, n: {"path": "EDM"}, TypeError, ("path", "str")),
    "integers": (lambda k, n: {"times": k.raw([3, 2, 1][:n], "int64")}, TypeError, ("times", "int64")),
    "list": (lambda k, n: {"times": [3.0, 2.0, 1.0][:n]}, TypeError, ("times", "list")),
    "scalar": (lambda k, n: {"times": k.a(1.0)}, ValueError, ("times", "()|scalar")),
    "one": (lambda k, n: {"times": k.a([1.0])}, ValueError, ("times", "1")),
    "too many": (lambda k, n: {"times": k.a([7.0, 6.0, 5.0, 4.0, 3.0, 2.0])}, ValueError, ("times", "6")),
    "nan": (lambda k, n: {"times": k.a([NAN, 2.0, 1.0][:n])}, ValueError, ("times", "nan")),
    "below the domain": (lambda k, n: {"times": k.a([2.0, 1.0, -1.0][-n:])}, ValueError, ("times", "-1.0")),
    "upward": (lambda k, n: {"times": k.a([1.0, 2.0, 3.0][:n])}, ValueError, ("times", "decrease|below", "2.0")),
    "standing": (lambda k, n: {"times": k.a([3.0, 1.0, 1.0][-n:])}, ValueError, ("times", "decrease|below", "1.0")),
}


def deviation(k: Kit, **changes: Any) -> object:
    options = {"t_start": 2.0, "t_end": 1.0, "family": "ddim", "strength": 1.0, **changes}
    return k.m.solvers.noise_standard_deviation(options.pop("path", k.m.EDM()), **options)


def weighted(k: Kit, **changes: Any) -> object:
    drawing = k.m.solvers.ddim_weights(k.m.EDM(), k.a([2.0, 1.0]), eta=1.0)
    given = {
        "weights": drawing,
        "x": k.a([1.0, 2.0]),
        "outputs": k.a([[1.0, 1.0]]),
        "noise": k.a([0.5, 0.5]),
        **changes,
    }
    return k.m.solvers.weighted_step(**given)


def away(k: Kit) -> Any:
    """Flow matching, whose alpha is 0 at t = 1 and whose sigma is 0 at t = 0."""
    return k.m.FlowMatching()


FORMULAS: dict[str, Door] = {
    "ddim weights: negative eta": (lambda k: weights(k, "ddim_weights", eta=-1.0), ValueError, ("eta", "-1.0")),
    "ddim weights: more than all": (lambda k: weights(k, "ddim_weights", eta=3.0), ValueError, ("eta", "variance")),
    "ddim weights: eta apart": (
        lambda k: weights(k, "ddim_weights", k.a([[2.0, 1.0]] * 2), eta=k.a([0.1, 0.1, 0.1])),
        ValueError,
        ("eta", "2", "3"),
    ),
    "ddim weights: a score": (
        lambda k: weights(k, "ddim_weights", output="score"), ValueError, ("output", "score", "noise"),
    ),
    "ddim weights: no signal": (
        lambda k: weights(k, "ddim_weights", k.a([1.0, 0.5]), away(k), output="noise"), ValueError, ("times", "1.0"),
    ),
    "Adams: negative level": (
        lambda k: weights(k, "exponential_adams_weights", noise_level=-1.0), ValueError, ("noise_level", "-1.0"),
    ),
    "Adams: level apart": (
        lambda k: weights(k, "exponential_adams_weights", k.a([[2.0, 1.0]] * 2), noise_level=k.a([1.0] * 3)),
        ValueError,
        ("noise_level", "2", "3"),
    ),
    "Adams: implicit by a number": (
        lambda k: weights(k, "exponential_adams_weights", implicit=1), TypeError, ("implicit", "bool", "int"),
    ),
    "Adams: a score": (
        lambda k: weights(k, "exponential_adams_weights", output="score"), ValueError, ("output", "score", "noise"),
    ),
    "Adams: to no noise": (
        lambda k: weights(k, "exponential_adams_weights", k.a([2.0, 1.0, 0.0])), ValueError, ("times", "(0", "0.0"),
    ),
    "2M: two times": (
        lambda k: weights(k, "midpoint_multistep_weights", k.a([2.0, 1.0])), ValueError, ("times", "3", "2"),
    ),
    "2M: a velocity": (
        lambda k: weights(k, "midpoint_multistep_weights", output="velocity"), ValueError, ("output", "velocity"),
    ),
    "2M: nan level": (
        lambda k: weights(k, "midpoint_multistep_weights", noise_level=NAN), ValueError, ("noise_level", "nan"),
    ),
    "UniPC: another variant": (
        lambda k: weights(k, "unipc_weights", variant="bh3"), ValueError, ("variant", "bh3", "bh2"),
    ),
    "UniPC: corrector by a number": (
        lambda k: weights(k, "unipc_weights", corrector=1), TypeError, ("corrector", "bool", "int"),
    ),
    "UniPC: bh1 from pure noise": (
        lambda k: weights(k, "unipc_weights", k.a([1.0, 0.5]), away(k), variant="bh1", corrector=True),
        ValueError,
        ("times", "1)|1.0)", "1.0"),
    ),
    "DEIS: in lambda": (
        lambda k: weights(k, "deis_weights", variable="half_log_snr"), ValueError, ("variable", "half_log_snr", "time"),
    ),
    "DEIS: no signal": (
        lambda k: weights(k, "deis_weights", k.a([1.0, 0.5]), away(k)), ValueError, ("times", "1)|1.0)", "1.0"),
    ),
    "levels: rising": (
        lambda k: k.m.solvers.linear_multistep_weights(k.a([1.0, 2.0])), ValueError, ("sigmas", "decrease|below"),
    ),
    "levels: negative": (
        lambda k: k.m.solvers.linear_multistep_weights(k.a([1.0, -1.0])), ValueError, ("sigmas", "-1.0"),
    ),
    "levels: one": (lambda k: k.m.solvers.linear_multistep_weights(k.a([1.0])), ValueError, ("sigmas", "2", "1")),
    "levels: integers": (
        lambda k: k.m.solvers.linear_multistep_weights(k.raw([2, 1], "int64")), TypeError, ("sigmas", "int64"),
    ),
    "ancestral: negative eta": (
        lambda k: k.m.solvers.ancestral_sigmas(sigma_start=2.0, sigma_end=1.0, eta=-1.0), ValueError, ("eta", "-1.0"),
    ),
    "ancestral: upward": (
        lambda k: k.m.solvers.ancestral_sigmas(sigma_start=1.0, sigma_end=2.0),
        ValueError,
        ("sigma_end", "sigma_start"),
    ),
    "ancestral: no noise": (
        lambda k: k.m.solvers.ancestral_sigmas(sigma_start=0.0, sigma_end=0.0), ValueError, ("sigma_start", "0.0"),
    ),
    "ancestral: shapes apart": (
        lambda k: k.m.solvers.ancestral_sigmas(sigma_start=k.a([2.0] * 3), sigma_end=k.a([1.0] * 2)),
        ValueError,
        ("sigma_end", "3", "2"),
    ),
    "deviation: path": (lambda k: deviation(k, path=None), TypeError, ("path", "None")),
    "deviation: another family": (
        lambda k: deviation(k, family="frozen"), ValueError, ("family", "frozen", "frozen_denoiser"),
    ),
    "deviation: negative strength": (lambda k: deviation(k, strength=-1.0), ValueError, ("strength", "-1.0")),
    "deviation: strength apart": (
        lambda k: deviation(k, t_start=k.a([2.0, 3.0]), strength=k.a([1.0] * 3)), ValueError, ("strength", "2", "3"),
    ),
    "deviation: times apart": (
        lambda k: deviation(k, t_start=k.a([2.0, 3.0]), t_end=k.a([1.0] * 3)), ValueError, ("t_end", "2", "3"),
    ),
    "deviation: outside the domain": (lambda k: deviation(k, t_end=-1.0), ValueError, ("t_end|times", "-1.0")),
    "deviation: integers": (lambda k: deviation(k, t_start=k.raw(2, "int64")), TypeError, ("t_start", "int64")),
    "deviation: upward": (lambda k: deviation(k, t_end=3.0), ValueError, ("t_end|times", "decrease|below", "3.0")),
    "phi: negative order": (lambda k: k.m.solvers.phi(-1, 0.5), ValueError, ("order", "0", "-1")),
    "phi: half an order": (lambda k: k.m.solvers.phi(0.5, 0.5), TypeError, ("order", "int", "float")),
    "phi: nan": (lambda k: k.m.solvers.phi(1, NAN), ValueError, ("z", "nan")),
    "phi: integers": (lambda k: k.m.solvers.phi(1, k.raw([1], "int64")), TypeError, ("z", "int64")),
    "EDM's rule elsewhere": (
        lambda k: step(k, k.m.solvers.EDMStochastic(5), path=k.m.VPLinear(), t_start=0.5, t_end=0.25),
        TypeError,
        ("path", "EDM", "VPLinear"),
    ),
    "a memory of later times": (
        lambda k: step(k, rule(k, "ExponentialAdams"), memory=memory(k, 2, time=1.5)),
        ValueError,
        ("times", "decrease|below", "2.0"),
    ),
    "step: weights of another kind": (lambda k: weighted(k, weights=1.0), TypeError, ("weights", "StepWeights")),
    "step: weights of text": (
        lambda k: weighted(k, weights=k.m.solvers.StepWeights("a", "b", "c")), TypeError, ("weights.state", "str"),
    ),
    "step: x nan": (lambda k: weighted(k, x=k.a([NAN, 1.0])), ValueError, ("x:", "finite", "nan")),
    "step: too few outputs": (
        lambda k: weighted(k, outputs=k.a([[1.0, 1.0]] * 2)), ValueError, ("outputs", "1, 2", "2, 2"),
    ),
    "step: outputs of another size": (lambda k: weighted(k, outputs=k.a([[1.0]])), ValueError, ("outputs", "2", "1")),
    "step: no normal": (lambda k: weighted(k, noise=None), ValueError, ("noise", "None")),
    "step: a normal of another size": (lambda k: weighted(k, noise=k.a([1.0])), ValueError, ("noise", "2", "1")),
    "step: batches apart": (
        lambda k: weighted(k, x=k.a([[1.0, 1.0]] * 2), outputs=k.a([[[1.0, 1.0]]] * 3)),
        ValueError,
        ("outputs", "2", "3"),
    ),
}  # fmt: skip


CASES = MAKERS | FORMULAS


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    refused(CASES[what], kit())


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", STEPS)
@pytest.mark.parametrize("name", RULES)
def test_every_rule_refuses_a_bad_step(name: str, what: str, kit: Callable[[], Kit]) -> None:
    changes, error, words = STEPS[what]
    refused((lambda k: step(k, rule(k, name), **changes(k)), error, words), kit())


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", DRAWS)
@pytest.mark.parametrize("name", DRAWING)
def test_every_rule_that_draws_refuses_bad_normals(name: str, what: str, kit: Callable[[], Kit]) -> None:
    normals, error, words = DRAWS[what]

    def call(k: Kit) -> object:
        drawing = rule(k, name)
        given = normals(k, drawing.draws)
        return step(k, drawing, x=k.a([[1.0, 2.0]] * 2) if what == "a batch apart" else k.a([1.0, 2.0]), noise=given)

    refused((call, error, words), kit())


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", TIMES)
@pytest.mark.parametrize("name", WEIGHTS)
def test_all_weights_refuse_bad_times(name: str, what: str, kit: Callable[[], Kit]) -> None:
    changes, error, words = TIMES[what]
    refused((lambda k: weights(k, name, **changes(k, WEIGHTS[name][0])), error, words), kit())


@pytest.mark.parametrize("kit", KITS)
def test_the_good_versions_of_the_bad_steps_are_accepted(kit: Callable[[], Kit]) -> None:
    made = kit()
    assert {rule(made, name).draws > 0 for name in DRAWING} == {True}
    for name in RULES:
        step(made, rule(made, name))
    for name in WEIGHTS:
        weights(made, name)
    weighted(made)
    deviation(made)
