"""A campaign: independent cells judged by any executor, in any order, told in the order of the cells.

By default each cell runs in a process that can be killed. With any other ``concurrent.futures.Executor`` (that of
``dask.distributed`` among them) a lost worker is that executor's to replace, and nothing can be killed: once it has
given no answer at all for as long as two cells may take, what is still open is told to be `unavailable`.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Any

from certify.journal import Journal
from certify.verdict import Cell, Profile, Verdict
from certify.worker import Outcome, failed, judge_cell, one_thread

__all__ = ["TIME_LIMITS", "run"]

# Seconds one cell may take. A worker's first cell also pays for its imports, which is why no limit is small.
TIME_LIMITS: dict[Profile, float] = {"quick": 120.0, "default": 600.0, "thorough": 3600.0}
# A pool that breaks as a whole takes innocent cells with it: they are tried again this often.
_ATTEMPTS = 3

Report = Callable[[Outcome], None]


def _ignore(outcome: Outcome) -> None:
    del outcome


def run(
    cells: Iterable[Cell],
    *,
    jobs: int = 1,
    time_limit: float | None = None,
    executor: Executor | None = None,
    journal: Journal | None = None,
    first: Collection[Cell] = (),
    report: Report = _ignore,
) -> list[Outcome]:
    """The outcomes of the cells, in the order of the cells, whatever the order they came in.

    ``jobs`` processes share the work; one job without a time limit runs in this process. ``first`` are begun before
    the others. Outcomes that ``journal`` holds are not judged again, and each new one is kept there. ``report`` hears
    of every outcome as it comes, those of the journal first.

    Raises:
        ValueError: jobs < 1, or a time limit that is not positive.
    """
    if jobs < 1:
        raise ValueError(f"jobs: expected at least 1, got {jobs}")
    if time_limit is not None and not time_limit > 0:
        raise ValueError(f"time_limit: expected a positive number of seconds, got {time_limit}")
    ordered = sorted(set(cells))
    outcomes = journal.known(ordered) if journal is not None else {}
    for outcome in outcomes.values():
        report(outcome)
    open_cells = sorted((cell for cell in ordered if cell not in outcomes), key=lambda cell: cell not in first)
    with closing(_judged(open_cells, jobs, time_limit, executor)) as answers:
        for outcome, is_final in answers:
            outcomes[outcome.cell] = outcome
            if journal is not None and is_final:
                journal.add(outcome)
            report(outcome)
    return [outcomes[cell] for cell in ordered]


def _judged(
    cells: Sequence[Cell], jobs: int, time_limit: float | None, executor: Executor | None
) -> Generator[tuple[Outcome, bool]]:
    """The outcomes as they come, and whether each is worth keeping in a journal.

    A cell whose worker was lost is not: it may well have been killed together with the run, and a run that goes on
    tries it again.
    """
    if executor is not None:
        yield from _through(executor, cells, time_limit)
    elif jobs == 1 and time_limit is None:
        one_thread()
        for cell in cells:
            yield judge_cell(cell), True
    else:
        yield from _killable(cells, jobs, time_limit)


def _killable(cells: Sequence[Cell], jobs: int, time_limit: float | None) -> Iterator[tuple[Outcome, bool]]:
    left = list(cells)
    for attempt in range(_ATTEMPTS):
        if not left:
            return
        broken: list[Cell] = []
        with closing(_pooled(left, jobs, time_limit)) as answers:
            for cell, future in answers:
                error = future.exception()
                if isinstance(error, BrokenProcessPool) and attempt + 1 < _ATTEMPTS:
                    broken.append(cell)
                elif error is None:
                    yield future.result(), True
                else:
                    yield Outcome(cell, (_lost(cell, error, time_limit),), 0.0), False
        left = broken


def _pooled(cells: Sequence[Cell], jobs: int, time_limit: float | None) -> Generator[tuple[Cell, Future[Outcome]]]:
    from pebble import ProcessPool

    one_thread()  # in this process, because the environment is inherited and read when a library is imported
    # Spawned, not forked: a fork would copy the threads' locks of whatever is loaded here.
    context: Any = multiprocessing.get_context("spawn")
    pool: Any = ProcessPool(max_workers=min(jobs, len(cells)), context=context, initializer=one_thread)
    try:
        waiting = {pool.schedule(judge_cell, args=(cell,), timeout=time_limit): cell for cell in cells}
        yield from _as_completed(waiting, None)
    finally:
        pool.stop()
        pool.join()


def _as_completed(waiting: dict[Any, Cell], patience: float | None) -> Iterator[tuple[Cell, Future[Outcome]]]:
    """Futures as they complete; stops early, with some still waiting, after ``patience`` seconds without any."""
    done: SimpleQueue[Future[Outcome]] = SimpleQueue()
    for future in waiting:
        future.add_done_callback(done.put)
    while waiting:
        try:
            future = done.get(timeout=patience)
        except Empty:
            return
        yield waiting.pop(future), future


def _lost(cell: Cell, error: BaseException, time_limit: float | None) -> Verdict:
    """The verdict on a cell whose process was killed for its time, or died."""
    if isinstance(error, TimeoutError):
        return failed(cell, f"The target hung: no answer within {time_limit:g} s.", time_limit=time_limit)
    code = getattr(error, "exitcode", None)
    return failed(cell, f"The process that ran the target died with exit code {code}.", exitcode=code)


def _unheard(cell: Cell, explanation: str) -> Outcome:
    evidence = {"internal_error": True}
    return Outcome(
        cell, (Verdict(cell.subject, cell.law, "unavailable", (), None, None, {}, evidence, explanation),), 0.0
    )


def _through(executor: Executor, cells: Sequence[Cell], time_limit: float | None) -> Iterator[tuple[Outcome, bool]]:
    patience = None if time_limit is None else 2 * time_limit
    waiting: dict[Any, Cell] = {executor.submit(judge_cell, cell): cell for cell in cells}
    try:
        for cell, future in _as_completed(waiting, patience):
            try:
                yield future.result(), True
            except (Exception, CancelledError) as error:
                yield _unheard(cell, f"The executor lost this cell: {type(error).__name__}: {error}."), False
        for cell in waiting.values():
            yield _unheard(cell, f"The executor gave no answer to any cell for {patience:g} s."), False
    finally:
        for future in waiting:
            future.cancel()
