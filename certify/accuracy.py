"""The worst error of every public function, in conditioned units, and the case in which it was met.

Read off a certificate of `reference` or `gpu`: what every law measured for a public name is there already.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from certify.adapters.implementations import seeded_case
from certify.certificate import Certificate
from certify.explain import wrapped
from certify.verdict import Verdict
from properties.cases import DataSpec, PathSpec
from properties.law import laws
from properties.registry import records

__all__ = ["Worst", "text", "worst"]

_SUBJECT = re.compile(
    r"(?P<target>\w+):(?P<module>\w+)\[(?:device=(?P<device>\w+),dtype=(?P<dtype>\w+),)?name=(?P<name>.+)\]"
)


@dataclass(frozen=True)
class Worst:
    """The largest measured figure of a public name relative to what its class allows."""

    function: str
    measured: float
    allowed: float
    tolerance: str
    law: str
    where: str


def _names() -> dict[str, str]:
    """Public names by what laws call them: with their module, below it, and alone where that is unique."""
    found: dict[str, str] = {}
    ends = [record.name.partition(".")[2] for record in records()]
    for record in records():
        module, _, name = record.name.partition(".")
        found[record.name] = found[f"{module}:{name}"] = record.name
        if ends.count(name) == 1:
            found[f":{name}"] = record.name
    return found


def _public(module: str, spoken: str, names: dict[str, str]) -> str | None:
    """The public name that a law of a module speaks of: in full, below its module, or by a name that only one has; a
    method's result (``GaussianMixture.diagonal.log_prob``) belongs to the longest name that it begins with.
    """
    while spoken:
        for key in (spoken, f"{module}:{spoken}", f":{spoken}"):
            if key in names:
                return names[key]
        spoken = spoken.rpartition(".")[0]
    return None


def _places(value: Any, name: str = "") -> Iterator[str]:
    """What a reader needs to know of a case: paths and laws by their kind, numbers by their value."""
    if isinstance(value, PathSpec):
        yield value.name
    elif isinstance(value, DataSpec):
        yield f"{value.kind} d = {value.size}"
    elif is_dataclass(value):
        for part in fields(value):
            yield from _places(getattr(value, part.name), part.name)
    elif isinstance(value, float):
        yield f"{name} = {value:.3g}"


def _where(verdict: Verdict) -> str:
    case = verdict.case
    met = seeded_case(laws()[verdict.law], case["seed"], case["index"], case["dtype"])
    return ", ".join((*_places(met), f"case {case['index']} of seed {case['seed']}"))


def worst(certificate: Certificate) -> dict[str, dict[str, Worst]]:
    """By implementation (``reference``, ``gpu cpu float32``), the worst figure of every public name."""
    names = _names()
    found: dict[str, dict[str, Verdict]] = {}
    for verdict in certificate.verdicts:
        match = _SUBJECT.fullmatch(verdict.subject)
        if match is None or verdict.measured is None or not verdict.allowed:
            continue
        public = _public(match["module"], match["name"].partition(" ")[0], names)
        if public is None:
            continue
        variant = " ".join(part for part in (match["target"], match["device"], match["dtype"]) if part)
        table = found.setdefault(variant, {})
        if public not in table or _share(verdict) > _share(table[public]):
            table[public] = verdict
    return {variant: {name: _row(name, verdict) for name, verdict in table.items()} for variant, table in found.items()}


def _share(verdict: Verdict) -> float:
    """The measured figure over the allowed one; NaN is worse than anything."""
    share = (verdict.measured or 0.0) / (verdict.allowed or 1.0)
    return math.inf if math.isnan(share) else share


def _row(public: str, verdict: Verdict) -> Worst:
    tolerance = str(verdict.evidence.get("tolerance", ""))
    return Worst(public, verdict.measured or 0.0, verdict.allowed or 0.0, tolerance, verdict.law, _where(verdict))


def text(tables: Mapping[str, Mapping[str, Worst]]) -> str:
    """The tables, one an implementation, in the order of the register; nothing that was measured is left out."""
    known = [record.name for record in records()]
    lines: list[str] = []
    for variant, table in tables.items():
        lines += [f"{variant}: {len(table)} public functions", ""]
        for name in filter(table.__contains__, known):
            row = table[name]
            lines.append(f"{name:47} {row.tolerance:11} {row.measured:.2g} of {row.allowed:g}")
            lines.append(f"  {row.law}: {row.where}")
        silent = sorted(set(known) - set(table))
        if silent:
            lines += ["", f"no figure (equality, or another target's): {', '.join(silent)}"]
        lines.append("")
    return "\n".join(wrapped(line) if line else "" for line in lines).rstrip()
