"""What a solver is: a rule that takes one step, with the evaluations that it remembers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.paths._base import checked_path
from gpu.solvers.weights import StepWeights

__all__ = [
    "Evaluation",
    "Memory",
    "Model",
    "Solver",
    "Step",
    "answering",
    "combined",
    "grid",
    "latest",
    "refuse_misremembered",
    "refuse_unlike",
    "surely",
    "up_to",
    "vector",
]

Model = Callable[[Tensor, Tensor], Tensor]
"""model(x, t): the field that a solver asks for, at x (..., d) and t of the batch shape."""


class Evaluation(NamedTuple):
    """An evaluation of the model at the start of a step: its time, the state (..., d) and the output (..., d).

    noise: the normals (draws, ..., d) of the step that starts here, or None.
    """

    time: Tensor
    state: Tensor
    output: Tensor
    noise: Tensor | None = None


Memory = tuple[Evaluation, ...]

_ANSWER = "model(x, t)"


class Step(NamedTuple):
    """A checked step: what it starts from, the memory, and its normals (draws, ..., d)."""

    model: Model
    path: Path
    x: Tensor
    start: Tensor
    end: Tensor
    memory: Memory
    noise: Tensor


class Solver(ABC):
    """A sampler's rule for one step, from the noisier t_start to the cleaner t_end.

    family: its name; order: the global order that it attains from an exact start (of the mean and covariance, where
    it draws noise); output: the field that the model must answer.
    """

    if TYPE_CHECKING:

        @property
        def family(self) -> str: ...
        @property
        def order(self) -> int: ...
        @property
        def output(self) -> str: ...

    @property
    def startup_order(self) -> int:
        """The order that the rule's own start leaves."""
        return self.order

    @property
    def history(self) -> int:
        """The earlier evaluations that a step uses."""
        return 0

    @property
    def draws(self) -> int:
        """Standard normals a step."""
        return 0

    @property
    def evaluations(self) -> int:
        """Calls of the model a step."""
        return 1

    def step(
        self,
        model: Model,
        path: Path,
        x: Tensor,
        *,
        t_start: Tensor | float,
        t_end: Tensor | float,
        memory: Sequence[Evaluation] = (),
        noise: Tensor | None = None,
    ) -> tuple[Tensor, Memory]:
        """The state at t_end (..., d), and the memory with the evaluation at t_start.

        model(x, t) answers the field `output`. memory: earlier evaluations, oldest first; with fewer than `history`
        the rule falls to a lower order. noise: (draws, *x.shape) standard normals, or None where draws is 0.

        Raises ValueError unless t_end < t_start inside the domain, for shapes that do not fit, values that are not
        finite (the model's answers among them) and missing noise; TypeError for mixed dtypes.

        Catalogue: P58 (Lai et al., arXiv 2510.21890).
        """
        checked_path(path)
        asked = answering(model)
        state, start, end = _checks.tensors(x=x, t_start=t_start, t_end=t_end)
        size = _checks.event("x", state)
        _checks.broadcast(x=state.shape[:-1], t_start=start.shape, t_end=end.shape)
        _checks.time_in_domain(path, t_start=start, t_end=end)
        _checks.smaller(t_end=end, t_start=start)
        _checks.finite(x=state)
        refuse_misremembered(memory, state, size)
        normals = self._normals(state, noise)
        ended, evaluation = self._advance(Step(asked, path, state, start, end, tuple(memory), normals))
        return ended, (*memory, evaluation)[-max(self.history, 1) :]

    def _normals(self, x: Tensor, noise: Tensor | None) -> Tensor:
        """The normals of a step, (draws, *x.shape)."""
        if self.draws == 0:
            return x.new_empty((0, *x.shape))
        if noise is None:
            raise ValueError(f"noise: expected {self.draws} standard normals of the shape of x, got None")
        _, normals = _checks.tensors(x=x, noise=noise)
        if normals.shape != (self.draws, *x.shape):
            wanted = (self.draws, *x.shape)
            raise ValueError(f"noise: expected shape {tuple(wanted)}, got {tuple(normals.shape)}")
        _checks.finite(noise=normals)
        return normals

    @abstractmethod
    def _advance(self, at: Step) -> tuple[Tensor, Evaluation]:
        """The state at the end of a checked step, and the evaluation at its start."""


