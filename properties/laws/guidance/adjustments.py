"""Laws of what is done to a guided prediction: intervals, rescaling, thresholds; and of the preference loss."""

from __future__ import annotations

import numpy as np

from properties.arbiter import guidance as twins
from properties.arbiter.numbers import truth
from properties.cases.guidance import Predictions
from properties.law import law
from properties.laws._compare import entrywise, exact, residual
from properties.laws._data import size_of
from properties.protocol import Findings, Implementation


@law(
    "guidance.adjustments_arbiter",
    statement="rescaling mixes guided std_c/std_g with guided, a threshold clips at the quantile of |x| and divides by "
    "it, and the preference loss is softplus of the margin",
    catalogue=("P91", "P92"),
    family="predictions",
    route="arbiter",
)
def adjustments_arbiter(implementation: Implementation, case: Predictions) -> Findings:
    guidance, lift = implementation.module.guidance, implementation.lift
    errors = case.errors
    return (
        entrywise(
            "rescaled",
            guidance.rescaled(lift(case.third), lift(case.conditional), mix=lift(case.mix)),
            truth(twins.rescaled, case.third.tolist(), case.conditional.tolist(), case.mix),
            implementation,
        ),
        entrywise(
            "dynamic_threshold",
            guidance.dynamic_threshold(lift(case.third), quantile=case.quantile, minimum=case.minimum),
            truth(twins.dynamic_threshold, case.third.tolist(), case.quantile, case.minimum),
            implementation,
        ),
        entrywise(
            "diffusion_dpo_loss",
            guidance.diffusion_dpo_loss(*(lift(error) for error in errors), scale=lift(case.scale)),
            truth(twins.preference_loss, *errors, case.scale),
            implementation,
        ),
    )


@law(
    "guidance.adjustments_keep_their_promises",
    statement="full rescaling has the conditional's spread and none changes nothing; a threshold leaves nothing beyond "
    "1 and divides by the largest entry at quantile 1; swapping winner and loser moves the loss by the margin; an "
    "interval has the weight inside and 1 outside",
    catalogue=("P86", "P91", "P92"),
    family="predictions",
    route="closed form",
)
def adjustments_keep_their_promises(implementation: Implementation, case: Predictions) -> Findings:
    guidance, lift, lower = implementation.module.guidance, implementation.lift, implementation.lower
    guided, conditional = lift(case.third), lift(case.conditional)
    whole = lower(guidance.rescaled(guided, conditional, mix=lift(1.0)))
    full = truth(twins.rescaled, case.third.tolist(), case.conditional.tolist(), 1.0)
    none = lower(guidance.rescaled(guided, conditional, mix=lift(0.0)))
    largest = float(np.max(np.abs(case.third)))
    small, large = (float(np.dtype(implementation.dtype).type(factor * largest)) for factor in (0.5, 2.0))
    clipped = lower(guidance.dynamic_threshold(guided, quantile=case.quantile, minimum=case.minimum))
    scaled = lower(guidance.dynamic_threshold(guided, quantile=1.0, minimum=small))
    untouched = lower(guidance.dynamic_threshold(guided, quantile=case.quantile, minimum=large))
    winner, winner_reference, loser, loser_reference = errors = case.errors
    swapped = (loser, loser_reference, winner, winner_reference)
    losses = [guidance.diffusion_dpo_loss(*map(lift, each), scale=lift(case.scale)) for each in (errors, swapped)]
    margin = case.scale * ((winner - winner_reference) - (loser - loser_reference))
    at_rest = guidance.diffusion_dpo_loss(*map(lift, (winner, winner, loser, loser)), scale=lift(case.scale))
    low, high, t = case.times
    ones = np.ones_like(scaled)
    weight = lower(guidance.interval_weight(lift(case.weight), lift(t), t_low=lift(low), t_high=lift(high)))
    return (
        residual(
            "rescaled at 1",
            float(np.std(whole) - np.std(case.conditional)),
            2.0 * float(np.max(size_of(full))) + 2.0 * float(np.max(np.abs(case.conditional))),
            implementation,
        ),
        residual("rescaled at 0", none - case.third, np.abs(case.third), implementation),
        exact("dynamic_threshold bounded", bool(np.all(np.abs(clipped) <= 1.0))),
        exact("dynamic_threshold signs", bool(np.all(np.sign(clipped) == np.sign(case.third)))),
        residual("dynamic_threshold at quantile 1", scaled - case.third / largest, ones, implementation),
        residual("dynamic_threshold untouched", untouched - case.third / large, ones, implementation),
        residual(
            "diffusion_dpo_loss swapped",
            float(lower(losses[0])) - float(lower(losses[1])) - margin,
            float(lower(losses[0])) + float(lower(losses[1])) + 2.0 * case.scale * sum(errors),
            implementation,
        ),
        residual("diffusion_dpo_loss at rest", float(lower(at_rest)) - np.log(2.0), 1.0, implementation),
        exact("interval_weight", float(weight) == (case.weight if low <= t <= high else 1.0)),
        exact(
            "interval_weight ends",
            all(
                float(lower(guidance.interval_weight(lift(7.0), lift(end), t_low=lift(low), t_high=lift(high)))) == 7.0
                for end in (low, high)
            ),
        ),
    )
