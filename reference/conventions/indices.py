"""Steps, times and list orders of others: which entry of a table or grid an index or a time means."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference import _checks
from reference._checks import Array, Real
from reference.paths import discrete_alpha, discrete_index_alpha, discrete_index_sigma, discrete_sigma

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


# ------------------------------------------------------------------------------------ times of a table


def dpm_solver_time_from_index(index: Real, *, training_steps: int) -> Array:
    """DPM-Solver's time (n + 1)/T of the entry n = 0..T-1 of a table; real n lie between entries.

    Shapes: index (...) -> (...).  Domain: [0, T - 1].
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P14 (Lai et al., arXiv 2510.21890; Lu et al., arXiv 2206.00927).
    """
    count = _checks.count("training_steps", training_steps)
    return np.asarray((_within("index", index, 0.0, count - 1.0) + 1.0) / count)


def index_from_dpm_solver_time(t: Real, *, training_steps: int) -> Array:
    """Entry n = t T - 1 of a table at DPM-Solver's time t; real between entries.

    Shapes: t (...) -> (...).  Domain: [1/T, 1].
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P14 (Lai et al., arXiv 2510.21890; Lu et al., arXiv 2206.00927).
    """
    count = _checks.count("training_steps", training_steps)
    return np.maximum(_within("t", t, 1.0 / count, 1.0) * count - 1.0, 0.0)  # 1/T and its product are rounded


def index_from_score_sde_time(t: Real, *, training_steps: int) -> Array:
    """Entry floor(t (T - 1)) of a table at score_sde's time t; the product is rounded before its floor, as there.

    Shapes: t (...) -> (...).  Domain: [0, 1].  It jumps, so that i/(T - 1) may come back as i - 1.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P14 (Lai et al., arXiv 2510.21890; Song et al., arXiv 2011.13456).
    """
    count = _checks.count("training_steps", training_steps)
    return np.floor(_within("t", t, 0.0, 1.0) * (count - 1))


def vdm_discrete_time(t: Real, *, steps: int) -> Array:
    """The noisy end ceil(t T)/T of VDM's step of 1/T that holds t; the product is rounded before its ceiling, as there.

    Shapes: t (...) -> (...).  Domain: (0, 1].  The clean end is 1/T earlier.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P41 (Lai et al., arXiv 2510.21890; Kingma et al., arXiv 2107.00630).
    """
    count = _checks.count("steps", steps)
    return np.asarray(np.ceil(_within("t", _checks.positive("t", t), 0.0, 1.0) * count) / count)


# --------------------------------------------------------------------------- what DDIM in diffusers goes to


def ddim_previous_index(index: Real, *, count: int, training_steps: int) -> Array:
    """Table entry that a step of ``count`` goes to, index - T // count; negative means the final level.

    Shapes: index (...) -> (...).  Domain: integers 0..T-1, 1 <= count <= T.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P64 (Lai et al., arXiv 2510.21890).
    """
    steps, total = _checks.count("count", count), _checks.count("training_steps", training_steps)
    if steps > total:
        raise ValueError(f"count: expected at most training_steps = {total}, got {steps}")
    return np.asarray(_checks.integer_valued("index", index, total - 1) - float(total // steps))


def ddim_previous_alpha(betas: Array, index: Real, *, count: int, set_alpha_to_one: bool) -> Array:
    """Signal level of the entry ``ddim_previous_index``; below the table 1 if set_alpha_to_one, else that of entry 0.

    Shapes: betas (..., T), index (...) -> (...).  Domain: integers 0..T-1, 1 <= count <= T.
    Raises: TypeError, ValueError outside the domain or for betas outside [0, 1) (the last may be 1).
    Catalogue: P64, P7 (Lai et al., arXiv 2510.21890).
    """
    levels, entry, below = _previous(betas, index, count, set_alpha_to_one)
    alpha = discrete_index_alpha(levels, entry, convention="diffusers")
    return np.asarray(np.where(below, 1.0 if set_alpha_to_one else discrete_alpha(levels)[..., 0], alpha))


def ddim_previous_sigma(betas: Array, index: Real, *, count: int, set_alpha_to_one: bool) -> Array:
    """Noise level of the entry ``ddim_previous_index``; below the table 0 if set_alpha_to_one, else that of entry 0.

    Shapes: betas (..., T), index (...) -> (...).  Domain: integers 0..T-1, 1 <= count <= T.
    Raises: TypeError, ValueError outside the domain or for betas outside [0, 1) (the last may be 1).
    Catalogue: P64, P7 (Lai et al., arXiv 2510.21890).
    """
    levels, entry, below = _previous(betas, index, count, set_alpha_to_one)
    sigma = discrete_index_sigma(levels, entry, convention="diffusers")
    return np.asarray(np.where(below, 0.0 if set_alpha_to_one else discrete_sigma(levels)[..., 0], sigma))


# ------------------------------------------------------------------------------------------- list orders


def karras_index_from_consistency_index(index: Real, *, count: int) -> Array:
    """Entry count - n of a decreasing list of sigmas for the n = 1..count of consistency models, t_1 = sigma_min.

    The paper's n + 1 is noisier than n; in the decreasing list of the code an index plus one is cleaner.
    Shapes: index (...) -> (...).  Domain: integers 1..count.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P18 (Lai et al., arXiv 2510.21890; Song et al., arXiv 2303.01469).
    """
    number = _checks.count("count", count)
    return np.asarray(
        number - 1.0 - _checks.integer_valued("index - 1", _checks.real("index", index) - 1.0, number - 1)
    )


def consistency_index_from_karras_index(index: Real, *, count: int) -> Array:
    """Consistency models' n = count - i of the entry i = 0..count-1 of a decreasing list of sigmas.

    Shapes: index (...) -> (...).  Domain: integers 0..count-1.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P18 (Lai et al., arXiv 2510.21890; Song et al., arXiv 2303.01469).
    """
    number = _checks.count("count", count)
    return np.asarray(number - _checks.integer_valued("index", index, number - 1))


def decreasing_from_increasing(grid: Array) -> Array:
    """An increasing grid (clean to noisy) in the order in which a sampler walks it: (n,) -> (n,).

    Raises: TypeError, ValueError unless the grid strictly increases.
    Catalogue: P18 (Lai et al., arXiv 2510.21890).
    """
    return _checks.increasing("grid", grid)[::-1].copy()


def increasing_from_decreasing(grid: Array) -> Array:
    """A decreasing grid (as a sampler walks it) from clean to noisy: (n,) -> (n,).

    Raises: TypeError, ValueError unless the grid strictly decreases.
    Catalogue: P18 (Lai et al., arXiv 2510.21890).
    """
    return _checks.decreasing("grid", grid)[::-1].copy()


def sigmas_with_zero(sigmas: Array) -> Array:
    """The decreasing sigmas with the 0 that k-diffusion and EDM append, to which the last step goes: (n,) -> (n + 1,).

    Raises: TypeError, ValueError unless the sigmas strictly decrease and are positive.
    Catalogue: P18, P81 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    return np.append(_checks.positive("sigmas", _checks.decreasing("sigmas", sigmas)), 0.0)


# ---------------------------------------------------------------------------------------------- private


def _within(name: str, value: Real, low: float, high: float) -> Array:
    array = _checks.real(name, value)
    outside = (array < low) | (array > high)
    if np.any(outside):
        raise ValueError(f"{name}: expected values in [{low!r}, {high!r}], got {float(array[outside].flat[0])!r}")
    return array


def _previous(betas: Array, index: Real, count: int, set_alpha_to_one: bool) -> tuple[Array, Array, NDArray[np.bool_]]:
    """The table, the previous entry with 0 where it is below the table, and where it is."""
    if not isinstance(set_alpha_to_one, bool):
        raise TypeError(f"set_alpha_to_one: expected a bool, got {type(set_alpha_to_one).__name__}")
    levels = _checks.event("betas", _checks.real("betas", betas))
    entry = ddim_previous_index(index, count=count, training_steps=levels.shape[-1])
    return levels, np.maximum(entry, 0.0), np.asarray(entry < 0.0)
