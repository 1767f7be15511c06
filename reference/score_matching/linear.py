"""Score-matching objectives of an affine model s(x) = A x + b, averaged exactly over the data."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._law import Law
from reference.distributions._linear_algebra import apply, solve_lower
from reference.evolution._line import Local, Place, expectation, line
from reference.fields.analytic import Data
from reference.paths._base import Path, checked_path
from reference.score_matching._affine import affine_model, mean_square, residual_square

__all__ = ["denoising_score_matching", "explicit_score_matching", "implicit_score_matching"]


def explicit_score_matching(data: Data, matrix: Array, offset: Array) -> Array:
    r"""Objective E |A x + b - grad log p|^2/2.

    Gaussian data: {tr[(A + S^-1) S (A + S^-1)^T] + |A m + b|^2}/2, the trace as |A L + L^-T|^2 with S = L L^T.
    Other data on the line: an integral, exact to 1e-10 of itself or of sum_k w_k/S_k.
    Shapes: matrix (..., d, d), offset (..., d) broadcast with the data's batch -> (...).
    Domain: data with a density.
    Raises TypeError, ValueError; ValueError for a mixture with d > 1 and for a singular covariance.
    Catalogue: P29 (Lai et al., arXiv 2510.21890).
    """
    law, slope, shift = affine_model(data, matrix, offset)
    if not isinstance(law, Gaussian):
        components = law._components.formed()
        components.covariance.factor(*components.levels_by_component)  # refuses a component without a density
        return _on_the_line(law, slope, shift)
    lower = _checks.cholesky("data.covariance", law.covariance)
    size = law.event_size
    rows = solve_lower(lower[..., None, :, :], np.eye(size))  # L^-1 e_j, the columns of L^-1
    error = np.sum((slope @ lower + rows) ** 2, axis=(-2, -1))
    return np.asarray(0.5 * (error + np.sum((apply(slope, law.mean) + shift) ** 2, axis=-1)))


def implicit_score_matching(data: Data, matrix: Array, offset: Array) -> Array:
    r"""Hyvarinen's objective E[div s + |s|^2/2] = tr A + (tr(A S A^T) + |A m + b|^2)/2 of any data law.

    The explicit objective less J(p)/2, which no model changes.
    Shapes: matrix (..., d, d), offset (..., d) broadcast with the data's batch -> (...).
    Ill-conditioned where the two terms cancel, near the zero of the objective.
    Catalogue: P29 (Lai et al., arXiv 2510.21890).
    """
    law, slope, shift = affine_model(data, matrix, offset)
    return np.asarray(np.trace(slope, axis1=-2, axis2=-1) + 0.5 * mean_square(law, slope, shift))


def denoising_score_matching(data: Data, path: Path, matrix: Array, offset: Array, t: Real) -> Array:
    r"""Vincent's objective E |A x_t + b + eps/sigma|^2/2 at time t, of any data law.

    |sigma A + I/sigma|_F^2/2 + (alpha^2 tr(A S A^T) + |alpha A m + b|^2)/2, a sum of squares. It exceeds the
    explicit objective on p_t by (d/sigma^2 - J(p_t))/2, which no model changes.
    Shapes: matrix (..., d, d), offset (..., d), t (...) broadcast with the data's batch -> (...).
    Domain: open where sigma vanishes.
    Catalogue: P30 (Lai et al., arXiv 2510.21890).
    """
    checked = checked_path("path", path)
    time = _checks.time_in_domain(checked, t, open_left=checked._noise_vanishes)
    law, slope, shift = affine_model(data, matrix, offset, t=time.shape)
    alpha, sigma = checked.alpha(time), checked.sigma(time)
    own = residual_square(slope, sigma) / sigma**2
    carried = mean_square(law, alpha[..., None, None] * slope, shift)
    return np.asarray(0.5 * (own + carried))


# ------------------------------------------------------------------------------------------- private


def _on_the_line(law: Law, matrix: Array, offset: Array) -> Array:
    """The explicit objective on the line, by quadrature."""
    batch = np.broadcast_shapes(law.batch_shape, matrix.shape[:-2], offset.shape[:-1])
    flat = line(law, batch)
    slope, shift = (np.broadcast_to(value, batch).reshape(-1) for value in (matrix[..., 0, 0], offset[..., 0]))

    def squared_error(local: Local, place: Place) -> Array:
        return (slope[place.law] * (place.centre + place.offset) + shift[place.law] - local.score) ** 2

    size = np.broadcast_to(mean_square(law, matrix, offset), batch).reshape(-1)
    return np.asarray(0.5 * expectation(flat, squared_error, size + flat.precision)).reshape(batch)
