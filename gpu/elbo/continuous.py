"""The bound in continuous time on Gaussian data, and the sums that enclose its loss."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.elbo._terms import checked_levels, excess, require_density
from gpu.elbo.chains import telescoped_bound
from gpu.paths import Path

__all__ = [
    "continuous_diffusion_loss",
    "continuous_diffusion_rate",
    "continuous_negative_elbo",
    "discrete_diffusion_loss",
    "lower_diffusion_sum",
]


def continuous_diffusion_loss(data: Gaussian, path: Path, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """1/2 int mmse dSNR over t_start < t < t_end: 1/2 sum_j log[(1 + SNR_start l_j)/(1 + SNR_end l_j)] in nats.

    The information that x_start has about the data beyond x_end, as the log1p of a positive number. sigma(t_start) > 0,
    t_start < t_end (ValueError otherwise), broadcasting with the data's batch. TypeError for data that are not
    Gaussian.
    Catalogue: P45 (Lai et al., arXiv 2510.21890); M18 (McAllester, arXiv 2301.11108).
    """
    levels, start, end = _stretch(data, path, t_start, t_end)
    return 0.5 * torch.log1p(excess(levels, path, start, end)).sum(-1)


def continuous_diffusion_rate(data: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """The loss per time, 1/2 g^2 (alpha^2/sigma^4) mmse = 1/2 g^2 SNR sum_j l_j/(alpha^2 l_j + sigma^2).

    t: inside the open domain, where neither alpha nor sigma is 0 (ValueError otherwise), broadcasting with the data's
    batch. TypeError for data that are not Gaussian.
    Catalogue: P45 (Lai et al., arXiv 2510.21890); M19 (McAllester, arXiv 2301.11108).
    """
    levels, time = _checks.tensors(data=checked_levels(data), t=t)
    _checks.broadcast(data=levels.shape[:-1], t=time.shape)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, open_end=path._alpha_vanishes, t=time)
    signal, noise = path._alpha_at(time).square(), path._variance_at(time)
    shares = levels / (signal[..., None] * levels + noise[..., None])
    return 0.5 * path._diffusion_squared_at(time) * (signal / noise) * shares.sum(-1)


def discrete_diffusion_loss(data: Gaussian, path: Path, times: Tensor) -> Tensor:
    """The sum of `diffusion_term` over increasing times (n,): 1/2 (SNR_clean - SNR_noisy) mmse(noisy).

    sigma(times[0]) > 0 (ValueError otherwise); 0 for a single time. The result has the data's batch shape, and is never
    below the continuous loss. TypeError for data that are not Gaussian.
    Catalogue: P46 (Lai et al., arXiv 2510.21890); M27 (McAllester, arXiv 2301.11108).
    """
    levels, grid = _grid(data, path, times)
    return 0.5 * excess(levels[..., None, :], path, grid[:-1], grid[1:]).sum((-2, -1))


def lower_diffusion_sum(data: Gaussian, path: Path, times: Tensor) -> Tensor:
    """The sum of 1/2 (SNR_clean - SNR_noisy) mmse(clean) over increasing times: never above the continuous loss.

    Arguments and result as of `discrete_diffusion_loss`.
    Catalogue: M27 (McAllester, arXiv 2301.11108).
    """
    levels, grid = _grid(data, path, times)
    clean, noisy = grid[:-1], grid[1:]
    signal = path._alpha_at(clean).square()[:, None] * levels[..., None, :]
    known = signal / (signal + path._variance_at(clean)[:, None])
    return 0.5 * (path._snr_drop_between(clean, noisy)[:, None] * known).sum((-2, -1))


def continuous_negative_elbo(data: Gaussian, path: Path, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """The negative bound in continuous time: prior_term + E[-log p(x_0|x_start)] + continuous_diffusion_loss.

    The terms telescope to entropy(data) + KL(p_end || N(0, I)), whatever t_start is, and are not formed one by one.
    Arguments as of `continuous_diffusion_loss`; the data covariance is not singular (ValueError otherwise).
    Catalogue: P47 (Lai et al., arXiv 2510.21890).
    """
    levels, start, end = _stretch(data, path, t_start, t_end)
    require_density(levels)
    return telescoped_bound(data, levels, path, end) + torch.zeros_like(start)


def _stretch(
    data: Gaussian, path: Path, t_start: Tensor | float, t_end: Tensor | float
) -> tuple[Tensor, Tensor, Tensor]:
    levels, start, end = _checks.tensors(data=checked_levels(data), t_start=t_start, t_end=t_end)
    _checks.broadcast(data=levels.shape[:-1], t_start=start.shape, t_end=end.shape)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, t_start=start)
    _checks.time_in_domain(path, t_end=end)
    _checks.smaller(t_start=start, t_end=end)
    return levels, start, end


def _grid(data: Gaussian, path: Path, times: Tensor) -> tuple[Tensor, Tensor]:
    levels, grid = _checks.tensors(data=checked_levels(data), times=times)
    _checks.increasing("times", grid)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, times=grid)
    return levels, grid
