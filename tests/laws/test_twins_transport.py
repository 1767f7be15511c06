"""The arbiter's transport, by numbers that it did not make: known pairs, integrals, and defining equations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from flint import acb, arb

from properties.arbiter import transport as twins
from properties.arbiter.linear_algebra import inverse, matmul, scale, shift, subtract, transpose
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import lift

FIRST = [[2.0, 0.5], [0.5, 1.0]]
SECOND = [[1.0, -0.75], [-0.75, 3.0]]
MEANS = [1.0, -2.0], [0.5, 4.0]
X = [0.25, -0.5]


def pair() -> list[Any]:
    """The two laws, lifted."""
    laws: list[Any] = lift([MEANS[0], FIRST, MEANS[1], SECOND])
    return laws


def close(first: list[Any], second: list[Any]) -> bool:
    gaps = subtract(first, second)
    return all(bool(abs(entry) < arb(2) ** -120) for row in gaps for entry in row)


@precisely
def test_the_optimal_map_on_the_line_stretches() -> None:
    transport, image, *_ = twins.optimal([arb(1)], [[arb(4)]], [arb(-1)], [[arb(9)]], [arb(3)], arb(0))
    assert close(transport, [[arb(3) / 2]])
    assert close([image], [[arb(2)]])


@precisely
def test_the_optimal_map_is_numpys() -> None:
    first, second = np.array(FIRST), np.array(SECOND)
    values, vectors = np.linalg.eigh(first)
    root, back = (vectors * values**power @ vectors.T for power in (0.5, -0.5))
    middle, turn = np.linalg.eigh(root @ second @ root)
    expected = back @ (turn * np.sqrt(middle) @ turn.T) @ back
    found = twins.optimal_matrix(*lift([FIRST, SECOND]))
    assert np.array([[float(entry.mid()) for entry in row] for row in found]) == pytest.approx(expected, rel=1e-13)


@precisely
def test_the_flow_solves_its_equation() -> None:
    first, second = lift([FIRST, SECOND])
    start, t, step = arb("0.125"), arb("0.5"), arb(2) ** -60
    before, at, after = (twins.flow_matrix(first, second, start, end) for end in (t - step, t, t + step))
    slope = scale(1 / (2 * step), subtract(after, before))
    regressed = subtract(scale(t, second), scale(1 - t, first))
    rate = matmul(matmul(regressed, inverse(twins.spread(first, second, t))), at)
    gaps = subtract(slope, rate)
    assert all(bool(abs(entry) < arb(2) ** -100) for row in gaps for entry in row)


@precisely
def test_the_kinetic_energy_is_its_integral() -> None:
    first, second = lift([FIRST, SECOND])

    def rate(t: acb, _: bool) -> acb:
        blend = [
            [(1 - t) ** 2 * a + t**2 * b for a, b in zip(*rows, strict=True)]
            for rows in zip(first, second, strict=True)
        ]
        gain = [[t * b - (1 - t) * a for a, b in zip(*rows, strict=True)] for rows in zip(first, second, strict=True)]
        whole = blend[0][0] * blend[1][1] - blend[0][1] * blend[1][0]
        adjugate = [[blend[1][1], -blend[0][1]], [-blend[1][0], blend[0][0]]]
        total = acb(0)
        for i in range(2):
            for j in range(2):
                for k in range(2):
                    total += gain[k][i] * adjugate[i][j] * gain[k][j]
        return total / whole

    distance = sum((b - a) ** 2 for a, b in zip(*lift(list(MEANS)), strict=True))
    integral = distance + acb.integral(rate, 0, 1).real
    assert abs(twins.energies(*pair())[1] - integral) < arb(2) ** -100


@precisely
def test_an_isotropic_source_has_the_known_energy() -> None:
    for deviation in (arb("0.5"), arb(3)):
        _, kinetic, coupled = twins.energies([arb(0)], [[arb(1)]], [arb(0)], [[deviation**2]])
        assert abs(kinetic - (1 + deviation**2 - arb.pi() / 2 * deviation)) < arb(2) ** -120
        assert abs(coupled - (1 + deviation**2)) < arb(2) ** -120


@precisely
def test_the_entropic_coupling_solves_its_quadratic() -> None:
    first, second = lift([FIRST, SECOND])
    variance = arb("0.75")
    coupled = twins.cross_covariance(first, second, variance)
    assert close(matmul(coupled, shift(coupled, variance)), matmul(first, second))


@precisely
def test_the_bridge_ends_at_its_laws() -> None:
    for t, mean, covariance in ((arb(0), MEANS[0], FIRST), (arb(1), MEANS[1], SECOND)):
        _, centre, total, _ = twins.bridge(*pair(), lift(X), t, arb("0.75"))
        assert close([centre], [lift(mean)])
        assert close(total, lift(covariance))


@precisely
def test_conditional_matching_is_a_mean_of_squares() -> None:
    # E (a x_t + b - (x_noise - x_0))^2 at FlowMatching's t, on the line by moments of degree two.
    mean, variance, slope, offset, t = 0.5, 2.0, -0.75, 0.25, 0.375
    second = variance + mean**2
    of_data, of_noise = slope * (1.0 - t) + 1.0, slope * t - 1.0
    expected = of_data**2 * second + 2.0 * of_data * offset * mean + offset**2 + of_noise**2
    model = lift([[[slope]], [offset], t])
    law = lift([[mean], [[variance]]])
    found = twins.conditional_matching("FlowMatching", [], "gaussian", law, *model)
    assert float(found.mid()) == pytest.approx(expected, rel=1e-14)


@precisely
def test_an_affine_flow_has_the_pushed_density() -> None:
    base = [lift([1.0]), lift([[4.0]])]
    found = twins.affine_flow_log_prob(
        "gaussian", base, [lift([[3.0]]), lift([[-2.0]])], lift([[1.0], [0.5]]), lift([0.0])
    )
    mean, deviation = -2.0 * (3.0 * 1.0 + 1.0) + 0.5, 12.0
    expected = -0.5 * (mean / deviation) ** 2 - math.log(deviation) - 0.5 * math.log(2.0 * math.pi)
    assert float(found.mid()) == pytest.approx(expected, rel=1e-14)


def test_transposes_are_seen_by_the_defect() -> None:
    jacobian = lift([[1.0, 2.0], [0.0, 1.0]])
    assert float(twins.brenier_defect(jacobian).mid()) == pytest.approx(math.sqrt(8.0), rel=1e-14)
    assert float(twins.brenier_defect(matmul(jacobian, transpose(jacobian))).mid()) == 0.0
