"""The arbiter's weights of solvers, by enclosed integrals, printed formulas and antiderivatives it does not use."""

from __future__ import annotations

import pytest
from flint import acb, arb

from properties.arbiter import paths
from properties.arbiter import solver_weights as twins
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import truth

PATH = ("VPLinear", [arb("0.125"), arb(20), arb(1)])
TIMES = [arb("0.9375"), arb("0.75"), arb("0.5"), arb("0.375"), arb("0.25")]
"""Numbers that are exact at any precision."""
LEVEL = arb("0.75")


def close(first: arb, second: arb) -> bool:
    return bool(abs(first - second) < arb(2) ** -120)


def all_close(first: list[arb], second: list[arb]) -> bool:
    return len(first) == len(second) and all(map(close, first, second))


def lambdas(times: list[arb]) -> list[arb]:
    return [paths.half_log_snr(*PATH, time) for time in times]


@precisely
def test_phi_is_its_integral() -> None:
    for z in (arb("-3.25"), arb(0), arb("0.5"), arb(20)):
        assert close(twins.phi(0, z), z.exp())
        for order, factorial in ((1, 1), (2, 1), (3, 2), (4, 6)):

            def integrand(u: acb, _: bool, order: int = order, z: arb = z) -> acb:
                return ((1 - u) * z).exp() * u ** (order - 1)

            assert close(twins.phi(order, z), acb.integral(integrand, 0, 1).real / factorial)


@precisely
def test_phi_at_1_is_what_is_left_of_e() -> None:
    assert close(twins.phi(1, arb(1)), arb(1).exp() - 1)
    assert close(twins.phi(3, arb(1)), arb(1).exp() - arb("2.5"))


@precisely
def test_moments_are_their_integrals() -> None:
    length = arb("1.5")
    for rate in (arb("1.5625"), arb(-1)):
        for power, moment in enumerate(twins.exponential_moments(rate, length, 4)):

            def integrand(u: acb, _: bool, rate: arb = rate, power: int = power) -> acb:
                return ((u - length) * rate).exp() * u**power

            assert close(moment, acb.integral(integrand, 0, length).real)


@precisely
def test_lagrange_polynomials_are_1_at_their_node() -> None:
    nodes = [arb(1), arb("2.5"), arb("4.75")]
    polynomials = twins.lagrange(nodes, nodes[1])

    for row, polynomial in enumerate(polynomials):
        assert all_close([polynomial(node - nodes[1]) for node in nodes], [arb(int(row == j)) for j in range(3)])


@precisely
def test_a_node_at_infinity_drops_out() -> None:
    near = [arb("-1.25"), arb("0.5"), arb(2)]
    far, without = twins.lagrange([arb(-2) ** 201, *near], near[-1]), twins.lagrange(near, near[-1])

    for place in (arb("0.25"), arb(3)):
        assert all_close([row(place) for row in far], [arb(0), *(row(place) for row in without)])


@precisely
def test_the_first_order_is_as_printed() -> None:
    alpha, sigma, alpha_end, sigma_end, h = twins.step(*PATH, TIMES)
    theta = 1 + LEVEL**2
    data = twins.exponential_adams(*PATH, TIMES[-2:], "denoiser", LEVEL, False)
    noise = twins.exponential_adams(*PATH, TIMES[-2:], "noise", LEVEL, False)

    assert all_close(
        data,
        [
            sigma_end / sigma * (-(LEVEL**2) * h).exp(),
            alpha_end * (1 - (-theta * h).exp()),
            sigma_end * (1 - (-2 * LEVEL**2 * h).exp()).sqrt(),
        ],
    )
    assert all_close(
        noise,
        [
            alpha_end / alpha,
            -theta * sigma_end * (h.exp() - 1),
            LEVEL * sigma_end * ((2 * h).exp() - 1).sqrt(),
        ],
    )


@precisely
def test_sde_dpm_solver_is_twice_the_printed_weight() -> None:
    _, _, _, sigma_end, h = twins.step(*PATH, TIMES)
    _, weight, noise = twins.exponential_adams(*PATH, TIMES[-2:], "noise", arb(1), False)

    assert close(weight, -2 * sigma_end * (h.exp() - 1))
    assert close(noise, sigma_end * ((2 * h).exp() - 1).sqrt())


@precisely
@pytest.mark.parametrize("level", [0, 1])
def test_the_third_order_is_the_printed_interpolant(level: int) -> None:
    third, second, start, end = lambdas(TIMES[1:])
    h = (1 + level) * (end - start)
    r0, r1 = ((start - second) / (end - start), (second - third) / (end - start))
    psi = [1 - (-h).exp()]
    psi += [1 - psi[0] / h]
    psi += [arb("0.5") - psi[1] / h]
    values = {0: [arb(0), arb(0), arb(1)], 1: [arb(0), arb(1), arb(0)], 2: [arb(1), arb(0), arb(0)]}

    def weight(field: list[arb]) -> arb:
        oldest, old, latest = field
        first, last = (latest - old) / r0, (old - oldest) / r1
        slope = first + r0 / (r0 + r1) * (first - last)
        curvature = 2 * (first - last) / (r0 + r1)
        return psi[0] * latest + psi[1] * slope + psi[2] * curvature

    printed = [twins.step(*PATH, TIMES)[2] * weight(values[index]) for index in (2, 1, 0)]

    assert all_close(twins.exponential_adams(*PATH, TIMES[1:], "denoiser", arb(level), False)[1:-1], printed)


