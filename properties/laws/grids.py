"""Grids of times and noise levels: even spacings in some variable, and integer timesteps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from properties.arbiter import grids as twins
from properties.arbiter import paths as path_twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import rounded
from properties.cases.families import GridCase
from properties.law import law
from properties.laws._arguments import in_double
from properties.laws._compare import entrywise, exact
from properties.laws._data import path_arguments
from properties.laws._measured import measured, vanishes
from properties.protocol import Finding, Findings, Implementation


def _grids(implementation: Implementation, case: GridCase) -> dict[str, tuple[Any, Truth, tuple[float, float]]]:
    """Every grid of the case by its name, with its truth and its two ends."""
    module, count = implementation.module.grids, case.count
    levels = {"sigma_min": case.sigma_min, "sigma_max": case.sigma_max}
    times = {"t_start": case.t_start, "t_end": case.t_end}
    ends = (case.sigma_max, case.sigma_min)
    return {
        "karras_sigmas": (
            module.karras_sigmas(count, **levels, rho=case.rho),
            truth(twins.karras_sigmas, count, case.sigma_min, case.sigma_max, case.rho),
            ends,
        ),
        "geometric_sigmas": (
            module.geometric_sigmas(count, **levels),
            truth(twins.geometric_sigmas, count, case.sigma_min, case.sigma_max),
            ends,
        ),
        "uniform_times": (
            module.uniform_times(count, **times),
            truth(twins.uniform_times, count, case.t_start, case.t_end),
            (case.t_start, case.t_end),
        ),
        "uniform_half_log_snr_times": (
            module.uniform_half_log_snr_times(case.path.build(implementation), count, **times),
            truth(twins.uniform_half_log_snr_times, *path_arguments(case.path), count, case.t_start, case.t_end),
            (case.t_start, case.t_end),
        ),
    }


def _shift(case: GridCase) -> tuple[float, float]:
    """A time in (0, 1) and a shift, out of the case's numbers."""
    return case.t_end / (1.0 + case.t_start), case.rho


@law(
    "grids.arbiter",
    statement="Every value of every grid is what its definition makes it.",
    catalogue=("P17", "P18", "P19"),
    family="grid",
    route="arbiter",
)
def arbiter(implementation: Implementation, case: GridCase) -> Findings:
    host = in_double(implementation)
    findings = [
        entrywise(f"grids.{name}", values, exactly, host)
        for name, (values, exactly, _) in _grids(implementation, case).items()
    ]
    t, shift = _shift(case)
    t = float(rounded(t, implementation.dtype))
    shifted = implementation.module.grids.flow_shift(implementation.lift(t), shift=shift)
    return (*findings, entrywise("grids.flow_shift", shifted, truth(twins.flow_shift, t, shift), implementation))


def _second_differences(values: Sequence[Measured]) -> list[Measured]:
    return [a - 2 * b + c for a, b, c in zip(values, values[1:], values[2:], strict=False)]


@law(
    "grids.even_spacing",
    statement="Karras grids are evenly spaced in sigma^(1/rho), geometric ones in log sigma, the others in t or in the "
    "half log-SNR; all are monotone with exact ends.",
    catalogue=("P17", "P18"),
    family="grid",
    route="closed form",
)
@precisely
def even_spacing(implementation: Implementation, case: GridCase) -> Findings:
    host = in_double(implementation)
    path, path_spec = case.path.build(implementation), path_arguments(case.path)
    findings: list[Finding] = []
    for name, (grid, exactly, ends) in _grids(implementation, case).items():
        values = measured(grid, exactly, host)
        floats = host.lower(grid)
        quantity = f"grids.{name}"
        monotone = floats.shape == (case.count,) and bool(np.all(np.diff(floats) < 0.0))
        right_ends = floats[0] == ends[0] and (case.count == 1 or floats[-1] == ends[1])
        findings.append(exact(quantity, monotone and bool(right_ends), first=float(floats[0]), last=float(floats[-1])))
        if name == "karras_sigmas":
            power = 1 / as_measured(case.rho)
            values = [(power * value.log()).exp() for value in values]
        elif name == "geometric_sigmas":
            values = [value.log() for value in values]
        elif name == "uniform_half_log_snr_times":
            values = [_level(host, path, path_spec, value, float(t)) for value, t in zip(values, floats, strict=True)]
        if case.count > 2:
            findings.append(vanishes(quantity, _second_differences(values), host))
    return tuple(findings)


def _level(host: Implementation, path: Any, arguments: Any, time: Measured, t: float) -> Measured:
    """The implementation's half log-SNR at a computed time, with what both may be wrong by."""
    name, parameters = arguments
    value_truth, slope_truth = truth(path_twins.methods, name, parameters, t).split(4, 1, 1, 2)[1:3]
    (value,) = measured(path.half_log_snr(t), value_truth, host)
    return Measured(value.value, value.allowance + abs(slope_truth.values[0]) * time.allowance)


