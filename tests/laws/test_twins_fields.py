"""The arbiter's fields and conversions: derivatives by differences at high precision, and the printed forms of P20."""

from __future__ import annotations

from itertools import permutations

import pytest
from flint import arb

from properties.arbiter import conversions, fields
from properties.arbiter.measured import precisely

NAME, PATH = "FlowMatching", []


def data() -> list[list[arb]]:
    """The catalogue's mixture on the line, at the precision of the moment."""
    return [[arb("0.35"), arb("0.65")], [[arb("-1.5")], [arb(1)]], [arb("0.16"), arb("0.49")]]


def at(x: arb, t: arb) -> list[arb]:
    return [value[0] for value in fields.all_fields(NAME, PATH, "isotropic", data(), [x], t, False)]


@precisely
def test_jacobian_and_third_cumulant_are_derivatives() -> None:
    step, t, x = arb(2) ** -80, arb("0.4"), arb("0.3")
    slope = (at(x + step, t)[2] - at(x - step, t)[2]) / (2 * step)
    bend = (at(x + step, t)[4] - at(x - step, t)[4]) / (2 * step)
    cumulant = fields.third_cumulant(NAME, PATH, "isotropic", data(), [x], t)[0][0][0]

    assert abs(slope - at(x, t)[5]) < arb(2) ** -100
    assert abs(bend - (1 - t) / t**2 * cumulant) < arb(2) ** -100


@precisely
def test_flow_matching_velocity_is_the_printed_one() -> None:
    t, x = arb("0.4"), arb("0.3")
    score, _, denoiser, velocity, *_ = at(x, t)

    assert (score + (x + (1 - t) * velocity) / t).contains(0)
    assert (denoiser - (x - t * velocity)).contains(0)


@pytest.mark.parametrize(("source", "target"), list(permutations(conversions.PREDICTIONS, 2)))
@precisely
def test_a_conversion_and_its_inverse(source: str, target: str) -> None:
    alpha = arb("0.8")
    levels = (alpha, (1 - alpha**2).sqrt(), arb("-0.3"), arb("0.4"))
    there = conversions.convert(source, target, [arb("0.7")], [arb("0.3")], *levels)
    back = conversions.convert(target, source, there, [arb("0.3")], *levels)

    assert (back[0] - arb("0.7")).contains(0)
