"""Change of variables: densities of normalizing flows."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._logarithms import log_of_product
from gpu.distributions._law import Law, require_law

__all__ = ["affine_flow_log_prob", "change_of_variables"]


def change_of_variables(log_prob: Tensor | float, log_determinant: Tensor | float) -> Tensor:
    """Log density log p(z) - log |det df/dz| of x = f(z) at f(z), in nats, (...,).

    The determinant is that of the map from z to x.

    Catalogue: P100 (Lai et al., arXiv 2510.21890).
    """
    log, determinant = _checks.tensors(log_prob=log_prob, log_determinant=log_determinant)
    _checks.broadcast(log_prob=log.shape, log_determinant=determinant.shape)
    _checks.finite(log_prob=log, log_determinant=determinant)
    return log - determinant


def affine_flow_log_prob(base: Law, matrices: Tensor, offsets: Tensor, x: Tensor) -> Tensor:
    """Log density at x of x = A_n (... (A_1 z + b_1) ...) + b_n, z ~ base: log p(z) - sum_i log |det A_i|, (...,).

    matrices: (..., n, d, d), offsets: (..., n, d), the first layer first; x: (..., d). All layers are factored at once,
    and the logarithms of their pivots summed as one product.

    Raises ValueError for a singular matrix and where the base has no density.

    Catalogue: P100 (Lai et al., arXiv 2510.21890).
    """
    require_law("base", base)
    place, layers, shifts, _ = _checks.tensors(x=x, matrices=matrices, offsets=offsets, base=base.mean)
    size = _checks.square("matrices", layers, base.event_size)
    _checks.event("x", place, size)
    _checks.event("offsets", shifts, size)
    _checks.layers(layers, shifts)
    _checks.broadcast(base=base.batch_shape, x=place.shape[:-1], matrices=layers.shape[:-3], offsets=shifts.shape[:-2])
    _checks.finite(x=place, matrices=layers, offsets=shifts)
    factors, swaps, _ = torch.linalg.lu_factor_ex(layers)
    pivots = factors.diagonal(dim1=-2, dim2=-1).abs()
    _checks.positive(constructor=False, **{"matrices, which must be invertible (pivots)": pivots})
    for i in reversed(range(layers.shape[-3])):
        shifted = (place - shifts[..., i, :])[..., None]
        place = _lu_solve(factors[..., i, :, :], swaps[..., i, :], shifted)[..., 0]
    return base.log_prob(place) - log_of_product(pivots.flatten(-2))


def _lu_solve(factors: Tensor, swaps: Tensor, right: Tensor) -> Tensor:
    """A^-1 b, with batch axes that broadcast."""
    batch = _checks.broadcast(matrices=factors.shape[:-2], x=right.shape[:-2])
    solution: Tensor = torch.linalg.lu_solve(
        factors.expand(*batch, *factors.shape[-2:]), swaps.expand(*batch, -1), right.expand(*batch, *right.shape[-2:])
    )
    return solution
