"""`sampler.limit_law`: what a sampler tends to for small steps is the exact flow, or at least the exact law."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from certify import tolerances
from certify.noise import Noise, random_values
from certify.oracles import GAUSSIAN, MIXTURE
from certify.probe import AffineMap, Run
from certify.recurrences import Level
from certify.sampler_laws.judgement import Judgement, at_most, worst

__all__ = ["extrapolated", "limit_judgement", "map_quantities", "quantile_quantities"]

Array = NDArray[np.float64]
Quantities = dict[str, tuple[Array, Array]]


def extrapolated(values: list[Array]) -> Array:
    """The limit for step size 0 of values at step sizes h, h/2, h/4, ...: Romberg in integer powers of h."""
    column = values
    power = 1
    while len(column) > 1:
        factor = 2.0**power
        column = [(factor * fine - coarse) / (factor - 1.0) for coarse, fine in itertools.pairwise(column)]
        power += 1
    return column[0]


def map_quantities(found: AffineMap, first: Level, last: Level, *, deterministic: bool) -> Quantities:
    """What a map gives and what is exact, in units of the exact law's standard deviations: {name: (found, exact)}."""
    whiten = (GAUSSIAN.basis / np.sqrt(GAUSSIAN.marginal_variances(*last))).T
    covariance = whiten @ found.covariance(GAUSSIAN.marginal_covariance(*first)) @ whiten.T
    mean = whiten @ (found.mean(GAUSSIAN.marginal_mean(first.alpha)) - GAUSSIAN.marginal_mean(last.alpha))
    quantities = {"covariance": (covariance, np.eye(GAUSSIAN.dimension)), "mean": (mean, np.zeros_like(mean))}
    if deterministic:
        exact = GAUSSIAN.mean_propagator(first, last, 0.0)
        quantities["flow map"] = (whiten @ found.matrix, whiten @ exact)
    return quantities


def quantile_quantities(run: Run, first: Level, last: Level) -> Quantities:
    """Quantiles of a mixture pushed through a deterministic sampler, and the exact ones at the end."""
    probabilities = np.linspace(0.02, 0.98, 25)
    start = MIXTURE.quantiles(probabilities, *first)[:, None]
    end = run(start, Noise(random_values(0))).end[:, 0]
    return {"mixture map": (end, MIXTURE.quantiles(probabilities, *last))}


def limit_judgement(quantities: Mapping[int, Quantities]) -> Judgement:
    """The extrapolated limit of every quantity against the exact one; the worst decides."""
    judgements = []
    for name in next(iter(quantities.values())):
        limit = extrapolated([each[name][0] for each in quantities.values()])
        difference = float(np.abs(limit - next(iter(quantities.values()))[name][1]).max())
        sentence = f"for small steps its {name} tends to something {difference:.2g} away from the exact one"
        judgements.append(at_most(difference, tolerances.LIMIT_LAW, sentence, quantity=name))
    return worst(judgements, step_counts=list(quantities))
