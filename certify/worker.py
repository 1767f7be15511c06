"""One cell judged, whatever the target does: the part of a campaign that runs in a worker process."""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import isnan
from pathlib import Path
from types import TracebackType
from typing import Any

from certify.records import normalised
from certify.targets import Target, load_target
from certify.verdict import Cell, Verdict
from certify.verifier import HOME, IMPORT_NAMES

__all__ = ["Outcome", "failed", "judge_cell", "one_thread"]

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# Libraries that raise on behalf of whoever called them: a frame of theirs accuses nobody.
_NEUTRAL = ("numpy", "scipy", "torch", "jax", "jaxlib", "flint", "mpmath", "hypothesis", "pebble", "click")


@dataclass(frozen=True)
class Outcome:
    """What came of a cell, and how long it took."""

    cell: Cell
    verdicts: tuple[Verdict, ...]
    seconds: float


def one_thread() -> None:
    """One numerical thread in this process and in those it starts: more would change the last bits of a sum."""
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


@cache
def _loaded(address: str) -> Target:
    return load_target(address)


def failed(cell: Cell, explanation: str, **evidence: Any) -> Verdict:
    """The verdict on a cell whose target gave no answer that can be judged."""
    return Verdict(cell.subject, cell.law, "fail", evidence=evidence, explanation=explanation)


def _frames(trace: TracebackType | None) -> list[Path]:
    return [Path(frame.filename) for frame in traceback.extract_tb(trace)]


def _is_ours(error: BaseException, cell: Cell) -> bool:
    """Whether the exception is an error of the judge: no frame below it is the target's, or a library's of its own.

    A target that calls us wrongly has a frame of its own in between, and answers for it.
    """
    standard = Path(sysconfig.get_paths()["stdlib"])
    packages = {Path(sysconfig.get_paths()[kind]) / name for kind in ("purelib", "platlib") for name in _NEUTRAL}
    judge = [HOME / name for name in IMPORT_NAMES if name != cell.target.partition(":")[0]]

    def within(file: Path, folders: Sequence[Path] | set[Path]) -> bool:
        return any(file.is_relative_to(folder) for folder in folders)

    def neutral(file: Path) -> bool:
        in_standard = file.is_relative_to(standard) and "site-packages" not in file.parts
        return in_standard or within(file, packages) or str(file).startswith("<")

    return all(within(file, judge) or neutral(file) for file in _frames(error.__traceback__))


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def _raised(error: BaseException, cell: Cell) -> Verdict:
    if _is_ours(error, cell):
        place = _frames(error.__traceback__)[-1].name
        told = f"The judge itself failed, which says nothing of the subject ({place}): {_one_line(error)}."
        return Verdict(cell.subject, cell.law, "unavailable", evidence={"internal_error": True}, explanation=told)
    return failed(cell, f"The target raised {_one_line(error)}.", exception=type(error).__name__)


def _checked(cell: Cell, answer: object) -> tuple[Verdict, ...]:
    """The answer of a target as verdicts: what is none becomes a `fail`, and a NaN never passes."""
    if not isinstance(answer, (list, tuple)) or not all(isinstance(item, Verdict) for item in answer):
        items = {type(item).__name__ for item in answer} if isinstance(answer, (list, tuple)) else set()
        found = f"{type(answer).__name__} of {', '.join(sorted(items))}" if items else type(answer).__name__
        return (failed(cell, f"The target's judge was expected to return a sequence of verdicts, and gave a {found}."),)
    if not answer:
        told = "Nothing was compared, so nothing is known."
        return (Verdict(cell.subject, cell.law, "inconclusive", evidence={"vacuous": True}, explanation=told),)
    return tuple(_not_nan(normalised(verdict)) for verdict in answer)


def _not_nan(verdict: Verdict) -> Verdict:
    if verdict.verdict == "pass" and any(f is not None and isnan(f) for f in (verdict.measured, verdict.allowed)):
        return replace(verdict, verdict="fail", explanation="A figure that decides is NaN, and NaN never passes.")
    return verdict


def judge_cell(cell: Cell) -> Outcome:
    """Judges one cell in this process; never raises, except for an interruption from the keyboard."""
    start = time.perf_counter()
    # What a target prints must not end up inside the report.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            verdicts = _checked(cell, _loaded(cell.target).judge(cell))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit, and what test frameworks raise, are answers of a target too
            verdicts = (_raised(error, cell),)
    return Outcome(cell, verdicts, time.perf_counter() - start)
