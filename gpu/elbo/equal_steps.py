"""Equal steps of Brownian time: a sum that misses the entropy by a constant of every dimension."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.elbo._terms import checked_levels, entropy, require_density

__all__ = ["equal_step_defect", "equal_step_entropy"]

Weight = Literal["time", "snr"]
_EULER_MASCHERONI = 0.57721566490153286060651209008240243


def equal_step_entropy(data: Gaussian, *, step: Tensor | float, count: int, weight: Weight) -> Tensor:
    """sum_(i=2)^count w_i mmse(t_i) + h(x_0|x(step)) over Brownian times t_i = i step, in nats.

    weight "time": w_i = step/(2 t_i^2), the integrand dt/(2 t^2) at the noisy ends. "snr": 1/2 (1/t_(i-1) - 1/t_i), its
    exact integral. A direction of variance l contributes 1/2 l/(i (l + t_i)) resp. 1/2 l/((i - 1) (l + t_i)).

    step > 0 broadcasts with the data's batch, and so does the result; count >= 1 is a Python int.

    Raises TypeError for data that are not Gaussian; ValueError for a singular covariance or an unknown weight.

    Catalogue: M10 (McAllester, arXiv 2301.11108).
    """
    _known(weight)
    count = _checks.count("count", count)
    levels, step = _checks.tensors(data=checked_levels(data), step=step)
    _checks.broadcast(data=levels.shape[:-1], step=step.shape)
    _checks.positive(step=step)
    require_density(levels)
    width = step[..., None]
    first = entropy(levels * (width / (levels + width)))
    index = torch.arange(2, count + 1, dtype=levels.dtype, device=levels.device)
    share = levels[..., None] / (levels[..., None] + index * width[..., None])
    return first + 0.5 * (share / (index if weight == "time" else index - 1)).sum((-2, -1))


def equal_step_defect(weight: Weight) -> Tensor:
    """What `equal_step_entropy` has beyond the entropy, per dimension, as count step -> inf and then step -> 0.

    (gamma - 1)/2 for "time" and gamma/2 for "snr", gamma the Euler-Mascheroni constant: a float64 tensor on the CPU.

    Raises ValueError for an unknown weight.

    Catalogue: M10 (McAllester, arXiv 2301.11108).
    """
    _known(weight)
    value = (_EULER_MASCHERONI - 1) / 2 if weight == "time" else _EULER_MASCHERONI / 2
    return torch.tensor(value, dtype=torch.float64)


def _known(weight: str) -> None:
    if weight not in ("time", "snr"):
        raise ValueError(f'weight: expected "time" or "snr", got {weight!r}')
