"""The family of reverse processes over its noise level, and the forward processes with the same marginals."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._law import Law
from gpu.fields.analytic import velocity, velocity_rates
from gpu.paths import Path

__all__ = ["forward_drift", "reverse_diffusion", "reverse_drift", "reverse_step"]


def reverse_drift(data: Law, path: Path, x: Tensor, t: Tensor | float, *, noise_level: Tensor | float) -> Tensor:
    """Drift of the reverse family: f x - (1 + l^2)/2 g^2 grad log p_t(x), (..., d), in time running like t.

    l = 0 is the probability-flow ODE, l = 1 Anderson's reverse SDE; every l >= 0 has the marginals p_t. Formed as the
    velocity less l^2/2 g^2 score: near pure noise f x and g^2/2 score nearly cancel.

    Raises ValueError for times at which alpha is 0 or outside the domain, and for negative l.

    Catalogue: P53 (Lai et al., arXiv 2510.21890), M36 (McAllester, arXiv 2301.11108).
    """
    _, t, level = _checks.tensors(data=data._components.base_means, t=t, noise_level=noise_level)
    diffusion_squared = path.diffusion_squared(t)
    _checks.broadcast(x=x.shape[:-1], t=t.shape, noise_level=level.shape)
    _checks.nonnegative(noise_level=level)
    view = data._observed(x, path._alpha_at(t), path._sigma_at(t))
    excess = (level.square() / 2 * diffusion_squared)[..., None]
    return view.regression(*velocity_rates(path, t)) - excess * view.score()


def reverse_diffusion(path: Path, t: Tensor | float, *, noise_level: Tensor | float) -> Tensor:
    """Diffusion of the reverse family: l g(t), in the common shape of t and l.

    Raises ValueError for times at which alpha is 0 or outside the domain, and for negative l.

    Catalogue: P53 (Lai et al., arXiv 2510.21890), M36 (McAllester, arXiv 2301.11108).
    """
    t, level = _checks.tensors(t=t, noise_level=noise_level)
    _checks.broadcast(t=t.shape, noise_level=level.shape)
    _checks.nonnegative(noise_level=level)
    squared = path.diffusion_squared(t)
    present = squared > 0
    return level * torch.where(present, torch.where(present, squared, 1).sqrt(), 0)


def forward_drift(data: Law, path: Path, x: Tensor, t: Tensor | float, *, noise_level: Tensor | float) -> Tensor:
    """Drift of the forward family: f x - (1 - l^2)/2 g^2 grad log p_t(x), (..., d).

    With the diffusion l g it has the marginals p_t: l = 1 is the noising itself, l = 0 the probability flow. Formed
    as l^2 f x + (1 - l^2) velocity, two terms of which neither is the difference of larger ones.

    Raises ValueError for times at which alpha is 0 or outside the domain, and for negative l.

    Catalogue: M39 (McAllester, arXiv 2301.11108), P53 (Lai et al., arXiv 2510.21890).
    """
    _, time, level = _checks.tensors(data=data._components.base_means, t=t, noise_level=noise_level)
    _checks.broadcast(x=x.shape[:-1], t=time.shape, noise_level=level.shape)
    _checks.nonnegative(noise_level=level)
    share = level.square()[..., None]
    return share * path.drift(time)[..., None] * x + (1 - share) * velocity(data, path, x, time)


def reverse_step(
    data: Law,
    path: Path,
    x: Tensor,
    noise: Tensor,
    *,
    t_start: Tensor | float,
    t_end: Tensor | float,
    noise_level: Tensor | float,
) -> Tensor:
    """One Euler-Maruyama step of the reverse family, (..., d): x - h reverse_drift + l g sqrt(h) noise.

    h = t_start - t_end > 0; drift and diffusion at t_start; x and noise (..., d), noise standard normal.

    Raises ValueError unless t_end < t_start inside the domain, alpha(t_start) > 0, and for negative l.

    Catalogue: M4r, M36 (McAllester, arXiv 2301.11108), P53 (Lai et al., arXiv 2510.21890).
    """
    x, noise, start, end, level = _checks.tensors(
        x=x, noise=noise, t_start=t_start, t_end=t_end, noise_level=noise_level
    )
    _checks.event("noise", noise, data.event_size)
    _checks.finite(noise=noise)
    shapes = {"x": x.shape[:-1], "noise": noise.shape[:-1], "noise_level": level.shape}
    _checks.broadcast(t_start=start.shape, t_end=end.shape, **shapes)
    _checks.time_in_domain(path, t_end=end)
    _checks.smaller(t_end=end, t_start=start)
    step = start - end
    drift = reverse_drift(data, path, x, start, noise_level=level)
    spread = reverse_diffusion(path, start, noise_level=level) * step.sqrt()
    return x - step[..., None] * drift + spread[..., None] * noise
