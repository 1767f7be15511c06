"""Laws that guided equations deliver, for two Gaussian laws whose covariances commute."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.guidance._clock import Clock
from gpu.guidance._shared import Shared, same_kind
from gpu.paths import Path
from gpu.paths._base import checked_path

__all__ = ["guided_family_law", "guided_flow_law", "guided_flow_matrix", "guided_limit_covariance"]

Number = Tensor | float


def guided_flow_matrix(
    unconditional: Gaussian, conditional: Gaussian, path: Path, *, weight: Number, t_start: Number, t_end: Number
) -> Tensor:
    """Jacobian prod (V_end V_start^-1)^(w_i/2) of the guided flow, w_i = 1 - w and w, (..., d, d), symmetric.

    Raises TypeError for laws that are not Gaussian; ValueError for covariances that do not commute, times outside the
    domain and singular V.

    Catalogue: P87 (Lai et al., arXiv 2510.21890).
    """
    shared = Shared.of(unconditional, conditional)
    clock = _clock(shared, unconditional, path, weight, t_start, t_end)
    return shared.matrix(clock.factor())


def guided_flow_law(
    unconditional: Gaussian,
    conditional: Gaussian,
    path: Path,
    start: Gaussian,
    *,
    weight: Number,
    t_start: Number,
    t_end: Number,
) -> Gaussian:
    """Law at t_end of the guided flow when x at t_start has the law `start`: N(A m + B_u mu_u + B_c mu_c, A C A^T).

    A is `guided_flow_matrix`; B_c = w Phi_end int rho^2/(v_c phi) dlambda over the half log-SNR, B_u alike, by 16 Gauss
    nodes a panel, to rounding. Either order of travel; worked in float64.

    Raises as `guided_flow_matrix`.
    Catalogue: P87 (Lai et al., arXiv 2510.21890).
    """
    same_kind(unconditional=unconditional, conditional=conditional, start=start)
    shared = Shared.of(unconditional, conditional)
    clock = _clock(shared, unconditional, path, weight, t_start, t_end)
    return _delivered(shared, clock, unconditional, conditional, start)


def guided_family_law(
    unconditional: Gaussian,
    conditional: Gaussian,
    path: Path,
    start: Gaussian,
    *,
    weight: Number,
    noise_level: Number,
    t_start: Number,
    t_end: Number,
) -> Gaussian:
    """Law at t_end < t_start of dx = [f x - (1 + l^2)/2 g^2 s_w] dt + l g dw, s_w the guided score, from `start`.

    The noise adds 2 l^2 Phi_end^2 int rho^2/phi^(2 theta) dlambda, theta = 1 + l^2. Unless w is 0 or 1 the law depends
    on l. Worked in float64, by 16 Gauss nodes a panel.

    Raises as `guided_flow_matrix`, and ValueError for a negative noise level or times not ordered.
    Catalogue: P88 (Lai et al., arXiv 2510.21890).
    """
    same_kind(unconditional=unconditional, conditional=conditional, start=start)
    shared = Shared.of(unconditional, conditional)
    clock = _clock(shared, unconditional, path, weight, t_start, t_end, noise_level)
    return _delivered(shared, clock, unconditional, conditional, start)


def guided_limit_covariance(unconditional: Gaussian, conditional: Gaussian, *, weight: Number) -> Tensor:
    """S_u^(1-w) S_c^w, what the guided flow makes of the covariance of pure noise, (..., d, d), symmetric.

    Raises as `guided_flow_matrix`, and ValueError for a singular covariance.
    Catalogue: P87 (Lai et al., arXiv 2510.21890).
    """
    shared = Shared.of(unconditional, conditional)
    _, share = _checks.tensors(law=unconditional.mean, weight=weight)
    _checks.broadcast(laws=shared.first.shape[:-1], weight=share.shape)
    _checks.finite(weight=share)
    for name, values in (("unconditional", shared.first), ("conditional", shared.second)):
        lowest = values.detach().amin(-1)
        _checks.density(lowest, torch.zeros_like(lowest), f"the covariance of {name}")
    ratio = shared.first / shared.second
    return shared.matrix(shared.second * ratio.pow(1 - share.double()[..., None]))


def _clock(
    shared: Shared,
    law: Gaussian,
    path: Path,
    weight: Number,
    t_start: Number,
    t_end: Number,
    noise_level: Number | None = None,
) -> Clock:
    """Checked weight, times and noise level, in float64 with an axis for the directions."""
    checked_path(path)
    named = {"weight": weight, "t_start": t_start, "t_end": t_end}
    if noise_level is not None:
        named["noise_level"] = noise_level
    _, *values = _checks.tensors(law=law.mean, **named)
    given = dict(zip(named, values, strict=True))
    _checks.broadcast(laws=shared.first.shape[:-1], **{name: value.shape for name, value in given.items()})
    _checks.finite(weight=given["weight"])
    _checks.time_in_domain(path, t_start=given["t_start"], t_end=given["t_end"])
    wide = {name: value.double()[..., None] for name, value in given.items()}
    if noise_level is not None:
        _checks.nonnegative(noise_level=given["noise_level"])
        _checks.smaller(t_end=given["t_end"], t_start=given["t_start"])
    arguments = (wide["t_start"], wide["t_end"], shared.first, shared.second, wide["weight"])
    return Clock(path, *arguments, wide.get("noise_level"))


def _delivered(
    shared: Shared, clock: Clock, unconditional: Gaussian, conditional: Gaussian, start: Gaussian
) -> Gaussian:
    """The law at the end of a guided equation."""
    factor, (of_first, of_second, drawn) = clock.factor(), clock.gains()
    centres = (shared.coordinates(law.mean) for law in (start, unconditional, conditional))
    terms = (gain * centre for gain, centre in zip((factor, of_first, of_second), centres, strict=True))
    mean = shared.vectors(sum(terms, torch.zeros_like(factor)))
    return Gaussian(mean, shared.congruence(factor, start.covariance, drawn))
