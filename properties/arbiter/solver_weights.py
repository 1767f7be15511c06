"""Twins of the solvers' weights, from the integrals that define them.

A multistep rule replaces a field by the polynomial through its values at the nodes; its weights are integrals of the
Lagrange polynomials. No phi function and no divided difference enters: the moments

    int_0^h e^{-r (h - u)} u^k du    are the Taylor coefficients (times k!) of    (e^{s h} - e^{-r h}) / (s + r)

in s, and the polynomials are multiplied out; the precision pays for what cancels. ``times`` are decreasing nodes, the
last two of which are t_start and t_end; every rule is [state, *outputs in the order of the nodes, noise].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from flint import acb, arb, arb_mat, arb_poly, arb_series

from properties.arbiter import paths

Number = Any
"""An ``arb`` or an ``acb``; python-flint ships no type information."""
Vector = list[Number]


def phi(order: int, z: Number) -> Number:
    """phi_k(z) = int_0^1 e^{(1-u) z} u^{k-1}/(k-1)! du, the sum of z^n/(n + k)!: 1F1(1; k + 1; z)/k! (P74)."""
    return z.hypgeom_1f1(1, order + 1) / math.factorial(order)


def lagrange(nodes: Sequence[Number], origin: Number) -> list[Any]:
    """The Lagrange polynomials of the nodes, in powers of the distance from the origin."""
    places = [node - origin for node in nodes]
    found = []
    for index, place in enumerate(places):
        polynomial = arb_poly([1])
        for other, root in enumerate(places):
            if other != index:
                polynomial = polynomial * arb_poly([-root, 1]) * (1 / (place - root))
        found.append(polynomial)
    return found


def weigh(polynomials: Sequence[Any], moments: Sequence[Number]) -> Vector:
    """The integral of every polynomial, from the moments of the measure."""
    return [
        sum((polynomial[power] * moment for power, moment in enumerate(moments)), arb(0)) for polynomial in polynomials
    ]


def exponential_moments(rate: Number, length: Number, count: int) -> Vector:
    """The integrals of e^{-rate (h - u)} u^k from 0 to h for k < count."""
    above = arb_series([0, length], prec=count).exp() - (-rate * length).exp()
    series = above / arb_series([rate, 1], prec=count)
    return [series[power] * math.factorial(power) for power in range(count)]


def power_moments(length: Number, count: int) -> Vector:
    """The integrals of u^k from 0 to the length for k < count."""
    return [length ** (power + 1) / (power + 1) for power in range(count)]


def step(name: str, path: Sequence[Any], times: Vector) -> tuple[Number, Number, Number, Number, Number]:
    """(alpha_start, sigma_start, alpha_end, sigma_end, h) of the last step."""
    (alpha, sigma), (alpha_end, sigma_end) = (paths.levels(name, path, t) for t in times[-2:])
    return alpha, sigma, alpha_end, sigma_end, (alpha_end * sigma / (alpha * sigma_end)).log()


def state_and_noise(
    name: str, path: Sequence[Any], times: Vector, output: str, square: Number
) -> tuple[Number, Number]:
    """The factor of x, and the standard deviation of what the SDE of ``square`` = l^2 adds on the way (P67, P67b).

    Both are the linear part's: in the data form x / sigma decays by e^{-l^2 h} and the noise's variance is
    int_0^h 2 l^2 e^{-2 l^2 (h - u)} du; in the noise form x / alpha stays, and it is int_0^h 2 l^2 e^{2 (h - u)} du.
    """
    alpha, sigma, alpha_end, sigma_end, length = step(name, path, times)
    rate = 2 * square if output == "denoiser" else arb(-2)
    variance = 2 * square * exponential_moments(rate, length, 1)[0] if square != 0 else arb(0)
    state = sigma_end / sigma * (-square * length).exp() if output == "denoiser" else alpha_end / alpha
    return state, sigma_end * variance.sqrt()


def exponential_adams(
    name: str, path: Sequence[Any], times: Vector, output: str, noise_level: Number, implicit: bool
) -> Vector:
    """Variation of constants with the polynomial in lambda through the nodes (P65, P67, P67b, P73)."""
    nodes = times if implicit else times[:-1]
    _, _, alpha_end, sigma_end, length = step(name, path, times)
    theta = 1 + noise_level**2
    levels = [paths.half_log_snr(name, path, t) for t in nodes]
    scale, rate = (alpha_end * theta, theta) if output == "denoiser" else (-sigma_end * theta, arb(-1))
    polynomials = lagrange(levels, levels[-2 if implicit else -1])
    weights = weigh(polynomials, exponential_moments(rate, length, len(nodes)))
    state, noise = state_and_noise(name, path, times, output, noise_level**2)
    return [state, *(scale * weight for weight in weights), noise]


def exponential_adams_at_the_data(
    name: str, path: Sequence[Any], times: Vector, _: str, noise_level: Number, *__: bool
) -> Vector:
    """The explicit rule on the noise where sigma_e = 0: sigma_e e^h is alpha_e sigma_s/alpha_s, and the moments of
    e^{-u} over the half line are k!.
    """
    (alpha, sigma), (alpha_end, _) = (paths.levels(name, path, t) for t in times[-2:])
    levels = [paths.half_log_snr(name, path, t) for t in times[:-1]]
    reach = alpha_end * sigma / alpha
    moments = [arb(math.factorial(power)) for power in range(len(levels))]
    scale = -(1 + noise_level**2) * reach
    weights = weigh(lagrange(levels, levels[-1]), moments)
    return [alpha_end / alpha, *(scale * weight for weight in weights), noise_level * reach]


def denoiser_step_from_noise(
    name: str, path: Sequence[Any], t_end: Number, noise_level: Number, eta: Number
) -> tuple[Vector, Vector]:
    """[state, output, noise] of the frozen denoiser and of DDIM from alpha = 0, where h is infinite and sigma is 1: all
    of the noise is drawn anew at any noise level above 0, and the share eta of it by DDIM.
    """
    alpha_end, sigma_end = paths.levels(name, path, t_end)
    stirred = noise_level != 0
    frozen = [arb(0) if stirred else sigma_end, alpha_end, sigma_end if stirred else arb(0)]
    return frozen, [sigma_end * (arb(1) - eta**2).sqrt(), alpha_end, sigma_end * eta]


def exponential_adams_from_noise(
    name: str, path: Sequence[Any], times: Vector, output: str, noise_level: Number, implicit: bool
) -> Vector:
    """The rule whose first node is that of alpha = 0: at lambda = -infinity its polynomial is 0 at all that is finite,
    and its factor in the others is 1, which leaves the polynomials of the others.
    """
    state, *outputs, noise = exponential_adams(name, path, times[1:], output, noise_level, implicit)
    return [state, arb(0), *outputs, noise]


def ddim(name: str, path: Sequence[Any], times: Vector, eta: Number, output: str) -> Vector:
    """x_e = alpha_e D + sqrt(sigma_e^2 - v^2) noise + v z with v = eta sigma_{s|e} sigma_e / sigma_s (P64), D and the
    noise by x_s = alpha_s D + sigma_s noise."""
    alpha, sigma, alpha_end, sigma_end, _ = step(name, path, times)
    spread = eta * (sigma**2 - (alpha / alpha_end * sigma_end) ** 2).sqrt() * sigma_end / sigma
    kept = (sigma_end**2 - spread**2).sqrt()
    if output == "denoiser":
        return [kept / sigma, alpha_end - kept / sigma * alpha, spread]
    return [alpha_end / alpha, kept - alpha_end / alpha * sigma, spread]


def noise_standard_deviation(
    name: str, path: Sequence[Any], t_start: Number, t_end: Number, family: str, strength: Number
) -> Number:
    """The noise of the three families, each by its own variance (P64, P67, P67b)."""
    times = [t_start, t_end]
    if family == "ddim":
        return ddim(name, path, times, strength, "noise")[-1]
    output = {"frozen_denoiser": "denoiser", "frozen_noise": "noise"}[family]
    return state_and_noise(name, path, times, output, strength)[1]


def ancestral_sigmas(sigma_start: Number, sigma_end: Number, eta: Number) -> Vector:
    """(down, up) as printed (P66)."""
    bridge = eta * (sigma_end**2 * (sigma_start**2 - sigma_end**2) / sigma_start**2).sqrt()
    if bridge >= sigma_end:
        return [arb(0), sigma_end]
    return [(sigma_end**2 - bridge**2).sqrt(), bridge]


def midpoint_multistep(name: str, path: Sequence[Any], times: Vector, output: str, noise_level: Number) -> Vector:
    """The first-order rule of the field extrapolated to the middle of the step (P72)."""
    state, weight, noise = exponential_adams(name, path, times[1:], output, noise_level, False)
    before, start, end = (paths.half_log_snr(name, path, t) for t in times)
    share = (end - start) / (2 * (start - before))
    return [state, -share * weight, (1 + share) * weight, noise]


def unipc(name: str, path: Sequence[Any], times: Vector, output: str, variant: str, corrector: bool) -> Vector:
    """Unified predictor and corrector (P74): the rho of sum_j rho_j r_j^(i-1) = b_i, or 1/2 where there is one."""
    alpha, sigma, alpha_end, sigma_end, length = step(name, path, times)
    levels = [paths.half_log_snr(name, path, t) for t in times]
    start = len(times) - 2
    others = [*range(start), *([start + 1] if corrector else [])]
    ratios = [(levels[other] - levels[start]) / length for other in others]
    exponent = -length if output == "denoiser" else length
    base = exponent if variant == "bh1" else exponent.exp() - 1
    # i! phi_{i+1}(z) is the integral of e^{(1-u) z} u^i over the unit interval.
    moments = exponential_moments(-exponent, arb(1), len(others) + 1)
    shares = [arb(1) / 2]
    if len(others) != 1:
        rows = arb_mat([[ratio**power for ratio in ratios] for power in range(len(ratios))])
        targets = arb_mat([[exponent * moment / base] for moment in moments[1:]])
        shares = [share for (share,) in rows.solve(targets).tolist()] if others else []
    scale = -alpha_end if output == "denoiser" else -sigma_end
    outputs = [arb(0)] * (start + 1 + int(corrector))
    outputs[start] = scale * (exponent.exp() - 1)
    for other, ratio, share in zip(others, ratios, shares, strict=True):
        difference = scale * base * share / ratio
        outputs[other] += difference
        outputs[start] -= difference
    return [sigma_end / sigma if output == "denoiser" else alpha_end / alpha, *outputs, arb(0)]


def deis(name: str, path: Sequence[Any], times: Vector) -> Vector:
    """alpha_e times the integrals of the Lagrange polynomials in rho = sigma/alpha (P75)."""
    ratios = [paths.noise_to_signal(name, path, t) for t in times]
    alpha, _, alpha_end, *_ = step(name, path, times)
    return [alpha_end / alpha, *(alpha_end * weight for weight in linear_multistep(ratios)), arb(0)]


def linear_multistep(sigmas: Vector) -> Vector:
    """The integrals over the last step, with the polynomials through all but the last (P77)."""
    nodes = sigmas[:-1]
    return weigh(lagrange(nodes, nodes[-1]), power_moments(sigmas[-1] - nodes[-1], len(nodes)))


def pndm(name: str, path: Sequence[Any], times: Vector) -> Vector:
    """Adams and Bashforth's average over equal steps, transferred by DDIM (P76)."""
    alpha, sigma, alpha_end, sigma_end, _ = step(name, path, times)
    average = linear_multistep([arb(index) for index in range(2 - len(times), 2)])
    transfer = sigma_end - alpha_end / alpha * sigma
    return [alpha_end / alpha, *(transfer * weight for weight in average), arb(0)]


