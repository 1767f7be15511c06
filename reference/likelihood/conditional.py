r"""Conditional diffusion of jointly Gaussian (y, x): only y is noised, x is known to the denoiser."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import (
    apply,
    cholesky_pivots,
    eigensystem,
    solve_lower,
    symmetrized,
)
from reference.likelihood._arguments import interval
from reference.paths._base import Path

__all__ = ["block_mutual_information", "conditional_information_integral", "conditional_law"]


def conditional_law(joint: Gaussian, observed: Array, *, size: int) -> Gaussian:
    r"""Law of y given x = observed: N(m_y + S_yx S_xx^-1 (x - m_x), S_yy - S_yx S_xx^-1 S_xy).

    y are the first ``size`` coordinates of the joint law. All of the non-variational analysis holds for it.
    Shapes: observed (..., d - size) broadcasts with the joint's batch shape.  Domain: S_xx positive definite.
    Raises: TypeError unless the joint law is Gaussian; ValueError for a size outside 1..d-1 or a singular S_xx.
    Catalogue: M24 (McAllester, arXiv 2301.11108).
    """
    blocks = _blocks(joint, size)
    known = _checks.event("observed", _checks.real("observed", observed), blocks.lower_x.shape[-1])
    batch = _checks.broadcast(joint=joint.batch_shape, observed=known.shape[:-1])
    mean_y, mean_x = joint.mean[..., :size], joint.mean[..., size:]
    whitened = solve_lower(blocks.lower_x, known - mean_x)
    mean = mean_y + apply(np.swapaxes(blocks.whitened_cross, -1, -2), whitened)
    spread = np.broadcast_to(blocks.conditional, (*batch, size, size))
    return Gaussian(np.broadcast_to(mean, (*batch, size)), spread)


def block_mutual_information(joint: Gaussian, *, size: int) -> Array:
    r"""I(y; x) = 1/2 log(|S_yy| |S_xx|/|S|) of the first ``size`` coordinates and the others.

    -1/2 sum log(1 - r^2) over the canonical correlations r while all r^2 < 1/2, else by the pivots of S_yy and of
    S_yy - S_yx S_xx^-1 S_xy: both keep their digits where the other loses them.
    Shapes: the joint's batch shape.  Domain: a positive definite joint covariance.
    Raises: TypeError unless the joint law is Gaussian; ValueError for a size outside 1..d-1 or a singular covariance.
    Catalogue: M24b (McAllester, arXiv 2301.11108).
    """
    blocks = _blocks(joint, size)
    lower = _checks.cholesky("joint.covariance", blocks.covariance_y)
    conditional = _checks.cholesky("joint.covariance", blocks.conditional)
    scaled = np.swapaxes(_solve_columns(lower, np.swapaxes(blocks.whitened_cross, -1, -2)), -1, -2)
    squares = np.linalg.svd(scaled, compute_uv=False) ** 2
    near = -0.5 * np.sum(np.log1p(-np.where(squares < 0.5, squares, 0.0)), axis=-1)
    far = np.sum(np.log(_diagonal(lower) / _diagonal(conditional)), axis=-1)
    return np.asarray(np.where(np.all(squares < 0.5, axis=-1), near, far))


def conditional_information_integral(joint: Gaussian, path: Path, *, size: int, t_start: Real, t_end: Real) -> Array:
    r"""Integral of [mmse(y | z) - mmse(y | z, x)] dSNR/2, z = y_t: I(z_start; x) - I(z_end; x).

    Over all SNRs it is I(y; x).
    With A = S_yy + nu_start^2 I, B = S_{y|x} + nu_start^2 I, w = nu_end^2 - nu_start^2 it is
    1/2 log|I + w A^1/2 (A + w)^-1/2 (B^-1 - A^-1) (A + w)^-1/2 A^1/2|; B^-1 - A^-1 = B^-1/2 K^T (I + K K^T)^-1 K B^-1/2
    is formed as a product, K = S_xx^-1/2 S_xy B^-1/2: no difference is left, neither for a weak dependence nor for
    close times.
    Shapes: times (...) broadcast with the joint's batch shape -> (...).
    Domain: t_start < t_end, sigma > 0 at t_start, S_xx positive definite.
    Raises: TypeError unless the joint law is Gaussian; ValueError for a size outside 1..d-1 or a singular S_xx.
    Catalogue: M24b (McAllester, arXiv 2301.11108).
    """
    blocks = _blocks(joint, size)
    checked, start, end = interval(path, t_start, t_end)
    _checks.broadcast(joint=joint.batch_shape, t_start=start.shape, t_end=end.shape)
    signal, noise = checked.alpha(end)[..., None] ** 2, checked.sigma(end)[..., None] ** 2
    floor = (checked.sigma(start) / checked.alpha(start))[..., None] ** 2
    drop = checked._snr_drop(start, end)[..., None]
    values, vectors = eigensystem(blocks.covariance_y)
    damping = np.sqrt((values + floor) * drop * noise / (signal * values + noise))
    own_values, own_vectors = eigensystem(blocks.conditional)
    spread = 1.0 / np.sqrt(own_values + floor)[..., None, :]
    _, sizes, right = np.linalg.svd((blocks.whitened_cross @ own_vectors) * spread, full_matrices=False)
    shrunk = (sizes / np.hypot(1.0, sizes))[..., None] * right * spread
    factor = shrunk @ np.swapaxes(own_vectors, -1, -2) @ vectors
    singular = np.linalg.svd(factor * damping[..., None, :], compute_uv=False)
    return np.asarray(0.5 * np.sum(np.log1p(singular**2), axis=-1))


# ---------------------------------------------------------------------------------------------- private


class _Blocks(NamedTuple):
    """S_yy, S_xx = L L^T, L^-1 S_xy, and S_{y|x} = S_yy - S_yx S_xx^-1 S_xy, symmetric and positive semidefinite."""

    covariance_y: Array
    lower_x: Array
    whitened_cross: Array
    conditional: Array


def _blocks(joint: object, size: object) -> _Blocks:
    law = _checks.instance("joint", joint, Gaussian)
    first = _checks.count("size", size)
    if first >= law.event_size:
        raise ValueError(f"size: expected less than {law.event_size}, the joint's event size, got {first}")
    matrix = law.covariance
    lower = _checks.cholesky("joint.covariance", matrix[..., first:, first:])
    cross = _solve_columns(lower, matrix[..., first:, :first])
    own = matrix[..., :first, :first]
    return _Blocks(own, lower, cross, _schur_complement(matrix, own, cross, first))


def _schur_complement(matrix: Array, own: Array, cross: Array, size: int) -> Array:
    """The last block of the Cholesky factor of (x, y), squared; by its eigenvalues >= 0 where a pivot is lost."""
    order = np.roll(np.arange(matrix.shape[-1]), -size)
    lower, sound = cholesky_pivots(matrix[..., order[:, None], order])
    last = lower[..., -size:, -size:]
    values, vectors = eigensystem(symmetrized(own - np.swapaxes(cross, -1, -2) @ cross))
    clipped = symmetrized((vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2))
    return np.where(sound[..., None, None], symmetrized(last @ np.swapaxes(last, -1, -2)), clipped)


def _diagonal(matrix: Array) -> Array:
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def _solve_columns(lower: Array, matrix: Array) -> Array:
    """L^-1 M."""
    return np.swapaxes(solve_lower(lower[..., None, :, :], np.swapaxes(matrix, -1, -2)), -1, -2)
