"""How far a run has come, told on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from certify.verdict import Verdict
from certify.worker import Outcome

__all__ = ["reporting", "telling"]

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def reporting(
    console: Console, total: int, *, known: Callable[[Verdict], Verdict] = lambda verdict: verdict
) -> Iterator[Callable[[Outcome], None]]:
    """A function that hears of each outcome and shows how far the run has come.

    ``known`` is the verdict with the waivers applied: a defect that is written down does not look like news.
    """
    failing = 0
    if not console.is_terminal:
        yield _lines(console, total, known)
        return
    columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task("", total=total, told="")

        def advance(outcome: Outcome) -> None:
            nonlocal failing
            failing += any(known(verdict).verdict == "fail" for verdict in outcome.verdicts)
            progress.update(task, advance=1, told=f"{failing} not passing" if failing else "")

        yield advance


def _lines(console: Console, total: int, known: Callable[[Verdict], Verdict]) -> Callable[[Outcome], None]:
    start = last = time.monotonic()
    words: Counter[str] = Counter()
    judged = 0

    def advance(outcome: Outcome) -> None:
        nonlocal last, judged
        judged += 1
        words.update(known(verdict).verdict for verdict in outcome.verdicts)
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES:
            last = now
            told = ", ".join(f"{count} {word}" for word, count in sorted(words.items()))
            console.print(f"{judged} of {total} cells in {now - start:.0f} s: {told}", highlight=False)

    return advance


@contextmanager
def telling(console: Console, total: int, doing: str) -> Iterator[Callable[[str], None]]:
    """A function that hears the name of each of ``total`` things before it is done, and shows how far it has come."""
    if not console.is_terminal:
        yield _named_lines(console, total, doing)
        return
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        begun = count()
        yield lambda name: progress.update(task, completed=next(begun), description=name)


def _named_lines(console: Console, total: int, doing: str) -> Callable[[str], None]:
    start = last = time.monotonic()
    begun = count(1)

    def advance(name: str) -> None:
        nonlocal last
        number, now = next(begun), time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES:
            last = now
            console.print(f"{doing} {number} of {total} after {now - start:.0f} s: {name}", highlight=False)

    return advance
