"""Laws of the combinations of predictions, and of the numbers that different papers give to one guidance."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import guidance as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.guidance import Predictions
from properties.law import law
from properties.laws._compare import entrywise, exact, residual
from properties.protocol import Findings, Floats, Implementation


def guided_truth(case: Predictions) -> Truth:
    """The arbiter's guided prediction."""
    return truth(twins.guided, case.unconditional.tolist(), case.conditional.tolist(), case.weight)


@law(
    "guidance.combinations_arbiter",
    statement="guidance mixes two or three predictions by weights that sum to one, or adds a classifier's gradient",
    catalogue=("P85", "P86"),
    family="predictions",
    route="arbiter",
)
def combinations_arbiter(implementation: Implementation, case: Predictions) -> Findings:
    guidance, lift = implementation.module.guidance, implementation.lift
    u, c, third = lift(case.unconditional), lift(case.conditional), lift(case.third)
    weight, scale, sigma = lift(case.weight), lift(case.scale), lift(case.sigma)
    plain = case.unconditional.tolist(), case.conditional.tolist(), case.third.tolist()
    ones = [1] * len(plain[0])
    noises = [-case.sigma] * len(plain[0])
    rows: tuple[tuple[str, Any, Truth], ...] = (
        ("guided", guidance.guided(u, c, weight=weight), guided_truth(case)),
        (
            "guided_ho_salimans",
            guidance.guided_ho_salimans(u, c, strength=weight),
            truth(lambda a, b, w: twins.guided(a, b, 1 + w), plain[0], plain[1], case.weight),
        ),
        (
            "mean_flow_guided_velocity",
            guidance.mean_flow_guided_velocity(third, u, c, omega=lift(case.omega), kappa=lift(case.kappa)),
            truth(twins.mean_flow, plain[2], plain[0], plain[1], case.omega, case.kappa),
        ),
        (
            "classifier_score",
            guidance.classifier_score(u, c),
            truth(lambda a, b: twins.shifted(b, a, ones, -1), *plain[:2]),
        ),
        (
            "guided_score_from_classifier",
            guidance.guided_score_from_classifier(u, third, scale=scale),
            truth(lambda a, b, s: twins.shifted(a, b, ones, s), plain[0], plain[2], case.scale),
        ),
        (
            "guided_mean_from_classifier",
            guidance.guided_mean_from_classifier(u, lift(case.variances), third, scale=scale),
            truth(twins.shifted, plain[0], plain[2], case.variances.tolist(), case.scale),
        ),
        (
            "guided_noise_from_classifier",
            guidance.guided_noise_from_classifier(u, third, sigma=sigma, scale=scale),
            truth(twins.shifted, plain[0], plain[2], noises, case.scale),
        ),
        (
            "weight_from_ho_salimans",
            guidance.weight_from_ho_salimans(weight),
            truth(lambda w: 1 + w, case.weight),
        ),
        ("ho_salimans_from_weight", guidance.ho_salimans_from_weight(weight), truth(lambda w: w - 1, case.weight)),
        (
            "weight_from_mean_flow",
            guidance.weight_from_mean_flow(omega=lift(case.omega), kappa=lift(case.kappa)),
            truth(lambda omega, kappa: omega / (1 - kappa), case.omega, case.kappa),
        ),
    )
    return tuple(entrywise(name, computed, exactly, implementation) for name, computed, exactly in rows)


