"""Losses of others: means over dimensions, halves and bits, turned into sums over dimensions and nats."""

from __future__ import annotations

import math

import numpy as np

from reference import _checks
from reference._checks import Array, Real

__all__ = [
    "mean_from_sum",
    "nats_from_bits_per_dimension",
    "sum_from_mean",
    "sum_from_score_sde",
]


def sum_from_mean(mean: Real, *, dimensions: int) -> Array:
    """Sum over dimensions d * mean of a loss that is averaged over them.

    Shapes: any.  Domain: dimensions >= 1.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P84 (Lai et al., arXiv 2510.21890).
    """
    return np.asarray(_checks.count("dimensions", dimensions) * _checks.real("mean", mean))


def mean_from_sum(total: Real, *, dimensions: int) -> Array:
    """Average over dimensions, total/d, of a loss that is summed over them.

    Shapes: any.  Domain: dimensions >= 1.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P84 (Lai et al., arXiv 2510.21890).
    """
    return np.asarray(_checks.real("total", total) / _checks.count("dimensions", dimensions))


def sum_from_score_sde(loss: Real, *, dimensions: int, reduce_mean: bool) -> Array:
    """Sum over dimensions of the squares behind score_sde's loss: d * loss if reduce_mean, else 2 * loss.

    Only its sum carries the factor 1/2.
    Shapes: any.  Domain: dimensions >= 1.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P84, P45 (Lai et al., arXiv 2510.21890; Song et al., arXiv 2011.13456).
    """
    if not isinstance(reduce_mean, bool):
        raise TypeError(f"reduce_mean: expected a bool, got {type(reduce_mean).__name__}")
    number = _checks.count("dimensions", dimensions)
    return np.asarray((number if reduce_mean else 2.0) * _checks.real("loss", loss))


def nats_from_bits_per_dimension(bits: Real, *, dimensions: int, scale: Real = 1.0) -> Array:
    """Negative log-likelihood in nats, d (bits log 2 - log scale), of bits per dimension: inverse of elbo's.

    ``scale`` as in ``elbo.bits_per_dimension``: units of the data's own grid to a unit of the modelled space.
    Shapes: bits and scale (...) -> (...).  Domain: dimensions >= 1, scale > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P51 (Lai et al., arXiv 2510.21890).
    """
    value, factor = _checks.real("bits", bits), _checks.positive("scale", scale)
    number = _checks.count("dimensions", dimensions)
    _checks.broadcast(bits=value.shape, scale=factor.shape)
    return np.asarray(number * (value * math.log(2.0) - np.log(factor)))
