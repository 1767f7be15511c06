"""Laws of information on Gaussians: Fisher's, the entropy's rate (de Bruijn), and that of a KL divergence."""

from __future__ import annotations

from typing import Any

from properties import budget
from properties.arbiter import distributions, paths
from properties.arbiter import evolution as twins
from properties.arbiter import fields as field_twins
from properties.arbiter.measured import as_measured, precisely
from properties.arbiter.numbers import Truth, truth
from properties.cases.families import FieldPoint
from properties.law import law
from properties.laws._data import allowance, arguments, judge, path_arguments, spectral
from properties.laws._differences import differentiated, time_derivative, time_scale
from properties.laws._fields import conditions
from properties.laws._measured import measured, vanishes
from properties.protocol import Findings, Implementation

METHODS = ("alpha", "sigma", "alpha_derivative", "sigma_derivative")


def scalar(implementation: Implementation, name: str, case: FieldPoint) -> Any:
    """evolution.<name>(data, path, t)."""
    data, path = case.data.build(implementation), case.path.build(implementation)
    return getattr(implementation.module.evolution, name)(data, path, implementation.lift(case.t))


def scalar_truth(name: str, case: FieldPoint) -> Truth:
    """The arbiter's number at a Gaussian."""
    return truth(getattr(twins, name), *path_arguments(case.path), *arguments(case.data)[1], case.t)


@law(
    "evolution.information_arbiter",
    statement="the Fisher information of a diffused Gaussian is tr V^-1, and its entropy grows at f d + g^2/2 times it",
    catalogue=("P28", "M20"),
    family="gaussian_field_point",
    route="arbiter",
)
def information_arbiter(implementation: Implementation, case: FieldPoint) -> Findings:
    by_norm = spectral(implementation, case.data)
    return tuple(
        judge(
            f"evolution.{name}", scalar(implementation, name, case), scalar_truth(name, case), implementation, by_norm
        )
        for name in ("fisher_information", "entropy_rate")
    )


@law(
    "evolution.information_and_error",
    statement="sigma^2 J + (alpha^2/sigma^2) mmse = d: what the score knows and what the denoiser misses",
    catalogue=("P28", "M20"),
    family="gaussian_field_point",
    route="composition",
)
@precisely
def information_and_error(implementation: Implementation, case: FieldPoint) -> Findings:
    by_norm = spectral(implementation, case.data)
    alpha, sigma = _measured_levels(implementation, case)
    (information,) = measured(
        scalar(implementation, "fisher_information", case),
        scalar_truth("fisher_information", case),
        implementation,
        normwise=by_norm,
    )
    data, path = case.data.build(implementation), case.path.build(implementation)
    (error,) = measured(
        implementation.module.fields.minimum_mean_squared_error(data, path, implementation.lift(case.t)),
        truth(field_twins.minimum_mean_squared_error, *path_arguments(case.path), arguments(case.data)[1][1], case.t),
        implementation,
        normwise=by_norm,
    )
    total = sigma.square() * information + (alpha / sigma).square() * error - as_measured(float(case.data.size))
    return (
        vanishes(
            "evolution.fisher_information",
            total,
            implementation,
            tolerance=budget.NORMWISE if by_norm else budget.ENTRYWISE,
        ),
    )


def _measured_levels(implementation: Implementation, case: FieldPoint) -> list[Any]:
    path, t = case.path.build(implementation), implementation.lift(case.t)
    return [
        measured(
            getattr(path, name)(t), truth(getattr(paths, name), *path_arguments(case.path), case.t), implementation
        )[0]
        for name in METHODS[:2]
    ]


@law(
    "evolution.de_bruijn",
    statement="entropy_rate is the derivative in time of the entropy of x_t",
    catalogue=("P28", "M20"),
    family="moderate_gaussian_field_point",
    route="finite difference",
)
def de_bruijn(implementation: Implementation, case: FieldPoint) -> Findings:
    data, path, t = case.data.build(implementation), case.path.build(implementation), implementation.lift(case.t)
    levels = [float(implementation.lower(getattr(path, name)(t))) for name in METHODS]
    wrong = conditions(case.path, case.t)
    entropy = truth(_entropy, arguments(case.data)[1][1], *levels[:2])
    # The entropy feels the levels' own errors as those of its arguments.
    grown = 1.0 + max(wrong["alpha"], wrong["sigma"])
    noise = grown * allowance(entropy, implementation, case.data.size > 1)[0]
    length = time_scale(case.path, case.t, levels)
    slope, bound = time_derivative(
        implementation,
        lambda times: data.diffuse(path.alpha(times), path.sigma(times)).entropy(),
        case.t,
        length,
        noise,
    )
    rate = implementation.lower(scalar(implementation, "entropy_rate", case))
    rounding = allowance(scalar_truth("entropy_rate", case), implementation, case.data.size > 1)[0]
    natural = max(float(abs(rate)), case.data.size / length)
    return (differentiated("evolution.entropy_rate", rate - slope, bound + rounding, natural, implementation),)


def _entropy(covariance: list[Any], alpha: Any, sigma: Any) -> Any:
    centre = [alpha * 0] * len(covariance)
    ((_, mean, spread),) = twins.marginals_at(alpha, sigma, "gaussian", [centre, covariance])
    return distributions.gaussian_entropy(mean, spread)