@law(
    "grids.shift_of_half_log_snr",
    statement="The flow shift lowers the half log-SNR of flow matching by log(shift); shifts multiply; ends stay.",
    catalogue=("P19",),
    family="grid",
    route="closed form",
)
@precisely
def shift_of_half_log_snr(implementation: Implementation, case: GridCase) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    t, shift = _shift(case)
    t = float(rounded(t, implementation.dtype))
    path = module.FlowMatching()

    def level(time: float) -> tuple[Measured, Any]:
        value_truth, slope_truth = truth(path_twins.methods, "FlowMatching", [], time).split(4, 1, 1, 2)[1:3]
        return measured(path.half_log_snr(lift(time)), value_truth, implementation)[0], slope_truth.values[0]

    computed = module.grids.flow_shift(lift(t), shift=shift)
    (moved,) = measured(computed, truth(twins.flow_shift, t, shift), implementation)
    (before, _), (after, slope) = level(t), level(float(lower(computed)))
    after = Measured(after.value, after.allowance + abs(slope) * moved.allowance)
    residual = after - before + as_measured(shift).log()
    # The time after both shifts is that of one; its error is the second's own plus the first's, carried on.
    twice = module.grids.flow_shift(computed, shift=2.0)
    (again,) = measured(twice, truth(twins.flow_shift, float(lower(computed)), 2.0), implementation)
    (once,) = measured(
        module.grids.flow_shift(lift(t), shift=2.0 * shift), truth(twins.flow_shift, t, 2.0 * shift), implementation
    )
    # The derivative of 2t/(1 + t) is 2/(1 + t)^2, at most 2.
    again = Measured(again.value, again.allowance + 2 * moved.allowance)
    ends = lower(module.grids.flow_shift(lift([0.0, 1.0]), shift=shift))
    return (
        vanishes("grids.flow_shift", residual, implementation, size=as_measured(math.log(2.0))),
        vanishes("grids.flow_shift", again - once, implementation, size=once),
        exact("grids.flow_shift", bool(ends[0] == 0.0 and ends[1] == 1.0), ends=ends.tolist()),
    )


@law(
    "grids.timesteps",
    statement="Integer timesteps are the integers of the formula in exact arithmetic, decreasing, inside the table.",
    catalogue=("P14",),
    family="grid",
    route="enumeration",
)
def timesteps(implementation: Implementation, case: GridCase) -> Findings:
    module, host = implementation.module.grids, in_double(implementation)
    steps, count = case.training_steps, case.count
    findings = []
    offsets = (0, 1) if (count - 1) * (steps // count) + 1 < steps else (0,)
    for offset in offsets:
        computed = host.lower(module.leading_timesteps(count, training_steps=steps, offset=offset))
        wanted = twins.leading_timesteps(count, steps, offset)
        findings.append(exact("grids.leading_timesteps", computed.tolist() == wanted, wanted=wanted))
    for name in ("trailing_timesteps", "linspace_timesteps"):
        computed = host.lower(getattr(module, name)(count, training_steps=steps))
        wanted = getattr(twins, name)(count, steps)
        findings.append(exact(f"grids.{name}", computed.tolist() == wanted, computed=computed.tolist(), wanted=wanted))
    return tuple(findings)


@law(
    "grids.timestep_strides",
    statement="Integer timesteps have the strides that their names promise: constant and ending at the offset "
    "(leading), starting at the last training step (trailing), from the last to the first (linspace), evenly within 1.",
    catalogue=("P14",),
    family="grid",
    route="defining property",
)
def timestep_strides(implementation: Implementation, case: GridCase) -> Findings:
    module, host = implementation.module.grids, in_double(implementation)
    steps, count = case.training_steps, case.count
    leading, trailing, linspace = (
        host.lower(getattr(module, f"{name}_timesteps")(count, training_steps=steps))
        for name in ("leading", "trailing", "linspace")
    )
    promises = {
        "leading": leading[-1] == 0 and bool(np.all(np.diff(leading) == -(steps // count))),
        "trailing": trailing[0] == steps - 1 and bool(np.all(np.abs(np.diff(trailing) + steps / count) <= 1)),
        "linspace": linspace[0] == steps - 1 and (count == 1 or linspace[-1] == 0),
    }
    if count > 1:
        even = (steps - 1) / (count - 1)
        promises["linspace"] = promises["linspace"] and bool(np.all(np.abs(np.diff(linspace) + even) <= 1))
    return tuple(exact(f"grids.{name}_timesteps", bool(holds)) for name, holds in promises.items())
