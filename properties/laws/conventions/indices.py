"""Laws of indices and times of a table, and of the order of a list of sigmas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from properties.arbiter import conventions as twins
from properties.arbiter.numbers import truth
from properties.cases.conventions import PlaceInTable
from properties.cases.draw import rounded
from properties.cases.families import GridCase
from properties.law import law
from properties.laws._compare import entrywise, exact, residual
from properties.laws.paths.tables import as_argument, make
from properties.protocol import Finding, Findings, Implementation


def number(implementation: Implementation, name: str, argument: float, **options: Any) -> float:
    """One converter of one number."""
    function = getattr(implementation.module.conventions, name)
    return float(implementation.lower(function(implementation.lift(argument), **options)))


def same(name: str, found: float, wanted: float) -> Finding:
    """A number that is what it must be, bit for bit."""
    return exact(f"conventions.{name}", found == wanted, found=found, wanted=wanted)


@law(
    "conventions.indices_are_counted",
    statement="indices of entries, of steps and of the cleaner neighbour are the integers of their definitions",
    catalogue=("P14", "P18", "P41", "P64"),
    family="place_in_table",
    route="enumeration",
)
def indices_are_counted(implementation: Implementation, case: PlaceInTable) -> Findings:
    size, index, single = case.table.count, case.index, np.dtype(implementation.dtype).type
    stride = size // case.count
    # As the libraries do it: a product of the dtype, rounded before its floor or ceiling.
    floor = int(np.floor(single(case.t) * single(size - 1)))
    ceiling = int(np.ceil(single(case.t) * single(size)))
    host = {"training_steps": size}
    return (
        same(
            "ddim_previous_index",
            number(implementation, "ddim_previous_index", index, count=case.count, training_steps=size),
            float(index - stride),
        ),
        same("index_from_score_sde_time", number(implementation, "index_from_score_sde_time", case.t, **host), floor),
        same(
            "vdm_discrete_time",
            number(implementation, "vdm_discrete_time", case.t, steps=size),
            float(single(ceiling) / single(size)),
        ),
        same(
            "dpm_solver_time_from_index",
            number(implementation, "dpm_solver_time_from_index", index, **host),
            float(single(index + 1) / single(size)),
        ),
        same(
            "karras_index_from_consistency_index",
            number(implementation, "karras_index_from_consistency_index", index + 1, count=size),
            float(size - index - 1),
        ),
        same(
            "consistency_index_from_karras_index",
            number(implementation, "consistency_index_from_karras_index", index, count=size),
            float(size - index),
        ),
    )


@law(
    "conventions.indices_return",
    statement="DPM-Solver's time goes back to its entry, a consistency model's index to itself, VDM's time is the end "
    "of the step that holds t, and score_sde's entry is the last that starts before it",
    catalogue=("P14", "P18", "P41"),
    family="place_in_table",
    route="composition",
)
def indices_return(implementation: Implementation, case: PlaceInTable) -> Findings:
    size, index = case.table.count, float(case.index)
    time = number(implementation, "dpm_solver_time_from_index", index, training_steps=size)
    again = number(implementation, "index_from_dpm_solver_time", time, training_steps=size)
    entry = number(implementation, "karras_index_from_consistency_index", index + 1, count=size)
    held = number(implementation, "vdm_discrete_time", case.t, steps=size)
    before = number(implementation, "index_from_score_sde_time", case.t, training_steps=size)
    slack = 4.0 * float(np.finfo(implementation.dtype).eps)
    inside = bool(-slack <= held - case.t < (1.0 + slack * size) / size)
    whole = bool(abs(held * size - round(held * size)) <= slack * size)
    share = case.t * (size - 1)
    starts = bool(before <= share * (1.0 + slack) and share * (1.0 - slack) < before + 1.0)
    return (
        # The time was rounded, and so was its product with the size.
        residual("conventions.index_from_dpm_solver_time", again - index, 2.0 * (index + 2.0), implementation),
        residual("conventions.dpm_solver_time_from_index", again - index, 2.0 * (index + 2.0), implementation),
        same(
            "karras_index_from_consistency_index",
            number(implementation, "consistency_index_from_karras_index", entry, count=size),
            index + 1,
        ),
        exact("conventions.vdm_discrete_time", inside and whole, held=held),
        exact(
            "conventions.index_from_score_sde_time",
            before == math.floor(before) and starts,
            entry=before,
        ),
    )


@law(
    "conventions.previous_levels_arbiter",
    statement="DDIM's previous levels are those of the entry T // count below, and below the table signal 1 or those "
    "of entry 0",
    catalogue=("P64", "P7"),
    family="place_in_table",
    route="arbiter",
)
def previous_levels_arbiter(implementation: Implementation, case: PlaceInTable) -> Findings:
    betas, previous = previous_of(implementation, case)
    parts = truth(twins.ddim_previous_levels, betas.tolist(), previous, case.to_one).split(1, 1)
    return tuple(
        entrywise(f"conventions.{name}", level(implementation, name, betas, case), part, implementation)
        for name, part in zip(PREVIOUS, parts, strict=True)
    )


PREVIOUS = ("ddim_previous_alpha", "ddim_previous_sigma")


def previous_of(implementation: Implementation, case: PlaceInTable) -> tuple[Any, int]:
    """The betas in the dtype, and the entry that the step goes to."""
    betas = as_argument(implementation, make(implementation, case.table)[0])
    return betas, case.index - case.table.count // case.count


def level(implementation: Implementation, name: str, betas: Any, case: PlaceInTable) -> Any:
    """One of DDIM's previous levels."""
    lift = implementation.lift
    function = getattr(implementation.module.conventions, name)
    return function(lift(betas), lift(float(case.index)), count=case.count, set_alpha_to_one=case.to_one)


