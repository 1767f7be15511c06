"""Figures that were computed elsewhere, with 34 digits, or that are known from the literature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import arb

import reference as ref
from properties.arbiter import integrals

MIXTURE = ref.GaussianMixture.isotropic(np.array([0.35, 0.65]), np.array([[-1.5], [1.0]]), np.array([0.16, 0.49]))


@pytest.mark.parametrize(
    ("place", "expected"),
    [(0.3, 1.4929842617399264178), (-2.5, 4.1773799186915344871), (4.0, 10.176719974746149722)],
)
def test_the_density_of_the_mixture(place: float, expected: float) -> None:
    """Golden values of the McAllester catalogue."""
    assert -MIXTURE.log_prob(np.array([place])) == pytest.approx(expected, rel=1e-15, abs=0)


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        (0.0, 1.4811107901632099264),
        (0.05, 1.5435876719839890836),
        # Handed down as 1.9196271046...; the mutual information below settles it.
        (1.0, 1.9196271048106839712),
        (20.0, 2.9598067622240723147),
    ],
)
def test_the_entropy_of_the_diffused_mixture(t: float, expected: float) -> None:
    """By quadrature, against golden values."""
    diffused = MIXTURE.diffuse(1.0, np.sqrt(t))

    assert diffused.entropy() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("t", "information"), [(0.05, 1.6225152755563118386), (1.0, 0.5006885716060112294), (20.0, 0.043002092242404076212)]
)
def test_the_entropy_agrees_with_the_mutual_information(t: float, information: float) -> None:
    """h(z) = I(y; z) + 1/2 log(2 pi e t): a second route to the entropies above."""
    entropy = MIXTURE.diffuse(1.0, np.sqrt(t)).entropy()

    assert entropy - 0.5 * np.log(2 * np.pi * np.e * t) == pytest.approx(information, abs=1e-12)


# y, -log p(y), the integral of mse_y/(2 t^2) over [0.05, 20], KL_y(20), E[-log p(y|z(0.05))]: 34 digits of mpmath.
POINTWISE = [
    ("0.3", "1.4929842617399264178", "1.613521771822062902", "0.0025024357856006741953", "-0.12303994586773715846"),
    ("-2.5", "4.1773799186915344871", "3.6073667634704625982", "0.15982246408942405305", "0.41019069113164783585"),
    ("4", "10.176719974746149722", "9.1535599046357170949", "0.34662570815145379666", "0.67653436195897883078"),
]
SQUARED_ERRORS = [
    ("0.3", "0.05", "0.046528098633433763808"),
    ("0.3", "1", "0.56341275411930199819"),
    ("-2.5", "1", "1.1812060700569594263"),
]
AVERAGED = [
    ("0", "1.4811107901632099264", ""),
    ("0.05", "1.5435876719839890836", "1.6225152755563118386"),
    # Handed down as 1.9196271046106839712; its own mutual information, and the enclosure below, settle it.
    ("1", "1.9196271048106839712", "0.5006885716060112294"),
    ("20", "2.9598067622240723147", "0.043002092242404076212"),
]
BITS = 128
"""A working precision whose enclosed integrals have 25 digits: more than are printed."""


def seen(t: str) -> integrals.Line:
    """The mixture at a Brownian time, exactly as printed."""
    weights, means, variances = [arb("0.35"), arb("0.65")], [[arb("-1.5")], [arb(1)]], [arb("0.16"), arb("0.49")]
    return integrals.line("isotropic", [weights, means, variances], arb(1), arb(t).sqrt())


def as_printed(enclosure: Any, digits: str) -> bool:
    """Whether the enclosure lies within one unit of the last digit printed."""
    unit = arb(10) ** -len(digits.partition(".")[2])
    return bool(abs(enclosure - arb(digits)) < unit)


@pytest.mark.parametrize(("place", "own", "integral", "divergence", "decoder"), POINTWISE)
def test_every_printed_digit_of_the_pointwise_values(
    place: str, own: str, integral: str, divergence: str, decoder: str
) -> None:
    """By enclosures of the integrals that define them: the time integral is what KL_y gains."""
    with integrals.working_precision(BITS):
        before, after = (integrals.divergence(seen(t), arb(place)) for t in ("0.05", "20"))
        density = -seen("0").density(arb(place)).log()
        left = integrals.reconstruction(seen("0.05"), arb(place))

        assert as_printed(density, own)
        assert as_printed(before - after, integral)
        assert as_printed(after, divergence)
        assert as_printed(left, decoder)
        assert abs(before + left - density) < arb("1e-20")


@pytest.mark.parametrize(("place", "t", "error"), SQUARED_ERRORS)
def test_every_printed_digit_of_the_squared_errors(place: str, t: str, error: str) -> None:
    with integrals.working_precision(BITS):
        assert as_printed(integrals.mean_squared_error(seen(t), arb(place)), error)


@pytest.mark.parametrize(("t", "entropy", "information"), AVERAGED)
def test_every_printed_digit_of_the_entropies(t: str, entropy: str, information: str) -> None:
    with integrals.working_precision(BITS):
        assert as_printed(integrals.entropy(seen(t)), entropy)
        assert not information or as_printed(integrals.information(seen(t)), information)


def test_the_printed_entropy_that_is_wrong_is_wrong() -> None:
    """h(z(1)) was handed down with two digits off."""
    with integrals.working_precision():
        gap = integrals.entropy(seen("1")) - arb("1.9196271046106839712")

    assert float(gap.mid()) == pytest.approx(2e-10, rel=1e-3)


ACCURACY = 1e-10
"""What the reference states for its quadratures, times 1 + |f|."""


@pytest.mark.parametrize(("place", "own", "integral", "divergence", "decoder"), POINTWISE)
def test_the_pointwise_values_of_the_mixture(
    place: str, own: str, integral: str, divergence: str, decoder: str
) -> None:
    """The same by the reference, and their sum, whatever the path."""
    y, path = np.array([float(place)]), ref.Brownian()
    times = {"t_start": 0.05, "t_end": 20.0}
    likelihood = ref.likelihood

    def near(expected: str) -> Any:
        return pytest.approx(float(expected), rel=ACCURACY, abs=ACCURACY)

    assert likelihood.pointwise_integral(MIXTURE, path, y, **times) == near(integral)
    assert likelihood.divergence_at(MIXTURE, path, y, 20.0) == near(divergence)
    assert likelihood.reconstruction_at(MIXTURE, path, y, t_start=0.05) == near(decoder)
    assert likelihood.pointwise_negative_log_likelihood(MIXTURE, path, y, **times) == near(own)
    assert likelihood.renormalized_negative_log_likelihood(MIXTURE, y, reference_variance=2.0) == near(own)
    flow = {name: ref.paths.equivalent_time(path, ref.FlowMatching(), t) for name, t in times.items()}
    assert likelihood.pointwise_integral(MIXTURE, ref.FlowMatching(), y, **flow) == near(integral)


@pytest.mark.parametrize(("place", "t", "error"), SQUARED_ERRORS)
def test_the_squared_errors_of_the_mixture(place: str, t: str, error: str) -> None:
    computed = ref.likelihood.squared_error_at(MIXTURE, ref.Brownian(), np.array([float(place)]), float(t))

    assert computed == pytest.approx(float(error), rel=ACCURACY)


def test_the_information_of_the_mixture() -> None:
    """The entropy integral is the difference of two printed informations; the posterior entropy what is left."""
    path, entropy = ref.Brownian(), float(AVERAGED[0][1])
    informations = {float(t): float(information) for t, _, information in AVERAGED[1:]}
    integral = ref.likelihood.entropy_integral(MIXTURE, path, t_start=0.05, t_end=20.0)

    assert integral == pytest.approx(informations[0.05] - informations[20.0], rel=ACCURACY)
    for t, information in informations.items():
        left = ref.likelihood.posterior_entropy(MIXTURE, path, t_start=t)
        assert left == pytest.approx(entropy - information, rel=ACCURACY, abs=ACCURACY)
    assert ref.likelihood.renormalized_entropy(MIXTURE, reference_variance=1.0) == pytest.approx(entropy, rel=ACCURACY)


@pytest.mark.parametrize(("index", "odds"), [(0, 5.0), (1, 2.0), (2, 10.0 / 3.0)])
def test_three_atoms(index: int, odds: float) -> None:
    """P = (.2, .5, .3) at (-1, .4, 2): the integrals over all of time are ln 5, ln 2 and ln(10/3)."""
    atoms = ref.PointCloud(np.array([[-1.0], [0.4], [2.0]]), np.array([0.2, 0.5, 0.3]))
    path, times = ref.Brownian(), {"t_start": 1e-3, "t_end": 1e3}
    computed = ref.likelihood.atom_negative_log_likelihood(atoms, path, index=index, **times)
    integral = ref.likelihood.pointwise_integral(atoms, path, atoms.points[index], **times)
    tail = ref.likelihood.divergence_at(atoms, path, atoms.points[index], 1e3)

    assert computed == pytest.approx(np.log(odds), abs=ACCURACY)
    # At t = 1e-3 the nearest other atom is 44 deviations away: no surprise is left.
    assert integral + tail == pytest.approx(np.log(odds), abs=2 * ACCURACY)


@pytest.mark.parametrize(
    ("betas", "index", "expected", "digits"),
    [
        (ref.paths.linear_betas(1000), -1, 4.036e-5, 1e-8),
        (ref.paths.scaled_linear_betas(1000), -1, 4.66e-3, 5e-6),
        (ref.paths.cosine_betas(1000), -1, 2.43e-9, 5e-12),
    ],
)
def test_the_last_level_of_the_usual_tables(betas: np.ndarray, index: int, expected: float, digits: float) -> None:
    """The cumulative products that everybody's tables end with."""
    assert ref.paths.discrete_alpha(betas)[index] ** 2 == pytest.approx(expected, abs=digits)


