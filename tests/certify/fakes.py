"""Targets that behave in every way a target can; tests put this folder on the path and name them fakes:NAME."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from certify.verdict import Cell, Profile, Verdict


def _passes(cell: Cell) -> Sequence[Verdict]:
    return [Verdict(cell.subject, cell.law, "pass", ("P69",), 1.5, 1.0 if cell.law == "sampler.order" else 2.0)]


def _fails(cell: Cell) -> Sequence[Verdict]:
    return [
        Verdict(
            cell.subject, cell.law, "fail", ("P58",), 0.3, 1e-12, {"steps": 10}, {"seen": (1, math.nan)},
            "The last step adds noise.", "import fakes\nprint('seen again')\n",
        )
    ]  # fmt: skip


def _raises(cell: Cell) -> Sequence[Verdict]:
    raise RuntimeError(f"no such option\nfor {cell.subject}")


def _exits(cell: Cell) -> Sequence[Verdict]:
    raise SystemExit(0)


def _hangs(cell: Cell) -> Sequence[Verdict]:
    time.sleep(600)
    return _passes(cell)


def _dies(cell: Cell) -> Sequence[Verdict]:
    os._exit(7)


def _gives_nan(cell: Cell) -> Sequence[Verdict]:
    return [Verdict(cell.subject, cell.law, "pass", measured=math.nan, allowed=1.0)]


def _gives_types(cell: Cell) -> Any:
    return "pass"


def _gives_nothing(cell: Cell) -> Sequence[Verdict]:
    return []


def _is_undecided(cell: Cell) -> Sequence[Verdict]:
    return [Verdict(cell.subject, cell.law, "inconclusive", evidence={"false_alarm_probability": 2e-9})]


def _shouts(cell: Cell) -> Sequence[Verdict]:
    print("THE TARGET SHOUTS")
    return _passes(cell)


def _calls_us_wrongly(cell: Cell) -> Sequence[Verdict]:
    Verdict(cell.subject, cell.law, "excellent")  # type: ignore[arg-type]
    return []


def _slowly(cell: Cell) -> Sequence[Verdict]:
    time.sleep(0.2)
    with open("judged.txt", "a", encoding="utf-8") as file:
        file.write(f"{cell.subject} {cell.law}\n")
    return _passes(cell)


@dataclass(frozen=True)
class Fake:
    """A target whose subjects behave as told."""

    name: str
    behaviours: dict[str, Callable[[Cell], Sequence[Verdict]]]
    laws: tuple[str, ...] = ("sampler.order", "sampler.conforms")
    version: str = "1.2.3"

    def cells(self, address: str, *, profile: Profile, seed: int) -> Sequence[Cell]:
        return [
            Cell(address, f"{self.name}:{subject}", law, seed, profile)
            for subject in self.behaviours
            for law in self.laws
        ]

    def judge(self, cell: Cell) -> Sequence[Verdict]:
        return self.behaviours[cell.subject.partition(":")[2]](cell)


ONE_LAW = ("sampler.order",)
good = Fake("good", {"A[steps=1]": _passes, "A[steps=2]": _passes, "B": _passes})
bad = Fake("bad", {"A": _passes, "B": _fails})
raising = Fake("raising", {"A": _raises, "B": _exits, "C": _calls_us_wrongly}, ONE_LAW)
hanging = Fake("hanging", {"A": _hangs, "B": _passes}, ONE_LAW)
dying = Fake("dying", {"A": _dies, "B": _passes, "C": _passes}, ONE_LAW)
nan = Fake("nan", {"A": _gives_nan}, ONE_LAW)
types = Fake("types", {"A": _gives_types, "B": _gives_nothing}, ONE_LAW)
undecided = Fake("undecided", {"A": _passes, "B": _is_undecided}, ONE_LAW)
shouting = Fake("shouting", {"A": _shouts}, ONE_LAW)
slow = Fake("slow", dict.fromkeys("ABCDEF", _slowly), ONE_LAW)
empty = Fake("empty", {})
not_a_target = object()


@dataclass(frozen=True)
class Library(Fake):
    """A target whose subjects can be named in its address."""

    def cells(self, address: str, *, profile: Profile, seed: int) -> Sequence[Cell]:
        wanted = address.partition(":")[2]
        return [
            c
            for c in super().cells(self.name, profile=profile, seed=seed)
            if wanted in ("", c.subject.partition(":")[2])
        ]


library = Library("library", {"DDIMScheduler": _passes, "EulerScheduler": _passes}, ONE_LAW)


class Made(Fake):
    """A class is called, not mistaken for a target."""

    def __init__(self) -> None:
        super().__init__("made", {"A": _passes})


def broken_factory() -> Fake:
    raise OSError("no weights")
