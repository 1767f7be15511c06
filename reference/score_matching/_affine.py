"""The affine model of a score, s(x) = A x + b, and its second moment under a law."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.distributions._law import Law
from reference.distributions._linear_algebra import apply
from reference.fields._levels import checked_law

__all__ = ["affine_model", "mean_square", "residual_square"]


def affine_model(data: object, matrix: object, offset: object, **shapes: tuple[int, ...]) -> tuple[Law, Array, Array]:
    """A law, and the A (..., d, d) and b (..., d) of a model on it."""
    law = checked_law(data)
    slope = _checks.square("matrix", matrix, law.event_size)
    shift = _checks.event("offset", _checks.real("offset", offset), law.event_size)
    _checks.broadcast(data=law.batch_shape, matrix=slope.shape[:-2], offset=shift.shape[:-1], **shapes)
    return law, slope, shift


def mean_square(law: Law, matrix: Array, offset: Array) -> Array:
    """E |A x + b|^2 = sum_k w_k [tr(A S_k A^T) + |A m_k + b|^2].

    Not through the covariance of the law: a model near its inverse would meet the rounding of far components.
    """
    parts, slope = law._components.formed(), matrix[..., None, :, :]
    spreads = np.sum(slope * (slope @ parts.covariance.matrix), axis=(-2, -1))
    images = apply(slope, parts.means) + offset[..., None, :]
    return np.asarray(np.sum(parts.weights * (spreads + np.sum(images**2, axis=-1)), axis=-1))


def residual_square(matrix: Array, sigma: Array) -> Array:
    """|sigma^2 A + I|_F^2, sigma^2 times the error of A as the slope of the noise's own score."""
    residual = sigma[..., None, None] ** 2 * matrix + np.eye(matrix.shape[-1])
    return np.asarray(np.sum(residual**2, axis=(-2, -1)))
