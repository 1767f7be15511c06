"""The targets `reference` and `gpu`: this project's own implementations, judged by every law over seeded cases.

They are targets like any other and must be clean without waivers. A cell is (law, implementation in one dtype); its
verdicts are one a public name, with the worst figure over the cases: the subject
``gpu:fields[device=cpu,dtype=float32,name=score]``, say.
"""

from __future__ import annotations

import importlib.metadata
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from certify.verdict import Cell, Profile, Verdict
from properties import budget, implementations
from properties.cases import build
from properties.cases.draw import SeededDraw
from properties.law import Law, laws
from properties.protocol import Finding, Implementation

CASES_BY_PROFILE: dict[Profile, int] = {"quick": 6, "default": 20, "thorough": 1000}


@dataclass
class Tally:
    """What the cases of one law said of one public name."""

    worst: Finding | None = None
    worst_index: int = 0
    cases: int = 0
    vacuous: int = 0
    checks: int = 0
    failures: list[int] = field(default_factory=list)

    def add(self, index: int, finding: Finding) -> None:
        self.cases += 1
        self.checks += int(finding.detail.get("checks", 0))
        if finding.vacuous:
            self.vacuous += 1
            return
        if not finding.passed:
            self.failures.append(index)
        if self.worst is None or not finding.measured <= self.worst.measured:
            self.worst, self.worst_index = finding, index


@dataclass(frozen=True)
class ImplementationTarget:
    """An implementation in each of its variants (dtype, device), as a target."""

    name: str
    variants: tuple[tuple[str, Callable[[], Implementation]], ...]

    @property
    def version(self) -> str:
        return importlib.metadata.version("diffassay")

    def cells(self, address: str, *, profile: Profile, seed: int) -> Sequence[Cell]:
        """One cell a law and variant; an address may name a module: ``reference:fields``."""
        wanted = address.partition(":")[2]
        return [
            Cell(address, f"{self.name}:{identifier.partition('.')[0]}{options}", identifier, seed, profile)
            for options, make in self.variants
            for implementation in (make(),)
            for identifier, law in laws().items()
            if (not wanted or identifier.partition(".")[0] == wanted) and law.asks(implementation)
        ]

    def judge(self, cell: Cell) -> Sequence[Verdict]:
        options = cell.subject[cell.subject.index("[") :] if "[" in cell.subject else ""
        implementation = dict(self.variants)[options]()
        law = laws()[cell.law]
        tallies: dict[str, Tally] = {}
        for index in range(CASES_BY_PROFILE[cell.profile]):
            case = seeded_case(law, cell.seed, index, implementation.dtype)
            for finding in law(implementation, case):
                tallies.setdefault(finding.quantity, Tally()).add(index, finding)
        return [
            self._verdict(cell, law, implementation, options, quantity, tally) for quantity, tally in tallies.items()
        ]

    def _verdict(
        self, cell: Cell, law: Law, implementation: Implementation, options: str, quantity: str, tally: Tally
    ) -> Verdict:
        evidence: dict[str, Any] = {"cases": tally.cases, "vacuous": tally.vacuous, "route": law.route}
        module = law.id.partition(".")[0]
        named = f"name={quantity.removeprefix(f'{module}.')}"
        subject = f"{self.name}:{module}[{f'{options[1:-1]},{named}' if options else named}]"
        if tally.worst is None:
            return Verdict(
                subject=subject,
                law=law.id,
                verdict="inconclusive",
                catalogue=law.catalogue,
                evidence=evidence,
                explanation=f"{law.statement} No case could see anything.",
            )
        worst = tally.worst
        evidence |= {"tolerance": worst.tolerance, "worst": dict(worst.detail)}
        if worst.tolerance == budget.STATISTICAL.name:
            evidence["false_alarm_probability"] = tally.checks * budget.FALSE_ALARM_PROBABILITY
        failed = bool(tally.failures)
        index = tally.failures[0] if failed else tally.worst_index
        explanation = (
            f"{len(tally.failures)} of {tally.cases} cases break the law: {law.statement}" if failed else law.statement
        )
        return Verdict(
            subject=subject,
            law=law.id,
            verdict="fail" if failed else "pass",
            catalogue=law.catalogue,
            measured=worst.measured,
            allowed=worst.allowed,
            case={"family": law.family, "seed": cell.seed, "index": index, "dtype": implementation.dtype},
            evidence=evidence,
            explanation=explanation,
            reproduce=_script(law, implementation, cell.seed, index) if failed else "",
        )


def seeded_case(law: Law, seed: int, index: int, dtype: str) -> Any:
    """Case ``index`` of a law: each law has its own named stream, so that adding a law moves no other's cases."""
    return build(law.family, SeededDraw(seed, zlib.crc32(law.id.encode()), index), dtype)


def _script(law: Law, implementation: Implementation, seed: int, index: int) -> str:
    maker = (
        "implementations.reference()"
        if implementation.name == "reference"
        else f"implementations.gpu({implementation.dtype!r}, {implementation.device!r})"
    )
    return "\n".join(
        (
            "from certify.adapters.implementations import seeded_case",
            "from properties import implementations",
            "from properties.law import laws",
            "",
            f"law = laws()[{law.id!r}]",
            f"case = seeded_case(law, {seed}, {index}, {implementation.dtype!r})",
            "print(law.statement, case, sep='\\n')",
            f"for finding in law({maker}, case):",
            "    print(finding)",
        )
    )


def reference_target() -> ImplementationTarget:
    """The float64 NumPy reference."""
    return ImplementationTarget("reference", (("", implementations.reference),))


def gpu_target() -> ImplementationTarget:
    """The torch code in float64 and float32, on the CPU and on CUDA where there is one."""
    import torch

    # One thread a worker: the pool of processes is the parallelism, and the bytes do not depend on the machine.
    torch.set_num_threads(1)
    devices = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
    return ImplementationTarget(
        "gpu",
        tuple(
            (f"[device={device},dtype={dtype}]", _torch_variant(dtype, device))
            for device in devices
            for dtype in ("float64", "float32")
        ),
    )


def _torch_variant(dtype: Any, device: str) -> Callable[[], Implementation]:
    return lambda: implementations.gpu(dtype, device)