def analytic_ratio(name: str, path: Sequence[Any], t: Number, analytic: bool) -> Number:
    """Sigma/alpha at a complex time; where ``analytic`` is asked for, the roots refuse to cross their cut (P13)."""
    if name in ("VPLinear", "SubVP"):
        exponent = t * path[0] + t * t * ((path[1] - path[0]) / 2)
        return (exponent.exp() - 1).sqrt(analytic) if name == "VPLinear" else 2 * (exponent / 2).sinh()
    if name == "VE":
        low, high, subtract = path
        growth = (t * 2 * (high / low).log()).exp()
        return low * ((growth - 1) if subtract else growth).sqrt(analytic)
    if name == "FlowMatching":
        return t / (1 - t)
    if name == "Trigonometric":
        return (t * (arb.pi() / 2)).tan()
    return t if name == "EDM" else t.sqrt(analytic)


def time_moments(name: str, path: Sequence[Any], start: Number, end: Number, count: int) -> Vector:
    """The integrals of (t - t_start)^k d rho from t_start to t_end, by parts: (t - t_start)^k rho at t_end less the
    enclosed integral of k (t - t_start)^(k-1) rho."""
    last = paths.noise_to_signal(name, path, end)
    found = [last - paths.noise_to_signal(name, path, start)]
    for power in range(1, count):

        def integrand(t: Number, analytic: bool, power: int = power) -> Number:
            return analytic_ratio(name, path, t, analytic) * (t - start) ** (power - 1) * power

        found.append((end - start) ** power * last - acb.integral(integrand, start, end).real)
    return found


