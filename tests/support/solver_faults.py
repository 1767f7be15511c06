"""Ways to plant a fault in a solver: in what it asks, in what it remembers, in what it draws, in what it returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from planted import Plant, changed

Wrap = Callable[..., Any]


@dataclasses.dataclass
class Call:
    """One call of `step`, as a fault may see and change it."""

    solver: Any
    model: Any
    path: Any
    x: Any
    t_start: Any
    t_end: Any
    memory: Any
    noise: Any

    def level(self, name: str, end: bool = False) -> Any:
        """Alpha or sigma at the start or the end, beside an event axis."""
        return np.asarray(getattr(self.path, name)(np.asarray(self.t_end if end else self.t_start)))[..., None]

    def run(self, original: Wrap) -> Any:
        return original(
            self.solver,
            self.model,
            self.path,
            self.x,
            t_start=self.t_start,
            t_end=self.t_end,
            memory=self.memory,
            noise=self.noise,
        )


def around(owner: Any, change: Callable[[Wrap, Call], Any]) -> Plant:
    """The step replaced by ``change(original, call)``."""

    def instead(
        original: Wrap,
        solver: Any,
        model: Any,
        path: Any,
        x: Any,
        *,
        t_start: Any,
        t_end: Any,
        memory: Any = (),
        noise: Any = None,
    ) -> Any:
        return change(original, Call(solver, model, path, x, t_start, t_end, memory, noise))

    return changed(owner, "step", instead)


def before(owner: Any, change: Callable[[Call], None]) -> Plant:
    """The step with its call changed."""

    def instead(original: Wrap, call: Call) -> Any:
        change(call)
        return call.run(original)

    return around(owner, instead)


def after(owner: Any, change: Callable[[Call, Any, Any], Any]) -> Plant:
    """The step with what it returns replaced by ``change(call, end, memory)``."""
    return around(owner, lambda original, call: change(call, *call.run(original)))


def option(owner: Any, **changes: Callable[[Any], Any]) -> Plant:
    """A rule that reads its options otherwise."""

    def change(call: Call) -> None:
        values = {name: each(getattr(call.solver, name)) for name, each in changes.items()}
        call.solver = dataclasses.replace(call.solver, **values)

    return before(owner, change)


def asked(owner: Any, answer: Callable[[Call, Any, Any, Any], Any]) -> Plant:
    """The model's answer replaced by ``answer(call, model, x, t)``."""

    def change(call: Call) -> None:
        model = call.model
        call.model = lambda x, t: answer(call, model, x, t)

    return before(owner, change)


def drawn(owner: Any, change: Callable[[Call, Any], Any]) -> Plant:
    """The normals replaced, where there are any."""

    def instead(call: Call) -> None:
        if call.noise is not None:
            call.noise = change(call, call.noise)

    return before(owner, instead)


def remembered(owner: Any, change: Callable[[Call, Any], Any]) -> Plant:
    """The memory replaced, where there is any."""

    def instead(call: Call) -> None:
        if call.memory:
            call.memory = tuple(change(call, call.memory))

    return before(owner, instead)


def declared(owner: Any, name: str, value: Callable[[Any], Any]) -> Plant:
    """A rule that declares otherwise."""

    def plant(patch: Any) -> None:
        patch.setattr(owner, name, property(value))

    return plant


def at_the_end(call: Call, model: Any, x: Any, t: Any) -> Any:
    """Asked at the time where the step ends, whatever the stage."""
    return model(x, call.t_end)


def at_the_start(call: Call, model: Any, x: Any, t: Any) -> Any:
    """Asked at the time where the step starts, whatever the stage."""
    return model(x, call.t_start)


def negative(call: Call, model: Any, x: Any, t: Any) -> Any:
    """With the other sign."""
    return -model(x, t)


def unscaled(call: Call, model: Any, x: Any, t: Any) -> Any:
    """Asked at x/alpha where x is wanted."""
    return model(x / np.maximum(np.asarray(call.path.alpha(np.asarray(t)))[..., None], 1e-3), t)


def reversed_memory(call: Call, memory: Any) -> Any:
    """The outputs in the opposite order of the times."""
    outputs = [node.output for node in memory][::-1]
    return [node._replace(output=output) for node, output in zip(memory, outputs, strict=True)]