@precisely
def test_2m_is_as_printed_and_unip_2_of_bh2() -> None:
    before, start, end = lambdas(TIMES[2:])
    _, sigma, alpha_end, sigma_end, h = twins.step(*PATH, TIMES)
    share = h / (2 * (start - before))
    scale = alpha_end * (1 - (-h).exp())
    printed = [sigma_end / sigma, -scale * share, scale * (1 + share), arb(0)]

    assert close(end - start, h)
    assert all_close(twins.midpoint_multistep(*PATH, TIMES[2:], "denoiser", arb(0)), printed)
    assert all_close(twins.unipc(*PATH, TIMES[2:], "denoiser", "bh2", False), printed)


@precisely
def test_unic_1_is_half_the_difference() -> None:
    _, _, alpha_end, _, h = twins.step(*PATH, TIMES)
    for variant, base in (("bh1", -h), ("bh2", (-h).exp() - 1)):
        _, start, end, _ = twins.unipc(*PATH, TIMES[-2:], "denoiser", variant, True)

        assert close(end, -alpha_end * base / 2)
        assert close(start, alpha_end * (1 - (-h).exp()) + alpha_end * base / 2)


@precisely
def test_solved_unipc_is_the_integral_of_the_polynomial() -> None:
    for output in ("denoiser", "noise"):
        for variant in ("bh1", "bh2"):
            explicit = twins.exponential_adams(*PATH, TIMES[1:], output, arb(0), False)
            implicit = twins.exponential_adams(*PATH, TIMES[1:], output, arb(0), True)

            assert all_close(twins.unipc(*PATH, TIMES[1:], output, variant, False), explicit)
            assert all_close(twins.unipc(*PATH, TIMES[1:], output, variant, True), implicit)


@precisely
def test_the_limit_at_the_data_is_a_limit() -> None:
    times = [*TIMES[1:4], arb(10) ** -40]
    near = twins.exponential_adams(*PATH, times, "noise", LEVEL, False)
    limit = twins.exponential_adams_at_the_data(*PATH, [*TIMES[1:4], arb(0)], "noise", LEVEL, False)

    assert all(abs(left - right) < arb(10) ** -15 for left, right in zip(near, limit, strict=True))


@precisely
def test_ddim_of_eta_1_is_the_bridge_at_the_denoiser() -> None:
    alpha, sigma, alpha_end, sigma_end, h = twins.step(*PATH, TIMES)
    factor = alpha / alpha_end
    variance = sigma**2 - (factor * sigma_end) ** 2
    printed = [factor * sigma_end**2 / sigma**2, alpha_end * variance / sigma**2]

    assert all_close(twins.ddim(*PATH, TIMES[-2:], arb(1), "denoiser")[:2], printed)
    assert close(twins.ddim(*PATH, TIMES[-2:], arb(1), "noise")[2], sigma_end * (1 - (-2 * h).exp()).sqrt())


@precisely
def test_bashforth_is_as_printed() -> None:
    weights = twins.linear_multistep([arb(4), arb(3), arb(2), arb(1), arb(0)])

    assert all_close(weights, [arb(9) / 24, -arb(37) / 24, arb(59) / 24, -arb(55) / 24])


@precisely
def test_pndm_is_the_plms_combination() -> None:
    alpha, sigma, alpha_end, sigma_end, _ = twins.step(*PATH, TIMES)
    scale = (sigma_end - alpha_end / alpha * sigma) / 24

    assert all_close(twins.pndm(*PATH, TIMES)[1:-1], [scale * share for share in (-9, 37, -59, 55)])


@precisely
def test_integrals_in_time_have_their_antiderivatives() -> None:
    start, end = arb("0.75"), arb("0.25")

    def flow(t: arb) -> arb:
        return (1 - start) / (1 - t) + (1 - t).log()

    def brownian(t: arb) -> arb:
        return t * t.sqrt() / 3 - start * t.sqrt()

    assert close(twins.time_moments("FlowMatching", [], start, end, 2)[1], flow(end) - flow(start))
    assert close(twins.time_moments("Brownian", [], start, end, 2)[1], brownian(end) - brownian(start))


@precisely
def test_ratios_at_complex_times_are_those_of_the_levels() -> None:
    t = arb("0.375")
    for name, parameters in (
        PATH,
        ("SubVP", PATH[1]),
        ("VE", [arb("0.125"), arb(8), 0]),
        ("VE", [arb("0.125"), arb(8), 1]),
        ("FlowMatching", []),
        ("Trigonometric", []),
        ("EDM", []),
        ("Brownian", []),
    ):
        found = twins.analytic_ratio(name, parameters, acb(t), True)

        assert close(found.real, paths.noise_to_signal(name, parameters, t))


@precisely
def test_a_polynomial_in_time_on_edm_is_one_in_sigma() -> None:
    times = [arb("3.5"), arb(3), arb("1.25"), arb("0.5"), arb("0.125")]

    assert all_close(twins.deis_in_time("EDM", [], times)[1:-1], twins.linear_multistep(times))
    assert all_close(twins.deis("EDM", [], times)[1:-1], twins.linear_multistep(times))


def test_the_condition_sum_of_one_node_is_that_of_a_difference() -> None:
    assert truth(twins.linear_multistep, [2.5, 1.0]).kappas == pytest.approx((3.5,))


@precisely
def test_ancestral_split_as_printed() -> None:
    start, end = arb(2), arb("0.5")
    down, up = twins.ancestral_sigmas(start, end, arb(1))

    assert close(down, end**2 / start)
    assert close(down**2 + up**2, end**2)
    assert twins.ancestral_sigmas(start, end, arb(4)) == [arb(0), end]
