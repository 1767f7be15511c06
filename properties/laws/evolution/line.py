"""Laws of expectations of scores of mixtures on the line, where a quadrature has the last word."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import line_scores
from properties.arbiter.numbers import lift
from properties.cases.families import FieldPoint
from properties.cases.specs import DataSpec
from properties.law import law
from properties.laws._compare import truncated
from properties.laws._data import arguments
from properties.laws._differences import differentiated, time_derivative, time_scale
from properties.laws._line import nodes_of
from properties.laws.evolution._time import own_levels, stated
from properties.laws.evolution.information import METHODS, scalar
from properties.protocol import Findings, Floats, Implementation


def enclosed_information(data: DataSpec, alpha: float, sigma: float) -> float:
    """E s^2 as an enclosed integral."""
    kind, parameters = arguments(data)
    zero = lift(0.0)
    return float(line_scores.squared_gap(kind, lift(parameters), lift(alpha), lift(sigma), zero, zero).mid())


def coefficients(implementation: Implementation, case: FieldPoint) -> tuple[float, float]:
    """Drift and squared diffusion of the path at the case's time."""
    path, t = case.path.build(implementation), implementation.lift(case.t)
    return float(implementation.lower(path.drift(t))), float(implementation.lower(path.diffusion_squared(t)))


@law(
    "evolution.line_information_arbiter",
    statement="the Fisher information on the line lies in the enclosure of its integral, and the entropy grows at "
    "f + g^2/2 times it",
    catalogue=("P28", "M20"),
    family="line_evolution_point",
    route="arbiter",
    expectations=True,
)
def line_information_arbiter(implementation: Implementation, case: FieldPoint) -> Findings:
    information = enclosed_information(case.data, *own_levels(implementation, case.path, case.t))
    drift, diffusion = coefficients(implementation, case)
    found, rate = (
        float(implementation.lower(scalar(implementation, n, case))) for n in ("fisher_information", "entropy_rate")
    )
    expected = drift + 0.5 * diffusion * information
    tolerance = stated(implementation, information)
    return (
        truncated("evolution.fisher_information", found - information, tolerance),
        truncated(
            "evolution.entropy_rate", rate - expected, 0.5 * diffusion * tolerance + stated(implementation, abs(drift))
        ),
    )


@law(
    "evolution.line_information",
    statement="the Fisher information on the line is the mean square of the score, and sigma^2 J + (alpha/sigma)^2 "
    "mmse = 1",
    catalogue=("P28", "M20"),
    family="line_evolution_point",
    route="quadrature",
    expectations=True,
)
def line_information(implementation: Implementation, case: FieldPoint) -> Findings:
    data, path, t = case.data.build(implementation), case.path.build(implementation), implementation.lift(case.t)
    alpha, sigma = own_levels(implementation, case.path, case.t)
    marginal = data.diffuse(path.alpha(t), path.sigma(t))
    sums = [_mean_square(implementation, marginal, case.data, alpha, sigma, refine) for refine in (4.0, 8.0)]
    found = float(implementation.lower(scalar(implementation, "fisher_information", case)))
    error = float(implementation.lower(implementation.module.fields.minimum_mean_squared_error(data, path, t)))
    step = abs(sums[1] - sums[0])
    total = sigma**2 * found + (alpha / sigma) ** 2 * error - 1.0
    slack = sigma**2 * stated(implementation, found) + (alpha / sigma) ** 2 * stated(implementation, error)
    return (
        truncated("evolution.fisher_information", found - sums[1], step + stated(implementation, found)),
        truncated("evolution.fisher_information", total, slack + stated(implementation, 1.0)),
    )


def _mean_square(
    implementation: Implementation, marginal: Any, data: DataSpec, alpha: float, sigma: float, refine: float
) -> float:
    """E s^2 by the trapezoidal rule, with the implementation's own density and score."""
    deviations = np.sqrt(alpha**2 * data.full_covariances()[:, 0, 0] + sigma**2)
    at = nodes_of(alpha * data.means[:, 0], deviations, refine)
    places = implementation.lift(at.places[:, None])
    density = np.exp(implementation.lower(marginal.log_prob(places)))
    score: Floats = implementation.lower(marginal.score(places))[:, 0]
    return float(at.spacing * (density @ score**2))


@law(
    "evolution.line_de_bruijn",
    statement="entropy_rate is the derivative in time of the entropy of a mixture on the line",
    catalogue=("P28", "M20"),
    family="line_evolution_point",
    route="finite difference",
    expectations=True,
)
def line_de_bruijn(implementation: Implementation, case: FieldPoint) -> Findings:
    data, path, t = case.data.build(implementation), case.path.build(implementation), implementation.lift(case.t)
    levels = [float(implementation.lower(getattr(path, name)(t))) for name in METHODS]
    length = time_scale(case.path, case.t, levels)

    def entropy(times: Any) -> Any:
        return data.diffuse(path.alpha(times), path.sigma(times)).entropy()

    slope, bound = time_derivative(
        implementation, entropy, case.t, length, budget.MIXTURE_ENTROPY[implementation.dtype]
    )
    rate = float(implementation.lower(scalar(implementation, "entropy_rate", case)))
    natural = max(abs(rate), 1.0 / length)
    bound = bound + stated(implementation, rate)
    return (differentiated("evolution.entropy_rate", np.asarray(rate - slope), bound, natural, implementation),)