def test_zero_terminal_snr_keeps_the_first_level_and_ends_at_none() -> None:
    betas = ref.paths.scaled_linear_betas(1000)
    rescaled = ref.paths.discrete_alpha(ref.paths.rescale_zero_terminal_snr(betas))

    assert rescaled[0] == pytest.approx(ref.paths.discrete_alpha(betas)[0], rel=1e-15)
    assert rescaled[-1] == 0.0


def test_the_printed_reverse_family_gives_the_wrong_variance() -> None:
    """Slides: drift (1 + l)/2 with noise l. For Gaussian data of variance 1.69, T = 200, l = 0.5 it ends at 0.922."""
    variance, horizon, level = 1.69, 200.0, 0.5
    printed = level * variance + (1 - level) * (variance + horizon) * (variance / (variance + horizon)) ** (1 + level)

    assert printed == pytest.approx(0.922, abs=5e-4)
    # The right family keeps V = l + t: dV/dt = (1 + l^2) V / (l + t) - l^2 has it as its solution.
    data, path, t = ref.Gaussian(np.zeros(1), np.array([[variance]])), ref.Brownian(), 3.0
    slope = ref.reverse_drift(data, path, np.ones(1), t, noise_level=level)[0]
    assert 2 * slope * (variance + t) - level**2 == pytest.approx(1.0, rel=1e-14)
