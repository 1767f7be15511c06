"""Laws of the integrated guided equation, for covariances that need not commute."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.cases.guidance import FreePair, GuidedPair
from properties.law import law
from properties.laws._compare import truncated
from properties.laws._differences import differentiated
from properties.laws.guidance.laws_of_pairs import guided_law, moments
from properties.laws.guidance.pairs import built
from properties.protocol import Findings, Floats, Implementation


@law(
    "guidance.integration_agrees",
    statement="where the covariances commute the integrated moments are those of the closed direction-wise law",
    catalogue=("P88", "P89"),
    family="moderate_guided_pair",
    route="composition",
    expectations=True,
)
def integration_agrees(implementation: Implementation, case: GuidedPair) -> Findings:
    guidance, lift, lower = implementation.module.guidance, implementation.lift, implementation.lower
    laws = [built(implementation, plain) for plain in (case.unconditional, case.conditional)]
    start, times = built(implementation, case.start), (lift(case.noisy), lift(case.clean))
    integrated = guidance.guided_law_by_integration(
        *laws,
        case.path.build(implementation),
        start,
        weight=lift(case.weight),
        noise_level=lift(case.noise_level),
        t_start=times[0],
        t_end=times[1],
    )
    exactly = moments(guided_law(implementation, case, start, *times, lift(case.weight)), lower)
    got = moments(integrated, lower)
    terms = [float(np.linalg.norm(each.mean)) for each in (case.unconditional, case.conditional, case.start)]
    growth = float(np.max(np.linalg.eigvalsh(exactly[1])) / np.min(np.linalg.eigvalsh(case.start.covariance)))
    reach = sum(terms) * (1.0 + growth**0.5) + float(np.linalg.norm(exactly[0]))
    return (
        _near("guided_law_by_integration mean", got[0], exactly[0], reach),
        _near("guided_law_by_integration covariance", got[1], exactly[1], float(np.linalg.norm(exactly[1]))),
    )


@law(
    "guidance.integration_of_any_pair",
    statement="for covariances that do not commute the integrated law leaves its start at the rates dm/dt = F m - pull "
    "and dC/dt = F C + C F^T - l^2 g^2 I, F = f + theta/2 g^2 Lambda, and passes through every time between",
    catalogue=("P89", "P88"),
    family="moderate_free_pair",
    route="finite difference",
    expectations=True,
)
def integration_of_any_pair(implementation: Implementation, case: FreePair) -> Findings:
    lift, lower = implementation.lift, implementation.lower
    guidance, path = implementation.module.guidance, case.path.build(implementation)
    laws = [data.build(implementation) for data in (case.unconditional, case.conditional)]
    weight, level, noisy = lift(case.weight), lift(case.noise_level), lift(case.t)
    noised = [each.diffuse(path.alpha(noisy), path.sigma(noisy)) for each in laws]
    start = implementation.module.Gaussian(laws[1].mean, noised[0].covariance)

    def carried(law_at: Any, first: float, last: float) -> Any:
        return guidance.guided_law_by_integration(
            *laws, path, law_at, weight=weight, noise_level=level, t_start=lift(first), t_end=lift(last)
        )

    middle = 0.5 * (case.t + case.clean)
    half = carried(start, case.t, middle)
    whole, pieces = (
        moments(each, lower) for each in (carried(start, case.t, case.clean), carried(half, middle, case.clean))
    )
    passing = moments(half, lower)
    terms = sum(float(np.linalg.norm(lower(each.mean))) for each in laws) + float(np.linalg.norm(passing[0]))
    growth = 1.0 + float(np.linalg.norm(whole[1]) / np.min(np.linalg.eigvalsh(passing[1]))) ** 0.5
    sizes = (terms + float(np.linalg.norm(whole[0]))) * growth, float(np.linalg.norm(whole[1])) * growth
    names = [f"guided_law_by_integration {part}" for part in ("mean", "covariance")]
    through = [
        _near(f"{name} through a time between", piece, wanted, size)
        for name, piece, wanted, size in zip(names, pieces, whole, sizes, strict=True)
    ]
    rates, paces = _rates(implementation, case, laws, start)
    step = min(1e-2 / max(paces), 0.5 * (case.t - case.clean))
    first = moments(start, lower)
    after = [moments(carried(start, case.t, case.t - step * share), lower) for share in (1.0, 0.5, 0.25)]
    findings = []
    for name, index in zip(names, (0, 1), strict=True):
        coarse, middling, fine = (
            (first[index] - each[index]) / (step * share) for each, share in zip(after, (1.0, 0.5, 0.25), strict=True)
        )
        # Two levels of extrapolation to a step of nothing, and what the last of them moved.
        better, best = 2.0 * middling - coarse, 2.0 * fine - middling
        slope = (4.0 * best - better) / 3.0
        scale = float(np.linalg.norm(first[index])) + (terms if index == 0 else 0.0)
        bound = budget.FINITE_DIFFERENCE_SAFETY * np.abs(slope - best) + budget.GUIDED_INTEGRATION * scale / step
        natural = max(paces) * scale
        findings.append(differentiated(f"{name} rate", slope - rates[index], bound, natural, implementation))
    return (*through, *findings)


def _rates(
    implementation: Implementation, case: FreePair, laws: list[Any], start: Any
) -> tuple[tuple[Floats, Floats], tuple[float, float]]:
    """dm/dt and dC/dt at the start, and how fast the state and the path change there."""
    lower, path, t = implementation.lower, case.path.build(implementation), implementation.lift(case.t)
    drift, diffusion = float(lower(path.drift(t))), float(lower(path.diffusion_squared(t)))
    theta, shares = 1.0 + case.noise_level**2, (1.0 - case.weight, case.weight)
    size = case.x.size
    precision, pull = np.zeros((size, size)), np.zeros(size)
    for share, each in zip(shares, laws, strict=True):
        marginal = each.diffuse(path.alpha(t), path.sigma(t))
        inverse = np.linalg.inv(lower(marginal.covariance))
        precision, pull = precision + share * inverse, pull + share * inverse @ lower(marginal.mean)
    rate = drift * np.eye(size) + 0.5 * theta * diffusion * precision
    mean, covariance = moments(start, lower)
    of_covariance = rate @ covariance + covariance @ rate - case.noise_level**2 * diffusion * np.eye(size)
    pace = float(np.linalg.norm(rate, 2)) + theta * diffusion * float(np.linalg.norm(precision, 2))
    return (rate @ mean - 0.5 * theta * diffusion * pull, of_covariance), (pace, 1.0 / case.t)


def _near(quantity: str, value: Floats, expected: Floats, size: float) -> Any:
    return truncated(quantity, float(np.linalg.norm(value - expected)), budget.GUIDED_INTEGRATION * size)