def deis_in_time(name: str, path: Sequence[Any], times: Vector) -> Vector:
    """alpha_e times the integrals of the Lagrange polynomials in t over rho = sigma/alpha (P75)."""
    alpha, _, alpha_end, *_ = step(name, path, times)
    moments = time_moments(name, path, times[-2], times[-1], len(times) - 1)
    weights = weigh(lagrange(times[:-1], times[-2]), moments)
    return [alpha_end / alpha, *(alpha_end * weight for weight in weights), arb(0)]


def weighted_step(
    state: Number, noise: Number, weights: Vector, x: Vector, outputs: list[Vector], normal: Vector
) -> Vector:
    """State x + sum_j weights_j M_j + noise z."""
    return [
        state * place + sum((weight * row[axis] for weight, row in zip(weights, outputs, strict=True)), noise * draw)
        for axis, (place, draw) in enumerate(zip(x, normal, strict=True))
    ]


def integrated_power(
    name: str, path: Sequence[Any], times: Vector, output: str, noise_level: Number, power: int
) -> Number:
    """What a field (lambda - lambda_start)^k adds to x_end: the integral of variation of constants, enclosed."""
    _, _, alpha_end, sigma_end, length = step(name, path, times)
    theta = 1 + noise_level**2
    scale, rate = (alpha_end * theta, theta) if output == "denoiser" else (-sigma_end * theta, arb(-1))
    return scale * acb.integral(lambda u, _: ((u - length) * rate).exp() * u**power, 0, length).real
