"""Linear models of scores, near what they should be and far from it, and laws with few components."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.cases.specs import CONDITION_BOUND, DataSpec
from properties.protocol import Floats


def first_two(data: DataSpec, dtype: str) -> DataSpec:
    """The law of its first two components."""
    if len(data.weights) <= 2:
        return data
    parts = (data.covariances, data.factors, None if data.kind == "points" else data.variances)
    covariances, factors, variances = (None if part is None else part[:2] for part in parts)
    return replace(
        data,
        weights=rounded(data.weights[:2] / data.weights[:2].sum(), dtype),
        means=data.means[:2],
        covariances=covariances,
        factors=factors,
        variances=data.variances if data.kind == "points" else variances,
    )


def near(draw: Draw) -> float:
    """A relative distance from an optimum, down to where a formula that subtracts loses eight bits."""
    return draw.choice((-1.0, 1.0)) * log_uniform(draw, 2.0**-8, 1.0)


def moments(data: DataSpec, alpha: float, sigma: float) -> tuple[Floats, Floats]:
    """Mean and covariance at a level, roughly: to place models, not to judge them."""
    mean = data.weights @ data.means
    apart = data.means - mean
    spread = np.einsum("k,kij->ij", data.weights, data.full_covariances() + apart[:, :, None] * apart[:, None, :])
    return alpha * mean, alpha**2 * spread + sigma**2 * np.eye(data.size)


def linear(draw: Draw, data: DataSpec, alpha: float, sigma: float, dtype: str) -> tuple[Floats, Floats]:
    """A model near the score, near the noise's -x/sigma^2, or anywhere."""
    mean, spread = moments(data, alpha, sigma)
    kind = draw.choice(("score", "noise", "anywhere") if sigma > 0.0 else ("score", "anywhere"))
    scale = 1.0 / float(np.sqrt(np.trace(spread) / data.size))
    if kind == "anywhere":
        matrix = vector(draw, data.size**2, scale**2).reshape(data.size, data.size)
        return rounded(matrix, dtype), rounded(vector(draw, data.size, scale), dtype)
    best = _inverse(spread) if kind == "score" else np.eye(data.size) / sigma**2
    offset = (1.0 + near(draw)) * (best @ mean) + vector(draw, data.size, draw.choice((0.0, scale)))
    return rounded(-(1.0 + near(draw)) * best, dtype), rounded(offset, dtype)


def _inverse(spread: Floats) -> Floats:
    """V^-1, its condition no worse than that of valid covariances: points may lie in a plane."""
    values, basis = np.linalg.eigh(spread)
    return np.asarray((basis / np.maximum(values, values[-1] / CONDITION_BOUND["float64"])) @ basis.T)
