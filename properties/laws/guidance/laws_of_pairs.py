"""Laws of what the guided equations make of a Gaussian: integrals, moment equations, marginals at weights 0 and 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import guidance as twins
from properties.arbiter import paths
from properties.arbiter.numbers import Truth
from properties.arbiter.numbers import lift as exactly
from properties.cases.guidance import GuidedPair
from properties.law import law
from properties.laws._compare import truncated
from properties.laws._data import path_arguments
from properties.laws._differences import differentiated, time_derivative, time_scale
from properties.laws.guidance.pairs import built
from properties.protocol import Finding, Findings, Floats, Implementation

Moments = tuple[Floats, Floats]


def accuracy(case: GuidedPair, implementation: Implementation) -> float:
    """What a quadrature of the guided equation may be off by, relative to the sizes of its terms.

    The implementations state 1e-13 as long as the exponent |w| (1 + l^2) is at most 10, and digits lost in proportion
    beyond.
    """
    exponent = (1.0 + abs(case.weight)) * (1.0 + case.noise_level**2)
    return budget.GUIDED_QUADRATURE[implementation.dtype] * max(1.0, exponent / 10.0)


def guided_law(
    implementation: Implementation, case: GuidedPair, start: Any, t_start: Any, t_end: Any, weight: Any
) -> Any:
    """The law at t_end by the family, or by the flow where the case has no noise."""
    guidance, lift = implementation.module.guidance, implementation.lift
    laws = [built(implementation, plain) for plain in (case.unconditional, case.conditional)]
    options = {"weight": weight, "t_start": t_start, "t_end": t_end}
    path = case.path.build(implementation)
    if case.noise_level == 0.0:
        return guidance.guided_flow_law(*laws, path, start, **options)
    return guidance.guided_family_law(*laws, path, start, noise_level=lift(case.noise_level), **options)


def name(case: GuidedPair) -> str:
    """Which of the two functions is asked."""
    return "guided_flow_law" if case.noise_level == 0.0 else "guided_family_law"


def moments(law: Any, lower: Callable[[Any], Floats]) -> Moments:
    """Mean and covariance."""
    return lower(law.mean), lower(law.covariance)


@law(
    "guidance.laws_arbiter",
    statement="the guided reverse equation's law at any noise level is that of variation of constants on the clock "
    "(sigma/alpha)^2, direction by direction",
    catalogue=("P87", "P88"),
    family="moderate_guided_pair",
    route="arbiter",
)
def laws_arbiter(implementation: Implementation, case: GuidedPair) -> Findings:
    lift, lower, structure = implementation.lift, implementation.lower, case.start.structure
    mean, covariance = moments(
        guided_law(
            implementation,
            case,
            built(implementation, case.start),
            lift(case.noisy),
            lift(case.clean),
            lift(case.weight),
        ),
        lower,
    )
    plain = (case.unconditional, case.conditional, case.start)
    spreads = [twins.variances(structure, exactly([each.entries.tolist()])) for each in plain]
    means = [twins.coordinates(structure, exactly(each.mean.tolist())) for each in plain]
    place, parameters = path_arguments(case.path)
    numbers = exactly([case.weight, case.noise_level, case.noisy, case.clean])
    levels = [paths.alpha(place, exactly(parameters), number) for number in numbers[2:]]
    centre, spread, sizes = [], [], []
    for index in range(case.size):
        phi, of_conditional, noise = twins.family_direction(
            place, exactly(parameters), spreads[0][index], spreads[1][index], *numbers
        )
        of_unconditional = levels[1] - phi * levels[0] - of_conditional
        parts = [
            phi * means[2][index],
            of_conditional * means[1][index],
            of_unconditional * means[0][index],
            phi * levels[0] * means[0][index],
        ]
        centre.append(parts[0] + parts[1] + parts[2])
        sizes.append(sum(float(abs(part).mid()) for part in parts))
        spread.append(phi**2 * spreads[2][index] + noise)
    limit = accuracy(case, implementation)
    matrix = [entry for row in twins.matrix_of(structure, spread) for entry in row]
    return (
        _judged(f"{name(case)} mean", mean, twins.vector_of(structure, centre), limit * max(sizes)),
        _judged(f"{name(case)} covariance", covariance, matrix, limit * float(max(abs(v).mid() for v in spread))),
    )


def _judged(quantity: str, computed: Floats, enclosures: list[Any], bound: float) -> Finding:
    nothing = (0.0,) * len(enclosures)
    errors = Truth(tuple(enclosures), nothing, nothing).errors([float(value) for value in np.ravel(computed)])
    return truncated(quantity, np.array(errors), bound)


@law(
    "guidance.moment_equations",
    statement="mean and covariance follow dm/dt = f m + theta/2 g^2 (Lambda m - pull), dC/dt = F C + C F^T - l^2 g^2 I "
    "with F = f + theta/2 g^2 Lambda of guided_precision, theta = 1 + l^2",
    catalogue=("P87", "P88", "P89"),
    family="moderate_guided_pair",
    route="finite difference",
)
def moment_equations(implementation: Implementation, case: GuidedPair) -> Findings:
    lift, lower, size = implementation.lift, implementation.lower, case.size
    guidance, path = implementation.module.guidance, case.path.build(implementation)
    laws = [built(implementation, plain) for plain in (case.unconditional, case.conditional)]
    start, weight, end = built(implementation, case.start), lift(case.weight), lift(case.clean)

    def packed(times: Any) -> Any:
        law_at = guided_law(implementation, case, start, lift(case.noisy), times, weight)
        mean, covariance = moments(law_at, lower)
        mean = np.broadcast_to(mean, (*covariance.shape[:-2], size))
        return lift(np.concatenate([mean, covariance.reshape(*covariance.shape[:-2], -1)], axis=-1))

    mean, covariance = moments(guided_law(implementation, case, start, lift(case.noisy), end, weight), lower)
    names = ("alpha", "sigma", "alpha_derivative", "sigma_derivative", "drift", "diffusion_squared")
    alpha, sigma, slope, rise, drift, diffusion = (float(lower(getattr(path, each)(end))) for each in names)
    precision = lower(guidance.guided_precision(*laws, path, end, weight=weight))
    shares = (1.0 - case.weight, case.weight)
    pull = np.zeros(size)
    for share, plain in zip(shares, (case.unconditional, case.conditional), strict=True):
        noised = alpha**2 * plain.covariance + sigma**2 * np.eye(size)
        pull = pull + share * np.linalg.solve(noised, alpha * plain.mean)
    theta = 1.0 + case.noise_level**2
    rate = drift * np.eye(size) + 0.5 * theta * diffusion * precision
    of_mean = rate @ mean - 0.5 * theta * diffusion * pull
    of_covariance = rate @ covariance + covariance @ rate - case.noise_level**2 * diffusion * np.eye(size)
    limit = accuracy(case, implementation)
    sizes = np.concatenate(
        [
            np.full(size, np.linalg.norm(mean) + np.linalg.norm(pull) * sigma**2 + np.linalg.norm(case.start.mean)),
            np.full(size * size, np.linalg.norm(covariance)),
        ]
    )
    length = time_scale(case.path, case.clean, (alpha, sigma, slope, rise))
    length = min(length, case.noisy - case.clean, 1.0 / (float(np.linalg.norm(rate, 2)) + 1e-300))
    derivative, bound = time_derivative(implementation, packed, case.clean, length, limit * sizes)
    pace = float(np.linalg.norm(rate)) + 1.0 / length
    # The rates come from the implementation's own precision and levels: a thousand roundings of their terms.
    rounding = budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype] * pace * sizes
    rows = (
        (f"{name(case)} mean", slice(0, size), of_mean),
        (f"{name(case)} covariance", slice(size, None), of_covariance.ravel()),
    )
    return tuple(
        differentiated(
            quantity,
            derivative[place] - expected,
            bound[place] + rounding[place],
            max(float(np.linalg.norm(expected)), pace * float(np.max(sizes[place]))),
            implementation,
        )
        for quantity, place, expected in rows
    )


@law(
    "guidance.one_law_keeps_its_marginals",
    statement="at weight 0 or 1 every noise level carries the noised law of one side to its noised law; and the law "
    "through a time between is the law",
    catalogue=("P88", "P87", "P86"),
    family="moderate_guided_pair",
    route="closed form",
)
def one_law_keeps_its_marginals(implementation: Implementation, case: GuidedPair) -> Findings:
    lift, lower = implementation.lift, implementation.lower
    path, limit = case.path.build(implementation), accuracy(case, implementation)
    noisy, clean = lift(case.noisy), lift(case.clean)
    findings: list[Finding] = []

    def compare(
        quantity: str, got: tuple[Floats, Floats], wanted: tuple[Floats, Floats], sizes: tuple[float, float]
    ) -> None:
        for part, value, expected, size in zip(("mean", "covariance"), got, wanted, sizes, strict=True):
            error = float(np.linalg.norm(value - expected))
            findings.append(truncated(f"{name(case)} {part} {quantity}", error, 4.0 * limit * size))

    for weight, plain in ((0.0, case.unconditional), (1.0, case.conditional)):
        data = built(implementation, plain)
        before, after = (data.diffuse(path.alpha(t), path.sigma(t)) for t in (noisy, clean))
        arrived = guided_law(implementation, case, before, noisy, clean, lift(weight))
        wanted = moments(after, lower)
        other = case.conditional if weight == 0.0 else case.unconditional
        stretch = float(np.max(np.linalg.eigvalsh(wanted[1]) / np.linalg.eigvalsh(lower(before.covariance)))) ** 0.5
        reach = float(np.linalg.norm(plain.mean) + np.linalg.norm(other.mean)) * (1.0 + stretch)
        compare(f"at weight {weight:g}", moments(arrived, lower), wanted, (reach, float(np.linalg.norm(wanted[1]))))
    middle = float(np.float32(0.5 * (case.noisy + case.clean)))
    if case.clean < middle < case.noisy:
        start, weight_of_case = built(implementation, case.start), lift(case.weight)
        between = guided_law(implementation, case, start, noisy, lift(middle), weight_of_case)
        whole = moments(guided_law(implementation, case, start, noisy, clean, weight_of_case), lower)
        pieces = guided_law(implementation, case, between, lift(middle), clean, weight_of_case)
        terms = [float(np.linalg.norm(each.mean)) for each in (case.unconditional, case.conditional, case.start)]
        passing = moments(between, lower)
        growth = float(np.linalg.norm(whole[1])) / max(float(np.linalg.norm(passing[1])), 1e-300)
        reach = (sum(terms) + float(np.linalg.norm(passing[0])) + float(np.linalg.norm(whole[0]))) * (1.0 + growth**0.5)
        compare("through a time between", moments(pieces, lower), whole, (reach, float(np.linalg.norm(whole[1]))))
    return tuple(findings)
