"""A pair of Gaussians as an implementation and as the arbiter see it."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.arbiter import transport as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.transport import TransportPair
from properties.laws._data import symmetric
from properties.protocol import Floats, Implementation


class Pair:
    """A case as an implementation builds it, and the truths of its transport."""

    def __init__(self, implementation: Implementation, case: TransportPair) -> None:
        lift, make = implementation.lift, implementation.module.Gaussian
        self.implementation, self.case, self.size = implementation, case, case.size
        self.module, self.by_norm = implementation.module.transport, case.size > 1
        self.first = make(lift(case.mean_first), lift(case.covariance_first))
        self.second = make(lift(case.mean_second), lift(case.covariance_second))
        self.x, self.t, self.t_end = lift(case.x), lift(case.t), lift(case.t_end)
        self.variance = lift(case.variance)

    def number(self, value: Any) -> Floats:
        """A result as plain numbers."""
        return self.implementation.lower(value)

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """transport.<name>(first, second, ...)."""
        return getattr(self.module, name)(self.first, self.second, *arguments, **options)

    def plain(self, name: str, *arguments: Any, **options: Any) -> Floats:
        """The same as plain numbers."""
        return self.number(self.call(name, *arguments, **options))

    @property
    def whole_flow(self) -> Floats:
        """The flow's matrix from 0 to 1."""
        lift = self.implementation.lift
        return self.plain("interpolation_flow_matrix", t_start=lift(0.0), t_end=lift(1.0))

    def place(self, x: Floats) -> Any:
        """Plain points as the implementation's."""
        return self.implementation.lift(np.asarray(x))


def moments(case: TransportPair) -> list[Any]:
    """The two laws as arguments of a twin."""
    return [
        case.mean_first.tolist(),
        symmetric(case.covariance_first),
        case.mean_second.tolist(),
        symmetric(case.covariance_second),
    ]


def optimal_truths(case: TransportPair) -> list[Truth]:
    """[matrix, map, mean, covariance, velocity] of the optimal transport."""
    size = case.size
    known = truth(twins.optimal, *moments(case), case.x.tolist(), case.t)
    return known.split(size * size, size, size, size * size, size)


def interpolation_truths(case: TransportPair) -> list[Truth]:
    """[mean, covariance, velocity, flow matrix, flow map] of the independent coupling."""
    size = case.size
    known = truth(twins.interpolation, *moments(case), case.x.tolist(), case.t, case.t_end)
    return known.split(size, size * size, size, size * size, size)


def energy_truths(case: TransportPair) -> list[Truth]:
    """[flow displacement, kinetic energy, coupling energy]."""
    return truth(twins.energies, *moments(case)).split(1, 1, 1)


def bridge_truths(case: TransportPair) -> list[Truth]:
    """[cross-covariance, mean, covariance, drift] of the Schroedinger bridge."""
    size = case.size
    known = truth(twins.bridge, *moments(case), case.x.tolist(), case.t, case.variance)
    return known.split(size * size, size, size * size, size)


def norm(array: Floats) -> float:
    """The Euclidean (Frobenius) norm."""
    return float(np.linalg.norm(array))


class Sizes:
    """What moderate results may be wrong by, in units of c u, from conditions and lengths alone.

    A function of two covariances moves by at most the sum of their conditions times itself for a relative move of them
    in norm, and an image or a rate by its matrix times all the lengths that enter it.
    """

    def __init__(self, case: TransportPair) -> None:
        covariances = (case.covariance_first, case.covariance_second)
        self.grade = 1.0 + float(sum(np.linalg.cond(covariance) for covariance in covariances))
        self.spread = sum(norm(covariance) for covariance in covariances)
        self.reach = norm(case.x) + norm(case.mean_first) + norm(case.mean_second)

    def matrix(self, matrix: Floats) -> float:
        """Of a matrix."""
        return self.grade * norm(matrix)

    def image(self, matrix: Floats) -> float:
        """Of what an affine map of this matrix makes of x, or of the rate that it has there."""
        return self.grade * (1.0 + norm(matrix)) * self.reach

    @property
    def covariance(self) -> float:
        """Of a covariance between the two."""
        return self.grade * self.spread


def cubature(mean: Floats, covariance: Floats) -> Floats:
    """Points m +- sqrt(d) L e_i (2 d, d) whose equal weights give the moments."""
    steps = np.sqrt(len(mean)) * np.linalg.cholesky(covariance).T
    return np.concatenate([mean + steps, mean - steps])
