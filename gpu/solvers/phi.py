"""The phi functions of exponential integrators."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu.solvers._quadrature import Rule

__all__ = ["phi"]

_REACH = 64.0
_RULE = Rule(48)


def phi(order: int, z: Tensor | float) -> Tensor:
    """phi_0 = e^z, phi_k+1(z) = (phi_k(z) - 1/k!)/z = int_0^1 e^((1 - u) z) u^k/k! du, in the shape of z.

    The integral by Gauss's rule in float64: a sum of positive terms for every real z. For z > 1 it is e^z times that
    of e^(-z u) u^k, so what is integrated never grows, and nothing is lost beyond the reach of the exponential; for
    |z| <= 1 it is 1/k! and z times the next function.

    Raises TypeError for an order that is not a Python int; ValueError for one below 0 and for z that are not finite.

    Catalogue: P74 (Lai et al., arXiv 2510.21890).
    """
    _checks.count("order", order, minimum=0)
    (argument,) = _checks.tensors(z=z)
    _checks.finite(z=argument)
    wide = argument.double()
    if order == 0:
        return torch.exp(wide).to(argument.dtype)
    near = wide.abs() <= 1
    value = torch.where(near, 1 / math.factorial(order) + wide * _integral(order, wide), _integral(order - 1, wide))
    half = torch.exp(wide.clamp(min=0) / 2)
    return torch.where(near, value, half * value * half).to(argument.dtype)


def _integral(power: int, z: Tensor) -> Tensor:
    """int_0^1 e^((1 - u) z) u^power/power! du, divided by e^z where z > 1."""
    nodes, _, shares = _RULE.table(z)
    size = z.abs()[..., None]
    reach = _REACH / size.clamp(min=_REACH)
    cut = reach * nodes
    far = z[..., None] > 1
    polynomial = torch.where(far, cut, 1 - cut).pow(power)
    kernel = torch.exp(torch.where(far, -size, z[..., None]) * cut)
    return (shares * kernel * polynomial).sum(-1) * reach[..., 0] / math.factorial(power)
