"""Walks of one rule over several grids at once: rows of one state, each with its own times.

A step of a rule costs the same for one row as for eight: all grids together take the steps of the finest. A walk
that starts without memory joins the others once its memory is as full as theirs; each leaves at the end of its grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import reference
from certify.orders.problems import exact_states, model, nodes

__all__ = ["Ends", "walked"]

Array = NDArray[np.float64]

_STARTS = ("exact", "cold")


@dataclass(frozen=True, eq=False)
class Ends:
    """Where a rule ends, one for each step count: from the exact start and from its own; and the exact states there."""

    exact: tuple[Array, ...]
    cold: tuple[Array, ...]
    truth: Array


class _Walk(NamedTuple):
    """Where a walk begins, and its times from there."""

    key: tuple[str, int]
    times: Array


class _Rows(NamedTuple):
    """Walks with equally full memories: states (rows, points, 6), and evaluations with one more axis alike."""

    walks: tuple[_Walk, ...]
    state: Array
    memory: tuple[Any, ...]

    def stepped(self, rule: Any, field: Any, path: Any, index: int) -> _Rows:
        begin, end = (np.array([[walk.times[i]] for walk in self.walks]) for i in (index, index + 1))
        state, memory = rule.step(field, path, self.state, t_start=begin, t_end=end, memory=self.memory)
        return _Rows(self.walks, state, memory)

    def only(self, kept: Sequence[int]) -> _Rows:
        """Some of the rows."""
        memory = tuple(
            one._replace(time=one.time[kept], state=one.state[kept], output=one.output[kept]) for one in self.memory
        )
        return _Rows(tuple(self.walks[i] for i in kept), self.state[kept], memory)


def walked(rule: Any, path: Any, counts: Sequence[int]) -> Ends:
    """Walks a rule that draws nothing over the grids of ``nodes``, from exact earlier states and without any."""
    field = model(path, rule.output)
    exact = [_exact(rule, path, field, count) for count in counts]
    groups = [_joined([rows for rows, _ in exact])]
    if rule.history:
        own = tuple(_Walk(("cold", walk.key[1]), walk.times) for walk in groups[0].walks)
        groups.append(_Rows(own, groups[0].state, ()))
    found: dict[tuple[str, int], Array] = {}
    for index in range(max(counts)):
        if len(groups) == 2 and len(groups[0].memory) == len(groups[1].memory):
            groups = [_joined(groups)]
        groups = [rows.stepped(rule, field, path, index) for rows in groups]
        for place, rows in enumerate(groups):
            for walk, state in zip(rows.walks, rows.state, strict=True):
                found[walk.key] = state
            staying = [i for i, walk in enumerate(rows.walks) if index + 2 < len(walk.times)]
            if len(staying) < len(rows.walks):
                groups[place] = rows.only(staying)
        groups = [rows for rows in groups if rows.walks]
    warm, cold = (tuple(found[key] for key in ((start, n) for n in counts) if key in found) for start in _STARTS)
    return Ends(warm, cold, exact[0][1])


def _exact(rule: Any, path: Any, field: Any, count: int) -> tuple[_Rows, Array]:
    """One walk with a memory of exact states, and the exact states at its end."""
    levels = nodes(count, earlier=rule.history)
    times = path.time_at_half_log_snr(levels)
    # of the states on the way only the end is compared
    _, known = exact_states(path, levels[[*range(rule.history + 1), -1]])
    memory = tuple(
        reference.solvers.Evaluation(np.array([[time]]), state[None], field(state, time)[None])
        for time, state in zip(times, known[: rule.history], strict=False)
    )
    return _Rows((_Walk(("exact", count), times[rule.history :]),), known[-2][None], memory), known[-1]


def _joined(groups: Sequence[_Rows]) -> _Rows:
    """The rows of several groups as one."""
    memory = tuple(
        same[0]._replace(
            time=np.concatenate([one.time for one in same]),
            state=np.concatenate([one.state for one in same]),
            output=np.concatenate([one.output for one in same]),
        )
        for same in zip(*(rows.memory for rows in groups), strict=True)
    )
    walks = tuple(walk for rows in groups for walk in rows.walks)
    return _Rows(walks, np.concatenate([rows.state for rows in groups]), memory)
