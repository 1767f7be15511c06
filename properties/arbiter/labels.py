"""Twins of the label's posterior: which component x_t = x came from, and the gradient of its log probability."""

from __future__ import annotations

from typing import Any

from flint import arb

from properties.arbiter import distributions, paths

Number = Any
Vector = list[Number]


def log_probabilities(seen: distributions.Level, weights: Vector) -> Vector:
    """Every log r_k = -log(1 + sum_{j != k} m_j/m_k), m the weighted densities; exact where r_k is near 1 (M42)."""
    logs = [weight.log() + part.log_density for weight, part in zip(weights, seen.components, strict=True)]
    return [
        -sum(((other - own).exp() for j, other in enumerate(logs) if j != k), arb(0)).log1p()
        for k, own in enumerate(logs)
    ]


def labels(name: str, path: list[Any], kind: str, parameters: list[Any], x: Vector, t: Number) -> list[Any]:
    """[log r_k (K), grad log r_k = sum_j r_j (s_k - s_j) (K d)] (M42)."""
    alpha, sigma = paths.levels(name, path, t)
    seen = distributions.level(kind, parameters, x, alpha, sigma)
    logs = log_probabilities(seen, [weight for weight, *_ in distributions.components(kind, parameters)])
    scores = [part.score for part in seen.components]
    gradients = [
        [
            # Without the term j = k, which is 0 and would be an interval around it.
            sum(
                (log.exp() * (own[i] - other[i]) for log, other in zip(logs, scores, strict=True) if other is not own),
                arb(0),
            )
            for i in range(len(x))
        ]
        for own in scores
    ]
    return [logs, gradients]
