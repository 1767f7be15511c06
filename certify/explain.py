"""What a law, a catalogue id, a public function or a verdict means, in a few lines of text."""

from __future__ import annotations

import difflib
import importlib
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from certify.verdict import VerdictWord

__all__ = ["VERDICTS", "LawText", "explain", "functions", "known_laws", "wrapped"]

VERDICTS: dict[VerdictWord, str] = {
    "pass": "The law was put to the subject and holds: the measured figure is within the allowed one.",
    "fail": (
        "The law does not hold for the subject, or the subject raised, hung, died, or gave NaN or something of the "
        "wrong type. The verdict has the case, a reason in one sentence, and where possible a script that shows it."
    ),
    "known": (
        "The law does not hold, and a waiver says so: a defect of these versions of the target that has been written "
        "down, with its upstream link or the word 'unreported'. It does not fail the run."
    ),
    "repaired": (
        "A waiver says that the law does not hold, and now it does. The waiver must be removed, so that the defect "
        "cannot come back unnoticed: until then this fails the run."
    ),
    "not-applicable": "The law says nothing about this subject, for instance an order of a sampler that claims none.",
    "inconclusive": (
        "The law was put to the subject and could not be decided: a statistical test whose interval crosses the "
        "bound, or a comparison that could have seen nothing. It is never counted as a pass, and fails a --strict run."
    ),
    "unavailable": (
        "The law could not be put to the subject: something it needs is not installed, or the judge itself failed; "
        "the explanation of the verdict says which, and a failure of the judge fails the run."
    ),
}


@dataclass(frozen=True)
class LawText:
    """A law in words."""

    id: str
    statement: str
    catalogue: tuple[str, ...]
    route: str = ""

    def __str__(self) -> str:
        lines = [self.id, f"  {self.statement}"]
        if self.route:
            lines.append(f"  Route: {self.route}.")
        if self.catalogue:
            lines.append(f"  Catalogue: {', '.join(self.catalogue)}.")
        return "\n".join(lines)


def wrapped(line: str, *, indent: int | None = None) -> str:
    """The line in lines of at most 80 columns; those that follow are indented, two beyond the first by default."""
    following = len(line) - len(line.lstrip()) + 2 if indent is None else indent
    return textwrap.fill(line, 80, subsequent_indent=" " * following, break_on_hyphens=False)


def known_laws() -> dict[str, LawText]:
    """Every law by id: those on formulas, and those on samplers."""
    from certify.judge import SAMPLER_LAWS
    from properties.law import laws

    formulas = {law.id: LawText(law.id, law.statement, law.catalogue, law.route) for law in laws().values()}
    samplers = {
        law.id: LawText(law.id, f"{law.title}. {law.statement}", tuple(law.catalogue)) for law in SAMPLER_LAWS.values()
    }
    return formulas | samplers


def _of_id(identifier: str, laws: Mapping[str, LawText]) -> str:
    from properties.registry import ABSENT, records

    lines = [identifier]
    if identifier in ABSENT:
        lines.append(f"  No function: {ABSENT[identifier]}.")
    lines += [
        f"  {record.name}: twin {record.twin}, tolerance {record.tolerance}"
        for record in records()
        if identifier in record.ids
    ]
    lines += [f"  law {law.id}: {law.statement}" for law in laws.values() if identifier in law.catalogue]
    return "\n".join(lines)


def functions() -> dict[str, str]:
    """Every public name of the reference, with its docstring."""
    from properties.registry import records

    found = {}
    for record in records():
        module, *attributes = record.name.split(".")
        public: object = importlib.import_module(f"reference.{module}")
        for attribute in attributes:
            public = getattr(public, attribute)
        found[record.name] = inspect.getdoc(public) or ""
    return found


def _of_function(name: str, document: str) -> str:
    from properties.registry import records

    (record,) = (record for record in records() if record.name == name)
    document = document.replace("\n", "\n  ")
    return f"{name}\n  {document}\n  Held by {', '.join(record.laws)}."


def _mentions(words: str) -> str:
    """The public names whose name or first paragraph has every one of the words, one a line."""
    wanted = words.lower().split()
    lines = []
    for name, document in functions().items():
        paragraph = " ".join(document.partition("\n\n")[0].split())
        spoken = f"{name.replace('_', ' ')} {paragraph}".lower()
        if all(word in spoken for word in wanted):
            lines.append(f"{name}: {paragraph}")
    return "\n".join(lines)


def explain(topic: str) -> str:
    """The meaning of a law, of all laws of a prefix (``sampler``), of a catalogue id (``P54``), of a public function,
    or of a verdict; for other words (``posterior variance``) the functions that speak of them.

    Raises:
        LookupError: it is none of those; the message has what comes nearest.
    """
    from properties.registry import IDS

    for word, text in VERDICTS.items():
        if topic == word:
            return f"{word}\n  {text}"
    laws = known_laws()
    if topic in IDS:
        return _of_id(topic, laws)
    found = [law for name, law in laws.items() if name == topic or name.startswith(f"{topic}.")]
    if found:
        return "\n\n".join(str(law) for law in found)
    if topic in (known := functions()):
        return _of_function(topic, known[topic])
    if mentioned := _mentions(topic):
        return mentioned
    near = difflib.get_close_matches(topic, [*VERDICTS, *laws, *IDS, *known]) or [*VERDICTS]
    raise LookupError(
        f"{topic}: expected a law, a catalogue id, a public function, words that one speaks of, or a verdict; near it "
        f"are {', '.join(near)}"
    )
