"""The arbiter's solvers: against the printed formulas, the integrals that they approximate, and their own limits."""

from __future__ import annotations

from typing import Any

import pytest
from flint import acb, arb

from properties.arbiter import solvers
from properties.arbiter.measured import precisely
from properties.arbiter.solver_line import (
    Line,
    exponential_moments,
    integrated,
    polynomial_moments,
    ratio_moments,
)
from properties.arbiter.solver_multistep import ADAMS

NAME = "VPLinear"
TIMES = ("0.6", "0.55", "0.48", "0.45", "0.4")


def path() -> list[arb]:
    return [arb("0.1"), arb(20), arb(1)]


def line() -> Line:
    return Line(NAME, path(), arb("1.3"))


def gains(
    rule: str, times: tuple[str, ...] = TIMES, history: int = 0, absolute: bool = False, **options: Any
) -> list[Any]:
    return solvers.gains(
        rule, (), [], options, NAME, path(), [arb(t) for t in times], arb("1.3"), "", history, absolute
    )


def half_log_snr(t: str) -> Any:
    return line().half_log_snr(arb(t))


@precisely
def test_a_ddim_step_is_the_flow_times_a_cosine() -> None:
    start, _ = gains("DDIM", ("0.6", "0.4"), eta=arb(0))
    flow, _ = line().flow([arb(1)], arb("0.6"), arb("0.4"))
    angles = []
    for t in ("0.6", "0.4"):
        alpha, sigma = line().levels(arb(t))
        angles.append((sigma / (alpha * arb("1.3").sqrt())).atan())

    assert (start - flow * (angles[0] - angles[1]).cos()).contains(0)


@precisely
def test_dpm_solver_2_has_the_printed_factor() -> None:
    """alpha_e/alpha_s - sigma_e (e^h - 1) e_m [alpha_m/alpha_s - sigma_m (e^{h/2} - 1) e_s], e = sigma/V (P78)."""
    half = (half_log_snr("0.6") + half_log_snr("0.4")) / 2
    middle, ends = line().time(half), (arb("0.6"), arb("0.4"))
    (alpha, sigma), (alpha_end, sigma_end), (inner, noise) = (line().levels(t) for t in (*ends, middle))
    length = half_log_snr("0.4") - half_log_snr("0.6")
    first, second = (s / (a**2 * arb("1.3") + s**2) for a, s in ((alpha, sigma), (inner, noise)))
    stage = inner / alpha - noise * ((length / 2).exp() - 1) * first
    expected = alpha_end / alpha - sigma_end * (length.exp() - 1) * second * stage
    start, _ = gains("DPMSolver", ("0.6", "0.4"), order=2, output="noise", r1=arb("0.5"), variant="midpoint")

    assert (start - expected).contains(0)


@precisely
def test_third_order_multistep_is_newtons_polynomial_as_printed() -> None:
    """D1 and h^2 D'' with psi_1, psi_2, psi_3 (P73)."""
    h, back, further = arb("0.4"), arb("0.3"), arb("0.5")
    outputs = [arb("1.1"), arb("0.7"), arb("0.9")]
    first, second = (outputs[0] - outputs[1]) / (back / h), (outputs[1] - outputs[2]) / (further / h)
    share = back / (back + further)
    slope = first + share * (first - second)
    bend = 2 * (first - second) / ((back + further) / h)
    psi = [(-h).exp() - 1]
    psi += [psi[0] / h + 1]
    psi += [psi[1] / h - arb("0.5")]
    expected = -(psi[0] * outputs[0] - psi[1] * slope + psi[2] * bend)
    weights = integrated([arb(0), -back, -back - further], exponential_moments(arb(1), h, 3))

    assert (sum((w * o for w, o in zip(weights, outputs, strict=True)), arb(0)) - expected).contains(0)


