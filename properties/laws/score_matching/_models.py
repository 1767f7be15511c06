"""Linear models of scores, as an implementation and as the arbiter see them, and points that have a law's moments."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.arbiter import score_matching as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import rounded
from properties.cases.score_matching import LinearModel
from properties.laws._data import arguments, path_arguments, rectangular
from properties.protocol import Floats, Implementation


class Modelled:
    """A case as an implementation builds it: the law at the level, the model, and their losses."""

    def __init__(self, implementation: Implementation, case: LinearModel) -> None:
        lift, lower = implementation.lift, implementation.lower
        self.implementation, self.case, self.size = implementation, case, case.data.size
        self.module = implementation.module.score_matching
        self.data, self.path, self.t = case.data.build(implementation), case.path.build(implementation), lift(case.t)
        self.matrix, self.offset = lift(case.matrix), lift(case.offset)
        self.alpha, self.sigma = (float(lower(level(self.t))) for level in (self.path.alpha, self.path.sigma))
        self.marginal = self.data.diffuse(lift(self.alpha), lift(self.sigma))

    def explicit(self) -> Any:
        return self.module.explicit_score_matching(self.marginal, self.matrix, self.offset)

    def implicit(self) -> Any:
        return self.module.implicit_score_matching(self.marginal, self.matrix, self.offset)

    def denoising(self) -> Any:
        return self.module.denoising_score_matching(self.data, self.path, self.matrix, self.offset, self.t)


def model_arguments(case: LinearModel) -> tuple[Any, list[float]]:
    """The model as arguments of a twin."""
    return rectangular(case.matrix), case.offset.tolist()


def explicit_truth(case: LinearModel, alpha: float, sigma: float) -> Truth:
    """The explicit loss of a Gaussian at a level."""
    return truth(twins.explicit_score_matching, alpha, sigma, *arguments(case.data)[1], *model_arguments(case))


def implicit_truth(case: LinearModel, alpha: float, sigma: float) -> Truth:
    """The implicit loss of a law at a level."""
    return truth(twins.implicit_score_matching, *arguments(case.data), alpha, sigma, *model_arguments(case))


def denoising_truth(case: LinearModel) -> Truth:
    """The denoising loss at the case's time."""
    place, data = path_arguments(case.path), arguments(case.data)
    return truth(twins.denoising_score_matching, *place, *data, *model_arguments(case), case.t)


def points_of(mean: Floats, covariance: Floats, dtype: str) -> Floats:
    """Points m +- sqrt(d) L e_i as values of the dtype: equal weights give the moments, up to the points' rounding."""
    steps = np.sqrt(len(mean)) * np.linalg.cholesky(covariance).T
    return rounded(np.concatenate([mean + steps, mean - steps]), dtype)
