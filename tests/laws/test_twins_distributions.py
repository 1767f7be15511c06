"""The arbiter's data laws: printed values, and Tweedie's identities, which its component posteriors do not use."""

from __future__ import annotations

import pytest
from flint import arb

from properties.arbiter import distributions
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import truth


def line() -> list[list[arb]]:
    """The catalogue's mixture on the line, at the precision of the moment."""
    return [[arb("0.35"), arb("0.65")], [[arb("-1.5")], [arb(1)]], [arb("0.16"), arb("0.49")]]


def plane() -> list[list[arb]]:
    return [
        [arb("0.25"), arb("0.75")],
        [[arb(1), arb(-2)], [arb("0.5"), arb(1)]],
        [[[arb(2), arb("0.5")], [arb("0.5"), arb(1)]], [[arb("0.25"), arb("0.1")], [arb("0.1"), arb("0.5")]]],
    ]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("0.3", "1.4929842617399264178"),
        ("-2.5", "4.1773799186915344871"),
        ("4", "10.176719974746149722"),
    ],
)
@precisely
def test_negative_log_density_of_a_mixture_on_the_line(place: str, expected: str) -> None:
    log_prob = distributions.density("isotropic", line(), [arb(place)], 1, 0)[0]

    assert abs(log_prob + arb(expected)) < arb("1e-18")


@pytest.mark.parametrize(
    ("sigma", "expected"), [(0.0, "1.4811107901632099264"), (1.0, "1.9196271048106839712")], ids=["t=0", "t=1"]
)
@precisely
def test_entropy_of_a_mixture_on_the_line(sigma: float, expected: str) -> None:
    entropy = distributions.line_entropy("isotropic", line(), 1.0, sigma)

    assert abs(entropy - arb(expected)) < arb("1e-13")


@precisely
def test_posterior_of_components_is_tweedies() -> None:
    alpha, sigma, x = arb("0.8"), arb("0.7"), [arb("0.3"), arb("-0.4")]
    _, score, hessian, mean, covariance = distributions.everything("mixture", plane(), x, alpha, sigma)
    for index in range(2):
        assert (alpha * mean[index] - x[index] - sigma**2 * score[index]).contains(0)
    for index in range(4):
        unit = arb(int(index in {0, 3}))
        assert (alpha**2 * covariance[index] - sigma**2 * unit - sigma**4 * hessian[index]).contains(0)


@precisely
def test_every_kind_of_one_law_agrees() -> None:
    alpha, sigma, x = arb("0.8"), arb("0.7"), [arb("0.3"), arb("-0.4")]
    weights, means = plane()[:2]
    unit, zero = arb(3), arb(0)
    forms = {
        "points": unit,
        "isotropic": [unit, unit],
        "diagonal": [[unit, unit], [unit, unit]],
        "mixture": [[[unit, zero], [zero, unit]]] * 2,
    }
    values = [distributions.everything(kind, [weights, means, form], x, alpha, sigma) for kind, form in forms.items()]
    factors = [[[arb(0)], [arb(0)]]] * 2
    values.append(distributions.everything("low_rank", [weights, means, factors, [unit, unit]], x, alpha, sigma))

    assert all((value[0] - values[0][0]).contains(0) for value in values)
    assert all((value[3][1] - values[0][3][1]).contains(0) for value in values)


def test_one_component_counted_twice_has_no_spread_of_its_own() -> None:
    parameters = [[0.5, 0.5], [[1.0, 2.0], [1.0, 2.0]], 1.0]
    covariance = truth(distributions.posterior, "points", parameters, [0.5, 0.5], 1.0, 1.0).split(2, 4, 2)[1]

    assert covariance.magnitudes == pytest.approx([0.5, 0.0, 0.0, 0.5])
