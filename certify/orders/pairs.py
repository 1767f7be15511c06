"""Rules of different names that are one rule: how far their steps differ, in units of rounding."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import reference
from certify.orders.problems import exact_states, model, nodes

__all__ = ["APART", "PAIRS", "ROUNDINGS", "Identity", "identities"]

Array = NDArray[np.float64]

# A step adds some tens of rounded terms; what differs in its formula differs by at least a thousandth at these steps.
ROUNDINGS, APART = 100.0, 1e9
_STEPS, _EARLIER = 20, 4
_UNIT = float(np.finfo(np.float64).eps) / 2.0


@dataclass(frozen=True)
class Identity:
    """Two rules, and the largest difference of their steps in units of rounding of the largest entry."""

    catalogue: str
    first: str
    second: str
    where: str
    difference: float
    equal: bool = True

    @property
    def passed(self) -> bool:
        """Equal to rounding; or, where the two are known to differ, far apart."""
        return self.difference <= ROUNDINGS if self.equal else self.difference >= APART


# Catalogue id, two rules of ``_rules`` and the path; "is not" marks the pairs that are often taken for one rule.
PAIRS: tuple[tuple[str, str, str, str, str], ...] = (
    ("P65", "DDIM", "=", "DDIM on the noise", "VP"),
    ("P65", "DDIM", "=", "DPM-Solver-1", "VP"),
    ("P65", "DDIM", "=", "DPM-Solver++ 1", "VP"),
    ("P65", "DDIM", "=", "exponential Adams 1", "VP"),
    ("P65", "DDIM", "=", "tAB-DEIS 1", "VP"),
    ("P65", "DDIM", "=", "Euler in sigma/alpha", "VP"),
    ("P65", "DDIM", "=", "Euler in alpha/sigma", "VP"),
    ("P65", "DDIM", "=", "Euler in t", "FM"),
    ("P65", "DDIM", "is not", "Euler in t", "VP"),
    ("P65", "DDIM eta 1", "=", "ancestral", "VP"),
    ("P65", "DDIM eta 1", "=", "SDE-DPM-Solver++ 1 eta 1", "VP"),
    ("P66", "DDIM eta 1/2", "=", "ancestral Euler eta 1/2", "VP"),
    ("P66", "DDIM eta 1/2", "is not", "SDE-DPM-Solver++ 1 eta 1/2", "VP"),
    ("P71", "DPM-Solver-2 r1 1", "=", "Heun in sigma/alpha", "VP"),
    ("P71", "DPM-Solver++ 2S r1 1", "=", "Heun in alpha/sigma", "VP"),
    ("P72", "DPM-Solver++ 2M", "=", "UniP-2 bh2", "VP"),
    ("P73", "DPM-Solver++ 3M", "=", "UniP-3 bh2", "VP"),
    ("P73", "DPM-Solver++ 3M", "=", "UniP-3 bh1", "VP"),
    ("P77", "LMS 2", "=", "rhoAB-DEIS 2", "VP"),
    ("P77", "LMS 3", "=", "rhoAB-DEIS 3", "VP"),
    ("P77", "LMS 4", "=", "rhoAB-DEIS 4", "VP"),
    ("P67", "SA-Solver 3, predictor", "=", "SDE-DPM-Solver++ 3M", "VP"),
    ("P81", "EDM without churn", "=", "Heun in sigma/alpha", "EDM"),
)


def identities() -> tuple[Identity, ...]:
    """Every identity between public rules, and two pairs that are often taken for one rule."""
    rules = _rules()
    paths = {"VP": reference.VPLinear(), "FM": reference.FlowMatching(), "EDM": reference.EDM()}
    rows = [
        Identity(catalogue, first, second, where, _steps_apart(rules[first], rules[second], paths[where]), sign == "=")
        for catalogue, first, sign, second, where in PAIRS
    ]
    return (*rows, Identity("P80", "Picard, as many sweeps as steps", "Euler in t", "VP", _picard_apart()))


# ---------------------------------------------------------------------------------------------- private


def _rules() -> dict[str, Any]:
    """The rules of the pairs by the names that people know."""
    of = reference.solvers
    level = 0.7
    return {
        "DDIM": of.DDIM(),
        "DDIM on the noise": of.DDIM(output="noise"),
        "DDIM eta 1/2": of.DDIM(eta=0.5),
        "DDIM eta 1": of.DDIM(eta=1.0),
        "ancestral": of.Ancestral(),
        "ancestral Euler eta 1/2": of.AncestralEuler(eta=0.5),
        "Euler in t": of.Euler("time"),
        "Euler in sigma/alpha": of.Euler("noise_to_signal"),
        "Euler in alpha/sigma": of.Euler("signal_to_noise"),
        "Heun in sigma/alpha": of.Heun("noise_to_signal"),
        "Heun in alpha/sigma": of.Heun("signal_to_noise"),
        "EDM without churn": of.EDMStochastic(_STEPS),
        "DPM-Solver-1": of.DPMSolver(1),
        "DPM-Solver-2 r1 1": of.DPMSolver(2, r1=1.0),
        "DPM-Solver++ 1": of.DPMSolver(1, "denoiser"),
        "DPM-Solver++ 2S r1 1": of.DPMSolver(2, "denoiser", r1=1.0),
        "DPM-Solver++ 2M": of.MidpointMultistep(),
        "DPM-Solver++ 3M": of.ExponentialAdams(3),
        "SDE-DPM-Solver++ 1 eta 1/2": of.ExponentialAdams(1, noise_level=0.5**0.5),
        "SDE-DPM-Solver++ 1 eta 1": of.ExponentialAdams(1, noise_level=1.0),
        "SDE-DPM-Solver++ 3M": of.ExponentialAdams(3, noise_level=level),
        "SA-Solver 3, predictor": of.SASolver(3, 0, level),
        "exponential Adams 1": of.ExponentialAdams(1),
        "UniP-2 bh2": of.UniPC(2, corrector=False),
        "UniP-3 bh1": of.UniPC(3, variant="bh1", corrector=False),
        "UniP-3 bh2": of.UniPC(3, corrector=False),
        "tAB-DEIS 1": of.DEIS(1),
        **{f"rhoAB-DEIS {order}": of.DEIS(order, "noise_to_signal") for order in (2, 3, 4)},
        **{f"LMS {order}": of.LMS(order) for order in (2, 3, 4)},
    }


def _steps_apart(first: Any, second: Any, path: Any) -> float:
    """The largest difference over the steps of a grid, each from exact states."""
    levels = nodes(_STEPS, earlier=_EARLIER)
    times, states = exact_states(path, levels)
    worst = 0.0
    for begin, (t_start, t_end) in enumerate(pairwise(times[_EARLIER:]), start=_EARLIER):
        one, other = (
            _step(rule, path, times[: begin + 1], states[: begin + 1], t_start, t_end) for rule in (first, second)
        )
        worst = max(worst, _apart(one, other))
    return worst


def _step(rule: Any, path: Any, times: Array, states: Array, t_start: float, t_end: float) -> Array:
    """One step from the last of the states, with the exact ones before it as memory; every rule draws the same."""
    field = model(path, rule.output)
    first = len(times) - 1 - rule.history
    memory = tuple(
        reference.solvers.Evaluation(time, state, field(state, time))
        for time, state in zip(times[first:-1], states[first:-1], strict=True)
    )
    drawn = np.random.default_rng(0).standard_normal((rule.draws, *states[-1].shape)) if rule.draws else None
    end, _ = rule.step(field, path, states[-1], t_start=t_start, t_end=t_end, memory=memory, noise=drawn)
    return np.asarray(end)


def _picard_apart() -> float:
    path = reference.VPLinear()
    times, states = exact_states(path, nodes(_STEPS))
    field = model(path, "velocity")
    rules = reference.solvers
    swept = rules.picard_sample(field, path, states[0], times, sweeps=_STEPS)[-1]
    return _apart(swept, rules.sample(rules.Euler("time"), field, path, states[0], times))


def _apart(one: Array, other: Array) -> float:
    return float(np.abs(one - other).max() / (_UNIT * np.abs(other).max()))
