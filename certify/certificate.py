"""The certificate: every verdict of a run, who gave them, and what they do not mean."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from certify.records import dump, normalised, plain, verdict_from_record, verdict_record
from certify.verdict import VERDICT_WORDS, Verdict, VerdictWord
from certify.verifier import verifier_record

__all__ = ["FAILING", "SCHEMA", "Certificate", "CertificationFailed", "figures"]

SCHEMA = 1
FAILING: frozenset[VerdictWord] = frozenset({"fail", "repaired"})
_ESTABLISHED: frozenset[VerdictWord] = frozenset({"pass", "known", "not-applicable"})


class CertificationFailed(AssertionError):  # noqa: N818  it reads as what it says in a test report
    """The certificate does not hold; the message lists every verdict that says so."""


def figures(verdict: Verdict) -> str:
    """What was measured against what is allowed, or nothing for a verdict that is not about a figure."""
    if verdict.measured is None:
        return ""
    measured = f"measured {verdict.measured:.6g}"
    return measured if verdict.allowed is None else f"{measured}, allowed {verdict.allowed:.6g}"


@dataclass(frozen=True)
class Certificate:
    """What was judged, law by law, as data that a person and a program can read.

    ``verdicts`` stand in the order of the campaign's cells, ``verifier`` says who judged, and ``timings`` is the only
    part that differs between two runs of one seed.
    """

    verdicts: tuple[Verdict, ...]
    verifier: Mapping[str, Any]
    timings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_verdicts(
        cls,
        verdicts: Iterable[Verdict],
        *,
        verifier: Mapping[str, Any] | None = None,
        timings: Mapping[str, Any] | None = None,
        seed: int = 0,
    ) -> Certificate:
        """The certificate of these verdicts; the seed is written into each case that does not name its own."""
        seeded = (replace(verdict, case={"seed": seed, **verdict.case}) for verdict in verdicts)
        return cls(
            verdicts=tuple(normalised(verdict) for verdict in seeded),
            verifier=plain(verifier_record() if verifier is None else verifier),
            timings=plain(timings or {}),
        )

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """The certificate that `to_json` wrote.

        Raises:
            ValueError: the text is not JSON, or not a certificate of schema 1; the message says what is missing.
        """
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"certificate: expected JSON, got {error}") from error
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            found = document.get("schema") if isinstance(document, dict) else type(document).__name__
            raise ValueError(f"certificate: expected schema {SCHEMA}, got {found!r}")
        records = document.get("verdicts")
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise ValueError("certificate: expected `verdicts` to be a list of objects")
        return cls(
            verdicts=tuple(verdict_from_record(record) for record in records),
            verifier=document.get("verifier", {}),
            timings=document.get("timings", {}),
        )

    @property
    def summary(self) -> dict[str, int]:
        """How many verdicts of each of the seven words there are."""
        counts = Counter(verdict.verdict for verdict in self.verdicts)
        return {word: counts[word] for word in VERDICT_WORDS}

    @property
    def failures(self) -> tuple[Verdict, ...]:
        """The verdicts that are `fail` or `repaired`, and those that the judge owes because it failed itself."""
        return tuple(
            verdict
            for verdict in self.verdicts
            if verdict.verdict in FAILING or verdict.evidence.get("internal_error") is True
        )

    @property
    def passed(self) -> bool:
        """Nothing fails or is repaired, and something was established: an empty certificate has not passed."""
        return not self.failures and any(verdict.verdict in _ESTABLISHED for verdict in self.verdicts)

    @property
    def false_alarms(self) -> float:
        """The expected number of false alarms: 0 unless a statistical law was used.

        A statistical law writes its false-alarm probability into its evidence, as ``false_alarm_probability``.
        """
        return sum(float(verdict.evidence.get("false_alarm_probability", 0.0)) for verdict in self.verdicts)

    def raise_if_failed(self) -> None:
        """Does nothing for a certificate that passed.

        Raises:
            CertificationFailed: with subject, law, measured, allowed and explanation of each failing verdict.
        """
        if self.passed:
            return
        told = self.failures or self.verdicts
        lines = [f"{len(told)} of {len(self.verdicts)} verdicts do not hold:" if told else "nothing was judged"]
        for verdict in told:
            shown = f" ({text})" if (text := figures(verdict)) else ""
            lines.append(f"  {verdict.verdict}: {verdict.subject}: {verdict.law}{shown}: {verdict.explanation}")
        raise CertificationFailed("\n".join(lines))

    def to_json(self) -> str:
        """JSON of schema 1: keys sorted, floats shortest, NaN as a string; the same bytes for the same verdicts."""
        document = {
            "schema": SCHEMA,
            "verifier": self.verifier,
            "summary": self.summary,
            "verdicts": [verdict_record(verdict) for verdict in self.verdicts],
            "timings": self.timings,
        }
        return dump(document, indent=2) + "\n"

    def to_html(self) -> str:
        """One self-contained page: no script and nothing fetched from anywhere."""
        from certify.report.html import page

        return page(self)

    def __repr__(self) -> str:
        from certify.report.terminal import render

        return render(self)

    def _repr_html_(self) -> str:
        from certify.report.html import fragment

        return fragment(self)
