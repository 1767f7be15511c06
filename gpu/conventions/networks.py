"""What networks of flow maps are fed and give: CTM's outer forms, and MeanFlow's networks of the step t - r."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks

__all__ = [
    "ctm_inner_from_output",
    "ctm_output_from_inner",
    "end_derivative_from_step_network",
    "start_derivative_from_step_network",
]

Level = Tensor | float

_FORMS = ("euler", "variance", "euler_variance_mixed")


def ctm_output_from_inner(
    inner: Tensor, x: Tensor, *, sigma_start: Level, sigma_end: Level, sigma_min: Level, sigma_data: Level, form: str
) -> Tensor:
    """CTM's g = G + k x, whose map is (s/t) x + (1 - s/t) g, from the network G of the code's map c x + (1 - s/t) G.

    t = sigma_start, s = sigma_end, w(t) = (t - sigma_min)^2 + sigma_data^2, and k = (c - s/t)/(1 - s/t):
    "euler": c = s/t, k = 0;  "variance": c = sqrt(w(s)/w(t)),
    k = [(sigma_data^2 + sigma_min^2)(s + t) - 2 sigma_min s t]/[w(t) (t c + s)], which t - s has left;
    "euler_variance_mixed": c = (s + sqrt(w(s)/w(t)))/(t + 1), and k is 1/(t + 1) of that.
    inner and x (..., d); 0 <= s <= t, t > 0, sigma_min >= 0, sigma_data > 0.

    Catalogue: P105 (Lai et al., arXiv 2510.21890); Kim et al., arXiv 2310.02279.
    """
    network, point, skipped = _ctm("inner", inner, x, sigma_start, sigma_end, sigma_min, sigma_data, form)
    return network + skipped * point


def ctm_inner_from_output(
    output: Tensor, x: Tensor, *, sigma_start: Level, sigma_end: Level, sigma_min: Level, sigma_data: Level, form: str
) -> Tensor:
    """The network G = g - k x behind CTM's g; arguments and k as in `ctm_output_from_inner`, (..., d).

    Catalogue: P105 (Lai et al., arXiv 2510.21890); Kim et al., arXiv 2310.02279.
    """
    outcome, point, skipped = _ctm("output", output, x, sigma_start, sigma_end, sigma_min, sigma_data, form)
    return outcome - skipped * point


def start_derivative_from_step_network(time_derivative: Tensor, step_derivative: Tensor) -> Tensor:
    """d_t n + d_h n: the derivative in t at fixed r of n(x, t, h), h = t - r, (..., d).

    MeanFlow's tangent (v, 1, 0) for (x, t, r) is (v, 1, 1) for (x, t, h).

    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    first, second = _checks.tensors(time_derivative=time_derivative, step_derivative=step_derivative)
    _checks.event("time_derivative", first, _checks.event("step_derivative", second))
    _checks.broadcast(time_derivative=first.shape[:-1], step_derivative=second.shape[:-1])
    _checks.finite(time_derivative=first, step_derivative=second)
    return first + second


def end_derivative_from_step_network(step_derivative: Tensor) -> Tensor:
    """-d_h n: the derivative in r at fixed t of n(x, t, h), h = t - r, (..., d).

    Catalogue: P106 (Lai et al., arXiv 2510.21890).
    """
    (rate,) = _checks.tensors(step_derivative=step_derivative)
    _checks.event("step_derivative", rate)
    _checks.finite(step_derivative=rate)
    return -rate


def _ctm(
    name: str, vector: Tensor, x: Tensor, start: Level, end: Level, least: Level, data: Level, form: str
) -> tuple[Tensor, Tensor, Tensor]:
    """The vector, x, and the weight k of x with an axis for d."""
    _checks.option("form", form, _FORMS)
    levels = {"sigma_start": start, "sigma_end": end, "sigma_min": least, "sigma_data": data}
    given, point, t, s, m, scale = _checks.tensors(**{name: vector}, x=x, **levels)
    _checks.event(name, given, _checks.event("x", point))
    _checks.broadcast(
        **{name: given.shape[:-1], "x": point.shape[:-1]},
        sigma_start=t.shape,
        sigma_end=s.shape,
        sigma_min=m.shape,
        sigma_data=scale.shape,
    )
    _checks.finite(constructor=False, **{name: given, "x": point})
    _checks.positive(sigma_start=t, sigma_data=scale)
    _checks.nonnegative(sigma_end=s, sigma_min=m)
    _checks.smaller(sigma_end=s, sigma_start=t, equal_allowed=True)
    if form == "euler":
        return given, point, torch.zeros_like(t + s)[..., None]
    at_start, at_end = torch.hypot(t - m, scale), torch.hypot(s - m, scale)
    # d^2 (s + t) - m [s (t - m) + t (s - m)]
    weight = scale.square() * (s + t) - m * (s * (t - m) + t * (s - m))
    skipped = weight / at_start / (t * at_end + s * at_start)
    return given, point, (skipped if form == "variance" else skipped / (t + 1))[..., None]
