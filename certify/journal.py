"""The journal of a run: one JSON line for each judged cell, from which a killed run goes on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from certify.records import dump, verdict_from_record, verdict_record
from certify.verdict import Cell
from certify.worker import Outcome

__all__ = ["Journal", "journal_key", "journal_path", "outcome_from_record", "outcome_record"]

_FORMAT = 1


def journal_key(parts: Mapping[str, Any]) -> str:
    """A digest of everything that decides the outcome of a cell: versions, sources, seed, profile."""
    return hashlib.sha256(dump(parts).encode()).hexdigest()


def journal_path(key: str, beside: Path | None) -> Path:
    """Where the journal of a run lives: beside the JSON certificate it will write, or in the user's cache folder."""
    if beside is not None:
        return beside.with_name(beside.name + ".journal")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "diffassay" / f"{key[:32]}.journal"


class Journal:
    """Outcomes kept as they come; opened again under the same key it gives back those it holds.

    A journal of another key (another version, seed or profile) is overwritten. A last line cut short by a kill is
    dropped. `remove` ends it when the run is complete.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self.outcomes: dict[Cell, Outcome] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        head = {"journal": _FORMAT, "key": key}
        kept = self._read(head)
        # Written afresh, and moved into place: it mends a line cut short, and drops the outcomes of another key.
        fresh = path.with_name(path.name + ".new")
        self._file: TextIO = fresh.open("w", encoding="utf-8")
        self._write(head)
        for outcome in kept:
            self.add(outcome)
        fresh.replace(path)

    def _read(self, head: Mapping[str, Any]) -> list[Outcome]:
        kept: list[Outcome] = []
        if not self.path.exists():
            return kept
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        try:
            if lines and json.loads(lines[0]) == head:
                kept.extend(outcome_from_record(json.loads(line)) for line in lines[1:])
        except (ValueError, TypeError, KeyError):
            pass  # a line cut short: what stands before it is whole
        return kept

    def _write(self, record: Mapping[str, Any]) -> None:
        self._file.write(dump(record) + "\n")
        self._file.flush()

    def add(self, outcome: Outcome) -> None:
        """Keeps an outcome, at once on disk."""
        self._write(outcome_record(outcome))
        self.outcomes[outcome.cell] = outcome

    def known(self, cells: Sequence[Cell]) -> dict[Cell, Outcome]:
        """The outcomes kept of these cells."""
        return {cell: self.outcomes[cell] for cell in cells if cell in self.outcomes}

    def close(self) -> None:
        self._file.close()

    def remove(self) -> None:
        """Ends the journal of a run that is complete."""
        self.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def outcome_record(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON data."""
    verdicts = [verdict_record(verdict) for verdict in outcome.verdicts]
    return {"cell": asdict(outcome.cell), "verdicts": verdicts, "seconds": outcome.seconds}


def outcome_from_record(record: Mapping[str, Any]) -> Outcome:
    """The outcome behind a record."""
    verdicts = tuple(verdict_from_record(entry) for entry in record["verdicts"])
    return Outcome(Cell(**record["cell"]), verdicts, float(record["seconds"]))
