"""Score-matching losses of one sample, from the values of a model; averages over samples are the objectives.

s is the model's score at a point x, J its Jacobian; vectors are (..., d), scalars (...), broadcasting.
Raises TypeError, ValueError for shapes that do not fit or values that are not finite.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.score_matching._vectors import dot, vectors

__all__ = [
    "denoising_loss_at",
    "hutchinson_trace",
    "hutchinson_variance",
    "implicit_loss_at",
    "sliced_loss_at",
    "sliced_loss_variance_reduced_at",
]


def implicit_loss_at(score: Array, divergence: Real) -> Array:
    """Hyvarinen's loss div s + |s|^2/2; its average over the data is E|s - grad log p|^2/2 less J(p)/2.

    Shapes: score (..., d), divergence (...) -> (...).
    Catalogue: P29 (Lai et al., arXiv 2510.21890).
    """
    trace = _checks.real("divergence", divergence)
    (s,) = vectors({"divergence": trace.shape}, score=score)
    return trace + 0.5 * dot(s, s)


def denoising_loss_at(score: Array, noise: Array, *, sigma: Real) -> Array:
    """Vincent's loss |s + eps/sigma|^2/2 at x = alpha x_0 + sigma eps; -eps/sigma is the conditional score.

    Shapes: score and noise (..., d), sigma (...) -> (...).  Domain: sigma > 0.
    Catalogue: P30 (Lai et al., arXiv 2510.21890).
    """
    spread = _checks.positive("sigma", sigma)
    s, eps = vectors({"sigma": spread.shape}, score=score, noise=noise)
    error = s + eps / spread[..., None]
    return 0.5 * dot(error, error)


def sliced_loss_at(score: Array, jacobian_product: Array, direction: Array) -> Array:
    """Sliced loss u.(J u) + (u.s)^2/2 along a random direction u with E[u u^T] = I.

    Shapes: score, jacobian_product = J u and direction (..., d) -> (...).
    Catalogue: P31 (Lai et al., arXiv 2510.21890).
    """
    s, product, u = vectors(score=score, jacobian_product=jacobian_product, direction=direction)
    return dot(u, product) + 0.5 * dot(u, s) ** 2


def sliced_loss_variance_reduced_at(score: Array, jacobian_product: Array, direction: Array) -> Array:
    """Sliced loss with the norm in closed form, u.(J u) + |s|^2/2, for a random direction u with E[u u^T] = I.

    Shapes: score, jacobian_product = J u and direction (..., d) -> (...).
    Catalogue: P31 (Lai et al., arXiv 2510.21890).
    """
    s, product, u = vectors(score=score, jacobian_product=jacobian_product, direction=direction)
    return dot(u, product) + 0.5 * dot(s, s)


def hutchinson_trace(jacobian_product: Array, direction: Array) -> Array:
    """Hutchinson's estimate u.(A u) of tr A, unbiased for any random u with E[u u^T] = I.

    Shapes: jacobian_product = A u and direction (..., d) -> (...).
    Catalogue: P31 (Lai et al., arXiv 2510.21890).
    """
    product, u = vectors(jacobian_product=jacobian_product, direction=direction)
    return dot(u, product)


def hutchinson_variance(matrix: Array, *, probe: str) -> Array:
    """Variance of u.(A u) for a standard normal u ("gaussian") or independent random signs ("rademacher").

    2 |A_sym|_F^2 and 2 (|A_sym|_F^2 - sum_i a_ii^2) with A_sym = (A + A^T)/2; the second sum runs over i != j.
    Shapes: matrix (..., d, d) -> (...).
    Catalogue: P31 (Lai et al., arXiv 2510.21890).
    """
    values = _checks.square("matrix", matrix)
    kind = _checks.option("probe", probe, ("rademacher", "gaussian"))
    symmetric = 0.5 * (values + np.swapaxes(values, -1, -2))
    if kind == "rademacher":
        symmetric = np.where(np.eye(values.shape[-1], dtype=np.bool_), 0.0, symmetric)
    return np.asarray(2.0 * np.sum(symmetric**2, axis=(-2, -1)))