@law(
    "guidance.one_weight_serves_every_prediction",
    statement="guidance of scores, of noises and of denoisers at one weight is one guidance, and a classifier's "
    "gradient s_c - s_u with the weight as its scale is the same again",
    catalogue=("P85", "P86"),
    family="predictions",
    route="composition",
)
def one_weight_serves_every_prediction(implementation: Implementation, case: Predictions) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    guidance, fields = module.guidance, module.fields
    denoisers = lift(case.unconditional), lift(case.conditional)
    x, weight, levels = lift(case.third), lift(case.weight), {"alpha": lift(1.0), "sigma": lift(case.sigma)}
    scores = [fields.score_from_denoiser(each, x, **levels) for each in denoisers]
    noises = [fields.noise_from_denoiser(each, x, **levels) for each in denoisers]
    guided = guidance.guided(*denoisers, weight=weight)
    score, noise = (guidance.guided(*pair, weight=weight) for pair in (scores, noises))
    gradient = guidance.classifier_score(*scores)
    variance = lift(np.full(case.third.shape, case.sigma**2))
    # Every score is off by a few roundings of its two terms; the weights carry them along.
    shares = (abs(1.0 - case.weight), abs(case.weight))
    parts = [np.abs(each) + np.abs(case.third) for each in (case.unconditional, case.conditional)]
    scale = 4.0 * (shares[0] * parts[0] + shares[1] * parts[1] + (1.0 + abs(case.weight)) * parts[0])
    square = case.sigma**2

    def compare(quantity: str, value: Any, scale: Floats) -> Any:
        return residual(quantity, lower(value), scale, implementation, budget.ENTRYWISE)

    return (
        compare("guided score", score - fields.score_from_denoiser(guided, x, **levels), scale / square),
        compare("guided noise", noise - fields.noise_from_denoiser(guided, x, **levels), scale / case.sigma),
        compare(
            "guided_score_from_classifier",
            guidance.guided_score_from_classifier(scores[0], gradient, scale=weight) - score,
            scale / square,
        ),
        compare(
            "guided_noise_from_classifier",
            guidance.guided_noise_from_classifier(noises[0], gradient, sigma=lift(case.sigma), scale=weight) - noise,
            scale / case.sigma,
        ),
        # alpha D + sigma^2 scale (s_c - s_u) = alpha D_w by Tweedie, a coordinate's variance or all of them.
        compare(
            "guided_mean_from_classifier",
            guidance.guided_mean_from_classifier(denoisers[0], variance, gradient, scale=weight) - guided,
            scale,
        ),
        compare(
            "guided_mean_from_classifier number",
            guidance.guided_mean_from_classifier(denoisers[0], variance[..., 0], gradient, scale=weight) - guided,
            scale,
        ),
    )


@law(
    "guidance.scales_of_papers",
    statement="Ho and Salimans' strength is the weight less one, and MeanFlow's mixture has the guided velocity of "
    "weight omega/(1 - kappa) as its fixed point",
    catalogue=("P86",),
    family="predictions",
    route="composition",
)
def scales_of_papers(implementation: Implementation, case: Predictions) -> Findings:
    guidance, lift, lower = implementation.module.guidance, implementation.lift, implementation.lower
    u, c, strength = lift(case.unconditional), lift(case.conditional), lift(case.weight)
    weight = guidance.weight_from_ho_salimans(strength)
    omega, kappa = lift(case.omega), lift(case.kappa)
    whole = guidance.weight_from_mean_flow(omega=omega, kappa=kappa)
    target = guidance.guided(u, c, weight=whole)
    again = guidance.mean_flow_guided_velocity(c, u, target, omega=omega, kappa=kappa)
    sizes = np.abs(case.unconditional) + np.abs(case.conditional)
    reach = 1.0 + case.omega / (1.0 - case.kappa)
    printed = guidance.guided_ho_salimans(u, c, strength=strength)
    return (
        residual(
            "guided_ho_salimans",
            lower(printed - guidance.guided(u, c, weight=weight)),
            2.0 * (2.0 + abs(case.weight)) * sizes,
            implementation,
        ),
        residual(
            "ho_salimans_from_weight",
            lower(guidance.ho_salimans_from_weight(weight) - strength),
            2.0 + 2.0 * abs(case.weight),
            implementation,
        ),
        residual(
            "mean_flow_guided_velocity",
            lower(again - target),
            4.0 * (1.0 + reach) * reach / (1.0 - case.kappa) * sizes,
            implementation,
        ),
        exact("guided at 1", bool(np.allclose(lower(guidance.guided(u, c, weight=lift(1.0))), case.conditional, 1e-5))),
    )
