"""Indices, times and orders of grids and tables, as libraries count them."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import discrete_index_alpha, discrete_index_sigma

__all__ = [
    "consistency_index_from_karras_index",
    "ddim_previous_alpha",
    "ddim_previous_index",
    "ddim_previous_sigma",
    "decreasing_from_increasing",
    "dpm_solver_time_from_index",
    "increasing_from_decreasing",
    "index_from_dpm_solver_time",
    "index_from_score_sde_time",
    "karras_index_from_consistency_index",
    "sigmas_with_zero",
    "vdm_discrete_time",
]

# -------------------------------------------------------------------------------------- times of a table of T levels


def dpm_solver_time_from_index(index: Tensor | float, *, training_steps: int) -> Tensor:
    """DPM-Solver's time (n + 1)/T of the entry n in [0, T - 1] of a table, whole or not, (...,).

    Catalogue: P14 (Lai et al., arXiv 2510.21890); Lu et al., arXiv 2206.00927.
    """
    steps = _checks.count("training_steps", training_steps)
    (entry,) = _checks.tensors(index=index)
    _checks.between("index", entry, 0.0, steps - 1.0, "entries of the table")
    return (entry + 1) / steps


def index_from_dpm_solver_time(t: Tensor | float, *, training_steps: int) -> Tensor:
    """The entry t T - 1 of a table at DPM-Solver's time t in [1/T, 1], (...,): real between the entries.

    Catalogue: P14 (Lai et al., arXiv 2510.21890); Lu et al., arXiv 2206.00927.
    """
    steps = _checks.count("training_steps", training_steps)
    (time,) = _checks.tensors(t=t)
    _checks.between("t", time, float(torch.tensor(1 / steps, dtype=time.dtype)), 1.0, "times of the table")
    # 1/T is rounded, and so its product with T may lie a rounding below 1
    return (time * steps - 1).clamp(min=0.0)


def index_from_score_sde_time(t: Tensor | float, *, training_steps: int) -> Tensor:
    """The entry floor(t (T - 1)) of a table at score_sde's time t in [0, 1], (...,); the rounded product is cut.

    A step function: i/(T - 1) may come back as i - 1.

    Catalogue: P14 (Lai et al., arXiv 2510.21890); Song et al., arXiv 2011.13456.
    """
    steps = _checks.count("training_steps", training_steps)
    (time,) = _checks.tensors(t=t)
    _checks.between("t", time, 0.0, 1.0, "times of the table")
    return torch.floor(time * (steps - 1))


def vdm_discrete_time(t: Tensor | float, *, steps: int) -> Tensor:
    """The noisy end ceil(t T)/T of the step of VDM that holds t in (0, 1], (...,); its clean end is 1/T earlier.

    Catalogue: P41 (Lai et al., arXiv 2510.21890); Kingma et al., arXiv 2107.00630.
    """
    count = _checks.count("steps", steps)
    (time,) = _checks.tensors(t=t)
    _checks.between("t", time, 0.0, 1.0, "times of the steps", open_start=True)
    return torch.ceil(time * count) / count


# ---------------------------------------------------------------------------------------- where a DDIM step goes


def ddim_previous_index(index: Tensor | float, *, count: int, training_steps: int) -> Tensor:
    """The entry index - T // count to which one of ``count`` steps of diffusers' DDIM goes, (...,).

    Whole indices 0 ... T - 1; 1 <= count <= T. A negative result is the level below the table.

    Catalogue: P64 (Lai et al., arXiv 2510.21890).
    """
    stride = _stride(count, _checks.count("training_steps", training_steps))
    (entry,) = _checks.tensors(index=index)
    _checks.whole("index", entry, training_steps - 1)
    return entry - stride


def ddim_previous_alpha(betas: Tensor, index: Tensor | float, *, count: int, set_alpha_to_one: bool) -> Tensor:
    """Alpha at `ddim_previous_index`, (...,); below the table 1 with ``set_alpha_to_one``, otherwise that of entry 0.

    betas (..., T), index with the batch shape, whole numbers 0 ... T - 1; 1 <= count <= T.

    Catalogue: P64, P7 (Lai et al., arXiv 2510.21890).
    """
    return discrete_index_alpha(*_previous_steps(betas, index, count, set_alpha_to_one), convention="ho")


def ddim_previous_sigma(betas: Tensor, index: Tensor | float, *, count: int, set_alpha_to_one: bool) -> Tensor:
    """Sigma at `ddim_previous_index`, (...,); below the table 0 with ``set_alpha_to_one``, otherwise that of entry 0.

    betas (..., T), index with the batch shape, whole numbers 0 ... T - 1; 1 <= count <= T.

    Catalogue: P64, P7 (Lai et al., arXiv 2510.21890).
    """
    return discrete_index_sigma(*_previous_steps(betas, index, count, set_alpha_to_one), convention="ho")


# ----------------------------------------------------------------------------------------------- order of a list


def consistency_index_from_karras_index(index: Tensor | float, *, count: int) -> Tensor:
    """The n = count - i of consistency models' t_1 < ... < t_count for the entry i of decreasing sigmas, (...,).

    Whole numbers 0 ... count - 1.

    Catalogue: P18 (Lai et al., arXiv 2510.21890); Song et al., arXiv 2303.01469.
    """
    size = _checks.count("count", count)
    (entry,) = _checks.tensors(index=index)
    _checks.whole("index", entry, size - 1)
    return size - entry


def karras_index_from_consistency_index(index: Tensor | float, *, count: int) -> Tensor:
    """The entry count - n of decreasing sigmas for the n of consistency models' t_1 < ... < t_count, (...,).

    Whole numbers 1 ... count: the paper's n + 1 is noisier, the list's next entry cleaner.

    Catalogue: P18 (Lai et al., arXiv 2510.21890); Song et al., arXiv 2303.01469.
    """
    size = _checks.count("count", count)
    (number,) = _checks.tensors(index=index)
    _checks.whole("index", number, size)
    _checks.positive(index=number)
    return size - number


def decreasing_from_increasing(grid: Tensor) -> Tensor:
    """A strictly increasing grid (n,) from its noisy end to its clean one, (n,).

    Catalogue: P18 (Lai et al., arXiv 2510.21890).
    """
    (values,) = _checks.tensors(grid=grid)
    _checks.increasing("grid", values)
    return values.flip(0)


def increasing_from_decreasing(grid: Tensor) -> Tensor:
    """A strictly decreasing grid (n,) from its clean end to its noisy one, (n,).

    Catalogue: P18 (Lai et al., arXiv 2510.21890).
    """
    (values,) = _checks.tensors(grid=grid)
    _checks.decreasing("grid", values)
    return values.flip(0)


def sigmas_with_zero(sigmas: Tensor) -> Tensor:
    """Decreasing sigmas (n,) above 0, and the 0 that EDM and k-diffusion put behind them: (n + 1,).

    Catalogue: P18, P81 (Lai et al., arXiv 2510.21890); Karras et al., arXiv 2206.00364.
    """
    (values,) = _checks.tensors(sigmas=sigmas)
    _checks.decreasing("sigmas", values)
    _checks.positive(sigmas=values)
    return torch.cat([values, values.new_zeros(1)])


# ----------------------------------------------------------------------------------------------------- private


def _stride(count: int, training_steps: int) -> int:
    """The entries that one of ``count`` steps passes."""
    steps = _checks.count("count", count)
    _checks.above("training_steps", training_steps, "count", steps, equal_allowed=True)
    return training_steps // steps


def _previous_steps(betas: Tensor, index: Tensor | float, count: int, set_alpha_to_one: bool) -> tuple[Tensor, Tensor]:
    """The table, and how many of its steps lie behind the level that a DDIM step goes to."""
    table, entry = _checks.tensors(betas=betas, index=index)
    _checks.flag("set_alpha_to_one", set_alpha_to_one)
    size = _checks.event("betas", table)
    stride = _stride(count, size)
    _checks.whole("index", entry, size - 1)
    return table, (entry - stride + 1).clamp(min=0.0 if set_alpha_to_one else 1.0)
