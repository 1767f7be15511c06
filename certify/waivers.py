"""Waivers: known defects of a target, kept as data beside the judge and never inside a law.

``certify/waivers/<target>.toml`` holds one ``[[waiver]]`` table per defect::

    [[waiver]]
    law = "sampler.order"                                # one law id
    subject = "diffusers:DDIMScheduler[*steps=3*]"       # exact, or a glob in which only * is special
    versions = ">=0.30,<0.43"                            # the versions of the target that have the defect
    upstream = "https://github.com/owner/name/issues/1"  # or "unreported"
    reason = "One sentence that says what is wrong."
    case = { subject = "diffusers:DDIMScheduler[steps=3]" }   # optional: the counterexample that shows it

What a waiver does to the verdicts it covers (same law, subject matched, version in range):

- a `fail` becomes `known`;
- a `pass` stays a pass as long as the waiver is still needed: a glob describes a defect more coarsely than the defect
  is, and must not turn the healthy subjects beside it into errors;
- every `pass` becomes `repaired`, an error until the waiver is removed, once the waiver is shown to be needless: its
  counterexample passes, so does everything else that it covers in this run, and the run is not `quick` (which leaves
  cases out that a defect may need to show). The counterexample of an exact waiver is its subject, that of a glob its
  ``case.subject``. A glob without one is shown needless only by a run of the whole target; a part of the subjects
  proves nothing about the others;
- any other verdict stays as it is, and an `inconclusive` or `unavailable` one keeps the waiver.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from certify.verdict import Verdict

__all__ = ["Waiver", "WaiverError", "apply_waivers", "known", "load_waivers", "parse_waivers", "unmatched"]

_REQUIRED = ("law", "subject", "versions", "upstream", "reason")


class WaiverError(ValueError):
    """A waiver file that cannot be used; the message names the entry."""


@dataclass(frozen=True)
class Waiver:
    """One known defect of a target."""

    law: str
    subject: str
    versions: str
    upstream: str
    reason: str
    case: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Not fnmatch: a subject's options stand in brackets, which fnmatch reads as sets of characters.
        return re.compile(".*".join(re.escape(part) for part in self.subject.split("*")), re.DOTALL)

    @property
    def counterexample(self) -> str | None:
        """The subject that shows the defect, or None for a glob that does not name it."""
        named: str | None = self.case.get("subject")
        return named if named is not None or "*" in self.subject else self.subject

    def covers(self, subject: str, law: str) -> bool:
        return law == self.law and self._pattern.fullmatch(subject) is not None

    def applies_to(self, version: str) -> bool:
        """Whether the version of the target is one that has the defect; one that is no version has all of them only
        if the range is empty.
        """
        try:
            return SpecifierSet(self.versions).contains(Version(version), prereleases=True)
        except InvalidVersion:
            return not self.versions


def parse_waivers(text: str, *, source: str) -> tuple[Waiver, ...]:
    """The waivers of a TOML text.

    Raises:
        WaiverError: not TOML, an unknown or missing key, a version range or an upstream link that is none, or a
            counterexample that the waiver does not cover.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WaiverError(f"{source}: expected TOML, got {error}") from error
    if set(document) - {"waiver"} or not isinstance(document.get("waiver", []), list):
        raise WaiverError(f"{source}: expected [[waiver]] tables only, got {', '.join(sorted(document))}")
    return tuple(_parsed(entry, f"{source}: waiver {n}") for n, entry in enumerate(document.get("waiver", []), 1))