@law(
    "conventions.previous_levels_are_the_tables",
    statement="DDIM's previous levels are the table's own at the previous index, bit for bit, or the clean end",
    catalogue=("P64", "P7"),
    family="place_in_table",
    route="composition",
)
def previous_levels_are_the_tables(implementation: Implementation, case: PlaceInTable) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    betas, previous = previous_of(implementation, case)
    index = number(implementation, "ddim_previous_index", case.index, count=case.count, training_steps=case.table.count)
    findings = [same("ddim_previous_index", index, float(previous))]
    for name, whole, clean in zip(PREVIOUS, ("discrete_alpha", "discrete_sigma"), (1.0, 0.0), strict=True):
        table = lower(getattr(module.paths, whole)(lift(betas)))
        wanted = clean if previous < 0 and case.to_one else float(table[max(previous, 0)])
        found = float(lower(level(implementation, name, betas, case)))
        scale = 0.0 if wanted == clean and previous < 0 else 2.0 * wanted
        findings.append(residual(f"conventions.{name}", found - wanted, scale, implementation))
    return tuple(findings)


@law(
    "conventions.lists_of_sigmas",
    statement="a list of sigmas turned round twice is itself, its consistency index counts from sigma_min upwards, and "
    "the appended 0 is the last",
    catalogue=("P18", "P81"),
    family="grid",
    route="defining property",
)
def lists_of_sigmas(implementation: Implementation, case: GridCase) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    grid = module.grids.karras_sigmas(case.count, sigma_min=case.sigma_min, sigma_max=case.sigma_max, rho=case.rho)
    sigmas = rounded(np.asarray(grid, dtype=np.float64), implementation.dtype)
    if np.any(np.diff(sigmas) >= 0.0):
        sigmas = sigmas[:1]
    count = len(sigmas)
    increasing = lower(module.conventions.increasing_from_decreasing(lift(sigmas)))
    again = lower(module.conventions.decreasing_from_increasing(lift(increasing)))
    ended = lower(module.conventions.sigmas_with_zero(lift(sigmas)))
    entries = [
        int(number(implementation, "karras_index_from_consistency_index", n, count=count)) for n in range(1, count + 1)
    ]
    return (
        exact("conventions.increasing_from_decreasing", increasing.tolist() == sorted(sigmas.tolist())),
        exact("conventions.decreasing_from_increasing", again.tolist() == sigmas.tolist()),
        exact("conventions.sigmas_with_zero", ended.tolist() == [*sigmas.tolist(), 0.0]),
        exact("conventions.karras_index_from_consistency_index", sigmas[entries].tolist() == increasing.tolist()),
    )
