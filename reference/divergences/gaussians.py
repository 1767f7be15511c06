"""Divergences between Gaussians p and q, accurate from p = q to far apart."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array
from reference._special import linear_minus_log1p
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import eigensystem, solve_lower, solve_upper, symmetrized

__all__ = ["common_size", "fisher_divergence", "kl_divergence", "wasserstein2_squared"]


def kl_divergence(p: Gaussian, q: Gaussian) -> Array:
    r"""KL(p || q) = 1/2 [tr(S_q^-1 S_p) + D^T S_q^-1 D - d + log(|S_q|/|S_p|)] in nats, D = m_p - m_q.

    Two branches, each of which loses many digits in the other's place.  With e the eigenvalues of
    L^-1 (S_p - S_q) L^-T, S_q = L L^T: the sum of e - log(1 + e) when all |e| < 1/2, else the trace.
    Shapes: batch shapes of p and q broadcast -> (...).  Domain: both covariances positive definite.
    Raises: TypeError unless both are Gaussian; ValueError for sizes that differ or a singular covariance.
    Catalogue: P1 (Lai et al., arXiv 2510.21890).
    """
    size = common_size(p, q)
    lower_p, lower_q = _factor("p", p), _factor("q", q)
    excess = _relative_excess(lower_q, p.covariance - q.covariance)
    near = 0.5 * np.sum(linear_minus_log1p(np.where(np.abs(excess) < 0.5, excess, 0.0)), axis=-1)
    trace = np.sum(_whiten_left(lower_q, np.swapaxes(lower_p, -1, -2)) ** 2, axis=(-2, -1))
    log_volumes = np.sum(np.log(_diagonal(lower_q) / _diagonal(lower_p)), axis=-1)
    far = 0.5 * (trace - size) + log_volumes
    shift = 0.5 * np.sum(solve_lower(lower_q, p.mean - q.mean) ** 2, axis=-1)
    return np.asarray(np.where(np.all(np.abs(excess) < 0.5, axis=-1), near, far) + shift)


def fisher_divergence(p: Gaussian, q: Gaussian) -> Array:
    r"""Fisher divergence E_p |grad log p - grad log q|^2.

    tr[(S_q^-1 - S_p^-1) S_p (S_q^-1 - S_p^-1)] + |S_q^-1 (m_p - m_q)|^2.  With S_p = L L^T the trace is the
    squared Frobenius norm of L^-1 (S_p - S_q) S_q^-1 close by (the branch of kl_divergence), and of
    L^T S_q^-1 - L^-1 otherwise.
    Shapes: batch shapes of p and q broadcast -> (...).  Domain: both covariances positive definite.
    Raises: TypeError unless both are Gaussian; ValueError for sizes that differ or a singular covariance.
    Catalogue: P1 (Lai et al., arXiv 2510.21890).
    """
    size = common_size(p, q)
    lower_p, lower_q = _factor("p", p), _factor("q", q)
    difference = p.covariance - q.covariance
    near = _whiten_left(lower_p, np.swapaxes(_solve_rows(lower_q, difference), -1, -2))
    inverse = _whiten_left(lower_p, np.eye(size))
    far = _solve_rows(lower_q, np.swapaxes(lower_p, -1, -2)) - inverse
    close = np.all(np.abs(_relative_excess(lower_q, difference)) < 0.5, axis=-1)
    spread = np.sum(np.where(close[..., None, None], near, far) ** 2, axis=(-2, -1))
    shift = solve_upper(lower_q, solve_lower(lower_q, p.mean - q.mean))
    return np.asarray(spread + np.sum(shift**2, axis=-1))


def wasserstein2_squared(p: Gaussian, q: Gaussian) -> Array:
    r"""Squared 2-Wasserstein distance |D|^2 + tr(S_p + S_q - 2 (S_p^1/2 S_q S_p^1/2)^1/2), D = m_p - m_q.

    Always a sum of squares.  Close by, with the optimal map I + E: tr(E S_p E), where
    E S_p + S_p E + E S_p E = S_q - S_p.  Otherwise the minimum over rotations O of |F_p - F_q O|_F^2,
    S = F F^T, which the polar factor of F_q^T F_p attains.
    Shapes: batch shapes of p and q broadcast -> (...).  Domain: singular covariances included.
    Raises: TypeError unless both are Gaussian; ValueError for sizes that differ.
    Catalogue: P2 (Lai et al., arXiv 2510.21890).
    """
    common_size(p, q)
    values_p, vectors_p = eigensystem(p.covariance)
    values_q, vectors_q = eigensystem(q.covariance)
    change = np.swapaxes(vectors_p, -1, -2) @ (q.covariance - p.covariance) @ vectors_p
    displacement, close = _transport_displacement(values_p, change)
    near = np.sum(displacement**2 * values_p[..., None, :], axis=(-2, -1))
    root_p = vectors_p * np.sqrt(values_p)[..., None, :]
    root_q = vectors_q * np.sqrt(values_q)[..., None, :]
    left, _, right = np.linalg.svd(np.swapaxes(root_q, -1, -2) @ root_p)
    far = np.sum((root_p - root_q @ (left @ right)) ** 2, axis=(-2, -1))
    return np.asarray(np.where(close, near, far) + np.sum((p.mean - q.mean) ** 2, axis=-1))


# ------------------------------------------------------------------------------------------- arguments


def common_size(p: Gaussian, q: Gaussian) -> int:
    """The dimension of two Gaussians, whose batch shapes broadcast."""
    _checks.instance("p", p, Gaussian)
    _checks.instance("q", q, Gaussian)
    if p.event_size != q.event_size:
        raise ValueError(f"q: expected event size {p.event_size}, that of p, got {q.event_size}")
    _checks.broadcast(p=p.batch_shape, q=q.batch_shape)
    return p.event_size


# ------------------------------------------------------------------------------------------- private


def _factor(name: str, law: Gaussian) -> Array:
    return _checks.cholesky(f"{name}.covariance", law.covariance)


def _diagonal(matrix: Array) -> Array:
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def _solve_rows(lower: Array, matrix: Array) -> Array:
    """M (L L^T)^-1."""
    stacked = lower[..., None, :, :]
    return solve_upper(stacked, solve_lower(stacked, matrix))


def _whiten_left(lower: Array, matrix: Array) -> Array:
    """L^-1 M^T."""
    return np.swapaxes(solve_lower(lower[..., None, :, :], matrix), -1, -2)


def _relative_excess(lower: Array, difference: Array) -> Array:
    """Eigenvalues of L^-1 D L^-T, (..., d)."""
    whitened = _whiten_left(lower, _whiten_left(lower, difference))
    return np.asarray(np.linalg.eigvalsh(symmetrized(whitened)))


def _transport_displacement(values: Array, change: Array) -> tuple[Array, Array]:
    """E of E S + S E + E S E = change in the eigenbasis of S, where it is small; and where it is.

    Fixed-point iteration from the Sylvester solution; its error shrinks by 2 |E| < 1/50 each time.
    """
    sums = values[..., :, None] + values[..., None, :]
    solvable = (sums > 0.0) | (change == 0.0)
    divisor = np.where(sums > 0.0, sums, 1.0)
    first = change / divisor
    close = np.all(solvable, axis=(-2, -1)) & (np.sum(first**2, axis=(-2, -1)) < 1e-4)
    first = np.where(close[..., None, None], first, 0.0)
    displacement = first
    for _ in range(10):
        displacement = first - (displacement * values[..., None, :]) @ displacement / divisor
    return displacement, close
