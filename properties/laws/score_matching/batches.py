"""Laws of batches: many models, many starts and many laws give what each gives alone."""

from __future__ import annotations

import numpy as np

from properties.cases.score_matching import LangevinChain, LinearModel
from properties.law import law
from properties.laws._data import size_of
from properties.laws._shape import stacked
from properties.laws.evolution.batches import agree
from properties.laws.score_matching._models import Modelled, denoising_truth, explicit_truth, implicit_truth
from properties.laws.score_matching.langevin import Chain
from properties.protocol import Finding, Findings, Implementation


@law(
    "score_matching.batches",
    statement="a batch of models, on a batch of laws, has the losses that each model has alone",
    catalogue=("P29", "P30"),
    family="moderate_gaussian_linear_model",
    route="composition",
)
def batches(implementation: Implementation, case: LinearModel) -> Findings:
    at, lift = Modelled(implementation, case), implementation.lift
    both = stacked(implementation, case.data)
    models = (lift(np.stack([0.5 * case.matrix, case.matrix])), lift(np.stack([-case.offset, case.offset])))
    spread = both.diffuse(lift(at.alpha), lift(at.sigma))
    times = lift(np.array([[0.5 * case.t], [case.t], [0.25 * case.t]]))
    levels = at.alpha, at.sigma
    rows = (
        (
            "explicit",
            at.module.explicit_score_matching(spread, *models),
            (2,),
            (1,),
            at.explicit(),
            explicit_truth(case, *levels),
        ),
        (
            "implicit",
            at.module.implicit_score_matching(spread, *models),
            (2,),
            (1,),
            at.implicit(),
            implicit_truth(case, *levels),
        ),
        (
            "denoising",
            at.module.denoising_score_matching(both, at.path, *models, times),
            (3, 2),
            (1, 1),
            at.denoising(),
            denoising_truth(case),
        ),
    )
    findings: list[Finding] = []
    for name, many, shape, where, alone, known in rows:
        quantity = f"score_matching.{name}_score_matching"
        findings += agree(quantity, many, shape, where, alone, size_of(known, True), implementation)
    return tuple(findings)


@law(
    "score_matching.batches_of_chains",
    statement="a batch of starts, or of targets, is moved by Langevin steps as each is alone",
    catalogue=("P35",),
    family="moderate_langevin_chain",
    route="composition",
)
def batches_of_chains(implementation: Implementation, case: LangevinChain) -> Findings:
    chain, lift, size = Chain(implementation, case), implementation.lift, case.data.size
    module, both = chain.module, stacked(implementation, case.data)
    # The first target of the pair has a quarter of the covariance: its own step keeps it stable.
    steps = lift(np.array([0.25 * case.step, case.step]))
    means = lift(np.stack([case.mean, case.mean, 0.5 * case.mean])[:, None])
    starts = lift(np.stack([0.5 * case.covariance, case.covariance, case.covariance])[:, None])
    count = min(case.count, 3)
    mean_alone, covariance_alone = chain.mean(case.mean, count), chain.covariance(case.covariance, count)
    rows = (
        (
            "mean",
            module.langevin_mean(both, means, step=steps, count=count),
            (3, 2, size),
            (1, 1),
            mean_alone,
            chain.mean_truth(case.mean, count),
        ),
        (
            "covariance",
            module.langevin_covariance(both, starts, step=steps, count=count),
            (3, 2, size, size),
            (1, 1),
            covariance_alone,
            chain.covariance_truth(case.covariance, count),
        ),
        (
            "stationary_covariance",
            module.langevin_stationary_covariance(both, step=steps),
            (2, size, size),
            (1,),
            chain.stationary(),
            chain.stationary_truth(),
        ),
    )
    findings: list[Finding] = []
    for name, many, shape, where, alone, known in rows:
        quantity = f"score_matching.langevin_{name}"
        findings += agree(quantity, many, shape, where, alone, size_of(known, True), implementation)
    return tuple(findings)
