"""From addresses to a certificate: what the command line and the pytest plugin share."""

from __future__ import annotations

import difflib
import importlib.util
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from certify.campaign import run
from certify.certificate import Certificate
from certify.journal import Journal, journal_key
from certify.targets import BUILT_IN, Target, TargetUnavailable, load_target, subject_of
from certify.verdict import Cell, Profile, Verdict
from certify.verifier import commit, source_digest, verifier_record, version
from certify.waivers import Waiver, apply_waivers, known, load_waivers, unmatched
from certify.worker import Outcome

__all__ = ["Plan", "UnusableError", "certificate_of", "judge", "make_plan", "stale_waivers"]


class UnusableError(ValueError):
    """Arguments that name nothing: an unknown subject, or an unknown law."""


@dataclass(frozen=True)
class _Part:
    """One target of a plan, its waivers, and whether the plan covers it all."""

    target: Target
    address: str
    waivers: tuple[Waiver, ...]
    complete: bool


@dataclass(frozen=True)
class Plan:
    """What is to be judged."""

    parts: tuple[_Part, ...]
    cells: tuple[Cell, ...]
    profile: Profile
    seed: int

    @property
    def versions(self) -> dict[str, str]:
        return {part.target.name: part.target.version for part in self.parts}

    @property
    def waived(self) -> frozenset[Cell]:
        """The cells of known defects: they are judged first."""
        waivers = [waiver for part in self.parts for waiver in part.waivers]
        return frozenset(cell for cell in self.cells if any(w.covers(cell.subject, cell.law) for w in waivers))

    def known(self, verdict: Verdict) -> Verdict:
        """The verdict, `known` where it is a `fail` that a waiver covers."""
        return known(verdict, [waiver for part in self.parts for waiver in part.waivers])

    @property
    def is_our_own(self) -> bool:
        """Whether every target is this project's, which needs no protection from hanging."""
        return all(part.target.name in ("reference", "gpu") for part in self.parts)

    def key(self) -> str:
        """A digest of everything that decides the outcome of a cell."""
        return journal_key(
            {
                "commit": commit(),
                "profile": self.profile,
                "seed": self.seed,
                "source": source_digest(),
                "targets": {part.address.partition(":")[0]: _digest(part.address) for part in self.parts},
                "version": version(),
                "versions": self.versions,
            }
        )


def _digest(address: str) -> str:
    """The digest of a user's own module, which is edited without a new version; nothing for a library."""
    module = address.partition(":")[0]
    spec = None if module in BUILT_IN else importlib.util.find_spec(module)
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        return ""
    return sha256(Path(spec.origin).read_bytes()).hexdigest()


def _cells(target: Target, address: str, profile: Profile, seed: int) -> Sequence[Cell]:
    subject = subject_of(address)
    try:
        cells = target.cells(address, profile=profile, seed=seed)
    except Exception as error:
        if subject and isinstance(error, (LookupError, ValueError)):
            cells = ()
        else:
            told = f"{type(error).__name__}: {error}"
            raise TargetUnavailable(f"target {address!r}: expected it to list its cells, got {told}") from error
    if not cells and subject:
        every = {cell.subject for cell in target.cells(target.name, profile=profile, seed=seed)}
        classes = sorted({name.partition("[")[0].partition(":")[2] for name in every})
        near = difflib.get_close_matches(subject, [*classes, *every]) or classes
        raise UnusableError(f"{address}: no such subject; there is {', '.join(near)}")
    return cells


def _is_within(law: str, prefix: str) -> bool:
    return law == prefix or law.startswith(prefix + ".")


def _only(cells: Collection[Cell], only: Sequence[str]) -> frozenset[Cell]:
    laws = sorted({cell.law for cell in cells})
    for prefix in only:
        if not any(_is_within(law, prefix) for law in laws):
            near = difflib.get_close_matches(prefix, laws) or laws
            raise UnusableError(f"{prefix}: no law of these targets; there is {', '.join(near)}")
    return frozenset(cell for cell in cells if not only or any(_is_within(cell.law, prefix) for prefix in only))


def make_plan(
    addresses: Sequence[str], *, profile: Profile = "default", seed: int = 0, only: Sequence[str] = ()
) -> Plan:
    """The cells of these targets, their waivers loaded.

    Raises:
        TargetUnavailable: a target cannot be loaded, or cannot list its cells.
        UnusableError: there is no such subject, no such law, or nothing to judge.
    """
    parts, cells = [], set[Cell]()
    for address in dict.fromkeys(addresses):
        target = load_target(address)
        listed = _cells(target, address, profile, seed)
        if not listed:
            raise UnusableError(f"{address}: nothing to judge at profile {profile}")
        # By the name of the library: two addresses of one library share their cells.
        home = target.name if target.name in BUILT_IN and subject_of(address) else address
        cells.update(replace(cell, target=home) for cell in listed)
        waivers = load_waivers(target.name, target.version) if target.name in BUILT_IN else ()
        whole = not subject_of(address) and profile != "quick"
        parts.append(_Part(target, address, waivers, whole))
    return Plan(tuple(parts), tuple(sorted(_only(cells, only))), profile, seed)


def certificate_of(plan: Plan, outcomes: Sequence[Outcome], *, jobs: int, seconds: float) -> Certificate:
    """The certificate of the outcomes, waivers applied."""
    verdicts: tuple[Verdict, ...] = tuple(verdict for outcome in outcomes for verdict in outcome.verdicts)
    whole = {outcome.cell for outcome in outcomes} >= set(plan.cells)
    for part in plan.parts:
        verdicts = apply_waivers(
            verdicts, part.waivers, complete=part.complete and whole, quick=plan.profile == "quick"
        )
    timings = {
        "cells": {f"{outcome.cell.subject} {outcome.cell.law}": outcome.seconds for outcome in outcomes},
        "jobs": jobs,
        "seconds": seconds,
    }
    return Certificate.from_verdicts(verdicts, verifier=verifier_record(plan.versions), timings=timings, seed=plan.seed)


def stale_waivers(plan: Plan, certificate: Certificate) -> tuple[Waiver, ...]:
    """Waivers of wholly judged targets that cover nothing: their subject or law is gone."""
    return tuple(
        waiver for part in plan.parts if part.complete for waiver in unmatched(certificate.verdicts, part.waivers)
    )


def judge(
    plan: Plan,
    *,
    jobs: int = 1,
    time_limit: float | None = None,
    executor: Executor | None = None,
    journal: Journal | None = None,
    report: Callable[[Outcome], None] | None = None,
) -> Certificate:
    """Runs the plan, and gives its certificate."""
    start = time.perf_counter()
    heard = {} if report is None else {"report": report}
    outcomes = run(
        plan.cells, jobs=jobs, time_limit=time_limit, executor=executor, journal=journal, first=plan.waived, **heard
    )
    return certificate_of(plan, outcomes, jobs=jobs, seconds=time.perf_counter() - start)