def _parsed(entry: Mapping[str, Any], where: str) -> Waiver:
    unknown, missing = sorted(set(entry) - {*_REQUIRED, "case"}), sorted(set(_REQUIRED) - set(entry))
    if unknown or missing:
        raise WaiverError(f"{where}: expected {', '.join(_REQUIRED)}, and case; unknown {unknown}, missing {missing}")
    if any(not isinstance(entry[key], str) for key in _REQUIRED) or not isinstance(entry.get("case", {}), Mapping):
        raise WaiverError(f"{where}: expected text for each key, and a table for case")
    if not all(entry[key].strip() for key in ("law", "subject", "reason")):
        raise WaiverError(f"{where}: expected a law, a subject and a reason that are not empty")
    if entry["upstream"] != "unreported" and not entry["upstream"].startswith("https://"):
        raise WaiverError(f"{where}: upstream: expected an https link or 'unreported', got {entry['upstream']!r}")
    try:
        SpecifierSet(entry["versions"])
    except InvalidSpecifier as error:
        raise WaiverError(f"{where}: versions: expected a range such as '>=1.0,<2', got {error}") from error
    waiver = Waiver(**entry)
    if waiver.counterexample is not None and not waiver.covers(waiver.counterexample, waiver.law):
        raise WaiverError(f"{where}: case.subject: expected one that {waiver.subject!r} covers")
    return waiver


def load_waivers(target: str, version: str) -> tuple[Waiver, ...]:
    """The waivers of an installed version of a target; a target without a file has none.

    Raises:
        WaiverError: the file cannot be used, or waives a subject of another target.
    """
    file = files("certify").joinpath("waivers", f"{target}.toml")
    if not file.is_file():
        return ()
    source = f"certify/waivers/{target}.toml"
    waivers = parse_waivers(file.read_text(encoding="utf-8"), source=source)
    strange = [waiver.subject for waiver in waivers if not waiver.subject.startswith(f"{target}:")]
    if strange:
        raise WaiverError(f"{source}: expected subjects of {target}:, got {', '.join(strange)}")
    return tuple(waiver for waiver in waivers if waiver.applies_to(version))


def _is_needless(waiver: Waiver, covered: Sequence[Verdict], *, complete: bool) -> bool:
    decided = [verdict for verdict in covered if verdict.verdict != "not-applicable"]
    if not decided or any(verdict.verdict != "pass" for verdict in decided):
        return False
    if waiver.counterexample is None:
        return complete
    return any(verdict.subject == waiver.counterexample for verdict in decided)


def apply_waivers(
    verdicts: Sequence[Verdict], waivers: Sequence[Waiver], *, complete: bool, quick: bool = False
) -> tuple[Verdict, ...]:
    """The verdicts with `fail` turned into `known` and, where a waiver is needless, `pass` into `repaired`.

    ``complete`` says that the run judged the whole target, at a profile that is not `quick`. A ``quick`` run leaves
    cases out that a defect may need to show, so it never calls a waiver needless.
    """
    needless = [
        waiver
        for waiver in waivers
        if not quick
        and _is_needless(waiver, [v for v in verdicts if waiver.covers(v.subject, v.law)], complete=complete)
    ]

    def judged(verdict: Verdict) -> Verdict:
        stale = [waiver for waiver in needless if waiver.covers(verdict.subject, verdict.law)]
        if verdict.verdict == "pass" and stale:
            return verdict.with_word(
                "repaired", f"This passes now, so the waiver {stale[0].subject!r} must be removed: {stale[0].reason}"
            )
        return known(verdict, waivers)

    return tuple(judged(verdict) for verdict in verdicts)


def known(verdict: Verdict, waivers: Iterable[Waiver]) -> Verdict:
    """A `fail` that a waiver covers as `known`; any other verdict as it is."""
    waiver = next((waiver for waiver in waivers if waiver.covers(verdict.subject, verdict.law)), None)
    if waiver is None or verdict.verdict != "fail":
        return verdict
    told = {"reason": waiver.reason, "subject": waiver.subject, "upstream": waiver.upstream}
    explanation = f"{verdict.explanation} Known: {waiver.reason} ({waiver.upstream})".lstrip()
    return replace(verdict, verdict="known", explanation=explanation, evidence={**verdict.evidence, "waiver": told})


def unmatched(verdicts: Iterable[Verdict], waivers: Iterable[Waiver]) -> tuple[Waiver, ...]:
    """The waivers that cover nothing of a run: of a complete one, they are stale."""
    judged = {(verdict.subject, verdict.law) for verdict in verdicts}
    return tuple(waiver for waiver in waivers if not any(waiver.covers(*pair) for pair in judged))
