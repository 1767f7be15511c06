"""Weights of the first-order rules, and the noise that stochastic samplers add."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.paths._base import checked_path
from gpu.solvers._arguments import OUTPUTS, Nodes, root, weak
from gpu.solvers.weights import StepWeights

__all__ = ["ancestral_sigmas", "ddim_weights", "noise_standard_deviation"]

FAMILIES = ("ddim", "frozen_denoiser", "frozen_noise")


def ddim_weights(
    path: Path,
    times: Tensor,
    *,
    eta: Tensor | float = 0.0,
    output: Literal["denoiser", "noise"] = "denoiser",
) -> StepWeights:
    """x_end = alpha_e D + sqrt(sigma_e^2 - v) e + sqrt(v) z with v = eta^2 sigma_e^2 (1 - e^(-2h)).

    With r = sqrt(1 - v/sigma_e^2): denoiser: state (sigma_e/sigma_s) r, output alpha_e (1 - e^-h r); noise: state
    alpha_e/alpha_s, output -(alpha_e sigma_s/alpha_s) (1 - e^-h r), where 1 - e^-h r = (1 - e^(-2h)) (1 + eta^2
    e^(-2h))/(1 + e^-h r) does not cancel. times: (..., 2), decreasing; sigma may end at 0.

    Raises ValueError where v would exceed sigma_e^2, for times outside the domain (for the noise: alpha_s > 0) or that
    do not decrease, and eta below 0.

    Catalogue: P64, P65 (Lai et al., arXiv 2510.21890).
    """
    _checks.option("output", output, OUTPUTS)
    nodes = Nodes.of(path, times, most=2, signal_at_start=output == "noise")
    strength = weak("eta", eta, times)
    _checks.broadcast(times=nodes.start.shape, eta=strength.shape)
    fresh = strength.square() * nodes.drop
    _checks.between("eta", fresh * (nodes.sigma_end > 0), 0.0, 1.0, "the variance eta^2 (1 - e^(-2h)) over sigma_end^2")
    fade = strength * nodes.kept
    kept = root(((1 - strength) * (1 + strength) + fade.square()).clamp(min=0))
    moved = nodes.drop * (1 + fade.square()) / (1 + nodes.kept * kept)
    if output == "denoiser":
        state, share = nodes.sigma_ratio * kept, nodes.alpha_end * moved
    else:
        state, share = nodes.alpha_ratio * torch.ones_like(kept), -nodes.noise_scale * moved
    noise = nodes.sigma_end * strength * root(nodes.drop)
    return StepWeights(nodes.rounded(state), nodes.rounded(share[..., None]), nodes.rounded(noise))


def noise_standard_deviation(
    path: Path,
    *,
    t_start: Tensor | float,
    t_end: Tensor | float,
    family: Literal["ddim", "frozen_denoiser", "frozen_noise"],
    strength: Tensor | float,
) -> Tensor:
    """Standard deviation of the noise that a step adds, in the three meanings of "eta", in the common shape.

    ddim: eta sigma_e sqrt(1 - e^(-2h)); frozen_denoiser: sigma_e sqrt(1 - e^(-2 eta h)); frozen_noise: sqrt(eta)
    sigma_e sqrt(e^(2h) - 1); h = lambda_end - lambda_start. sigma may end at 0.

    Raises ValueError for another family, a strength below 0, times outside the domain, t_end >= t_start, and
    frozen_noise where alpha_start is 0.

    Catalogue: P66, P67, P67b (Lai et al., arXiv 2510.21890).
    """
    _checks.option("family", family, FAMILIES)
    checked_path(path)
    start, end = _checks.tensors(t_start=t_start, t_end=t_end)
    _checks.broadcast(t_start=start.shape, t_end=end.shape)
    _checks.time_in_domain(path, open_end=family == "frozen_noise" and path._alpha_vanishes, t_start=start)
    _checks.time_in_domain(path, t_end=end)
    _checks.smaller(t_end=end, t_start=start)
    nodes = Nodes.of(path, torch.stack(torch.broadcast_tensors(start, end), -1))  # type: ignore[no-untyped-call]
    eta = weak("strength", strength, start)
    _checks.broadcast(times=nodes.start.shape, strength=eta.shape)
    if family == "ddim":
        return nodes.rounded(nodes.sigma_end * eta * root(nodes.drop))
    if family == "frozen_denoiser":
        return nodes.rounded(nodes.sigma_end * root(nodes.fade(2 * eta)))
    return nodes.rounded(nodes.noise_scale * root(eta) * root(nodes.drop))


def ancestral_sigmas(
    *, sigma_start: Tensor | float, sigma_end: Tensor | float, eta: Tensor | float = 1.0
) -> tuple[Tensor, Tensor]:
    """(down, up): the level to step down to, and the noise that leads from it to sigma_end.

    up = min(sigma_e, eta sigma_e sqrt(1 - sigma_e^2/sigma_s^2)), down = sqrt(sigma_e^2 - up^2) = sigma_e sqrt(1 - eta^2
    + eta^2 sigma_e^2/sigma_s^2), 0 where up = sigma_e. 0 <= sigma_e <= sigma_s, sigma_s > 0.

    Raises ValueError for other levels and eta below 0; TypeError for mixed dtypes.

    Catalogue: P66 (Lai et al., arXiv 2510.21890).
    """
    start, end = _checks.tensors(sigma_start=sigma_start, sigma_end=sigma_end)
    _checks.broadcast(sigma_start=start.shape, sigma_end=end.shape)
    _checks.positive(sigma_start=start)
    _checks.nonnegative(sigma_end=end)
    _checks.smaller(sigma_end=end, sigma_start=start, equal_allowed=True)
    strength = weak("eta", eta, start)
    _checks.broadcast(sigma_start=start.shape, sigma_end=end.shape, eta=strength.shape)
    before, after = start.double(), end.double()
    ratio = after / before
    fresh = strength * root((before - after) * (before + after)) / before
    kept = root(((1 - strength) * (1 + strength) + (strength * ratio).square()).clamp(min=0))
    return (after * kept).to(start.dtype), (after * fresh.clamp(max=1)).to(start.dtype)
