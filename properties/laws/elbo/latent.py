"""Bounds of linear-Gaussian latent-variable models: one point's ELBO, and the averages over Gaussian data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from properties import budget
from properties.arbiter import latent as twins
from properties.arbiter.divergences import log_density
from properties.arbiter.measured import Measured, precisely
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.bounds import LatentModel
from properties.law import law
from properties.laws._compare import exact
from properties.laws._data import judge, rectangular, symmetric, symmetric_findings
from properties.laws._measured import measured, vanishes
from properties.protocol import Findings, Floats, Implementation


def point_arguments(case: LatentModel) -> tuple[Any, ...]:
    """The case as the twins of one point take it."""
    return (
        case.x.tolist(),
        rectangular(case.loading),
        case.noise_variance,
        case.mean.tolist(),
        symmetric(case.covariance),
    )


def on_the_line(loading: Floats) -> bool:
    return loading.shape == (1, 1)


def law_findings(quantity: str, computed: Any, truths: Sequence[Truth], implementation: Implementation) -> Findings:
    """A computed Gaussian against the truths of its mean and covariance."""
    size = computed.mean.shape[-1]
    return (
        judge(quantity, computed.mean, truths[0], implementation, size > 1),
        judge(quantity, computed.covariance, truths[1], implementation, size > 1),
        *symmetric_findings(quantity, computed.covariance, implementation, semidefinite=True),
    )


def gaussian(implementation: Implementation, mean: Any, covariance: Any) -> Any:
    return implementation.module.Gaussian(implementation.lift(mean), implementation.lift(covariance))


def point_terms(implementation: Implementation, case: LatentModel) -> tuple[Any, Any]:
    """(latent_elbo, latent_elbo_gap) of the case."""
    lift_value, module = implementation.lift, implementation.module.elbo
    model = tuple(lift_value(value) for value in (case.x, case.loading, case.noise_variance))
    encoder = gaussian(implementation, case.mean, case.covariance)
    return module.latent_elbo(*model, encoder), module.latent_elbo_gap(*model, encoder)


def point_twin(*arguments: Any) -> list[Any]:
    return [twins.latent_elbo(*arguments), twins.latent_elbo_gap(*arguments)]


@law(
    "elbo.latent_arbiter",
    statement="The marginal and the posterior of a linear-Gaussian generator are those of its joint law; the ELBO is "
    "the log evidence less KL(q || p(z|x)).",
    catalogue=("P3",),
    family="latent_model",
    route="arbiter",
)
def latent_arbiter(implementation: Implementation, case: LatentModel) -> Findings:
    lift_value, module = implementation.lift, implementation.module.elbo
    arguments = point_arguments(case)
    size, latent = case.loading.shape
    posterior = truth(twins.latent_posterior, *arguments[:3]).split(latent, latent * latent)
    marginal = truth(twins.latent_marginal, *arguments[1:3]).split(size, size * size)
    model = tuple(lift_value(value) for value in (case.x, case.loading, case.noise_variance))
    by_norm = not on_the_line(case.loading)
    names = ("elbo.latent_elbo", "elbo.latent_elbo_gap")
    terms = zip(names, point_terms(implementation, case), truth(point_twin, *arguments).split(1, 1), strict=True)
    return (
        *(judge(name, value, part, implementation, by_norm) for name, value, part in terms),
        *law_findings("elbo.latent_posterior", module.latent_posterior(*model), posterior, implementation),
        *law_findings("elbo.latent_marginal", module.latent_marginal(*model[1:]), marginal, implementation),
    )


@law(
    "elbo.latent_expectations",
    statement="The ELBO of a point is E_q[log p(x, z) - log q(z)], and log p(x) less that is the gap.",
    catalogue=("P3",),
    family="latent_model",
    route="quadrature",
)
@precisely
def latent_expectations(implementation: Implementation, case: LatentModel) -> Findings:
    arguments = point_arguments(case)
    values = twins.latent_by_cubature(*(lift(argument) for argument in arguments))
    # The expectations give values; the condition sums are those of the same functions in closed form.
    parts = truth(point_twin, *arguments).split(1, 1)
    return tuple(
        judge(f"elbo.{name}", computed, replace(part, values=(value,)), implementation, not on_the_line(case.loading))
        for name, computed, part, value in zip(
            ("latent_elbo", "latent_elbo_gap"), point_terms(implementation, case), parts, values, strict=True
        )
    )


@law(
    "elbo.evidence",
    statement="ELBO + gap = log density of the marginal; the gap is never negative, and at the posterior it is 0.",
    catalogue=("P3",),
    family="latent_model",
    route="composition",
)
@precisely
def evidence(implementation: Implementation, case: LatentModel) -> Findings:
    lift_value, module = implementation.lift, implementation.module.elbo
    arguments = point_arguments(case)
    x, loading, variance = (lift_value(value) for value in (case.x, case.loading, case.noise_variance))
    parts = truth(point_twin, *arguments).split(1, 1)
    bound, gap = (
        measured(value, part, implementation, normwise=True)[0]
        for value, part in zip(point_terms(implementation, case), parts, strict=True)
    )
    marginal = module.latent_marginal(loading, variance)
    density = _log_prob(implementation, marginal, case.x)
    tolerance = budget.ENTRYWISE if on_the_line(case.loading) else budget.NORMWISE
    # The exact posterior, as far as its own roundings let it be.
    posterior = module.latent_posterior(x, loading, variance)
    moments = (implementation.lower(posterior.mean).tolist(), symmetric(implementation.lower(posterior.covariance)))
    at_posterior = truth(point_twin, *arguments[:3], *moments).split(1, 1)
    best = measured(module.latent_elbo(x, loading, variance, posterior), at_posterior[0], implementation, normwise=True)
    slack = tolerance.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    return (
        vanishes("elbo.latent_elbo", bound + gap - density, implementation, size=bound, tolerance=tolerance),
        vanishes("elbo.latent_elbo_gap", density - bound - gap, implementation, size=gap, tolerance=tolerance),
        vanishes("elbo.latent_posterior", best[0] - density, implementation, size=density, tolerance=tolerance),
        exact("elbo.latent_elbo_gap", bool(gap.value + slack * gap.allowance >= 0)),
    )


def _log_prob(implementation: Implementation, data: Any, x: Floats) -> Measured:
    """The log density of a computed Gaussian, whose covariance may be off by the norm of it."""
    moments = implementation.lower(data.mean).tolist(), symmetric(implementation.lower(data.covariance))
    exactly = truth(log_density, x.tolist(), *moments)
    return measured(data.log_prob(implementation.lift(x)), exactly, implementation, normwise=True)[0]
