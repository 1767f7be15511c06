"""Averages of linear-Gaussian latent-variable bounds over Gaussian data: the linear encoder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import latent as twins
from properties.arbiter.divergences import kl_divergence
from properties.arbiter.elbo import entropy
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Symmetric, Truth, lift, truth
from properties.cases.bounds import LinearEncoder
from properties.cases.draw import rounded
from properties.law import law
from properties.laws._data import judge, rectangular, symmetric
from properties.laws._measured import measured, vanishes
from properties.laws.elbo.latent import gaussian, law_findings, on_the_line, point_twin
from properties.protocol import Finding, Findings, Floats, Implementation


def _encoder_arguments(case: LinearEncoder) -> tuple[Any, ...]:
    return (
        case.mean.tolist(),
        symmetric(case.covariance),
        rectangular(case.loading),
        case.noise_variance,
        rectangular(case.gain),
        symmetric(case.encoder_covariance),
    )


AVERAGES = ("joint_divergence", "expected_latent_elbo")
ENCODERS = ("latent_information", "aggregate_posterior", "optimal_decoder_mean")


def encoder_terms(implementation: Implementation, case: LinearEncoder) -> dict[str, Any]:
    """Every average over the data that the case has, by its public name."""
    lift_value, module = implementation.lift, implementation.module.elbo
    data = gaussian(implementation, case.mean, case.covariance)
    loading, variance, gain, noise, z = (
        lift_value(value) for value in (case.loading, case.noise_variance, case.gain, case.encoder_covariance, case.z)
    )
    return {
        **{name: getattr(module, name)(data, loading, variance, gain, noise) for name in AVERAGES},
        "latent_information": module.latent_information(data, gain, noise),
        "aggregate_posterior": module.aggregate_posterior(data, gain, noise),
        "optimal_decoder_mean": module.optimal_decoder_mean(data, z, gain, noise),
    }


def _averages_twin(*arguments: Any) -> list[Any]:
    return [getattr(twins, name)(*arguments) for name in AVERAGES]


def truths_of(case: LinearEncoder) -> dict[str, list[Truth]]:
    """The truths of `encoder_terms`."""
    arguments = _encoder_arguments(case)
    latent = len(case.gain)
    encoder = (*arguments[:2], *arguments[4:])
    divergence, bound = truth(_averages_twin, *arguments).split(1, 1)
    return {
        "joint_divergence": [divergence],
        "expected_latent_elbo": [bound],
        "latent_information": [truth(twins.latent_information, *encoder)],
        "aggregate_posterior": truth(twins.aggregate_posterior, *encoder).split(latent, latent * latent),
        "optimal_decoder_mean": [truth(twins.optimal_decoder_mean, *encoder, case.z.tolist())],
    }


@law(
    "elbo.encoder_arbiter",
    statement="The joint divergence, the averaged ELBO, the information, the aggregate posterior and the optimal "
    "decoder of a linear encoder are those of the joint laws of (x, z).",
    catalogue=("P4", "P5"),
    family="linear_encoder",
    route="arbiter",
)
def encoder_arbiter(implementation: Implementation, case: LinearEncoder) -> Findings:
    by_norm = not on_the_line(case.loading)
    terms, truths = encoder_terms(implementation, case), truths_of(case)
    findings: list[Finding] = []
    for name, value in terms.items():
        if name == "aggregate_posterior":
            findings += law_findings(f"elbo.{name}", value, truths[name], implementation)
        else:
            findings.append(judge(f"elbo.{name}", value, truths[name][0], implementation, by_norm))
    return tuple(findings)


def _decoded_by_precision(case: LinearEncoder) -> Any:
    mean, covariance, _, _, gain, noise = (lift(argument) for argument in _encoder_arguments(case))
    return twins.optimal_decoder_mean_by_precision(mean, covariance, gain, noise, lift(case.z.tolist()))


@law(
    "elbo.encoder_expectations",
    statement="The joint divergence and the averaged ELBO are expectations of log densities; the information is the "
    "divergence of the joint law from the product of its marginals; the decoder minimises a sum of squares.",
    catalogue=("P4", "P5"),
    family="linear_encoder",
    route="quadrature",
)
@precisely
def encoder_expectations(implementation: Implementation, case: LinearEncoder) -> Findings:
    arguments: Any = [lift(argument) for argument in _encoder_arguments(case)]
    encoder: Any = (*arguments[:2], *arguments[4:])
    divergence, bound = twins.encoder_by_cubature(*arguments)
    values = {
        "joint_divergence": [divergence],
        "expected_latent_elbo": [bound],
        "latent_information": [twins.latent_information_by_divergence(*encoder)],
        "optimal_decoder_mean": _decoded_by_precision(case),
    }
    terms, truths = encoder_terms(implementation, case), truths_of(case)
    by_norm = not on_the_line(case.loading)
    return tuple(
        judge(f"elbo.{name}", terms[name], replace(truths[name][0], values=tuple(value)), implementation, by_norm)
        for name, value in values.items()
    )


def _cubature(implementation: Implementation, case: LinearEncoder) -> Floats:
    """2d points that average quadratics over the data, up to their own rounding, which the condition sums cover."""
    steps = np.sqrt(len(case.mean)) * np.linalg.cholesky(case.covariance).T
    return rounded(case.mean + np.concatenate([steps, -steps]), implementation.dtype)


@law(
    "elbo.joint_chain_rule",
    statement="KL of the joint laws = KL(data || marginal) + E KL(q(z|x) || p(z|x)) = -E ELBO - h(data).",
    catalogue=("P4",),
    family="small_linear_encoder",
    route="composition",
)
@precisely
def joint_chain_rule(implementation: Implementation, case: LinearEncoder) -> Findings:
    module, lift_value = implementation.module, implementation.lift
    data = gaussian(implementation, case.mean, case.covariance)
    loading, variance = lift_value(case.loading), lift_value(case.noise_variance)
    terms, truths = encoder_terms(implementation, case), truths_of(case)
    joint, bound = (measured(terms[name], truths[name][0], implementation, normwise=True)[0] for name in AVERAGES)
    marginal = module.elbo.latent_marginal(loading, variance)
    moments = (implementation.lower(marginal.mean).tolist(), symmetric(implementation.lower(marginal.covariance)))
    exactly = truth(kl_divergence, case.mean.tolist(), symmetric(case.covariance), *moments)
    total = measured(module.divergences.kl_divergence(data, marginal), exactly, implementation, normwise=True)[0]
    points = _cubature(implementation, case)
    elbos, noise = as_measured(0.0), symmetric(case.encoder_covariance)
    for point in points:
        # The encoder's mean is rounded once more on its way in; it is an argument of the gap.
        centre = rounded(case.gain @ point, implementation.dtype)
        encoder = gaussian(implementation, centre, case.encoder_covariance)
        arguments = (point.tolist(), rectangular(case.loading), case.noise_variance, centre.tolist(), noise)
        parts = truth(point_twin, *arguments).split(1, 1)
        place = (lift_value(point), loading, variance, encoder)
        for name, part in zip(("latent_elbo", "latent_elbo_gap"), parts, strict=True):
            (value,) = measured(getattr(module.elbo, name)(*place), part, implementation, normwise=True)
            share = value * (1.0 / len(points))
            if name == "latent_elbo":
                elbos = elbos + share
            else:
                total = total + share
    (own,) = measured(data.entropy(), truth(entropy, symmetric(case.covariance)), implementation, normwise=True)
    tolerance = budget.ENTRYWISE if on_the_line(case.loading) else budget.NORMWISE
    return (
        vanishes("elbo.joint_divergence", total - joint, implementation, size=joint, tolerance=tolerance),
        vanishes("elbo.joint_divergence", joint + bound + own, implementation, size=joint, tolerance=tolerance),
        vanishes("elbo.expected_latent_elbo", elbos - bound, implementation, size=bound, tolerance=tolerance),
    )


@law(
    "elbo.surgery",
    statement="E KL(q(z|x) || N(0, I)) = I_q(x; z) + KL(q(z) || N(0, I)); the decoder's error is uncorrelated with z, "
    "and at the mean of z it gives the mean of x.",
    catalogue=("P5",),
    family="small_linear_encoder",
    route="composition",
)
@precisely
def surgery(implementation: Implementation, case: LinearEncoder) -> Findings:
    module, lift_value, lower = implementation.module, implementation.lift, implementation.lower
    latent = len(case.gain)
    data = gaussian(implementation, case.mean, case.covariance)
    gain, noise = lift_value(case.gain), lift_value(case.encoder_covariance)
    truths = truths_of(case)
    aggregate = module.elbo.aggregate_posterior(data, gain, noise)
    standard = gaussian(implementation, np.zeros(latent), np.eye(latent))
    zero, unit = [0.0] * latent, Symmetric(np.eye(latent).tolist(), 1.0)

    def divergence(law_of_z: Any) -> Measured:
        moments = (lower(law_of_z.mean).tolist(), symmetric(lower(law_of_z.covariance)))
        exactly = truth(kl_divergence, *moments, zero, unit)
        return measured(module.divergences.kl_divergence(law_of_z, standard), exactly, implementation, normwise=True)[0]

    points = _cubature(implementation, case)
    rate = as_measured(0.0)
    for point in points:
        centre = rounded(case.gain @ point, implementation.dtype)
        rate = rate + divergence(gaussian(implementation, centre, case.encoder_covariance)) * (1.0 / len(points))
    information = measured(
        module.elbo.latent_information(data, gain, noise),
        truths["latent_information"][0],
        implementation,
        normwise=True,
    )[0]
    tolerance = budget.ENTRYWISE if on_the_line(case.loading) else budget.NORMWISE
    residual = rate - information - divergence(aggregate)
    return (
        vanishes("elbo.latent_information", residual, implementation, size=information, tolerance=tolerance),
        vanishes("elbo.aggregate_posterior", residual, implementation, size=rate, tolerance=tolerance),
        *_decoder_findings(implementation, case, tolerance),
    )


def _decoder_findings(
    implementation: Implementation, case: LinearEncoder, tolerance: budget.ToleranceClass
) -> list[Finding]:
    """D(z) is affine: D(E z) = E x, and (D(E z + e_j) - D(E z))_j Cov z = Cov(x, z) in exact numbers."""
    lift_value = implementation.lift
    data = gaussian(implementation, case.mean, case.covariance)
    gain, noise = lift_value(case.gain), lift_value(case.encoder_covariance)
    _, _, _, _, *encoder = _encoder_arguments(case)
    arguments = (case.mean.tolist(), symmetric(case.covariance), *encoder)
    centre = rounded(case.gain @ case.mean, implementation.dtype)
    exactly = [lift(each) for each in arguments]
    mean, aggregate = twins.aggregate_posterior(*exactly)
    latent, quantity = len(centre), "elbo.optimal_decoder_mean"

    def decoded(place: Floats) -> list[Measured]:
        computed = implementation.module.elbo.optimal_decoder_mean(data, lift_value(place), gain, noise)
        part = truth(twins.optimal_decoder_mean, *arguments, place.tolist())
        return measured(computed, part, implementation, normwise=True)

    at_mean = decoded(centre)
    steps = np.sqrt(np.array([float(aggregate[j][j]) for j in range(latent)]))
    places = [rounded(centre + steps[j] * np.eye(latent)[j], implementation.dtype) for j in range(latent)]
    slopes = [
        [
            (there - here) / (lift(float(place[j])) - lift(float(centre[j])))
            for there, here in zip(rows, at_mean, strict=True)
        ]
        for j, (place, rows) in enumerate((place, decoded(place)) for place in places)
    ]
    corner = twins.encoded(*exactly)[1]
    size = len(case.mean)
    residuals = []
    for row in range(size):
        offset = at_mean[row] - lift(float(case.mean[row]))
        for j in range(latent):
            # The centre is rounded: what is left of E z - centre.
            offset = offset + slopes[j][row] * (mean[j] - lift(float(centre[j])))
            covariance = as_measured(0.0)
            for k in range(latent):
                covariance = covariance + slopes[k][row] * aggregate[k][j]
            residuals.append(covariance - corner[row][size + j])
        residuals.append(offset)
    return [vanishes(quantity, residuals, implementation, tolerance=tolerance)]
