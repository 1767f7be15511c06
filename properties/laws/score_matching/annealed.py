"""Laws of losses and samplers over several noise levels: noise-conditional, annealed, predictor and corrector."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import langevin as twins
from properties.arbiter import score_matching as loss_twins
from properties.arbiter.measured import as_measured, precisely
from properties.arbiter.numbers import truth
from properties.cases.score_matching import AnnealedChain, CorrectorBatch, LinearModel, NoiseConditionalModel
from properties.cases.specs import PathSpec
from properties.law import law
from properties.laws._compare import entrywise, exact, residual
from properties.laws._data import arguments, judge, rectangular, size_of, spectral, symmetric, symmetric_findings
from properties.laws._measured import measured, vanishes
from properties.laws.score_matching._models import denoising_truth
from properties.protocol import Findings, Implementation


def annealed(implementation: Implementation, case: AnnealedChain) -> tuple[Any, Any]:
    """Mean and covariance at the end of the chain."""
    module, lift, data = implementation.module.score_matching, implementation.lift, case.data.build(implementation)
    options = {"smallest_step": lift(case.smallest_step), "steps_per_level": case.steps_per_level}
    sigmas = lift(case.sigmas)
    return (
        module.annealed_langevin_mean(data, sigmas, lift(case.mean), **options),
        module.annealed_langevin_covariance(data, sigmas, lift(case.covariance), **options),
    )


def annealed_truths(case: AnnealedChain) -> tuple[Any, Any]:
    """The arbiter's mean and covariance."""
    mean, covariance = arguments(case.data)[1]
    rest = (case.smallest_step, case.steps_per_level)
    levels = case.sigmas.tolist()
    return (
        truth(twins.annealed_mean, mean, covariance, levels, case.mean.tolist(), *rest),
        truth(twins.annealed_covariance, covariance, levels, symmetric(case.covariance), *rest),
    )


@law(
    "score_matching.annealed_arbiter",
    statement="mean and covariance after annealed Langevin sampling of a Gaussian are exact",
    catalogue=("P36",),
    family="annealed_chain",
    route="arbiter",
)
def annealed_arbiter(implementation: Implementation, case: AnnealedChain) -> Findings:
    by_norm = case.data.size > 1
    (mean, covariance), known = annealed(implementation, case), annealed_truths(case)
    name = "score_matching.annealed_langevin_covariance"
    return (
        judge("score_matching.annealed_langevin_mean", mean, known[0], implementation, by_norm),
        judge(name, covariance, known[1], implementation, by_norm),
        *symmetric_findings(name, covariance, implementation, semidefinite=True),
    )


@law(
    "score_matching.annealed_composes",
    statement="annealed Langevin sampling is Langevin sampling level by level, of the law with that level's noise",
    catalogue=("P36", "P35"),
    family="annealed_chain",
    route="composition",
)
def annealed_composes(implementation: Implementation, case: AnnealedChain) -> Findings:
    module, lift, lower = implementation.module.score_matching, implementation.lift, implementation.lower
    data, known = case.data.build(implementation), annealed_truths(case)
    steps = lower(module.annealed_step_sizes(lift(case.sigmas), smallest_step=lift(case.smallest_step)))
    mean, covariance = lift(case.mean), lift(case.covariance)
    for sigma, step in zip(case.sigmas, steps, strict=True):
        noised = data.diffuse(lift(1.0), lift(float(sigma)))
        options = {"step": lift(float(step)), "count": case.steps_per_level}
        mean = module.langevin_mean(noised, mean, **options)
        covariance = module.langevin_covariance(noised, covariance, **options)
    ends = annealed(implementation, case)
    names = ("annealed_langevin_mean", "annealed_langevin_covariance")
    tolerance = budget.NORMWISE if case.data.size > 1 else budget.ENTRYWISE
    return tuple(
        residual(
            f"score_matching.{name}",
            np.ravel(lower(end) - lower(composed)),
            # The steps are right to a unit each, as conditioned as the end is on them.
            3.0 * len(case.sigmas) * size_of(part, case.data.size > 1),
            implementation,
            tolerance,
        )
        for name, end, composed, part in zip(names, ends, (mean, covariance), known, strict=True)
    )


@law(
    "score_matching.annealed_steps",
    statement="step sizes are as the squares of the noise levels, the smallest level having the smallest step",
    catalogue=("P36",),
    family="annealed_chain",
    route="arbiter",
)
def annealed_steps(implementation: Implementation, case: AnnealedChain) -> Findings:
    lift, name = implementation.lift, "score_matching.annealed_step_sizes"
    steps = implementation.module.score_matching.annealed_step_sizes(
        lift(case.sigmas), smallest_step=lift(case.smallest_step)
    )
    known = truth(twins.annealed_step_sizes, case.sigmas.tolist(), case.smallest_step)
    last = implementation.lower(steps)[-1]
    return (entrywise(name, steps, known, implementation), exact(name, bool(last == case.smallest_step)))


