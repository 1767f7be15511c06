"""The target: cells of (scheduler, law), each judged on its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata

from certify import sampler_laws
from certify.adapters.diffusers.capabilities import CAPABILITIES
from certify.adapters.diffusers.findings import explain
from certify.adapters.diffusers.scheduler import SchedulerSolver
from certify.adapters.diffusers.subjects import solver_from, solvers
from certify.judge import SAMPLER_LAWS
from certify.sampler_laws import Judgement
from certify.verdict import Cell, Profile, Verdict

__all__ = ["DiffusersTarget", "target"]

Counts = Mapping[Profile, tuple[int, ...]]

# 7 does not divide the 1000 training steps; 4 and 5 are where roots of cancelling differences go negative in float32.
_GRID: Counts = {
    "quick": (1, 2, 3, 7, 10, 50),
    "default": (1, 2, 3, 7, 10, 20, 50),
    "thorough": (*range(1, 51), 100),
}
# 61 is the first count at which T / (T / n) exceeds n in float64; 600 rounds its spacing from 1.67 down to 1. Counts
# that few people use have a law of their own, so that a known defect there hides nothing at everybody's counts.
_AWKWARD: Counts = {
    "quick": (61, 600),
    "default": (61, 600, 999, 1000),
    "thorough": (61, 103, 250, 333, 334, 500, 501, 600, 769, 999, 1000),
}
_CONFORMS: Counts = {
    "quick": (1, 3, 7),
    "default": (1, 2, 3, 7, 10, 50),
    "thorough": (1, 2, 3, 4, 5, 7, 10, 14, 15, 16, 50, 200),
}
_ORDER: Counts = {"quick": (40, 80, 160), "default": (40, 80, 160, 320), "thorough": (40, 80, 160, 320)}
_OUTPUT: Counts = {"quick": (7, 10), "default": (7, 10, 50), "thorough": (3, 7, 10, 30, 50, 200)}
_PARAMETERISATION: Counts = {"quick": (7,), "default": (7, 10), "thorough": (1, 7, 10, 50)}
_PRECISION: Counts = {"quick": (10,), "default": (10, 50), "thorough": (10, 50, 200)}
_FINITE: Counts = {
    "quick": (1, 2, 3, 7),
    "default": (1, 2, 3, 4, 5, 7, 61, 1000),
    "thorough": (*range(1, 41), 61, 100, 250, 501, 999, 1000),
}

Law = Callable[[SchedulerSolver, Profile, int], Judgement]

LAWS: dict[str, Law] = {
    "sampler.conforms": lambda solver, profile, seed: sampler_laws.judge_conforms(solver, _CONFORMS[profile], seed),
    "sampler.finite": lambda solver, profile, _: sampler_laws.judge_finite(solver, _FINITE[profile]),
    "sampler.grid": lambda solver, profile, _: sampler_laws.judge_grid(solver, _GRID[profile]),
    "sampler.step_counts": lambda solver, profile, _: sampler_laws.judge_grid(solver, _AWKWARD[profile]),
    "sampler.order": lambda solver, profile, seed: sampler_laws.judge_order(solver, _ORDER[profile], seed),
    "sampler.output_law": lambda solver, profile, _: sampler_laws.judge_output_law(solver, _OUTPUT[profile]),
    "sampler.parameterisation": lambda solver, profile, _: sampler_laws.judge_parameterisation(
        solver, _PARAMETERISATION[profile]
    ),
    "sampler.precision": lambda solver, profile, _: sampler_laws.judge_precision(solver, _PRECISION[profile]),
}


@dataclass(frozen=True)
class DiffusersTarget:
    """Addresses: ``diffusers``, ``diffusers:DDIMScheduler``, or one subject ``diffusers:DDIMScheduler[eta=0.5]``."""

    name: str = "diffusers"

    @property
    def version(self) -> str:
        return metadata.version("diffusers")

    def cells(self, address: str, *, profile: Profile, seed: int) -> Sequence[Cell]:
        """One cell for every subject and law.

        Raises:
            ValueError: the address names no class or option; the message lists what there is.
        """
        if "[" in address:
            subjects = [solver_from(address)]
        else:
            chosen = address.partition(":")[2]
            if chosen and chosen not in CAPABILITIES:
                raise ValueError(f"subject: expected one of {', '.join(sorted(CAPABILITIES))}, got {chosen!r}")
            names = [chosen] if chosen else sorted(CAPABILITIES)
            subjects = [solver for name in names for solver in solvers(name, profile, seed)]
        return [
            Cell(address, solver.identifier, law, seed, profile)
            for solver in subjects
            for law in (sorted(LAWS) if not solver.extra else ["sampler.conforms"])
        ]

    def judge(self, cell: Cell) -> Sequence[Verdict]:
        solver = solver_from(cell.subject)
        try:
            judgement = LAWS[cell.law](solver, cell.profile, cell.seed)
        except Exception as error:
            sentence = f"the scheduler raises {type(error).__name__}: {error}"
            judgement = Judgement("fail", None, None, case={"raised": type(error).__name__}, explanation=sentence)
        if solver.extra and judgement.case.get("condition") == "affine":
            sentence = "clipping makes the sampler nonlinear and the data is unbounded: no law of a linear map applies"
            judgement = Judgement(
                "not-applicable", judgement.measured, judgement.allowed, judgement.case, judgement.evidence, sentence
            )
        sentence, script = explain(solver, cell.law, judgement)
        catalogue = solver.catalogue if cell.law == "sampler.conforms" else SAMPLER_LAWS[cell.law].catalogue
        return [
            Verdict(
                subject=cell.subject,
                law=cell.law,
                verdict=judgement.word,
                catalogue=catalogue,
                measured=judgement.measured,
                allowed=judgement.allowed,
                case={**judgement.case, "profile": cell.profile},
                evidence=judgement.evidence,
                explanation=sentence,
                reproduce=script,
            )
        ]


def target() -> DiffusersTarget:
    """The diffusers target.

    Raises:
        ImportError: diffusers or torch is not installed.
    """
    metadata.version("diffusers")
    return DiffusersTarget()
