"""VDM's gamma, and the level that a library means by an index of a table of betas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from properties.arbiter import indexing as twins
from properties.arbiter import paths as path_twins
from properties.arbiter import tables
from properties.arbiter.measured import as_measured, precisely
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import rounded
from properties.cases.families import PathPoint, Table
from properties.cases.steps import IndexPoint
from properties.law import law
from properties.laws._compare import entrywise, exact, residual
from properties.laws._data import path_arguments, size_of
from properties.laws._measured import measured, vanishes
from properties.laws.paths.tables import as_argument, make
from properties.protocol import Finding, Findings, Floats, Implementation

LEVELS = ("discrete_index_alpha", "discrete_index_sigma")
GAMMA, BACK = "paths.vdm_gamma_from_half_log_snr", "paths.half_log_snr_from_vdm_gamma"


@law(
    "paths.gamma_arbiter",
    statement="gamma is -2 lambda and lambda is -gamma/2, without a rounding.",
    catalogue=("P48",),
    family="path_point",
    route="arbiter",
)
def gamma_arbiter(implementation: Implementation, case: PathPoint) -> Findings:
    module, lift, lower = implementation.module.paths, implementation.lift, implementation.lower
    level = lower(case.path.build(implementation).half_log_snr(lift(case.t)))
    gamma = lower(module.vdm_gamma_from_half_log_snr(lift(level)))
    back = lower(module.half_log_snr_from_vdm_gamma(lift(gamma)))
    return (
        exact(GAMMA, float(gamma) == -2.0 * float(level), gamma=float(gamma)),
        exact(BACK, float(back) == float(level), half_log_snr=float(back)),
    )


@law(
    "paths.gamma_is_noise_to_signal",
    statement="exp(gamma) is the square of noise to signal, and the level of gamma brings the same ratio back.",
    catalogue=("P48", "P13"),
    family="path_point",
    route="closed form",
)
@precisely
def gamma_is_noise_to_signal(implementation: Implementation, case: PathPoint) -> Findings:
    module, path, lift = implementation.module.paths, case.path.build(implementation), implementation.lift
    place = path_arguments(case.path)
    t, level = lift(case.t), truth(path_twins.half_log_snr, *place, case.t)
    (ratio,) = measured(
        module.noise_to_signal(path, t), truth(path_twins.noise_to_signal, *place, case.t), implementation
    )
    gamma = module.vdm_gamma_from_half_log_snr(path.half_log_snr(t))
    doubled = Truth(tuple(-2 * v for v in level.values), tuple(2 * k for k in level.kappas), level.norm_kappas)
    (own,) = measured(gamma, doubled, implementation)
    (back,) = measured(module.half_log_snr_from_vdm_gamma(gamma), level, implementation)
    return (
        vanishes(GAMMA, own.exp() - ratio.square(), implementation, size=ratio.square()),
        vanishes(BACK, (-back).exp() - ratio, implementation, size=ratio),
    )


def betas_of(implementation: Implementation, case: Table) -> Floats:
    """The betas of a table as values of the dtype."""
    return as_argument(implementation, make(implementation, case)[0])


def levels(implementation: Implementation, betas: Floats, index: float | Floats, convention: str) -> Floats:
    """[alpha, sigma] of an index, or of many (2, ...)."""
    module, lift = implementation.module.paths, implementation.lift
    return np.stack(
        [
            implementation.lower(getattr(module, name)(lift(betas), lift(index), convention=convention))
            for name in LEVELS
        ]
    )


def index_and_truth(case: IndexPoint, betas: Floats, convention: str, dtype: str) -> tuple[float, Truth]:
    """An index at about the case's share of the table, as the convention counts, and the levels that it means."""
    count, single = len(betas), np.dtype(dtype).type
    if convention in ("ho", "diffusers"):
        offset = 1 if convention == "diffusers" else 0
        whole = round(case.share * (count - offset))
        return float(whole), truth(twins.at_steps, betas.tolist(), whole + offset)
    if convention == "score_sde":
        time = float(rounded(case.share, dtype))
        # As the library does it: a product of the dtype, rounded before its floor is taken.
        before = int(np.floor(single(time) * single(count - 1)))
        return time, truth(twins.at_steps, betas.tolist(), before + 1)
    if convention == "dpm_solver":
        index = float(rounded((1.0 + case.share * (count - 1)) / count, dtype))
        steps = index * count
    else:
        index = float(rounded(case.share * (count - 1), dtype))
        steps = index + 1.0
    low = min(max(math.floor(steps), 1), count - 1)
    if count == 1:
        return index, truth(twins.at_steps, betas.tolist(), 1)
    return index, truth(twins.BETWEEN[convention], betas.tolist(), index, low)


@law(
    "paths.index_arbiter",
    statement="Every convention's index, at a knot and between two, means the level that its source says.",
    catalogue=("P7", "P14"),
    family="index_point",
    route="arbiter",
)
def index_arbiter(implementation: Implementation, case: IndexPoint) -> Findings:
    betas = betas_of(implementation, case.table)
    findings: list[Finding] = []
    for convention in implementation.module.paths.INDEX_CONVENTIONS:
        index, exactly = index_and_truth(case, betas, convention, implementation.dtype)
        found = levels(implementation, betas, index, convention)
        for name, value, part in zip(LEVELS, found, exactly.split(1, 1), strict=True):
            findings.append(
                entrywise(f"paths.{name}", implementation.lift(value), part, implementation, convention=convention)
            )
    return tuple(findings)


