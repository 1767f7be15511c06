"""Laws of score matching on mixtures on the line, where the explicit loss is a quadrature."""

from __future__ import annotations

from properties.arbiter import line_scores
from properties.arbiter.numbers import lift
from properties.cases.score_matching import LinearModel
from properties.law import law
from properties.laws._compare import truncated
from properties.laws._data import arguments
from properties.laws.evolution._time import stated
from properties.laws.score_matching._models import Modelled
from properties.protocol import Findings, Implementation


@law(
    "score_matching.line_explicit_arbiter",
    statement="the explicit loss on the line lies in the enclosure of its integral",
    catalogue=("P29",),
    family="line_linear_model",
    route="arbiter",
    expectations=True,
)
def line_explicit_arbiter(implementation: Implementation, case: LinearModel) -> Findings:
    at = Modelled(implementation, case)
    kind, parameters = arguments(case.data)
    numbers = (lift(value) for value in (at.alpha, at.sigma, float(case.matrix[0, 0]), float(case.offset[0])))
    value = 0.5 * float(line_scores.squared_gap(kind, lift(parameters), *numbers).mid())
    # The difference of two scores is known no better than the scores.
    size = value + 0.5 / at.sigma**2
    error = float(implementation.lower(at.explicit())) - value
    return (truncated("score_matching.explicit_score_matching", error, stated(implementation, size)),)


@law(
    "score_matching.line_losses_differ_by_constants",
    statement="explicit = implicit + J/2 and denoising = explicit + (1/sigma^2 - J)/2 for any law on the line",
    catalogue=("P29", "P30"),
    family="line_linear_model",
    route="composition",
    expectations=True,
)
def line_losses_differ_by_constants(implementation: Implementation, case: LinearModel) -> Findings:
    at, lower = Modelled(implementation, case), implementation.lower
    fisher = float(lower(implementation.module.evolution.fisher_information(at.data, at.path, at.t)))
    explicit, implicit, denoising = (float(lower(value)) for value in (at.explicit(), at.implicit(), at.denoising()))
    noise = 1.0 / at.sigma**2
    first, second = implicit + 0.5 * fisher - explicit, explicit + 0.5 * (noise - fisher) - denoising
    slack = stated(implementation, abs(implicit) + fisher + explicit + denoising + noise)
    return (
        *(truncated(f"score_matching.{name}_score_matching", first, slack) for name in ("explicit", "implicit")),
        truncated("score_matching.denoising_score_matching", second, slack),
    )
