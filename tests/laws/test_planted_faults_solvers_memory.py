"""Faults planted in the rules with a memory: each is caught by the law it is for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planted import Plant, caught
from solver_faults import (
    Call,
    after,
    asked,
    at_the_end,
    at_the_start,
    before,
    declared,
    drawn,
    negative,
    option,
    remembered,
    reversed_memory,
)

import reference

solvers = reference.solvers
MEMORY, CORRECTED, START = "solvers.multistep_gains", "solvers.corrected_gains", "solvers.exact_start_gains"
DDIM, SECOND, SAME = "solvers.ddim_by_many_names", "solvers.second_order_identities", "solvers.multistep_identities"
ORDER, AFFINE = "solvers.attains_its_order", "solvers.sample_is_the_affine_map"


def ratio_inverted(call: Call) -> None:
    """M + (h_prev/2h)(M - M_prev) for M + (h/2 h_prev)(M - M_prev)."""
    if not call.memory:
        return
    before_, here, end = (
        float(np.max(call.path.half_log_snr(np.asarray(t)))) for t in (call.memory[-1].time, call.t_start, call.t_end)
    )
    answer = call.model(call.x, call.t_start)
    share = ((here - before_) / (end - here)) ** 2
    latest = call.memory[-1]
    call.memory = (*call.memory[:-1], latest._replace(output=answer - share * (answer - latest.output)))


def re_evaluated(call: Call, end: Any, memory: Any) -> Any:
    """The answer that is remembered is that at the corrected state."""
    latest = memory[-1]
    return end, (*memory[:-1], latest._replace(output=call.model(latest.state, latest.time)))


def uncorrected_state(call: Call, end: Any, memory: Any) -> Any:
    """The state that is remembered is the predicted one."""
    return end, (*memory[:-1], memory[-1]._replace(state=call.x))


def shifted(call: Call, memory: Any) -> Any:
    """The outputs of the nodes one place late."""
    outputs = [memory[0].output, *(node.output for node in memory[:-1])]
    return [node._replace(output=output) for node, output in zip(memory, outputs, strict=True)]


def fresh_normals(call: Call, memory: Any) -> Any:
    """Another normal for the corrector than the predictor's."""
    return [node if node.noise is None else node._replace(noise=-node.noise) for node in memory]


def fewer(count: int) -> int:
    return max(count - 1, 1)


def no_corrector_when_short(call: Call, memory: Any) -> Any:
    """A memory that is emptied while it is short."""
    return memory if len(memory) >= call.solver.history else ()


FAULTS: dict[str, dict[str, tuple[Plant, str]]] = {
    "exponential_adams": {
        "index: outputs in the order of the other end": (remembered(solvers.ExponentialAdams, reversed_memory), MEMORY),
        "index: outputs a place late": (remembered(solvers.ExponentialAdams, shifted), MEMORY),
        "sqrt: l for l^2": (option(solvers.ExponentialAdams, noise_level=np.sqrt), MEMORY),
        "weight: a node too few": (option(solvers.ExponentialAdams, nodes=fewer), SAME),
        "sign: the answer's": (asked(solvers.ExponentialAdams, negative), DDIM),
        "the model asked where the step ends": (asked(solvers.ExponentialAdams, at_the_end), MEMORY),
        "a start-up order of its nodes": (
            declared(solvers.ExponentialAdams, "startup_order", lambda rule: rule.order + 1),
            ORDER,
        ),
    },
    "multistep": {
        "2M: the ratio of the steps inverted": (before(solvers.MidpointMultistep, ratio_inverted), SECOND),
        "2M: the memory is forgotten": (remembered(solvers.MidpointMultistep, lambda *_: ()), MEMORY),
        "DEIS: sigma/alpha for time": (
            option(solvers.DEIS, variable=lambda kind: {"time": "noise_to_signal"}.get(kind, "time")),
            MEMORY,
        ),
        "LMS: outputs in the order of the other end": (remembered(solvers.LMS, reversed_memory), SAME),
        "LMS: sign of the answer": (asked(solvers.LMS, negative), DDIM),
        "PNDM: Adams where Runge-Kutta starts": (option(solvers.PNDM, start=lambda _: "adams"), MEMORY),
        "PNDM: its middle at the start": (asked(solvers.PNDM, at_the_start), MEMORY),
        "PNDM: the order of its nodes": (declared(solvers.PNDM, "order", lambda rule: rule.nodes + 1), ORDER),
        "DEIS: an evaluation too many declared": (
            declared(solvers.DEIS, "evaluations", lambda _: 2),
            "solvers.asks_for_what_it_declares",
        ),
    },
    "unipc": {
        "exchanged variable: z for e^z - 1": (
            option(solvers.UniPC, variant=lambda kind: {"bh1": "bh2"}.get(kind, "bh1")),
            CORRECTED,
        ),
        "the corrector evaluates again": (after(solvers.UniPC, re_evaluated), CORRECTED),
        "the predicted state is remembered": (after(solvers.UniPC, uncorrected_state), CORRECTED),
        "index: outputs in the order of the other end": (remembered(solvers.UniPC, reversed_memory), CORRECTED),
        "weight: a node too few": (option(solvers.UniPC, nodes=fewer), SECOND),
        "no corrector": (option(solvers.UniPC, corrector=lambda _: False), ORDER),
        "no corrector in the start-up": (remembered(solvers.UniPC, no_corrector_when_short), CORRECTED),
        "sign: the answer's": (asked(solvers.UniPC, negative), DDIM),
    },
    "sa_solver": {
        "the corrector draws its own normal": (remembered(solvers.SASolver, fresh_normals), CORRECTED),
        "sqrt: l for l^2": (option(solvers.SASolver, noise_level=np.sqrt), SAME),
        "index: a node too few": (option(solvers.SASolver, predictor_order=fewer), SAME),
        "the corrector evaluates again": (after(solvers.SASolver, re_evaluated), CORRECTED),
        "weight: a corrector of the order below": (
            option(solvers.SASolver, corrector_order=lambda order: order - 1 if order > 2 else order),
            CORRECTED,
        ),
        "the predicted state is remembered": (after(solvers.SASolver, uncorrected_state), START),
        "weight: less noise": (drawn(solvers.SASolver, lambda _, z: 0.999 * z), CORRECTED),
        "sign: the answer's": (asked(solvers.SASolver, negative), CORRECTED),
    },
}


@pytest.mark.parametrize(
    ("family", "fault"), [(family, fault) for family, faults in FAULTS.items() for fault in faults]
)
def test_a_planted_fault_is_caught(family: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, identifier = FAULTS[family][fault]
    caught(plant, identifier, monkeypatch, cases=40)
