"""Batches of bounds: two laws, points or times at once give what each gives alone, whichever comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from properties.arbiter import bounds as bound_twins
from properties.arbiter import generators as generator_twins
from properties.arbiter import latent as latent_twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.bounds import GeneratorChain, LatentModel, LinearEncoder, Pixels
from properties.cases.families import FieldStep
from properties.cases.specs import DataSpec
from properties.law import law
from properties.laws._compare import exact
from properties.laws._data import judge, spectral
from properties.laws.elbo import continuous, decoders, encoders, generators, latent
from properties.laws.elbo.terms import step_of
from properties.protocol import Finding, Findings, Floats, Implementation

Pair = Callable[[Any, float], Any]


def orders(implementation: Implementation) -> Iterator[tuple[int, Pair]]:
    """(where the case itself is in the batch, how to put a value beside a multiple of it), in both orders."""
    for place in (0, 1):

        def pair(value: Any, factor: float, place: int = place) -> Any:
            plain = np.asarray(value, dtype=np.float64)
            rows = (plain, factor * plain) if place == 0 else (factor * plain, plain)
            return implementation.lift(np.stack(rows))

        yield place, pair


def judged(
    name: str,
    computed: Any,
    place: Any,
    batch: tuple[int, ...],
    known: Truth,
    implementation: Implementation,
    norm: bool,
) -> Finding:
    """One entry of a batch of results, whose batch shape must be as expected."""
    shape = tuple(computed.shape)
    if shape[: len(batch)] != batch:
        return exact(f"elbo.{name}", False, shape=shape, expected=batch)
    return judge(f"elbo.{name}", computed[place], known, implementation, norm)


def _gaussians(implementation: Implementation, pair: Pair, mean: Floats, covariance: Floats, factor: float) -> Any:
    return implementation.module.Gaussian(pair(mean, -factor), pair(covariance, factor**2))


@law(
    "elbo.latent_batches",
    statement="Latent models, encoders and points in batches give what each gives alone.",
    catalogue=("P3", "P4", "P5"),
    family="small_linear_encoder",
    route="composition",
)
def latent_batches(implementation: Implementation, case: LinearEncoder) -> Findings:
    module, norm = implementation.module.elbo, not latent.on_the_line(case.loading)
    truths, findings = encoders.truths_of(case), []
    # The encoder at the mean of the data is a case of one point.
    x, centre = case.mean, case.z
    point = LatentModel(x, case.loading, case.noise_variance, centre, case.encoder_covariance)
    elbo, gap = truth(latent.point_twin, *latent.point_arguments(point)).split(1, 1)
    posterior = truth(latent_twins.latent_posterior, *latent.point_arguments(point)[:3]).split(
        len(centre), len(centre) ** 2
    )
    for place, pair in orders(implementation):
        loading, variance = pair(case.loading, 0.5), pair(case.noise_variance, 4.0)
        gain, noise = pair(case.gain, -2.0), pair(case.encoder_covariance, 0.25)
        data = _gaussians(implementation, pair, case.mean, case.covariance, 0.5)
        encoder = _gaussians(implementation, pair, centre, case.encoder_covariance, 0.5)
        model = (pair(x, 2.0), loading, variance)
        values = {
            **{name: getattr(module, name)(data, loading, variance, gain, noise) for name in encoders.AVERAGES},
            "latent_information": module.latent_information(data, gain, noise),
            "optimal_decoder_mean": module.optimal_decoder_mean(data, pair(case.z, 2.0), gain, noise),
            "aggregate_posterior": module.aggregate_posterior(data, gain, noise).covariance,
        }
        known = {name: parts[-1] for name, parts in truths.items()}
        known |= {"latent_elbo": elbo, "latent_elbo_gap": gap, "latent_posterior": posterior[0]}
        values |= {
            "latent_elbo": module.latent_elbo(*model, encoder),
            "latent_elbo_gap": module.latent_elbo_gap(*model, encoder),
            "latent_posterior": module.latent_posterior(*model).mean,
        }
        findings += [
            judged(name, value, place, (2,), known[name], implementation, norm) for name, value in values.items()
        ]
        findings.append(
            exact("elbo.latent_marginal", tuple(module.latent_marginal(loading, variance).batch_shape) == (2,))
        )
    # Points by one model.
    rows = implementation.lift(np.stack([0.5 * x, x, -x])[:, None])
    alone = (rows, implementation.lift(case.loading), implementation.lift(case.noise_variance))
    encoder = latent.gaussian(implementation, centre, case.encoder_covariance)
    return (
        *findings,
        judged("latent_elbo", module.latent_elbo(*alone, encoder), (1, 0), (3, 1), elbo, implementation, norm),
    )


@law(
    "elbo.generator_batches",
    statement="Generators, data and points in batches give what each gives alone.",
    catalogue=("M8", "M8c"),
    family="moderate_generator_chain",
    route="composition",
)
def generator_batches(implementation: Implementation, case: GeneratorChain) -> Findings:
    module, norm = implementation.module.elbo, case.data.size > 1
    path, times = case.path.build(implementation), implementation.lift(case.times)
    gap, averaged, at = truth(generator_twins.model_bounds, *generators.arguments(case)).split(1, 1, 1)
    mean, _ = generators.law_truths(case)
    options = {"variance": case.variance}
    findings = []

    def laws(data: DataSpec, pair: Pair, factor: float) -> Any:
        assert data.covariances is not None
        return _gaussians(implementation, pair, data.means[0], data.covariances[0], factor)

    for place, pair in orders(implementation):
        data, model = laws(case.data, pair, 0.5), laws(case.model, pair, 2.0)
        grid = (path, times)
        values = (
            ("model_gap", module.model_gap(data, model, *grid, **options), gap),
            ("model_negative_elbo", module.model_negative_elbo(data, model, *grid, **options), averaged),
            (
                "model_negative_elbo_at",
                module.model_negative_elbo_at(pair(case.x0, 0.5), model, *grid, **options),
                at,
            ),
            ("model_law", module.model_law(model, *grid, **options).mean, mean),
        )
        findings += [judged(name, value, place, (2,), known, implementation, norm) for name, value, known in values]
    rows = implementation.lift(np.stack([0.5 * case.x0, case.x0, -case.x0])[:, None])
    alone = case.model.build(implementation)
    points = module.model_negative_elbo_at(rows, alone, path, times, **options)
    return (*findings, judged("model_negative_elbo_at", points, (1, 0), (3, 1), at, implementation, norm))


@law(
    "elbo.time_batches",
    statement="The continuous bound and its sums for all times by a batch of laws give what each pair gives alone.",
    catalogue=("P45", "P46", "P47", "M18"),
    family="gaussian_step",
    route="composition",
)
def time_batches(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift = implementation.module, implementation.lift
    step = step_of(implementation, case)
    norm, path = spectral(implementation, case.data), step.call[1]
    known = {name: part for name, (_, part) in continuous.terms(implementation, step).items()}
    information = truth(bound_twins.mutual_information, step.path, step.noisy, step.covariance)
    best = truth(bound_twins.optimal_step_variance, step.path, step.clean, step.noisy, step.covariance)
    clean = lift(np.array([[step.clean], [0.5 * step.clean]]))
    noisy = lift(np.array([[step.noisy], [0.5 * step.noisy]]))
    grid = lift(continuous.grid(step, implementation.dtype))
    ends = {"t_start": clean, "t_end": noisy}
    assert case.data.covariances is not None
    findings = []
    for place, pair in orders(implementation):
        data = _gaussians(implementation, pair, case.data.means[0], case.data.covariances[0], 0.5)
        elbo, where = module.elbo, (0, place)
        values = (
            ("continuous_diffusion_loss", elbo.continuous_diffusion_loss(data, path, **ends)),
            ("continuous_diffusion_rate", elbo.continuous_diffusion_rate(data, path, noisy)),
            ("continuous_negative_elbo", elbo.continuous_negative_elbo(data, path, **ends)),
        )
        findings += [
            judged(name, value, where, (2, 2), known[f"elbo.{name}"], implementation, norm) for name, value in values
        ]
        variance = elbo.optimal_step_variance(data, path, clean=clean, noisy=noisy)
        findings.append(judged("optimal_step_variance", variance, where, (2, 2), best, implementation, norm))
        for name in ("discrete_diffusion_loss", "lower_diffusion_sum"):
            value = getattr(elbo, name)(data, path, grid)
            findings.append(judged(name, value, place, (2,), known[f"elbo.{name}"], implementation, norm))
        told = module.divergences.mutual_information(data, path, noisy)
        right = tuple(told.shape) == (2, 2)
        findings.append(
            judge("divergences.mutual_information", told[where], information, implementation, norm)
            if right
            else exact("divergences.mutual_information", False, shape=tuple(told.shape))
        )
    return tuple(findings)


@law(
    "elbo.decoder_batches",
    statement="All levels by all places, under either decoder, give what each pair gives alone.",
    catalogue=("P49",),
    family="pixels",
    route="composition",
)
def decoder_batches(implementation: Implementation, case: Pixels) -> Findings:
    module, lift = implementation.module.elbo, implementation.lift
    levels = lift(np.stack([case.levels - 1.0 - case.level, case.level])[:, None])
    rows = (np.stack([factor * value for factor in (0.5, 1.0, 2.0)]) for value in (case.mean, case.deviation, case.z))
    mean, deviation, z = (lift(row) for row in rows)
    gammas = lift(np.array([case.gamma - 1.0, case.gamma, case.gamma + 1.0]))
    discretized = module.discretized_gaussian_log_prob(levels, mean, deviation, levels=case.levels)
    softmax = module.vdm_decoder_log_prob(levels, z, gamma=gammas, levels=case.levels)
    place, batch = (1, 1), (2, 3)
    return (
        judged(
            "discretized_gaussian_log_prob",
            discretized,
            place,
            batch,
            decoders.discretized_truth(case),
            implementation,
            False,
        ),
        judged("vdm_decoder_log_prob", softmax, place, batch, decoders.softmax_truth(case), implementation, False),
    )
