"""Rectified flows: the straight velocity of a second rectification, and how far a map is from being a gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._factors import factor
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import symmetric

from ._pairs import apply
from .interpolation import timed

__all__ = ["brenier_defect", "reflow_velocity"]


def reflow_velocity(first: Gaussian, second: Gaussian, x: Tensor, t: Tensor | float) -> Tensor:
    """Velocity of (1 - t) x_0 + t Psi(x_0), Psi the map from 0 to 1 of the independent interpolant's flow; (..., d).

    m_1 - m_0 + (P - I) ((1 - t) I + t P)^-1 (x - m_t), P the Jacobian of Psi. Its lines are straight. Formed as
    L N^-1 [C L^-1 (x - m_0) - A L^-1 (x - m_1)], N = (1 - t) A + t C, roots as in `flow_displacement`.

    Raises ValueError outside [0, 1], where S_0 + S_1 is singular, and where x_t has no density.

    Catalogue: P97 (Lai et al., arXiv 2510.21890; Liu et al., arXiv 2209.03003).
    """
    laws, (place, time) = timed(first, second, x=x, t=t)
    lower, a, c = laws.roots()
    part = time[..., None, None]
    spread = factor("the deviation of x_t", symmetric((1 - part) * a + part * c))
    from_first, from_second = (
        torch.linalg.solve_triangular(lower, (place - mean)[..., None], upper=False)[..., 0]
        for mean in (laws.mean_0, laws.mean_1)
    )
    pull = apply(c, from_first) - apply(a, from_second)
    return apply(lower, torch.cholesky_solve(pull[..., None], spread)[..., 0])


def brenier_defect(jacobian: Tensor) -> Tensor:
    """|J - J^T|, Frobenius: 0 exactly where the map is locally a gradient, as an optimal map is everywhere; (...,).

    jacobian: (..., d, d).

    Catalogue: P97 (Lai et al., arXiv 2510.21890).
    """
    (matrix,) = _checks.tensors(jacobian=jacobian)
    _checks.square("jacobian", matrix)
    _checks.finite(jacobian=matrix)
    defect: Tensor = torch.linalg.vector_norm(matrix - matrix.mT, dim=(-2, -1))
    return defect
