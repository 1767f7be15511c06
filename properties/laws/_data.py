"""Data laws as the arbiter and as an implementation see them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter.numbers import Rectangular, Symmetric, Truth
from properties.cases.families import DataPoint
from properties.cases.specs import DataSpec, PathSpec
from properties.laws._compare import entrywise, exact, normwise, residual
from properties.protocol import Finding, Findings, Floats, Implementation

LABELS = {
    "gaussian": "Gaussian",
    "mixture": "GaussianMixture",
    "isotropic": "GaussianMixture.isotropic",
    "diagonal": "GaussianMixture.diagonal",
    "low_rank": "GaussianMixture.low_rank",
    "points": "PointCloud",
}


def symmetric(covariance: Floats) -> Symmetric:
    """A covariance as an argument of a twin, with both of its scales."""
    return Symmetric(covariance.tolist(), float(np.linalg.norm(covariance, 2)))


def rectangular(matrix: Floats) -> Rectangular:
    """A matrix of independent entries as an argument of a twin, with both of its scales."""
    return Rectangular(matrix.tolist(), float(np.linalg.norm(matrix, 2)))


def arguments(data: DataSpec) -> tuple[str, list[Any]]:
    """(kind, parameters) as the twins of `properties.arbiter.distributions` take them."""
    means = data.means.tolist()
    if data.kind == "gaussian":
        assert data.covariances is not None
        return data.kind, [means[0], symmetric(data.covariances[0])]
    weights = data.weights.tolist()
    if data.kind == "mixture":
        assert data.covariances is not None
        return data.kind, [weights, means, [symmetric(covariance) for covariance in data.covariances]]
    assert data.variances is not None
    if data.kind == "points":
        return data.kind, [weights, means, float(data.variances[0])]
    if data.kind == "low_rank":
        assert data.factors is not None
        return data.kind, [weights, means, data.factors.tolist(), data.variances.tolist()]
    return data.kind, [weights, means, data.variances.tolist()]


def path_arguments(path: PathSpec) -> tuple[str, list[Any]]:
    """(name, parameters) as the twins of `properties.arbiter.paths` take them."""
    return path.name, [value for _, value in path.parameters]


def singular(data: DataSpec) -> bool:
    """Whether the law has no density of its own."""
    return data.kind == "points" and data.variances is not None and float(data.variances[0]) == 0.0


def spectral(implementation: Implementation, data: DataSpec) -> bool:
    """Whether the implementation sees this law through a matrix route, which is stable in norm only."""
    dense = implementation.eigenbasis and data.kind in ("gaussian", "mixture")
    return data.size > 1 and (dense or data.kind in budget.MATRIX_ROUTES)


def judge(
    quantity: str, computed: Any, truth: Truth, implementation: Implementation, by_norm: bool, vanishing: float = 0.0
) -> Finding:
    """Against the arbiter, in the class that applies; errors up to ``vanishing`` are shares that underflowed."""
    compare = normwise if by_norm else entrywise
    finding = compare(quantity, computed, truth, implementation)
    if vanishing > 0.0 and not finding.passed:
        flat = [float(value) for value in np.ravel(implementation.lower(computed))]
        told = [
            float(exactly.mid()) if error <= vanishing else value
            for value, exactly, error in zip(flat, truth.values, truth.errors(flat), strict=True)
        ]
        return compare(quantity, implementation.lift(np.array(told)), truth, implementation)
    return finding


def vanishing(data: DataSpec, implementation: Implementation, power: int) -> float:
    """What a component of vanishing share adds to a moment of the posterior of the given order."""
    reach = float(np.linalg.norm(np.ptp(data.means, axis=0)))
    return budget.VANISHING_SHARE[implementation.dtype] * reach**power


def size_of(truth: Truth, by_norm: bool = False) -> Floats:
    """Kappa + |f| of every output; normwise, every entry may be off by the norm of all."""
    kappas = np.array(truth.norm_kappas if by_norm else truth.kappas)
    sizes = kappas + np.array(truth.magnitudes)
    if not by_norm:
        return np.asarray(sizes)
    return np.full(sizes.shape, math.hypot(*kappas) + math.hypot(*truth.magnitudes))


def allowance(truth: Truth, implementation: Implementation, by_norm: bool = False) -> Floats:
    """C u (kappa + |f|): the rounding error that the budget allows every output."""
    constant = (budget.NORMWISE if by_norm else budget.ENTRYWISE).constant
    return constant * budget.UNIT_ROUNDOFF[implementation.dtype] * size_of(truth, by_norm)


def diagonal_of(truth: Truth, size: int) -> Truth:
    """The truth of the diagonal of a (size, size) matrix of outputs."""
    places = range(0, size * size, size + 1)
    return Truth(
        *(tuple(numbers[place] for place in places) for numbers in (truth.values, truth.kappas, truth.norm_kappas))
    )


def smallest_scale(data: DataSpec, alpha: float, sigma: float) -> float:
    """The smallest standard deviation of any component of the law at a level: the length on which its fields vary."""
    smallest = min(float(np.linalg.eigvalsh(covariance)[0]) for covariance in data.full_covariances())
    return float(np.sqrt(alpha**2 * max(smallest, 0.0) + sigma**2))


def seen(implementation: Implementation, case: DataPoint) -> tuple[Any, Any, Any]:
    """(x, the law at the level, the posterior given x) as the implementation builds them."""
    data, lift = case.data.build(implementation), implementation.lift
    x, alpha, sigma = lift(case.x), lift(case.alpha), lift(case.sigma)
    return x, data.diffuse(alpha, sigma), data.posterior(x, alpha, sigma)


def symmetric_findings(quantity: str, matrices: Any, implementation: Implementation, semidefinite: bool) -> Findings:
    """Symmetry bit for bit, and no eigenvalue below 0 by more than the rounding of the matrix itself."""
    values = implementation.lower(matrices)
    findings = [exact(f"{quantity} symmetric", bool(np.array_equal(values, np.swapaxes(values, -1, -2))))]
    if semidefinite:
        eigenvalues = np.linalg.eigvalsh(values)
        below = np.maximum(0.0, -eigenvalues[..., 0])
        findings.append(
            residual(
                f"{quantity} semidefinite",
                below,
                np.linalg.norm(values, axis=(-2, -1)),
                implementation,
                budget.ENTRYWISE,
            )
        )
    return tuple(findings)