@law(
    "paths.index_knots",
    statement="At whole indices all conventions name entries of one table: Ho's i is the others' i - 1, the time i/T "
    "of DPM-Solver, and an entry of the cumulative product; Ho's 0 is clean.",
    catalogue=("P7", "P14"),
    family="short_table",
    route="composition",
)
def index_knots(implementation: Implementation, case: Table) -> Findings:
    module, lift, lower = implementation.module.paths, implementation.lift, implementation.lower
    betas = betas_of(implementation, case)
    count, places = len(betas), np.arange(len(betas), dtype=np.float64)
    wanted = np.stack([lower(getattr(module, f"discrete_{name}")(lift(betas))) for name in ("alpha", "sigma")])
    parts = [truth(getattr(tables, f"discrete_{name}"), betas.tolist()) for name in ("alpha", "sigma")]
    sizes = np.stack([size_of(part) for part in parts])
    clean = levels(implementation, betas, 0.0, "ho")
    findings = [exact(f"paths.{LEVELS[0]}", clean[0] == 1.0), exact(f"paths.{LEVELS[1]}", clean[1] == 0.0)]
    times = rounded((places + 1.0) / count, implementation.dtype)
    # An index that is a rounded time is off by a unit of the whole table's count.
    moves = np.abs(np.diff(np.log(wanted[0]), prepend=0.0, append=np.log(wanted[0][-1]))) * count
    slopes = np.maximum(moves[:-1], moves[1:])
    by_time = np.stack([wanted[0] * slopes, wanted[0] ** 2 / wanted[1] * slopes])
    indices: dict[str, tuple[Floats, Floats | float]] = {
        "ho": (places + 1.0, 0.0),
        "diffusers": (places, 0.0),
        "k_diffusion": (places, 0.0),
        "dpm_solver": (times, by_time),
    }
    for convention, (index, extra) in indices.items():
        found = levels(implementation, betas, index, convention)
        allowed = np.broadcast_to(2.0 * sizes + extra, found.shape)
        for name, value, want, scale in zip(LEVELS, found, wanted, allowed, strict=True):
            findings.append(residual(f"paths.{name}", value - want, scale, implementation, convention=convention))
    return tuple(findings)


@law(
    "paths.index_between",
    statement="Between entries: k-diffusion's noise to signal at a half is the geometric mean of its neighbours', "
    "DPM-Solver's alpha likewise, score_sde stays at the entry before; alpha^2 + sigma^2 = 1 and nothing rises.",
    catalogue=("P7", "P14"),
    family="short_table",
    route="closed form",
)
@precisely
def index_between(implementation: Implementation, case: Table) -> Findings:
    betas = betas_of(implementation, case)
    count, dtype = len(betas), implementation.dtype
    if count == 1:
        held = levels(implementation, betas, 0.0, "diffusers")
        others = [levels(implementation, betas, *each) for each in ((1.0, "dpm_solver"), (0.0, "score_sde"))]
        same = all(bool(np.allclose(other, held, rtol=1e-5)) for other in others)
        return tuple(exact(f"paths.{name}", same) for name in LEVELS)
    low = (count - 2) // 2
    findings: list[Finding] = []
    knots = {"k_diffusion": (low, low + 1.0), "dpm_solver": ((low + 1.0) / count, (low + 2.0) / count)}
    for convention, ends in knots.items():
        first, second = (float(rounded(end, dtype)) for end in ends)
        middle = float(rounded(0.5 * (first + second), dtype))
        rows = []
        for index in (first, middle, second):
            part = truth(twins.BETWEEN[convention], betas.tolist(), index, low + 1)
            found = levels(implementation, betas, index, convention)
            rows.append(measured(implementation.lift(found), part, implementation))
        for alpha, sigma in rows:
            findings.append(
                vanishes(f"paths.{LEVELS[1]}", alpha.square() + sigma.square() - as_measured(1.0), implementation)
            )
        if 2.0 * middle == first + second or dtype == "float64":
            ratios = [sigma / alpha if convention == "k_diffusion" else alpha for alpha, sigma in rows]
            defect = ratios[1].square() - ratios[0] * ratios[2]
            findings.append(vanishes(f"paths.{LEVELS[0]}", defect, implementation, size=ratios[1].square()))
    step = rounded((low + 0.5) / (count - 1), dtype)
    stays = levels(implementation, betas, step, "score_sde") - levels(implementation, betas, float(low), "diffusers")
    places = np.linspace(0.0, count - 1.0, 4 * count)
    path: dict[str, Any] = {
        "k_diffusion": places,
        "dpm_solver": 1.0 / count + places / (count - 1.0) * (1.0 - 1.0 / count),
        "score_sde": places / (count - 1.0),
    }
    room = 64.0 * np.finfo(dtype).eps
    for convention, indices in path.items():
        inside = np.clip(rounded(indices, dtype), float(rounded(indices[0], dtype)), indices[-1])
        alphas, sigmas = levels(implementation, betas, inside, convention)
        findings.append(exact(f"paths.{LEVELS[0]}", bool(np.all(np.diff(alphas) <= room * alphas[:-1])), by=convention))
        findings.append(
            exact(f"paths.{LEVELS[1]}", bool(np.all(np.diff(sigmas) >= -room * sigmas[:-1])), by=convention)
        )
    return (
        *findings,
        *(exact(f"paths.{name}", bool(value == 0.0)) for name, value in zip(LEVELS, stays, strict=True)),
    )