def answering(model: Model) -> Model:
    """The model, its answers checked: of the dtype, device and event size of x, finite, batch axes broadcast."""
    if not callable(model):
        raise TypeError(f"model: expected a callable, got {type(model).__name__}")

    def asked(x: Tensor, t: Tensor) -> Tensor:
        _, output = _checks.tensors(x=x, **{_ANSWER: model(x, t)})
        _checks.event(_ANSWER, output, x.shape[-1])
        _checks.broadcast(x=x.shape[:-1], t=t.shape, **{_ANSWER: output.shape[:-1]})
        _checks.finite(constructor=False, **{_ANSWER: output})
        return output

    return asked


def refuse_misremembered(memory: object, x: Tensor, size: int) -> None:
    """Evaluations at states of the dtype and event size of x; TypeError, ValueError."""
    if not isinstance(memory, tuple | list):
        raise TypeError(f"memory: expected a tuple of Evaluation, got {type(memory).__name__}")
    for index, evaluation in enumerate(memory):
        name = f"memory[{index}]"
        if not isinstance(evaluation, Evaluation):
            raise TypeError(f"{name}: expected an Evaluation, got {type(evaluation).__name__}")
        parts = {f"{name}.state": evaluation.state, f"{name}.output": evaluation.output}
        for part, value in zip(parts, _checks.tensors(x=x, **parts)[1:], strict=True):
            _checks.event(part, value, size)
            _checks.finite(constructor=False, **{part: value})


def refuse_unlike(solver: Solver, **others: Solver | None) -> None:
    """Solvers, all of which ask for the same field; TypeError, ValueError."""
    for name, other in {"solver": solver, **others}.items():
        if other is None and name != "solver":
            continue
        if not isinstance(other, Solver):
            raise TypeError(f"{name}: expected a Solver, got {type(other).__name__}")
        if other.output != solver.output:
            raise ValueError(f"{name}: expected a solver of the {solver.output}, got one of the {other.output}")


def vector(scalar: Tensor, x: Tensor) -> Tensor:
    """A float64 scalar of a step (...) in the dtype of the state, with an axis for d."""
    return scalar.to(x.dtype)[..., None]


def grid(memory: Sequence[Evaluation], start: Tensor, end: Tensor) -> Tensor:
    """The times of the memory, of the start and of the end, (..., m + 1)."""
    times = torch.broadcast_tensors(*(evaluation.time for evaluation in memory), start, end)  # type: ignore[no-untyped-call]
    return torch.stack(times, -1)


def combined(weights: StepWeights, x: Tensor, outputs: Sequence[Tensor], noise: Tensor | None = None) -> Tensor:
    """The step of the weights, without checks; noise (..., d) or None."""
    moved = weights.state[..., None] * x
    for index, output in enumerate(outputs):
        moved = moved + weights.outputs[..., index, None] * output
    return moved if noise is None else moved + weights.noise[..., None] * noise


def latest(memory: Memory, most: int) -> Memory:
    """The latest evaluations, at most so many."""
    return memory[max(len(memory) - most, 0) :]


def up_to(name: str, value: int, largest: int, *, least: int = 1) -> None:
    """A Python int from `least` to the largest."""
    _checks.count(name, value, minimum=least)
    _checks.index(name, value, largest + 1)


def surely(condition: Tensor) -> bool:
    """Whether a condition holds everywhere and the host knows it without waiting for a device."""
    return not condition.is_cuda and _checks.values_are_readable(condition) and bool(condition.all())
