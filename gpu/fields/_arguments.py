"""Input checks of the conversions between the five predictions at one point and one level.

With D = E[x_0 | x_t], e = E[eps | x_t], s = grad log p_t, v = E[alpha' x_0 + sigma' eps | x_t] and
w = alpha e - sigma D:

    x = alpha D + sigma e,   s = -e/sigma,   v = alpha' D + sigma' e,   W = alpha sigma' - alpha' sigma.

Each conversion is one formula of its own arguments and never passes through a third prediction. All take the
prediction and x as (..., d), alpha, sigma (and, with velocity, their derivatives) with batch shapes that
broadcast against the batch axes. They raise ValueError for non-finite values, shapes that do not fit, and
levels at which they would divide by 0; those of the v-prediction also where alpha^2 + sigma^2 is not 1 within
8 u; and TypeError for mixed dtypes. W is above 0 on every path, and a sum of two positive terms where alpha
falls.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from gpu import _checks

__all__ = ["Level", "conversion_arguments"]

Level = Tensor | float


def conversion_arguments(
    *, alpha_positive: bool = False, sigma_positive: bool = False, unit: bool = False, **named: Any
) -> list[Tensor]:
    """The checked arguments: two of (..., d), then the levels with an axis for d."""
    values = _checks.tensors(**named)
    (first, prediction), (second, x), *levels = zip(named, values, strict=True)
    _checks.event(first, prediction, _checks.event(second, x))
    shapes = {name: value.shape for name, value in levels}
    _checks.broadcast(**{first: prediction.shape[:-1], second: x.shape[:-1]}, **shapes)
    _checks.finite(constructor=False, **{first: prediction, second: x})
    alpha, sigma = levels[0][1], levels[1][1]
    _checks.levels(alpha, sigma, alpha_positive=alpha_positive, sigma_positive=sigma_positive)
    if len(levels) == 4:
        rate, noise_rate = levels[2][1], levels[3][1]
        _checks.finite(alpha_derivative=rate, sigma_derivative=noise_rate)
    if first == "v_prediction" or unit:
        _checks.variance_preserving(alpha, sigma)
    return [prediction, x, *(value[..., None] for _, value in levels)]