@law(
    "score_matching.annealed_steps_are_proportional",
    statement="every level's step is the same share of its noise variance",
    catalogue=("P36",),
    family="annealed_chain",
    route="composition",
)
def annealed_steps_are_proportional(implementation: Implementation, case: AnnealedChain) -> Findings:
    lift = implementation.lift
    steps = implementation.lower(
        implementation.module.score_matching.annealed_step_sizes(
            lift(case.sigmas), smallest_step=lift(case.smallest_step)
        )
    )
    shares = steps / case.sigmas**2
    # Squares, quotients and a product: five roundings a share.
    return (
        residual(
            "score_matching.annealed_step_sizes",
            shares - case.smallest_step / case.sigmas[-1] ** 2,
            5.0 * shares,
            implementation,
        ),
    )


@law(
    "score_matching.noise_conditional_arbiter",
    statement="the noise-conditional loss of linear models is sum sigma^2 times the denoising loss, at alpha = 1",
    catalogue=("P36", "P30"),
    family="noise_conditional_model",
    route="arbiter",
)
def noise_conditional_arbiter(implementation: Implementation, case: NoiseConditionalModel) -> Findings:
    known = truth(
        loss_twins.noise_conditional_loss,
        *arguments(case.data),
        case.sigmas.tolist(),
        [rectangular(matrix) for matrix in case.matrices],
        case.offsets.tolist(),
    )
    name = "score_matching.noise_conditional_loss"
    return (
        judge(
            name, noise_conditional(implementation, case), known, implementation, spectral(implementation, case.data)
        ),
    )


def noise_conditional(implementation: Implementation, case: NoiseConditionalModel) -> Any:
    """score_matching.noise_conditional_loss(data, sigmas, matrices, offsets)."""
    lift, data = implementation.lift, case.data.build(implementation)
    return implementation.module.score_matching.noise_conditional_loss(
        data, lift(case.sigmas), lift(case.matrices), lift(case.offsets)
    )


@law(
    "score_matching.noise_conditional_is_a_sum",
    statement="the noise-conditional loss adds up the denoising losses on the path x_0 + sigma noise, times sigma^2",
    catalogue=("P36", "P30"),
    family="noise_conditional_model",
    route="composition",
)
@precisely
def noise_conditional_is_a_sum(implementation: Implementation, case: NoiseConditionalModel) -> Findings:
    module, lift, data = implementation.module, implementation.lift, case.data.build(implementation)
    path, by_norm, total = PathSpec("EDM"), case.data.size > 1, as_measured(0.0)
    for sigma, matrix, offset in zip(case.sigmas.tolist(), case.matrices, case.offsets, strict=True):
        known = denoising_truth(LinearModel(path, case.data, matrix, offset, sigma))
        loss = module.score_matching.denoising_score_matching(
            data, path.build(implementation), lift(matrix), lift(offset), lift(sigma)
        )
        total = total + measured(loss, known, implementation, normwise=by_norm)[0] * as_measured(sigma).square()
    whole = as_measured(float(implementation.lower(noise_conditional(implementation, case))))
    difference = type(whole)(whole.value, total.allowance + abs(whole.value)) - total
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    return (vanishes("score_matching.noise_conditional_loss", difference, implementation, tolerance=tolerance),)


def corrector(implementation: Implementation, score: Any, noise: Any, ratio: float, alpha: float) -> Any:
    """score_matching.score_sde_corrector_step."""
    lift = implementation.lift
    return implementation.module.score_matching.score_sde_corrector_step(
        lift(score), lift(noise), signal_to_noise=lift(ratio), alpha=lift(alpha)
    )


@law(
    "score_matching.corrector_arbiter",
    statement="the corrector's step is 2 alpha (r |z| / |s|)^2 with norms averaged over the batch",
    catalogue=("P63",),
    family="corrector_batch",
    route="arbiter",
)
def corrector_arbiter(implementation: Implementation, case: CorrectorBatch) -> Findings:
    known = truth(loss_twins.corrector_step, case.score.tolist(), case.noise.tolist(), case.signal_to_noise, case.alpha)
    step = corrector(implementation, case.score, case.noise, case.signal_to_noise, case.alpha)
    return (entrywise("score_matching.score_sde_corrector_step", step, known, implementation),)


@law(
    "score_matching.corrector_signal_to_noise",
    statement="a Langevin step of the corrector's size moves the batch by the score r times as far as by the noise",
    catalogue=("P63", "P35"),
    family="corrector_batch",
    route="composition",
)
def corrector_signal_to_noise(implementation: Implementation, case: CorrectorBatch) -> Findings:
    module, lift, lower = implementation.module.score_matching, implementation.lift, implementation.lower
    step = corrector(implementation, case.score, case.noise, case.signal_to_noise, 1.0)
    nothing = np.zeros_like(case.score)
    rows = lift(np.full(len(case.score), float(lower(step))))
    pushed, shaken = (
        lower(module.langevin_step(lift(score), lift(nothing), lift(noise), step=rows))
        for score, noise in ((case.score, nothing), (nothing, case.noise))
    )
    far, wide = (float(np.linalg.norm(moves, axis=1).mean()) for moves in (pushed, shaken))
    quantity = "score_matching.score_sde_corrector_step"
    return (residual(quantity, far - case.signal_to_noise * wide, 4.0 * far, implementation),)
