"""Grids of times and noise levels.

Grids of real numbers are tensors (count,) in the dtype and on the device of their ends (Python floats mean
float64 on the CPU); timestep grids are float64 tensors on the CPU that hold integers.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.paths._stable import geometric, inner_fractions

__all__ = [
    "flow_shift",
    "geometric_sigmas",
    "karras_sigmas",
    "leading_timesteps",
    "linspace_timesteps",
    "trailing_timesteps",
    "uniform_angle_times",
    "uniform_half_log_snr_times",
    "uniform_times",
]


def karras_sigmas(count: int, *, sigma_min: Tensor | float, sigma_max: Tensor | float, rho: float = 7.0) -> Tensor:
    """Noise levels whose rho-th roots are evenly spaced, decreasing from sigma_max to sigma_min: (count,).

    sigma_i = (sigma_max^(1/rho) + i/(count - 1) (sigma_min^(1/rho) - sigma_max^(1/rho)))^rho; both ends are
    exact and no 0 is appended; count 1 gives [sigma_max]. Raises ValueError
    unless count >= 1, 0 < sigma_min < sigma_max and rho > 0.
    Catalogue: P18 (Lai et al., arXiv 2510.21890).
    """
    lowest, highest = _levels(count, sigma_min, sigma_max)
    rho = _checks.parameter("rho", rho)
    if count == 1:
        return highest.reshape(1)
    before, after = inner_fractions(count, highest)
    gap = torch.log(highest / lowest) / rho
    root = before + after * torch.exp(-gap)
    # from the nearer end: rho log(root) below sigma_max, or as much above sigma_min
    below = torch.where(
        root > 0.5,
        torch.log1p((after * torch.expm1(-gap)).clamp(min=-0.75)),
        torch.log(torch.where(root > 0.5, 1.0, root)),
    )
    above = torch.log1p(before * torch.expm1(gap.clamp(max=60)))
    inner = torch.where(2 * torch.log(root) > -gap, highest * torch.exp(rho * below), lowest * torch.exp(rho * above))
    return _with_ends(highest, inner, lowest)


def geometric_sigmas(count: int, *, sigma_min: Tensor | float, sigma_max: Tensor | float) -> Tensor:
    """Noise levels with evenly spaced logarithms, decreasing from sigma_max to sigma_min: (count,).

    sigma_i = sigma_max (sigma_min/sigma_max)^(i/(count - 1)); both ends are exact, count 1 gives [sigma_max]. Raises
    ValueError unless count >= 1 and 0 < sigma_min < sigma_max.
    Catalogue: P17 (Lai et al., arXiv 2510.21890).
    """
    lowest, highest = _levels(count, sigma_min, sigma_max)
    if count == 1:
        return highest.reshape(1)
    return _with_ends(highest, geometric(highest, lowest, count), lowest)


def uniform_times(count: int, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """Evenly spaced times from t_start to t_end in the order of travel, both ends exact: (count,).

    count 1 gives [t_start]. Raises ValueError unless count >= 1 and t_start, t_end are finite and differ.
    """
    start, end = _ends(count, t_start, t_end)
    if count == 1:
        return start.reshape(1)
    before, after = inner_fractions(count, start)
    return _with_ends(start, before * start + after * end, end)


def uniform_half_log_snr_times(path: Path, count: int, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """Times of evenly spaced half log-SNR from t_start to t_end, both ends exact: (count,).

    Formed by geometric interpolation of the noise-to-signal ratio, so that no lambda is rounded. Raises
    ValueError unless count >= 1 and t_start, t_end differ and lie inside the domain, away from ends where
    alpha or sigma is 0.
    """
    start, end = _ends(count, t_start, t_end)
    _checks.time_in_domain(
        path, open_start=path._sigma_vanishes, open_end=path._alpha_vanishes, t_start=start, t_end=end
    )
    if count == 1:
        return start.reshape(1)
    return _with_ends(start, path._times_between(start, end, count), end)


def uniform_angle_times(
    path: Path, count: int, *, variance: float, t_start: Tensor | float, t_end: Tensor | float
) -> Tensor:
    """Times of evenly spaced angles phi = atan(sigma/(alpha sqrt(variance))), both ends exact: (count,).

    The grid on which DDIM loses least of a variance. Points between two directions of the plane (alpha sqrt(variance),
    sigma) are sin((1 - w) Omega) a + sin(w Omega) b, Omega the angle between a and b: sums of positive terms, where the
    tangent of an angle near a right one would lose digits.
    Raises ValueError unless count >= 1, variance > 0, and t_start, t_end differ and lie inside the domain, away from
    ends where alpha or sigma is 0.
    Catalogue: P60 (Lai et al., arXiv 2510.21890).
    """
    start, end = _ends(count, t_start, t_end)
    scale = math.sqrt(_checks.parameter("variance", variance))
    _checks.time_in_domain(
        path, open_start=path._sigma_vanishes, open_end=path._alpha_vanishes, t_start=start, t_end=end
    )
    if count == 1:
        return start.reshape(1)
    signal, noise = (torch.stack([level(start), level(end)]) for level in (path._alpha_at, path._sigma_at))
    length = torch.hypot(scale * signal, noise)
    across, up = scale * signal / length, noise / length
    lost = path._lost_between(torch.minimum(start, end), torch.maximum(start, end))
    # |a x b| = alpha_clean sigma_noisy (1 - e^-h), a product; the noisier end has the smaller signal.
    sine = across.max() * up.max() * lost
    angle = torch.atan2(sine, across.prod() + up.prod())
    before, after = (torch.sin(weight * angle) for weight in inner_fractions(count, start))
    ratios = scale * (before * up[0] + after * up[1]) / (before * across[0] + after * across[1])
    return _with_ends(start, path._time_in_domain_at_noise_to_signal(ratios), end)


def flow_shift(t: Tensor | float, *, shift: float) -> Tensor:
    """Time shift of flow matching: shift t/(1 + (shift - 1) t) on [0, 1].

    Multiplies sigma/alpha of the straight path by `shift`, a Python float above 0 that never decides a dtype.
    Catalogue: P19 (Lai et al., arXiv 2510.21890).
    """
    (time,) = _checks.tensors(t=t)
    _checks.between("t", time, 0.0, 1.0, "the times of the straight path")
    factor = _checks.parameter("shift", shift)
    return factor * time / ((1 - time) + factor * time)


def leading_timesteps(count: int, *, training_steps: int, offset: int = 0) -> Tensor:
    """Training indices k (training_steps // count) + offset, k = count-1 ... 0: (count,), decreasing.

    Raises ValueError unless 1 <= count <= training_steps and 0 <= offset, with all indices below training_steps.
    Catalogue: P14 (Lai et al., arXiv 2510.21890).
    """
    _counts(count, training_steps)
    _checks.count("offset", offset, minimum=0)
    stride = training_steps // count
    if (count - 1) * stride + offset >= training_steps:
        raise ValueError(
            f"offset: expected training indices up to {training_steps - 1}, got {(count - 1) * stride + offset}"
        )
    return torch.arange(count - 1, -1, -1, dtype=torch.float64) * stride + offset


def trailing_timesteps(count: int, *, training_steps: int) -> Tensor:
    """Training indices round(T - k T/count) - 1, k = 0 ... count-1, halves to even: (count,), decreasing.

    Raises ValueError unless 1 <= count <= training_steps.
    Catalogue: P14 (Lai et al., arXiv 2510.21890).
    """
    _counts(count, training_steps)
    left = torch.arange(count, 0, -1, dtype=torch.float64)
    return torch.round(left * training_steps / count) - 1


def linspace_timesteps(count: int, *, training_steps: int) -> Tensor:
    """Training indices round(k (T-1)/(count-1)), k = count-1 ... 0, halves to even: (count,), decreasing.

    count 1 gives [T - 1]. Raises ValueError unless 1 <= count <= training_steps.
    Catalogue: P14 (Lai et al., arXiv 2510.21890).
    """
    _counts(count, training_steps)
    if count == 1:
        return torch.tensor([training_steps - 1.0], dtype=torch.float64)
    k = torch.arange(count - 1, -1, -1, dtype=torch.float64)
    return torch.round(k * (training_steps - 1) / (count - 1))


def _counts(count: int, training_steps: int) -> None:
    _checks.count("count", count)
    _checks.count("training_steps", training_steps, minimum=count)


def _ends(count: int, t_start: Tensor | float, t_end: Tensor | float) -> tuple[Tensor, Tensor]:
    _checks.count("count", count)
    start, end = _checks.tensors(t_start=t_start, t_end=t_end)
    _checks.scalars(t_start=start, t_end=end)
    _checks.finite(t_start=start, t_end=end)
    _checks.different(t_start=start, t_end=end)
    return start, end


def _levels(count: int, sigma_min: Tensor | float, sigma_max: Tensor | float) -> tuple[Tensor, Tensor]:
    _checks.count("count", count)
    lowest, highest = _checks.tensors(sigma_min=sigma_min, sigma_max=sigma_max)
    _checks.scalars(sigma_min=lowest, sigma_max=highest)
    _checks.positive(sigma_min=lowest, sigma_max=highest)
    _checks.smaller(sigma_min=lowest, sigma_max=highest)
    return lowest, highest


def _with_ends(first: Tensor, inner: Tensor, last: Tensor) -> Tensor:
    return torch.cat([first.reshape(1), inner, last.reshape(1)])
