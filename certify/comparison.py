"""A run against what was expected of it, and against an earlier certificate."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from certify.certificate import Certificate, figures
from certify.verdict import VERDICT_WORDS, Verdict

__all__ = ["Expected", "changes", "differences", "load_certificate", "load_expected"]

# The words of each (subject, law): usually one, several where a law is judged on several cases.
Expected = dict[tuple[str, str], tuple[str, ...]]


def _read(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{what}: expected a readable text file, got {error}") from error


def load_certificate(path: Path) -> Certificate:
    """The certificate in a file.

    Raises:
        ValueError: the file cannot be read, or is no certificate.
    """
    try:
        return Certificate.from_json(_read(path, "certificate"))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _words(entries: Iterable[tuple[str, str, str]]) -> Expected:
    found: dict[tuple[str, str], list[str]] = {}
    for subject, law, word in entries:
        found.setdefault((subject, law), []).append(word)
    return {key: tuple(sorted(words)) for key, words in found.items()}


def load_expected(path: Path) -> Expected:
    """The expected verdicts of a file: ``[[verdicts]]`` tables of subject, law and verdict in TOML, or a JSON
    document with the same list, such as a certificate.

    Raises:
        ValueError: the file cannot be read, is neither, or an entry is not one of those.
    """
    text = _read(path, f"{path}")
    try:
        document: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: expected {'JSON' if path.suffix == '.json' else 'TOML'}, got {error}") from error
    entries = document.get("verdicts") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        told = f"{path}: expected a list `verdicts` of tables with subject, law and verdict"
        raise ValueError(told)  # noqa: TRY004  the file has a wrong value, whatever its type
    return _words(_entry(entry, f"{path}: verdict {n}") for n, entry in enumerate(entries, 1))


def _entry(entry: Any, where: str) -> tuple[str, str, str]:
    if not isinstance(entry, Mapping) or not {"subject", "law", "verdict"} <= set(entry):
        raise ValueError(f"{where}: expected a table with subject, law and verdict, got {entry!r}")
    if entry["verdict"] not in VERDICT_WORDS:
        raise ValueError(f"{where}: expected one of {', '.join(VERDICT_WORDS)}, got {entry['verdict']!r}")
    return str(entry["subject"]), str(entry["law"]), str(entry["verdict"])


def _found(verdicts: Iterable[Verdict]) -> Expected:
    return _words((verdict.subject, verdict.law, verdict.verdict) for verdict in verdicts)


def _unlike(old: Expected, new: Expected, old_is: str, new_is: str) -> Iterator[str]:
    for key in sorted(old.keys() | new.keys()):
        subject, law = key
        before, after = old.get(key, ("nothing",)), new.get(key, ("nothing",))
        if before != after:
            yield f"{subject}: {law}: {old_is} {', '.join(before)}, {new_is} {', '.join(after)}"


def differences(expected: Expected, verdicts: Iterable[Verdict]) -> list[str]:
    """One line for each (subject, law) whose verdicts are not those expected; empty when they all are."""
    return list(_unlike(expected, _found(verdicts), "expected", "got"))


def changes(old: Certificate, new: Certificate) -> list[str]:
    """What changed between two certificates: the packages, the verdicts, and the figures that moved twofold."""
    versions_before, versions_after = _versions(old), _versions(new)
    lines = [
        f"{name}: {versions_before.get(name, 'nothing')} -> {versions_after.get(name, 'nothing')}"
        for name in sorted(versions_before.keys() | versions_after.keys())
        if versions_before.get(name) != versions_after.get(name)
    ]
    lines += _unlike(_found(old.verdicts), _found(new.verdicts), "was", "is")
    before = {(verdict.subject, verdict.law): verdict for verdict in old.verdicts}
    for verdict in new.verdicts:
        earlier = before.get((verdict.subject, verdict.law))
        if earlier is not None and earlier.verdict == verdict.verdict and _moved(earlier.measured, verdict.measured):
            lines.append(f"{verdict.subject}: {verdict.law}: was {figures(earlier)}; is {figures(verdict)}")
    return lines


def _versions(certificate: Certificate) -> dict[str, str]:
    verifier = certificate.verifier
    return {str(verifier.get("name")): str(verifier.get("version")), **verifier.get("packages", {})}


def _moved(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    low, high = sorted((abs(before), abs(after)))
    return high > 2 * low
