"""The law whose score the guided score pretends to be, and the precision that it has on the way."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import apply, eigensystem, solve_lower, solve_upper, symmetrized
from reference.paths._base import Path, checked_path

from ._arguments import gaussian_pair, weight_of

__all__ = ["guided_precision", "tilted_law"]


def tilted_law(unconditional: Gaussian, conditional: Gaussian, *, weight: Real) -> Gaussian:
    """Law proportional to p_u^(1-w) p_c^w: precision (1 - w) S_u^-1 + w S_c^-1, whether or not they commute.

    With S_c = L L^T and E = L^-1 (S_u - S_c) L^-T = Q diag(e) Q^T its covariance is
    L Q diag((1 + e)/(1 + w e)) (L Q)^T, its mean mu_c + (1 - w) L Q diag(1/(1 + w e)) Q^T L^-1 (mu_u - mu_c); for
    w < 1/2 the two laws change places.
    Shapes: batch shapes and weight (...) broadcast.  Domain: both covariances positive definite.
    Raises: TypeError, ValueError; ValueError for an indefinite precision, with its smallest eigenvalue.
    Ill-conditioned where the precision is nearly singular.
    Catalogue: P87 (Lai et al., arXiv 2510.21890).
    """
    pair = gaussian_pair(unconditional, conditional)
    weights = weight_of(weight, pair=pair.batch_shape)[..., None]
    # S_c stands for the law of the larger weight, so that the other's condition has no part in it at a weight of 0.
    turned = np.abs(1.0 - weights) > np.abs(weights)
    share = np.where(turned, 1.0 - weights, weights)
    covariances, means = (pair.covariance_u, pair.covariance_c), (pair.mean_u, pair.mean_c)
    other, own = (np.where(turned[..., None], *order) for order in (covariances[::-1], covariances))
    mean_other, mean_own = (np.where(turned, *order) for order in (means[::-1], means))
    for name, covariance in zip(("unconditional", "conditional"), covariances, strict=True):
        _checks.cholesky(name, covariance)
    lower, basis, ratio, excess = _relative(other, own, other - own)
    _refuse_if_indefinite(other, own, share, ratio, excess)
    # 1 + w e near the same law, 1 - w + w (1 + e) away from it
    divisor = _weighted(share, ratio, excess)
    stretched = lower @ basis
    tilted = symmetrized((stretched * (ratio / divisor)[..., None, :]) @ np.swapaxes(stretched, -1, -2))
    whitened = apply(np.swapaxes(basis, -1, -2), solve_lower(lower, mean_other - mean_own))
    mean = mean_own + (1.0 - share) * apply(stretched, whitened / divisor)
    return Gaussian(np.broadcast_to(mean, tilted.shape[:-1]), tilted)


def guided_precision(unconditional: Gaussian, conditional: Gaussian, path: Path, t: Real, *, weight: Real) -> Array:
    """Matrix (1 - w) V_u^-1 + w V_c^-1 of the guided score at time t, V = alpha^2 S + sigma^2 I.

    Symmetric, but indefinite for some w outside [0, 1]; then the guided score is that of no law.
    Shapes: batch shapes, weight and t (...) -> (..., d, d).  Domain: the closed domain, where both V are positive
    definite (ValueError elsewhere).
    Catalogue: P89 (Lai et al., arXiv 2510.21890).
    """
    pair, checked = gaussian_pair(unconditional, conditional), checked_path("path", path)
    time = _checks.time_in_domain(checked, t)
    share = weight_of(weight, pair=pair.batch_shape, t=time.shape)
    alpha, sigma = (level(time)[..., None, None] for level in (checked.alpha, checked.sigma))
    identity = np.eye(pair.mean_u.shape[-1])
    first, second = (alpha**2 * matrix + sigma**2 * identity for matrix in (pair.covariance_u, pair.covariance_c))
    lower, basis, ratio, excess = _relative(first, second, alpha**2 * (pair.covariance_u - pair.covariance_c))
    columns = _inverse_transposed(lower, basis)
    weights = 1.0 - (1.0 - share)[..., None] * excess / ratio
    near = symmetrized((columns * weights[..., None, :]) @ np.swapaxes(columns, -1, -2))
    part = share[..., None, None]
    far = (1.0 - part) * _inverse(_checks.cholesky("unconditional", first)) + part * _inverse(lower)
    return np.where(np.all(np.abs(excess) < 0.5, axis=-1)[..., None, None], near, far)


# ------------------------------------------------------------------------------------------- private


def _relative(first: Array, second: Array, difference: Array) -> tuple[Array, Array, Array, Array]:
    """L, Q, g = 1 + e and e: second = L L^T, first = L Q diag(g) Q^T L^T.

    From the difference of the two where all |e| < 1/2, else from the first alone; each would lose digits of e, or
    of g, in the other's place.
    """
    lower = _checks.cholesky("conditional", second)
    _checks.cholesky("unconditional", first)
    apart, vectors_apart = np.linalg.eigh(_whitened(lower, difference))
    ratio, vectors = eigensystem(_whitened(lower, first))
    close = np.all(np.abs(apart) < 0.5, axis=-1)[..., None]
    excess = np.where(close, apart, ratio - 1.0)
    return lower, np.where(close[..., None], vectors_apart, vectors), np.where(close, 1.0 + apart, ratio), excess


def _weighted(share: Array, ratio: Array, excess: Array) -> Array:
    """1 + w e, summed as (1 - w) + w g where g is what is known."""
    return np.where(np.abs(excess) < 0.5, 1.0 + share * excess, (1.0 - share) + share * ratio)


def _refuse_if_indefinite(first: Array, second: Array, share: Array, ratio: Array, excess: Array) -> None:
    if np.any(_weighted(share, ratio, excess) <= 0.0):
        part = share[..., None]
        precision = (1.0 - part) * np.linalg.inv(first) + part * np.linalg.inv(second)
        smallest = float(np.linalg.eigvalsh(symmetrized(precision))[..., 0].min())
        raise ValueError(
            "weight: expected a positive definite precision (1 - w) S_u^-1 + w S_c^-1, got smallest eigenvalue "
            f"{smallest:.6g}"
        )


def _whitened(lower: Array, matrix: Array) -> Array:
    """L^-1 M L^-T for symmetric M, symmetric bit for bit."""
    stacked = lower[..., None, :, :]
    half = solve_lower(stacked, matrix)  # rows: L^-1 of the rows of M
    return symmetrized(solve_lower(stacked, np.swapaxes(half, -1, -2)))


def _inverse_transposed(lower: Array, matrix: Array) -> Array:
    """L^-T M."""
    return np.swapaxes(solve_upper(lower[..., None, :, :], np.swapaxes(matrix, -1, -2)), -1, -2)


def _inverse(lower: Array) -> Array:
    """(L L^T)^-1, symmetric bit for bit."""
    columns = _inverse_transposed(lower, np.eye(lower.shape[-1]))
    return symmetrized(columns @ np.swapaxes(columns, -1, -2))
