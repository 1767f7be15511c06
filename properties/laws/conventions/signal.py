"""Laws of the words for a level: shares of power, ratios and their logarithms, and the continuous cosine schedule."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.arbiter import conventions as twins
from properties.arbiter import paths
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, truth
from properties.cases.conventions import CosinePoint, SignalPoint
from properties.cases.draw import rounded
from properties.law import law
from properties.laws._arguments import second_of_two
from properties.laws._compare import entrywise, exact
from properties.laws._data import path_arguments
from properties.laws._measured import measured, vanishes
from properties.protocol import Findings, Implementation

Judged = dict[str, tuple[Any, Truth]]


def quantities(implementation: Implementation, case: SignalPoint) -> tuple[Judged, Judged]:
    """Every quantity of the half log-SNR, and the half log-SNR of every quantity, at the values just computed."""
    module, lift = implementation.module.conventions, implementation.lift
    there: Judged = {}
    back: Judged = {}
    for name in twins.LEVELS:
        value = getattr(module, f"{name}_from_half_log_snr")(lift(case.half_log_snr))
        there[f"{name}_from_half_log_snr"] = (value, truth(twins.of_half_log_snr, name, case.half_log_snr))
        given = float(implementation.lower(value))
        back[f"half_log_snr_from_{name}"] = (
            getattr(module, f"half_log_snr_from_{name}")(value),
            truth(twins.half_log_snr, name, given),
        )
    return there, back


def shares(implementation: Implementation, case: SignalPoint) -> Judged:
    """The levels of a share of the power, and the share of a level."""
    module, lift = implementation.module.conventions, implementation.lift
    share = lift(case.alpha_bar)
    alpha, sigma = truth(twins.levels_of_alpha_bar, case.alpha_bar).split(1, 1)
    return {
        "alpha_from_alpha_bar": (module.alpha_from_alpha_bar(share), alpha),
        "sigma_from_alpha_bar": (module.sigma_from_alpha_bar(share), sigma),
        "alpha_bar_from_alpha": (module.alpha_bar_from_alpha(share), truth(twins.alpha_bar, case.alpha_bar)),
    }


@law(
    "conventions.signal_arbiter",
    statement="SNR, log-SNR, sigma/alpha and alpha/sigma belong to the half log-SNR as their definitions say, and abar "
    "to the levels",
    catalogue=("P7", "P13", "P48"),
    family="signal_point",
    route="arbiter",
)
def signal_arbiter(implementation: Implementation, case: SignalPoint) -> Findings:
    there, back = quantities(implementation, case)
    return tuple(
        entrywise(f"conventions.{name}", computed, exactly, implementation)
        for name, (computed, exactly) in (there | back | shares(implementation, case)).items()
    )


@law(
    "conventions.signal_returns",
    statement="a half log-SNR comes back from each of its other names, and the powers of abar's levels add to 1",
    catalogue=("P7", "P13", "P48"),
    family="signal_point",
    route="composition",
)
@precisely
def signal_returns(implementation: Implementation, case: SignalPoint) -> Findings:
    there, back = quantities(implementation, case)
    level = as_measured(case.half_log_snr)
    findings = []
    for (name, first), (inverse, second) in zip(there.items(), back.items(), strict=True):
        (value,), (again,) = (measured(*pair, implementation) for pair in (first, second))
        # What the first was wrong by, carried on: log-SNR doubles, the ratios are exponentials.
        carried = value.allowance / (2 if name.startswith("log") else abs(value.value))
        row = Measured(again.value - level.value, again.allowance + carried)
        findings += [vanishes(f"conventions.{quantity}", row, implementation) for quantity in (name, inverse)]
    share = {name: measured(*pair, implementation)[0] for name, pair in shares(implementation, case).items()}
    alpha, sigma = share["alpha_from_alpha_bar"], share["sigma_from_alpha_bar"]
    given, one = as_measured(case.alpha_bar), as_measured(1.0)
    return (
        *findings,
        vanishes("conventions.alpha_from_alpha_bar", alpha.square() - given, implementation, size=given),
        vanishes("conventions.sigma_from_alpha_bar", alpha.square() + sigma.square() - one, implementation, size=one),
        vanishes("conventions.alpha_bar_from_alpha", share["alpha_bar_from_alpha"] - given.square(), implementation),
    )


@law(
    "conventions.signal_means_the_path",
    statement="what others say of a path's level is turned into that path's own half log-SNR, and its squared signal "
    "into its levels",
    catalogue=("P7", "P13", "P48"),
    family="signal_point",
    route="closed form",
)
@precisely
def signal_means_the_path(implementation: Implementation, case: SignalPoint) -> Findings:
    module, lift, lower = implementation.module.conventions, implementation.lift, implementation.lower
    path, place = case.point.path.build(implementation), path_arguments(case.point.path)
    time = lift(case.point.t)
    parts = truth(paths.methods, *place, case.point.t).split(*(1 for _ in paths.METHODS))
    exactly = dict(zip(paths.METHODS, parts, strict=True))
    alpha, sigma, level = (
        measured(getattr(path, name)(time), exactly[name], implementation)[0]
        for name in ("alpha", "sigma", "half_log_snr")
    )
    ratio = alpha / sigma
    said = {
        "snr": ratio.square(),
        "log_snr": ratio.square().log(),
        "noise_to_signal": 1 / ratio,
        "signal_to_noise": ratio,
    }
    findings = []
    for name, quantity in said.items():
        given = float(rounded(float(quantity.value.mid()), implementation.dtype))
        if not np.isfinite(given) or (name != "log_snr" and given == 0.0):
            continue
        found = getattr(module, f"half_log_snr_from_{name}")(lift(given))
        (own,) = measured(found, truth(twins.half_log_snr, name, given), implementation)
        # The other's number was rounded once and is wrong by what the levels are.
        slope = 0.5 if name == "log_snr" else 1 / abs(as_measured(given).value)
        carried = (quantity.allowance + abs(quantity.value)) * slope
        row = Measured(own.value - level.value, own.allowance + level.allowance + carried)
        findings.append(vanishes(f"conventions.half_log_snr_from_{name}", row, implementation))
    signal = float(lower(path.alpha(time)))
    squared = module.alpha_bar_from_alpha(lift(signal))
    (share,) = measured(squared, truth(twins.alpha_bar, signal), implementation)
    again = float(lower(squared))
    exact_levels = truth(twins.levels_of_alpha_bar, again).split(1, 1)
    (back,) = measured(module.alpha_from_alpha_bar(squared), exact_levels[0], implementation)
    slack = share.allowance / (2 * back.value) if float(back.value.mid()) > 0.0 else share.allowance
    row = Measured(back.value - as_measured(signal).value, back.allowance + slack)
    return (*findings, vanishes("conventions.alpha_bar_from_alpha", row, implementation))


@law(
    "conventions.cosine_arbiter",
    statement="the continuous cosine schedule is a cosine over its value at 0, and the rest of the power",
    catalogue=("P15",),
    family="cosine_point",
    route="arbiter",
)
def cosine_arbiter(implementation: Implementation, case: CosinePoint) -> Findings:
    module, t = implementation.module.conventions, implementation.lift(case.t)
    parts = truth(twins.cosine_levels, case.t, case.offset).split(1, 1)
    return tuple(
        entrywise(f"conventions.{name}", getattr(module, name)(t, offset=case.offset), part, implementation)
        for name, part in zip(("cosine_alpha", "cosine_sigma"), parts, strict=True)
    )


BETAS = 12


@law(
    "conventions.cosine_is_the_table",
    statement="at the ends of its steps the table of cosine betas has the continuous levels, all but the last, which a "
    "clipped beta keeps above the 0 that the continuous schedule reaches",
    catalogue=("P15",),
    family="cosine_point",
    route="closed form",
)
@precisely
def cosine_is_the_table(implementation: Implementation, case: CosinePoint) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    betas = np.asarray(module.paths.cosine_betas(BETAS, offset=case.offset), dtype=np.float64)
    betas = rounded(betas, implementation.dtype)
    table = lower(module.paths.discrete_alpha(lift(betas)))
    found = []
    for index in range(BETAS - 1):
        t = float(rounded((index + 1) / BETAS, implementation.dtype))
        exactly = truth(twins.cosine_levels, t, case.offset).split(1, 1)
        level = module.conventions.cosine_alpha(lift(t), offset=case.offset)
        noise = module.conventions.cosine_sigma(lift(t), offset=case.offset)
        (alpha,), (sigma,) = (
            measured(value, part, implementation) for value, part in zip((level, noise), exactly, strict=True)
        )
        # Betas and times were rounded: index + 1 roundings of 1 - beta, each over itself, and one of t.
        wrong = sum(beta / (1.0 - beta) for beta in betas[: index + 1]) + index + 4.0
        row = Measured((alpha - as_measured(float(table[index]))).value, alpha.allowance + as_measured(wrong).value)
        found.append(vanishes("conventions.cosine_alpha", row, implementation, size=alpha))
        one = as_measured(1.0)
        found.append(
            vanishes("conventions.cosine_sigma", alpha.square() + sigma.square() - one, implementation, size=one)
        )
    end = float(lower(module.conventions.cosine_alpha(lift(1.0), offset=case.offset)))
    return (*found, exact("conventions.cosine_alpha", end == 0.0 and float(table[-1]) > 0.0, end=end))


@law(
    "conventions.batches_of_signals",
    statement="of a batch of levels each is converted as it is alone",
    catalogue=("P7", "P13", "P15", "P48"),
    family="signal_point",
    route="composition",
)
def batches_of_signals(implementation: Implementation, case: SignalPoint) -> Findings:
    second = second_of_two(implementation)
    there, back = quantities(second, case)
    schedule = cosine_arbiter(second, CosinePoint(case.alpha_bar, 0.008))
    found = (there | back | shares(second, case)).items()
    return (
        *(entrywise(f"conventions.{name}", computed, exactly, second) for name, (computed, exactly) in found),
        *schedule,
    )
