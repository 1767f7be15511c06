"""Laws of Langevin sampling of a Gaussian: moments after any number of steps, and where they settle."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import langevin as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.score_matching import LangevinChain
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import arguments, judge, size_of, symmetric, symmetric_findings
from properties.protocol import Findings, Floats, Implementation


class Chain:
    """A case as an implementation builds it."""

    def __init__(self, implementation: Implementation, case: LangevinChain) -> None:
        self.implementation, self.case = implementation, case
        self.module, self.data = implementation.module.score_matching, case.data.build(implementation)
        self.by_norm = case.data.size > 1
        self.target_mean, self.target = arguments(case.data)[1]

    def mean(self, start: Floats, count: int) -> Any:
        lift = self.implementation.lift
        return self.module.langevin_mean(self.data, lift(start), step=lift(self.case.step), count=count)

    def covariance(self, start: Floats, count: int) -> Any:
        lift = self.implementation.lift
        return self.module.langevin_covariance(self.data, lift(start), step=lift(self.case.step), count=count)

    def stationary(self) -> Any:
        return self.module.langevin_stationary_covariance(self.data, step=self.implementation.lift(self.case.step))

    def mean_truth(self, start: Floats, count: int) -> Truth:
        return truth(twins.langevin_mean, self.target_mean, self.target, start.tolist(), self.case.step, count)

    def covariance_truth(self, start: Floats, count: int) -> Truth:
        return truth(twins.langevin_covariance, self.target, symmetric(start), self.case.step, count)

    def stationary_truth(self) -> Truth:
        return truth(twins.stationary_covariance, self.target, self.case.step)


@law(
    "score_matching.langevin_arbiter",
    statement="mean and covariance after any number of Langevin steps, and the covariance they settle at, are exact up "
    "to the edge of stability",
    catalogue=("P35",),
    family="langevin_chain",
    route="arbiter",
)
def langevin_arbiter(implementation: Implementation, case: LangevinChain) -> Findings:
    chain, names = Chain(implementation, case), [f"score_matching.langevin_{n}" for n in ("mean", "covariance")]
    mean, covariance = chain.mean(case.mean, case.count), chain.covariance(case.covariance, case.count)
    stationary, last = chain.stationary(), "score_matching.langevin_stationary_covariance"
    return (
        judge(names[0], mean, chain.mean_truth(case.mean, case.count), implementation, chain.by_norm),
        judge(names[1], covariance, chain.covariance_truth(case.covariance, case.count), implementation, chain.by_norm),
        *symmetric_findings(names[1], covariance, implementation, semidefinite=True),
        judge(last, stationary, chain.stationary_truth(), implementation, chain.by_norm),
        *symmetric_findings(last, stationary, implementation, semidefinite=True),
    )


@law(
    "score_matching.langevin_composes",
    statement="n steps and one more are n + 1 steps, none are none, and the stationary covariance stays",
    catalogue=("P35",),
    family="moderate_langevin_chain",
    route="composition",
)
def langevin_composes(implementation: Implementation, case: LangevinChain) -> Findings:
    chain, lower = Chain(implementation, case), implementation.lower
    tolerance = budget.NORMWISE if chain.by_norm else budget.ENTRYWISE
    names = [f"score_matching.langevin_{n}" for n in ("mean", "covariance", "stationary_covariance")]
    mean, covariance = chain.mean(case.mean, case.count), chain.covariance(case.covariance, case.count)
    settled = chain.stationary()
    here = [lower(value) for value in (mean, covariance, settled)]
    once_more = (chain.mean(here[0], 1), chain.covariance(here[1], 1), chain.covariance(here[2], case.count + 1))
    whole = (chain.mean(case.mean, case.count + 1), chain.covariance(case.covariance, case.count + 1), settled)
    # One step contracts or, at the edge, keeps: what the first leg is wrong by is passed on at most once.
    sizes = (
        chain.mean_truth(case.mean, case.count),
        chain.covariance_truth(case.covariance, case.count),
        chain.stationary_truth(),
    )
    again = (
        chain.mean_truth(here[0], 1),
        chain.covariance_truth(here[1], 1),
        chain.covariance_truth(here[2], case.count + 1),
    )
    findings = []
    for name, first, second, start, step in zip(names, once_more, whole, sizes, again, strict=True):
        scale = 2.0 * size_of(start, chain.by_norm) + size_of(step, chain.by_norm)
        difference = np.ravel(lower(first) - lower(second))
        findings.append(residual(name, difference, scale, implementation, tolerance))
    return tuple(findings)


@law(
    "score_matching.langevin_step_moves_moments",
    statement="one Langevin step with the exact score takes points that have the moments of the start and of the noise "
    "to points that have those after one step",
    catalogue=("P35",),
    family="moderate_langevin_chain",
    route="quadrature",
)
def langevin_step_moves_moments(implementation: Implementation, case: LangevinChain) -> Findings:
    chain, lift, lower, size = Chain(implementation, case), implementation.lift, implementation.lower, case.data.size
    root = np.linalg.cholesky(case.covariance)
    steps = np.sqrt(2.0 * size) * np.block([[root.T, np.zeros((size, size))], [np.zeros((size, size)), np.eye(size)]])
    joint = np.concatenate([steps, -steps])
    places, noises = lower(lift(case.mean + joint[:, :size])), lower(lift(joint[:, size:]))
    score = chain.data.score(lift(places))
    step = lift(np.full(len(places), case.step))
    moved = lower(chain.module.langevin_step(score, lift(places), lift(noises), step=step))
    centre = moved.mean(axis=0)
    spread = (moved - centre).T @ (moved - centre) / len(moved)
    # Every point may be wrong by what its terms may be: the score's condition times its size, over a step.
    condition = float(np.linalg.cond(case.data.full_covariances()[0]))
    pushes = case.step * (condition * np.linalg.norm(lower(score), axis=1)) + np.sqrt(2.0 * case.step) * np.linalg.norm(
        noises, axis=1
    )
    origin = float(np.linalg.norm(case.data.means[0]) / np.sqrt(_smallest(case.data.full_covariances()[0])))
    wrong = float((np.linalg.norm(places, axis=1) + pushes).max() + case.step * condition * origin)
    reach = float(np.linalg.norm(moved - centre, axis=1).max())
    mean_size, covariance_size = (
        float(np.linalg.norm(size_of(known, True)))
        for known in (chain.mean_truth(case.mean, 1), chain.covariance_truth(case.covariance, 1))
    )
    differences = (
        centre - lower(chain.mean(case.mean, 1)),
        spread - lower(chain.covariance(case.covariance, 1)),
    )
    scales = (mean_size + 4.0 * wrong, covariance_size + 8.0 * wrong * reach)
    names = ("langevin_mean", "langevin_covariance")
    return (
        *(
            residual(
                f"score_matching.{name}", float(np.linalg.norm(difference)), scale, implementation, budget.NORMWISE
            )
            for name, difference, scale in zip(names, differences, scales, strict=True)
        ),
        residual(
            "score_matching.langevin_step",
            float(np.linalg.norm(differences[0])),
            scales[0],
            implementation,
            budget.NORMWISE,
        ),
    )


def _smallest(covariance: Floats) -> float:
    return float(np.linalg.eigvalsh(covariance)[0])
