"""The words the judge speaks in: a verdict on one law for one subject, and the cell of work it comes from.

Everything here is plain data: picklable, so that a cell can be judged in another process or on another machine,
and JSON-ready, so that a verdict is the same bytes whoever produced it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

VerdictWord = Literal["pass", "fail", "known", "repaired", "not-applicable", "inconclusive", "unavailable"]
VERDICT_WORDS: tuple[VerdictWord, ...] = get_args(VerdictWord)

Profile = Literal["quick", "default", "thorough"]
PROFILES: tuple[Profile, ...] = get_args(Profile)


@dataclass(frozen=True)
class Verdict:
    """One law, judged for one subject.

    ``measured`` and ``allowed`` are the figures that decided (None where the verdict is not about a figure);
    ``case`` is what a reader needs to see the same case again, ``evidence`` what was seen beside the figure;
    ``explanation`` is one sentence that a maintainer of the subject understands, and ``reproduce`` a stand-alone
    script of at most 20 lines that uses only the target's own interface (empty for a pass).
    """

    subject: str
    law: str
    verdict: VerdictWord
    catalogue: tuple[str, ...] = ()
    measured: float | None = None
    allowed: float | None = None
    case: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    explanation: str = ""
    reproduce: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICT_WORDS:
            raise ValueError(f"verdict: expected one of {', '.join(VERDICT_WORDS)}, got {self.verdict!r}")
        if self.reproduce.count("\n") > 20:
            raise ValueError(f"reproduce: expected at most 20 lines, got {self.reproduce.count(chr(10))}")

    def with_word(self, word: VerdictWord, explanation: str | None = None) -> Verdict:
        """The same verdict under another word: how a waiver turns `fail` into `known`, `pass` into `repaired`."""
        return replace(self, verdict=word, explanation=self.explanation if explanation is None else explanation)


@dataclass(frozen=True, order=True)
class Cell:
    """One independent piece of a campaign: judge ``subject`` of ``target`` by ``law``.

    ``target`` is the address as the user wrote it (a library, or ``module:factory``), so that a worker process can
    load it afresh; ``seed`` and ``profile`` decide the cases. Cells are ordered, and a certificate lists its verdicts
    in that order whatever the number of workers.
    """

    target: str
    subject: str
    law: str
    seed: int = 0
    profile: Profile = "default"
