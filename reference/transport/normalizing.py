"""Change of variables, and the density of an affine normalising flow."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.fields._levels import checked_law
from reference.fields.analytic import Data

__all__ = ["affine_flow_log_prob", "change_of_variables"]


def change_of_variables(log_prob: Real, log_determinant: Real) -> Array:
    """Log density of x = f(z) at f(z): log p(z) - log |det df/dz|, in nats.

    The determinant is that of the generating map, from z to x; of the inverse map it would be added.
    Shapes: (...) -> (...).
    Catalogue: P100 (Lai et al., arXiv 2510.21890).
    """
    base, volume = _checks.real("log_prob", log_prob), _checks.real("log_determinant", log_determinant)
    _checks.broadcast(log_prob=base.shape, log_determinant=volume.shape)
    return np.asarray(base - volume)


def affine_flow_log_prob(base: Data, matrices: Array, offsets: Array, x: Array) -> Array:
    """Log density at x of the flow x = A_n (... (A_1 z + b_1) ...) + b_n, z ~ base: log p(z) - sum_i log |det A_i|.

    The layers are inverted last first, z_(i-1) = A_i^-1 (z_i - b_i).
    Shapes: matrices (..., n, d, d) and offsets (..., n, d) with the first layer first, x (..., d) -> (...).
    Raises ValueError for a singular matrix, TypeError and ValueError for shapes that do not fit.
    Ill-conditioned as the matrices are.
    Catalogue: P100 (Lai et al., arXiv 2510.21890).
    """
    law = checked_law(base, "base")
    point = _checks.event("x", _checks.real("x", x), law.event_size)
    layers = _checks.square("matrices", matrices, law.event_size)
    shifts = _checks.event("offsets", _checks.real("offsets", offsets), law.event_size)
    if layers.ndim < 3 or shifts.ndim < 2 or layers.shape[-3] != shifts.shape[-2] or shifts.shape[-2] < 1:
        raise ValueError(
            "matrices, offsets: expected shapes (..., n, d, d) and (..., n, d) of one n >= 1, got "
            f"{layers.shape} and {shifts.shape}"
        )
    _checks.broadcast(base=law.batch_shape, matrices=layers.shape[:-3], offsets=shifts.shape[:-2], x=point.shape[:-1])
    signs, logs = np.linalg.slogdet(layers)
    if np.any(signs == 0.0):
        raise ValueError("matrices: expected invertible matrices, got a singular one")
    for layer in reversed(range(layers.shape[-3])):
        moved = (point - shifts[..., layer, :])[..., None]
        point = np.asarray(np.linalg.solve(layers[..., layer, :, :], moved)[..., 0], dtype=np.float64)
    return change_of_variables(law.log_prob(point), np.sum(logs, axis=-1))
