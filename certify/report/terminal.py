"""The certificate as text: a table a person can read, in 80 columns unless there are more."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from certify.certificate import Certificate, figures
from certify.report.view import (
    Accuracy,
    Finding,
    LawLine,
    SubjectClass,
    TargetView,
    accuracies,
    findings,
    foot,
    heading,
    known_defects,
    summary_line,
    views,
)
from certify.verdict import VerdictWord

__all__ = ["STYLES", "print_certificate", "render"]

STYLES: dict[VerdictWord, str] = {
    "pass": "green",
    "fail": "bold red",
    "known": "yellow",
    "repaired": "bold magenta",
    "not-applicable": "dim",
    "inconclusive": "cyan",
    "unavailable": "blue",
}
_SHORT: dict[VerdictWord, str] = {"not-applicable": "n/a"}
# Beyond this many lines a healthy class is told in one: its counts, and its worst figure.
_ROOMY = 60


def _counts(line: LawLine) -> Text:
    parts = [Text(f"{count} {_SHORT.get(word, word)}", style=STYLES[word]) for word, count in line.counts.items()]
    return Text(", ").join(parts)


def _class_rows(table: Table, subject: SubjectClass, *, brief: bool) -> None:
    title = Text(subject.title, style="bold")
    if brief and subject.is_healthy:
        count = len(subject.laws)
        title.append(f", {count} laws" if count > 1 else f", {subject.laws[0].law}", style="not bold")
        table.add_row(title, _counts(subject.whole), Text(subject.worst_law.worst))
        return
    table.add_row(title, "", "")
    for line in subject.laws:
        table.add_row(Text(f"  {line.law}"), _counts(line), Text(line.worst))


def _matrix(target: TargetView) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), expand=True, header_style="underline")
    table.add_column(Text(target.title), ratio=5, overflow="fold")
    table.add_column("verdicts", ratio=2, overflow="fold")
    table.add_column("worst figure", ratio=3, overflow="fold")
    brief = sum(1 + len(subject.laws) for subject in target.classes) > _ROOMY
    for subject in target.classes:
        _class_rows(table, subject, brief=brief)
    return table


def _accuracy(rows: Iterable[Accuracy]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), expand=True, header_style="underline")
    table.add_column("worst by tolerance class", ratio=3, overflow="fold")
    table.add_column("figure", ratio=2, overflow="fold")
    table.add_column("where", ratio=7, overflow="fold")
    for row in rows:
        where = row.verdict.subject.partition(":")[2]
        table.add_row(Text(f"{row.target} {row.tolerance}"), Text(row.figure), Text(_broken(where, 40)))
    return table


def _broken(subject: str, width: int) -> str:
    """The subject in lines of at most ``width``, broken after the commas between its options where that is enough."""
    lines = [""]
    for part in subject.replace(",", ",\0").split("\0"):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("  ")
        lines[-1] += part
    return "\n".join(lines)


def _finding(finding: Finding, width: int) -> Iterable[RenderableType]:
    yield Text.assemble((finding.word.upper(), STYLES[finding.word]), " ", (finding.law, "bold"))
    for verdict in finding.verdicts:
        yield Padding(Text(_broken(verdict.subject, width - 2), overflow="fold"), (0, 0, 0, 2))
        if text := figures(verdict):
            yield Padding(Text(text), (0, 0, 0, 4))
    yield Padding(Text(finding.explanation, style="italic"), (0, 0, 1, 2))


def print_certificate(console: Console, certificate: Certificate) -> None:
    """Prints the whole certificate: tables, findings, summary, foot."""
    console.print(Text(heading(certificate), style="bold"))
    for target in views(certificate):
        console.print()
        console.print(_matrix(target))
    if rows := accuracies(certificate):
        console.print()
        console.print(_accuracy(rows))
    console.print()
    for finding in findings(certificate):
        if finding.word == "known":
            continue
        for part in _finding(finding, console.width):
            console.print(part)
    # What is known is told once a defect; the JSON and the HTML have every subject.
    for known in known_defects(certificate):
        laws = ", ".join(f"{count} {law}" for law, count in known.laws.items())
        console.print(Text.assemble(("KNOWN", STYLES["known"]), " ", (known.subject_class, "bold"), f": {laws}"))
        told = f"{known.reason} ({known.upstream})" if known.upstream else known.reason
        console.print(Padding(Text(told, style="italic"), (0, 0, 1, 2)))
    console.print(Text(summary_line(certificate), style="bold green" if certificate.passed else "bold red"))
    for sentence in foot(certificate):
        console.print(Text(sentence, style="dim"))


def render(certificate: Certificate, *, width: int = 80) -> str:
    """The certificate as plain text of at most ``width`` columns."""
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False, legacy_windows=False)
    with console.capture() as captured:
        print_certificate(console, certificate)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
