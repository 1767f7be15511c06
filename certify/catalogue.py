"""The project's own catalogue, id by id: which function holds it, by which evidence, or why none does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from certify.explain import wrapped
from certify.records import dump
from properties.registry import ABSENT, IDS, Record, records

__all__ = ["Entry", "entries", "text", "to_json"]

_SCHEMA = 1


@dataclass(frozen=True)
class Entry:
    """One catalogue id: the records of the functions that hold it, or the reason why there is none."""

    id: str
    records: tuple[Record, ...]
    absent: str

    def data(self) -> dict[str, Any]:
        functions = [
            {
                "function": record.name,
                "twin": record.twin,
                "twin_reason": record.twin_reason,
                "laws": list(record.laws),
                "tolerance": record.tolerance,
                "torch": not record.torch,
                "torch_reason": record.torch,
                "benchmark": record.benchmark or None,
            }
            for record in self.records
        ]
        return {"id": self.id, "functions": functions, "absent": self.absent or None}


def entries() -> tuple[Entry, ...]:
    """Every id of the catalogue, in its order."""
    every = records()
    return tuple(
        Entry(identifier, tuple(record for record in every if identifier in record.ids), ABSENT.get(identifier, ""))
        for identifier in IDS
    )


def to_json() -> str:
    """The catalogue as JSON, keys sorted."""
    return dump({"schema": _SCHEMA, "catalogue": [entry.data() for entry in entries()]}, indent=2) + "\n"


def _lines(record: Record) -> Iterator[str]:
    twin = f"{record.twin} ({record.twin_reason})" if record.twin_reason else record.twin
    torch = f"none ({record.torch})" if record.torch else "yes"
    yield record.name
    yield f"  twin {twin}; {record.tolerance}; torch twin {torch}; benchmark {record.benchmark or 'none'}"
    yield f"  laws {', '.join(record.laws) or 'none'}"


def text() -> str:
    """The catalogue as text, one block a function: an absent id has its reason where its functions would be.

    The last line counts the ids, and those without a function.
    """
    lines, every = [], entries()
    for entry in every:
        told = [line for record in entry.records for line in _lines(record)] or [f"none: {entry.absent}"]
        lines += [f"{entry.id if n == 0 else '':6}{line}" for n, line in enumerate(told)]
    missing = sum(not entry.records for entry in every)
    functions = len({record.name for entry in every for record in entry.records})
    lines += ["", f"{len(every)} ids, {missing} missing; {functions} functions hold them"]
    return "\n".join(wrapped(line, indent=10) for line in lines)
