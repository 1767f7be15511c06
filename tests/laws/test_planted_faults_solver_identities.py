"""Faults that only a comparison sees: of two solvers that are one, of two paths, of two step counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed
from solver_faults import Call, after, declared, drawn, remembered

from reference import solvers
from reference.solvers import unipc

POLYNOMIAL, PATHS, WEAK = (
    "solvers.three_nodes_are_one_polynomial",
    "solvers.half_log_snr_is_all_they_know",
    "solvers.attains_its_weak_order",
)


def half_of_the_difference(original: Any, path: Any, times: Any, **options: Any) -> Any:
    """rho_p = 1/2 at order 3 too: of UniP-2 on the latest two nodes."""
    if times.shape[-1] < 4:
        return original(path, times, **options)
    found = original(path, times[..., 1:], **options)
    return replace(found, outputs=np.concatenate([0.0 * found.outputs[..., :1], found.outputs], axis=-1))


def oldest_last(original: Any, path: Any, times: Any, **options: Any) -> Any:
    """The weights in the other order of the nodes."""
    found = original(path, times, **options)
    return replace(found, outputs=found.outputs[..., ::-1])


def in_time(call: Call, end: Any, memory: Any) -> Any:
    """A polynomial in t where sigma/alpha is the variable."""
    solver = solvers.DEIS(call.solver.order, "time")
    return solver.step(call.model, call.path, call.x, t_start=call.t_start, t_end=call.t_end, memory=call.memory)


def by_the_clock(call: Call, end: Any, memory: Any) -> Any:
    """A millionth of the time that passes."""
    return end * (1.0 + 1e-6 * np.asarray(call.t_start - call.t_end)[..., None]), memory


FAULTS: dict[str, tuple[Plant, str]] = {
    "UniP-3 with the half of UniP-2": (changed(unipc, "unipc_weights", half_of_the_difference), POLYNOMIAL),
    "UniP-3 with its nodes reversed": (changed(unipc, "unipc_weights", oldest_last), POLYNOMIAL),
    "exponential Adams without its oldest node": (
        remembered(solvers.ExponentialAdams, lambda call, memory: memory[1:]),
        POLYNOMIAL,
    ),
    "LMS in time": (after(solvers.LMS, in_time), PATHS),
    "DDIM by the clock": (after(solvers.DDIM, by_the_clock), PATHS),
    "2M by the clock": (after(solvers.MidpointMultistep, by_the_clock), PATHS),
    "ancestral noise a tenth too strong": (drawn(solvers.Ancestral, lambda call, noise: 1.1 * noise), WEAK),
    "2M SDE without a memory": (remembered(solvers.MidpointMultistep, lambda call, memory: ()), WEAK),
    "ancestral sampling that claims order 2": (declared(solvers.Ancestral, "order", lambda solver: 2), WEAK),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(*FAULTS[fault], monkeypatch)