@pytest.mark.parametrize("power", [0, 1, 2, 3])
@precisely
def test_moments_are_their_integrals(power: int) -> None:
    rate, length = arb("-1.25"), arb("0.7")
    exact = acb.integral(lambda u, _: (-rate * (length - u)).exp() * u**power, 0, acb(length)).real
    found = exponential_moments(rate, length, 4)[power]
    start, end = arb("0.6"), arb("0.3")

    def slope(t: acb, _: bool) -> acb:
        # sigma/alpha = sqrt(e^B - 1) of VP-linear, and its derivative
        growth = (t * arb("0.1") + t * t * arb("9.95")).exp()
        beta = arb("0.1") + arb("19.9") * t
        return (t - start) ** power * beta * growth / (2 * (growth - 1).sqrt())

    ratio = acb.integral(slope, acb(start), acb(end)).real

    assert (found - exact).contains(0)
    assert abs(ratio_moments(line(), start, end, 4)[power] - ratio) < arb(2) ** -90


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@precisely
def test_on_equal_steps_the_polynomial_is_adams_bashforth(order: int) -> None:
    weights = integrated([arb(index) for index in range(1 - order, 1)], polynomial_moments(arb(1), order))
    table, denominator = ADAMS[order]

    assert all((w * denominator - a).contains(0) for w, a in zip(weights, table, strict=True))


SECOND: dict[str, dict[str, Any]] = {
    "Heun": {"variable": "time"},
    "Midpoint": {"variable": "signal_to_noise"},
    "DPMSolver": {"order": 3, "output": "denoiser", "r1": 1 / 3, "r2": 2 / 3, "variant": "midpoint"},
    "UniPC": {"nodes": 2, "output": "noise", "variant": "bh1", "corrector": True},
    "DEIS": {"order": 3, "variable": "time"},
    "SASolver": {"predictor_order": 2, "corrector_order": 3, "noise_level": arb(0)},
}


@pytest.mark.parametrize("rule", SECOND)
@precisely
def test_rules_tend_to_the_flow(rule: str) -> None:
    flow = line().flow([arb(1)], arb("0.6"), arb("0.4"))
    errors = []
    for count in (8, 64):
        times = (*(str(0.6 - 0.2 * index / count) for index in range(count)), "0.4")
        found = gains(rule, times, **SECOND[rule])
        errors.append(max(abs(a - b) for a, b in zip(found, flow, strict=True)))

    assert errors[1] < errors[0] * arb("0.3")
    assert errors[1] < arb("1e-3")


@pytest.mark.parametrize("rule", SECOND)
@precisely
def test_the_sizes_of_the_terms_bound_their_sum(rule: str) -> None:
    found, sizes = (gains(rule, absolute=absolute, **SECOND[rule]) for absolute in (False, True))

    assert all(abs(a) <= b + arb("1e-60") for a, b in zip(found, sizes, strict=True))


@precisely
def test_a_first_unipc_step_is_corrected_by_the_trapezoid() -> None:
    """With B = e^z - 1: x - alpha (e^{-h} - 1) [D_0 + (D_1 - D_0)/2], D_1 at the predicted state."""
    times = ("0.6", "0.5", "0.4")
    found = gains("UniPC", times, nodes=1, output="denoiser", variant="bh2", corrector=True)
    where, ends = line(), [arb(t) for t in times]
    first = where.evaluate("denoiser", [arb(1)], ends[0])

    def move(x: list[arb], answer: list[arb], start: arb, end: arb) -> list[arb]:
        (_, sigma), (alpha_end, sigma_end) = where.levels(start), where.levels(end)
        length = where.half_log_snr(end) - where.half_log_snr(start)
        return where.combine((sigma_end / sigma, x), (alpha_end * (1 - (-length).exp()), answer))

    predicted = move([arb(1)], first, ends[0], ends[1])
    second = where.evaluate("denoiser", predicted, ends[1])
    half = arb(1) / 2
    corrected = move([arb(1)], where.combine((half, first), (half, second)), ends[0], ends[1])
    expected = move(corrected, second, ends[1], ends[2])

    assert all((a - b).contains(0) for a, b in zip(found, expected, strict=True))
