"""Whatever a sampler draws, seen and replaced: the ledger of one run, and the NumPy side of the interception.

A *draw* is one request for Gaussian numbers; a *variable* is what the draw stands for. Two draws that start from
the same state of a generator are the same variable: a Brownian tree that is asked twice, or a generator that is
seeded afresh at every step. The torch side is ``certify.interception``; nothing here imports torch.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BrownianIncrements",
    "Draw",
    "InterceptedGenerator",
    "Noise",
    "NormalSource",
    "fingerprint",
    "random_values",
]

Array = NDArray[np.float64]
Values = Callable[[int, tuple[int, ...]], Array]


@dataclass(frozen=True)
class Draw:
    """One request for Gaussian numbers: which variable it is, its shape, its dtype and the operation that made it."""

    variable: int
    shape: tuple[int, ...]
    dtype: str
    operation: str


@dataclass
class Noise:
    """The ledger of one run: it numbers variables by first appearance and says what each draw is replaced by.

    ``values(variable, shape)`` gives the numbers. ``others`` lists random operations that are not Gaussian draws:
    a probe cannot replace them, and reports them.
    """

    values: Values
    draws: list[Draw] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    _variables: dict[Hashable, int] = field(default_factory=dict)

    def take(self, key: Hashable, shape: Sequence[int], *, dtype: str, operation: str) -> Array:
        """The numbers for a draw of the variable that ``key`` identifies; standard normal in meaning."""
        size = tuple(int(length) for length in shape)
        variable = self._variables.setdefault(key, len(self._variables))
        self.draws.append(Draw(variable, size, dtype, operation))
        return self.values(variable, size)

    @property
    def variable_count(self) -> int:
        """How many different variables were drawn."""
        return len(self._variables)


def fingerprint(state: bytes) -> str:
    """A short name for the state of a generator."""
    return hashlib.blake2b(state, digest_size=16).hexdigest()


def random_values(seed: int, scale: float = 1.0) -> Values:
    """Values of a recording run: the same variable always gets the same numbers, whatever else is drawn."""

    def values(variable: int, shape: tuple[int, ...]) -> Array:
        return scale * np.random.default_rng([seed, variable]).standard_normal(shape)

    return values


class NormalSource:
    """The callable ``normal(shape)`` of the sampler contract: every call is a variable of its own."""

    def __init__(self, noise: Noise) -> None:
        self._noise = noise
        self._calls = 0

    def __call__(self, shape: int | Sequence[int]) -> Array:
        size = (shape,) if isinstance(shape, int) else tuple(shape)
        self._calls += 1
        return self._noise.take(("normal", self._calls), size, dtype="float64", operation="normal")


class InterceptedGenerator(np.random.Generator):
    """A ``numpy.random.Generator`` whose Gaussian draws are replaced after they were really made.

    Replaced: ``standard_normal`` and ``normal``. Every other drawing method works, and is recorded as another random
    operation. The state before the draw identifies the variable, so a generator that is seeded afresh shows.
    """

    _OTHERS = frozenset(
        name
        for name in dir(np.random.Generator)
        if not name.startswith("_") and name not in ("bit_generator", "spawn", "standard_normal", "normal")
    )

    def __init__(self, bit_generator: np.random.BitGenerator, noise: Noise) -> None:
        super().__init__(bit_generator)
        self._noise = noise

    def __getattribute__(self, name: str) -> Any:
        if name in InterceptedGenerator._OTHERS:
            self._noise.others.append(f"numpy.random.Generator.{name}")
        return super().__getattribute__(name)

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        key = fingerprint(repr(self.bit_generator.state).encode())
        drawn = np.asarray(super().standard_normal(size, dtype=dtype, out=out))
        replaced = self._noise.take(
            key, drawn.shape, dtype=drawn.dtype.name, operation="numpy.random.Generator.standard_normal"
        ).astype(drawn.dtype)
        if out is not None:
            out[...] = replaced
            return out
        return replaced if size is not None else replaced[()]

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        shape = np.broadcast_shapes(np.shape(loc), np.shape(scale)) if size is None else size
        return loc + scale * self.standard_normal(shape if shape != () else None)


class BrownianIncrements:
    """A stand-in for a Brownian ``noise_sampler(s0, s1)``: exact linear functions of elementary increments.

    A first pass with ``end_points=None`` records the points it is asked for; the second gets them all, so that
    overlapping intervals are correlated as those of one path: W(s1) - W(s0) = sum_j sqrt(du_j) z_j over the elementary
    intervals between. ``normalised`` divides by sqrt|s1 - s0|, the convention of samplers that scale the noise
    themselves. The sign does not depend on the direction of travel.
    """

    def __init__(
        self,
        noise: Noise,
        shape: tuple[int, ...],
        end_points: Sequence[float] | None = None,
        *,
        normalised: bool = True,
    ) -> None:
        self._noise = noise
        self._shape = shape
        self._normalised = normalised
        self._known = None if end_points is None else sorted(set(end_points))
        self.asked: list[float] = []

    def __call__(self, start: float, end: float) -> Array:
        low, high = sorted((float(start), float(end)))
        self.asked += [low, high]
        if not high > low:
            raise ValueError(f"Brownian increment: expected two different points, got {low!r} twice")
        scale = float(1.0 / np.sqrt(high - low)) if self._normalised else 1.0
        if self._known is None:
            return scale * float(np.sqrt(high - low)) * self._increment(low, high)
        inside = [point for point in self._known if low <= point <= high]
        total = np.zeros(self._shape)
        for left, right in itertools.pairwise(inside):
            total = total + float(np.sqrt(right - left)) * self._increment(left, right)
        return scale * total

    def _increment(self, left: float, right: float) -> Array:
        return self._noise.take(("brownian", left, right), self._shape, dtype="float64", operation="brownian increment")
