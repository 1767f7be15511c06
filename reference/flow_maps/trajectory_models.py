"""Consistency trajectory models: the flow map written as a mixture of the point and a network's output g.

Psi(x) = (r/t) x + (1 - r/t) g(x), from t = t_start to r = t_end, hence g = x - t u with the average velocity u.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.flow_maps._arguments import different_times, per_vector, vectors

__all__ = ["ctm_flow_map", "ctm_loss_weight", "ctm_output", "ctm_output_from_velocity"]


def ctm_output(flow_map: Array, x: Array, *, t_start: Real, t_end: Real) -> Array:
    """The output g = (t_start Psi - t_end x)/(t_start - t_end) whose mixture is the flow map's image Psi of x.

    Where the times nearly agree the quotient is ill-conditioned; x - t_start average_velocity is not. At equal times
    see ctm_output_from_velocity.
    Shapes: flow_map, x (..., d), times (...) -> (..., d).  Domain: t_start > 0, t_end >= 0, different.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P105 (Lai et al., arXiv 2510.21890).
    """
    (image, point), start, end = _arguments(t_start, t_end, flow_map=flow_map, x=x)
    different_times(start, end)
    return (per_vector(start) * image - per_vector(end) * point) / per_vector(start - end)


def ctm_flow_map(output: Array, x: Array, *, t_start: Real, t_end: Real) -> Array:
    """The flow map's image (t_end/t_start) x + (1 - t_end/t_start) g of x, from the output g.

    Shapes: output, x (..., d), times (...) -> (..., d).  Domain: t_start > 0, t_end >= 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P105 (Lai et al., arXiv 2510.21890).
    """
    (answer, point), start, end = _arguments(t_start, t_end, output=output, x=x)
    return per_vector(end / start) * point + per_vector((start - end) / start) * answer


def ctm_output_from_velocity(velocity: Array, x: Array, *, t: Real) -> Array:
    """The output at equal times, g = x - t v(x, t).

    It is the denoiser where sigma = t and alpha = 1 (EDM) or alpha = 1 - t (flow matching), and on no other path here.
    Shapes: velocity, x (..., d), t (...) -> (..., d).  Domain: t >= 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P105 (Lai et al., arXiv 2510.21890).
    """
    (rate, point), time = vectors(velocity=velocity, x=x), _checks.nonnegative("t", t)
    _checks.broadcast(x=np.broadcast_shapes(rate.shape[:-1], point.shape[:-1]), t=time.shape)
    return point - per_vector(time) * rate


def ctm_loss_weight(*, t_start: Real, t_end: Real) -> Array:
    """Weight (1 - t_end/t_start)^2 of an error of g in the squared error of the flow map.

    (1 - r/t)^2 |dg|^2 = (t - r)^2 |du|^2 = |dPsi|^2.
    Shapes: times (...) -> (...).  Domain: t_start > 0, t_end >= 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P105 (Lai et al., arXiv 2510.21890).
    """
    start, end = _times(t_start, t_end)
    return np.asarray(((start - end) / start) ** 2)


def _times(t_start: Real, t_end: Real, **shapes: tuple[int, ...]) -> tuple[Array, Array]:
    start, end = _checks.positive("t_start", t_start), _checks.nonnegative("t_end", t_end)
    _checks.broadcast(**shapes, t_start=start.shape, t_end=end.shape)
    return start, end


def _arguments(t_start: Real, t_end: Real, **points: object) -> tuple[tuple[Array, ...], Array, Array]:
    """Vectors and the two times."""
    arrays = vectors(**points)
    start, end = _times(t_start, t_end, x=np.broadcast_shapes(*(array.shape[:-1] for array in arrays)))
    return arrays, start, end
