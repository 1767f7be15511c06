"""Faults of rules that remember the output at alpha = 0, and of batches of steps: a law sees each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from planted import CASES, caught, changed, sees

from reference import solvers
from reference.solvers import multistep

REMEMBERED, FORGOTTEN = "solvers.the_history_may_start_from_noise", "solvers.a_run_forgets_the_output_at_pure_noise"
NAMES = ("exponential_adams_weights", "midpoint_multistep_weights", "unipc_weights")

Fault = Callable[..., Any]


def remembers_noise(path: Any, times: Any) -> Any:
    """Whether alpha is 0 at a node before the start."""
    return times.shape[-1] > 2 and np.any(path.alpha(times[..., 0]) == 0.0)


def at_a_finite_place(original: Fault, path: Any, times: Any, **options: Any) -> Any:
    """The half log-SNR of a time beside that of alpha = 0."""
    moved = np.minimum(times, 1.0 - 1e-12) if remembers_noise(path, times) else times
    return original(path, moved, **options)


def without_a_number(original: Fault, path: Any, times: Any, **options: Any) -> Any:
    """An infinity over an infinity."""
    found = original(path, times, **options)
    return replace(found, outputs=found.outputs * (np.nan if remembers_noise(path, times) else 1.0))


def refused(original: Fault, path: Any, times: Any, **options: Any) -> Any:
    """The node at infinity turned away."""
    if remembers_noise(path, times):
        raise ValueError("times: expected alpha above 0")
    return original(path, times, **options)


def allowed(original: Fault, path: Any, times: Any, **options: Any) -> Any:
    """The noise's node at infinity, whose first step would divide by alpha = 0, let in."""
    return original(path, np.minimum(times, 1.0 - 1e-12), **options)


@pytest.mark.parametrize("fault", [at_a_finite_place, without_a_number, allowed])
@pytest.mark.parametrize("name", NAMES)
def test_a_fault_of_a_history_from_noise_is_seen(name: str, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(changed(solvers, name, fault), REMEMBERED, monkeypatch)


@pytest.mark.parametrize("name", NAMES)
def test_a_refusal_of_a_history_from_noise_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(solvers, name, refused)(monkeypatch)

    with pytest.raises(ValueError, match="alpha above 0"):
        any(sees(REMEMBERED, index) for index in range(CASES))


def remembered_whole(original: Fault, path: Any, times: Any, **options: Any) -> Any:
    """All of the latest output's weight on the one at infinity."""
    found = original(path, times, **options)
    return replace(found, outputs=np.roll(found.outputs, 1, axis=-1)) if remembers_noise(path, times) else found


@pytest.mark.parametrize("fault", [at_a_finite_place, remembered_whole])
@pytest.mark.parametrize("name", NAMES[:2])
def test_a_fault_of_a_run_from_noise_is_seen(name: str, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(changed(multistep, name, fault), FORGOTTEN, monkeypatch)


def first_state(original: Fault, weights: Any, x: Any, *rest: Any) -> Any:
    return original(weights, np.broadcast_to(x[:1], x.shape) if x.ndim == 2 else x, *rest)


def first_outputs(original: Fault, weights: Any, x: Any, outputs: Any, *rest: Any) -> Any:
    return original(weights, x, np.broadcast_to(outputs[:1], outputs.shape) if outputs.ndim == 3 else outputs, *rest)


def first_weights(original: Fault, weights: Any, *rest: Any) -> Any:
    if weights.outputs.ndim == 2:
        weights = replace(weights, outputs=np.broadcast_to(weights.outputs[:1], weights.outputs.shape))
    return original(weights, *rest)


def first_draw(original: Fault, weights: Any, x: Any, outputs: Any, noise: Any = None) -> Any:
    batched = noise is not None and noise.ndim == 2
    return original(weights, x, outputs, np.broadcast_to(noise[:1], noise.shape) if batched else noise)


@pytest.mark.parametrize("fault", [first_state, first_outputs, first_weights, first_draw])
def test_a_batch_of_steps_that_is_its_first_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(changed(solvers, "weighted_step", fault), "solvers.batches_of_weights", monkeypatch, cases=6)
