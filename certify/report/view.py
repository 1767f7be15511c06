"""What every rendering shows: verdicts by target, class of subjects and law, the worst figure, and the foot."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TypeVar

from certify.certificate import Certificate
from certify.verdict import VERDICT_WORDS, Verdict, VerdictWord

__all__ = [
    "NOTEWORTHY",
    "Accuracy",
    "Finding",
    "Known",
    "LawLine",
    "SubjectClass",
    "TargetView",
    "accuracies",
    "findings",
    "foot",
    "heading",
    "known_defects",
    "summary_line",
    "views",
]

Key = TypeVar("Key", str, tuple[str, str])

# In the order in which a reader wants to hear of them.
NOTEWORTHY: tuple[VerdictWord, ...] = ("fail", "repaired", "inconclusive", "unavailable", "known")


def _target(verdict: Verdict) -> str:
    return verdict.subject.partition(":")[0]


def _class(verdict: Verdict) -> str:
    return verdict.subject.partition("[")[0].partition(":")[2] or verdict.subject


def _is_lower_bound(verdicts: Iterable[Verdict]) -> bool:
    """Whether the law wants ``measured >= allowed`` (an order), read off the verdicts that were decided by it."""
    for verdict in verdicts:
        if verdict.measured is None or verdict.allowed is None or verdict.measured == verdict.allowed:
            continue
        if verdict.verdict in ("pass", "repaired"):
            return verdict.measured > verdict.allowed
        if verdict.verdict in ("fail", "known") and not math.isnan(verdict.measured):
            return verdict.measured < verdict.allowed
    return False


def _severity(verdict: Verdict, lower: bool) -> float:
    """How near to failing, or beyond: 1 on the bound, infinite for a NaN."""
    measured, allowed = verdict.measured, verdict.allowed
    if measured is None or allowed is None or verdict.verdict == "not-applicable":
        return -math.inf
    if math.isnan(measured) or math.isnan(allowed):
        return math.inf
    if measured == allowed == 0.0:
        # Exact where exactness is asked for: as far from failing as can be.
        return 0.0
    scale = abs(allowed) or 1.0
    return 1 + (allowed - measured if lower else measured - allowed) / scale


@dataclass(frozen=True)
class LawLine:
    """One law on one class of subjects: counts of verdicts, and the worst figure against its bound."""

    law: str
    verdicts: tuple[Verdict, ...]

    @cached_property
    def counts(self) -> dict[VerdictWord, int]:
        found = Counter(verdict.verdict for verdict in self.verdicts)
        return {word: found[word] for word in VERDICT_WORDS if found[word]}

    @cached_property
    def lower_bound(self) -> bool:
        return _is_lower_bound(self.verdicts)

    @cached_property
    def severity(self) -> float:
        return max(_severity(verdict, self.lower_bound) for verdict in self.verdicts)

    @cached_property
    def worst(self) -> str:
        """The worst figure and its bound, such as ``1.97 >= 1.85`` or ``3.1e-15 <= 8e-15``; the relation is true
        unless the law fails.
        """
        verdict = max(self.verdicts, key=lambda verdict: _severity(verdict, self.lower_bound))
        if verdict.measured is None or verdict.allowed is None:
            return ""
        relation = ">=" if self.lower_bound else "<="
        if not (verdict.measured >= verdict.allowed if self.lower_bound else verdict.measured <= verdict.allowed):
            relation = "not " + relation
        return f"{verdict.measured:.3g} {relation} {verdict.allowed:.3g}"


@dataclass(frozen=True)
class SubjectClass:
    """Every configuration of one class or function of a target."""

    name: str
    verdicts: tuple[Verdict, ...]

    @cached_property
    def configurations(self) -> int:
        return len({verdict.subject for verdict in self.verdicts})

    @cached_property
    def laws(self) -> tuple[LawLine, ...]:
        return tuple(LawLine(law, group) for law, group in _grouped(self.verdicts, lambda verdict: verdict.law))

    @cached_property
    def whole(self) -> LawLine:
        """All laws together, as one line."""
        return LawLine(self.name, self.verdicts)

    @cached_property
    def worst_law(self) -> LawLine:
        return max(self.laws, key=lambda line: line.severity)

    @cached_property
    def is_healthy(self) -> bool:
        return set(self.whole.counts) <= {"pass", "not-applicable"}

    @property
    def title(self) -> str:
        count = self.configurations
        return f"{self.name} ({count} configurations)" if count > 1 else self.name


@dataclass(frozen=True)
class TargetView:
    """Everything judged of one target."""

    name: str
    version: str
    classes: tuple[SubjectClass, ...]

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}".rstrip()


def _grouped(verdicts: Iterable[Verdict], key: Callable[[Verdict], Key]) -> list[tuple[Key, tuple[Verdict, ...]]]:
    """The verdicts by key, in the order of the keys; within a key the order stays."""
    return [(name, tuple(group)) for name, group in groupby(sorted(verdicts, key=key), key=key)]


def views(certificate: Certificate) -> tuple[TargetView, ...]:
    """The targets of a certificate."""
    packages: Mapping[str, str] = certificate.verifier.get("packages", {})
    return tuple(
        TargetView(name, packages.get(name, ""), tuple(SubjectClass(*entry) for entry in _grouped(group, _class)))
        for name, group in _grouped(certificate.verdicts, _target)
    )


@dataclass(frozen=True)
class Finding:
    """Subjects of one class on which one law came out the same way, for the same stated reason."""

    word: VerdictWord
    law: str
    explanation: str
    verdicts: tuple[Verdict, ...]


def findings(certificate: Certificate) -> tuple[Finding, ...]:
    """What is not a plain pass, the worst words first; one finding for all subjects with one explanation."""
    found = []
    for word in NOTEWORTHY:
        told = [verdict for verdict in certificate.verdicts if verdict.verdict == word]
        # A key as text, so that it sorts; the separator cannot occur in a name.
        for _, group in _grouped(told, lambda v: "\0".join((_target(v), _class(v), v.law, v.explanation))):
            found.append(Finding(word, group[0].law, group[0].explanation, group))
    return tuple(found)


@dataclass(frozen=True)
class Known:
    """What one waiver says of one class, and how many verdicts of which laws it covers."""

    subject_class: str
    reason: str
    upstream: str
    laws: dict[str, int]


def known_defects(certificate: Certificate) -> tuple[Known, ...]:
    """The verdicts that are waived, told once for each class and reason."""
    told = [verdict for verdict in certificate.verdicts if verdict.verdict == "known"]
    found = []
    for _, group in _grouped(told, lambda v: "\0".join((_target(v), _class(v), _waiver(v).get("reason", "")))):
        first, waiver = group[0], _waiver(group[0])
        counted = Counter(verdict.law for verdict in group)
        name = f"{_target(first)}:{_class(first)}"
        found.append(Known(name, waiver.get("reason", first.explanation), waiver.get("upstream", ""), dict(counted)))
    return tuple(found)


def _waiver(verdict: Verdict) -> Mapping[str, str]:
    waiver = verdict.evidence.get("waiver")
    return waiver if isinstance(waiver, Mapping) else {}


@dataclass(frozen=True)
class Accuracy:
    """The worst figure of one target in one tolerance class."""

    target: str
    tolerance: str
    verdict: Verdict

    @property
    def figure(self) -> str:
        return LawLine(self.verdict.law, (self.verdict,)).worst


def accuracies(certificate: Certificate) -> tuple[Accuracy, ...]:
    """The worst figure of every target in every tolerance class that a verdict names in its evidence."""
    told = [v for v in certificate.verdicts if "tolerance" in v.evidence and v.allowed]
    found = []
    for (target, tolerance), group in _grouped(told, lambda verdict: (_target(verdict), verdict.evidence["tolerance"])):
        worst = max(group, key=lambda verdict: (verdict.measured or 0.0) / (verdict.allowed or math.inf))
        found.append(Accuracy(target, tolerance, worst))
    return tuple(found)


def heading(certificate: Certificate) -> str:
    """Who judged."""
    verifier = certificate.verifier
    commit = f" ({verifier['commit'][:12]})" if verifier.get("commit") else ""
    return f"{verifier.get('name', '?')} {verifier.get('version', '?')}{commit}"


def summary_line(certificate: Certificate) -> str:
    """The counts and the outcome in one line."""
    told = ", ".join(f"{count} {word}" for word, count in certificate.summary.items() if count)
    if not told:
        return "nothing was judged"
    return f"{'PASSED' if certificate.passed else 'NOT PASSED'}: {told}"


def foot(certificate: Certificate) -> tuple[str, str]:
    """What a pass does not mean, and how many false alarms to expect."""
    statistical = sum("false_alarm_probability" in verdict.evidence for verdict in certificate.verdicts)
    if statistical:
        alarms = f"{certificate.false_alarms:.2g}, over {statistical} statistical verdicts"
    else:
        alarms = "0, because no statistical law was used"
    meaning = (
        "What a pass does not mean: the data were Gaussians and Gaussian mixtures, the network was exact, and the "
        "options were those listed. Nothing is said of a trained network, of other data, or of options not listed."
    )
    return meaning, f"Expected number of false alarms: {alarms}."
