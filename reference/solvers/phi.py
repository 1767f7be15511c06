"""The phi functions of exponential integrators."""

from __future__ import annotations

import math

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.solvers._moments import scaled_moment

__all__ = ["phi"]

_largest = 700.0  # e^z ends at 709.78


def phi(order: int, z: Real) -> Array:
    r"""The function phi_k(z): phi_0 = e^z, phi_{k+1}(z) = (phi_k(z) - 1/k!)/z, phi_k(0) = 1/k!.

    Formed from phi_k(z) = int_0^1 e^{(1-u) z} u^{k-1}/(k-1)! du, whose integrand is positive; the recursion cancels.
    Shapes: z (...) -> (...).  Domain: order >= 0, every z <= 700.
    Raises: TypeError, ValueError for a negative order or a larger z.
    Catalogue: P74 (Lai et al., arXiv 2510.21890).
    """
    index = _checks.count("order", order, at_least=0)
    point = _checks.real("z", z)
    if np.any(point > _largest):
        raise ValueError(f"z: expected values up to {_largest}, got {float(point.max())!r}")
    if index == 0:
        return np.exp(point)
    power = index - 1
    size = np.abs(point)
    rising = np.exp(np.maximum(point, 0.0)) * scaled_moment(power, 0, size)
    return np.asarray(np.where(point > 0.0, rising, scaled_moment(0, power, size)) / math.factorial(power))
